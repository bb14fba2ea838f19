//! Datasets in other formats than IDX, and the odd ones among IDX files: read by the library, trained on by the binary.

use std::fs;
use std::path::Path;

use crate::common::Sandbox;
use crate::common::formats::{Digits, Python, gzip, npy, npz, pickle, zip};
use mnist_mlp::data::array::ArrayError;
use mnist_mlp::data::csv::CsvError;
use mnist_mlp::data::idx::{Idx, IdxError};
use mnist_mlp::data::npz::NpzError;
use mnist_mlp::data::pickle::PickleError;
use mnist_mlp::data::source::{FileError, Source, SourceError};
use mnist_mlp::data::{Dataset, Part};
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::png;
use mnist_mlp::picture::normalize::{SIDE, normalized};
use proptest::prelude::*;
use tempfile::TempDir;

const TRAINING: usize = 40;
const VALIDATION: usize = 8;

fn training() -> Digits {
    Digits::toy(TRAINING + VALIDATION, 1)
}

fn test() -> Digits {
    Digits::toy(9, 2)
}

/// The toy digits as the book's pickle has them, its validation images apart.
fn toy_pickle(python: Python) -> Vec<u8> {
    let all = training();
    pickle(python, [&all.part(0..TRAINING), &all.part(TRAINING..all.len()), &test()])
}

fn load(contents: &[u8], part: Part) -> Result<Dataset, SourceError> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("digits");
    fs::write(&path, contents).unwrap();
    Source::named(path.as_os_str()).unwrap().load(part, 1)
}

/// What is wrong with a file that holds `contents`.
fn problem(contents: &[u8]) -> FileError {
    match load(contents, Part::Training).unwrap_err() {
        SourceError::File { problem, .. } => problem,
        other => panic!("expected a fault of the file, got {other:?}"),
    }
}

fn load_directory(directory: &Path, part: Part) -> Result<Dataset, SourceError> {
    Source::named(directory.as_os_str()).unwrap().load(part, 2)
}

fn assert_is(data: &Dataset, digits: &Digits) {
    assert_eq!((data.len(), data.geometry(), data.classes()), (digits.len(), (digits.side, digits.side), 4));
    assert!(data.pixels() == digits.pixels && data.labels() == digits.labels);
}

#[test]
fn every_format_gives_the_same_digits() {
    let (training, test) = (training(), test());
    let plain = |digits: &Digits| npy("<f4", &[digits.len(), 16], &digits.floats(255.0));
    let long = |digits: &Digits| npy("<i8", &[digits.len()], &digits.long_labels());
    for (name, file) in [
        ("a pickle of Python 2", toy_pickle(Python::Two)),
        ("a pickle of Python 2, gzip", gzip(&toy_pickle(Python::Two))),
        ("a pickle of Python 3", toy_pickle(Python::Three)),
        ("a pickle of Python 2, protocol 1", toy_pickle(Python::TwoOld)),
        ("Keras's archive", npz(&training, &test)),
        (
            "an archive of numbers from 0 to 1",
            zip(&[
                ("x_train.npy", plain(&training)),
                ("y_train.npy", long(&training)),
                ("x_test.npy", plain(&test)),
                ("y_test.npy", long(&test)),
            ]),
        ),
    ] {
        for (part, digits) in [(Part::Training, &training), (Part::Test, &test)] {
            let data = load(&file, part).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_is(&data, digits);
        }
    }
}

#[test]
fn every_format_trains_to_the_same_model() {
    let sandbox = Sandbox::new();
    let (training, test) = (training(), test());
    training.write_idx(&sandbox.path("idx"), "train");
    test.write_idx(&sandbox.path("idx"), "t10k");
    let write = |name: &str, bytes: &[u8]| fs::write(sandbox.path(name), bytes).unwrap();
    write("mnist.pkl.gz", &gzip(&toy_pickle(Python::Two)));
    write("mnist.npz", &npz(&training, &test));
    write("mnist_train.csv", training.csv(false).as_bytes());
    write("mnist_test.csv", test.csv(false).as_bytes());
    write("kaggle-train.csv.gz", &gzip(training.csv(true).as_bytes()));
    write("kaggle-test.csv.gz", &gzip(test.csv(true).as_bytes()));
    for data in ["idx", "mnist.pkl.gz", "mnist.npz", "mnist_train.csv", "mnist_test.csv", "kaggle-train.csv.gz"] {
        let run = sandbox.line(&format!("train --data {data} --validation {VALIDATION} --epochs 2 -o {data}.json"));
        let run = run.success();
        let training = data.replace("test", "train"); // whichever of two tables is named
        assert!(run.stdout.contains(&format!("{training}: 40 images to train on")), "{}", run.stdout);
        assert!(sandbox.read(&format!("{data}.json")) == sandbox.read("idx.json"), "{data}");
        let eval = sandbox.line(&format!("eval idx.json --data {data}")).success();
        assert_eq!(eval.stderr, "", "the same images, however they are kept");
        assert!(eval.stdout.contains("9 images of the test split"), "{}", eval.stdout);
    }
}

#[test]
fn a_csv_file_alone_can_be_learned_from_but_not_tested_on() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("digits.csv"), training().csv(true)).unwrap();
    sandbox.line("train --data digits.csv --validation 8 --epochs 1").success();
    sandbox.line("eval model.json --data digits.csv --split validation").success();
    let words = ["no test images", "mnist_test.csv", "--split validation", "--evaluate-on validation"];
    sandbox.line("eval model.json --data digits.csv").failure(1, &words);
    sandbox.line("train --data digits.csv --validation 8 --evaluate-on test -o other.json").failure(1, &words);
    fs::rename(sandbox.path("digits.csv"), sandbox.path("digits_train.csv")).unwrap();
    let words = ["digits_train.csv has no test images beside it (there is no digits_test.csv)", "--split validation"];
    sandbox.line("eval model.json --data digits_train.csv").failure(1, &words);
}

