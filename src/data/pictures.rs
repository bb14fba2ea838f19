//! Pictures in one directory per class: `letters/train/A/1.png` and `letters/test/A/2.png`, or `letters/A/1.png` if
//! there is no test part.
//!
//! If the training pictures are squares of one size, at most 64 pixels a side, all pictures are used unchanged: 0 is
//! black and 255 is white. Otherwise each is brought into MNIST's form, as `mnist predict` does: its subject is found,
//! made light on dark, fitted into a box and centred.
//!
//! The sorted names of the directories are the names of the classes. If they are the numbers from 0 on, they are used
//! as labels, and classes have no names. A directory without pictures is not a class.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry, File};
use std::path::{Path, PathBuf};

use super::checksum::sha256;
use super::found::{Found, Images, Kind, Summed};
use super::idx::Idx;
use super::pixels::Pixels;
use super::source::{FileError, SourceError};
use super::{ClassNames, Part, Wanted};
use crate::picture::normalize::{SIDE, normalized};
use crate::picture::read::{self, read, size};
use crate::printable::printable;
use crate::threads::try_share_out;

/// The maximum side, in pixels, of pictures that are used unchanged.
const LARGEST_AS_IS: usize = 64;

/// The directory names of the training and the test part, in any case.
const PARTS: [&[&str]; 2] = [&["train", "training"], &["test", "testing", "t10k"]];

/// The file extensions of pictures, in any case.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The file extensions of pictures in formats that are not supported.
const OTHER_ENDINGS: [&str; 6] = ["gif", "bmp", "webp", "tif", "tiff", "heic"];

/// A dataset of pictures that have not been read yet.
pub(super) struct Pictures {
    directory: PathBuf,
    /// The training pictures and the test pictures, each in the order of the dataset.
    parts: [Vec<Labelled>; 2],
    classes: ClassNames,
    /// The number of pictures that are omitted because their format is not supported.
    left_out: usize,
}

/// A picture and its class.
struct Labelled {
    path: PathBuf,
    label: u8,
}

/// The pictures of each class, by the name of its directory.
type ByName = BTreeMap<String, Vec<PathBuf>>;

/// The form in which pictures are used.
enum Form {
    /// Unchanged: all have this side.
    AsIs(usize),
    /// Brought into MNIST's form.
    Mnists {
        /// If most pictures could have been used unchanged: the first picture that differs from them.
        because_of: Option<Odd>,
    },
}

/// A picture whose size differs from that of most.
struct Odd {
    path: PathBuf,
    height: usize,
    width: usize,
    /// Height and width of most pictures.
    side: usize,
}

impl Pictures {
    /// The pictures in the subdirectories of `directory`; `None` if there are neither pictures nor directories of
    /// parts.
    pub fn find(directory: &Path) -> Result<Option<Self>, SourceError> {
        if !directory.is_dir() {
            return Ok(None);
        }
        let directories = directories(directory)?;
        let parts = directories_of_parts(directory, &directories)?;
        let has_parts = parts.is_some();
        let directories = match parts {
            Some([Some(training), None]) => [self::directories(&training)?, Vec::new()],
            Some([Some(training), Some(test)]) => [self::directories(&training)?, self::directories(&test)?],
            // Classes beside the directory of the test part are to be learned from.
            Some([None, Some(test)]) => {
                let others = directories.into_iter().filter(|other| *other != test).collect();
                [others, self::directories(&test)?]
            }
            Some([None, None]) | None => [directories, Vec::new()],
        };
        let by_name = [by_name(&directories[0])?, by_name(&directories[1])?];
        let mut left_out = 0;
        for directory in directories.iter().flatten() {
            left_out += listed(directory, |entry| is_file_called(entry, &OTHER_ENDINGS))?.len();
        }
        if !has_parts && by_name[0].is_empty() && !listed(directory, is_picture)?.is_empty() {
            return Err(SourceError::LoosePictures(directory.to_path_buf()));
        }
        if left_out > 0 && by_name.iter().all(BTreeMap::is_empty) {
            return Err(SourceError::OtherPictures(directory.to_path_buf()));
        }
        if !has_parts && by_name[0].is_empty() {
            return Ok(None);
        }
        let names: BTreeSet<_> = by_name.iter().flat_map(BTreeMap::keys).cloned().collect();
        let (labels, classes) = labels(directory, names)?;
        let parts = by_name.map(|by_name| {
            let mut by_label = BTreeMap::<u8, Vec<PathBuf>>::new();
            for (name, paths) in by_name {
                by_label.entry(labels[&name]).or_default().extend(paths);
            }
            interleaved(by_label)
        });
        Ok(Some(Pictures { directory: directory.to_path_buf(), parts, classes, left_out }))
    }

