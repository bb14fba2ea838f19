//! The contents of the label column: numbers or names.

use csv::ByteRecord;

use super::{Column, CsvError, number, shown};
use crate::data::ClassNames;
use crate::data::idx::Idx;
use crate::data::names::{NameError, Names};

/// The labels of a dataset: numbers or names, as the first label that is read determines. Its files are read one after
/// the other.
#[derive(Default)]
pub struct Labels {
    are_names: Option<bool>,
    names: Names,
}

impl Labels {
    /// The label in a row. Names are numbered in the order in which they first occur.
    pub(super) fn label(
        &mut self,
        line: u64,
        fields: &ByteRecord,
        Column { at, is_named }: Column,
    ) -> Result<u8, CsvError> {
        let (field, column) = (&fields[at], at + 1);
        if !*self.are_names.get_or_insert_with(|| is_named && is_name(field)) {
            return number(field).ok_or_else(|| CsvError::Label { line, column, found: shown(field) });
        }
        if !is_named {
            return Err(CsvError::NoHeader);
        }
        self.names.label(field).map_err(|error| match error {
            NameError::Length => CsvError::Name { line, column, found: shown(field) },
            NameError::TooMany => CsvError::TooManyNames { line },
        })
    }

    /// The sorted names of the classes, according to which all `labels` are renumbered. If labels are numbers, there
    /// are no names and labels stay as they are.
    pub fn in_order<'a>(self, labels: impl IntoIterator<Item = &'a mut Idx>) -> ClassNames {
        self.names.in_order(labels)
    }
}

/// Whether the field is not empty and is not a number of any kind.
pub fn is_name(field: &[u8]) -> bool {
    !field.is_empty() && std::str::from_utf8(field).map_or(true, |text| text.parse::<f64>().is_err())
}
