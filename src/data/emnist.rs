//! The six datasets of EMNIST (Cohen, Afshar, Tapson, van Schaik 2017, "EMNIST: an extension of MNIST to handwritten
//! letters"), which come in one archive.

use super::ClassNames;

/// A dataset of EMNIST's archive.
#[derive(Debug)]
pub struct Emnist {
    /// Its name, with which its files begin: "emnist-letters".
    pub id: &'static str,
    /// What it holds, in a few words.
    pub about: &'static str,
    /// A character for each class, from `emnist-…-mapping.txt` in the archive; empty for digits. A letter whose capital
    /// and small forms look alike is one class, except in "emnist-byclass"; in "emnist-letters" every letter is one.
    characters: &'static str,
    /// The label of the first class.
    pub(super) first_label: u8,
}

/// All of them.
pub const EMNIST: [Emnist; 6] = [
    Emnist {
        id: "emnist-balanced",
        about: "digits and letters in 47 classes, as many of each",
        characters: MERGED,
        first_label: 0,
    },
    Emnist {
        id: "emnist-byclass",
        about: "digits, capitals and small letters in 62 classes",
        characters: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        first_label: 0,
    },
    Emnist {
        id: "emnist-bymerge",
        about: "digits and letters in 47 classes, as often as they were written",
        characters: MERGED,
        first_label: 0,
    },
    Emnist { id: "emnist-digits", about: "digits, as many of each", characters: "", first_label: 0 },
    Emnist {
        id: "emnist-letters",
        about: "letters in 26 classes, capitals and small ones together",
        characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        first_label: 1,
    },
    Emnist { id: "emnist-mnist", about: "digits, as many as MNIST has", characters: "", first_label: 0 },
];

/// Digits and letters, capital and small ones together if they look alike.
const MERGED: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt";

impl Emnist {
    /// The name of the directory into which it is unpacked: "letters".
    #[must_use]
    pub fn directory(&self) -> &'static str {
        self.id.trim_start_matches("emnist-")
    }

    /// The names of its classes; empty for digits.
    pub(super) fn classes(&self) -> ClassNames {
        self.characters.chars().map(String::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_as_many_names_as_classes() {
        // Number of classes from Cohen et al. 2017, table II.
        let counts = EMNIST.map(|dataset| dataset.classes().all().len());
        assert_eq!(counts, [47, 62, 47, 0, 26, 0]);
        assert_eq!(EMNIST[0].classes().of(46), "t");
        assert_eq!((EMNIST[4].directory(), EMNIST[4].first_label), ("letters", 1));
    }
}
