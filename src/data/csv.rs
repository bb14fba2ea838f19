//! CSV: each row is an image, with a label and pixels from 0 to 255. The label is in the column that the header names;
//! without a header, or if the header names none, it is in the first column.
//!
//! In a column that the header names, labels may be names, such as "cat". If the first label is not a number, all
//! labels are names, and the sorted names of both parts are the classes.
//!
//! A file holds one part. The other part is in the file beside it whose name has 'test' instead of 'train':
//! `mnist_train.csv` and `mnist_test.csv`.

use std::cell::Cell;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Part;
use super::array::side_of;
use super::idx::Idx;
use csv::{ByteRecord, ReaderBuilder, Trim};

mod error;
mod labels;

pub use error::CsvError;
pub(super) use labels::Labels;

/// The maximum length of a row in bytes: an image of 2000 x 2000. Otherwise a compressed file of one row could fill the
/// memory.
const MAX_ROW: usize = 16 << 20;

/// The file with the images of `part` when `path` was named: `path` or the file beside it. `None` for test images if
/// the name has neither 'train' nor 'test': such a file holds only training images.
pub(super) fn file_of(path: &Path, part: Part) -> Option<PathBuf> {
    // A name that is not Unicode has neither.
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let with = |word: &str, other: &str| Some(path.with_file_name(replace_word(name, word, other)?));
    let itself = || Some(path.to_path_buf());
    match part {
        Part::Training => with("test", "train").or_else(itself),
        Part::Test => with("train", "test").or_else(|| with("test", "test")),
    }
}

/// Replaces the last `word` in `name` that stands alone, as in `mnist_train.csv` but not in `latest.csv`, with `other`.
fn replace_word(name: &str, word: &str, other: &str) -> Option<String> {
    let is_part_of_word = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let alone = |&(at, _): &(usize, &str)| {
        let (before, after) = (&name[..at], &name[at + word.len()..]);
        !is_part_of_word(before.chars().next_back()) && !is_part_of_word(after.chars().next())
    };
    let (at, _) = name.rmatch_indices(word).find(alone)?;
    Some(format!("{}{other}{}", &name[..at], &name[at + word.len()..]))
}

/// Reads images, (n, side, side), and their labels, (n).
pub(super) fn read(reader: impl Read, of_dataset: &mut Labels) -> Result<(Idx, Idx), CsvError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let columns = rows(reader, MAX_ROW, |line, fields, of_labels| {
        labels.push(of_dataset.label(line, fields, of_labels)?);
        for (i, field) in fields.iter().enumerate().filter(|&(i, _)| i != of_labels.at) {
            pixels.push(pixel(line, i, field)?);
        }
        Ok(())
    })?;
    let image_size = columns as u64 - 1;
    let side = side_of(image_size).filter(|&side| side > 0).ok_or(CsvError::NotSquare(image_size))? as u32;
    Ok((Idx { dims: vec![labels.len() as u32, side, side], bytes: pixels }, labels_of(labels)))
}

/// Reads only the pixels of images that have `pixels` each, (n, pixels). A further column holds labels, which are not
/// read.
pub(super) fn read_pixels(reader: impl Read, pixels: usize) -> Result<Vec<u8>, CsvError> {
    let mut all = Vec::new();
    rows(reader, MAX_ROW, |line, fields, of_labels| {
        let left_out = match fields.len() {
            found if found == pixels => None,
            found if found == pixels + 1 => Some(of_labels.at),
            found => return Err(CsvError::Width { found, expected: pixels }),
        };
        for (i, field) in fields.iter().enumerate().filter(|&(i, _)| Some(i) != left_out) {
            all.push(pixel(line, i, field)?);
        }
        Ok(())
    })?;
    Ok(all)
}

/// The number of columns of the first row, header or not; `None` if there is none.
pub(super) fn columns(reader: impl Read) -> Option<usize> {
    let table = ReaderBuilder::new().has_headers(false).from_reader(reader.take(MAX_ROW as u64));
    table.into_byte_records().next()?.ok().map(|fields| fields.len())
}