#[test]
fn tables_and_arrays_as_pandas_gives_them_hold_the_same_digits() {
    let digits = training();
    let csv = digits.csv(true);
    let rows = csv.lines().map(|line| line.split_once(',').unwrap());
    let last = rows.map(|(label, pixels)| [pixels, label].join(",")).collect::<Vec<_>>().join("\n");
    assert_is(&load(last.as_bytes(), Part::Training).unwrap(), &digits);

    // DataFrame.to_numpy() has the pixels of one column together.
    let columns = (0..16).flat_map(|column| digits.pixels.iter().skip(column).step_by(16).copied());
    let rows = npy("|u1", &[digits.len(), 16], &columns.collect::<Vec<_>>());
    let header = String::from_utf8(rows[10..128].to_vec()).unwrap();
    let header = header.replace("'fortran_order': False", "'fortran_order': True ");
    let images = [&rows[..10], header.as_bytes(), &rows[128..]].concat();
    let labels = npy("|u1", &[digits.len()], &digits.labels);
    let archive = zip(&[("x_train.npy", images), ("y_train.npy", labels)]);
    assert_is(&load(&archive, Part::Training).unwrap(), &digits);
}

#[test]
fn labels_in_a_table_may_be_names() {
    let (training, test) = (training(), test());
    let names = ["cat", "ant", "an \"owl\"", "7"]; // of the labels 0 to 3; in order 7, an "owl", ant, cat
    let with_names = |digits: &Digits| {
        let mut rows: Vec<_> = digits.csv(true).lines().map(String::from).collect();
        for (row, &label) in rows[1..].iter_mut().zip(&digits.labels) {
            *row = format!("\"{}\",{}", names[usize::from(label)].replace('"', "\"\""), row.split_once(',').unwrap().1);
        }
        rows.join("\n")
    };
    let in_order = |digits: Digits| {
        let labels = digits.labels.iter().map(|&label| [3, 2, 1, 0][usize::from(label)]).collect();
        Digits { labels, ..digits }
    };
    let sandbox = Sandbox::new();
    // The first name of the test images is the number.
    let from = test.labels.iter().position(|&label| label == 3).unwrap();
    let test = test.part(from..test.len());
    fs::write(sandbox.path("toy_train.csv"), with_names(&training)).unwrap();
    fs::write(sandbox.path("toy_test.csv"), with_names(&test)).unwrap();
    for (part, digits) in [(Part::Training, training), (Part::Test, test)] {
        let data = Source::File(sandbox.path("toy_train.csv")).load(part, 1).unwrap();
        assert_is(&data, &in_order(digits));
        assert_eq!(data.identity().classes().all(), ["7", "an \"owl\"", "ant", "cat"]);
    }
    sandbox.line("train --data toy_train.csv --validation 8 --epochs 1 --quiet").success();
    assert_eq!(sandbox.line("eval model.json --data toy_train.csv").success().stderr, "");
    fs::write(sandbox.path("toy_test.csv"), "label,p\n,1\n").unwrap();
    let words = ["toy_test.csv has '' for a label in line 2, column 1, expected a name"];
    sandbox.line("eval model.json --data toy_train.csv").failure(1, &words);
}

#[test]
fn labels_in_an_archive_may_be_names() {
    let names = ["dog", "cat", "eel", "ant"]; // of the labels 0 to 3; in order ant, cat, dog, eel
    let of = |digits: &Digits, part: &str, names: Option<[&str; 4]>| {
        let images = npy("|u1", &[digits.len(), digits.side, digits.side], &digits.pixels);
        let labels = match names {
            // As numpy.array([...]) has them.
            Some(names) => {
                let text: Vec<char> =
                    digits.labels.iter().flat_map(|&label| names[usize::from(label)].chars()).collect();
                let bytes: Vec<u8> = text.iter().flat_map(|&c| u32::from(c).to_le_bytes()).collect();
                npy("<U3", &[digits.len()], &bytes)
            }
            None => npy("|u1", &[digits.len()], &digits.labels),
        };
        [(format!("x_{part}.npy"), images), (format!("y_{part}.npy"), labels)]
    };
    let archive = |members: [[(String, Vec<u8>); 2]; 2]| {
        let members = members.concat();
        zip(&members.iter().map(|(name, bytes)| (&name[..], bytes.clone())).collect::<Vec<_>>())
    };
    let (training, test) = (training(), test());
    let named = archive([of(&training, "train", Some(names)), of(&test, "test", Some(names))]);
    for (part, digits) in [(Part::Training, &training), (Part::Test, &test)] {
        let data = load(&named, part).unwrap();
        let in_order = digits.labels.iter().map(|&label| [2, 1, 3, 0][usize::from(label)]).collect::<Vec<_>>();
        assert_eq!((data.labels(), data.pixels()), (&in_order[..], &digits.pixels[..]));
        assert_eq!(data.identity().classes().all(), ["ant", "cat", "dog", "eel"]);
    }
    let mixed = archive([of(&training, "train", Some(names)), of(&test, "test", None)]);
    let error = load(&mixed, Part::Training).unwrap_err().to_string();
    assert!(error.contains("names for labels in one of y_train and y_test"), "{error}");
}

