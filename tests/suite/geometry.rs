//! Other data than 28 x 28 digits: any geometry, any number of classes, odd mini-batches, classes that a split lacks.

use std::fs;
use std::path::Path;

use crate::common::Sandbox;

/// Images of `rows` x `cols` pixels: each class has bright pixels of its own, and noise that a seed decides.
fn write_part(sandbox: &Sandbox, prefix: &str, (rows, cols): (usize, usize), classes: usize, labels: &[u8]) {
    let mut noise = 7_u32;
    let mut pixels = Vec::new();
    for &label in labels {
        for i in 0..rows * cols {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bright = i % classes == usize::from(label);
            pixels.push(if bright {
                200 + (noise >> 27) as u8
            } else if noise >> 30 == 0 {
                60
            } else {
                0
            });
        }
    }
    let sizes = |sizes: &[usize]| -> Vec<u8> { sizes.iter().flat_map(|&n| (n as u32).to_be_bytes()).collect() };
    let images = [&[0, 0, 8, 3], &sizes(&[labels.len(), rows, cols])[..], &pixels].concat();
    let labels = [&[0, 0, 8, 1], &sizes(&[labels.len()])[..], labels].concat();
    fs::create_dir_all(sandbox.path("other")).unwrap();
    fs::write(sandbox.path(&format!("other/{prefix}-images-idx3-ubyte")), images).unwrap();
    fs::write(sandbox.path(&format!("other/{prefix}-labels-idx1-ubyte")), labels).unwrap();
}

/// `n` labels, each class in turn, without those that are `missing`.
fn labels(n: usize, classes: usize, missing: Option<u8>) -> Vec<u8> {
    (0..classes as u8).cycle().filter(|&label| Some(label) != missing).take(n).collect()
}

fn data(geometry: (usize, usize), classes: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    write_part(&sandbox, "train", geometry, classes, &labels(40 * classes, classes, None));
    write_part(&sandbox, "t10k", geometry, classes, &labels(5 * classes, classes, None));
    sandbox
}

fn accuracy(sandbox: &Sandbox, line: &str) -> f64 {
    let run = sandbox.line(line).success();
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    json["accuracy"].as_f64().unwrap()
}

#[test]
fn any_geometry_and_any_number_of_classes_is_learned_by_every_means() {
    for (geometry, classes) in [((8, 8), 10), ((28, 28), 26), ((28, 28), 47), ((3, 20), 2), ((1, 30), 5)] {
        let sandbox = data(geometry, classes);
        for options in [
            "",
            "--cost log-likelihood --activation relu --init he --optimizer adamw --eta 0.01 --dropout 0.1",
            "--expand shift --epochs 5",
            "--augment affine,elastic --rotation 2 --translation 0 --scale 0.02 --shear 0 --alpha 1",
            "--engine reference --epochs 8",
        ] {
            // With two classes, an image that is moved by a pixel is one of the other class.
            let moves = options.contains("--expand");
            if moves && classes == 2 {
                continue;
            }
            let line = format!(
                "train --data other --validation {} --hidden 23 --batch-size 7 --lambda 0 {options} -q -o m.json",
                5 * classes
            );
            let line = if options.contains("--epochs") { line } else { format!("{line} --epochs 15") };
            sandbox.line(&line).success();
            let found = accuracy(&sandbox, "eval m.json --data other --format json");
            // A pixel that is moved is bright where another class has its own: then twice as good as chance is enough.
            let enough = if moves { 2.0 / classes as f64 } else { 0.9 };
            assert!(found >= enough, "{geometry:?}, {classes} classes, {options}: {found}");
        }
    }
}

