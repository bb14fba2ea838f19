//! `mnist predict`, the real binary: pictures in, digits out.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::sync::LazyLock;

use crate::common::{Run, Sandbox};
use crate::treatments::{Kind, TREATMENTS, enlarged, magnified, treated};
use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Identity, Part, splits};
use mnist_mlp::engine::{Machine, evaluate, outputs};
use mnist_mlp::model::Model;
use mnist_mlp::network::{Cost, CrossEntropy, Init, LogLikelihood, Network};
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::png;
use mnist_mlp::picture::normalize::centre;
use mnist_mlp::trainer::{Settings, Silent, train};
use ndarray::Array2;
use serde_json::Value;

/// Built-in test digits.
static DIGITS: LazyLock<Dataset> =
    LazyLock::new(|| Source::Synthetic { seed: 0 }.load(Part::Test, 2).unwrap().slice(0..200));

/// A network that has seen built-in digits for two epochs.
static NETWORK: LazyLock<Network<f32>> = LazyLock::new(|| trained(&CrossEntropy));

fn trained(cost: &'static dyn Cost<f32>) -> Network<f32> {
    let digits = Source::Synthetic { seed: 0 }.load(Part::Training, 2).unwrap();
    let (training, validation) = splits::split(&digits, Some(20_000), 10).unwrap();
    let network = Network::new(&[784, 30, 10], cost, Init::Default, 0).unwrap();
    let config = Settings { epochs: 2, ..Settings::default() }.check(training.len(), validation.len()).unwrap();
    train(network, &training, &validation, &config, &mut Silent).unwrap().network
}

/// A sandbox with that network in `model.json`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let model = Model::from(NETWORK.clone());
    model.save(&sandbox.path("model.json")).unwrap();
    sandbox
}

/// Built-in digits that the network is sure of, each with its label.
static SURE: LazyLock<Vec<(Picture, usize)>> = LazyLock::new(|| {
    let digits = (0..DIGITS.len()).map(|index| (digit(index), DIGITS.label(index)));
    digits.filter(|(digit, label)| answers(&[digit])[[0, *label]] > 0.8).take(10).collect()
});

fn digit(index: usize) -> Picture {
    Picture::new(28, 28, DIGITS.image(index).to_vec()).unwrap()
}

/// What the network answers to pictures once they are normalized, (n, 10).
fn answers(pictures: &[&Picture]) -> Array2<f64> {
    let pixels = pictures.iter().flat_map(|picture| centre(picture, 28).unwrap().pixels().to_vec()).collect();
    let images = Dataset::new(pixels, vec![0; pictures.len()], (28, 28), 10, DIGITS.identity().clone()).unwrap();
    outputs(&NETWORK, &images, Machine::default()).unwrap()
}

fn json_lines(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// At least as many right as of the images themselves, less two points.
#[test]
fn treated_digits_are_recognized_as_the_images_are() {
    let right = |data: &Dataset| evaluate(&NETWORK, data, Machine::default()).unwrap().correct();
    let images = right(&DIGITS);
    assert!(images > 170, "{images} of 200");
    for &treatment in TREATMENTS {
        let (pictures, _) = treated(&DIGITS, treatment);
        let pictures = right(&pictures);
        assert!(pictures + 4 >= images, "{}: {pictures} of 200, as images {images}", treatment.0);
    }
}

#[test]
fn several_files_are_answered_in_order_as_text_and_as_json() {
    let sandbox = sandbox();
    for (index, (digit, _)) in SURE[..4].iter().enumerate() {
        let (kind, picture) =
            if index % 2 == 0 { (Kind::Png, digit.clone()) } else { (Kind::Jpeg(80), enlarged(digit, 4)) };
        fs::write(sandbox.path(&format!("{index}")), kind.file(&picture.inverted())).unwrap();
    }
    let run = sandbox.line("predict model.json 0 1 2 3 --format json").success();
    let answers = json_lines(&run);
    assert_eq!(answers.len(), 4);
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer["file"], index.to_string());
        assert_eq!(answer["label"], SURE[index].1, "{answer}");
        assert_eq!(answer["output_layer"], "sigmoid");
        let outputs = answer["outputs"].as_array().unwrap();
        let label = |key: &Value| key["label"].as_u64().unwrap() as usize;
        assert_eq!(outputs.len(), 10);
        assert_eq!(answer["output"], outputs[label(answer)]);
        assert_eq!(answer["runner_up"]["output"], outputs[label(&answer["runner_up"])]);
        let above = |limit: &Value| outputs.iter().filter(|output| output.as_f64() > limit.as_f64()).count();
        assert_eq!((above(&answer["output"]), above(&answer["runner_up"]["output"])), (0, 1));
    }
    let text = sandbox.line("predict model.json 0 1 2 3").success().stdout;
    for (index, line) in text.lines().enumerate() {
        assert!(line.starts_with(&format!("{index}: {} (", SURE[index].1)) && line.contains("), then "), "{line}");
    }
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn a_centred_image_gets_the_outputs_that_eval_computes() {
    let sandbox = sandbox();
    let digits: Vec<_> = (0..10).map(digit).collect();
    let expected = answers(&digits.iter().collect::<Vec<_>>());
    for (index, digit) in digits.iter().enumerate() {
        fs::write(sandbox.path(&index.to_string()), png(digit)).unwrap();
    }
    let run = sandbox.line("predict model.json 0 1 2 3 4 5 6 7 8 9 --format json").success();
    for (index, answer) in json_lines(&run).iter().enumerate() {
        let found = answer["outputs"].as_array().unwrap().iter().map(|output| output.as_f64().unwrap());
        // Sums of single precision in the order of another batch.
        assert!(found.zip(expected.row(index)).all(|(a, b)| (a - b).abs() < 1e-6), "{answer}");
    }
}

