//! NumPy arrays as stored in `.npy` files and in pickles: an element type, a shape, and bytes. Converts them to pixels
//! and labels.

use byteorder::{BigEndian, ByteOrder, LittleEndian};
use thiserror::Error;

use super::idx::Idx;
use super::names::{MAX_NAME, NameError, Names};

/// The type of the elements of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    kind: Kind,
    /// Bytes per element.
    size: usize,
    big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsigned,
    Signed,
    Float,
    /// Bytes, padded with zeros.
    Ascii,
    /// Characters of four bytes, padded with zeros.
    Unicode,
}

/// What can be wrong with an array of images or labels.
#[derive(Debug, Error)]
pub enum ArrayError {
    /// The elements are complex numbers, records or Python objects, which cannot be images or labels.
    #[error("holds elements of the type '{0}', expected numbers such as 'u1', 'i8' or 'f4'")]
    Element(String),
    /// Objects of Python, which pandas makes of a column of names.
    #[error("holds Python objects: convert images with .astype('uint8'), names of classes with .astype(str)")]
    Objects,
    /// Texts that are no names of classes.
    #[error(
        "holds texts of the type '{0}', expected 1 to {MAX_NAME} characters (.astype(str) takes no more than needed)"
    )]
    Lengths(String),
    /// The elements are texts, where numbers are required.
    #[error("holds texts, expected numbers")]
    Texts,
    /// A text cannot be the name of a class.
    #[error("has '{found}' for the label of image {index}: {problem}")]
    Name {
        /// Which label, counted from 0.
        index: usize,
        /// The beginning of the text.
        found: String,
        /// What is wrong with it.
        problem: NameError,
    },
    /// The shape and the bytes do not fit.
    #[error("holds an array of the shape {shape:?} in {found} bytes")]
    Shape {
        /// The shape in the header.
        shape: Vec<u64>,
        /// Number of bytes.
        found: usize,
    },
    /// The shape is neither that of images nor that of labels.
    #[error("holds an array of the shape {0:?}, expected labels (n) or images (n, rows, columns) or (n, pixels)")]
    Rank(Vec<u64>),
    /// The number of pixels per image is not a square, and the shape does not give the length of rows.
    #[error("has images of {0} pixels, which do not make a square")]
    NotSquare(u64),
    /// A value is not a pixel intensity.
    #[error(
        "has the value {value} in image {image}, which is not a pixel: expected whole numbers from 0 to 255, or \
        fractions k/255 of one; other scales can be brought to these: divide by the largest value, multiply by 255 and \
        round"
    )]
    NotAPixel {
        /// Which image, counted from 0.
        image: usize,
        /// The value.
        value: f64,
    },
    /// A value is not a class.
    #[error("has the label {value} for image {index}, expected a whole number from 0 to 255")]
    NotALabel {
        /// Which label, counted from 0.
        index: usize,
        /// The value.
        value: f64,
    },
}

impl Element {
    /// The type with this NumPy name, such as `<f4` or `|u1`. Without a prefix it is little-endian.
    pub fn named(name: &str) -> Result<Self, ArrayError> {
        let (big_endian, plain) = match name.split_at_checked(1) {
            Some((">", plain)) => (true, plain),
            Some(("<" | "|", plain)) => (false, plain),
            _ => (false, name),
        };
        let (kind, size) = match plain {
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            "i1" => (Kind::Signed, 1),
            "i2" => (Kind::Signed, 2),
            "i4" => (Kind::Signed, 4),
            "i8" => (Kind::Signed, 8),
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            "O" => return Err(ArrayError::Objects),
            text => Self::text(text).ok_or_else(|| match text.split_at_checked(1) {
                Some(("S" | "U", length)) if length.parse::<u64>().is_ok() => ArrayError::Lengths(name.to_string()),
                _ => ArrayError::Element(name.to_string()),
            })?,
        };
        Ok(Element { kind, size, big_endian })
    }

    /// Texts of at most this many bytes, such as `S5`, or characters, such as `U5`.
    fn text(name: &str) -> Option<(Kind, usize)> {
        let (kind, length) = name.split_at_checked(1)?;
        let length = length.parse().ok().filter(|&length| (1..=MAX_NAME).contains(&length))?;
        match kind {
            "S" => Some((Kind::Ascii, length)),
            "U" => Some((Kind::Unicode, 4 * length)),
            _ => None,
        }
    }