/// The intensity in field `i` of a line.
fn pixel(line: u64, i: usize, field: &[u8]) -> Result<u8, CsvError> {
    number(field).ok_or_else(|| CsvError::Pixel { line, column: i + 1, found: shown(field) })
}

/// Reads only the labels, (n), and counts the columns.
pub(super) fn read_labels(reader: impl Read, of_dataset: &mut Labels) -> Result<(Idx, usize), CsvError> {
    let mut labels = Vec::new();
    let columns = rows(reader, MAX_ROW, |line, fields, of_labels| {
        labels.push(of_dataset.label(line, fields, of_labels)?);
        Ok(())
    })?;
    Ok((labels_of(labels), columns))
}

/// Whether the first line of a text belongs to a table with separators other than commas.
pub(super) fn has_other_separator(line: &str) -> bool {
    [';', '\t'].iter().any(|&separator| line.trim().split(separator).count() > 2)
}

/// Calls `take` for every row except the header, with its line number, its fields and the column of its label. Returns
/// the number of columns, at least 1. A row of more than `longest` bytes is refused before it fills the memory.
fn rows(
    mut reader: impl Read,
    longest: usize,
    mut take: impl FnMut(u64, &ByteRecord, Column) -> Result<(), CsvError>,
) -> Result<usize, CsvError> {
    let start = start_of(&mut reader)?;
    let left = Cell::new(longest);
    let reader = start.as_slice().chain(Limited { reader, left: &left });
    let mut table = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(reader);
    let mut fields = ByteRecord::new();
    let mut next = |fields: &mut ByteRecord| {
        left.set(longest);
        let more = table.read_byte_record(fields);
        more.map_err(|error| if left.get() == 0 { CsvError::LongRow } else { error.into() })
    };
    let (mut columns, mut of_labels) = (0, Column::default());
    let mut is_first = true;
    while next(&mut fields)? {
        if is_first && fields[0].iter().any(|byte| b";\t".contains(byte)) {
            return Err(CsvError::Separator);
        }
        let is_header = is_first && is_header(&fields);
        is_first = false;
        if is_header {
            of_labels = column_of_labels(&fields)?;
        } else {
            columns = fields.len();
            take(fields.position().map_or(0, csv::Position::line), &fields, of_labels)?;
        }
    }
    if columns == 0 { Err(CsvError::Empty) } else { Ok(columns) }
}

/// Whether the first row is a header. It is if the first field or at least half of the fields are words, or if the
/// fields count the columns, as pandas does for columns without names. A single word in a row of numbers, or a first
/// field that begins with a digit, is a damaged number; an empty field or a NaN is a missing number.
fn is_header(fields: &ByteRecord) -> bool {
    let is_word = |field: &[u8]| !field.is_empty() && whole(field).is_none() && !is_not_finite(field);
    let words = fields.iter().filter(|field| is_word(field)).count();
    let are_counted = || fields.len() > 4 && (0_u32..).zip(fields).all(|(i, field)| whole(field) == Some(i.into()));
    let begins_with_a_name = is_word(&fields[0]) && !fields[0][0].is_ascii_digit();
    begins_with_a_name || 2 * words >= fields.len() || are_counted()
}

/// The position of the labels.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    /// Counted from 0.
    at: usize,
    /// Whether the header names the column.
    is_named: bool,
}

/// The first column whose name means labels; the first column if there is none.
fn column_of_labels(header: &ByteRecord) -> Result<Column, CsvError> {
    let is_of_labels = |field: &[u8]| {
        let name = String::from_utf8_lossy(field).to_lowercase();
        ["label", "labels", "class", "target", "digit", "y"].contains(&name.as_str())
    };
    if header[0].is_empty() || header[0].starts_with(b"Unnamed: ") {
        return Err(CsvError::Index);
    }
    let named = header.iter().position(is_of_labels);
    Ok(Column { at: named.unwrap_or(0), is_named: named.is_some_and(|at| !is_image_of_y(header, at)) })
}