#[test]
fn standard_input_is_a_picture_too() {
    let sandbox = sandbox();
    let mut command = sandbox.command();
    command.args(["predict", "model.json", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&png(&SURE[3].0)).unwrap();
    let run = Run::from(child.wait_with_output().unwrap()).success();
    assert!(run.stdout.starts_with(&format!("-: {} (", SURE[3].1)), "{}", run.stdout);

    let nothing = sandbox.command().args(["predict", "model.json", "-"]).stdin(Stdio::null()).output().unwrap();
    Run::from(nothing).failure(1, &["standard input is empty"]);
}

#[test]
fn what_has_no_answer_is_reported_after_the_others_were_answered() {
    let sandbox = sandbox();
    let blank = Picture::new(50, 50, vec![200; 2500]).unwrap();
    fs::write(sandbox.path("blank.png"), png(&blank)).unwrap();
    fs::write(sandbox.path("text.png"), "not a picture").unwrap();
    fs::write(sandbox.path("half.png"), &png(&SURE[0].0)[..100]).unwrap();
    fs::write(sandbox.path("digit.png"), png(&SURE[1].0)).unwrap();
    let files = "blank.png text.png none.png half.png . digit.png";
    let run = sandbox.line(&format!("predict model.json {files}"));
    let words = [
        "blank.png is blank",
        "text.png is neither PNG nor JPEG, nor a file of images",
        "none.png cannot be read",
        "half.png is damaged",
        ". cannot be read",
        "5 of 6 files have no answer",
    ];
    let run = run.failure(1, &words);
    assert!(run.stdout.starts_with("digit.png: ") && run.stdout.lines().count() == 1, "{}", run.stdout);

    let run = sandbox.line(&format!("predict model.json --format json {files}")).failure(1, &words);
    let answers = json_lines(&run);
    assert_eq!(answers.len(), 6);
    assert!(answers[..5].iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    assert_eq!(answers[5]["label"], SURE[1].1);

    let run = sandbox.line("predict model.json blank.png").failure(1, &["blank.png is blank"]);
    assert!(!run.stderr.contains("1 of 1") && run.stdout.is_empty());
}

#[test]
fn a_softmax_answers_with_probabilities() {
    let sandbox = Sandbox::new();
    let model = Model::from(trained(&LogLikelihood));
    model.save(&sandbox.path("model.json")).unwrap();
    fs::write(sandbox.path("digit.png"), png(&SURE[2].0)).unwrap();
    let text = sandbox.line("predict model.json digit.png").success().stdout;
    assert!(text.starts_with(&format!("digit.png: {} (", SURE[2].1)) && text.contains("%), then "), "{text}");
    let run = sandbox.line("predict model.json digit.png --format json").success();
    let answer = &json_lines(&run)[0];
    let sum: f64 = answer["outputs"].as_array().unwrap().iter().map(|output| output.as_f64().unwrap()).sum();
    assert_eq!(answer["output_layer"], "softmax");
    assert!((sum - 1.0).abs() < 1e-5, "{sum}");
}

/// A network of 2x2 pixels that has `outputs` neurons with weights and biases of this size.
fn of_four_pixels(outputs: usize, weight: f64) -> String {
    let row = vec![format!("{weight:e}"); 4].join(",");
    let rows = vec![format!("[{row}]"); outputs].join(",");
    let biases = vec![format!("[{weight:e}]"); outputs].join(",");
    format!(r#"{{"sizes":[4,{outputs}],"weights":[[{rows}]],"biases":[[{biases}]],"cost":"LogLikelihoodCost"}}"#)
}

#[test]
fn a_network_that_cannot_answer_says_so() {
    let sandbox = sandbox();
    fs::write(sandbox.path("seven.png"), png(&digit(0))).unwrap();
    for (outputs, weight, words) in [
        (1, 1.0, ["model.json has one output only", "two or more"]),
        (2, 1.7e308, ["model.json has no answer for seven.png", "sums overflow"]),
    ] {
        fs::write(sandbox.path("model.json"), of_four_pixels(outputs, weight)).unwrap();
        let run = sandbox.line("predict model.json seven.png").failure(1, &words);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn a_name_does_not_move_the_cursor() {
    let sandbox = sandbox();
    let name = "a\nb\u{1b}[31m.png";
    fs::write(sandbox.path(name), png(&digit(0))).unwrap();
    let text = sandbox.run(["predict", "model.json", name]).success().stdout;
    assert!(text.starts_with("a\u{FFFD}b\u{FFFD}[31m.png: ") && text.lines().count() == 1, "{text:?}");
    // A program gets the name as it is.
    let json = json_lines(&sandbox.run(["predict", "model.json", name, "--format", "json"]).success());
    assert_eq!(json[0]["file"], name);
}

#[test]
fn networks_of_other_sizes_see_squares_or_say_what_they_need() {
    let sandbox = sandbox();
    for (name, sizes) in [("small.json", [64, 5]), ("single.json", [1, 2]), ("flat.json", [20, 4])] {
        let network = Network::<f64>::new(&sizes, &CrossEntropy, Init::Default, 0).unwrap();
        let model = Model::from(network);
        model.save(&sandbox.path(name)).unwrap();
    }
    fs::write(sandbox.path("digit.png"), png(&enlarged(&digit(0), 3))).unwrap();
    let run = sandbox.line("predict small.json digit.png --format json").success();
    assert_eq!(json_lines(&run)[0]["outputs"].as_array().unwrap().len(), 5);
    sandbox.line("predict single.json digit.png").success();
    sandbox.line("predict flat.json digit.png").failure(1, &["flat.json takes 20 inputs", "do not make a square"]);
    sandbox.line("predict model.json").failure(2, &["FILE"]);
    sandbox.line("predict none.json digit.png").failure(1, &["none.json"]);
}

/// Four shapes that fill their frame of 8 x 8, light on dark: their halves, each turned by a quarter.
fn frames() -> Dataset {
    let is_light = |class: usize, x: usize, y: usize| [x < 4, y < 4, x >= 4, y >= 4][class];
    let pixel = |i: usize| u8::from(is_light(i / 64 % 4, i % 8, i / 8 % 8)) * (255 - (i % 50) as u8);
    let labels = (0..200).map(|i| i % 4).collect();
    Dataset::new((0..200 * 64).map(pixel).collect(), labels, (8, 8), 4, Identity::named("frames")).unwrap()
}

#[test]
fn as_is_shows_the_network_images_as_it_learned_them() {
    let sandbox = Sandbox::new();
    let csv = |i: usize| {
        let pixels: Vec<_> = frames().image(i).iter().map(ToString::to_string).collect();
        format!("{},{}\n", i % 4, pixels.join(","))
    };
    fs::write(sandbox.path("frames.csv"), (0..200).map(csv).collect::<String>()).unwrap();
    sandbox.line("train --data frames.csv --validation 20 --lambda 0.1 --quiet").success();
    for class in 0..4 {
        let frame = Picture::new(8, 8, frames().image(class).to_vec()).unwrap();
        fs::write(sandbox.path(&format!("{class}.png")), png(&frame)).unwrap();
        fs::write(sandbox.path(&format!("{class}-large.png")), png(&magnified(&frame, 5))).unwrap();
    }
    for class in 0..4 {
        let line = format!("predict model.json --as-is --format json {class}.png {class}-large.png");
        let run = sandbox.line(&line).success();
        assert_eq!(run.stderr, "");
        let [small, large] = &json_lines(&run)[..] else { panic!("{}", run.stdout) };
        assert_eq!((&small["label"], &small["outputs"]), (&class.into(), &large["outputs"]));
    }
    // The light half on the left is what the network sees, before the bars.
    let shown = sandbox.line("predict model.json --as-is --show 0.png").success().stdout;
    assert!(shown.lines().nth(1).unwrap().starts_with("@@@@      "), "{shown}");

    let run = sandbox.line("predict model.json 0.png 1.png");
    assert_eq!(run.stderr.matches("note: pictures are brought into the form of MNIST's digits").count(), 1);
    assert!(run.stderr.contains("use --as-is"), "{}", run.stderr);
    // The page's pad does the same.
    sandbox.line("report model.json --data frames.csv --split validation").success();
    assert!(sandbox.read("report.html").contains("If the images that this network learned from"));
}

#[test]
fn as_is_wants_a_square_and_digits_need_no_note() {
    let sandbox = sandbox();
    fs::write(sandbox.path("digit.png"), png(&SURE[0].0)).unwrap();
    fs::write(sandbox.path("wide.png"), png(&Picture::new(20, 30, vec![200; 600]).unwrap())).unwrap();
    let words = ["wide.png is 30 pixels wide and 20 high", "--as-is", "a square"];
    sandbox.line("predict model.json --as-is wide.png").failure(1, &words);
    // A blank picture is one like any other.
    fs::write(sandbox.path("blank.png"), png(&Picture::new(9, 9, vec![0; 81]).unwrap())).unwrap();
    sandbox.line("predict model.json --as-is blank.png").success();
    sandbox.line("train --data synthetic --train-size 100 --validation 10 -e 1 --quiet -o digits.json").success();
    for model in ["model.json", "digits.json"] {
        assert_eq!(sandbox.line(&format!("predict {model} digit.png")).success().stderr, "");
    }
}