    fn is_text(self) -> bool {
        matches!(self.kind, Kind::Ascii | Kind::Unicode)
    }

    /// The same type with this byte order.
    pub fn in_order(self, big_endian: bool) -> Self {
        Element { big_endian, ..self }
    }

    /// Number of bytes of an array of `shape`; `None` on overflow.
    pub fn bytes_of(self, shape: &[u64]) -> Option<u64> {
        shape.iter().try_fold(self.size as u64, |product, &dim| product.checked_mul(dim))
    }

    /// The number in the bytes of one element. It is rounded beyond 2^53, but no pixel or label is that large.
    fn value(self, bytes: &[u8]) -> f64 {
        if self.big_endian { self.value_in::<BigEndian>(bytes) } else { self.value_in::<LittleEndian>(bytes) }
    }

    fn value_in<E: ByteOrder>(self, bytes: &[u8]) -> f64 {
        match (self.kind, self.size) {
            (Kind::Float, 4) => f64::from(E::read_f32(bytes)),
            (Kind::Float, _) => E::read_f64(bytes),
            (Kind::Unsigned, size) => E::read_uint(bytes, size) as f64,
            (Kind::Signed, size) => E::read_int(bytes, size) as f64,
            (Kind::Ascii | Kind::Unicode, _) => f64::NAN, // no number
        }
    }

    /// The text in the bytes of one element.
    fn text_of(self, bytes: &[u8]) -> String {
        let text = if self.kind == Kind::Ascii {
            String::from_utf8_lossy(bytes).into_owned()
        } else {
            let read = if self.big_endian { BigEndian::read_u32 } else { LittleEndian::read_u32 };
            let characters = bytes.chunks_exact(4).map(|bytes| char::from_u32(read(bytes)));
            characters.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        text.trim_end_matches('\0').to_string()
    }
}

/// An array of numbers or texts.
pub(super) struct Array {
    element: Element,
    shape: Vec<u64>,
    /// Whether the first dimension is the fastest, as in arrays from pandas, rather than the last.
    fortran_order: bool,
    bytes: Vec<u8>,
}

impl Array {
    pub fn new(element: Element, shape: Vec<u64>, fortran_order: bool, bytes: Vec<u8>) -> Result<Self, ArrayError> {
        if element.bytes_of(&shape) != Some(bytes.len() as u64) {
            return Err(ArrayError::Shape { shape, found: bytes.len() });
        }
        // The order is meaningless in one dimension.
        let fortran_order = fortran_order && shape.len() > 1;
        Ok(Array { element, shape, fortran_order, bytes })
    }

    /// Whether the array has one dimension, as labels have.
    pub fn is_labels(&self) -> bool {
        self.shape.len() == 1
    }

    /// Whether the elements are texts.
    pub fn is_text(&self) -> bool {
        self.element.is_text()
    }

    /// The labels in a one-dimensional array of names.
    pub fn named_labels(&self, names: &mut Names) -> Result<Idx, ArrayError> {
        let n = self.length()?;
        let label = |(index, bytes)| {
            let name = self.element.text_of(bytes);
            names.label(name.trim().as_bytes()).map_err(|problem| {
                let found = name.chars().take(20).collect::<String>().escape_default().to_string();
                ArrayError::Name { index, found, problem }
            })
        };
        let bytes = self.bytes.chunks_exact(self.element.size).enumerate().map(label).collect::<Result<_, _>>()?;
        Ok(Idx { dims: vec![dim(n)?], bytes })
    }

    /// The labels in a one-dimensional array of numbers.
    pub fn labels(&self) -> Result<Idx, ArrayError> {
        let n = self.length()?;
        if self.is_text() {
            return Err(ArrayError::Texts);
        }
        let labels = self.values().enumerate();
        let labels = labels.map(|(index, value)| whole(value).ok_or(ArrayError::NotALabel { index, value }));
        Ok(Idx { dims: vec![dim(n)?], bytes: labels.collect::<Result<_, _>>()? })
    }

    /// n of labels of shape (n) or (n, 1).
    fn length(&self) -> Result<u64, ArrayError> {
        match *self.shape {
            [n] | [n, 1] => Ok(n),
            _ => Err(ArrayError::Rank(self.shape.clone())),
        }
    }

