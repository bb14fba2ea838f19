//! The stack machine that runs a pickle, with only the necessary instructions.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use super::super::array::{Array, Element};
use super::super::idx::{Idx, read_up_to};
use super::{Pair, PickleError};

/// The maximum number of values on the stack, and of remembered values; a dataset's pickle has about a hundred.
pub(super) const MAX_VALUES: usize = 10_000;
/// The maximum depth of nested tuples; a dataset's pickle has three.
const MAX_NESTED: usize = 8;
/// The maximum length of names, and of texts that are used twice. The data of an array is longer, but used only once.
const MAX_NAME: usize = 100;

/// A value on the stack. Cheap to clone.
#[derive(Clone)]
enum Value {
    /// The beginning of a tuple.
    Mark,
    None,
    Bool(bool),
    Int(i64),
    Bytes(Rc<Vec<u8>>),
    Tuple(Rc<Tuple>),
    Name(Name),
    /// An index into [`Machine::objects`].
    Object(usize),
}

struct Tuple {
    values: Vec<Value>,
    /// The depth of nested tuples, including itself.
    depth: usize,
    /// Whether it holds the data of an array.
    is_large: bool,
}

impl Value {
    fn depth(&self) -> usize {
        if let Value::Tuple(tuple) = self { tuple.depth } else { 0 }
    }

    fn is_large(&self) -> bool {
        match self {
            Value::Bytes(bytes) => bytes.len() > MAX_NAME,
            Value::Tuple(tuple) => tuple.is_large,
            _ => false,
        }
    }
}

/// The names that a pickle may use.
#[derive(Clone, Copy)]
enum Name {
    /// `numpy.ndarray`, the class.
    Ndarray,
    /// `numpy.dtype`, which makes a type from its name.
    Dtype,
    /// `numpy.core.multiarray._reconstruct`, which makes an empty array.
    Reconstruct,
}

/// An object that has been created and is filled in later.
enum Object {
    Element(Element),
    EmptyArray,
    Images(Idx),
    Labels(Idx),
}

/// A pickle that is being run.
pub(super) struct Machine<R> {
    reader: R,
    /// Number of bytes read so far.
    at: u64,
    stack: Vec<Value>,
    memo: BTreeMap<u32, Value>,
    objects: Vec<Object>,
}

impl<R: Read> Machine<R> {
    pub fn new(reader: R) -> Self {
        Machine { reader, at: 0, stack: Vec::new(), memo: BTreeMap::new(), objects: Vec::new() }
    }

    /// Runs all instructions and returns the result.
    pub fn run(mut self) -> Result<[Pair; 3], PickleError> {
        while self.step()? {}
        self.finish()
    }

