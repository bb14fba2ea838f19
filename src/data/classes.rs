//! Names of classes, and matching the classes of a model with those of a dataset by name.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Dataset;
use super::known::classes_are_numbers;
use crate::printable::printable;

/// The maximum length of a name in characters, which is also that of a directory name.
const LONGEST: usize = 255;
/// The maximum length of a name in a table, in characters.
const SHORT: usize = 16;

/// Names of classes, such as "Pullover"; empty if classes have only numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct ClassNames(Vec<String>);

/// Collects the names of class 0, class 1 and so on. Without names, classes have only numbers.
impl<S: AsRef<str>> FromIterator<S> for ClassNames {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let name = |name: S| printable(name.as_ref().chars().take(LONGEST).collect::<String>());
        ClassNames(names.into_iter().map(name).collect())
    }
}

/// Converts the names in a file. Labels are bytes, so there are at most 256 classes.
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
    /// The name of each class; empty if classes have only numbers.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.0
    }

    /// Whether classes have only numbers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Uses the numbers of the classes as names: "0", "1" and so on.
    #[must_use]
    pub fn numbers(classes: usize) -> Self {
        (0..classes).map(|class| class.to_string()).collect()
    }

    /// Whether any name is a number. If so, classes that have only numbers are matched with these names, not by
    /// position.
    #[must_use]
    pub fn has_numbers(&self) -> bool {
        self.0.iter().any(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The names as a list in a sentence. If there are many, only the first ones.
    #[must_use]
    pub fn in_words(&self) -> String {
        const SOME: usize = 12;
        let some = self.0.iter().take(SOME).map(String::as_str).collect::<Vec<_>>().join(", ");
        if self.0.len() > SOME { format!("{some}, … ({} in all)", self.0.len()) } else { some }
    }

    /// The name of a class, or its number if it has no name.
    #[must_use]
    pub fn of(&self, class: usize) -> String {
        self.name(class).map_or_else(|| class.to_string(), String::from)
    }

    /// The name of a class, or `None` if it has no name.
    #[must_use]
    pub fn name(&self, class: usize) -> Option<&str> {
        self.0.get(class).map(String::as_str)
    }

    /// As [`of`](Self::of), but the middle of a long name is left out, for use in tables.
    #[must_use]
    pub fn short(&self, class: usize) -> String {
        let name = self.of(class);
        if name.chars().count() <= SHORT {
            return name;
        }
        let end = name.chars().skip(name.chars().count() - SHORT / 2);
        name.chars().take(SHORT - SHORT / 2 - 1).chain(['…']).chain(end).collect()
    }

    /// The length in characters of the longest [`short`](Self::short) name of classes 0 to `classes - 1`.
    #[must_use]
    pub fn width(&self, classes: usize) -> usize {
        (0..classes).map(|class| self.short(class).chars().count()).max().unwrap_or(0)
    }

    /// The class with this name or, if no name is a number, with this number.
    #[must_use]
    pub fn class(&self, called: &str) -> Option<usize> {
        let number = || if self.has_numbers() { None } else { called.parse().ok() };
        self.0.iter().position(|name| name == called).or_else(number)
    }
}

/// The classes of a model or of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    /// Their names; empty if they have only numbers.
    pub names: ClassNames,
    /// Number of classes.
    pub count: usize,
    /// Whether classes without names are named by their numbers. If not, a number may mean anything.
    pub are_numbers: bool,
}

/// Two models name their classes differently.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("number {place} has the classes {}, but number {first} has {}", found.in_words(), expected.in_words())]
pub struct OtherNames {
    /// The position of the second model among all models.
    pub place: usize,
    /// The class names of the second model.
    pub found: ClassNames,
    /// The position of the first model.
    pub first: usize,
    /// The class names of the first model.
    pub expected: ClassNames,
}

/// Some images belong to classes that a model does not know.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("knows no class called {}: its classes are {}", unknown.in_words(), known.in_words())]
pub struct UnknownClasses {
    /// The classes that the model does not know.
    pub unknown: ClassNames,
    /// The classes that the model knows.
    pub known: ClassNames,
}

impl Classes {
    /// The classes of a dataset.
    #[must_use]
    pub fn of(data: &Dataset) -> Self {
        Classes {
            names: data.identity().classes().clone(),
            count: data.classes(),
            are_numbers: classes_are_numbers(data.identity().name()),
        }
    }

    /// The names of one side, if the other side has no names and its numbers may mean anything. Then classes are
    /// matched by position, which can be wrong.
    #[must_use]
    pub fn names_told_by_place<'a>(&'a self, others: &'a Classes) -> Option<&'a ClassNames> {
        match (self.beside(&others.names).is_empty(), others.beside(&self.names).is_empty()) {
            (false, true) => Some(&self.names),
            (true, false) => Some(&others.names),
            _ => None,
        }
    }

    /// The class names to compare with `others`. Classes without names are called by number if they are known to be
    /// numbers, or if the other names include numbers. Empty if the classes can be matched only by position.
    fn beside(&self, others: &ClassNames) -> ClassNames {
        let are_numbers = !others.is_empty() && (self.are_numbers || others.has_numbers());
        if self.names.is_empty() && are_numbers { ClassNames::numbers(self.count) } else { self.names.clone() }
    }

    /// The index of the first of these that has names, if all that can be matched by name have the same names.
    ///
    /// # Errors
    /// [`OtherNames`] if their names differ.
    pub fn in_common(all: &[Classes]) -> Result<Option<usize>, OtherNames> {
        let Some(named) = all.iter().position(|classes| !classes.names.is_empty()) else { return Ok(None) };
        let names = all.iter().map(|classes| classes.beside(&all[named].names)).enumerate();
        let mut names = names.filter(|(_, names)| !names.is_empty());
        let (first, expected) = names.next().expect("one has names");
        match names.find(|(_, found)| *found != expected) {
            Some((place, found)) => Err(OtherNames { place, found, first, expected }),
            None => Ok(Some(named)),
        }
    }
}

