//! The known datasets: their names, download addresses and checksums.
//!
//! Datasets are recognized by checksum, never by file name: Fashion-MNIST and KMNIST use the same file names as MNIST.

use std::fs::File;
use std::path::Path;

use super::checksum::md5;
use super::{Identity, Part};

/// A dataset that can be downloaded.
#[derive(Debug)]
pub struct Known {
    /// Its name on the command line, such as "fashion-mnist".
    pub id: &'static str,
    /// Its name in reports, such as "Fashion-MNIST".
    pub name: &'static str,
    /// What the images show, in a few words.
    pub about: &'static str,
    /// The names of its classes; empty if they have only numbers.
    pub classes: &'static [&'static str],
    /// The addresses of the directories that hold its files, in the order in which they are tried, plain HTTP last.
    /// Each ends with a slash.
    pub mirrors: &'static [&'static str],
    /// Its files, compressed as on the mirrors: training images, training labels, test images and test labels; or one
    /// archive of all.
    pub files: &'static [PublishedFile],
}

/// A file on a mirror.
#[derive(Debug)]
pub struct PublishedFile {
    /// Its name.
    pub name: &'static str,
    /// Its MD5 in lower-case hexadecimal digits, as published by the dataset's authors. It detects damage, not forgery.
    pub md5: &'static str,
}

impl PublishedFile {
    fn is_at(&self, path: &Path) -> bool {
        File::open(path).and_then(md5).is_ok_and(|sum| sum == self.md5)
    }
}

const fn file(name: &'static str, md5: &'static str) -> PublishedFile {
    PublishedFile { name, md5 }
}