    /// The images in an array of shape (n, rows, columns), with a 1 behind these, or (n, pixels of a square).
    pub fn images(self) -> Result<Idx, ArrayError> {
        let (n, rows, cols) = match *self.shape {
            [n, rows, cols] | [n, rows, cols, 1] => (n, rows, cols),
            [n, pixels] => {
                let side = side_of(pixels).ok_or(ArrayError::NotSquare(pixels))?;
                (n, side, side)
            }
            _ => return Err(ArrayError::Rank(self.shape)),
        };
        if self.is_text() {
            return Err(ArrayError::Texts);
        }
        let dims = vec![dim(n)?, dim(rows)?, dim(cols)?];
        let image_size = (rows * cols) as usize;
        if self.element.size == 1 && self.element.kind == Kind::Unsigned && !self.fortran_order {
            return Ok(Idx { dims, bytes: self.bytes });
        }
        let scale = self.scale();
        let pixels = self.values().enumerate().map(|(index, value)| {
            scale.pixel(value).ok_or_else(|| ArrayError::NotAPixel { image: index / image_size, value })
        });
        Ok(Idx { dims, bytes: pixels.collect::<Result<_, _>>()? })
    }

    /// All values, the last dimension fastest.
    fn values(&self) -> impl Iterator<Item = f64> {
        let size = self.element.size;
        (0..self.bytes.len() / size).map(move |i| self.element.value(&self.bytes[self.place(i) * size..][..size]))
    }

    /// The position in memory of value `i`, counted with the last dimension fastest.
    fn place(&self, i: usize) -> usize {
        if !self.fortran_order {
            return i;
        }
        let (mut rest, mut place, mut stride) = (i, 0, self.bytes.len() / self.element.size);
        for &dim in self.shape.iter().rev() {
            stride /= dim as usize;
            place += rest % dim as usize * stride;
            rest /= dim as usize;
        }
        place
    }

