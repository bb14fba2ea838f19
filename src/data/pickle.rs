//! `mnist.pkl.gz`, the file that the book's programs read: three pairs of images and labels, pickled by Python.
//!
//! ```text
//! ((images, labels) for training, (images, labels) for validation, (images, labels) for testing)
//! images: (n, 784) of 32-bit numbers k/256, k = 0 … 255
//! labels: (n) of 64-bit integers
//! ```
//!
//! A pickle is a program for a machine with a stack, and Python's machine will call any function that it names. This one
//! knows the few instructions that such a file needs (the binary pickle protocols, 1 to 4, without dictionaries, lists and
//! objects of classes) and three names, which stand for nothing but NumPy arrays and their types. Whatever else is in
//! the file, it is refused. Memory grows with what arrives, not with what is promised; nothing is recursive.

use std::io::{self, Read};

use thiserror::Error;

use super::array::ArrayError;
use super::idx::Idx;

mod machine;

/// Images of one of the three parts, (n, rows, cols), and their labels, (n).
pub(super) type Pair = (Idx, Idx);

/// What can be wrong with a pickled dataset.
#[derive(Debug, Error)]
pub enum PickleError {
    /// It ends before its stop instruction.
    #[error("is cut off: the pickle ends after {0} bytes, before its last instruction")]
    CutOff(u64),
    /// It goes on after its stop instruction.
    #[error("goes on after the end of its pickle, at byte {0}")]
    TooLong(u64),
    /// A protocol that is not read.
    #[error("is a pickle of protocol {0}, expected 1 to 4: write it with pickle.dump(data, file, protocol=4)")]
    Protocol(u8),
    /// An instruction that a dataset does not need.
    #[error(
        "is not a pickled dataset: instruction 0x{code:02x} at byte {at} is not among those that three pairs of NumPy \
        arrays need (if they are all it holds, write it anew with pickle.dump(data, file, protocol=4))"
    )]
    Instruction {
        /// The instruction.
        code: u8,
        /// Where it stands.
        at: u64,
    },
    /// A name that a dataset does not need: this program calls no functions that a file names.
    #[error(
        "is not a pickled dataset: it asks for '{0}', and nothing but NumPy arrays is read (if they are all it holds, write \
        it anew with pickle.dump(data, file, protocol=4))"
    )]
    Name(String),
    /// An instruction that has not what it works on.
    #[error("is not a pickled dataset: {expected} was expected at byte {at}")]
    Expected {
        /// What was expected.
        expected: &'static str,
        /// Where in the file.
        at: u64,
    },
    /// More values than a dataset has.
    #[error("is not a pickled dataset: it has more than {} values, or tuples nested too deep", machine::MAX_VALUES)]
    TooMuch,
    /// An array is not one of images or labels.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a pickled dataset to its end: the pairs for training, validation and testing.
pub(super) fn read(reader: impl Read) -> Result<[Pair; 3], PickleError> {
    machine::Machine::new(reader).run()
}
