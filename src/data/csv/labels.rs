//! What stands in the column of the labels: numbers or names.

use std::collections::BTreeMap;

use csv::ByteRecord;

use super::{Column, CsvError, number, shown};
use crate::data::ClassNames;
use crate::data::idx::Idx;
use crate::printable::printable;

/// The longest name of a class, in bytes. A packed file could fill the memory with names.
pub const MAX_NAME: usize = 256;

/// What the labels of a dataset are, told by the first that is read. Its files are read one after the other.
#[derive(Default)]
pub struct Labels {
    are_names: Option<bool>,
    /// Each name with the label that it has until all are known: names are counted as they come.
    names: BTreeMap<String, u8>,
}

impl Labels {
    /// The label in a row, by its number or counted as its name came.
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
        if !(1..=MAX_NAME).contains(&field.len()) {
            return Err(CsvError::Name { line, column, found: shown(field) });
        }
        let name = printable(String::from_utf8_lossy(field));
        let new = u8::try_from(self.names.len());
        match (self.names.get(&name), new) {
            (Some(&label), _) => Ok(label),
            (None, Ok(new)) => Ok(*self.names.entry(name).or_insert(new)),
            (None, Err(_)) => Err(CsvError::TooManyNames { line }),
        }
    }

    /// The names of the classes in order, and all `labels` counted in that order; no names if labels are numbers.
    pub fn in_order<'a>(self, labels: impl IntoIterator<Item = &'a mut Idx>) -> ClassNames {
        let mut classes: [u8; 256] = std::array::from_fn(|label| label as u8);
        for (class, &label) in (0..=255).zip(self.names.values()) {
            classes[usize::from(label)] = class;
        }
        let bytes = labels.into_iter().flat_map(|labels| &mut labels.bytes);
        bytes.for_each(|label| *label = classes[usize::from(*label)]);
        self.names.into_keys().collect()
    }
}

/// Whether it is there and does not read as a number of any kind.
pub fn is_name(field: &[u8]) -> bool {
    !field.is_empty() && std::str::from_utf8(field).map_or(true, |text| text.parse::<f64>().is_err())
}
