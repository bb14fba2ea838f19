//! A directory of IDX files, uncompressed or gzipped, under any of their usual names.

use std::io;
use std::path::{Path, PathBuf};

use super::checksum::with_sha256;
use super::emnist::{EMNIST, Emnist};
use super::file::Opened;
use super::found::{Found, Images, Kind, Summed};
use super::idx::{Idx, IdxError};
use super::known::{KNOWN, Known};
use super::pixels::{MAPPED_ABOVE, map_idx};
use super::source::{DEFAULT_DIRECTORY, FileError, SourceError};
use super::{ClassNames, Part};
use crate::threads::share_out;

/// The contents of a file.
#[derive(Clone, Copy)]
enum Contents {
    Images,
    Labels,
}

/// The file names of a dataset, and the peculiarities of its contents.
struct Naming {
    /// The prefix before the word for the part: "", "qmnist-", "emnist-letters-".
    prefix: String,
    /// The words for the training and the test part.
    parts: [&'static str; 2],
    /// Whether rows and columns of images are swapped, as in all of EMNIST.
    is_transposed: bool,
    /// The label of class 0. It is 1 for EMNIST's letters, a = 1 to z = 26.
    first_label: u8,
    classes: ClassNames,
}

impl Naming {
    fn all() -> impl Iterator<Item = Self> {
        let plain = |prefix: &str, parts| Naming {
            prefix: prefix.to_string(),
            parts,
            is_transposed: false,
            first_label: 0,
            classes: ClassNames::default(),
        };
        let emnist = |emnist: Emnist| Naming {
            prefix: format!("{}-", emnist.id),
            parts: ["train", "test"],
            is_transposed: true,
            first_label: emnist.first_label,
            classes: emnist.classes(),
        };
        let others = [plain("", ["train", "t10k"]), plain("qmnist-", ["train", "test"])];
        others.into_iter().chain(EMNIST.map(emnist))
    }

    /// The naming that the files of `directory` follow; MNIST's if the directory has no such files.
    fn of(directory: &Path) -> Result<Self, SourceError> {
        let mut present = Self::all().filter(|naming| naming.is_in(directory));
        let naming = present.next();
        if let (Some(first), Some(second)) = (&naming, present.next()) {
            let example = |naming: &Naming| naming.name(Part::Training, Contents::Images);
            return Err(SourceError::Ambiguous {
                directory: directory.to_path_buf(),
                first: example(first),
                second: example(&second),
            });
        }
        Ok(naming.unwrap_or_else(|| Self::all().next().expect("the first is MNIST's")))
    }

    fn is_in(&self, directory: &Path) -> bool {
        self.files(directory).next().is_some()
    }

    /// The paths of those of the four files that exist in `directory`.
    fn files(&self, directory: &Path) -> impl Iterator<Item = PathBuf> {
        [Part::Training, Part::Test].into_iter().flat_map(move |part| {
            let contents = [Contents::Images, Contents::Labels].into_iter();
            contents.filter_map(move |contents| self.find(directory, part, contents))
        })
    }

    /// The dataset that a download could complete in `directory`; `None` if a file there differs from the published
    /// one, since the download would then refuse. If there are no files yet, the dataset after which the directory is
    /// named, or MNIST in the default directory.
    fn begun(&self, directory: &Path) -> Option<&'static Known> {
        if !self.is_in(directory) {
            let id =
                if directory == Path::new(DEFAULT_DIRECTORY) { "mnist" } else { directory.file_name()?.to_str()? };
            return Known::called(id);
        }
        KNOWN.iter().find(|known| self.files(directory).all(|path| known.has_file(&path)))
    }

    /// The usual name of a file.
    fn name(&self, part: Part, contents: Contents) -> String {
        let contents = match contents {
            Contents::Images => "images-idx3-ubyte",
            Contents::Labels => "labels-idx1-ubyte",
        };
        format!("{}{}-{contents}", self.prefix, self.parts[part as usize])
    }