#[test]
fn a_split_may_lack_a_class() {
    let (geometry, classes) = ((8, 8), 10);
    for (missing_in_training, missing_in_test) in [(Some(3), None), (None, Some(9)), (Some(9), None)] {
        let sandbox = Sandbox::new();
        write_part(&sandbox, "train", geometry, classes, &labels(400, classes, missing_in_training));
        write_part(&sandbox, "t10k", geometry, classes, &labels(50, classes, missing_in_test));
        // The five validation images lack classes too.
        let line = "train --data other --validation 5 --batch-size 7 --lambda 0 --epochs 15 -q -o m.json --monitor all";
        sandbox.line(line).success();
        assert_eq!(sandbox.json("m.json")["sizes"], serde_json::json!([64, 30, 10]));
        let run = sandbox.line("eval m.json --data other --format json").success();
        let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let support = |label: usize| json["per_class"][label]["support"].as_u64().unwrap();
        assert_eq!(json["per_class"].as_array().unwrap().len(), classes);
        assert_eq!(support(9) == 0, missing_in_test == Some(9));
        let least = if missing_in_training.is_some() { 0.8 } else { 0.9 };
        assert!(json["accuracy"].as_f64().unwrap() >= least, "{json}");
        let validation = sandbox.line("eval m.json --data other --split validation").success();
        assert!(validation.stdout.contains("5 images of the validation split"), "{}", validation.stdout);
    }
}

#[test]
fn a_model_knows_how_high_and_how_wide_its_images_are() {
    let (tall, wide) = (data((6, 4), 3), data((4, 6), 3));
    let train = "train --data other --validation 15 --epochs 3 --quiet";
    for (sandbox, shape) in [(&tall, [6, 4]), (&wide, [4, 6])] {
        sandbox.line(&format!("{train} -o m.json")).success();
        assert_eq!(sandbox.json("m.json")["training"]["image"], serde_json::json!(shape));
    }
    fs::copy(wide.path("m.json"), tall.path("wide.json")).unwrap();
    let words = ["wide.json was trained on images of 4 x 6 pixels, these have 6 x 4"];
    for command in [
        "eval wide.json --data other",
        "show --model wide.json --data other",
        "report wide.json --data other -o page.html",
        "predict wide.json other/t10k-images-idx3-ubyte",
        &format!("{train} --from wide.json -o on.json"),
        "train --data other --resume wide.json",
    ] {
        tall.line(command).failure(1, &words);
    }
    let merge = tall.line("merge m.json wide.json -o both.json");
    merge.failure(1, &["wide.json", "images of 4 x 6 pixels, but the first has images of 6 x 4 pixels"]);

    // The rows of a table are cut as the model's images are.
    let pixels = fs::read(tall.path("other/t10k-images-idx3-ubyte")).unwrap()[16..].to_vec();
    let rows = pixels.chunks(24).map(|image| image.iter().map(u8::to_string).collect::<Vec<_>>().join(",") + "\n");
    fs::write(tall.path("flat.csv"), rows.collect::<String>()).unwrap();
    let outputs = |file: &str| {
        let run = tall.line(&format!("predict m.json {file} --shifts 1 --format json")).success();
        run.stdout.replace(file, "")
    };
    assert_eq!(outputs("flat.csv"), outputs("other/t10k-images-idx3-ubyte"));

    // Where rows are as long as those of squares, they are no squares either.
    let oblong = data((2, 8), 2);
    oblong.line(&format!("{train} -o m.json")).success();
    let images = fs::read(oblong.path("other/train-images-idx3-ubyte")).unwrap()[16..].to_vec();
    let labels = fs::read(oblong.path("other/train-labels-idx1-ubyte")).unwrap()[8..].to_vec();
    let rows = labels.iter().zip(images.chunks(16)).map(|(label, image)| {
        let row = [&[*label], image].concat();
        row.iter().map(u8::to_string).collect::<Vec<_>>().join(",") + "\n"
    });
    fs::write(oblong.path("rows.csv"), rows.collect::<String>()).unwrap();
    let figures =
        |data: &str| accuracy(&oblong, &format!("eval m.json --data {data} --split all --shifts 1 --format json"));
    assert!((figures("other") - figures("rows.csv")).abs() < 1e-12);
    let picture = mnist_mlp::picture::Picture::new(4, 4, vec![0; 16]).unwrap();
    fs::write(oblong.path("four.png"), mnist_mlp::picture::file::png(&picture)).unwrap();
    let words = "m.json takes images of 2 x 8 pixels, which do not make a square image";
    oblong.line("predict m.json four.png").failure(1, &[words]);

    let square = data((5, 5), 3);
    square.line(&format!("{train} -o m.json")).success();
    assert!(square.json("m.json")["training"].get("image").is_none());
}

