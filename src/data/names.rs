//! Names as labels, as in tables and archives: "cat" instead of 3.

use std::collections::BTreeMap;

use thiserror::Error;

use super::ClassNames;
use super::idx::Idx;
use crate::printable::printable;

/// The maximum length of a class name in bytes. Otherwise a compressed file could fill the memory with names.
pub(super) const MAX_NAME: usize = 256;

/// The names used as labels in the files of a dataset, numbered in order of occurrence. The classes are known only when
/// all files are read.
#[derive(Default)]
pub(super) struct Names {
    labels: BTreeMap<String, u8>,
}

/// Why a name cannot be a class.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// The name is empty or too long.
    #[error("expected a name of 1 to {MAX_NAME} bytes")]
    Length,
    /// There are too many names, since labels are bytes.
    #[error("it is the 257th name, but at most 256 classes can be told apart")]
    TooMany,
}

impl Names {
    /// The provisional label of a name, until all names are known.
    pub fn label(&mut self, name: &[u8]) -> Result<u8, NameError> {
        if !(1..=MAX_NAME).contains(&name.len()) {
            return Err(NameError::Length);
        }
        let name = printable(String::from_utf8_lossy(name));
        let new = u8::try_from(self.labels.len());
        match (self.labels.get(&name), new) {
            (Some(&label), _) => Ok(label),
            (None, Ok(new)) => Ok(*self.labels.entry(name).or_insert(new)),
            (None, Err(_)) => Err(NameError::TooMany),
        }
    }

    /// The sorted names, which are the classes. All `labels` are renumbered accordingly. If there are no names, labels
    /// stay as they are.
    pub fn in_order<'a>(self, labels: impl IntoIterator<Item = &'a mut Idx>) -> ClassNames {
        let mut classes: [u8; 256] = std::array::from_fn(|label| label as u8);
        for (class, &label) in (0..=255).zip(self.labels.values()) {
            classes[usize::from(label)] = class;
        }
        let bytes = labels.into_iter().flat_map(|labels| &mut labels.bytes);
        bytes.for_each(|label| *label = classes[usize::from(*label)]);
        self.labels.into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_classes_in_their_order() {
        let mut names = Names::default();
        let bytes = ["dog", "cat", "dog", "eel"].map(|name| names.label(name.as_bytes()).unwrap()).to_vec();
        let mut labels = Idx { dims: vec![4], bytes };
        let classes = names.in_order([&mut labels]);
        assert_eq!(
            (classes.all(), &labels.bytes[..]),
            (&["cat", "dog", "eel"].map(String::from)[..], &[1, 0, 1, 2][..])
        );
        let mut numbers = Idx { dims: vec![2], bytes: vec![7, 0] };
        assert!(Names::default().in_order([&mut numbers]).is_empty());
        assert_eq!(numbers.bytes, [7, 0]);
    }

    #[test]
    fn what_cannot_be_a_class_is_refused() {
        let mut names = Names::default();
        assert_eq!(names.label(b""), Err(NameError::Length));
        assert_eq!(names.label(&[b'a'; MAX_NAME + 1]), Err(NameError::Length));
        for i in 0..=255 {
            assert_eq!(names.label(i.to_string().as_bytes()), Ok(i));
        }
        assert_eq!(names.label(b"256"), Err(NameError::TooMany));
        assert_eq!(names.label(b"0"), Ok(0), "known ones are still told");
    }
}
