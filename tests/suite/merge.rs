//! `mnist merge`: several models in one, which is a model as any other.

use std::fs;

use serde_json::Value;

use crate::common::{Sandbox, golden};

const TRAIN: &str = "train --data idx --validation 11 --epochs 2 --quiet";

/// A sandbox with `a.json` and `b.json`, whose hidden layers differ in size.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} --hidden 6,5 --activation relu,tanh -o a.json")).success();
    sandbox.line(&format!("{TRAIN} --hidden 4,3 --activation relu,tanh --seed 1 -o b.json")).success();
    sandbox
}

fn evaluation(sandbox: &Sandbox, command: &str) -> Value {
    serde_json::from_str(&sandbox.line(&format!("eval {command} --data idx --format json")).success().stdout).unwrap()
}

#[test]
fn what_comes_out_is_a_model_as_any_other() {
    let sandbox = sandbox();
    let run = sandbox.line("merge a.json b.json -o one.json").success();
    let description = "20-10-8-4 relu and tanh, cross-entropy, 2 networks in one, trained on unknown images";
    assert!(run.stdout.starts_with(&format!("saved  one.json: {description}")), "{}", run.stdout);
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    let one = sandbox.json("one.json");
    assert_eq!(one["sizes"], serde_json::json!([20, 10, 8, 4]));
    assert_eq!(
        one["members"],
        serde_json::json!([sandbox.json("a.json")["training"], sandbox.json("b.json")["training"]])
    );
    assert_eq!((&one["training"], &one["history"]), (&Value::Null, &serde_json::json!([])));
    // No number is in double precision, whose digits would be more.
    assert!(one["weights"][0][0][0].to_string().len() < 14, "{}", one["weights"][0][0][0]);

    let text = sandbox.line("eval one.json --data idx").success().stdout;
    assert!(text.contains(description), "{text}");
    let other = format!("{TRAIN} --hidden 4,3 --activation relu,tanh --seed 1 --dropout 0.25 -o b.json");
    sandbox.line(&other).success();
    sandbox.line("merge a.json b.json -o one.json").success();
    sandbox.line("report one.json --data idx -o one.html").success();
    let page = sandbox.read("one.html");
    let row = |name: &str, value: &str| format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    for row in
        [row("networks in one", "2"), row("seed", "0 or 1"), row("dropout", "none or 0.25"), row("epochs", "2 of 2")]
    {
        assert!(page.contains(&row), "{row}");
    }
    sandbox.line("export one.json -o one.onnx").success();
    sandbox.line("show --data idx --model one.json --mistakes").success();
    let words = ["'one' was merged from 2 networks and has no epochs", "name the models"];
    sandbox.line("plot one.json -o one.svg").failure(1, &words);
    let run = sandbox.line("plot a.json one.json -o one.svg").success();
    assert!(words.iter().all(|words| run.stderr.contains(words)), "{}", run.stderr);
}

#[test]
fn images_that_no_member_was_trained_on_are_for_validation() {
    let sandbox = Sandbox::new();
    let train = "train --data synthetic --hidden 2 --epochs 1 --monitor none --quiet";
    sandbox.line(&format!("{train} --train-size 60500 --validation 1000 -o large.json")).success();
    sandbox.line(&format!("{train} --train-size 300 --validation 2000 -o small.json")).success();
    sandbox.line("merge small.json large.json -o one.json").success();
    let eval = |models: &str, split: &str| {
        let command = format!("eval {models} --data synthetic --split {split} --format json");
        let run = sandbox.line(&command).success();
        assert_eq!(run.stderr, "", "{command}");
        serde_json::from_str::<Value>(&run.stdout).unwrap()
    };
    // Neither of large.json's first 60,500 images.
    let both = eval("one.json large.json", "validation");
    assert_eq!((&both["committee"]["n"], eval("small.json", "validation")["n"].as_u64()), (&1_000.into(), Some(2_000)));
    assert_eq!(eval("one.json", "train")["n"], 300);

    sandbox.line(&format!("{train} --train-size 300 --validation 0 -o all.json")).success();
    sandbox.line("merge all.json large.json -o none.json").success();
    let run = sandbox.line("eval none.json --data synthetic --split validation");
    run.failure(1, &["the validation split has no images: the training had --validation 0"]);
}

#[test]
fn networks_of_different_images_are_warned_of() {
    let sandbox = Sandbox::new();
    let train = "train --hidden 2 --epochs 1 --monitor none --train-size 300 --quiet";
    for (data, name) in [("synthetic", "a"), ("synthetic:7", "b")] {
        sandbox.line(&format!("{train} --data {data} -o {name}.json")).success();
    }
    let run = sandbox.line("merge a.json b.json -o one.json").success();
    let both = "built-in digits and built-in digits of seed 7";
    assert!(run.stderr.contains(&format!("the models were trained on different images: {both}")), "{}", run.stderr);
    assert!(run.stdout.contains(&format!("2 networks in one, trained on {both}")), "{}", run.stdout);
    let run = sandbox.line("eval one.json --data synthetic").success();
    let warning = "warning: the model was trained on built-in digits of seed 7, these are built-in digits\n";
    assert_eq!(run.stderr, warning);
}

