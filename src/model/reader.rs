//! Reads a model file without trusting it: no list may be longer than the sizes at the start of the file account for.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{FORMAT, ModelError, Told};
use crate::network::{MAX_LAYERS, MAX_MEMBERS, MAX_PARAMETERS, parameter_count};
use crate::real::Precision;

/// A model file of up to this many bytes is read whatever it contains. It is read or refused within seconds, using at
/// most twenty times as much memory, because values of several possible types and flattened keys are buffered before
/// they are interpreted. A larger file must begin with sizes that account for its length, and then weights.
pub const UNQUESTIONED_SIZE: u64 = 128 << 20;

/// The bytes that a weight or a bias may take: its digits, and four more copies in base64 for resuming the training.
const BYTES_OF_A_PARAMETER: u64 = 80;

/// The sizes and the beginning of the weights must be within this many bytes of the start of the file.
const START: u64 = 1 << 16;

/// Reads the text of a model file, which must be an ordinary file and not larger than its sizes account for.
///
/// # Errors
/// [`ModelError::Read`].
pub fn read_model_file(path: &Path) -> Result<Vec<u8>, ModelError> {
    let read = || {
        let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() { "it is a directory" } else { "it is not an ordinary file" };
            return refuse(what.to_string());
        }
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        let mut text = Vec::new();
        file.by_ref().take(START).read_to_end(&mut text)?;
        if let Some(what) = something_else(&text) {
            return refuse(what.to_string());
        }
        let most = accounted_for(&text);
        if len > most {
            return refuse(format!("it has {len} bytes, a model with its sizes has {most} at most"));
        }
        file.take(most).read_to_end(&mut text)?;
        Ok(text)
    };
    read().map_err(|error| ModelError::Read { path: path.to_path_buf(), error })
}

/// The reason to refuse a file that begins like this, if it is of a kind that is easily mistaken for a model.
fn something_else(start: &[u8]) -> Option<&'static str> {
    const EXPORT: &str = "it is an export: name the model file (.json) that it was made of";
    // A .safetensors file begins with the length of its header, in eight bytes.
    if start.get(4..9) == Some(b"\0\0\0\0{") {
        return Some(EXPORT); // .safetensors
    }
    let kinds: [(&[u8], &str); 7] = [
        (b"\x89PNG", "it is a picture, no model"),
        (b"\xff\xd8\xff", "it is a picture, no model"),
        (b"\x1f\x8b", "it is packed: unpack it first, with gunzip"),
        (b"PK\x03\x04", "it is an archive, as .npz is: name the model file (.json) that it was made of"),
        (b"\x08", EXPORT),        // .onnx
        (b"layer,kind,", EXPORT), // .csv
        (b"\xef\xbb\xbf", "it begins with a byte order mark: save it without one"),
    ];
    kinds.into_iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, what)| what)
}

/// The maximum length in bytes of a model file that begins like this.
fn accounted_for(start: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(start).split_whitespace().collect::<String>();
    let sizes = text.strip_prefix(r#"{"sizes":["#).and_then(|rest| rest.split_once(r#"],"weights":[[["#));
    let sizes = sizes.map(|(sizes, _)| sizes);
    let sizes: Option<Vec<usize>> = sizes.and_then(|list| list.split(',').map(|size| size.parse().ok()).collect());
    let parameters = sizes.and_then(|sizes| parameter_count(&sizes)).unwrap_or(0).min(MAX_PARAMETERS);
    UNQUESTIONED_SIZE + BYTES_OF_A_PARAMETER * parameters as u64
}

/// The precision in which a model, or every network merged into it, was trained or saved; double for a file of
/// network2.py, or if the precision is unknown.
///
/// # Errors
/// [`ModelError::Json`], [`ModelError::NotFinite`], [`ModelError::Format`] or [`ModelError::Members`] if this is not a
/// model file of this program, or [`ModelError::Log`] if it is a log.
pub fn precision_of(json: &[u8]) -> Result<Precision, ModelError> {
    let head = Head::read(json)?;
    let trainings = head.training.map_or(head.members.0, |training| vec![Some(training)]);
    let told: Vec<_> = trainings.into_iter().map(|training| training?.precision.known().ok()).collect();
    Ok(head.precision.unwrap_or_else(|| precision_of_all(&told)))
}

/// The precision of a network made from trainings in these precisions: single if all are known to be single.
pub(super) fn precision_of_all(trainings: &[Option<Precision>]) -> Precision {
    let all_single = !trainings.is_empty() && trainings.iter().all(|&precision| precision == Some(Precision::F32));
    if all_single { Precision::F32 } else { Precision::F64 }
}

/// The keys that must be known before the rest can be read. The other keys are skipped.
#[derive(Deserialize)]
#[serde(expecting = "the keys of a model")]
pub(super) struct Head {
    format: Option<u32>,
    training: Option<HeadTraining>,
    #[serde(default)]
    members: Members<HeadTraining>,
    sizes: Option<IgnoredAny>,
    precision: Option<Precision>,
}

#[derive(Deserialize)]
#[serde(expecting = "the settings of a training")]
struct HeadTraining {
    precision: Told<Precision>,
}

impl Head {
    pub fn read(json: &[u8]) -> Result<Self, ModelError> {
        if json.starts_with(b"{\"epoch\":") {
            return Err(ModelError::Log);
        }
        let head: Head = serde_json::from_slice(json).map_err(|error| json_error(json, error))?;
        if let Some(format) = head.format.filter(|&format| format > FORMAT) {
            return Err(ModelError::Format(format));
        }
        // Every model file has the key `sizes`. The format is checked first, because a newer one may have other keys.
        if head.sizes.is_none() {
            return Err(serde_json::Error::missing_field("sizes").into());
        }
        match head.members.0.len() {
            0 => Ok(head),
            2.. if head.training.is_none() => Ok(head),
            _ => Err(ModelError::Members),
        }
    }
}

/// The error for JSON that cannot be read. Python's word for a number that is not finite is told from other mistakes.
fn json_error(json: &[u8], error: serde_json::Error) -> ModelError {
    let (line, column) = (error.line(), error.column());
    let text = json.split(|&byte| byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let rest = text.get(column.saturating_sub(1)..).unwrap_or_default();
    match ["NaN", "Infinity"].into_iter().find(|name| rest.starts_with(name.as_bytes())) {
        Some(name) => ModelError::NotFinite { name, line, column },
        None => error.into(),
    }
}

/// The sizes of a network, as a list of at most [`MAX_LAYERS`] items.
pub(super) struct Sizes(pub Vec<usize>);

impl<'de> Deserialize<'de> for Sizes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sizes = Vec::read(deserializer, &Cell::new(MAX_LAYERS))?;
        Ok(Sizes(sizes.into_iter().map(|Number(size)| size).collect()))
    }
}