/// Whether an apparent header is the first image of a table without a header, with the letter y as its label: its
/// pixels are numbers, but do not count up as column numbers do.
fn is_image_of_y(header: &ByteRecord, of_label: usize) -> bool {
    let pixels = header.iter().enumerate().filter(|&(i, _)| i != of_label);
    let pixels: Option<Vec<_>> = pixels.map(|(_, field)| whole(field).map(|number| number as u64)).collect();
    pixels.is_some_and(|pixels| pixels.windows(2).any(|two| two[0].checked_add(1) != Some(two[1])))
}

/// Reads the first bytes, without the byte order mark of UTF-8 that some programs write.
fn start_of(reader: &mut impl Read) -> Result<Vec<u8>, CsvError> {
    let mut start = Vec::new();
    reader.take(3).read_to_end(&mut start).map_err(CsvError::Io)?;
    match start[..] {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(CsvError::Utf16),
        [0xef, 0xbb, 0xbf] => start.clear(),
        _ => {}
    }
    Ok(start)
}

/// A reader that fails when no byte is left to be read. The reader of rows resets `left` after each row, wherever the
/// line feeds are: quoted fields may contain some.
struct Limited<'a, R> {
    reader: R,
    left: &'a Cell<usize>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.left.get());
        if most == 0 {
            return Err(io::Error::other("the row is too long"));
        }
        let count = self.reader.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - count);
        Ok(count)
    }
}

fn labels_of(labels: Vec<u8>) -> Idx {
    Idx { dims: vec![labels.len() as u32], bytes: labels }
}

/// A whole number from 0 to 255 in any notation: 7, 7.0 or 7.000e+00.
fn number(field: &[u8]) -> Option<u8> {
    if let [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] = field {
        return Some(field.iter().fold(0, |number, digit| 10 * number + (digit - b'0')));
    }
    whole(field).filter(|number| (0.0..=255.0).contains(number)).map(|number| number as u8)
}

/// A whole number of any size. (A header may hold fractions: pandas renames equal columns to 0, 0.1, 0.2.)
fn whole(field: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    (number.fract() == 0.0).then_some(number)
}

/// Whether the field is NaN or infinite.
fn is_not_finite(field: &[u8]) -> bool {
    std::str::from_utf8(field).is_ok_and(|text| text.parse::<f64>().is_ok_and(|number| !number.is_finite()))
}