    /// Reads the `wanted` pictures of `part`; the others stay blank. Also returns where the pictures are and in which
    /// form they are used, for messages.
    pub fn load(&self, part: Part, wanted: Wanted, threads: usize) -> Result<(Found, String), SourceError> {
        let pictures = &self.parts[part as usize];
        if pictures.is_empty() {
            return Err(SourceError::NoPictures { directory: self.directory.clone(), part });
        }
        // The training pictures determine the form of both parts, so that these are alike.
        let decisive = self.parts.iter().find(|part| !part.is_empty()).expect("one part has pictures");
        let form = form_of(decisive, threads)?;
        let as_is = if let Form::AsIs(side) = form { Some(side) } else { None };
        let side = as_is.unwrap_or(SIDE);

        let mut pixels = vec![0; pictures.len() * side * side];
        let wanted = wanted(pictures.len());
        let images = pixels.chunks_exact_mut(side * side).zip(pictures).enumerate();
        let images = images.filter(|(index, _)| wanted.iter().any(|range| range.contains(index)));
        try_share_out(threads, images, |(_, (image, Labelled { path, .. }))| {
            let pixels = image_of(path, as_is).map_err(|problem| problem.of(path));
            pixels.map(|pixels| image.copy_from_slice(&pixels))
        })?;

        let dims = vec![pictures.len() as u32, side as u32, side as u32];
        let labels = self.parts.each_ref().map(|part| {
            let bytes: Vec<_> = part.iter().map(|picture| picture.label).collect();
            // Include the file names: labels alone would say little, since their order depends only on the size of each
            // class.
            let names =
                part.iter().flat_map(|picture| [name(&picture.path).into_bytes(), vec![0, picture.label]].concat());
            let sha256 = sha256(&names.collect::<Vec<_>>());
            (!part.is_empty()).then(|| Summed { idx: Idx { dims: vec![bytes.len() as u32], bytes }, sha256 })
        });
        let relative = |path: &Path| printable(path.strip_prefix(&self.directory).unwrap_or(path).display());
        let found = Found {
            file_of_each: Some(pictures.iter().map(|picture| relative(&picture.path)).collect()),
            images: Images { dims, pixels: Pixels::Owned(pixels), sha256: None },
            labels,
            files: None,
            classes: self.classes.clone(),
            kind: if as_is.is_some() { Kind::Pictures } else { Kind::PicturesInForm },
        };
        Ok((found, self.place(&form)))
    }

    /// Describes where the pictures are, their form, and what is omitted.
    fn place(&self, form: &Form) -> String {
        let mut place = format!("pictures in {}", self.directory.display());
        if let Form::Mnists { because_of } = form {
            place += ", brought into MNIST's form";
            if let Some(Odd { path, height, width, side }) = because_of {
                let path = path.strip_prefix(&self.directory).unwrap_or(path).display();
                place += &format!(" because {path} has {width} x {height} pixels, not {side} x {side}");
            }
        }
        if self.left_out > 0 {
            let are = if self.left_out == 1 { "is" } else { "are" };
            place += &format!(" ({} more {are} left out: neither PNG nor JPEG)", self.left_out);
        }
        place
    }
}

/// The directories of the training and the test part; `None` if the pictures are not divided into parts. If there is
/// only one such name, beside other directories and without subdirectories, it is the name of a class.
fn directories_of_parts(
    directory: &Path,
    directories: &[PathBuf],
) -> Result<Option<[Option<PathBuf>; 2]>, SourceError> {
    let mut parts = [None, None];
    for path in directories {
        let is_called = |words: &&[&str]| words.iter().any(|word| name(path).eq_ignore_ascii_case(word));
        let Some(part) = PARTS.iter().position(is_called) else { continue };
        if let Some(first) = parts[part].replace(path.clone()) {
            let (first, second) = (name(&first), name(path));
            return Err(SourceError::Ambiguous { directory: directory.to_path_buf(), first, second });
        }
    }
    Ok(match &parts {
        [None, None] => None,
        [Some(one), None] | [None, Some(one)] if directories.len() > 1 && self::directories(one)?.is_empty() => None,
        _ => Some(parts),
    })
}