#[test]
fn built_in_digits_grow_with_the_train_size() {
    let sandbox = Sandbox::new();
    let train = "train --data synthetic --monitor evaluation-accuracy --epochs 1 --quiet";
    sandbox.line(&format!("{train} --train-size 70000 --validation 500")).success();
    let model = sandbox.json("model.json");
    assert_eq!((&model["training"]["n_train"], &model["history"][0]["n_evaluation"]), (&70_000.into(), &500.into()));
    // The same images are evaluated again.
    let run = sandbox.line("eval model.json --data synthetic --split validation --format json").success();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["correct"], model["history"][0]["evaluation_accuracy"], "{report}");
    let run = sandbox.line(&format!("{train} --train-size 99999999999999"));
    run.failure(1, &["100000000009999 images of 784 pixels would take", "GiB", "choose fewer with --train-size"]);
}

#[test]
fn letters_are_called_by_their_names() {
    let sandbox = Sandbox::new();
    // EMNIST's letters are counted from 1.
    let letters = |n| labels(n, 26, None).iter().map(|label| label + 1).collect::<Vec<_>>();
    write_part(&sandbox, "emnist-letters-train", (8, 8), 27, &letters(1040));
    write_part(&sandbox, "emnist-letters-test", (8, 8), 27, &letters(260));
    let train = "train --data other --validation 260 --monitor none --quiet --epochs";
    sandbox.line(&format!("{train} 1 -o early.json")).success();
    sandbox.line(&format!("{train} 40 -o letters.json")).success();
    let names: Vec<_> = ('A'..='Z').map(String::from).collect();
    assert_eq!(sandbox.json("letters.json")["training"]["classes"], serde_json::json!(names));

    let eval = |line: &str| sandbox.line(&format!("eval --data other {line}")).success().stdout;
    assert!(eval("letters.json").contains("\n    Z      10    100.00%   100.00%   100.00%\n"));
    assert!(eval("early.json letters.json").contains("\n    Z      10 "));
    let json: serde_json::Value = serde_json::from_str(&eval("letters.json --format json")).unwrap();
    assert_eq!((&json["classes"], &json["per_class"][25]["label"]), (&serde_json::json!(names), &25.into()));

    let shown = sandbox.line("show --data other --model letters.json --label Q --count 1").success().stdout;
    assert!(shown.contains("1 of 10 images with label Q\n") && shown.contains("#16 label Q "), "{shown}");
    sandbox.line("show --data other --label 9,ä").failure(2, &["no image can have the label ä", "A, B, C"]);
    let sheet = sandbox.line("show --data other --label Z,B --count 2 -o letters.png").success().stdout;
    assert!(sheet.ends_with("\nlabels 1 B, 25 Z\n"), "{sheet}");

    let page = sandbox.line("report letters.json --data other").success();
    assert!(page.stdout.contains("report.html"));
    assert!(sandbox.read("report.html").contains("<th scope=\"row\">Q</th>"));
    sandbox.line("export letters.json -o letters.safetensors").success();
    let exported = fs::read(sandbox.path("letters.safetensors")).unwrap();
    assert!(String::from_utf8_lossy(&exported[..4000]).contains(r#"class_labels\":[\"A\",\"B\""#));

    // Merged networks keep the names, and those of other classes are not merged, nor asked together.
    sandbox.line("merge early.json letters.json -o both.json").success();
    assert!(eval("both.json").contains("\n    Z      10 "));
    let other = sandbox.read("early.json").replace(r#""A","B""#, r#""B","A""#);
    fs::write(sandbox.path("other.json"), other).unwrap();
    let words = ["other.json cannot be merged", "the classes B, A, C", "the classes A, B, C", "(26 in all)"];
    sandbox.line("merge letters.json other.json -o none.json").failure(1, &words);
    let words = ["letters.json has the classes A, B, C", "other.json has B, A, C"];
    sandbox.line("eval letters.json other.json --data other").failure(1, &words);

    // A model that counts its classes otherwise is asked about them, and trained on them, in its own order.
    let correct = |model: &str| {
        let line = format!("eval {model} --data other --format json");
        let json: serde_json::Value = serde_json::from_str(&sandbox.line(&line).success().stdout).unwrap();
        json["correct"].as_u64().unwrap()
    };
    assert!(correct("letters.json") == 260 && correct("other.json") < 260);
    let from = "train --data other --validation 260 --monitor none --quiet --epochs 40 --from other.json -o on.json";
    sandbox.line(from).success();
    assert_eq!(sandbox.json("on.json")["training"]["classes"][0], "B");
    assert!(correct("on.json") > 250);
    // Such a training goes on as any other.
    sandbox.line("train --resume on.json --data other --epochs 41 --quiet").success();
    sandbox.line(&from.replace("40", "41").replace("on.json", "whole.json")).success();
    assert!(sandbox.read("on.json") == sandbox.read("whole.json"));
    // Names that no class has, and labels that have no name.
    let digits = other_names(&sandbox, "letters.json", r#""Z""#, r#""ß""#);
    sandbox
        .line(&format!("eval {digits} --data other"))
        .failure(1, &["digits.json knows no class called Z", "A, B, C"]);
    write_part(&sandbox, "emnist-letters-test", (8, 8), 27, &[1, 2, 40]);
    sandbox.line("eval letters.json --data other").failure(1, &["label 39 of image 2", "26 classes"]);
}

#[test]
fn numbers_that_are_taken_for_names_are_warned_of() {
    let sandbox = Sandbox::new();
    write_pictures(&sandbox, "letters", &[("A", 0), ("B", 1)]);
    let data = data((4, 4), 2);
    let quick = "--validation 20 --monitor none --quiet --epochs 1";
    fs::rename(data.path("other"), sandbox.path("other")).unwrap();
    sandbox.line(&format!("train --data letters {quick} -o letters.json")).success();
    sandbox.line(&format!("train --data other {quick} -o other.json")).success();
    let words =
        "the labels of these images are numbers, the classes of letters.json have names: 0, 1 are taken for A, B";
    for line in ["eval letters.json --data other", "train --from letters.json --data other --validation 20 --epochs 1"]
    {
        let run = sandbox.line(line).success();
        assert!(run.stderr.contains(words), "{line}: {}", run.stderr);
    }
    let run = sandbox.line("eval other.json --data letters").success();
    let words = "other.json knows its classes by numbers alone: A, B are taken for 0, 1, in this order";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let run = sandbox.line("merge letters.json other.json -o both.json").success();
    let words = "other.json knows its classes by numbers alone: 0, 1 are taken for A, B, in this order";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    // The same images, whose names are younger than the model, which goes on nonetheless.
    let row = |i: usize| format!("{},{}\n", ["cat", "dog"][i % 2], ["9,9,9,9", "0,9,0,0"][i % 2]);
    let table = format!("label,a,b,c,d\n{}", (0..60).map(row).collect::<String>());
    for name in ["pets_train.csv", "pets_test.csv"] {
        fs::write(sandbox.path(name), &table).unwrap();
    }
    sandbox.line(&format!("train --data pets_train.csv {quick} -o pets.json")).success();
    let nameless = sandbox.read("pets.json").replace(r#""classes":["cat","dog"],"#, "");
    assert_ne!(nameless, sandbox.read("pets.json"));
    fs::write(sandbox.path("older.json"), nameless).unwrap();
    assert_eq!(sandbox.line("eval older.json --data pets_test.csv").success().stderr, "");
    sandbox.line("train --resume older.json --data pets_train.csv --epochs 2 --quiet").success();
    assert_eq!(sandbox.json("older.json")["training"]["classes"], serde_json::json!(["cat", "dog"]));
}

/// A copy of a model file in which `old` is `new`.
fn other_names(sandbox: &Sandbox, model: &str, old: &str, new: &str) -> &'static str {
    fs::write(sandbox.path("digits.json"), sandbox.read(model).replace(old, new)).unwrap();
    "digits.json"
}

#[test]
fn a_model_file_may_have_any_names() {
    let sandbox = data((8, 8), 3);
    sandbox.line("train --data other --validation 20 --epochs 1 --quiet").success();
    let plain = sandbox.read("model.json");
    for (names, code) in [
        (vec!["a"; 256], 0),
        (vec!["a"; 257], 1),
        (vec!["a"], 0),
        (vec!["", "\u{1b}[31m", "a\nb"], 0),
        (vec!["a name that is longer than any table has room for"; 3], 0),
    ] {
        let named = format!(r#""classes":{},"n_train""#, serde_json::json!(names));
        fs::write(sandbox.path("named.json"), plain.replace(r#""n_train""#, &named)).unwrap();
        for line in ["eval named.json", "show --model named.json", "report named.json", "eval named.json model.json"] {
            let run = sandbox.line(&format!("{line} --data other"));
            assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
            assert!(!run.stdout.contains("\u{1b}[31m"), "{line}");
            if code == 1 {
                assert!(run.stderr.contains("257 classes have names"), "{}", run.stderr);
            }
        }
    }
}

#[test]
fn a_picture_is_answered_with_a_name() {
    let sandbox = Sandbox::new();
    sandbox.line("train --data synthetic --train-size 500 --validation 10 --epochs 1 --quiet").success();
    let named = sandbox.read("model.json").replace(
        r#""n_train""#,
        r#""classes":["zero","one","two","three","four","five","six","seven","eight","nine"],"n_train""#,
    );
    fs::write(sandbox.path("named.json"), named).unwrap();
    let png = mnist_mlp::picture::Picture::new(3, 3, vec![0, 0, 0, 0, 255, 0, 0, 255, 0]).unwrap();
    fs::write(sandbox.path("one.png"), mnist_mlp::picture::file::png(&png)).unwrap();
    let number = sandbox.line("predict model.json one.png --format json").success().stdout;
    let name = sandbox.line("predict named.json one.png --format json").success().stdout;
    let [number, name]: [serde_json::Value; 2] = [number, name].map(|json| serde_json::from_str(&json).unwrap());
    let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    assert_eq!((number.get("name"), &number["label"]), (None, &name["label"]));
    assert_eq!(name["name"], names[name["label"].as_u64().unwrap() as usize]);
}

/// Pictures of 4 x 4 pixels in directories of these names, for training and for testing: each class has a bright row of its
/// own.
fn write_pictures(sandbox: &Sandbox, directory: &str, classes: &[(&str, usize)]) {
    let places = ["train", "test"].map(|part| classes.iter().map(move |class| (part, class)));
    for (part, &(name, row)) in places.into_iter().flatten() {
        let directory = format!("{directory}/{part}");
        fs::create_dir_all(sandbox.path(&format!("{directory}/{name}"))).unwrap();
        for i in 0..40 {
            let pixel = |p: usize| if p / 4 == row { 255 - (i % 50) as u8 } else { (p * i % 30) as u8 };
            let picture = mnist_mlp::picture::Picture::new(4, 4, (0..16).map(pixel).collect()).unwrap();
            let path = sandbox.path(&format!("{directory}/{name}/{i:03}.png"));
            fs::write(path, mnist_mlp::picture::file::png(&picture)).unwrap();
        }
    }
}

#[test]
fn classes_are_told_by_their_names_on_both_sides() {
    let sandbox = Sandbox::new();
    let train = "--validation 20 --monitor none --quiet --lambda 0 --epochs 60";
    let accuracy = |line: &str| {
        let run = sandbox.line(&format!("eval {line} --format json"));
        let json: serde_json::Value = serde_json::from_str(&run.success().stdout).unwrap();
        json["accuracy"].as_f64().unwrap()
    };
    // A model of which some names are numbers, asked about directories whose names all are.
    write_pictures(&sandbox, "plate", &[("1", 0), ("2", 1), ("O", 2)]);
    write_pictures(&sandbox, "digits", &[("1", 0), ("2", 1)]);
    write_pictures(&sandbox, "more", &[("0", 3), ("1", 0)]);
    sandbox.line(&format!("train --data plate {train} -o plate.json")).success();
    assert!(accuracy("plate.json --data plate") > 0.99);
    assert!(accuracy("plate.json --data digits") > 0.99);
    sandbox.line("eval plate.json --data more").failure(1, &["knows no class called 0", "1, 2, O"]);
    // The other way round: classes 0, 1 and 2 need no names.
    write_pictures(&sandbox, "counted", &[("0", 3), ("1", 0), ("2", 1)]);
    sandbox.line(&format!("train --data counted {train} -o counted.json")).success();
    assert_eq!(sandbox.json("counted.json")["training"].get("classes"), None);
    assert!(accuracy("counted.json --data digits") > 0.99);
    write_pictures(&sandbox, "some", &[("1", 0), ("x", 1)]);
    sandbox.line("eval counted.json --data some").failure(1, &["no class called x", "0, 1, 2"]);
    sandbox.line("eval counted.json plate.json --data digits").failure(1, &["different tasks"]);
    write_pictures(&sandbox, "letters", &[("a", 0), ("b", 1), ("c", 2)]);
    sandbox.line("eval counted.json --data letters").failure(1, &["no class called a, b, c", "0, 1, 2"]);
    sandbox.line(&format!("train --data letters {train} -o letters.json")).success();
    sandbox.line("eval letters.json --data counted").failure(1, &["no class called 0, 1, 2", "a, b, c"]);
    sandbox.line("eval letters.json counted.json --data counted").failure(1, &["different tasks"]);
    sandbox.line("merge letters.json counted.json -o both.json").failure(1, &["counted.json cannot be merged"]);
    // Classes that were renamed are others, even if all labels are as they were.
    for part in ["train", "test"] {
        let [c, d] = ["c", "d"].map(|name| sandbox.path(&format!("letters/{part}/{name}")));
        fs::rename(c, d).unwrap();
    }
    let words = ["of the classes a, b, c", "of the classes a, b, d"];
    sandbox.line("train --resume letters.json --data letters --epochs 61").failure(1, &words);
    sandbox.line("merge counted.json plate.json -o both.json").failure(1, &["plate.json cannot be merged"]);
    // On from a model: its own order of classes stays.
    write_pictures(&sandbox, "new", &[("2", 1), ("O", 2)]);
    sandbox.line(&format!("train --data new {train} --from plate.json -o on.json")).success();
    assert_eq!(sandbox.json("on.json")["training"]["classes"], serde_json::json!(["1", "2", "O"]));
    assert!(accuracy("on.json --data new") > 0.99);
}

#[test]
fn a_mistake_leads_to_the_file_of_its_picture() {
    let sandbox = Sandbox::new();
    write_pictures(&sandbox, "small", &[("a", 0), ("b", 1)]);
    for options in ["", "--deskew"] {
        sandbox.line(&format!("train --data small --validation 10 --epochs 1 --quiet {options}")).success();
        sandbox.line("report model.json --data small").success();
        sandbox.line("eval model.json --data small --answers answers.csv").success();
        let table = sandbox.read("answers.csv");
        let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split(',').collect()).collect();
        assert_eq!(rows[0][5..], ["label_name", "answer_name", "file"]);
        for row in &rows[1..] {
            let file = Path::new(row[7]);
            assert!(sandbox.path("small").join(file).exists(), "{row:?}");
            assert!(file.ends_with(format!("{}/{}", row[5], file.file_name().unwrap().display())), "{row:?}");
        }
        // The most confident mistakes are on the page.
        let page = sandbox.read("report.html");
        let mut wrong = rows[1..].iter().filter(|row| row[1] != row[2]);
        assert!(wrong.any(|row| page.contains(&format!(", {}</small>", row[7]))), "{options}");
        assert_eq!((rows.len(), rows[1][7]), (81, &*Path::new("test").join("a").join("000.png").display().to_string()));
        let shown = sandbox.line("show --data small --model model.json --index 3").success().stdout;
        assert!(shown.contains("\n001.png\n"), "{shown}");
    }
}

#[test]
fn pictures_of_another_form_are_warned_of() {
    let sandbox = Sandbox::new();
    write_pictures(&sandbox, "small", &[("a", 0), ("b", 1)]);
    sandbox.line("train --data small --validation 10 --epochs 1 --quiet").success();
    let model = sandbox.read("model.json");
    let form = model.replace("unknown pictures (", "unknown pictures in MNIST's form (");
    fs::write(sandbox.path("model.json"), form).unwrap();
    let said = sandbox.line("eval model.json --data small").success().stderr;
    assert!(said.contains("brought into MNIST's form, but those in this directory are used unchanged"), "{said}");
    fs::create_dir(sandbox.path("loose")).unwrap();
    fs::copy(sandbox.path("small/test/a/000.png"), sandbox.path("loose/c.png")).unwrap();
    sandbox.line("train --data loose").failure(1, &["loose holds pictures", "loose/CLASS"]);
}