/// The beginning of a field, escaped for a message.
fn shown(field: &[u8]) -> String {
    String::from_utf8_lossy(&field[..field.len().min(20)]).escape_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::names::MAX_NAME;

    fn read(reader: impl Read) -> Result<(Idx, Idx), CsvError> {
        super::read(reader, &mut Labels::default())
    }

    fn images(text: &str) -> Result<(Vec<u8>, Vec<u8>), CsvError> {
        let (images, labels) = read(text.as_bytes())?;
        assert_eq!(images.dims, [labels.dims[0], 2, 2]);
        assert_eq!(read_labels(text.as_bytes(), &mut Labels::default()).unwrap(), (labels.clone(), 5));
        Ok((images.bytes, labels.bytes))
    }

    #[test]
    fn rows_are_read_with_a_header_and_without() {
        let expected = (vec![0, 1, 2, 255, 4, 30, 200, 7], vec![5, 9]);
        for text in [
            "5,0,1,2,255\n9,4,30,200,7\n",
            "label,1x1,1x2,2x1,2x2\n5,0,1,2,255\n9,4,30,200,7",
            "\u{feff}label,p,p,p,p\r\n5, 0, 1, 2, 255\r\n\r\n9,4,30,200,7\r\n",
            "\"5\",\"0\",\"1\",\"2\",\"255\"\n\"9\",\"4\",\"30\",\"200\",\"7\"\n",
            "5.0,0.000e+00,1.000e+00,2,2.550e+02\n9,4,30,2e2,7\n",
        ] {
            assert_eq!(images(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn the_mark_of_utf_8_is_no_part_of_the_first_field() {
        /// Reads byte by byte, as a decompressor may do.
        struct ByteByByte<'a>(&'a [u8]);
        impl Read for ByteByByte<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let most = buffer.len().min(1);
                self.0.read(&mut buffer[..most])
            }
        }
        let text = "\u{feff}5,0,1,2,255\n9,4,30,200,7\n";
        assert_eq!(images(text).unwrap(), (vec![0, 1, 2, 255, 4, 30, 200, 7], vec![5, 9]));
        assert_eq!(read(ByteByByte(text.as_bytes())).unwrap(), read(text.as_bytes()).unwrap());
        assert_eq!(images("\u{feff}\"5\",0,1,2,255\n").unwrap(), (vec![0, 1, 2, 255], vec![5]));
    }

    #[test]
    fn a_missing_number_in_the_first_row_does_not_make_it_a_header() {
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        assert!(
            matches!(error("5,0,,2,255\n9,4,30,200,7\n"), CsvError::Pixel { line: 1, column: 3, found } if found.is_empty())
        );
        assert!(
            matches!(error(",0,1,2,255\n9,4,30,200,7\n"), CsvError::Label { line: 1, column: 1, found } if found.is_empty())
        );
        assert_eq!(images("label,,,,\n9,4,30,200,7\n").unwrap().1, [9]);
        // A damaged number does not make a header either; pandas numbers columns without names.
        assert!(matches!(error("5,0,1x,2,255\n9,4,30,200,7\n"), CsvError::Pixel { line: 1, column: 3, .. }));
        assert!(matches!(error("5x,0,1,2,255\n9,4,30,200,7\n"), CsvError::Label { line: 1, .. }));
        assert_eq!(images("0,1,2,3,4\n9,4,30,200,7\n").unwrap(), (vec![4, 30, 200, 7], vec![9]));
        assert!(matches!(error("5,nan,NaN,inf,255\n9,4,30,200,7\n"), CsvError::Pixel { line: 1, column: 2, .. }));
    }

    #[test]
    fn labels_are_in_the_column_that_the_header_names() {
        let images = |header: &str| images(&format!("{header}\n0,4,30,200,7\n"));
        for header in ["pixel1,pixel2,pixel3,pixel4,class", "a,b,c,d,Label", "a,b,c,d,y"] {
            assert_eq!(images(header).unwrap(), (vec![0, 4, 30, 200], vec![7]), "{header}");
        }
        assert_eq!(images("pixel1,label,pixel2,pixel3,pixel4").unwrap(), (vec![0, 30, 200, 7], vec![4]));
        for header in ["label,1x1,1x2,2x1,2x2", "class,a,b,c,y", "a,b,c,d,e"] {
            assert_eq!(images(header).unwrap(), (vec![4, 30, 200, 7], vec![0]), "{header}");
        }
        let error = read(&b"a,b,label,c,d\n0,4,30,200,7\n0,4,x,200,7\n"[..]).unwrap_err();
        assert!(matches!(error, CsvError::Label { line: 3, column: 3, .. }), "{error}");
    }

    /// The labels and the names of two files of images of 1 x 1 pixels.
    fn named(first: &str, second: &str) -> Result<([Vec<u8>; 2], Vec<String>), CsvError> {
        let mut labels = Labels::default();
        let (_, mut first) = super::read(first.as_bytes(), &mut labels)?;
        let (mut second, _) = read_labels(second.as_bytes(), &mut labels)?;
        let names = labels.in_order([&mut first, &mut second]);
        Ok(([first.bytes, second.bytes], names.all().to_vec()))
    }

    #[test]
    fn names_of_both_files_in_order_are_the_classes() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = named("label,p\ncat,1\n\"an ant\",2\ncat,3\n", "p,label\n1,bee\n2,cat\n").unwrap();
        assert_eq!(found, ([vec![2, 0, 2], vec![1, 2]], names(&["an ant", "bee", "cat"])));
        // The first label decides: after a name, numbers are names too, also in the other file.
        let found = named("label,p\nA,1\n7,2\n7.0,2\n", "label,p\n7,2\n").unwrap();
        assert_eq!(found, ([vec![2, 0, 1], vec![0]], names(&["7", "7.0", "A"])));
        // As pandas numbers columns.
        let text = "label,0,1,2,3\nno,0,0,0,0\nyes,9,9,9,9\n";
        assert_eq!(named(text, text).unwrap().0[0], [0, 1]);
        let found = named("label,p\n7,1\n3,2\n", "7,2\n").unwrap();
        assert_eq!(found, ([vec![7, 3], vec![7]], names(&[])), "numbers");
    }

    #[test]
    fn a_label_that_is_no_name_is_named_with_its_place() {
        use CsvError as E;
        let error = |text: &str| named(text, text).unwrap_err();
        // Names are allowed only in a column that the header names, and only if the first label is a name.
        for text in ["a,b\nA,1\n", "label,p\n1,1\nA,2\n", "label,p\n300,1\n", "label,p\n,1\n", "label,p\nnan,1\n"] {
            assert!(matches!(error(text), E::Label { .. }), "{text}: {}", error(text));
        }
        assert!(error("label,p\n1,1\nA,2\n").to_string().ends_with("the first of them is no number"));
        assert!(error("label,p\n1,1\n300,2\n").to_string().ends_with("from 0 to 255"));
        // The first row of a table without a header.
        assert!(matches!(error("y,0,0,255,0\nz,1,2,3,4\n"), E::Label { line: 2, .. }));
        assert!(matches!(error("label,p\nA,1\n,2\n"), E::Name { line: 3, column: 1, found } if found.is_empty()));
        let long = "x".repeat(MAX_NAME);
        assert!(named(&format!("label,p\n{long},1\n"), "label,p\nA,1\n").is_ok());
        assert!(matches!(error(&format!("label,p\n{long}x,1\n")), E::Name { line: 2, .. }));
        assert!(matches!(named("label,p\nA,1\n", "A,1\nB,1\n"), Err(E::NoHeader)));
        let many = |n: usize| (0..n).fold("p,label\n".to_string(), |text, i| text + &format!("0,#{i}\n"));
        assert_eq!(named(&many(256), &many(256)).unwrap().1.len(), 256);
        assert!(matches!(error(&many(257)), E::TooManyNames { line: 258 }));
        assert!(matches!(named(&many(256), "label,p\nA,1\n"), Err(E::TooManyNames { line: 2 })));
    }

    #[test]
    fn the_index_of_pandas_is_known_by_its_lack_of_a_name() {
        for header in [",label,pixel0,pixel1,pixel2,pixel3", "Unnamed: 0,label,pixel0,pixel1,pixel2,pixel3"] {
            let error = read(format!("{header}\n0,7,4,30,200,7\n").as_bytes()).unwrap_err();
            assert!(matches!(error, CsvError::Index), "{header}: {error}");
        }
    }

    #[test]
    fn fractions_are_told_how_to_become_pixels() {
        let said = |pixel: &str| read(format!("1,2,3,4,5\n1,{pixel},3,4,5\n").as_bytes()).unwrap_err().to_string();
        for pixel in ["0.5", "0.30980392156862746", "3.9e-3"] {
            assert!(
                said(pixel).ends_with("from 0 to 255: if 1 is full ink, multiply the pixels by 255 and round them"),
                "{pixel}"
            );
        }
        assert!(said("1.5").ends_with("from 0 to 255"));
    }

    #[test]
    fn a_row_without_end_is_read_no_further_than_the_limit() {
        /// A beginning, followed by the same bytes for ever.
        struct Endless(&'static [u8], &'static [u8]);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    self.0 = self.1;
                }
                self.0.read(buffer)
            }
        }
        // The line feeds of the last two are between quotation marks.
        let sound = b"1,2,3,4,5\n";
        for (start, repeated) in
            [(&sound[..], &b"0,"[..]), (b"0", b"0"), (sound, b"x"), (b"\"", b"\n"), (b"0,", b"\"0\n\",")]
        {
            let error = rows(Endless(start, repeated), 5_000, |_, _, _| Ok(())).unwrap_err();
            assert!(matches!(error, CsvError::LongRow), "{error:?}");
        }
        let mut count = 0;
        let many = sound.repeat(5_000);
        rows(&many[..], 5_000, |_, _, _| {
            count += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(count, 5_000, "many rows may be longer than that together");
    }

    #[test]
    fn what_spreadsheets_save_otherwise_is_named_with_what_to_do() {
        let said = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        for text in ["5;0;1;2;255\n", "label;a;b;c;d\n5;0;1;2;255\n", "5\t0\t1\t2\t255\n", "5;0,0;1,0;2,0;3,0\n"] {
            assert!(said(text.as_bytes()).ends_with("expected commas: save it with commas"), "{text}");
        }
        assert_eq!(said(b"\xff\xfe5\x00,\x00"), "is UTF-16: save it as UTF-8");
        assert_eq!(said(b"\xfe\xff\x005\x00,"), "is UTF-16: save it as UTF-8");
    }

    #[test]
    fn rows_without_a_label_are_suspected() {
        let said = |pixels: usize| read(vec!["7"; pixels].join(",").as_bytes()).unwrap_err().to_string();
        let doubt = "which do not make a square image: does it lack the labels? 'predict' answers such a table";
        assert!(said(784).ends_with(&format!("a label and 783 pixels, {doubt}")));
        assert!(said(783).ends_with("a label and 782 pixels, which do not make a square image"));
        assert!(said(1).ends_with("a label and 0 pixels, which do not make a square image"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        use CsvError as E;
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        assert!(matches!(error(""), E::Empty));
        assert!(matches!(error("label,pixel\n"), E::Empty));
        assert!(matches!(error("1,2,3,4,5\n1,2,3\n"), E::Table(_)));
        assert!(matches!(error("1,2,3,4\n"), E::NotSquare(3)));
        // Numbers out of range are not a header, fractions are.
        assert!(matches!(error("1,2,300,4,5\n1,2,3,4,5\n"), E::Pixel { line: 1, column: 3, .. }));
        assert!(matches!(error("-1,2,3,4,5\n"), E::Label { line: 1, .. }));
        assert!(matches!(error("0,0.1,0.2,0.3,0.4\n"), E::Empty));
        assert!(matches!(error("1\n2\n"), E::NotSquare(0)));
        assert!(matches!(error("1,2,3,4,5\nx,2,3,4,5\n"), E::Label { line: 2, column: 1, found } if found == "x"));
        assert!(matches!(error("1,2,3,4,5\n300,2,3,4,5\n"), E::Label { line: 2, .. }));
        assert!(matches!(error("1,2,3,4,5\n1,2,3,-4,5\n"), E::Pixel { line: 2, column: 4, .. }));
        for pixel in ["256", "0.5", "nan", "", "1e999", "\u{7}bell"] {
            let error = error(&format!("1,2,3,4,5\n1,{pixel},3,4,5\n"));
            assert!(matches!(&error, E::Pixel { line: 2, column: 2, .. }), "{pixel}: {error:?}");
            assert!(!error.to_string().contains('\u{7}'));
        }
    }

    #[test]
    fn the_name_of_a_file_tells_its_part() {
        let files = |name: &str| {
            let of = |part| file_of(&Path::new("data").join(name), part);
            assert!(of(Part::Training).unwrap().starts_with("data"));
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            (name(of(Part::Training).unwrap()), of(Part::Test).map(name))
        };
        for name in ["mnist_train.csv", "mnist_test.csv"] {
            assert_eq!(files(name), ("mnist_train.csv".into(), Some("mnist_test.csv".into())));
        }
        assert_eq!(files("train.csv.gz"), ("train.csv.gz".into(), Some("test.csv.gz".into())));
        assert_eq!(files("latest-train.csv"), ("latest-train.csv".into(), Some("latest-test.csv".into())));
        for name in ["digits.csv", "latest.csv", "training.csv"] {
            assert_eq!(files(name), (name.into(), None));
        }
        #[cfg(unix)]
        {
            let latin_1 = Path::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"caf\xe9.csv"));
            assert_eq!(file_of(latin_1, Part::Training).as_deref(), Some(latin_1));
            assert_eq!(file_of(latin_1, Part::Test), None);
        }
    }
}