#[test]
fn members_whose_data_are_unknown_are_counted() {
    let sandbox = sandbox();
    let mut theirs = sandbox.json("a.json");
    theirs.as_object_mut().unwrap().retain(|key, _| !["training", "history"].contains(&key.as_str()));
    fs::write(sandbox.path("n2.json"), theirs.to_string()).unwrap();
    for (models, words) in [
        ("n2.json a.json", "2 networks in one, trained on unknown images; of one the data are unknown\n"),
        ("a.json n2.json n2.json b.json", "4 networks in one, trained on unknown images; of 2 the data are unknown\n"),
        ("n2.json n2.json", "2 networks in one\n"),
    ] {
        let run = sandbox.line(&format!("merge {models} -o one.json")).success();
        assert!(run.stdout.ends_with(words), "{}", run.stdout);
    }
}

#[test]
fn copies_in_one_answer_as_one_does() {
    let sandbox = sandbox();
    let run = sandbox.line("merge a.json a.json -o twice.json").success();
    assert!(run.stderr.contains("warning: a.json is named more than once"), "{}", run.stderr);
    assert_eq!(evaluation(&sandbox, "twice.json")["confusion"], evaluation(&sandbox, "a.json")["confusion"]);
    // Merged models can be merged, and all that stand side by side are known.
    sandbox.line("merge twice.json b.json -o three.json").success();
    let (three, a, b) = (sandbox.json("three.json"), sandbox.json("a.json"), sandbox.json("b.json"));
    assert_eq!(three["members"], serde_json::json!([a["training"], a["training"], b["training"]]));
    assert_eq!(three["sizes"], serde_json::json!([20, 16, 13, 4]));
}

#[test]
fn a_merged_model_can_be_trained_on_but_not_resumed() {
    let sandbox = sandbox();
    sandbox.line("merge a.json b.json -o one.json").success();
    let run = sandbox.line("train --resume one.json --data idx");
    run.failure(1, &["one.json cannot be resumed", "2 networks were merged into it", "--from one.json"]);
    sandbox.line(&format!("{TRAIN} --from one.json -o finer.json")).success();
    let finer = sandbox.json("finer.json");
    assert_eq!((&finer["sizes"], &finer["members"]), (&sandbox.json("one.json")["sizes"], &Value::Null));
    assert_eq!(finer["training"]["init"], "model");
    // What was 0 between the two has learned.
    let between = |model: &Value| model["weights"][1][0].as_array().unwrap()[6..].to_vec();
    assert!(between(&sandbox.json("one.json")).iter().all(|w| *w == 0.0));
    assert!(between(&finer).iter().any(|w| *w != 0.0));
}

#[test]
fn one_of_double_precision_makes_all_of_it_double() {
    let sandbox = sandbox();
    sandbox.line(&format!("{TRAIN} --hidden 2,2 --activation relu,tanh --precision f64 -o double.json")).success();
    sandbox.line("merge a.json double.json -o one.json").success();
    let (one, a, double) = (sandbox.json("one.json"), sandbox.json("a.json"), sandbox.json("double.json"));
    // The double of the single number, not of its shortest digits.
    let single = a["weights"][0][0][0].as_f64().unwrap() as f32;
    assert_eq!(one["weights"][0][0][0], f64::from(single));
    assert_eq!(one["weights"][0][6][0], double["weights"][0][0][0]);
    // Nor does network2.py say of what precision its numbers are.
    let theirs = golden("two_layer_quadratic_l2.start.json");
    fs::copy(&theirs, sandbox.path("network2.json")).unwrap();
    let run = sandbox.line("merge network2.json network2.json -o theirs.json").success();
    assert!(run.stdout.trim_end().ends_with("quadratic, 2 networks in one"), "{}", run.stdout);
    assert_eq!(sandbox.json("theirs.json")["members"], serde_json::json!([null, null]));
    assert_eq!(evaluation(&sandbox, "theirs.json")["confusion"], evaluation(&sandbox, "network2.json")["confusion"]);
}

#[test]
fn what_cannot_be_merged_is_said_before_anything_is_written() {
    let sandbox = sandbox();
    let a = sandbox.read("a.json");
    sandbox.line("merge a.json b.json -o ./a.json").failure(2, &["a.json is one of the models to merge", "--out"]);
    assert_eq!(sandbox.read("a.json"), a);
    sandbox.line("merge a.json -o one.json").failure(2, &["2 values required"]);
    fs::write(sandbox.path("thesis.json"), "my thesis").unwrap();
    sandbox.line("merge a.json b.json -o thesis.json").failure(1, &["thesis.json exists and is not a model file"]);
    sandbox.line("merge a.json missing.json -o one.json").failure(1, &["missing.json cannot be read"]);
    sandbox.line("merge a.json thesis.json -o one.json").failure(1, &["thesis.json: not a model file"]);
    for (options, words) in [
        ("--hidden 4 --activation relu", "it has 3 layers, but the first has 4 layers; '"),
        (
            "--hidden 4,4 --activation relu",
            "it has the activations relu,relu, but the first has the activations relu,tanh",
        ),
        (
            "--hidden 4,4 --activation relu,tanh --cost quadratic",
            "it has the cost quadratic, but the first has the cost cross-entropy",
        ),
    ] {
        sandbox.line(&format!("{TRAIN} {options} -o other.json")).success();
        let run = sandbox.line("merge a.json b.json other.json -o one.json");
        run.failure(1, &["other.json cannot be merged", words, "mnist eval"]);
    }
    sandbox.line("train --data synthetic --train-size 100 --hidden 2,2 --epochs 1 --quiet -o digits.json").success();
    let run = sandbox.line("merge a.json digits.json -o one.json");
    run.failure(1, &["it has 784 inputs, but the first has 20 inputs, so it has a different task"]);
    assert!(!sandbox.path("one.json").exists());
}