/// The directories in `directory` that are not hidden, sorted by name.
fn directories(directory: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let is_directory = |entry: &DirEntry| match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => entry.path().is_dir(),
    };
    let mut found = listed(directory, is_directory)?;
    found.sort_unstable();
    Ok(found)
}

/// The pictures in each of these directories, without directories that have none.
fn by_name(directories: &[PathBuf]) -> Result<ByName, SourceError> {
    let mut by_name = ByName::new();
    for directory in directories {
        let pictures = listed(directory, is_picture)?;
        if !pictures.is_empty() {
            by_name.entry(name(directory)).or_default().extend(pictures);
        }
    }
    Ok(by_name)
}

/// Whether this entry may be a picture that is read, judged by its name.
fn is_picture(entry: &DirEntry) -> bool {
    is_file_called(entry, &ENDINGS)
}

/// Whether this entry is a file whose name has one of these endings.
fn is_file_called(entry: &DirEntry, endings: &[&str]) -> bool {
    let path = entry.path();
    let ending = path.extension().unwrap_or_default();
    endings.iter().any(|&other| ending.eq_ignore_ascii_case(other))
        && match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => kind.is_file(),
            // An entry that cannot be examined counts as a picture: reading it will report the error.
            _ => path.metadata().map_or(true, |metadata| metadata.is_file()),
        }
}

/// The entries of `directory` that are not hidden and are of this kind, in any order.
fn listed(directory: &Path, is_of_kind: impl Fn(&DirEntry) -> bool) -> Result<Vec<PathBuf>, SourceError> {
    let problem = |error| FileError::Io(error).of(directory);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") && is_of_kind(&entry) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The last component of a path, as the name of a class.
fn name(path: &Path) -> String {
    printable(path.file_name().unwrap_or_default().display())
}

/// The label of each directory, and the names of the classes. Numbers are sorted by value; if they equal the labels,
/// classes have no names.
fn labels(directory: &Path, names: BTreeSet<String>) -> Result<(BTreeMap<String, u8>, ClassNames), SourceError> {
    let number = |name: &String| {
        // Parsing would also accept a sign.
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| name.parse().ok()).flatten()
    };
    if let Some(numbers) = names.iter().map(number).collect::<Option<Vec<u8>>>() {
        let places: BTreeMap<u8, u8> =
            numbers.iter().copied().collect::<BTreeSet<_>>().into_iter().zip(0..=255).collect();
        let are_labels = places.iter().all(|(number, place)| number == place);
        let classes = if are_labels { ClassNames::default() } else { places.keys().map(u8::to_string).collect() };
        return Ok((names.into_iter().zip(numbers.iter().map(|number| places[number])).collect(), classes));
    }
    if names.len() > 256 {
        return Err(SourceError::TooManyClasses { directory: directory.to_path_buf(), classes: names.len() });
    }
    let classes = names.iter().collect();
    Ok((names.into_iter().zip(0..=255).collect(), classes))
}

/// The pictures of all classes, in an order that spreads each class evenly, so that the last N, which become the
/// validation set, include all classes. The pictures of one class are sorted by the bytes of their names.
fn interleaved(classes: BTreeMap<u8, Vec<PathBuf>>) -> Vec<Labelled> {
    let mut placed = Vec::new();
    for (label, mut paths) in classes {
        paths.sort_by(|one, other| {
            let bytes = |path: &Path| path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
            bytes(one).cmp(&bytes(other)).then_with(|| one.cmp(other))
        });
        // Picture i of n is placed at (2i + 1) / 2n between 0 and 1.
        let n = paths.len() as u128;
        placed.extend(paths.into_iter().zip(0..).map(|(path, i)| ((2 * i + 1, 2 * n), Labelled { path, label })));
    }
    let by_place = |(one, _): &((u128, u128), _), (other, _): &((u128, u128), _)| -> Ordering {
        (one.0 * other.1).cmp(&(other.0 * one.1))
    };
    placed.sort_by(by_place); // equal places stay in the order of the classes
    placed.into_iter().map(|(_, picture)| picture).collect()
}

