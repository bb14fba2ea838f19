//! Settings in a training record whose kinds a later version may add to.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::value::RawValue;

use crate::printable::printable;

/// A setting as a model file tells it. A network can be used whatever it was trained with, so an unknown setting does
/// not keep a file from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<T> {
    /// One that this program knows.
    Known(T),
    /// The JSON of one that it does not know. (As text it takes no more memory than in the file.)
    Unknown(String),
}

impl<T: Copy> Told<T> {
    /// The setting, if it is known; otherwise what the file calls it.
    ///
    /// # Errors
    /// The text of the file, without quotation marks.
    pub fn known(&self) -> Result<T, &str> {
        match self {
            Told::Known(setting) => Ok(*setting),
            Told::Unknown(json) => Err(json.trim_matches('"')),
        }
    }
}

impl<T> From<T> for Told<T> {
    fn from(setting: T) -> Self {
        Told::Known(setting)
    }
}

impl<T: Default> Default for Told<T> {
    fn default() -> Self {
        Told::Known(T::default())
    }
}

/// The setting in words, or "lion (unknown)".
impl<T: Copy + fmt::Display> fmt::Display for Told<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.known() {
            Ok(setting) => setting.fmt(f),
            Err(name) => write!(f, "{} (unknown)", printable(name)),
        }
    }
}

impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Told::Known(setting) => setting.serialize(serializer),
            Told::Unknown(json) => {
                RawValue::from_string(json.clone()).map_err(ser::Error::custom)?.serialize(serializer)
            }
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let known = serde_json::from_str(json.get());
        Ok(known.map_or_else(|_| Told::Unknown(json.get().to_string()), Told::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Optimizer;
    use crate::real::Precision;

    #[test]
    fn what_is_unknown_is_kept_and_called_by_its_name() {
        let told = |json: &str| serde_json::from_str::<Told<Optimizer>>(json).unwrap();
        for json in [r#""lion""#, r#"{"lion":{"beta":0.30000000000000004}}"#, r#"{"sgd":{"momentum":"much"}}"#] {
            assert_eq!(told(json), Told::Unknown(json.to_string()));
            assert_eq!(serde_json::to_string(&told(json)).unwrap(), json);
        }
        assert_eq!((told(r#""lion""#).known(), told(r#""lion""#).to_string()), (Err("lion"), "lion (unknown)".into()));
        let adamw = told(r#""adam-w""#);
        assert_eq!((adamw.known(), adamw.to_string()), (Ok(Optimizer::AdamW), "AdamW".to_string()));
        assert_eq!(serde_json::to_string(&Told::from(Precision::F64)).unwrap(), r#""f64""#);
    }
}
