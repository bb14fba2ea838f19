//! `mnist show`, end to end, on tiny data: 64 training and 13 test images of 5 x 4 pixels in 4 classes.

use std::fs;

use crate::common::{Run, Sandbox};
use mnist_mlp::data::distort::{Affine, Distortion};
use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part, expand};
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::terminal::{Depth, lines};

const TRAIN: &str = "train --data idx --validation 11 --epochs 3 --hidden 6 --quiet";

fn data(sandbox: &Sandbox, part: Part) -> Dataset {
    Source::Directory(sandbox.path("idx")).load(part, 1).unwrap()
}

/// An image as it must appear in a pipe: no blanks at the end of a line.
fn letters(pixels: &[u8]) -> Vec<String> {
    let picture = Picture::new(5, 4, pixels.to_vec()).unwrap();
    lines(&picture, Depth::Ascii).iter().map(|line| line.trim_end().to_string()).collect()
}

/// The captions of the images, in order: lines that start with `#`.
fn captions(run: &Run) -> Vec<String> {
    let words = |line: &str| line.split("  ").map(|caption| caption.trim().to_string()).collect::<Vec<_>>();
    run.stdout.lines().filter(|line| line.starts_with('#')).flat_map(words).filter(|words| !words.is_empty()).collect()
}

#[test]
fn in_a_pipe_images_are_letters_in_80_columns() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line("show --data idx").success();
    assert!(run.stdout.is_ascii() && !run.stdout.contains('\x1b'), "{}", run.stdout);
    assert!(run.stdout.contains("13 images of the test split\n10 of 13 images\n\n"), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.len() <= 80 && line.trim_end() == line), "{}", run.stdout);
    let test = data(&sandbox, Part::Test);
    let expected: Vec<_> = (0..10).map(|index| format!("#{index} label {}", test.label(index))).collect();
    assert_eq!(captions(&run), expected);
    let one = sandbox.line("show --data idx --index 12").success();
    let label = format!("#12 label {}\n", test.label(12));
    assert!(one.stdout.ends_with(&(letters(test.image(12)).join("\n") + "\n" + &label)), "{}", one.stdout);
}

#[test]
fn colours_are_those_that_the_terminal_says_it_has() {
    let sandbox = Sandbox::with_tiny_data();
    let show = |variables: &[(&str, &str)]| -> Run {
        let mut command = sandbox.command();
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "TERM"] {
            command.env_remove(name);
        }
        command.args("show --data idx -n 1".split(' ')).envs(variables.iter().copied());
        Run::from(command.output().unwrap()).success()
    };
    // Without a terminal colours must be forced, as for a pager that shows them.
    let forced = ("CLICOLOR_FORCE", "1");
    let full = show(&[forced, ("COLORTERM", "truecolor"), ("TERM", "xterm-256color")]).stdout;
    assert!(full.contains("\x1b[38;2;") && full.contains("\x1b[48;2;") && full.contains('▀'), "{full:?}");
    let some = show(&[forced, ("TERM", "xterm-256color")]).stdout;
    assert!(some.contains("\x1b[38;5;") && !some.contains("\x1b[38;2;"), "{some:?}");
    for none in [show(&[forced, ("TERM", "vt100")]), show(&[("COLORTERM", "truecolor"), ("TERM", "xterm")])] {
        assert!(none.stdout.is_ascii() && !none.stdout.contains('\x1b'), "{}", none.stdout);
    }
}

#[test]
fn images_are_chosen_by_number_label_and_chance() {
    let sandbox = Sandbox::with_tiny_data();
    let test = data(&sandbox, Part::Test);
    let shown = |line: &str| captions(&sandbox.line(&format!("show --data idx {line}")).success());
    let named = |indices: &[usize]| -> Vec<_> {
        indices.iter().map(|&index| format!("#{index} label {}", test.label(index))).collect()
    };
    assert_eq!(shown("--index 12,3-5"), named(&[12, 3, 4, 5]));
    let of_two: Vec<_> = (0..13).filter(|&index| [1, 2].contains(&test.label(index))).collect();
    assert!(of_two.len() > 2);
    assert_eq!(shown("--label 1,2 -n 13"), named(&of_two));
    assert_eq!(shown("--random -n 13 --seed 7"), shown("--random -n 13 --seed 7"));
    assert_ne!(shown("--random -n 13 --seed 7"), shown("--random -n 13 --seed 8"));
    assert_eq!(shown("--random --label 1,2 -n 2").len(), 2);
}

#[test]
fn splits_are_cut_as_in_the_training() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} --train-size 20")).success();
    let all = data(&sandbox, Part::Training);
    let first = |line: &str| sandbox.line(&format!("show --data idx --index 0 {line}")).success().stdout;
    for of_model in ["--model model.json", "--validation 11"] {
        let shown = first(&format!("--split validation {of_model}"));
        assert!(shown.contains("11 images of the validation split"), "{shown}");
        assert!(shown.contains(&format!("#0 label {}", all.label(53))) && shown.contains(&letters(all.image(53))[0]));
    }
    assert!(first("--split train --model model.json").contains("20 images of the train split"));
    assert!(first("--split train --validation 11").contains("53 images of the train split"));
    sandbox.line("show --data idx --split train --validation 64").failure(2, &["validation 64", "choose 0 to 63"]);
}