/// The form in which to use the pictures: unchanged, if all are squares of one size that is small enough.
fn form_of(pictures: &[Labelled], threads: usize) -> Result<Form, SourceError> {
    let size_of = |Labelled { path, .. }: &Labelled| {
        let size = File::open(path).map_err(read::FileError::from).and_then(size);
        size.map_err(|problem| FileError::BadPicture(problem).of(path))
    };
    let mut sizes = vec![(0, 0); pictures.len()];
    try_share_out(threads, sizes.iter_mut().zip(pictures), |(size, picture)| {
        *size = size_of(picture)?;
        Ok::<_, SourceError>(())
    })?;
    let mut counts = BTreeMap::<_, usize>::new();
    for &size in &sizes {
        *counts.entry(size).or_default() += 1;
    }
    let usual = counts.into_iter().find(|&(_, count)| 2 * count > pictures.len()).map(|(size, _)| size);
    let Some((side, _)) = usual.filter(|&(height, width)| height == width && height <= LARGEST_AS_IS) else {
        return Ok(Form::Mnists { because_of: None });
    };
    let odd = sizes.iter().zip(pictures).find(|(size, _)| **size != (side, side));
    Ok(odd.map_or(Form::AsIs(side), |(&(height, width), picture)| Form::Mnists {
        because_of: Some(Odd { path: picture.path.clone(), height, width, side }),
    }))
}