    /// Runs one instruction; `false` if it was the last.
    fn step(&mut self) -> Result<bool, PickleError> {
        let [code] = self.bytes()?;
        match code {
            b'.' => return Ok(false),
            // PROTO, FRAME: the length of a frame is of no use when reading from a stream.
            0x80 => self.protocol()?,
            0x95 => drop(self.bytes::<8>()?),
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'K' | b'M' | b'J' | 0x8a => self.int(code)?,
            b'I' => self.number()?,
            // Strings of Python 2 (U, T), bytes and texts of Python 3.
            b'U' | b'C' | 0x8c => {
                let [length] = self.bytes()?;
                self.text(u64::from(length))?;
            }
            b'T' | b'B' | b'X' => {
                let length = u32::from_le_bytes(self.bytes()?);
                self.text(u64::from(length))?;
            }
            0x8d | 0x8e => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(length)?;
            }
            b'(' => self.push(Value::Mark)?,
            b')' | 0x85..=0x87 | b't' => self.tuple(code)?,
            b'c' | 0x93 => self.name(code)?,
            b'R' => self.call()?,
            b'b' => self.fill_in()?,
            b'q' | b'r' | 0x94 => self.remember(code)?,
            b'h' | b'j' => self.recall(code)?,
            _ => return Err(PickleError::Instruction { code, at: self.at - 1 }),
        }
        Ok(true)
    }

    fn protocol(&mut self) -> Result<(), PickleError> {
        match self.bytes()? {
            [2..=4] => Ok(()),
            [other] => Err(PickleError::Protocol(other)),
        }
    }

    fn int(&mut self, code: u8) -> Result<(), PickleError> {
        let value = match code {
            b'K' => i64::from(self.bytes::<1>()?[0]),
            b'M' => i64::from(u16::from_le_bytes(self.bytes()?)),
            b'J' => i64::from(i32::from_le_bytes(self.bytes()?)),
            // LONG1: a length, then this many bytes of two's complement.
            _ => {
                let [length] = self.bytes()?;
                let bytes = self.up_to(u64::from(length))?;
                let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
                let mut whole = if negative { [0xff; 8] } else { [0; 8] };
                let Some(low) = whole.get_mut(..bytes.len()) else {
                    return Err(self.expected("an integer of 64 bits"));
                };
                low.copy_from_slice(&bytes);
                i64::from_le_bytes(whole)
            }
        };
        self.push(Value::Int(value))
    }

    /// A number as text. Protocol 1 also writes false and true as numbers.
    fn number(&mut self) -> Result<(), PickleError> {
        let line = self.line()?;
        let value = match &line[..] {
            b"00" => Value::Bool(false),
            b"01" => Value::Bool(true),
            digits => {
                let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                Value::Int(number.ok_or_else(|| self.expected("an integer of 64 bits"))?)
            }
        };
        self.push(value)
    }

    fn text(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.up_to(length)?;
        self.push(Value::Bytes(Rc::new(bytes)))
    }

    fn tuple(&mut self, code: u8) -> Result<(), PickleError> {
        let count = match code {
            b')' => 0,
            b't' => {
                let mark = self.stack.iter().rposition(|value| matches!(value, Value::Mark));
                let mark = mark.ok_or_else(|| self.expected("the beginning of a tuple"))?;
                self.stack.len() - mark - 1
            }
            _ => usize::from(code - 0x84),
        };
        let first = self.stack.len().checked_sub(count).ok_or_else(|| self.expected("a tuple's values"))?;
        let values = self.stack.split_off(first);
        if code == b't' {
            self.stack.pop();
        }
        let depth = 1 + values.iter().map(Value::depth).max().unwrap_or(0);
        if depth > MAX_NESTED {
            return Err(PickleError::TooMuch);
        }
        let is_large = values.iter().any(Value::is_large);
        self.push(Value::Tuple(Rc::new(Tuple { values, depth, is_large })))
    }

    /// A name: module and function, each ended by a line feed, or both from the stack.
    fn name(&mut self, code: u8) -> Result<(), PickleError> {
        let (module, function) = if code == b'c' {
            (self.line()?, self.line()?)
        } else {
            let function = self.pop_bytes("a name")?;
            (self.pop_bytes("a module")?.to_vec(), function.to_vec())
        };
        let name = match (&module[..], &function[..]) {
            (b"numpy", b"ndarray") => Name::Ndarray,
            (b"numpy", b"dtype") => Name::Dtype,
            // NumPy 2 has the underscore.
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => Name::Reconstruct,
            _ => {
                let mut name = [&module[..], b".", &function[..]].concat();
                name.truncate(2 * MAX_NAME);
                return Err(PickleError::Name(String::from_utf8_lossy(&name).escape_default().to_string()));
            }
        };
        self.push(Value::Name(name))
    }

    /// Calls a name with a tuple of arguments.
    fn call(&mut self) -> Result<(), PickleError> {
        let arguments = self.pop_tuple("a tuple of arguments")?;
        let object = match (self.pop("a name to call")?, &arguments.values[..]) {
            // Shape and type are those of an empty array; the real ones are filled in later.
            (Value::Name(Name::Reconstruct), [Value::Name(Name::Ndarray), Value::Tuple(_), Value::Bytes(_)]) => {
                Object::EmptyArray
            }
            (Value::Name(Name::Dtype), [Value::Bytes(name), ..]) if name.len() <= MAX_NAME => {
                Object::Element(Element::named(&String::from_utf8_lossy(name))?)
            }
            _ => return Err(self.expected("an array or a type")),
        };
        if self.objects.len() >= MAX_VALUES {
            return Err(PickleError::TooMuch);
        }
        self.objects.push(object);
        self.push(Value::Object(self.objects.len() - 1))
    }

    /// Fills in the object below the top of the stack with the state on the top.
    fn fill_in(&mut self) -> Result<(), PickleError> {
        let state = self.pop_tuple("a tuple of a state")?;
        let Some(&Value::Object(index)) = self.stack.last() else { return Err(self.expected("an array or a type")) };
        let filled = match (&self.objects[index], &state.values[..]) {
            // Version, byte order, then fields that only records use.
            (Object::Element(element), [Value::Int(_), Value::Bytes(order), ..]) => {
                Object::Element(element.in_order(order[..] == b">"[..]))
            }
            // Version, shape, type, whether in Fortran order, data.
            (
                Object::EmptyArray,
                [Value::Int(_), Value::Tuple(shape), Value::Object(element), Value::Bool(fortran), Value::Bytes(data)],
            ) => {
                let dim = |value: &Value| match value {
                    Value::Int(dim) => u64::try_from(*dim).ok(),
                    _ => None,
                };
                let shape = shape.values.iter().map(dim).collect::<Option<Vec<_>>>();
                let shape = shape.ok_or_else(|| self.expected("the shape of an array"))?;
                let Object::Element(element) = self.objects[*element] else {
                    return Err(self.expected("the type of an array"));
                };
                let (fortran, data) = (*fortran, Rc::clone(data));
                // This makes the data unique, so that it is not copied.
                drop(state);
                // Convert to pixels or labels at once, which are smaller.
                let array = Array::new(element, shape, fortran, Rc::unwrap_or_clone(data))?;
                if array.is_labels() { Object::Labels(array.labels()?) } else { Object::Images(array.images()?) }
            }
            _ => return Err(self.expected("the state of an array or of a type")),
        };
        self.objects[index] = filled;
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Result<(), PickleError> {
        let key = match code {
            b'q' => u32::from(self.bytes::<1>()?[0]),
            b'r' => u32::from_le_bytes(self.bytes()?),
            // MEMOIZE: the next key.
            _ => self.memo.len() as u32,
        };
        let value = self.stack.last().cloned().ok_or_else(|| self.expected("a value"))?;
        // The data of arrays, and tuples that contain it, are used only once and too large to keep. A placeholder that
        // fits nowhere takes their place, so that the count stays right.
        let value = if value.is_large() { Value::Mark } else { value };
        self.memo.insert(key, value);
        if self.memo.len() > MAX_VALUES { Err(PickleError::TooMuch) } else { Ok(()) }
    }

    fn recall(&mut self, code: u8) -> Result<(), PickleError> {
        let key = match code {
            b'h' => u32::from(self.bytes::<1>()?[0]),
            _ => u32::from_le_bytes(self.bytes()?),
        };
        match self.memo.get(&key) {
            None | Some(Value::Mark) => Err(self.expected("a small value that was remembered")),
            Some(value) => self.push(value.clone()),
        }
    }

    /// The result: the three pairs, if they are what is left on the stack.
    fn finish(mut self) -> Result<[Pair; 3], PickleError> {
        // Reading one byte more also makes a decompressor verify its checksum.
        if !read_up_to(&mut self.reader, 1)?.is_empty() {
            return Err(PickleError::TooLong(self.at));
        }
        let expected = "a tuple of three pairs of images and labels";
        let pairs = self.pop_tuple(expected)?;
        let [training, validation, test] = &pairs.values[..] else { return Err(self.expected(expected)) };
        let pair = |value| self.pair(value).ok_or_else(|| self.expected(expected));
        Ok([pair(training)?, pair(validation)?, pair(test)?])
    }

    /// A pair of images and labels, copied, because a file may use a pair twice.
    fn pair(&self, value: &Value) -> Option<Pair> {
        let Value::Tuple(pair) = value else { return None };
        let [Value::Object(images), Value::Object(labels)] = pair.values[..] else { return None };
        match (&self.objects[images], &self.objects[labels]) {
            (Object::Images(images), Object::Labels(labels)) => Some((images.clone(), labels.clone())),
            _ => None,
        }
    }

    fn push(&mut self, value: Value) -> Result<(), PickleError> {
        if self.stack.len() >= MAX_VALUES {
            return Err(PickleError::TooMuch);
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self, expected: &'static str) -> Result<Value, PickleError> {
        self.stack.pop().ok_or_else(|| self.expected(expected))
    }

    fn pop_bytes(&mut self, expected: &'static str) -> Result<Rc<Vec<u8>>, PickleError> {
        match self.pop(expected)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.expected(expected)),
        }
    }

    fn pop_tuple(&mut self, expected: &'static str) -> Result<Rc<Tuple>, PickleError> {
        match self.pop(expected)? {
            Value::Tuple(tuple) => Ok(tuple),
            _ => Err(self.expected(expected)),
        }
    }

    /// The next `N` bytes.
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while filled < N {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => return Err(PickleError::CutOff(self.at)),
                Ok(count) => {
                    filled += count;
                    self.at += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bytes)
    }

    /// The next `count` bytes. Memory grows with the bytes that arrive.
    fn up_to(&mut self, count: u64) -> Result<Vec<u8>, PickleError> {
        let bytes = read_up_to(&mut self.reader, count)?;
        self.at += bytes.len() as u64;
        if (bytes.len() as u64) < count { Err(PickleError::CutOff(self.at)) } else { Ok(bytes) }
    }

    /// The bytes before the next line feed.
    fn line(&mut self) -> Result<Vec<u8>, PickleError> {
        let mut line = Vec::new();
        while line.len() <= MAX_NAME {
            match self.bytes()? {
                [b'\n'] => return Ok(line),
                [byte] => line.push(byte),
            }
        }
        Err(self.expected("a short name"))
    }

    fn expected(&self, expected: &'static str) -> PickleError {
        PickleError::Expected { expected, at: self.at }
    }
}