    /// The path of a file, under any of its usual names, if it exists.
    fn find(&self, directory: &Path, part: Part, contents: Contents) -> Option<PathBuf> {
        let name = self.name(part, contents);
        // Some unpackers change the hyphen before 'idx' to a dot; QMNIST's labels are integers in two dimensions.
        let (dotted, integers) = (name.replace("-idx", ".idx"), name.replace("-idx1-ubyte", "-idx2-int"));
        let mut names = vec![name, dotted, integers];
        names.extend(names.clone().iter().map(|name| format!("{name}.gz")));
        let paths = names.iter().map(|name| directory.join(name));
        // A path whose existence cannot be checked counts as existing: opening it will report the error. A directory of
        // that name, such as unpackers make beside the file, comes last: it is used, and reported, only if there is no
        // file.
        let mut found: Vec<_> = paths.filter(|path| path.try_exists().unwrap_or(true)).collect();
        found.sort_by_key(|path| path.is_dir());
        found.into_iter().next()
    }
}

/// Whether `path` is a directory. An error if it may not be searched, since then nothing in it can be read.
fn is_directory(path: &Path) -> io::Result<bool> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match path.join(".").metadata() {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `directory` holds any file of a dataset. Also true if `directory` cannot be searched.
pub(super) fn may_hold_any(directory: &Path) -> bool {
    is_directory(directory).map_or(true, |is_one| is_one && Naming::all().any(|naming| naming.is_in(directory)))
}

/// A file in `directory` that follows another naming than the dataset with these training `images`. Files of both
/// namings must not be in one directory.
pub(crate) fn file_of_other_naming(directory: &Path, images: &str) -> Option<PathBuf> {
    let is_own = |naming: &Naming| naming.name(Part::Training, Contents::Images) == images.trim_end_matches(".gz");
    // An archive follows no naming: its files are unpacked into separate directories.
    Naming::all().find(is_own)?;
    let others = Naming::all().filter(|naming| !is_own(naming));
    let mut found = others.filter_map(|naming| naming.files(directory).next());
    // `find` also returns paths whose existence cannot be checked; leave them out.
    found.find(|path| path.exists())
}

/// Reads the images and labels of `part`, and, to count the classes, the labels of the other part if they exist.
pub(super) fn load(directory: &Path, part: Part) -> Result<Found, SourceError> {
    if !is_directory(directory).map_err(|error| FileError::Io(error).of(directory))? {
        let what = if directory.exists() { SourceError::NotADirectory } else { SourceError::NotThere };
        return Err(what(directory.to_path_buf()));
    }
    let naming = Naming::of(directory)?;
    let find = |part, contents| {
        naming.find(directory, part, contents).ok_or_else(|| SourceError::MissingFile {
            directory: directory.to_path_buf(),
            name: naming.name(part, contents),
            begun: naming.begun(directory),
        })
    };
    let images = find(part, Contents::Images)?;
    let own_labels = find(part, Contents::Labels)?;
    // The other part may be missing, since its images are not wanted.
    let labels = [Part::Training, Part::Test].map(|of| naming.find(directory, of, Contents::Labels));

    let (mut read_images, mut read_labels) = (None, None);
    let jobs: [Box<dyn FnOnce() + Send>; 2] = [
        Box::new(|| read_images = Some(naming.images(&images))),
        Box::new(|| {
            read_labels = Some(labels.each_ref().map(|path| path.as_deref().map(labels_in).transpose()));
        }),
    ];
    share_out(2, jobs.into_iter(), |job| job());
    let (read_images, [training, test]) = read_images.zip(read_labels).expect("both jobs are done");
    let mut found = Found {
        images: read_images?,
        labels: [training?, test?],
        files: Some((images, own_labels)),
        file_of_each: None,
        classes: naming.classes.clone(),
        kind: Kind::Images,
    };
    naming.straighten(&mut found, &labels)?;
    Ok(found)
}

impl Naming {
    /// Reads the images of a file. EMNIST's are transposed into the usual orientation; a very large uncompressed file
    /// is mapped.
    fn images(&self, path: &Path) -> Result<Images, SourceError> {
        let Opened { is_gzip, len, .. } = Opened::open(path).map_err(|problem| problem.of(path))?;
        if len > MAPPED_ABOVE && !is_gzip && !self.is_transposed {
            let (dims, pixels) = map_idx(path, 3).map_err(|error| FileError::of_idx(error, false).of(path))?;
            return Ok(Images { dims, pixels, sha256: None });
        }
        let mut images = read(path, |reader, at_most| Idx::read(reader, 3, at_most))?;
        if self.is_transposed {
            transpose(&mut images.idx);
        }
        Ok(images.into())
    }

    /// Subtracts the first label from all labels: 1 for EMNIST's letters, 0 otherwise.
    fn straighten(&self, found: &mut Found, paths: &[Option<PathBuf>; 2]) -> Result<(), SourceError> {
        for (labels, path) in found.labels.iter_mut().flatten().zip(paths.iter().flatten()) {
            for (index, label) in labels.idx.bytes.iter_mut().enumerate() {
                let first = self.first_label;
                *label = label.checked_sub(first).ok_or_else(|| FileError::FirstLabel { index, first }.of(path))?;
            }
        }
        Ok(())
    }
}

/// Reads the images of a single IDX file. Those in a file of one of EMNIST's names are transposed.
pub(super) fn images_in(path: &Path) -> Result<Idx, SourceError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".gz").replace(".idx", "-idx");
    let is_of =
        |naming: &Naming| [Part::Training, Part::Test].map(|part| naming.name(part, Contents::Images)).contains(&name);
    let Summed { mut idx, .. } = read(path, |reader, at_most| Idx::read(reader, 3, at_most))?;
    if Naming::all().any(|naming| naming.is_transposed && is_of(&naming)) {
        transpose(&mut idx);
    }
    Ok(idx)
}