/// All known datasets. The checksums of MNIST, KMNIST, QMNIST and EMNIST are from torchvision's `datasets/mnist.py`;
/// those of Fashion-MNIST are also in its own README.
pub const KNOWN: &[Known] = &[
    Known {
        id: "mnist",
        name: "MNIST",
        about: "handwritten digits",
        classes: &[],
        mirrors: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        files: &[
            file("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            file("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
            file("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
            file("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
        ],
    },
    Known {
        id: "fashion-mnist",
        name: "Fashion-MNIST",
        about: "articles of clothing, in ten classes",
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        mirrors: &[
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ],
        files: &[
            file("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            file("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
            file("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
            file("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
        ],
    },
    Known {
        id: "kmnist",
        name: "KMNIST",
        about: "cursive Japanese characters, in ten classes",
        classes: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
        mirrors: &["https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
        files: &[
            file("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
            file("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
            file("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
            file("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
        ],
    },
    Known {
        id: "qmnist",
        name: "QMNIST",
        about: "MNIST made anew, with all 60,000 test images",
        classes: &[],
        mirrors: &["https://raw.githubusercontent.com/facebookresearch/qmnist/master/"],
        files: &[
            file("qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
            file("qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
            file("qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
            file("qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
        ],
    },
    Known {
        id: "emnist",
        name: "EMNIST",
        about: "handwritten letters and digits, six datasets in one archive of half a gigabyte",
        classes: &[],
        mirrors: &[
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
            "https://biometrics.nist.gov/cs_links/EMNIST/",
        ],
        files: &[file("gzip.zip", "58c8d27c78d21e728a6bc7b3cc06412e")],
    },
];

/// The SHA-256 of MNIST's uncompressed files: training images, training labels, test images and test labels. With them
/// MNIST is recognized however it is compressed, and also in files of other formats.
const MNIST_CONTENTS: [[&str; 2]; 2] = [
    [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ],
    [
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ],
];

/// Whether the images of the dataset with this name are in MNIST's form: light on dark, in a box of 20 x 20 pixels,
/// centred by mass in 28 x 28 pixels. The built-in digits have this form, and so have pictures that were brought into
/// it. For other unknown datasets this cannot be told, and the result is `false`.
#[must_use]
pub fn are_in_mnists_form(name: &str) -> bool {
    ["MNIST", "QMNIST"].contains(&name)
        || ["built-in digits", "unknown pictures in MNIST's form"].iter().any(|start| name.starts_with(start))
}

/// Whether the numbers of unnamed classes are also their names. They are for digits, and for directories whose names
/// are numbers. In a table or an archive a number may mean anything.
#[must_use]
pub fn classes_are_numbers(name: &str) -> bool {
    !name.starts_with("unknown images")
}

/// Whether the dataset with this name was read from directories of pictures.
#[must_use]
pub fn are_pictures(name: &str) -> bool {
    name.starts_with("unknown pictures")
}

impl Known {
    /// The dataset called `id`.
    #[must_use]
    pub fn called(id: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.id == id)
    }

    /// The name and the class names of this dataset.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::named(self.name).with_classes(self.classes.iter().collect())
    }

    /// The dataset whose uncompressed images and labels have these SHA-256.
    pub(super) fn of_contents(part: Part, images: &str, labels: &str) -> Option<&'static Self> {
        if MNIST_CONTENTS[part as usize] == [images, labels] { Self::called("mnist") } else { None }
    }

    /// The dataset to which these files belong, compressed as they were published.
    pub(super) fn of_files(part: Part, images: &Path, labels: &Path) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.has_files(part, images, labels))
    }

    fn has_files(&self, part: Part, images: &Path, labels: &Path) -> bool {
        // Compare the labels first: they are small, and differ for most other datasets.
        let files = self.files.chunks_exact(2).nth(part as usize);
        files.is_some_and(|files| files[1].is_at(labels) && files[0].is_at(images))
    }

    /// Whether `path` is one of its files, with the published name and contents.
    pub(super) fn has_file(&self, path: &Path) -> bool {
        let mut files = self.files.iter().filter(|file| path.file_name().is_some_and(|name| name == file.name));
        files.any(|file| path.is_file() && file.is_at(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clothes_are_not_in_the_form_of_digits() {
        let digits: Vec<_> = KNOWN.iter().map(|known| known.name).filter(|name| are_in_mnists_form(name)).collect();
        assert_eq!(digits, ["MNIST", "QMNIST"]);
        let unknown = |kind: &str| format!("unknown {kind} (SHA-256 of the labels 70034cd23cdf)");
        for name in ["built-in digits", "built-in digits of seed 7", &unknown("pictures in MNIST's form")] {
            assert!(are_in_mnists_form(name), "{name}");
        }
        assert!(!are_in_mnists_form(&unknown("images")) && !are_in_mnists_form(&unknown("pictures")));
        assert!(are_pictures(&unknown("pictures in MNIST's form")) && !are_pictures(&unknown("images")));
        assert!(classes_are_numbers("MNIST") && !classes_are_numbers(&unknown("images")));
    }

    #[test]
    fn the_table_is_sound() {
        for (i, known) in KNOWN.iter().enumerate() {
            assert!(KNOWN[..i].iter().all(|other| other.id != known.id && other.name != known.name));
            assert!(known.mirrors.iter().all(|mirror| mirror.starts_with("http") && mirror.ends_with('/')));
            assert!(known.mirrors[0].starts_with("https:"), "plain HTTP can be forged, and some proxies refuse it");
            let is_sum = |sum: &str| sum.len() == 32 && sum.bytes().all(|b| b"0123456789abcdef".contains(&b));
            assert!(known.files.iter().all(|file| is_sum(file.md5) && !file.name.contains('/')), "{}", known.id);
            assert!(matches!(known.files.len(), 1 | 4));
            assert!(matches!(known.classes.len(), 0 | 10));
        }
        let mut sums: Vec<_> = KNOWN.iter().flat_map(|known| known.files).map(|file| file.md5).collect();
        sums.sort_unstable();
        sums.dedup();
        assert_eq!(sums.len(), 4 * 4 + 1, "no two files are the same");
    }

    #[test]
    fn published_files_are_known_by_their_sums() {
        // The checksums of RFC 1321, appendix A.5.
        static FILES: [PublishedFile; 4] = [
            file("", ""),
            file("", ""),
            file("images", "900150983cd24fb0d6963f7d28e17f72"),
            file("labels", "0cc175b9c0f1b6a831c399e269772661"),
        ];
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let known = Known { id: "toy", name: "Toy", about: "", classes: &[], mirrors: &[], files: &FILES };
        std::fs::write(path("images"), "abc").unwrap();
        std::fs::write(path("labels"), "a").unwrap();
        assert!(known.has_files(Part::Test, &path("images"), &path("labels")));
        assert!(!known.has_files(Part::Training, &path("images"), &path("labels")));
        assert!(!known.has_files(Part::Test, &path("labels"), &path("labels")));
        assert!(!known.has_files(Part::Test, &path("nowhere"), &path("labels")));
        assert!(Known::of_files(Part::Test, &path("images"), &path("labels")).is_none());

        assert!(known.has_file(&path("images")) && known.has_file(&path("labels")));
        std::fs::write(path("others"), "abc").unwrap();
        std::fs::write(path("labels"), "b").unwrap();
        for name in ["others", "labels", "nowhere", ""] {
            assert!(!known.has_file(&path(name)), "{name}");
        }
    }
}