#[test]
fn pictures_in_directories_hold_the_same_digits() {
    for side in [4, SIDE] {
        let (training, test) = (Digits::toy_of(side, 48, 1), Digits::toy_of(side, 9, 2));
        let dir = TempDir::new().unwrap();
        training.write_pictures(&dir.path().join("train"), |label| label.to_string());
        test.write_pictures(&dir.path().join("test"), |label| label.to_string());
        for (part, digits) in [(Part::Training, &training), (Part::Test, &test)] {
            let data = load_directory(dir.path(), part).unwrap();
            assert_is(&data, &digits.spread());
            assert!(data.identity().classes().is_empty());
            assert!(data.identity().to_string().starts_with("pictures in "), "{}", data.identity());
            assert!(data.identity().name().starts_with("unknown pictures (SHA-256 of names and labels "));
        }
        // With names, and those of the training part alone. IDX files come first.
        let letters = TempDir::new().unwrap();
        training.write_pictures(letters.path(), |label| format!("class {label}"));
        let data = load_directory(letters.path(), Part::Training).unwrap();
        assert_is(&data, &training.spread());
        assert_eq!(data.identity().classes().all(), ["class 0", "class 1", "class 2", "class 3"]);
        test.write_idx(letters.path(), "train");
        assert_is(&load_directory(letters.path(), Part::Training).unwrap(), &test);
    }
}

#[test]
fn pictures_of_other_sizes_are_brought_into_mnists_form() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("photos");
    // Light on dark and dark on light, each of a size of its own.
    let stroke = |height: usize, width: usize, is_dark: bool| {
        let is_ink = |i: usize| (width / 3..width / 2).contains(&(i % width)) && (3..height - 4).contains(&(i / width));
        let pixels = (0..height * width).map(|i| if is_ink(i) == is_dark { 10 } else { 240 }).collect();
        Picture::new(height, width, pixels).unwrap()
    };
    let pictures = [stroke(40, 40, false), stroke(40, 40, true), stroke(90, 61, true), stroke(31, 70, false)];
    let path = |part: &str, name: &str| dir.join(part).join("I").join(name);
    for (part, pictures) in [("train", &pictures[..]), ("test", &pictures[..1])] {
        fs::create_dir_all(path(part, "")).unwrap();
        for (i, picture) in pictures.iter().enumerate() {
            fs::write(path(part, &format!("{i}.png")), png(picture)).unwrap();
        }
    }
    let expected = pictures.each_ref().map(|picture| normalized(picture, SIDE).unwrap().pixels().to_vec());
    let data = load_directory(&dir, Part::Training).unwrap();
    assert_eq!((data.geometry(), data.pixels()), ((SIDE, SIDE), &expected.concat()[..]));
    assert!(
        data.identity().name().starts_with("unknown pictures in MNIST's form (SHA-256"),
        "{}",
        data.identity().name()
    );
    assert!(mnist_mlp::data::known::are_in_mnists_form(data.identity().name()));
    // The training pictures decide, so that the test picture alone is one of theirs.
    let test = load_directory(&dir, Part::Test).unwrap();
    assert_eq!((test.geometry(), test.pixels()), ((SIDE, SIDE), &expected[0][..]));
    // A network of such is shown other pictures in the same form, and nothing is to be said of that.
    sandbox.line("train --data photos --validation 1 --batch-size 3 --epochs 1 --quiet").success();
    assert_eq!(sandbox.line("predict model.json photos/train/I/2.png").success().stderr, "");

    fs::write(path("train", "5.png"), png(&Picture::new(28, 28, vec![255; 784]).unwrap())).unwrap();
    let error = load_directory(&dir, Part::Training).unwrap_err();
    assert!(matches!(&error, SourceError::File { path, problem: FileError::NoDigit(_) } if path.ends_with("5.png")));
    assert!(error.to_string().contains("5.png is blank or too faint"), "{error}");
    // Squares of one size may be too large.
    let large = TempDir::new().unwrap();
    for (class, side) in [("I", 64), ("J", 64)] {
        fs::create_dir(large.path().join(class)).unwrap();
        fs::write(large.path().join(class).join("1.png"), png(&stroke(side, side, false))).unwrap();
    }
    assert_eq!(load_directory(large.path(), Part::Training).unwrap().geometry(), (64, 64));
    for class in ["I", "J"] {
        fs::write(large.path().join(class).join("1.png"), png(&stroke(65, 65, false))).unwrap();
    }
    assert_eq!(load_directory(large.path(), Part::Training).unwrap().geometry(), (SIDE, SIDE));
}

