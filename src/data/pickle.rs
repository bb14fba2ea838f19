//! `mnist.pkl.gz`, the file that the book's programs read: three pairs of images and labels, pickled by Python.
//!
//! ```text
//! ((images, labels) for training, (images, labels) for validation, (images, labels) for testing)
//! images: (n, 784) of 32-bit numbers k/256, k = 0 … 255
//! labels: (n) of 64-bit integers
//! ```
//!
//! A pickle is a program for a stack machine, and Python's machine calls any function that the file names. This one
//! knows only the few instructions that such a file needs (binary pickle protocols 1 to 4, without dictionaries, lists
//! and class instances) and three names, which stand only for NumPy arrays and their types. A file with anything else
//! is refused. Memory grows with the bytes that arrive, not with the promised length; nothing is recursive.

use std::io::{self, Read};

use thiserror::Error;

use super::array::ArrayError;
use super::idx::Idx;

mod machine;

/// The images of one part, (n, rows, cols), and their labels, (n).
pub(super) type Pair = (Idx, Idx);

/// What can be wrong with a pickled dataset.
#[derive(Debug, Error)]
pub enum PickleError {
    /// The pickle ends before its stop instruction.
    #[error("is cut off: the pickle ends after {0} bytes, before its last instruction")]
    CutOff(u64),
    /// The file goes on after the stop instruction.
    #[error("goes on after the end of its pickle, at byte {0}")]
    TooLong(u64),
    /// The pickle's protocol is not supported.
    #[error("is a pickle of protocol {0}, expected 1 to 4: write it with pickle.dump(data, file, protocol=4)")]
    Protocol(u8),
    /// The pickle has an instruction that a dataset does not need.
    #[error(
        "is not a pickled dataset: instruction 0x{code:02x} at byte {at} is not among those that three pairs of NumPy \
        arrays need (if they are all it holds, write it anew with pickle.dump(data, file, protocol=4))"
    )]
    Instruction {
        /// The instruction.
        code: u8,
        /// Its position in the file.
        at: u64,
    },
    /// The pickle names a function or class that a dataset does not need. This program calls no functions that a file
    /// names.
    #[error(
        "is not a pickled dataset: it asks for '{0}', and nothing but NumPy arrays is read (if they are all it holds, write \
        it anew with pickle.dump(data, file, protocol=4))"
    )]
    Name(String),
    /// The values that an instruction needs are not on the stack or in the file.
    #[error("is not a pickled dataset: {expected} was expected at byte {at}")]
    Expected {
        /// What was expected.
        expected: &'static str,
        /// The position in the file.
        at: u64,
    },
    /// The pickle has more values, or deeper tuples, than a dataset needs.
    #[error("is not a pickled dataset: it has more than {} values, or tuples nested too deep", machine::MAX_VALUES)]
    TooMuch,
    /// An array is not a valid array of images or labels.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a pickled dataset to its end: the pairs of training, validation and test part.
pub(super) fn read(reader: impl Read) -> Result<[Pair; 3], PickleError> {
    machine::Machine::new(reader).run()
}