/// Swaps the rows and columns of each image.
fn transpose(images: &mut Idx) {
    let (rows, cols) = (images.dims[1] as usize, images.dims[2] as usize);
    let mut lying = Vec::new();
    for image in images.bytes.chunks_exact_mut(rows.saturating_mul(cols).max(1)) {
        lying.clear();
        lying.extend_from_slice(image);
        for (i, pixel) in image.iter_mut().enumerate() {
            *pixel = lying[i % rows * cols + i / rows];
        }
    }
    images.dims.swap(1, 2);
}

fn labels_in(path: &Path) -> Result<Summed, SourceError> {
    read(path, |reader, at_most| Idx::read_labels(reader, at_most))
}

/// Reads an IDX file, and computes the SHA-256 of its uncompressed contents.
fn read(
    path: &Path,
    read: impl FnOnce(&mut dyn io::Read, u64) -> Result<Idx, IdxError>,
) -> Result<Summed, SourceError> {
    let opened = Opened::open(path).map_err(|problem| problem.of(path))?;
    let (at_most, is_gzip) = (opened.at_most, opened.is_gzip);
    let (idx, sha256) = with_sha256(opened.reader, |mut reader| read(&mut reader, at_most));
    Ok(Summed { idx: idx.map_err(|error| FileError::of_idx(error, is_gzip).of(path))?, sha256 })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn images_that_lie_on_their_side_are_set_up() {
        let mut images = Idx { dims: vec![2, 2, 3], bytes: vec![1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16] };
        let lying = images.clone();
        transpose(&mut images);
        assert_eq!(images, Idx { dims: vec![2, 3, 2], bytes: vec![1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16] });
        transpose(&mut images);
        assert_eq!(images, lying);
        let mut none = Idx { dims: vec![9, 0, 3], bytes: vec![] };
        transpose(&mut none);
        assert_eq!(none.dims, [9, 3, 0]);
    }

    #[test]
    fn a_gzip_bomb_costs_no_memory() {
        let mut bomb = Vec::new();
        Idx { dims: vec![4, 2, 3], bytes: vec![7; 24] }.write(&mut bomb).unwrap();
        bomb.resize(64 << 20, 0);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bomb.gz");
        let file = std::fs::File::create(&path).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(&bomb).unwrap();
        packed.finish().unwrap();
        let mut result = None;
        let allocated = allocation_counter::measure(|| {
            result = Some(read(&path, |reader, at_most| Idx::read(reader, 3, at_most)).err());
        });
        let Some(Some(SourceError::File { problem, .. })) = result else { panic!("it was read") };
        assert!(matches!(problem, FileError::Idx(IdxError::TooLong { promised: 24 })), "{problem:?}");
        assert!(allocated.bytes_max < 1 << 22, "{} bytes", allocated.bytes_max);
    }
}