#[test]
fn what_is_wrong_with_pictures_in_directories_is_said() {
    let dir = TempDir::new().unwrap();
    let error = |part| load_directory(dir.path(), part).unwrap_err();
    // As ever, where there are neither files nor pictures.
    fs::create_dir_all(dir.path().join("A")).unwrap();
    assert!(matches!(error(Part::Training), SourceError::NoImages(_)));
    fs::create_dir_all(dir.path().join("train/A")).unwrap();
    assert!(matches!(error(Part::Training), SourceError::NoPictures { part: Part::Training, .. }));
    let said = error(Part::Training).to_string().replace('\\', "/");
    assert!(said.contains("has no pictures to train on: they belong in") && said.contains("/train/CLASS"), "{said}");

    training().write_pictures(&dir.path().join("train"), |label| label.to_string());
    load_directory(dir.path(), Part::Training).unwrap();
    assert!(matches!(error(Part::Test), SourceError::NoPictures { part: Part::Test, .. }));

    // Of another size than those to train on.
    Digits::toy_of(5, 1, 0).write_pictures(&dir.path().join("test"), |label| label.to_string());
    let other_size = error(Part::Test);
    let SourceError::File { path, problem: FileError::PictureSize { width: 5, height: 5, side: 4 } } = &other_size
    else {
        panic!("{other_size:?}")
    };
    assert!(path.ends_with("test/0/000.png"));

    // Whatever is wrong with a picture, of several the first in order.
    let whole = png(&training().picture(0));
    for bytes in [&b""[..], b"GIF89a", &whole[..20], &whole[..whole.len() - 20]] {
        for name in ["999.png", "998.JPG"] {
            fs::write(dir.path().join("train/0").join(name), bytes).unwrap();
        }
        let SourceError::File { path, problem: FileError::BadPicture(_) } = error(Part::Training) else {
            panic!("{bytes:?}")
        };
        assert!(path.ends_with("998.JPG"), "{}", path.display());
    }

    let many = TempDir::new().unwrap();
    for class in 0..300 {
        fs::create_dir(many.path().join(class.to_string())).unwrap();
        fs::write(many.path().join(format!("{class}/1.png")), &whole).unwrap();
    }
    let error = load_directory(many.path(), Part::Training).unwrap_err();
    assert!(matches!(error, SourceError::TooManyClasses { classes: 300, .. }), "{error:?}");
    (256..300).for_each(|class| fs::remove_dir_all(many.path().join(class.to_string())).unwrap());
    assert_eq!(load_directory(many.path(), Part::Training).unwrap().classes(), 256);
}

#[test]
fn letters_in_directories_are_learned() {
    let sandbox = Sandbox::new();
    let letter = |label: u8| char::from(b'A' + label).to_string();
    Digits::toy(48, 1).write_pictures(&sandbox.path("letters"), letter);
    let train = "train --data letters --validation 8 --hidden 5 --epochs 1";
    let run = sandbox.line(train).success();
    assert!(run.stdout.contains("pictures in letters: 40 images to train on"), "{}", run.stdout);
    assert!(run.stdout.contains("16-5-4") && !run.stdout.contains("sorted by label"), "{}", run.stdout);
    assert_eq!(sandbox.json("model.json")["training"]["classes"], serde_json::json!(["A", "B", "C", "D"]));
    sandbox.line("eval model.json --data letters --split validation").success();
    let words = [
        "letters has no test pictures",
        "letters/test/CLASS",
        "a directory may have these alone",
        "--split validation",
    ];
    sandbox.line("eval model.json --data letters").failure(1, &words);
    sandbox.line(&format!("{train} --evaluate-on test -o other.json")).failure(1, &words);

    fs::create_dir(sandbox.path("sorted")).unwrap();
    fs::rename(sandbox.path("letters"), sandbox.path("sorted/training")).unwrap();
    Digits::toy(9, 2).write_pictures(&sandbox.path("sorted/testing"), letter);
    sandbox
        .line("train --data sorted --validation 8 --hidden 5 --epochs 1 -o sorted.json --evaluate-on test")
        .success();
    let eval = sandbox.line("eval sorted.json --data sorted").success();
    assert!(eval.stdout.contains("9 images of the test split") && eval.stderr.is_empty(), "{}", eval.stderr);
    // Without names, what the command line says of numbers stays as it is.
    sandbox
        .line("train --data nowhere")
        .failure(1, &["nowhere does not exist", "pictures in directories of their classes"]);
}

#[test]
fn training_images_alone_are_enough_until_somebody_asks_for_others() {
    let sandbox = Sandbox::new();
    let training = training();
    training.write_idx(&sandbox.path("idx"), "train");
    let images = npy("|u1", &[training.len(), training.side, training.side], &training.pixels);
    let labels = npy("|u1", &[training.len()], &training.labels);
    let archive = zip(&[("x_train.npy", images), ("y_train.npy", labels)]);
    fs::write(sandbox.path("digits.npz"), archive).unwrap();
    for (data, lacks) in [
        ("idx", "idx lacks t10k-images-idx3-ubyte"),
        (
            "digits.npz",
            "lacks the array 'x_test': test images are in x_test, their labels in y_test (--split validation",
        ),
    ] {
        let run = sandbox.line(&format!("train --data {data} --validation 8 --epochs 1 -o {data}.json")).success();
        // What is suggested works without test images.
        let suggested = run.stdout.lines().find_map(|line| line.strip_prefix("evaluate ")).unwrap();
        assert!(suggested.ends_with(" --split validation"), "{suggested}");
        sandbox.run(suggested.split_whitespace().skip(1)).success();
        // Nor is anything suggested, when a training goes on, that has no images.
        let none = format!("train --data {data} --validation 0 --monitor none --epochs 1 --quiet -o none.json");
        sandbox.line(&none).success();
        let run = sandbox.line(&format!("train --data {data} --resume none.json --epochs 2")).success();
        assert!(!run.stdout.contains("\nevaluate"), "{}", run.stdout);
        for line in ["eval MODEL --split validation", "eval MODEL --split train", "show --split train --model MODEL"] {
            let line = line.replace("MODEL", &format!("{data}.json"));
            sandbox.line(&format!("{line} --data {data}")).success();
        }
        sandbox.line(&format!("tune --data {data} --validation 8 --epochs 1 --trials 1 --quiet")).success();
        sandbox.line(&format!("eval {data}.json --data {data}")).failure(1, &[lacks]);
        sandbox
            .line(&format!("train --data {data} --validation 8 --evaluate-on test -o other.json"))
            .failure(1, &[lacks]);
    }
    assert!(sandbox.read("idx.json") == sandbox.read("digits.npz.json"));
}

