//! What can be wrong with a CSV file of images, and what to do about it.

use std::io;

use thiserror::Error;

use super::MAX_ROW;
use super::labels::is_name;
use crate::data::array::side_of;
use crate::data::names::MAX_NAME;

/// What can be wrong with a CSV file of images.
#[derive(Debug, Error)]
pub enum CsvError {
    /// There are no images.
    #[error("has no rows of numbers")]
    Empty,
    /// A row has a different number of fields from the first.
    #[error("is not a table of images: {0}")]
    Table(String),
    /// The label of a row is not a class.
    #[error(
        "has '{found}' for a label in line {line}, column {column}, expected a whole number from 0 to 255{}",
        naming(found)
    )]
    Label {
        /// Which line, counted from 1.
        line: u64,
        /// Which column, counted from 1.
        column: usize,
        /// The contents of the field.
        found: String,
    },
    /// The first label is a name, but this label is not a valid name.
    #[error("has '{found}' for a label in line {line}, column {column}, expected a name of 1 to {MAX_NAME} bytes")]
    Name {
        /// Which line, counted from 1.
        line: u64,
        /// Which column, counted from 1.
        column: usize,
        /// The contents of the field.
        found: String,
    },
    /// There are more than 256 names of classes.
    #[error(
        "has a label in line {line} that is the 257th name: at most 256 classes can be told apart; is the column that \
        its header names that of the classes?"
    )]
    TooManyNames {
        /// Which line, counted from 1.
        line: u64,
    },
    /// The labels in the other part's file are names, but this file has no header that names their column.
    #[error("has no header that names the column of the labels, but its labels must be names: call it 'label'")]
    NoHeader,
    /// A field is not a pixel intensity.
    #[error(
        "has '{found}' for a pixel in line {line}, column {column}, expected a whole number from 0 to 255{}",
        scaling(found)
    )]
    Pixel {
        /// Which line, counted from 1.
        line: u64,
        /// Which column, counted from 1.
        column: usize,
        /// The contents of the field.
        found: String,
    },
    /// The number of pixels in a row is not a square.
    #[error("has rows of a label and {0} pixels, which do not make a square image{doubt}", doubt = if_unlabelled(*.0))]
    NotSquare(u64),
    /// The rows of this file and of the other part's file differ in length.
    #[error("has {found} columns, {other} {expected}: {}", advice(*found, other, *expected))]
    Columns {
        /// Number of columns in this file.
        found: usize,
        /// The name of the file with the other part.
        other: String,
        /// Number of columns in the other file.
        expected: usize,
    },
    /// The rows of test images are those of the training images without the label.
    #[error(
        "has no labels: --split validation and --split train take the images that have some, and 'predict' answers these"
    )]
    Unlabelled,
    /// A row has another number of pixels than a network takes.
    #[error("has images of {found} pixels, expected {expected}, as the network takes, and at most a label beside them")]
    Width {
        /// Number of fields in the row.
        found: usize,
        /// Number of inputs of the network.
        expected: usize,
    },
    /// A row is too long.
    #[error("has a row longer than {} MiB, the most that is read: expected an image in each row", MAX_ROW >> 20)]
    LongRow,
    /// Columns are separated by semicolons or tabs, as some spreadsheets save them.
    #[error("has semicolons or tabs between its columns, expected commas: save it with commas")]
    Separator,
    /// The file is UTF-16, as some spreadsheets save it.
    #[error("is UTF-16: save it as UTF-8")]
    Utf16,
    /// The first column is an index, which pandas writes unless told not to.
    #[error("has a first column without a name, as of pandas' index: save it with to_csv(..., index=False)")]
    Index,
    /// Reading failed.
    #[error(transparent)]
    Io(io::Error),
}

/// Advice if the pixels and the supposed label make a square, so that the label seems to be missing.
fn if_unlabelled(pixels: u64) -> &'static str {
    if pixels > 0 && side_of(pixels + 1).is_some() {
        ": does it lack the labels? 'predict' answers such a table"
    } else {
        ""
    }
}

/// Advice on names as labels, if this field is a name.
fn naming(found: &str) -> &'static str {
    if is_name(found.as_bytes()) {
        ": labels may be names if a header calls their column 'label' and the first of them is no number"
    } else {
        ""
    }
}

/// Advice if this pixel is a fraction.
fn scaling(found: &str) -> &'static str {
    let is_fraction = found.parse().is_ok_and(|value: f64| value > 0.0 && value < 1.0);
    if is_fraction { ": if 1 is full ink, multiply the pixels by 255 and round them" } else { "" }
}

fn advice(found: usize, other: &str, expected: usize) -> String {
    if found + 1 == expected {
        format!("does it lack the labels? (move it away to use {other} alone)")
    } else {
        "both need a label and images of one size".to_string()
    }
}

impl From<csv::Error> for CsvError {
    fn from(error: csv::Error) -> Self {
        let text = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => CsvError::Io(error),
            _ => CsvError::Table(text),
        }
    }
}
