//! `--shifts`: a model that looks at an image in several places.

use std::fs;

use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part, expand};
use mnist_mlp::engine::{Machine, weighted_inputs};
use mnist_mlp::model::Model;
use mnist_mlp::network::{CrossEntropy, Init, Network, sigmoid};
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::png;
use serde_json::Value;

use crate::common::Sandbox;
use crate::deskew::two_models;

const IMAGES: &str = "--data synthetic --split test";

fn json(sandbox: &Sandbox, models: &str) -> Value {
    let run = sandbox.line(&format!("eval {models} {IMAGES} --format json")).success();
    serde_json::from_str(&run.stdout).unwrap()
}

/// The outputs in a table of `--answers`.
fn table(sandbox: &Sandbox, models: &str) -> Vec<Vec<f64>> {
    sandbox.line(&format!("eval {models} {IMAGES} --answers answers.csv")).success();
    let table = sandbox.read("answers.csv");
    let outputs = |line: &str| line.split(',').skip(3).map(|output| output.parse().unwrap()).collect();
    table.lines().skip(1).map(outputs).collect()
}

fn digits() -> Dataset {
    Source::Synthetic { seed: 0 }.load(Part::Test, 2).unwrap()
}

#[test]
fn the_z_of_the_versions_that_expand_makes_are_averaged() {
    let sandbox = two_models();
    let model = Model::<f32>::load(&sandbox.path("plain.json")).unwrap();
    let deskewed = Model::<f32>::load(&sandbox.path("deskewed.json")).unwrap();
    let digits = digits();
    for (name, model, seen) in [
        ("plain.json", model, digits.clone()),
        ("deskewed.json", deskewed, digits.deskewed(1).unwrap()), // deskewed first, then shifted
    ] {
        let five = weighted_inputs(&model.network, &expand::shifts(&seen, 2).unwrap(), Machine::default()).unwrap();
        for (image, found) in table(&sandbox, &format!("{name} --shifts 1")).iter().enumerate() {
            for (class, found) in found.iter().enumerate() {
                let mean_z = (0..5).map(|version| five[[5 * image + version, class]]).sum::<f64>() / 5.0;
                let expected = sigmoid(mean_z);
                // Sums of single precision in the order of another batch.
                assert!((found - expected).abs() < 1e-6, "{name}, image {image}: {found}, expected {expected}");
            }
        }
    }
}

#[test]
fn each_command_says_how_often_an_image_was_seen() {
    let sandbox = two_models();
    for (shifts, views) in [(1, 5), (2, 13), (4, 41)] {
        let shifted = json(&sandbox, &format!("plain.json --shifts {shifts}"));
        assert_eq!(shifted["views"], views);
        assert!(shifted["cost"].is_f64() && shifted["cost"] != json(&sandbox, "plain.json")["cost"]);
    }
    let plain = json(&sandbox, "plain.json");
    assert!(plain.get("views").is_none());
    assert_eq!(json(&sandbox, "plain.json --shifts 0"), plain);

    let both = json(&sandbox, "plain.json deskewed.json --shifts 1");
    for (member, model) in both["models"].as_array().unwrap().iter().zip(["plain.json", "deskewed.json"]) {
        assert_eq!(member, &json(&sandbox, &format!("{model} --shifts 1")), "{model}");
    }
    assert_eq!(both["committee"]["views"], 5);

    let text = |models: &str| sandbox.line(&format!("eval {models} {IMAGES}")).success().stdout;
    let alone = text("plain.json --shifts 2");
    assert!(alone.contains("images of the test split, each seen in 13 places\n\naccuracy "), "{alone}");
    let together = text("plain.json deskewed.json --shifts 2");
    assert!(together.contains("test split, each seen in 13 places\n\nmodel "), "{together}");
}

#[test]
fn a_picture_is_answered_as_the_image_is() {
    let sandbox = two_models();
    let picture = Picture::new(28, 28, digits().image(6).to_vec()).unwrap();
    fs::write(sandbox.path("six.png"), png(&picture)).unwrap();
    for model in ["plain.json", "deskewed.json"] {
        let expected = &table(&sandbox, &format!("{model} --shifts 2"))[6];
        let run = sandbox.line(&format!("predict {model} six.png --as-is --shifts 2 --format json")).success();
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        let found = answer["outputs"].as_array().unwrap().iter().map(|output| output.as_f64().unwrap());
        assert!(found.zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{answer}");
        let run = sandbox.line(&format!("predict {model} six.png --as-is --format json")).success();
        let plain: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_ne!(plain["outputs"], answer["outputs"]);
    }
}

#[test]
fn a_picture_that_was_seen_in_several_places_says_so() {
    let sandbox = two_models();
    let picture = Picture::new(28, 28, digits().image(6).to_vec()).unwrap();
    fs::write(sandbox.path("six.png"), png(&picture)).unwrap();
    let predict = |options: &str| sandbox.line(&format!("predict plain.json six.png {options}")).success().stdout;
    assert!(predict("--shifts 2 --format json").contains(r#""views":13,"#));
    assert!(!predict("--format json").contains("views"));
    assert!(predict("--shifts 1 --show").contains("\nseen in 5 places, of which this is the middle one\n"));
    let show = |options: &str| {
        let line = format!("show {IMAGES} --model plain.json --mistakes {options}");
        let run = sandbox.line(&line).success();
        run.stdout.lines().take(3).collect::<Vec<_>>().join("\n")
    };
    let wrong = |options: &str| {
        let json = json(&sandbox, &format!("plain.json {options}"));
        json["n"].as_u64().unwrap() - json["correct"].as_u64().unwrap()
    };
    for (options, places) in [("", ""), ("--shifts 2", ", each seen in 13 places")] {
        let wrong = mnist_mlp::report::thousands(wrong(options) as usize);
        let expected = format!("test split{places}\n10 of {wrong} mistakes");
        assert!(show(options).contains(&expected), "{expected}: {}", show(options));
    }
    sandbox.line(&format!("show {IMAGES} --shifts 1")).failure(2, &["--model"]);
}

/// Rows of a table do not say how high and how wide its images are.
#[test]
fn a_table_of_images_that_are_no_squares_is_not_shifted() {
    let sandbox = Sandbox::new();
    let network = Network::<f32>::new(&[20, 3], &CrossEntropy, Init::Default, 0).unwrap();
    Model::from(network).save(&sandbox.path("model.json")).unwrap();
    fs::write(sandbox.path("flat.csv"), format!("{}\n", ["9"; 20].join(","))).unwrap();
    sandbox.line("predict model.json flat.csv").success();
    sandbox
        .line("predict model.json flat.csv --shifts 1")
        .failure(1, &["flat.csv does not say how high", "--shifts must know"]);
}

#[test]
fn the_number_of_steps_has_a_range() {
    let sandbox = Sandbox::new();
    for steps in ["5", "-1"] {
        for between in [" ", "="] {
            let line = format!("eval model.json --shifts{between}{steps}");
            sandbox.line(&line).failure(2, &[&format!("--shifts {steps}"), "choose 0 to 4"]);
        }
    }
    sandbox.line("eval model.json --shifts banana").failure(2, &["--shifts", "banana"]);
}
