//! `--deskew`: a model trained on deskewed images is shown deskewed images by every command.

use std::fs;

use crate::common::Sandbox;

const TRAIN: &str = "train --data synthetic --train-size 600 --validation 100 --epochs 3 --quiet";

/// A deskewed and a plain model, `deskewed.json` and `plain.json`.
pub fn two_models() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.line(&format!("{TRAIN} --deskew -o deskewed.json")).success();
    sandbox.line(&format!("{TRAIN} -o plain.json")).success();
    sandbox
}

/// How many images of the validation set are classified correctly, as `mnist eval` has it.
fn correct(sandbox: &Sandbox, models: &str) -> serde_json::Value {
    let line = format!("eval {models} --data synthetic --split validation --format json");
    serde_json::from_str(&sandbox.line(&line).success().stdout).unwrap()
}

#[test]
fn who_asks_a_model_shows_it_what_it_was_trained_on() {
    let sandbox = two_models();
    for (model, is_deskewed) in [("deskewed.json", true), ("plain.json", false)] {
        let json = sandbox.json(model);
        assert_eq!(json["training"].get("deskew"), is_deskewed.then_some(&true.into()));
        let watched = &json["history"][2]["evaluation_accuracy"];
        assert_eq!(correct(&sandbox, model)["correct"], *watched, "{model}");
    }
    assert!(sandbox.json("deskewed.json")["weights"] != sandbox.json("plain.json")["weights"]);

    // Each member of a committee sees images its own way.
    let both = correct(&sandbox, "deskewed.json plain.json");
    for (member, model) in both["models"].as_array().unwrap().iter().zip(["deskewed.json", "plain.json"]) {
        assert_eq!(member["correct"], correct(&sandbox, model)["correct"]);
    }
    let twice = correct(&sandbox, "deskewed.json deskewed.json");
    assert_eq!(twice["committee"]["confusion"], twice["models"][0]["confusion"]);

    // A picture of an image is answered as the image is.
    let answers = "--data synthetic --split test";
    sandbox.line(&format!("eval deskewed.json {answers} --answers answers.csv")).success();
    let line = sandbox.read("answers.csv").lines().nth(7).unwrap().to_string();
    let outputs: Vec<f64> = line.split(',').skip(3).map(|output| output.parse().unwrap()).collect();
    let test = mnist_mlp::data::source::Source::Synthetic { seed: 0 };
    let test = test.load(mnist_mlp::data::Part::Test, 1).unwrap();
    let picture = mnist_mlp::picture::Picture::new(28, 28, test.image(6).to_vec()).unwrap();
    fs::write(sandbox.path("six.png"), mnist_mlp::picture::file::png(&picture)).unwrap();
    let predicted = sandbox.line("predict deskewed.json six.png --as-is --format json").success().stdout;
    let predicted: serde_json::Value = serde_json::from_str(&predicted).unwrap();
    assert_eq!(predicted["outputs"], serde_json::json!(outputs));
}

#[test]
fn pictures_are_shown_as_the_network_sees_them() {
    let sandbox = two_models();
    let image = |line: &str| {
        let shown = sandbox.line(&format!("show --data synthetic --split test --index 3 {line}")).success().stdout;
        let rows = shown.lines().skip_while(|line| !line.is_empty()).take_while(|line| !line.starts_with('#'));
        rows.map(|row| row.chars().take(28).collect::<String>().trim_end().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(image("--model deskewed.json"), image("--deskew"));
    assert_eq!(image("--model plain.json"), image(""));
    assert_ne!(image("--deskew"), image(""));
    sandbox.line("show --data synthetic --model plain.json --deskew").failure(2, &["--deskew"]);
}

#[test]
fn a_deskewed_training_goes_on_deskewed() {
    let sandbox = two_models();
    let whole = sandbox.read("deskewed.json");
    sandbox.line(&format!("{TRAIN} --deskew --epochs 2 -o half.json")).success();
    let resumed = sandbox.line("train --data synthetic --resume half.json --epochs 3").success();
    assert!(resumed.stdout.contains("100 for validation, deskewed\n"), "{}", resumed.stdout);
    assert!(sandbox.read("half.json") == whole);
    let run = sandbox.line("train --data synthetic --from deskewed.json --train-size 600 --validation 100 -o on.json");
    assert!(run.success().stdout.contains("600 images to train on, 100 for validation, deskewed\n"));
    assert_eq!(sandbox.json("on.json")["training"]["deskew"], true);
}

#[test]
fn what_cannot_deskew_says_so() {
    let sandbox = two_models();
    let words = ["plain.json cannot be merged", "images as they are, but the first has deskewed images", "eval"];
    sandbox.line("merge deskewed.json plain.json -o both.json").failure(1, &words);
    sandbox.line("merge deskewed.json deskewed.json -o both.json").success();
    assert_eq!(correct(&sandbox, "both.json")["correct"], correct(&sandbox, "deskewed.json")["correct"]);
    let run = sandbox.line("export deskewed.json -o deskewed.onnx").success();
    assert!(run.stderr.contains("warning: deskewed.json sees deskewed images"), "{}", run.stderr);
    assert!(run.stderr.contains("given to deskewed.onnx; docs/guide.md has a function for that"), "{}", run.stderr);
    assert_eq!(sandbox.line("export plain.json -o plain.onnx").success().stderr, "");
}

#[test]
fn trials_are_deskewed_too() {
    let sandbox = Sandbox::new();
    let tune = "tune --data synthetic --train-size 300 --validation 100 --trials 2 --epochs 2 --quiet --deskew";
    let run = sandbox.line(&format!("{tune} -o best.json")).success();
    assert!(run.stdout.contains(" --deskew"), "{}", run.stdout);
    assert_eq!(sandbox.json("best.json")["training"]["deskew"], true);
}
