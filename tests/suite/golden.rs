//! Number by number against an independent implementation of network2.py's algorithm.
//!
//! `tests/golden/golden.py` (pure Python) made the images, the start models and the expected numbers. Here the real
//! binary trains from the same start on the same images in the same order, with both engines.

use std::path::Path;

use crate::common::{Sandbox, golden};
use serde_json::Value;

/// Sums in another order differ by rounding; after a few epochs that is still far below this.
const TOLERANCE: f64 = 1e-9;

const CASES: [&str; 9] = [
    "two_layer_cross_entropy",
    "two_layer_quadratic_l2",
    "three_layer_quadratic",
    "three_layer_cross_entropy_l2",
    "three_layer_cross_entropy_single",
    "four_layer_cross_entropy_l2",
    "four_layer_quadratic_full_batch",
    "softmax_two_layer",
    "softmax_three_layer_l2",
];

fn load(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Compares two JSON values of the same shape, numbers to [`TOLERANCE`] relative to `scale` or their own size.
fn assert_close(found: &Value, expected: &Value, scale: f64, place: &str) {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{place}");
            for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_close(found, expected, scale, &format!("{place}[{i}]"));
            }
        }
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            let error = (found - expected).abs();
            assert!(error <= TOLERANCE * scale.max(expected.abs()), "{place}: {found}, expected {expected}");
        }
        _ => panic!("{place}: {found} and {expected}"),
    }
}

fn largest(value: &Value) -> f64 {
    match value {
        Value::Array(values) => values.iter().map(largest).fold(0.0, f64::max),
        value => value.as_f64().unwrap().abs(),
    }
}

fn check(case: &str, engine: &str) {
    let sandbox = Sandbox::with_tiny_data();
    let expected = load(&golden(&format!("{case}.expected.json")));
    let number = |key: &str| expected["case"][key].to_string();
    let start = golden(&format!("{case}.start.json"));
    let mut train: Vec<String> = "train --data idx --validation 11 --no-shuffle --precision f64 --monitor all --quiet"
        .split(' ')
        .map(String::from)
        .collect();
    train.extend(["--engine".into(), engine.into(), "--from".into(), start.display().to_string()]);
    for (option, key) in
        [("--epochs", "epochs"), ("--eta", "eta"), ("--lambda", "lambda"), ("--batch-size", "batch_size")]
    {
        train.extend([option.into(), number(key)]);
    }
    sandbox.run(&train).success();

    let model = sandbox.json("model.json");
    let place = |what: &str| format!("{case}, {engine}: {what}");
    let history = model["history"].as_array().unwrap();
    assert_eq!(history.len(), expected["epochs"].as_array().unwrap().len());
    for (row, wanted) in history.iter().zip(expected["epochs"].as_array().unwrap()) {
        for key in ["training_accuracy", "evaluation_accuracy", "epoch"] {
            assert_eq!(row[key], wanted[key], "{}", place(&format!("{key} of epoch {}", wanted["epoch"])));
        }
        for key in ["training_cost", "evaluation_cost"] {
            assert_close(&row[key], &wanted[key], 0.0, &place(&format!("{key} of epoch {}", wanted["epoch"])));
        }
    }
    for key in ["weights", "biases"] {
        let wanted = &expected["final"][key];
        assert_close(&model[key], wanted, largest(wanted), &place(key));
    }
    let eval = sandbox.line("eval model.json --data idx --format json").success();
    let eval: Value = serde_json::from_str(&eval.stdout).unwrap();
    assert_eq!(eval["correct"], expected["test"]["correct"], "{}", place("test images"));
    assert_eq!(eval["confusion"], expected["test"]["confusion"], "{}", place("confusion matrix"));
}

#[test]
fn both_engines_agree_with_an_independent_implementation() {
    for case in CASES {
        check(case, "reference");
        check(case, "fast");
    }
}

#[test]
fn a_model_of_network2_gives_the_same_answers() {
    // The final weights of a case, in a file that has network2.py's four keys and nothing else.
    let sandbox = Sandbox::with_tiny_data();
    for case in CASES {
        let expected = load(&golden(&format!("{case}.expected.json")));
        let model = serde_json::json!({
            "sizes": expected["case"]["sizes"],
            "weights": expected["final"]["weights"],
            "biases": expected["final"]["biases"],
            "cost": expected["case"]["cost"],
        });
        std::fs::write(sandbox.path("theirs.json"), model.to_string()).unwrap();
        let eval = sandbox.line("eval theirs.json --data idx --format json").success();
        let eval: Value = serde_json::from_str(&eval.stdout).unwrap();
        assert_eq!(eval["correct"], expected["test"]["correct"], "{case}");
        assert_close(&eval["cost"], &expected["test"]["cost_without_regularization"], 0.0, case);
    }
}

#[test]
fn the_slowdown_curves_agree_with_an_independent_implementation() {
    let sandbox = Sandbox::new();
    let runs = load(&golden("neuron.expected.json"));
    for run in runs["runs"].as_array().unwrap() {
        let cost = if run["cost"] == "QuadraticCost" { "quadratic" } else { "cross-entropy" };
        let csv = sandbox
            .line(&format!(
                "slowdown --cost {cost} --weight {} --bias {} --eta {} --epochs {}",
                run["weight"], run["bias"], run["eta"], run["epochs"]
            ))
            .success()
            .stdout;
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "epoch,output,cost,weight,bias");
        for point in run["curve"].as_array().unwrap() {
            let epoch = point[0].as_u64().unwrap() as usize;
            let found: Vec<f64> = lines[1 + epoch].split(',').map(|number| number.parse().unwrap()).collect();
            for (found, expected) in found.iter().zip(point.as_array().unwrap()) {
                // The CSV has nine decimals.
                assert!((found - expected.as_f64().unwrap()).abs() < 1e-9, "epoch {epoch}: {point}, found {found}");
            }
        }
    }
}
