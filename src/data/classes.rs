//! What the classes of a dataset are called.

use serde::{Deserialize, Serialize};

use crate::printable::printable;

/// The most characters of a name: as many as a directory's may have.
const LONGEST: usize = 255;
/// The most characters of a name in a table.
const SHORT: usize = 16;

/// What the classes are called: each by its name, such as "Pullover", or by its number where there are no names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct ClassNames(Vec<String>);

/// The name of class 0, of class 1 and so on; none where classes have numbers only.
impl<S: AsRef<str>> FromIterator<S> for ClassNames {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let name = |name: S| printable(name.as_ref().chars().take(LONGEST).collect::<String>());
        ClassNames(names.into_iter().map(name).collect())
    }
}

/// What a file says. Labels are bytes, so that there are 256 classes at most.
impl TryFrom<Vec<String>> for ClassNames {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        match names.len() {
            0..=256 => Ok(names.into_iter().collect()),
            many => Err(format!("{many} classes have names, and 256 is the most that there can be")),
        }
    }
}

impl From<ClassNames> for Vec<String> {
    fn from(names: ClassNames) -> Self {
        names.0
    }
}

impl ClassNames {
    /// The name of each class; none where classes have numbers only.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.0
    }

    /// Whether classes have numbers only.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names for classes that have numbers only: "0", "1" and so on.
    #[must_use]
    pub fn numbers(classes: usize) -> Self {
        (0..classes).map(|class| class.to_string()).collect()
    }

    /// Whether a name is a number. Then classes that have numbers only are meant by these, and not by their places.
    #[must_use]
    pub fn has_numbers(&self) -> bool {
        self.0.iter().any(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The names in a sentence: the first of them, if they are many.
    #[must_use]
    pub fn in_words(&self) -> String {
        const SOME: usize = 12;
        let some = self.0.iter().take(SOME).map(String::as_str).collect::<Vec<_>>().join(", ");
        if self.0.len() > SOME { format!("{some}, … ({} in all)", self.0.len()) } else { some }
    }

    /// What a class is called; its number if it has no name.
    #[must_use]
    pub fn of(&self, class: usize) -> String {
        self.name(class).map_or_else(|| class.to_string(), String::from)
    }

    /// The name of a class, if it has one.
    #[must_use]
    pub fn name(&self, class: usize) -> Option<&str> {
        self.0.get(class).map(String::as_str)
    }

    /// The same as [`of`](Self::of) where a table has little room: a long name is cut.
    #[must_use]
    pub fn short(&self, class: usize) -> String {
        let name = self.of(class);
        if name.chars().count() <= SHORT {
            return name;
        }
        name.chars().take(SHORT - 1).chain(['…']).collect()
    }

    /// The characters of the longest of the [`short`](Self::short) names of classes 0 to `classes - 1`.
    #[must_use]
    pub fn width(&self, classes: usize) -> usize {
        (0..classes).map(|class| self.short(class).chars().count()).max().unwrap_or(0)
    }

    /// The class that is called so, by its name or, if no name is a number, by its number.
    #[must_use]
    pub fn class(&self, called: &str) -> Option<usize> {
        let number = || if self.has_numbers() { None } else { called.parse().ok() };
        self.0.iter().position(|name| name == called).or_else(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_names_there_are_numbers() {
        let names = ClassNames::default();
        assert_eq!((names.of(7), names.short(12), names.width(100)), ("7".into(), "12".into(), 2));
        assert_eq!((names.class("7"), names.class("seven")), (Some(7), None));
    }

    #[test]
    fn a_file_has_no_more_names_than_there_are_labels() {
        let json = |n: usize| serde_json::to_string(&vec!["x"; n]).unwrap();
        assert!(serde_json::from_str::<ClassNames>(&json(256)).is_ok());
        assert!(serde_json::from_str::<ClassNames>(&json(257)).unwrap_err().to_string().contains("257 classes"));
    }

    #[test]
    fn of_many_names_a_sentence_has_the_first() {
        let names: ClassNames = ('a'..='z').map(String::from).collect();
        assert_eq!(names.in_words(), "a, b, c, d, e, f, g, h, i, j, k, l, … (26 in all)");
        assert_eq!(ClassNames::from_iter(["a", "b"]).in_words(), "a, b");
    }

    #[test]
    fn a_name_is_printable_and_in_tables_short() {
        let names = ClassNames::from_iter(["a\u{1b}b", "Größer als jede Tabelle", "3"]);
        assert_eq!(names.of(0), "a\u{FFFD}b");
        assert_eq!((names.short(1), names.width(3)), ("Größer als jede…".into(), 16));
        assert_eq!(names.of(3), "3", "one that has no name");
        assert_eq!((names.class("3"), names.class("1")), (Some(2), None), "3 is a name, so 1 would be one");
        assert_eq!(ClassNames::from_iter(["a", "b"]).class("1"), Some(1));
    }
}
