//! Datasets as others write them: pickles, archives of NumPy arrays, CSV, IDX files, pictures. Byte by byte, without
//! their programs.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mnist_mlp::data::idx::Idx;
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::png;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Images of `side` x `side` pixels with their labels.
#[derive(Clone)]
pub struct Digits {
    pub side: usize,
    pub pixels: Vec<u8>,
    pub labels: Vec<u8>,
}

impl Digits {
    /// `n` images that differ, with labels 0 to 3.
    pub fn toy(n: usize, salt: usize) -> Self {
        Self::toy_of(4, n, salt)
    }

    /// The same with so many pixels a side.
    pub fn toy_of(side: usize, n: usize, salt: usize) -> Self {
        let pixel = |i: usize| if (i + salt).is_multiple_of(3) { 0 } else { (i * 31 + salt * 7) as u8 };
        let labels = (0..n).map(|i| ((i * 5 + salt) % 4) as u8).collect();
        Digits { side, pixels: (0..n * side * side).map(pixel).collect(), labels }
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        let size = self.side * self.side;
        let pixels = self.pixels[range.start * size..range.end * size].to_vec();
        Digits { side: self.side, pixels, labels: self.labels[range].to_vec() }
    }

    pub fn write_idx(&self, directory: &Path, prefix: &str) {
        fs::create_dir_all(directory).unwrap();
        let (n, side) = (self.len() as u32, self.side as u32);
        let images = Idx { dims: vec![n, side, side], bytes: self.pixels.clone() };
        let labels = Idx { dims: vec![n], bytes: self.labels.clone() };
        for (idx, name) in [(images, "images-idx3-ubyte"), (labels, "labels-idx1-ubyte")] {
            idx.write(fs::File::create(directory.join(format!("{prefix}-{name}"))).unwrap()).unwrap();
        }
    }

    pub fn picture(&self, index: usize) -> Picture {
        let size = self.side * self.side;
        Picture::new(self.side, self.side, self.pixels[index * size..][..size].to_vec()).unwrap()
    }

    /// A PNG file for each image in the directory that `class` calls its label.
    pub fn write_pictures(&self, directory: &Path, class: impl Fn(u8) -> String) {
        for (index, &label) in self.labels.iter().enumerate() {
            let directory = directory.join(class(label));
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(format!("{index:03}.png")), png(&self.picture(index))).unwrap();
        }
    }

    /// The images in the order that pictures in directories have: each class spread evenly over the whole.
    pub fn spread(&self) -> Self {
        let of_class = |label: u8| (0..self.len()).filter(move |&other| self.labels[other] == label);
        let place = |index: usize| {
            let label = self.labels[index];
            let before = of_class(label).take_while(|&other| other < index).count();
            // Fractions of small numbers: in double precision they differ, or are equal, as they should.
            ((2 * before + 1) as f64 / (2 * of_class(label).count()) as f64, label)
        };
        let mut order: Vec<_> = (0..self.len()).collect();
        order.sort_by(|&one, &other| place(one).partial_cmp(&place(other)).unwrap());
        let parts: Vec<_> = order.iter().map(|&index| self.part(index..index + 1)).collect();
        let pixels = parts.iter().flat_map(|part| part.pixels.clone()).collect();
        Digits { side: self.side, pixels, labels: parts.iter().map(|part| part.labels[0]).collect() }
    }

    pub fn csv(&self, header: bool) -> String {
        let size = self.side * self.side;
        let mut text = String::new();
        if header {
            text += "label";
            (0..size).for_each(|i| text += &format!(",pixel{i}"));
            text += "\n";
        }
        for (image, label) in self.pixels.chunks(size).zip(&self.labels) {
            text += &label.to_string();
            for pixel in image {
                text += ",";
                text += &pixel.to_string();
            }
            text += "\n";
        }
        text
    }

    /// Multiples of 1/`steps`, as 32-bit numbers.
    pub fn floats(&self, steps: f32) -> Vec<u8> {
        self.pixels.iter().flat_map(|&pixel| (f32::from(pixel) / steps).to_le_bytes()).collect()
    }

    pub fn long_labels(&self) -> Vec<u8> {
        self.labels.iter().flat_map(|&label| i64::from(label).to_le_bytes()).collect()
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An `.npy` file of version 1.
pub fn npy(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let dims = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let dims = if shape.len() == 1 { dims + "," } else { dims };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.bytes());
    file.extend(data);
    file
}

/// A zip archive, its members deflated.
pub fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Keras's `mnist.npz`.
pub fn npz(training: &Digits, test: &Digits) -> Vec<u8> {
    let images = |digits: &Digits| npy("|u1", &[digits.len(), digits.side, digits.side], &digits.pixels);
    let labels = |digits: &Digits| npy("|u1", &[digits.len()], &digits.labels);
    zip(&[
        ("x_train.npy", images(training)),
        ("y_train.npy", labels(training)),
        ("x_test.npy", images(test)),
        ("y_test.npy", labels(test)),
    ])
}

/// Who writes the pickle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Python {
    /// cPickle of Python 2.7, protocol 2, with NumPy 1: as `mnist.pkl.gz` was written.
    Two,
    /// The same, protocol 1: no instructions for short tuples, nor for true and false.
    TwoOld,
    /// Python 3, protocol 4, with NumPy 2.
    Three,
}

