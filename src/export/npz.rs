//! NPZ: a zip archive with an NPY file for each array, as `numpy.savez` writes it.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Tensor, tensors};
use crate::network::Network;
use crate::real::{Precision, Real};

/// The name of the first array, after the 30 bytes of its header in the archive.
pub(super) const MARK: (usize, &[u8]) = (30, b"layer2.weight.npy");

pub(super) fn bytes<F: Real>(network: &Network<F>) -> Vec<u8> {
    // The date is the earliest possible, so that files do not depend on the clock. Weights hardly compress.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let in_memory = "an archive of less than 4 GiB fits into memory";
    for tensor in tensors(network) {
        archive.start_file(format!("{}.npy", tensor.name), options).expect(in_memory);
        archive.write_all(&header::<F>(&tensor)).expect(in_memory);
        archive.write_all(&tensor.data).expect(in_memory);
    }
    archive.finish().expect(in_memory).into_inner()
}

/// The header of an NPY file, version 1.0: magic bytes, the length of the rest, a Python dictionary, spaces up to a
/// multiple of 64 bytes, a line feed.
///
/// Source: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
fn header<F: Real>(tensor: &Tensor) -> Vec<u8> {
    let number = match F::PRECISION {
        Precision::F32 => "<f4",
        Precision::F64 => "<f8",
    };
    let shape: Vec<_> = tensor.shape.iter().map(ToString::to_string).collect();
    let mut words = format!("{{'descr': '{number}', 'fortran_order': False, 'shape': ({},), }}", shape.join(", "));
    let before = b"\x93NUMPY\x01\x00".len() + size_of::<u16>();
    let length = (before + words.len() + 1).next_multiple_of(64) - before;
    words += &" ".repeat(length - words.len() - 1);
    words.push('\n');
    [b"\x93NUMPY\x01\x00", &(length as u16).to_le_bytes()[..], words.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_multiple_of_64_bytes_whatever_its_shape() {
        for shape in [vec![10], vec![30, 784], vec![50_000_000, 1], vec![1; 20]] {
            let header = header::<f32>(&Tensor { name: String::new(), shape, data: Vec::new() });
            assert_eq!(header.len() % 64, 0);
            assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
            assert_eq!(header.last(), Some(&b'\n'));
        }
    }
}
