//! What a dataset is called, for people and in model files.

use std::fmt;

use super::ClassNames;
use crate::printable::printable;

/// The name of a dataset, as models and reports give it, and the names of its classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    name: String,
    /// Where the dataset was found; `None` for a known dataset.
    place: Option<String>,
    /// What was done to the images, such as " expanded by shifts"; empty if nothing.
    treatment: String,
    classes: ClassNames,
}

impl Identity {
    /// A dataset known by its name, such as "MNIST".
    pub fn named(name: impl Into<String>) -> Self {
        Identity { name: name.into(), place: None, treatment: String::new(), classes: ClassNames::default() }
    }

    /// An unknown dataset. Messages call it by its `place` ("IDX files in digits"); `name` distinguishes it from other
    /// datasets without naming a path.
    pub fn unknown(name: impl Into<String>, place: impl Into<String>) -> Self {
        Identity { place: Some(place.into()), ..Identity::named(name) }
    }

    /// The same dataset with these names for its classes.
    #[must_use]
    pub fn with_classes(self, classes: ClassNames) -> Self {
        Identity { classes, ..self }
    }

    /// The name that is stored in model files. It does not depend on where the files are.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the classes.
    #[must_use]
    pub fn classes(&self) -> &ClassNames {
        &self.classes
    }

    /// The same dataset after `treatment`, which is appended to its name.
    pub(super) fn treated(&self, treatment: &str) -> Self {
        Identity {
            name: format!("{} {treatment}", self.name),
            treatment: format!("{} {treatment}", self.treatment),
            ..self.clone()
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}{}", printable(place), self.treatment),
            None => f.write_str(&self.name),
        }
    }
}