/// What is known of each member of a merged model, as a list of at most [`MAX_MEMBERS`] items. It is limited because
/// each `null` in it takes as much memory as a complete record.
pub(super) struct Members<T>(pub Vec<Option<T>>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Vec::read(deserializer, &Cell::new(MAX_MEMBERS))?;
        Ok(Members(members.into_iter().map(|Number(member)| member).collect()))
    }
}

/// The layers of the "weights", each a list of rows, or of the "biases", each a list of one-number lists. Lists and
/// numbers are limited to as many as a network of these `sizes` can have.
///
/// # Errors
/// An error in the text, or too many lists and numbers.
pub(super) fn layers<T: Limited>(
    what: &str,
    text: &RawValue,
    sizes: &[usize],
) -> Result<Vec<Vec<T>>, serde_json::Error> {
    let numbers = parameter_count(sizes).unwrap_or(usize::MAX);
    let left = Cell::new(numbers.saturating_mul(2).saturating_add(MAX_LAYERS));
    let mut deserializer = serde_json::Deserializer::from_str(text.get());
    // The error counts lines and columns from the start of this list, so it names the list.
    Vec::read(&mut deserializer, &left).map_err(|error| Error::custom(format_args!("in its {what}, {error}")))
}

/// A value whose list items are counted while it is read.
pub(super) trait Limited: Sized {
    /// Reads the value, and subtracts one from `left` for every item of its lists.
    fn read<'de, D: Deserializer<'de>>(deserializer: D, left: &Cell<usize>) -> Result<Self, D::Error>;
}

/// An item that is not counted further: it needs only the space that its list has for it.
pub(super) struct Number<T>(pub T);

impl<T: DeserializeOwned> Limited for Number<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D, _: &Cell<usize>) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Number)
    }
}

impl<T: Limited> Limited for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D, left: &Cell<usize>) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items { left, of: PhantomData })
    }
}

/// Reads the items of a list.
struct Items<'a, T> {
    left: &'a Cell<usize>,
    of: PhantomData<T>,
}

impl<'de, T: Limited> Visitor<'de> for Items<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Item { left: self.left, of: PhantomData })? {
            items.push(item);
        }
        Ok(items)
    }
}

/// Reads one item of a list.
struct Item<'a, T> {
    left: &'a Cell<usize>,
    of: PhantomData<T>,
}

impl<'de, T: Limited> DeserializeSeed<'de> for Item<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom("a list is longer than a model allows"))?);
        T::read(deserializer, self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn a_file_may_be_as_large_as_its_sizes_account_for() {
        let small = UNQUESTIONED_SIZE;
        assert_eq!(accounted_for(br#"{"sizes":[784,30,10],"weights":[[["#), small + 80 * 23_860);
        assert_eq!(accounted_for(b"{\"sizes\": [784,\n 30, 10], \"weights\": [[[0.5"), small + 80 * 23_860);
        let others = [&b""[..], b"[[[[", br#"{"sizes":[784,-1],"weights":[[["#, br#"{"weights":[[["#, b"\xff\xff"];
        for start in others.into_iter().chain([&br#"{"sizes":[784,30,10],"x":"aaaaaaa"#[..]]) {
            assert_eq!(accounted_for(start), small);
        }
        let most = small + 80 * MAX_PARAMETERS as u64;
        assert_eq!(accounted_for(br#"{"sizes":[9999999,9999999],"weights":[[["#), most);
        assert_eq!(accounted_for(br#"{"sizes":[18446744073709551615,9],"weights":[[["#), small);
    }

    #[test]
    fn a_list_is_not_read_beyond_what_the_sizes_account_for() {
        let refused = |sizes: &str, weights: &str| {
            let json = format!(r#"{{"sizes":{sizes},"weights":{weights},"biases":[[[1]]],"cost":"QuadraticCost"}}"#);
            Model::<f32>::from_json(json.as_bytes()).unwrap_err().to_string()
        };
        let long = "longer than a model allows";
        let (zeros, lists) = (vec!["0"; 3_000].join(","), vec!["[]"; 3_000].join(","));
        assert!(refused("[2,1]", &format!("[[[{zeros}]]]")).contains(long));
        assert!(refused("[2,1]", &format!("[[{lists}]]")).contains(long));
        assert!(refused("[2,1]", &format!("[{lists}]")).contains(long));
        assert!(refused(&format!("[{zeros}]"), "[]").contains(long));
    }
}
