//! Datasets: whatever lies on a disk, it loads as a sound dataset or is refused with a typed error.
//!
//! A test case is a file as it lies there, of any format. If it begins with the name of a [`LAYOUTS`], it is several
//! files, each behind a line [`NEXT`], which are packed as that says: so damage gets behind the sums of gzip and zip.

#![no_main]

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use mnist_mlp::data::idx::Idx;
use mnist_mlp::data::source::Source;
use mnist_mlp::data::unlabelled::{self, Unlabelled};
use mnist_mlp::data::{Dataset, Part, expand};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Between two files.
const NEXT: &[u8] = b"\nNEXT\n";

/// What a test case begins with, what its files are called, and how they are packed.
const LAYOUTS: [(&[u8], &[&str], Packing); 9] = [
    (b"idx:", &IDX, Packing::None),
    (b"idx.gz:", &IDX, Packing::Gzip),
    (
        b"qmnist:",
        &[
            "qmnist-train-images-idx3-ubyte",
            "qmnist-train-labels-idx2-int",
            "qmnist-test-images-idx3-ubyte",
            "qmnist-test-labels-idx2-int",
        ],
        Packing::None,
    ),
    (
        b"emnist:",
        &[
            "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte",
            "emnist-letters-test-images-idx3-ubyte",
            "emnist-letters-test-labels-idx1-ubyte",
        ],
        Packing::None,
    ),
    (b"pictures:", &["train/A/1.png", "train/B/2.png", "train/B/3.jpg", "test/A/4.png"], Packing::None),
    (b"csv:", &["train.csv", "test.csv"], Packing::None),
    (b"file:", &[FILE], Packing::None),
    (b"gz:", &[FILE], Packing::Gzip),
    (b"npz:", &["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"], Packing::Zip),
];

const IDX: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// A dataset in a single file, recognized by what it holds.
const FILE: &str = "digits";

#[derive(Clone, Copy, PartialEq)]
enum Packing {
    None,
    Gzip,
    Zip,
}

fuzz_target!(|bytes: &[u8]| {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let source = lay_down(bytes, directory.path());
    for part in [Part::Training, Part::Test] {
        match source.load(part, 2) {
            Ok(data) => check(&data),
            // What a user would be shown.
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let Source::File(path) = source else { return };
    for inputs in [1, 4, 16] {
        if let Ok(Some(Unlabelled { pixels, geometry })) = unlabelled::read(&path, inputs) {
            assert!(!pixels.is_empty() && pixels.len() % inputs == 0);
            assert!(geometry.is_none_or(|(height, width)| height * width == inputs));
        }
    }
});

/// Writes the files of a test case.
fn lay_down(bytes: &[u8], directory: &Path) -> Source {
    let layout = LAYOUTS.iter().find_map(|&(start, names, packing)| Some((bytes.strip_prefix(start)?, names, packing)));
    let (bytes, names, packing) = layout.unwrap_or((bytes, &[FILE], Packing::None));
    let files = names.iter().copied().zip(parted(bytes));
    if packing == Packing::Zip {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive.start_file(name, SimpleFileOptions::default()).expect("room in memory");
            archive.write_all(bytes).expect("room in memory");
        }
        let archive = archive.finish().expect("room in memory").into_inner();
        fs::write(directory.join(FILE), archive).expect("a file");
        return Source::File(directory.join(FILE));
    }
    for (name, bytes) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("it has a name")).expect("a directory");
        fs::write(path, if packing == Packing::Gzip { gzip(bytes) } else { bytes.to_vec() }).expect("a file");
    }
    if names.len() == 4 { Source::Directory(directory.to_path_buf()) } else { Source::File(directory.join(names[0])) }
}

/// The files in a test case.
fn parted(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let Some(end) = bytes.windows(NEXT.len()).position(|window| window == NEXT) else { return Some(bytes) };
        rest = Some(&bytes[end + NEXT.len()..]);
        Some(&bytes[..end])
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("room in memory");
    encoder.finish().expect("room in memory")
}

/// What holds of every dataset.
fn check(data: &Dataset) {
    let (rows, cols) = data.geometry();
    assert!(!data.is_empty() && data.image_size() > 0 && (2..=256).contains(&data.classes()));
    assert_eq!(data.labels().len(), data.len());
    assert_eq!(data.pixels().len(), data.len() * rows * cols);
    assert!(data.labels().iter().all(|&label| usize::from(label) < data.classes()));
    assert_eq!(data.image(data.len() - 1).len(), data.image_size());

    let images = Idx { dims: [data.len(), rows, cols].map(|dim| dim as u32).to_vec(), bytes: data.pixels().to_vec() };
    let mut file = Vec::new();
    images.write(&mut file).expect("dimensions that fit");
    assert_eq!(Idx::read(&file[..], 3, u64::MAX).expect("what was written"), images);

    let few = data.slice(0..data.len().min(3));
    assert_eq!(expand::shifts(&few, 2).unwrap().len(), expand::VERSIONS * few.len());
}