#[test]
fn a_table_without_labels_is_not_taken_for_the_other_part() {
    let sandbox = Sandbox::new();
    let (training, test) = (training().csv(true), test().csv(true));
    let unlabelled =
        |table: &str| table.lines().map(|line| line.split_once(',').unwrap().1.to_string() + "\n").collect::<String>();
    let write = |name: &str, text: &str| fs::write(sandbox.path(name), text).unwrap();
    write("train.csv", &training);
    write("test.csv", &unlabelled(&test));
    let train = "train --data train.csv --validation 8 --epochs 1";
    // Nobody trains on it, nor can it be evaluated on, but it can be answered.
    let run = sandbox.line(train).success();
    assert!(run.stdout.contains("16-30-4") && run.stdout.contains("--split validation\n"), "{}", run.stdout);
    sandbox
        .line("eval model.json --data train.csv")
        .failure(1, &["test.csv has no labels: --split validation and", "'predict' answers these"]);
    for named in ["train.csv", "test.csv"] {
        sandbox.line(&format!("eval model.json --split validation --data {named}")).success();
    }
    let answers = sandbox.line("predict model.json test.csv --format json").success().stdout;
    write("test.csv", &test);
    sandbox.line("eval model.json --data train.csv --answers answers.csv").success();
    let expected = sandbox.read("answers.csv");
    let expected: Vec<_> = expected.lines().skip(1).map(|row| row.split(',').nth(2).unwrap().to_string()).collect();
    let found = answers.lines().enumerate().map(|(i, line)| {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&answer["file"], &answer["index"]), (&"test.csv".into(), &i.into()));
        answer["label"].to_string()
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);
    let text = sandbox.line("predict model.json test.csv train.csv").success().stdout;
    assert!(text.starts_with("test.csv #0: ") && text.contains("\ntrain.csv #39: "), "a label is no pixel: {text}");
    let upright = unlabelled(&test);
    let inverted = upright.lines().map(|line| {
        let fields =
            line.split(',').map(|field| field.parse::<u8>().map_or(field.to_string(), |n| (255 - n).to_string()));
        fields.collect::<Vec<_>>().join(",") + "\n"
    });
    write("inverted.csv", &inverted.collect::<String>());
    let said = sandbox.line("predict model.json inverted.csv").success().stderr;
    assert!(said.contains("are they dark on light?"), "{said}");

    // It may be the training images that lack them, or both are sound and of different sizes.
    write("train.csv", &unlabelled(&training));
    write("test.csv", &test);
    sandbox
        .line("eval model.json --data test.csv")
        .failure(1, &["train.csv has 16 columns, test.csv 17: does it lack"]);
    write("train.csv", &training);
    write("test.csv", "1,2,3,4,5\n");
    sandbox.line(train).failure(1, &["test.csv has 5 columns, train.csv 17: both need a label and images of one size"]);
}

#[test]
fn a_directory_that_a_download_can_complete_is_said_to_be_one() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("data")).unwrap();
    sandbox.line("train --data data").failure(1, &["to fetch the missing files of MNIST: ", " download\n"]);
}

#[test]
fn qmnists_rows_of_integers_are_labels() {
    let dir = TempDir::new().unwrap();
    let (training, test) = (training(), test());
    for (digits, part) in [(&training, "train"), (&test, "test")] {
        digits.write_idx(dir.path(), &format!("qmnist-{part}"));
        fs::remove_file(dir.path().join(format!("qmnist-{part}-labels-idx1-ubyte"))).unwrap();
        let mut file = vec![0, 0, 12, 2];
        file.extend((digits.len() as u32).to_be_bytes());
        file.extend(8_u32.to_be_bytes());
        for &label in &digits.labels {
            file.extend(
                [u32::from(label), 4, 2_100, 17, 30 + u32::from(label), 281_769, 0, 0].map(u32::to_be_bytes).concat(),
            );
        }
        fs::write(dir.path().join(format!("qmnist-{part}-labels-idx2-int.gz")), gzip(&file)).unwrap();
    }
    let source = Source::Directory(dir.path().to_path_buf());
    assert_is(&source.load(Part::Training, 1).unwrap(), &training);
    assert_is(&source.load(Part::Test, 1).unwrap(), &test);
    assert_eq!(Source::default_in(dir.path()), source);
}

/// EMNIST's images lie on their side, and its letters count from 1.
fn emnist(dir: &Path, split: &str, first_label: u8) {
    for (digits, part) in [(training(), "train"), (test(), "test")] {
        let lying = |image: &[u8]| (0..16).map(|i| image[i % 4 * 4 + i / 4]).collect::<Vec<_>>();
        let pixels = digits.pixels.chunks(16).flat_map(lying).collect();
        let labels = digits.labels.iter().map(|label| label + first_label).collect();
        Digits { side: 4, pixels, labels }.write_idx(dir, &format!("emnist-{split}-{part}"));
    }
}

