//! Directories that are whole, odd, and damaged in every way that was ever met.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::error::as_test;
use super::*;
use crate::data::DatasetError;
use crate::data::idx::{Idx, IdxError};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";

fn idx(dims: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    Idx { dims: dims.to_vec(), bytes: bytes.to_vec() }.write(&mut file).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Four training images of 2 x 3 and two test images, with labels 0 to 3.
fn whole() -> TempDir {
    let dir = TempDir::new().unwrap();
    let write = |name: &str, file: Vec<u8>| fs::write(dir.path().join(name), file).unwrap();
    write(TRAIN_IMAGES, idx(&[4, 2, 3], &(0..24).collect::<Vec<_>>()));
    write(TRAIN_LABELS, idx(&[4], &[0, 1, 2, 0]));
    write("t10k-images-idx3-ubyte", idx(&[2, 2, 3], &[9; 12]));
    write("t10k-labels-idx1-ubyte", idx(&[2], &[3, 1]));
    dir
}

fn load(dir: &TempDir) -> Result<Dataset, SourceError> {
    Source::Directory(dir.path().to_path_buf()).load(Part::Training, 2)
}

/// What `load` finds wrong with the training images when the file holds `contents`.
fn problem(contents: &[u8]) -> FileError {
    let dir = whole();
    fs::write(dir.path().join(TRAIN_IMAGES), contents).unwrap();
    match load(&dir).unwrap_err() {
        SourceError::File { path, problem } if path.ends_with(TRAIN_IMAGES) => problem,
        other => panic!("expected a fault of {TRAIN_IMAGES}, got {other:?}"),
    }
}

#[test]
fn a_table_of_test_images_is_given_a_name() {
    for (name, test) in [("a.csv", "a_test.csv"), ("b.csv.gz", "b_test.csv.gz"), ("digits", "digits_test")] {
        assert_eq!(Path::new(&as_test(&Path::new("dir").join(name))), Path::new("dir").join(test));
    }
}

#[test]
fn classes_come_from_both_parts_and_geometry_from_the_files() {
    let data = load(&whole()).unwrap();
    assert_eq!((data.len(), data.geometry(), data.classes()), (4, (2, 3), 4));
    assert_eq!(data.image(1), [6, 7, 8, 9, 10, 11]);
    assert!(data.identity().to_string().starts_with("IDX files in "));
    assert!(!data.identity().name().contains('/'), "{}", data.identity().name());
}

#[test]
fn every_usual_name_is_found_plain_or_gzip() {
    let expected = load(&whole()).unwrap();
    for name in ["train-images.idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte.gz"] {
        let dir = whole();
        let plain = fs::read(dir.path().join(TRAIN_IMAGES)).unwrap();
        fs::remove_file(dir.path().join(TRAIN_IMAGES)).unwrap();
        let file = if name.contains(".gz") { gzip(&plain) } else { plain };
        fs::write(dir.path().join(name), file).unwrap();
        assert_eq!(load(&dir).unwrap().image(3), expected.image(3), "{name}");
    }
}

#[test]
fn contents_decide_whether_it_is_gzip() {
    let dir = whole();
    let plain = fs::read(dir.path().join(TRAIN_IMAGES)).unwrap();
    fs::remove_file(dir.path().join(TRAIN_IMAGES)).unwrap();
    // Some browsers unpack a download and keep its name.
    fs::write(dir.path().join("train-images-idx3-ubyte.gz"), plain).unwrap();
    assert_eq!(load(&dir).unwrap().len(), 4);
}

#[test]
fn damaged_files_are_told_apart() {
    let good = idx(&[4, 2, 3], &[7; 24]);
    assert!(matches!(problem(b""), FileError::Idx(IdxError::Empty)));
    assert!(matches!(problem(b"<html>404</html>"), FileError::Idx(IdxError::Html)));
    assert!(matches!(problem(b"PK\x03\x04...."), FileError::Idx(IdxError::Magic { .. })));
    assert!(matches!(problem(&good[..30]), FileError::Idx(IdxError::TooShort { promised: 24, found: 14 })));
    assert!(matches!(problem(&[&good[..], &[1]].concat()), FileError::Idx(IdxError::TooLong { promised: 24 })));
    assert!(matches!(problem(&idx(&[4], &[0; 4])), FileError::Idx(IdxError::Rank { expected: 3, found: 1 })));
}

#[test]
fn damaged_gzip_is_told_apart() {
    let pixels: Vec<u8> = (0..24_u8).map(|i| i.wrapping_mul(37)).collect();
    let good = gzip(&idx(&[4, 2, 3], &pixels));
    for len in 3..good.len() {
        assert!(matches!(problem(&good[..len]), FileError::GzipTruncated), "cut to {len} bytes");
    }
    let mut corrupt = good.clone();
    let sum = corrupt.len() - 8;
    corrupt[sum] ^= 1;
    assert!(matches!(problem(&corrupt), FileError::GzipCorrupt(_)), "a wrong checksum");
    let trailing = [&good[..], b"garbage"].concat();
    assert!(matches!(problem(&trailing), FileError::GzipCorrupt(_) | FileError::GzipTruncated));
}

#[test]
fn a_gzip_bomb_is_read_no_further_than_the_header_promised() {
    let mut bomb = idx(&[4, 2, 3], &[7; 24]);
    bomb.resize(64 << 20, 0);
    assert!(matches!(problem(&gzip(&bomb)), FileError::Idx(IdxError::TooLong { promised: 24 })));
}

#[test]
fn a_promise_that_no_gzip_of_this_size_can_keep_is_refused() {
    let mut header = vec![0, 0, 8, 3];
    header.extend([1_u32 << 20, 28, 28].iter().flat_map(|dim| dim.to_be_bytes()));
    let file = gzip(&header);
    let at_most = 1032 * file.len() as u64;
    assert!(matches!(problem(&file), FileError::Idx(IdxError::ExceedsFile { at_most: found, .. }) if found == at_most));
}

#[test]
fn a_directory_in_place_of_a_file_is_called_that() {
    let dir = whole();
    fs::remove_file(dir.path().join(TRAIN_IMAGES)).unwrap();
    fs::create_dir(dir.path().join(TRAIN_IMAGES)).unwrap();
    assert!(matches!(load(&dir).unwrap_err(), SourceError::File { problem: FileError::IsDirectory, .. }));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let dir = whole();
    let path = dir.path().join(TRAIN_IMAGES);
    fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(matches!(load(&dir).unwrap_err(), SourceError::File { problem: FileError::NotAFile, .. }));
}

#[test]
fn images_and_labels_must_pair_up() {
    let dir = whole();
    fs::write(dir.path().join(TRAIN_LABELS), idx(&[3], &[0, 1, 2])).unwrap();
    let SourceError::Dataset { problem, part, .. } = load(&dir).unwrap_err() else { panic!("another error") };
    assert!(matches!((problem, part), (DatasetError::Counts { images: 4, labels: 3 }, Part::Training)));
}

#[test]
fn images_of_no_pixels_are_refused() {
    let dir = whole();
    fs::write(dir.path().join(TRAIN_IMAGES), idx(&[4, 0, 3], &[])).unwrap();
    let error = load(&dir).unwrap_err();
    assert!(matches!(error, SourceError::Dataset { problem: DatasetError::NoPixels { .. }, .. }), "{error:?}");
}

#[test]
fn a_missing_file_is_named() {
    let dir = whole();
    fs::remove_file(dir.path().join("t10k-images-idx3-ubyte")).unwrap();
    assert!(load(&dir).is_ok(), "nobody asked for the test images");
    let error = Source::Directory(dir.path().into()).load(Part::Test, 1).unwrap_err();
    let SourceError::MissingFile { name, begun, .. } = error else { panic!("another error") };
    assert_eq!(name, "t10k-images-idx3-ubyte");
    assert!(begun.is_none(), "'mnist download' would refuse to add to files that it does not know");
    let file = dir.path().join(TRAIN_LABELS);
    assert!(matches!(Source::Directory(file).load(Part::Test, 1), Err(SourceError::NotADirectory(_))));
    let nowhere = dir.path().join("nowhere");
    assert!(matches!(Source::Directory(nowhere).load(Part::Test, 1), Err(SourceError::NotThere(_))));
}

#[test]
fn an_empty_directory_may_become_the_dataset_whose_name_it_bears() {
    let parent = TempDir::new().unwrap();
    let begun = |name: &str| {
        let directory = parent.path().join(name);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("train-images-idx3-ubyte.gz.part"), "a download that was interrupted").unwrap();
        let error = Source::Directory(directory).load(Part::Training, 1).unwrap_err();
        let begun = match error {
            SourceError::MissingFile { begun, .. } => begun,
            SourceError::NoImages(_) => None,
            error => panic!("{error:?}"),
        };
        begun.map(|known| known.id)
    };
    assert_eq!(["fashion-mnist", "mnist", "digits"].map(begun), [Some("fashion-mnist"), Some("mnist"), None]);
}

#[test]
fn names_of_sources() {
    let named = |value: &str| Source::named(OsStr::new(value));
    assert_eq!(named("synthetic").unwrap(), Source::Synthetic { seed: 0 });
    assert_eq!(named("synthetic:7").unwrap(), Source::Synthetic { seed: 7 });
    assert!(matches!(named("synthetic:x"), Err(SourceError::SyntheticSeed(_))));
    assert_eq!(named("synthetics").unwrap(), Source::Directory("synthetics".into()));
}

#[test]
fn a_directory_counts_by_default_only_if_it_holds_data() {
    let dir = whole();
    assert_eq!(Source::default_in(dir.path()), Source::Directory(dir.path().into()));
    let empty = TempDir::new().unwrap();
    fs::write(empty.path().join("README.md"), "what goes here").unwrap();
    assert_eq!(Source::default_in(empty.path()), Source::Synthetic { seed: 0 });
}