#[test]
fn mistakes_are_those_of_eval_the_most_confident_first() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let eval = sandbox.line("eval model.json --data idx --format json").success();
    let eval: serde_json::Value = serde_json::from_str(&eval.stdout).unwrap();
    let wrong = 13 - eval["correct"].as_u64().unwrap();
    assert!(wrong > 1, "the test needs mistakes");
    let run = sandbox.line("show --data idx --model model.json --mistakes -n 13 --columns 1").success();
    let text = &run.stdout;
    assert!(text.starts_with("model.json: 20-6-4, cross-entropy, 3 epochs of "), "{text}");
    assert!(text.contains(&format!("\n{wrong} mistakes, the most confident first\n")), "{text}");
    assert_eq!(text.matches("taken for").count() as u64, wrong);
    // The first line names the dataset, whose name may be long.
    assert!(text.lines().skip(1).all(|line| line.len() <= 80), "{text}");
    let outputs = |mark: &str| -> Vec<f64> {
        let marked = text.lines().filter_map(|line| line.strip_suffix(mark));
        marked.map(|line| line.split_whitespace().last().unwrap().parse().unwrap()).collect()
    };
    let (answers, labels) = (outputs("answer"), outputs("label"));
    assert_eq!((answers.len() as u64, labels.len() as u64), (wrong, wrong));
    assert!(answers.is_sorted_by(|a, b| a >= b), "{answers:?}");
    assert!(answers.iter().zip(&labels).all(|(answer, label)| answer >= label));

    let all = sandbox.line("show --data idx --model model.json -n 13").success().stdout;
    assert_eq!(all.matches("recognized").count() as u64, 13 - wrong);
    assert_eq!(all.matches("taken for").count() as u64, wrong);
}

#[test]
fn a_model_without_mistakes_is_no_failure() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox
        .line("train --data idx --validation 0 --epochs 300 --hidden 30 --lambda 0 --monitor none --quiet")
        .success();
    let show = "show --data idx --model model.json --split train --mistakes";
    let run = sandbox.line(show).success();
    assert!(run.stdout.ends_with("\n0 mistakes, the most confident first\n"), "{}", run.stdout);
    // Whoever waits for the file is told that there is none.
    sandbox.line(&format!("{show} -o sheet.png")).failure(1, &["no image to draw", "sheet.png was not written"]);
    assert!(!sandbox.path("sheet.png").exists());
}

#[test]
fn versions_are_what_a_training_with_that_seed_sees() {
    let sandbox = Sandbox::with_tiny_data();
    let training = data(&sandbox, Part::Training);
    let distortion =
        Distortion { affine: Some(Affine { rotation: 40.0, ..Affine::default() }), elastic: None, fade_to: 1.0 };
    let shifted = expand::shifts(&training, 1).unwrap();
    let distorted = distortion.epoch(&shifted, 5, 2, 1);

    let show = "show --data idx --validation 11 --index 7 --columns 1";
    let run =
        sandbox.line(&format!("{show} --expand shift --augment affine --rotation 40 --epochs 2 --seed 5")).success();
    assert!(run.stdout.contains("of the train split"), "{}", run.stdout);
    let position = |image: &[u8], caption: &str| {
        let text = format!("\n{}\n{caption}\n", letters(image).join("\n"));
        run.stdout.find(&text).unwrap_or_else(|| panic!("no {caption} in\n{}\nas in\n{text}", run.stdout))
    };
    let places = [
        position(training.image(7), &format!("#7 label {}", training.label(7))),
        position(distorted.image(35), "epoch 2"),
        position(shifted.image(36), "down"),
        position(distorted.image(39), "left, epoch 2"),
    ];
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(run.stdout.matches("epoch").count(), 10);

    // What has faded to nothing is the image itself.
    let faded = sandbox.line(&format!("{show} --augment affine --fade-to 0 --epochs 1")).success().stdout;
    assert_eq!(faded.matches(&letters(training.image(7)).join("\n")).count(), 2, "{faded}");

    let shifts = sandbox.line(&format!("{show} --expand shift")).success().stdout;
    assert!(shifts.contains("\nright\n") && !shifts.contains("epoch"), "{shifts}");
    // Each image in a row of its own, five versions side by side.
    let two = sandbox.line("show --data idx --validation 11 -n 2 --expand shift").success().stdout;
    assert_eq!(two.lines().filter(|line| line.ends_with("left")).count(), 2, "{two}");
}

#[test]
fn a_model_answers_to_versions_too() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let run = sandbox.line("show --data idx --model model.json --index 7 --augment elastic --epochs 3").success();
    assert_eq!(run.stdout.matches("recognized").count() + run.stdout.matches("taken for").count(), 4);
}