#[test]
fn emnist_is_set_up_and_its_letters_counted_from_0() {
    for (split, first_label, classes) in [("letters", 1, 26), ("balanced", 0, 47), ("digits", 0, 4), ("mnist", 0, 4)] {
        let dir = TempDir::new().unwrap();
        emnist(dir.path(), split, first_label);
        let source = Source::Directory(dir.path().to_path_buf());
        for (part, digits) in [(Part::Training, training()), (Part::Test, test())] {
            let data = source.load(part, 1).unwrap();
            assert!(data.pixels() == digits.pixels && data.labels() == digits.labels);
            assert_eq!(data.classes(), classes, "all that have names: {split}");
        }
    }
    let dir = TempDir::new().unwrap();
    emnist(dir.path(), "letters", 0);
    let error = Source::Directory(dir.path().to_path_buf()).load(Part::Training, 1).unwrap_err();
    assert!(matches!(error, SourceError::File { problem: FileError::FirstLabel { first: 1, .. }, .. }), "{error:?}");
}

#[test]
fn a_directory_with_the_name_of_a_file_does_not_hide_the_file_beside_it() {
    let sandbox = Sandbox::with_tiny_data();
    for file in fs::read_dir(sandbox.path("idx")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::rename(&path, path.with_file_name(name.replace("-idx", ".idx"))).unwrap();
        fs::create_dir(&path).unwrap();
    }
    let line = "train --data idx --validation 11 --epochs 1 --quiet";
    sandbox.line(line).success();
    fs::remove_file(sandbox.path("idx/train-images.idx3-ubyte")).unwrap();
    sandbox.line(line).failure(1, &["train-images-idx3-ubyte", "directory"]);
}

#[test]
fn two_datasets_in_one_directory_are_not_guessed_between() {
    let dir = TempDir::new().unwrap();
    emnist(dir.path(), "letters", 1);
    emnist(dir.path(), "digits", 0);
    let error = Source::Directory(dir.path().to_path_buf()).load(Part::Training, 1).unwrap_err();
    assert!(matches!(&error, SourceError::Ambiguous { .. }), "{error:?}");
    assert!(error.to_string().contains("emnist-letters-train"), "{error}");
}