/// ((images, labels), (images, labels), (images, labels)), unpacked. Images are multiples of 1/256.
pub fn pickle(python: Python, parts: [&Digits; 3]) -> Vec<u8> {
    let first = usize::from(python != Python::Three);
    let mut pickler = Pickler { python, bytes: Vec::new(), memo: Vec::new(), count: first };
    pickler.tuple(3, |pickler| {
        for digits in parts {
            pickler.tuple(2, |pickler| {
                pickler.array("f4", &[digits.len(), digits.side * digits.side], &digits.floats(256.0));
                pickler.array("i8", &[digits.len()], &digits.long_labels());
            });
        }
    });
    pickler.bytes.push(b'.');
    let body = pickler.bytes;
    match python {
        Python::TwoOld => body,
        Python::Two => [b"\x80\x02", &body[..]].concat(),
        Python::Three => [b"\x80\x04\x95", &(body.len() as u64).to_le_bytes()[..], &body].concat(),
    }
}

/// The instructions that pickle an array, in the order in which Python writes them.
struct Pickler {
    python: Python,
    bytes: Vec<u8>,
    /// What was written once, and its number.
    memo: Vec<(Vec<u8>, usize)>,
    /// The next number.
    count: usize,
}

impl Pickler {
    fn memoize(&mut self) {
        match self.python {
            Python::Three => self.bytes.push(0x94),
            _ => self.bytes.extend([b'q', u8::try_from(self.count).unwrap()]),
        }
        self.count += 1;
    }

    /// Writes what `write` writes and remembers it under `key`, or recalls it.
    fn once(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        if let Some((_, number)) = self.memo.iter().find(|(known, _)| known == key.as_bytes()) {
            let number = *number as u8;
            self.bytes.extend([b'h', number]);
        } else {
            write(self);
            self.memo.push((key.into(), self.count));
            self.memoize();
        }
    }

    /// A tuple of `count` values.
    fn tuple(&mut self, count: u8, values: impl FnOnce(&mut Self)) {
        let short = self.python != Python::TwoOld && count <= 3;
        self.bytes.extend((!short).then_some(b'('));
        values(self);
        self.bytes.push(if short { 0x84 + count } else { b't' });
        self.memoize();
    }

    fn int(&mut self, value: usize) {
        if let Ok(byte) = u8::try_from(value) {
            self.bytes.extend([b'K', byte]);
        } else {
            self.bytes.push(b'M');
            self.bytes.extend(u16::try_from(value).unwrap().to_le_bytes());
        }
    }

    fn bool(&mut self, value: bool) {
        match (self.python, value) {
            (Python::TwoOld, _) => self.bytes.extend(format!("I0{}\n", u8::from(value)).bytes()),
            (_, true) => self.bytes.push(0x88),
            (_, false) => self.bytes.push(0x89),
        }
    }

    fn text(&mut self, text: &str) {
        self.once(&format!("text {text}"), |pickler| {
            let code = if pickler.python == Python::Three { 0x8c } else { b'U' };
            pickler.bytes.extend([code, text.len() as u8]);
            pickler.bytes.extend(text.bytes());
        });
    }

    fn name(&mut self, module: &str, name: &str) {
        self.once(&format!("name {module}.{name}"), |pickler| {
            if pickler.python == Python::Three {
                pickler.text(module);
                pickler.text(name);
                pickler.bytes.push(0x93);
            } else {
                pickler.bytes.extend(format!("c{module}\n{name}\n").bytes());
            }
        });
    }

    fn data(&mut self, data: &[u8]) {
        let (short, long) = if self.python == Python::Three { (b'C', b'B') } else { (b'U', b'T') };
        if let Ok(length) = u8::try_from(data.len()) {
            self.bytes.extend([short, length]);
        } else {
            self.bytes.push(long);
            self.bytes.extend((data.len() as u32).to_le_bytes());
        }
        self.bytes.extend(data);
        self.memoize();
    }

    /// numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), 'b'), then its state.
    fn array(&mut self, element: &str, shape: &[usize], data: &[u8]) {
        let module = if self.python == Python::Three { "numpy._core.multiarray" } else { "numpy.core.multiarray" };
        self.name(module, "_reconstruct");
        self.tuple(3, |pickler| {
            pickler.name("numpy", "ndarray");
            pickler.tuple(1, |pickler| pickler.int(0));
            pickler.data(b"b");
        });
        self.bytes.push(b'R');
        self.memoize();
        self.tuple(5, |pickler| {
            pickler.int(1);
            pickler.tuple(shape.len() as u8, |pickler| shape.iter().for_each(|&dim| pickler.int(dim)));
            pickler.element(element);
            pickler.bool(false);
            pickler.data(data);
        });
        self.bytes.push(b'b');
    }

    /// numpy.dtype(element, ...), then its state: version, byte order, and what only records have. The second time the
    /// finished type is recalled.
    fn element(&mut self, element: &str) {
        let before = self.memo.len();
        self.once(&format!("type {element}"), |pickler| {
            pickler.name("numpy", "dtype");
            pickler.tuple(3, |pickler| {
                pickler.text(element);
                if pickler.python == Python::Three {
                    pickler.bool(false);
                    pickler.bool(true);
                } else {
                    pickler.int(0);
                    pickler.int(1);
                }
            });
            pickler.bytes.push(b'R');
        });
        if self.memo.len() > before {
            self.tuple(8, |pickler| {
                pickler.int(3);
                pickler.text("<");
                pickler.bytes.extend(*b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00");
            });
            self.bytes.push(b'b');
        }
    }
}