/// The pixels of the picture in a file: unchanged if `as_is` is its side, or in MNIST's form.
fn image_of(path: &Path, as_is: Option<usize>) -> Result<Vec<u8>, FileError> {
    let picture = File::open(path).map_err(read::FileError::from).and_then(read).map_err(FileError::BadPicture)?;
    let (width, height) = (picture.width(), picture.height());
    let image = match as_is {
        Some(side) if (width, height) == (side, side) => picture,
        Some(side) => return Err(FileError::PictureSize { width, height, side }),
        None => normalized(&picture, SIDE).map_err(FileError::NoDigit)?,
    };
    Ok(image.pixels().to_vec())
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;
    use crate::picture::Picture;
    use crate::picture::file::png;

    /// A directory with these files, each a picture of 2 x 2 pixels.
    fn directory(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, png(&Picture::new(2, 2, vec![7; 4]).unwrap())).unwrap();
        }
        dir
    }

    /// Names of files with their labels.
    type Files = Vec<(String, u8)>;

    /// The files of both parts, and the names of the classes.
    fn found(dir: &tempfile::TempDir) -> Option<([Files; 2], Vec<String>)> {
        let Pictures { parts, classes, .. } = Pictures::find(dir.path()).unwrap()?;
        let parts = parts.map(|part| part.iter().map(|picture| (name(&picture.path), picture.label)).collect());
        Some((parts, classes.all().to_vec()))
    }

    fn labelled(pictures: &[(&str, u8)]) -> Files {
        pictures.iter().map(|&(name, label)| (name.to_string(), label)).collect()
    }

    #[test]
    fn parts_are_called_in_several_ways() {
        for (training, test) in [("train", "test"), ("training", "testing"), ("Train", "TEST"), ("train", "t10k")] {
            let files = ["TRAIN/b/1.png", "TRAIN/a/2.PNG", "TEST/c/3.jpeg", "TEST/a/4.Jpg", "validation/d/5.png"];
            let files = files.map(|file| file.replace("TRAIN", training).replace("TEST", test));
            let (parts, classes) = found(&directory(&files.each_ref().map(String::as_str))).unwrap();
            assert_eq!(parts, [labelled(&[("2.PNG", 0), ("1.png", 1)]), labelled(&[("4.Jpg", 0), ("3.jpeg", 2)])]);
            assert_eq!(classes, ["a", "b", "c"]);
        }
        let both = directory(&["train/a/1.png", "training/a/1.png"]);
        assert!(matches!(Pictures::find(both.path()), Err(SourceError::Ambiguous { .. })));
    }

    #[test]
    fn a_test_part_may_be_added_beside_the_classes() {
        let (parts, classes) = found(&directory(&["a/1.png", "b/2.png", "test/a/3.png"])).unwrap();
        assert_eq!(parts, [labelled(&[("1.png", 0), ("2.png", 1)]), labelled(&[("3.png", 0)])]);
        assert_eq!(classes, ["a", "b"]);
        let (parts, _) = found(&directory(&["test/a/3.png"])).unwrap();
        assert_eq!(parts, [vec![], labelled(&[("3.png", 0)])]);
    }

    #[test]
    fn without_parts_all_are_to_be_learned_from() {
        let (parts, classes) = found(&directory(&["b/1.png", "a/1.png"])).unwrap();
        assert_eq!((parts, classes.len()), ([labelled(&[("1.png", 0), ("1.png", 1)]), vec![]], 2));
        // "train" is a class here; there is no "test".
        let (parts, classes) = found(&directory(&["train/1.png", "plane/1.png"])).unwrap();
        assert_eq!((parts[0].len(), classes), (2, vec!["plane".to_string(), "train".to_string()]));
        let loose = found(&directory(&["train/1.png", "test/1.png"])).unwrap();
        assert_eq!(loose, ([vec![], vec![]], vec![]));
    }

    #[test]
    fn what_is_no_picture_is_passed_over() {
        let files = ["a/1.png", "a/2.txt", "a/.3.png", "a/deep/4.png", ".hidden/5.png", "notes/6.txt", "7.png"];
        let dir = directory(&files);
        fs::create_dir(dir.path().join("a/8.png")).unwrap();
        assert_eq!(found(&dir), Some(([labelled(&[("1.png", 0)]), vec![]], vec!["a".to_string()])));
        for files in [&["a/b/c.png"][..], &["a/1.txt"], &["1.gif"], &[]] {
            assert_eq!(found(&directory(files)), None, "{files:?}");
        }
        let loose = directory(&["1.png", "a/b/c.png"]);
        assert!(matches!(Pictures::find(loose.path()), Err(SourceError::LoosePictures(_))));
        assert!(Pictures::find(Path::new("nowhere")).unwrap().is_none());
    }

    #[test]
    fn what_changes_all_pictures_and_what_is_left_out_is_told() {
        let dir = directory(&["a/1.png", "a/2.png", "b/3.png"]);
        let place = || {
            let pictures = Pictures::find(dir.path()).unwrap().unwrap();
            let (_, place) = pictures.load(Part::Training, &|_| vec![], 2).unwrap();
            place.strip_prefix(&format!("pictures in {}", dir.path().display())).unwrap().to_string()
        };
        assert_eq!(place(), "");
        fs::write(dir.path().join("b/4.gif"), "GIF89a").unwrap();
        assert_eq!(place(), " (1 more is left out: neither PNG nor JPEG)");
        fs::remove_file(dir.path().join("b/4.gif")).unwrap();
        fs::write(dir.path().join("b/5.png"), png(&Picture::new(3, 4, vec![0; 12]).unwrap())).unwrap();
        let odd = Path::new("b").join("5.png");
        let because = format!("because {} has 4 x 3 pixels, not 2 x 2", odd.display());
        assert_eq!(place(), format!(", brought into MNIST's form {because}"));
        // Where no size is that of most, none is to blame.
        fs::write(dir.path().join("b/6.png"), png(&Picture::new(5, 4, vec![0; 20]).unwrap())).unwrap();
        fs::write(dir.path().join("b/7.png"), png(&Picture::new(6, 4, vec![0; 24]).unwrap())).unwrap();
        assert_eq!(place(), ", brought into MNIST's form");
        fs::remove_file(dir.path().join("b/6.png")).unwrap();
        fs::remove_file(dir.path().join("b/7.png")).unwrap();
        // The odd one is the odd one even if it comes first.
        fs::rename(dir.path().join("b/5.png"), dir.path().join("a/0.png")).unwrap();
        let because = because.replace(&odd.display().to_string(), &Path::new("a").join("0.png").display().to_string());
        assert_eq!(place(), format!(", brought into MNIST's form {because}"));
    }

    #[test]
    fn pictures_of_other_formats_alone_are_told_from_none() {
        let dir = directory(&[]);
        fs::create_dir(dir.path().join("a")).unwrap();
        fs::write(dir.path().join("a/1.webp"), "RIFF").unwrap();
        assert!(matches!(Pictures::find(dir.path()), Err(SourceError::OtherPictures(_))));
        fs::write(dir.path().join("2.png"), "loose").unwrap();
        assert!(matches!(Pictures::find(dir.path()), Err(SourceError::LoosePictures(_))));
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_pictures() {
        use std::os::unix::fs::symlink;
        let (dir, other) = (directory(&["a/1.png"]), directory(&["b/2.png"]));
        symlink(other.path().join("b"), dir.path().join("b")).unwrap();
        symlink(other.path().join("b/2.png"), dir.path().join("a/3.png")).unwrap();
        symlink("/dev/zero", dir.path().join("a/4.png")).unwrap();
        let expected = labelled(&[("1.png", 0), ("2.png", 1), ("3.png", 0)]);
        assert_eq!(found(&dir).unwrap().0[0], expected);
        symlink("nowhere", dir.path().join("a/5.png")).unwrap();
        let pictures = Pictures::find(dir.path()).unwrap().unwrap();
        let Err(error) = pictures.load(Part::Training, &|n| iter::once(0..n).collect(), 2) else { panic!("read") };
        assert!(error.to_string().contains("5.png cannot be read"), "{error}");
    }

    #[test]
    fn numbers_are_labels_if_they_begin_at_0_and_names_otherwise() {
        let (parts, classes) = found(&directory(&["train/1/1.png", "train/0/1.png", "test/02/1.png"])).unwrap();
        assert_eq!(parts, [labelled(&[("1.png", 0), ("1.png", 1)]), labelled(&[("1.png", 2)])]);
        assert!(classes.is_empty());
        let (parts, classes) = found(&directory(&["train/7/1.png", "train/12/1.png", "test/07/1.png"])).unwrap();
        assert_eq!(parts, [labelled(&[("1.png", 0), ("1.png", 1)]), labelled(&[("1.png", 0)])]);
        assert_eq!(classes, ["7", "12"], "in the order of numbers");
        for others in [["7", "x"], ["7", "256"], ["+7", "8"], ["7", "1.0"]] {
            let files = others.map(|name| format!("{name}/1.png"));
            assert_eq!(found(&directory(&files.each_ref().map(String::as_str))).unwrap().1.len(), 2, "{others:?}");
        }
    }

    #[test]
    fn each_class_is_spread_evenly() {
        let names = |class: &str, n: usize| (0..n).map(|i| PathBuf::from(format!("{class}/{i}"))).rev().collect();
        let order = interleaved([(0, names("a", 6)), (3, names("b", 2)), (5, names("c", 3))].into_iter().collect());
        let order: Vec<_> = order.iter().map(|picture| (picture.label, name(&picture.path))).collect();
        // a is at 1/12, 3/12, …, b at 1/4 and 3/4, c at 1/6, 3/6 and 5/6.
        let labels: Vec<_> = order.iter().map(|&(label, _)| label).collect();
        assert_eq!(labels, [0, 5, 0, 3, 0, 5, 0, 0, 3, 5, 0]);
        for label in [0, 3, 5] {
            let own: Vec<_> = order.iter().filter(|picture| picture.0 == label).map(|picture| &picture.1).collect();
            assert!(own.is_sorted(), "{own:?}");
        }
    }

    #[test]
    fn pictures_that_nobody_wants_are_not_read() {
        let dir = directory(&["a/1.png", "a/2.png", "b/3.png", "b/4.png"]);
        let broken = dir.path().join("b/4.png");
        let mut bytes = fs::read(&broken).unwrap();
        bytes.truncate(bytes.len() - 20); // the header stays
        fs::write(&broken, bytes).unwrap();
        let pictures = Pictures::find(dir.path()).unwrap().unwrap();
        let (found, _) = pictures.load(Part::Training, &|_| vec![0..1, 2..3], 2).unwrap();
        assert_eq!(*found.images.pixels, [[7; 4], [0; 4], [7; 4], [0; 4]].concat());
        let Err(error) = pictures.load(Part::Training, &|n| iter::once(0..n).collect(), 2) else { panic!("read") };
        assert!(error.to_string().contains("4.png is damaged"), "{error}");
    }
}