#[test]
fn files_of_other_kinds_are_told_apart() {
    use FileError as E;
    assert!(matches!(problem(b""), E::Idx(IdxError::Empty)));
    assert!(matches!(problem(b"<!DOCTYPE html>"), E::Idx(IdxError::Html)));
    assert!(matches!(problem(&npy("|u1", &[2], &[1, 2])), E::LoneArray));
    assert!(matches!(problem(b"\x89PNG\r\n\x1a\n"), E::Picture));
    assert!(matches!(problem(b"\xff\xd8\xff\xe0"), E::Picture));
    assert!(matches!(problem(br#"{"sizes":[784,30,10],"weights":"#), E::Json));
    assert!(problem(b"GIF89a").to_string().ends_with("(it starts with the bytes 47 49 46 38)"));
    assert!(matches!(problem(b"no comma in sight"), E::Unknown(_)));
    assert!(matches!(problem(b"no table;\nthough\twith\tmarks"), E::Unknown(_)));
    for text in ["5;0;1;2;255\n", "\u{feff}label;a;b;c;d\n5;0;1;2;255\n", "5\t0\t1\t2\t255\n"] {
        assert!(matches!(problem(text.as_bytes()), E::Csv(CsvError::Separator)), "{text}");
    }
    assert!(matches!(problem(&gzip(&b"0,".repeat(9 << 20))), E::Csv(CsvError::LongRow)));
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| "\u{feff}5,0,1,2,255\n".encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    assert!(matches!(problem(&utf_16(u16::to_le_bytes)), E::Csv(CsvError::Utf16)));
    assert!(matches!(problem(&gzip(&utf_16(u16::to_be_bytes))), E::Csv(CsvError::Utf16)));
    assert!(matches!(problem(b"\xff\xfe\x01\x02"), E::Unknown(_)));
    assert!(matches!(problem(&gzip(b"<html>")), E::Idx(IdxError::Html)));
    let mut idx = Vec::new();
    Idx { dims: vec![2], bytes: vec![1, 2] }.write(&mut idx).unwrap();
    assert!(matches!(problem(&gzip(&idx)), E::LoneIdx));
}

#[test]
fn pickles_of_other_things_are_refused() {
    use PickleError as E;
    let pickle = |contents: &[u8]| match problem(contents) {
        FileError::Pickle(problem) => problem,
        other => panic!("expected a fault of the pickle, got {other:?}"),
    };
    // What a pickle can do to those who trust it.
    assert!(matches!(pickle(b"\x80\x02cos\nsystem\nU\x04echo\x85R."), E::Name(name) if name == "os.system"));
    assert!(matches!(pickle(b"\x80\x04\x8c\x02os\x8c\x06system\x93."), E::Name(name) if name == "os.system"));
    // A dictionary, a list, an old protocol, a new one.
    assert!(matches!(pickle(b"\x80\x02}."), E::Instruction { code: b'}', at: 2 }));
    assert!(matches!(pickle(b"\x80\x02]."), E::Instruction { code: b']', .. }));
    assert!(matches!(pickle(b"\x80\x05N."), E::Protocol(5)));
    // Sound pickles of None, of a number, of nothing, of three numbers.
    for contents in [&b"\x80\x02N."[..], b"\x80\x02K\x07.", b"\x80\x02.", b"\x80\x02K\x01K\x02K\x03\x87."] {
        assert!(matches!(pickle(contents), E::Expected { .. }), "{contents:?}");
    }
    // Instructions that lack what they work on.
    for contents in
        [&b"\x80\x02t."[..], b"\x80\x02\x87.", b"\x80\x02R.", b"\x80\x02b.", b"\x80\x02q\x00.", b"\x80\x02h\x00."]
    {
        assert!(matches!(pickle(contents), E::Expected { .. }), "{contents:?}");
    }
}

#[test]
fn a_pickle_must_end_where_it_says() {
    use PickleError as E;
    let file = toy_pickle(Python::Two);
    for len in (1..file.len()).step_by(7) {
        assert!(matches!(problem(&file[..len]), FileError::Pickle(E::CutOff(_))), "cut to {len} bytes");
        // Half of the packed file is no pickle cut off, but a file.
    }
    let packed = gzip(&file);
    assert!(matches!(problem(&packed[..packed.len() / 2]), FileError::GzipTruncated));
    let mut damaged = packed.clone();
    let sum = damaged.len() - 8;
    damaged[sum] ^= 1;
    assert!(matches!(problem(&damaged), FileError::GzipCorrupt(_)));
    assert!(matches!(problem(&[&file[..], b"N"].concat()), FileError::Pickle(E::TooLong(_))));
}

#[test]
fn promises_of_a_pickle_cost_no_memory() {
    use PickleError as E;
    // A text of 4 gigabytes, one of 2^64 bytes, of which three bytes are there.
    let allocated = allocation_counter::measure(|| {
        let long = problem(b"\x80\x02T\xff\xff\xff\xffabc");
        assert!(matches!(long, FileError::Pickle(E::CutOff(10))), "{long:?}");
        let longer = problem(b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc");
        assert!(matches!(longer, FileError::Pickle(E::CutOff(14))), "{longer:?}");
    });
    assert!(allocated.bytes_max < 1 << 22, "{} bytes", allocated.bytes_max);
    // More values than any dataset has, tuples in tuples, and a memory of everything.
    let many = |instructions: &[u8]| problem(&[b"\x80\x02N", &instructions.repeat(1_000_000)[..]].concat());
    for instructions in [&b"N"[..], b"\x85", b"(", b"N\x94"] {
        assert!(matches!(many(instructions), FileError::Pickle(E::TooMuch)), "{instructions:?}");
    }
}

#[test]
fn archives_of_other_things_are_refused() {
    use NpzError as E;
    let npz_problem = |members: &[(&str, Vec<u8>)]| match problem(&zip(members)) {
        FileError::Npz(problem) => problem,
        other => panic!("expected a fault of the archive, got {other:?}"),
    };
    let images = npy("|u1", &[1, 2, 2], &[1, 2, 3, 4]);
    assert!(matches!(npz_problem(&[]), E::Missing("x_train")));
    assert!(matches!(npz_problem(&[("x_train.npy", images.clone())]), E::Missing("y_train")));
    let with = |images: Vec<u8>| npz_problem(&[("x_train.npy", images)]);
    assert!(matches!(with(b"text".to_vec()), E::Header("x_train")));
    assert!(matches!(with(images[..images.len() - 1].to_vec()), E::TooShort { promised: 4, found: 3, .. }));
    assert!(matches!(with([&images[..], b"x"].concat()), E::TooLong("x_train")));
    assert!(matches!(with(npy("|u1", &[1 << 20, 1 << 20], &[])), E::ExceedsFile { .. }));
    assert!(matches!(with(npy("<U8", &[1, 4], &[0; 128])), E::Array { problem: ArrayError::Texts, .. }));
    assert!(matches!(with(npy("|O", &[1, 4], &[0; 32])), E::Array { problem: ArrayError::Objects, .. }));
    assert!(matches!(with(npy("|u1", &[1, 3], &[0; 3])), E::Array { problem: ArrayError::NotSquare(3), .. }));
    assert!(matches!(problem(b"PK\x03\x04 and no more"), FileError::Npz(E::Archive(_))));
}

#[test]
fn a_table_is_named_with_the_place_of_its_fault() {
    let run = load(b"1,2,3,4,5\n1,2,x,4,5\n", Part::Training).unwrap_err();
    assert!(matches!(
        &run,
        SourceError::File { problem: FileError::Csv(CsvError::Pixel { line: 2, column: 3, .. }), .. }
    ));
    assert!(run.to_string().ends_with("'x' for a pixel in line 2, column 3, expected a whole number from 0 to 255"));
}

proptest! {
    #[test]
    fn any_damage_to_a_pickle_is_refused_or_harmless(
        python in prop_oneof![Just(Python::TwoOld), Just(Python::Two), Just(Python::Three)],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut file = toy_pickle(python);
        // Most of the file is data: half of the changes are to go into instructions.
        let instructions: Vec<_> = (0..file.len()).filter(|&i| i < 200 || file[i] > 32).collect();
        for (i, (place, byte)) in changes.iter().enumerate() {
            let place = if i % 2 == 0 { instructions[place.index(instructions.len())] } else { place.index(file.len()) };
            file[place] = *byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()) + 1);
        }
        check(&file)?;
    }

    #[test]
    fn any_instructions_are_run_or_refused(
        instructions in prop::collection::vec(prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            prop::sample::select(&b"(NK)tRbqh\x85\x86\x87\x88\x94\x93."[..]).prop_map(|code| vec![code]),
            Just(b"cnumpy\ndtype\n".to_vec()),
            Just(b"cnumpy\nndarray\n".to_vec()),
            Just(b"cnumpy.core.multiarray\n_reconstruct\n".to_vec()),
            Just(b"U\x02u1".to_vec()),
        ], 0..40)
    ) {
        check(&[b"\x80\x02", &instructions.concat()[..]].concat())?;
    }

    #[test]
    fn any_damage_to_an_archive_is_refused_or_harmless(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut file = npz(&training(), &test());
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()) + 1);
        }
        check(&file)?;
    }

    #[test]
    fn any_header_of_an_array_is_read_or_refused(header in "[{}()', :a-z0-9<|]{0,80}", data in prop::collection::vec(any::<u8>(), 0..40)) {
        let header = format!("{{'descr': '<f4', {header}'fortran_order': False, 'shape': (1, {header}");
        let member = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &data].concat();
        check(&zip(&[("x_train.npy", member)]))?;
    }

    #[test]
    fn any_array_of_labels_is_read_or_refused(
        kind in "[<>|]?[SUOuifb]",
        size in prop_oneof![0_usize..9, 250_usize..260],
        shape in prop_oneof![Just(vec![3]), Just(vec![3, 1]), Just(vec![1, 3]), Just(vec![])],
        data in prop::collection::vec(any::<u8>(), 0..3200),
    ) {
        let mut data = data;
        if data.len() % 2 == 0 {
            // As long as it should be, so that it is looked at.
            data.resize(3 * size * if kind.ends_with('U') { 4 } else { 1 }, b'a');
        }
        let images = npy("|u1", &[3, 2, 2], &[7; 12]);
        let labels = npy(&format!("{kind}{size}"), &shape, &data);
        check(&zip(&[("x_train.npy", images), ("y_train.npy", labels)]))?;
    }

    #[test]
    fn any_damage_to_pictures_is_refused_or_harmless(
        is_large in any::<bool>(),
        names in prop::collection::vec(prop::sample::select(&["A", "B", "0", "1", "train", "test", "256"][..]), 6),
        changes in prop::collection::vec((0..6_usize, any::<prop::sample::Index>(), any::<u8>()), 0..5),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let dir = TempDir::new().unwrap();
        let digits = Digits::toy_of(if is_large { 70 } else { 4 }, 6, 1);
        let mut files: Vec<_> = (0..6).map(|i| png(&digits.picture(i))).collect();
        for (file, place, byte) in changes {
            let place = place.index(files[file].len());
            files[file][place] = byte;
        }
        if let Some(cut) = cut {
            let len = cut.index(files[0].len());
            files[0].truncate(len);
        }
        for (i, (file, name)) in files.iter().zip(&names).enumerate() {
            let part = if i < 4 { "train" } else { "test" };
            let directory = if i % 3 == 0 { dir.path().join(name) } else { dir.path().join(part).join(name) };
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(format!("{i}.png")), file).unwrap();
        }
        check_parts(|part| load_directory(dir.path(), part))?;
    }

    #[test]
    fn any_text_is_read_as_a_table_or_refused(
        header in prop_oneof![Just(""), Just("label,a\n"), Just("a,y,b,c,d\n")],
        text in "[0-9,.\"\n\re x-]{0,200}",
    ) {
        check((header.to_string() + &text).as_bytes())?;
    }
}