impl Dataset {
    /// The same images, with labels as in a model of these `classes`. If one side has no names, its class numbers serve
    /// as names, provided that they are known to be numbers or that names on the other side are numbers. If not,
    /// classes are matched by position, and the labels stay as they are.
    ///
    /// # Errors
    /// [`UnknownClasses`] if an image belongs to a class that the model does not have.
    pub fn in_classes_of(&self, classes: &Classes) -> Result<Dataset, UnknownClasses> {
        let own = Classes::of(self);
        let (names, own) = (classes.beside(&own.names), own.beside(&classes.names));
        if names.is_empty() || own.is_empty() {
            return Ok(self.clone());
        }
        self.called(own.clone()).in_classes(&names).ok_or_else(|| {
            let there: BTreeSet<_> = self.labels().iter().map(|&label| usize::from(label)).collect();
            let unknown = there.into_iter().map(|class| own.of(class)).filter(|name| !names.all().contains(name));
            UnknownClasses { unknown: unknown.collect(), known: names }
        })
    }

    /// The same images with other class names.
    #[must_use]
    pub fn called(&self, names: ClassNames) -> Dataset {
        Dataset { identity: Arc::new(self.identity().clone().with_classes(names)), ..self.clone() }
    }

    /// The same images with labels that count the classes as in `names`; `None` if an image's class is not among them.
    fn in_classes(&self, names: &ClassNames) -> Option<Dataset> {
        let own = self.identity().classes();
        if own == names {
            return Some(self.clone());
        }
        // There are only 256 possible labels, so look up each once.
        let place = |label: u8| {
            let name = own.name(usize::from(label))?;
            names.all().iter().position(|other| other == name).and_then(|place| u8::try_from(place).ok())
        };
        let places: Vec<_> = (0..=u8::MAX).map(place).collect();
        if self.labels().iter().any(|&label| places[usize::from(label)].is_none()) {
            return None;
        }
        // Images outside this slice may belong to any class.
        let labels = self.labels.iter().map(|&label| places[usize::from(label)].unwrap_or(0)).collect();
        let classes = names.all().len().max(2); // as everywhere
        Some(Dataset { labels: Arc::new(labels), classes, ..self.called(names.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Identity;

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
        assert_eq!((names.short(1), names.width(3)), ("Größer … Tabelle".into(), 16));
        assert_eq!(names.of(3), "3", "one that has no name");
        assert_eq!((names.class("3"), names.class("1")), (Some(2), None), "3 is a name, so 1 would be one");
        assert_eq!(ClassNames::from_iter(["a", "b"]).class("1"), Some(1));
    }

    #[test]
    fn classes_are_counted_as_another_dataset_counts_them() {
        let of = |names: &[&str], labels: &[u8]| {
            let identity = Identity::named("toy").with_classes(names.iter().collect());
            Dataset::new(vec![0; labels.len()], labels.to_vec(), (1, 1), names.len().max(3), identity).unwrap()
        };
        let abc = ClassNames::from_iter(["a", "b", "c"]);
        let some = of(&["c", "a", "b"], &[0, 1, 2, 0]).slice(1..4).in_classes(&abc).unwrap();
        assert_eq!((some.labels(), some.classes(), some.identity().classes()), (&[0, 1, 2][..], 3, &abc));
        assert!(of(&["c", "a", "d"], &[2]).in_classes(&abc).is_none());
        assert!(of(&["c", "a", "d"], &[0]).in_classes(&abc).is_some(), "there is no d");
        assert!(of(&["c", "a"], &[2]).in_classes(&abc).is_none(), "it has no name");
        let beside_others = of(&["a", "x"], &[1, 0, 0, 1]).slice(1..3).in_classes(&abc).unwrap();
        assert_eq!(beside_others.labels(), [0, 0], "images that nobody asked for may be of unknown classes");
        assert_eq!(of(&["a", "b"], &[0]).in_classes(&["a"].iter().collect()).unwrap().classes(), 2);
        let numbers = of(&[], &[2, 0]).called(abc.clone());
        assert_eq!((numbers.labels(), numbers.identity().classes()), (&[2, 0][..], &abc));
    }

    #[test]
    fn classes_without_names_are_numbers_beside_numbers() {
        let classes = |names: &[&str], are_numbers| Classes { names: names.iter().collect(), count: 3, are_numbers };
        let (letters, plate) = (classes(&["a", "b"], false), classes(&["1", "2", "O"], false));
        let (digits, unknown) = (classes(&[], true), classes(&[], false));
        let in_common = |all: &[&Classes]| Classes::in_common(&all.iter().map(|&one| one.clone()).collect::<Vec<_>>());
        assert_eq!(in_common(&[&unknown, &letters, &letters]), Ok(Some(1)));
        assert_eq!(in_common(&[&unknown, &digits]), Ok(None));
        for (one, other, names) in [
            (&unknown, &letters, Some(&letters.names)),
            (&letters, &unknown, Some(&letters.names)),
            (&digits, &letters, None),
            (&unknown, &plate, None),
            (&unknown, &digits, None),
            (&letters, &plate, None),
        ] {
            assert_eq!(one.names_told_by_place(other), names, "{one:?} {other:?}");
        }
        for others in [[&digits, &letters], [&letters, &digits], [&unknown, &plate], [&plate, &letters]] {
            assert!(in_common(&others).is_err(), "{others:?}");
        }
    }
}