    /// Determines the scale of pixel values. Integers are intensities from 0 to 255, and so are floating-point numbers
    /// if any is above 1. Otherwise, 1 is full ink. The step is 1/256, as in the book's mnist.pkl.gz, if all values are
    /// below 1 and exact multiples of it; else it is 1/255.
    fn scale(&self) -> Scale {
        if self.element.kind != Kind::Float || self.values().any(|value| value > 1.0) {
            return Scale::Whole;
        }
        let of_256 = |value: f64| value < 1.0 && (256.0 * value).fract() == 0.0;
        if self.values().all(of_256) { Scale::Of256 } else { Scale::Of255 }
    }
}

/// The possible pixel values.
#[derive(Clone, Copy)]
enum Scale {
    /// 0, 1, … 255.
    Whole,
    /// 0, 1/255, … 255/255.
    Of255,
    /// 0, 1/256, … 255/256.
    Of256,
}

impl Scale {
    fn pixel(self, value: f64) -> Option<u8> {
        match self {
            Scale::Whole => whole(value),
            Scale::Of256 => whole(256.0 * value),
            // The tolerance is far greater than the rounding of 32-bit numbers, and far less than a step.
            Scale::Of255 => whole((255.0 * value).round()).filter(|&k| (255.0 * value - f64::from(k)).abs() < 1e-3),
        }
    }
}

/// The value if it is a whole number from 0 to 255.
fn whole(value: f64) -> Option<u8> {
    ((0.0..=255.0).contains(&value) && value.fract() == 0.0).then_some(value as u8)
}

/// The side of a square of this many pixels; `None` if the number is not a square.
pub(super) fn side_of(pixels: u64) -> Option<u64> {
    let side = pixels.isqrt();
    (side * side == pixels).then_some(side)
}

/// A dimension as [`Idx`] stores it. Since the bytes are in memory, a larger dimension practically occurs only in an
/// array without any.
fn dim(size: u64) -> Result<u32, ArrayError> {
    u32::try_from(size).map_err(|_| ArrayError::Rank(vec![size]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(shape: &[u64], values: &[f32]) -> Array {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Array::new(Element::named("<f4").unwrap(), shape.to_vec(), false, bytes).unwrap()
    }

    #[test]
    fn every_type_of_number_gives_the_same_labels() {
        let of = |name: &str, bytes: &[u8]| {
            let element = Element::named(name).unwrap();
            Array::new(element, vec![bytes.len() as u64 / element.size as u64], false, bytes.to_vec()).unwrap().labels()
        };
        for (name, bytes) in [
            ("|u1", &[7, 9][..]),
            ("|i1", &[7, 9]),
            ("<u2", &[7, 0, 9, 0]),
            (">i2", &[0, 7, 0, 9]),
            ("<i4", &[7, 0, 0, 0, 9, 0, 0, 0]),
            (">u4", &[0, 0, 0, 7, 0, 0, 0, 9]),
            ("i8", &[7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]),
            (">u8", &[0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9]),
            ("<f4", &[7.0_f32.to_le_bytes(), 9.0_f32.to_le_bytes()].concat()),
            (">f8", &[7.0_f64.to_be_bytes(), 9.0_f64.to_be_bytes()].concat()),
        ] {
            assert_eq!(of(name, bytes).unwrap(), Idx { dims: vec![2], bytes: vec![7, 9] }, "{name}");
        }
        assert!(matches!(of("|i1", &[7, 255]), Err(ArrayError::NotALabel { index: 1, value: -1.0 })));
        assert!(matches!(of("<u2", &[0, 1]), Err(ArrayError::NotALabel { index: 0, value: 256.0 })));
        for name in ["", "<", "|b1", "<c8", "<f2", "f44", "<é", "U", "<Ux", "é5"] {
            assert!(matches!(Element::named(name), Err(ArrayError::Element(_))), "{name}");
        }
    }

    #[test]
    fn texts_are_names() {
        let of = |name: &str, shape: &[u64], bytes: Vec<u8>| {
            let array = Array::new(Element::named(name).unwrap(), shape.to_vec(), false, bytes).unwrap();
            let mut names = Names::default();
            let mut labels = array.named_labels(&mut names)?;
            let classes = names.in_order([&mut labels]);
            Ok::<_, ArrayError>((labels.bytes, classes.all().to_vec()))
        };
        // numpy.array(["é", "cat", "é"], dtype=…).tobytes()
        let utf_32 = |to_bytes: fn(u32) -> [u8; 4]| {
            ["é\0\0", "cat", "é\0\0"].concat().chars().flat_map(|c| to_bytes(u32::from(c))).collect::<Vec<_>>()
        };
        let expected = (vec![1, 0, 1], vec!["cat".to_string(), "é".to_string()]);
        assert_eq!(of("<U3", &[3], utf_32(u32::to_le_bytes)).unwrap(), expected);
        assert_eq!(of(">U3", &[3], utf_32(u32::to_be_bytes)).unwrap(), expected);
        assert_eq!(of("|S3", &[3], "é\0caté\0".into()).unwrap(), expected);
        assert_eq!(of("S2", &[2], "7\08 ".into()).unwrap(), (vec![0, 1], vec!["7".to_string(), "8".to_string()]));
        assert!(matches!(of("S2", &[2], "a\0\0\0".into()), Err(ArrayError::Name { index: 1, .. })));
        assert!(matches!(of("S2", &[1, 2], "abcd".into()), Err(ArrayError::Rank(_))));
        assert_eq!(of("<U1", &[1], vec![255; 4]).unwrap().1, ["\u{fffd}"], "no character");
        let texts = || Array::new(Element::named("S1").unwrap(), vec![4], false, b"1234".to_vec()).unwrap();
        assert!(matches!(texts().labels(), Err(ArrayError::Texts)));
        assert!(matches!(Array { shape: vec![1, 4], ..texts() }.images(), Err(ArrayError::Texts)));
        assert!(matches!(Array { shape: vec![1, 2, 2], ..texts() }.images(), Err(ArrayError::Texts)));
        assert!(matches!(Element::named("|O"), Err(ArrayError::Objects)));
        for name in ["<U257", "|S0", "<U99999999999"] {
            assert!(matches!(Element::named(name), Err(ArrayError::Lengths(_))), "{name}");
        }
    }

    #[test]
    fn the_order_of_fortran_gives_the_same_images() {
        // numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)).tobytes('A')
        let bytes = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
        let expected = Idx { dims: vec![2, 3, 4], bytes: (0..24).collect() };
        let array = |name, bytes| Array::new(Element::named(name).unwrap(), vec![2, 3, 4], true, bytes).unwrap();
        assert_eq!(array("|u1", bytes.to_vec()).images().unwrap(), expected);
        assert_eq!(array("<i2", bytes.iter().flat_map(|&k| [k, 0]).collect()).images().unwrap(), expected);
        // The order matters in two dimensions, but not in one.
        let array = |shape: &[u64], bytes: &[u8]| {
            Array::new(Element::named("|u1").unwrap(), shape.to_vec(), true, bytes.to_vec()).unwrap()
        };
        assert_eq!(array(&[2, 4], &[0, 4, 1, 5, 2, 6, 3, 7]).images().unwrap().bytes, (0..8).collect::<Vec<_>>());
        assert_eq!(array(&[3], &[7, 8, 9]).labels().unwrap().bytes, [7, 8, 9]);
        assert!(array(&[0, 4, 4], &[]).images().unwrap().bytes.is_empty());
        // A last dimension of 1 says nothing.
        assert_eq!(array(&[3, 1], &[7, 8, 9]).labels().unwrap(), Idx { dims: vec![3], bytes: vec![7, 8, 9] });
        let columns = array(&[2, 1, 2, 1], &[0, 2, 1, 3]).images().unwrap();
        assert_eq!(columns, Idx { dims: vec![2, 1, 2], bytes: vec![0, 1, 2, 3] });
    }

    #[test]
    fn every_scale_gives_the_same_pixels() {
        let pixels: Vec<u8> = (0..=255).collect();
        let with = |value: fn(u8) -> f32| floats(&[1, 16, 16], &pixels.iter().map(|&k| value(k)).collect::<Vec<_>>());
        for array in [
            with(f32::from),
            with(|k| f32::from(k) / 255.0),
            with(|k| f32::from(k) / 256.0),
            // Rounded as much as numbers are in practice.
            with(|k| f32::from(k) * (1.0 / 255.0)),
        ] {
            assert_eq!(array.images().unwrap(), Idx { dims: vec![1, 16, 16], bytes: pixels.clone() });
        }
        // Only black and white.
        assert_eq!(floats(&[1, 4], &[0.0, 1.0, 1.0, 0.0]).images().unwrap().bytes, [0, 255, 255, 0]);
        assert_eq!(floats(&[1, 4], &[0.0; 4]).images().unwrap().bytes, [0; 4]);
    }

    #[test]
    fn what_is_not_a_pixel_is_refused_by_its_image() {
        let last = |value: f32| floats(&[2, 2, 2], &[0.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, value]).images();
        for value in [0.123_f32, -0.5, 1.5, 256.0, f32::NAN, f32::INFINITY] {
            assert!(matches!(last(value), Err(ArrayError::NotAPixel { .. })), "{value}");
        }
        let pixels = floats(&[2, 4], &[0.0, 7.0, 0.0, 0.0, 0.0, 0.0, 300.0, 0.0]).images();
        assert!(matches!(pixels, Err(ArrayError::NotAPixel { image: 1, value: 300.0 })));
    }

    #[test]
    fn shapes_must_fit_bytes_and_be_those_of_images() {
        let bytes = Element::named("|u1").unwrap();
        let array = |shape: &[u64], n| Array::new(bytes, shape.to_vec(), false, vec![0; n]);
        assert!(matches!(array(&[2, 3], 7), Err(ArrayError::Shape { found: 7, .. })));
        assert!(matches!(array(&[u64::MAX, 2], 0), Err(ArrayError::Shape { .. })));
        assert!(matches!(array(&[2, 3], 6).unwrap().images(), Err(ArrayError::NotSquare(3))));
        assert!(matches!(array(&[6], 6).unwrap().images(), Err(ArrayError::Rank(_))));
        assert!(matches!(array(&[2, 3], 6).unwrap().labels(), Err(ArrayError::Rank(_))));
        assert!(matches!(array(&[0, u64::MAX, 1], 0).unwrap().images(), Err(ArrayError::Rank(_))));
        assert_eq!(array(&[2, 9], 18).unwrap().images().unwrap().dims, [2, 3, 3]);
    }
}