/// Loading gives a sound dataset or an error.
fn check(file: &[u8]) -> Result<(), TestCaseError> {
    check_parts(|part| load(file, part))
}

fn check_parts(load: impl Fn(Part) -> Result<Dataset, SourceError>) -> Result<(), TestCaseError> {
    for part in [Part::Training, Part::Test] {
        if let Ok(data) = load(part) {
            prop_assert!(!data.is_empty());
            prop_assert!(data.labels().iter().all(|&label| usize::from(label) < data.classes()));
            prop_assert_eq!(data.pixels().len(), data.len() * data.image_size());
        }
    }
    Ok(())
}

/// The IDX file is sparse: it has 100 images at its beginning, and then a gigabyte of nothing, which takes no room.
#[test]
fn a_file_that_is_mapped_trains_to_the_same_bytes_as_one_that_is_read() {
    const SIDE: u32 = 100;
    const IMAGES: u32 = (1 << 30) / (SIDE * SIDE) + 1;
    let sandbox = Sandbox::new();
    let labels = Idx { dims: vec![IMAGES], bytes: (0..IMAGES).map(|i| (i % 3) as u8).collect() };
    let ink = |i: u32| u8::try_from(i % 251).unwrap() * u8::from(i.is_multiple_of(7));
    for (directory, images) in [("mapped", IMAGES), ("read", 200)] {
        fs::create_dir(sandbox.path(directory)).unwrap();
        for part in ["train", "t10k"] {
            let path = |name: &str| sandbox.path(directory).join(format!("{part}-{name}"));
            let images = if part == "train" { images } else { 1 };
            let labels = Idx { dims: vec![images], bytes: labels.bytes[..images as usize].to_vec() };
            labels.write(fs::File::create(path("labels-idx1-ubyte")).unwrap()).unwrap();
            let header = [[0, 0, 8, 3], images.to_be_bytes(), SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat();
            let pixels: Vec<u8> = (0..images.min(100) * SIDE * SIDE).map(ink).collect();
            fs::write(path("images-idx3-ubyte"), [header, pixels].concat()).unwrap();
            let file = fs::OpenOptions::new().write(true).open(path("images-idx3-ubyte")).unwrap();
            file.set_len(16 + u64::from(images * SIDE * SIDE)).unwrap();
        }
    }
    // Distorted images are no longer those of the file: without them its own pixels are learned from.
    for options in ["--monitor all", "--augment affine"] {
        let trained = |directory: &str| {
            let train = "train --train-size 90 --validation 5 --hidden 4 --epochs 2 --quiet";
            sandbox.line(&format!("{train} {options} --data {directory} -o {directory}.json --force")).success();
            let model = sandbox.json(&format!("{directory}.json"));
            ["weights", "biases", "history"].map(|part| model[part].clone())
        };
        assert_eq!(trained("mapped"), trained("read"), "{options}");
    }
}