#[test]
fn a_sheet_is_a_png_that_may_be_written_again() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line("show --data idx -o sheet.jpg").failure(2, &["sheet.jpg", "name the contact sheet .png"]);
    assert!(!sandbox.path("sheet.jpg").exists());
    let run = sandbox.line("show --data idx -n 6 --columns 3 -o sheet.png").success();
    assert!(run.stdout.contains("saved  sheet.png, ") && !run.stdout.contains('#'), "{}", run.stdout);
    let sheet = image::open(sandbox.path("sheet.png")).unwrap().into_luma8();
    // 5 x 4 pixels enlarged 17 times, captions of 3 letters: 68 x 85, 12 between.
    assert_eq!(sheet.dimensions(), (12 + 3 * (68 + 12), 12 + 2 * (85 + 5 + 14 + 12)));
    let test = data(&sandbox, Part::Test);
    for (index, (left, top)) in
        [(12, 12), (92, 12), (172, 12), (12, 128), (92, 128), (172, 128)].into_iter().enumerate()
    {
        for (place, pixel) in test.image(index).iter().enumerate() {
            let (y, x) = (place as u32 / 4, place as u32 % 4);
            assert_eq!(sheet.get_pixel(left + 17 * x + 8, top + 17 * y + 8).0, [*pixel], "image {index}");
        }
    }
    let first = fs::read(sandbox.path("sheet.png")).unwrap();
    sandbox.line("show --data idx -n 7 --columns 3 -o sheet.png").success();
    assert_ne!(fs::read(sandbox.path("sheet.png")).unwrap(), first);
}

#[test]
fn a_picture_of_somebody_else_is_not_overwritten() {
    let sandbox = Sandbox::with_tiny_data();
    image::GrayImage::new(9, 9).save(sandbox.path("photo.png")).unwrap();
    let photo = fs::read(sandbox.path("photo.png")).unwrap();
    sandbox.line("show --data idx -o photo.png").failure(1, &["photo.png", "not overwritten"]);
    assert_eq!(fs::read(sandbox.path("photo.png")).unwrap(), photo);
    fs::create_dir(sandbox.path("shelf.png")).unwrap();
    sandbox.line("show --data idx -o shelf.png").failure(1, &["shelf.png", "directory"]);
    sandbox.line("show --data idx -o none/sheet.png").failure(1, &["none/sheet.png", "directory"]);
}

#[test]
fn options_of_a_training_are_explained_as_what_they_show() {
    let help = Sandbox::new().line("show --help").success().stdout;
    for words in ["Show each image also moved by a pixel", "Show the images deskewed", "Show each image also distorted"]
    {
        assert!(help.contains(words), "'{words}' is not in:\n{help}");
    }
    assert!(!help.contains("train --from") && !help.contains("Learn from"), "{help}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sandbox = Sandbox::with_tiny_data();
    for (line, words) in [
        ("--index 13", &["no image 13", "13 images"][..]),
        ("--index 0-18446744073709551615", &["13 images"]),
        ("--index 5-2", &["5 is above 2"]),
        ("--index x", &["--index", "not a number"]),
        ("--label 4", &["label 4", "0 to 3"]),
        ("--label 256", &["label 256", "0 to 3"]),
        ("-n 0", &["--count"]),
        ("--columns 0", &["--columns"]),
        (
            "--index 0-12 --validation 0 --augment affine --epochs 1000 --expand shift -o s.png",
            &["100 million", "--count"],
        ),
        ("--mistakes", &["--model"]),
        ("--epochs 3", &["--augment"]),
        ("--rotation 5", &["--rotation is for --augment affine"]),
        ("--seed 3", &["--seed is for --random or --augment"]),
        ("--validation 100", &["--validation is for --split train or --split validation"]),
        ("--augment affine --rotation 400", &["rotation 400"]),
        ("--split whole", &["--split"]),
    ] {
        sandbox.line(&format!("show --data idx {line}")).failure(2, words);
    }
    let too_large = sandbox.line("show --data idx --index 0-12 --augment affine --epochs 1000 --validation 0 -o s.png");
    assert_eq!(too_large.stderr.lines().count(), 1, "said once: {}", too_large.stderr);
    let often = ["0-12"; 1000].join(",");
    let line = format!("show --data idx --validation 0 --augment affine --epochs 1000 --expand shift --index {often}");
    sandbox.line(&line).failure(2, &["65,065,000 pictures", "--count"]);
    let model = r#"{"sizes":[3,2],"weights":[[[1,2,3],[1,2,3]]],"biases":[[[0],[0]]],"cost":"QuadraticCost"}"#;
    fs::write(sandbox.path("other.json"), model).unwrap();
    sandbox.line("show --data idx --model other.json").failure(1, &["other.json", "5 x 4"]);
    sandbox.line("show --data idx --model none.json").failure(1, &["none.json"]);
    sandbox.line("show --data nowhere").failure(1, &["nowhere"]);
}
