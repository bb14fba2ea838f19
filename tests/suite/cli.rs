//! The real binary, end to end, on tiny data.

use std::fs;

use crate::common::{Sandbox, golden};
use serde_json::Value;

const TRAIN: &str = "train --data idx --validation 11 --epochs 3 --hidden 6";

#[test]
fn train_prints_a_row_an_epoch_saves_the_model_and_says_what_to_do_next() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line(TRAIN).success();
    let rows: Vec<_> = run.stdout.lines().filter(|line| line.ends_with(" s")).collect();
    assert_eq!(rows.len(), 3, "{}", run.stdout);
    assert!(run.stdout.contains("eval model.json --data idx"), "{}", run.stdout);
    assert!(run.stdout.contains("53 images to train on, 11 for validation"), "{}", run.stdout);
    let model = sandbox.json("model.json");
    let keys: Vec<_> = model.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["activation", "biases", "cost", "format", "history", "sizes", "training", "weights"];
    assert_eq!(keys, expected);
    assert!(sandbox.read("model.json").starts_with(r#"{"sizes":[20,6,4],"weights":[[["#));
    assert_eq!(model["training"]["epochs_done"], 3);
    assert_eq!(model["history"].as_array().unwrap().len(), 3);
}

#[test]
fn quiet_prints_nothing_and_still_saves() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line(&format!("{TRAIN} --quiet")).success();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert!(sandbox.path("model.json").exists());
}

#[test]
fn commands_that_save_are_quiet_if_asked_to() {
    let sandbox = Sandbox::with_tiny_data();
    for seed in 0..2 {
        sandbox.line(&format!("{TRAIN} --quiet --seed {seed} -o {seed}.json")).success();
    }
    for (line, out) in [
        ("merge 0.json 1.json --out one.json", "one.json"),
        ("export 0.json --out model.onnx", "model.onnx"),
        ("report 0.json --data idx --out page.html", "page.html"),
        ("plot 0.json 1.json --out curves.svg", "curves.svg"),
        ("show --data idx --out sheet.png", "sheet.png"),
    ] {
        for quiet in ["-q", "--quiet"] {
            let run = sandbox.line(&format!("{line} {quiet}")).success();
            assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{line}");
        }
        assert!(fs::metadata(sandbox.path(out)).unwrap().len() > 0, "{line}");
        assert!(sandbox.line(line).success().stdout.contains("saved "), "{line}");
    }
    for line in ["plot 0.json -q", "show --data idx -q"] {
        sandbox.line(line).failure(2, &["--quiet is for --out: choose that, or leave --quiet out"]);
    }
    // Who is quiet is warned of digits that nobody named.
    let run = sandbox.line("show -q --out digits.png").success();
    assert!(run.stdout.is_empty() && run.stderr.starts_with("warning: no MNIST in data/"), "{}", run.stderr);
    let none = sandbox.line("show --data idx -q --out none.png --label 3 --index 0").failure(1, &["no image to draw"]);
    assert_eq!(none.stdout, "");
}

#[test]
fn equal_runs_write_equal_files_whatever_the_threads() {
    let sandbox = Sandbox::with_tiny_data();
    // Threads look at the images of the one, and share out the mini-batches of the other.
    let large = "train --data synthetic --train-size 600 --validation 100 --hidden 300,70 --batch-size 128 --epochs 2 \
                 --ema 0.9 --dropout 0.2 --force";
    for train in [large, TRAIN] {
        for (threads, out) in [(1, "one.json"), (2, "two.json"), (3, "three.json")] {
            sandbox.line(&format!("{train} --monitor all --threads {threads} -o {out}")).success();
        }
        let one = sandbox.read("one.json");
        assert!(one == sandbox.read("two.json") && one == sandbox.read("three.json"), "{train}");
    }
    let one = sandbox.read("one.json");
    sandbox.line(&format!("{TRAIN} --monitor all --seed 1 -o other.json")).success();
    assert_ne!(one, sandbox.read("other.json"));
}

#[test]
fn a_training_that_no_longer_improves_stops_and_its_best_epoch_is_saved() {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 11 --hidden 6 --epochs 500 --schedule cosine --warmup 1.5";
    let run = sandbox.line(&format!("{train} --early-stop 3 --log run.jsonl")).success();
    for words in ["schedule  cosine, warm-up 1.5 epochs\n", "after 3 epochs without a better accuracy; the best epoch"]
    {
        assert!(run.stdout.contains(words), "'{words}' is not in:\n{}", run.stdout);
    }
    let model = sandbox.json("model.json");
    let training = &model["training"];
    let (epoch, done) = (training["epoch"].as_u64().unwrap(), training["epochs_done"].as_u64().unwrap());
    assert_eq!((done, training["early_stop"].as_u64(), training["keep"].as_str()), (epoch + 3, Some(3), Some("best")));
    assert_eq!((&training["schedule"], &training["warm_up"]), (&"cosine".into(), &1.5.into()));
    let history = model["history"].as_array().unwrap();
    assert_eq!((history.len() as u64, sandbox.read("run.jsonl").lines().count() as u64), (done, done));
    for words in [
        format!("stopped   after epoch {done} of 500: no better accuracy in 3 epochs\n"),
        format!("saved     model.json, as it was after epoch {epoch}\n"),
        format!(") after epoch {epoch}\n"),
        "    patience        time\n".to_string(),
    ] {
        assert!(run.stdout.contains(&words), "'{words}' is not in:\n{}", run.stdout);
    }
    let log: Value = serde_json::from_str(sandbox.read("run.jsonl").lines().next().unwrap()).unwrap();
    assert!(log["eta"].as_f64().unwrap() < 0.5 && log["eta"] == history[0]["eta"]);

    let eval = sandbox.line("eval model.json --data idx --split validation --format json").success();
    let eval: Value = serde_json::from_str(&eval.stdout).unwrap();
    assert_eq!(eval["correct"], history[epoch as usize - 1]["evaluation_accuracy"]);
    let text = sandbox.line("eval model.json --data idx").success().stdout;
    assert!(text.contains(&format!("epoch {epoch} of {done} on ")), "{text}");
    // A file with these keys is one to start from.
    sandbox.line("train --data idx --validation 11 --epochs 1 --from model.json -o more.json").success();
}

#[test]
fn a_plain_training_has_no_keys_of_schedules_in_its_files() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line(&format!("{TRAIN} --log run.jsonl")).success();
    assert!(!run.stdout.contains("patience") && !run.stdout.contains("schedule"));
    let (model, log) = (sandbox.read("model.json"), sandbox.read("run.jsonl"));
    assert!(model.contains(r#""epochs_done":3},"history":[{"epoch":1,"#), "{model}");
    assert!(log.lines().all(|line| line.ends_with(r#""n_evaluation":11}"#)), "{log}");
}

#[test]
fn nothing_of_the_machine_is_in_the_model_file() {
    let sandbox = Sandbox::with_tiny_data();
    let data = sandbox.path("idx").display().to_string();
    sandbox.run(["train", "--data", &data, "--validation", "11", "--epochs", "1"]).success();
    let model = sandbox.json("model.json");
    for key in ["training", "history"] {
        let text = model[key].to_string();
        assert!(!text.contains(&data) && !text.contains("seconds") && !text.contains("threads"), "{text}");
    }
}

#[test]
fn the_log_has_a_line_an_epoch_with_the_monitors_that_are_on() {
    let sandbox = Sandbox::with_tiny_data();
    fs::write(sandbox.path("run.jsonl"), "{\"epoch\":9,\"n_training\":1,\"n_evaluation\":1}\n".repeat(9)).unwrap();
    sandbox.line(&format!("{TRAIN} --monitor all --log run.jsonl")).success();
    let log = sandbox.read("run.jsonl");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert!(log.starts_with(r#"{"epoch":1,"seconds":"#));
    assert_eq!((&lines[2]["n_training"], &lines[2]["n_evaluation"]), (&53.into(), &11.into()));
    assert!(lines[2]["training_accuracy"].is_u64() && lines[2]["evaluation_cost"].is_f64());
    assert_eq!(lines[2]["training_cost"], sandbox.json("model.json")["history"][2]["training_cost"]);

    sandbox.line(&format!("{TRAIN} --monitor none --log run.jsonl")).success();
    let first: Value = serde_json::from_str(sandbox.read("run.jsonl").lines().next().unwrap()).unwrap();
    let keys: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["epoch", "n_evaluation", "n_training", "seconds"]);
}

#[test]
fn eval_reports_in_words_and_in_json() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let text = sandbox.line("eval model.json --data idx").success().stdout;
    for word in ["20-6-4, cross-entropy, 3 epochs", "13 images of the test split", "accuracy", "confusion matrix", "F1"]
    {
        assert!(text.contains(word), "'{word}' is not in:\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colours in a pipe");
    for (split, n) in [("test", 13), ("validation", 11), ("train", 53)] {
        let run = sandbox.line(&format!("eval model.json --data idx --split {split} --format json")).success();
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&json["n"], &json["split"], &json["model"]), (&n.into(), &split.into(), &"model.json".into()));
        let accuracy = json["correct"].as_f64().unwrap() / f64::from(n);
        assert!((json["accuracy"].as_f64().unwrap() - accuracy).abs() < 1e-12);
        assert_eq!(json["confusion"].as_array().unwrap().len(), 4);
        assert_eq!(json["per_class"][3]["label"], 3);
    }
}

#[test]
fn eval_of_the_validation_split_repeats_the_last_rows_figures() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} --monitor all --train-size 40")).success();
    let last = sandbox.json("model.json")["history"][2].clone();
    for (split, key) in [("validation", "evaluation"), ("train", "training")] {
        let run = sandbox.line(&format!("eval model.json --data idx --split {split} --format json")).success();
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(json["correct"], last[format!("{key}_accuracy")], "{split}");
        let (found, expected) = (json["cost"].as_f64().unwrap(), last[format!("{key}_cost")].as_f64().unwrap());
        assert!((found - expected).abs() < 1e-6 * expected, "{split}: {found}, {expected}");
    }
}

#[test]
fn several_models_are_evaluated_each_alone_and_together() {
    let sandbox = Sandbox::new();
    let train = "train --data synthetic --epochs 1 --train-size 2000 --monitor none --quiet";
    for seed in 0..3 {
        sandbox.line(&format!("{train} --hidden 1{seed} --seed {seed} -o {seed}.json")).success();
    }
    let all = "eval 0.json 1.json 2.json --data synthetic";
    let run = sandbox.line(&format!("{all} --format json")).success();
    assert_eq!(run.stderr, "");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let mut best = 0;
    for (seed, model) in json["models"].as_array().unwrap().iter().enumerate() {
        let alone = sandbox.line(&format!("eval {seed}.json --data synthetic --format json")).success();
        assert_eq!(model, &serde_json::from_str::<Value>(&alone.stdout).unwrap());
        best = best.max(model["correct"].as_u64().unwrap());
    }
    let together = &json["committee"];
    let keys: Vec<_> = together.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["accuracy", "confusion", "correct", "dataset", "n", "per_class", "split"]);
    let correct = together["correct"].as_u64().unwrap();
    assert!(correct > best, "three that know little know more together: {correct}, {best} alone");
    let confusion = together["confusion"].as_array().unwrap().iter().enumerate();
    assert_eq!(confusion.map(|(i, row)| row[i].as_u64().unwrap()).sum::<u64>(), correct);

    let text = sandbox.line(all).success().stdout;
    for words in [
        "10,000 images of the test split\n\nmodel      network",
        "\n1.json     784-11-10, cross-entropy",
        "\ncommittee  3 models, outputs averaged",
        &format!("right on {} more images than its best member", correct - best),
        "confusion matrix",
        "F1",
    ] {
        assert!(text.contains(words), "'{words}' is not in:\n{text}");
    }
}

#[test]
fn members_of_a_committee_may_differ_in_layers_cost_and_precision() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} -o a.json")).success();
    sandbox.line(&format!("{TRAIN} --cost log-likelihood --precision f64 -o b.json")).success();
    let other = "train --data idx --validation 11 --train-size 40 --cost quadratic --hidden 9,5 --epochs 1 -o c.json";
    sandbox.line(other).success();
    fs::copy(golden("two_layer_quadratic_l2.start.json"), sandbox.path("network2.json")).unwrap();
    let text = sandbox.line("eval a.json b.json c.json network2.json --data idx").success().stdout;
    for words in
        ["20-6-4, cross-entropy", "20-6-4, log-likelihood", "20-9-5-4, quadratic", "network2.json", "4 models, outputs"]
    {
        assert!(text.contains(words), "'{words}' is not in:\n{text}");
    }
    // The same validation images, though not the same training images.
    sandbox.line("eval a.json b.json c.json --data idx --split validation").success();
    let run = sandbox.line("eval a.json b.json c.json --data idx --split train");
    run.failure(1, &["no train split in common", "a.json has 53", "c.json has 40 from 0", "--split test"]);
    let run = sandbox.line("eval a.json network2.json --data idx --split validation");
    run.failure(1, &["no validation split in common", "a.json has 11", "network2.json has 10 from 54"]);
}

#[test]
fn as_many_validation_images_are_not_yet_the_same() {
    let sandbox = Sandbox::new();
    for (name, train_size) in [("a", 200), ("b", 300), ("c", 60_000)] {
        let command = "train --data synthetic --validation 100 --hidden 2 --epochs 1 --monitor none";
        sandbox.line(&format!("{command} --train-size {train_size} -o {name}.json")).success();
    }
    // Of 60,000 digits the last 100, and of 60,100.
    sandbox.line("eval a.json b.json --data synthetic --split validation").success();
    let run = sandbox.line("eval a.json c.json --data synthetic --split validation");
    run.failure(1, &["a.json has 100 images from number 59900 on", "c.json has 100 from 60000 on", "--split test"]);
    // A model that does not say how it was trained has all but the last 10,000 of 60,000, beside whomever.
    let unknown = r#"{"sizes":[784,10],"weights":[[W]],"biases":[[B]],"cost":"CrossEntropyCost"}"#;
    let rows = vec![format!("[{}]", vec!["0.5"; 784].join(",")); 10].join(",");
    let unknown = unknown.replace('W', &rows).replace('B', &["[0.5]"; 10].join(","));
    fs::write(sandbox.path("unknown.json"), unknown).unwrap();
    let command = "train --data synthetic --train-size 50000 --validation 20000 --hidden 2 --epochs 1 --monitor none";
    sandbox.line(&format!("{command} -o d.json")).success();
    for order in ["unknown.json d.json", "d.json unknown.json"] {
        let run = sandbox.line(&format!("eval {order} --data synthetic --split train")).success();
        assert!(run.stdout.contains("50,000 images of the train split"), "{order}: {}", run.stdout);
    }
}

#[test]
fn the_answer_to_each_image_is_a_row_of_a_table() {
    let sandbox = Sandbox::with_tiny_data();
    let eval = "eval model.json --data idx --split validation --answers answers.csv --format json";
    sandbox.line(TRAIN).success();
    let result: Value = serde_json::from_str(&sandbox.line(eval).success().stdout).unwrap();
    let table = sandbox.read("answers.csv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let classes = result["per_class"].as_array().unwrap().len();
    let outputs: Vec<_> = (0..classes).map(|class| format!("output{class}")).collect();
    assert_eq!(table.lines().next().unwrap(), format!("index,label,answer,{}", outputs.join(",")));
    assert!(rows.len() == 11 && rows.iter().enumerate().all(|(index, row)| row[0] == index.to_string()), "{table}");
    assert_eq!(rows.iter().filter(|row| row[1] == row[2]).count() as u64, result["correct"].as_u64().unwrap());
    for row in &rows {
        let outputs: Vec<f64> = row[3..].iter().map(|output| output.parse().unwrap()).collect();
        let answer: usize = row[2].parse().unwrap();
        assert!(outputs.iter().all(|output| *output <= outputs[answer]), "{row:?}");
    }
    // Again, for a committee of the model and itself; but never over a file of somebody else's.
    let committee = eval.replace("model.json", "model.json model.json");
    sandbox.line(&committee).success();
    assert_eq!(sandbox.read("answers.csv"), table);
    fs::write(sandbox.path("answers.csv"), "my answers").unwrap();
    sandbox.line(eval).failure(1, &["answers.csv", "not a table of answers", "not overwritten"]);
    assert_eq!(sandbox.read("answers.csv"), "my answers");
    sandbox
        .line(&eval.replace("answers.csv", "nowhere/answers.csv"))
        .failure(1, &["nowhere/answers.csv cannot be written"]);
}

#[test]
fn copies_of_a_model_are_warned_of_and_answer_as_it_does() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let run = sandbox.line("eval model.json ./model.json model.json --data idx --format json").success();
    let warning = |path: &str| format!("warning: {path} is named more than once");
    assert!(run.stderr.contains(&warning("./model.json")) && run.stderr.contains(&warning("model.json")));
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["committee"]["confusion"], json["models"][2]["confusion"]);
    let text = sandbox.line("eval model.json model.json --data idx").success().stdout;
    assert!(text.contains("right on as many images as its best member, model.json."), "{text}");
}

#[test]
fn a_member_that_does_not_belong_is_named() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let model = |inputs: usize, outputs: usize| {
        let row = format!("[{}]", vec!["0.5"; inputs].join(","));
        let (rows, column) = (vec![row; outputs].join(","), vec!["[0.5]"; outputs].join(","));
        let weights = format!(r#""weights":[[{rows}]],"biases":[[{column}]]"#);
        format!(r#"{{"sizes":[{inputs},{outputs}],{weights},"cost":"QuadraticCost"}}"#)
    };
    fs::write(sandbox.path("five.json"), model(20, 5)).unwrap();
    fs::write(sandbox.path("small.json"), model(7, 4)).unwrap();
    fs::write(sandbox.path("bad.json"), "{}").unwrap();
    for (other, words) in [
        ("five.json", &["five.json cannot be averaged", "5 outputs", "have 4", "alone"][..]),
        ("small.json", &["model in small.json", "7 inputs", "5 x 4"]),
        ("bad.json", &["bad.json", "missing field"]),
        ("nowhere.json", &["nowhere.json", "cannot be read"]),
    ] {
        let run = sandbox.line(&format!("eval model.json {other} --data idx")).failure(1, words);
        assert_eq!(run.stdout, "", "{other}");
    }
    sandbox.line("eval --data idx").failure(2, &["<MODEL>"]);
}

#[test]
fn a_member_of_other_data_is_warned_of_by_its_name() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let other = sandbox.read("model.json").replace("\"dataset\":\"", "\"dataset\":\"not ");
    fs::write(sandbox.path("other.json"), other).unwrap();
    let run = sandbox.line("eval model.json other.json --data idx").success();
    assert!(run.stderr.starts_with("warning: other.json was trained on not "), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}

#[test]
fn training_goes_on_from_a_saved_model() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} --cost quadratic --no-shuffle --precision f64")).success();
    let first = sandbox.json("model.json");
    let go_on = "train --data idx --validation 11 --epochs 2 --from model.json --no-shuffle --precision f64";
    // It stands where the new one would: only who says so loses it.
    sandbox.line(go_on).failure(2, &["model.json would be replaced", "--out"]);
    assert_eq!(sandbox.json("model.json"), first);
    sandbox.line(&format!("{go_on} -o more.json")).success();
    let more = sandbox.json("more.json");
    assert_eq!((&more["cost"], &more["sizes"]), (&first["cost"], &first["sizes"]));
    assert_eq!(more["training"]["init"], "model");
    // In the order of the file, three epochs and two are five.
    sandbox
        .line("train --data idx --validation 11 --epochs 5 --hidden 6 --cost quadratic --no-shuffle --precision f64 -o five.json")
        .success();
    assert_eq!(more["weights"], sandbox.json("five.json")["weights"]);

    sandbox.line(&format!("{go_on} --cost cross-entropy -o other.json")).success();
    assert_eq!(sandbox.json("other.json")["cost"], "CrossEntropyCost");
    sandbox.line(&format!("{go_on} --hidden 6 -o same.json")).success();
    sandbox.line(&format!("{go_on} --hidden 7 -o seven.json")).failure(2, &["--hidden 7", "hidden layers are 6"]);
    let neuron = format!("[{}]", vec!["0"; 20].join(","));
    let flat = format!(
        r#"{{"sizes":[20,3],"weights":[[{neuron},{neuron},{neuron}]],"biases":[[[0],[0],[0]]],"cost":"CrossEntropyCost"}}"#
    );
    fs::write(sandbox.path("flat.json"), flat).unwrap();
    let line = "train --data idx --validation 11 --from flat.json --hidden 7";
    sandbox.line(line).failure(2, &["flat.json, whose hidden layers are none"]);
}

#[test]
fn the_built_in_digits_are_used_when_there_is_nothing_else_and_a_note_says_so() {
    let sandbox = Sandbox::new();
    let run = sandbox.line("train --epochs 1 --train-size 2000 --monitor evaluation-accuracy").success();
    assert!(run.stderr.contains("built-in digits are used") && run.stderr.contains("MNIST_DATA_DIR"), "{}", run.stderr);
    assert!(run.stdout.contains("try next"), "{}", run.stdout);
    // Who is quiet is warned, but not of digits that are not used, because something else is wrong.
    let quiet = "train --quiet --epochs 1 --train-size 200";
    assert!(sandbox.line(quiet).success().stderr.starts_with("warning: no MNIST in data/"));
    let run = sandbox.line(&format!("{quiet} --eta 0")).failure(2, &["eta"]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let tune = sandbox.line("tune --quiet --epochs 1 --train-size 200 --trials 1").success();
    assert_eq!(tune.stderr.matches("no MNIST in data/").count(), 1, "{}", tune.stderr);
    sandbox.line("train --epochs 1 --train-size 2000 --quiet").success();
    let run = sandbox.line("train --data synthetic --train-size 999 --validation 99 -b 9 --out=-m.json").success();
    // Both suggestions can be typed as they stand.
    let suggested = |what: &str| run.stdout.lines().find_map(|line| line.strip_prefix(what)).unwrap().to_string();
    assert!(
        suggested("try next")
            .ends_with(" -o wide.json --data synthetic --lambda 0.1 --batch-size 9 --train-size 999 --validation 99"),
        "{}",
        run.stdout
    );
    assert!(suggested("evaluate").ends_with(" eval ./-m.json --data synthetic"), "{}", run.stdout);
    assert!(sandbox.path("-m.json").exists());
    let named = sandbox.line("eval model.json --data synthetic --format json").success();
    assert_eq!(named.stderr, "", "named, they need no note");
    let json: Value = serde_json::from_str(&named.stdout).unwrap();
    assert_eq!(json["n"], 10_000);
    assert!(json["accuracy"].as_f64().unwrap() > 0.5, "{}", json["accuracy"]);
}

#[test]
fn a_file_where_the_data_would_be_is_no_data() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("data"), "of something else").unwrap();
    let run = sandbox.line("train --epochs 1 --train-size 99 --validation 9 -b 9").success();
    assert!(run.stderr.contains("the built-in digits are used"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_searched_is_called_so() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_tiny_data();
    std::fs::rename(sandbox.path("idx"), sandbox.path("data")).unwrap();
    let train = |data| sandbox.line(&format!("train{data} --epochs 1 --validation 9 -b 9"));
    let allow = |mode| std::fs::set_permissions(sandbox.path("data"), PermissionsExt::from_mode(mode)).unwrap();
    for mode in [0o000, 0o400] {
        allow(mode);
        // To the administrator nothing is closed.
        let is_closed = sandbox.path("data/.").metadata().is_err();
        for data in ["", " --data data"] {
            let run = train(data);
            if is_closed {
                run.failure(1, &["data cannot be read: Permission denied"])
            } else {
                run.success()
            };
        }
    }
    // Search alone is enough.
    allow(0o100);
    train("").success();
    allow(0o700);
}

#[test]
fn the_variable_names_the_data_and_the_option_goes_before_it() {
    let sandbox = Sandbox::with_tiny_data();
    let with_variable = |value: &str, line: &str| -> crate::common::Run {
        let mut command = sandbox.command();
        command.env("MNIST_DATA_DIR", value).args(line.split(' ')).output().unwrap().into()
    };
    with_variable("idx", "train --validation 11 --epochs 1 --hidden 6").success();
    with_variable("idx", "train --data nowhere").failure(1, &["error: nowhere does not exist", "synthetic"]);
    with_variable("nowhere", "train").failure(1, &["error: MNIST_DATA_DIR: nowhere does not exist"]);
    with_variable("synthetic:x", "train").failure(2, &["error: MNIST_DATA_DIR: ", "synthetic:7"]);
    let mut empty = sandbox.command();
    let run: crate::common::Run =
        empty.env("MNIST_DATA_DIR", "").arg("eval").arg("model.json").output().unwrap().into();
    run.failure(1, &["20 inputs", "28 x 28"]);
}

#[test]
fn other_data_than_the_models_is_warned_of() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let change_last_label = |file: &str| {
        let mut labels = fs::read(sandbox.path(file)).unwrap();
        let last = labels.len() - 1;
        labels[last] = (labels[last] + 1) % 4;
        fs::write(sandbox.path(file), labels).unwrap();
    };
    // A test set may be another one, and may come later.
    change_last_label("idx/t10k-labels-idx1-ubyte");
    assert_eq!(sandbox.line("eval model.json --data idx").success().stderr, "");
    change_last_label("idx/train-labels-idx1-ubyte");
    let run = sandbox.line("eval model.json --data idx").success();
    assert!(run.stderr.contains("warning: the model was trained on"), "{}", run.stderr);
}

#[test]
fn slowdown_prints_the_curve_as_csv() {
    let sandbox = Sandbox::new();
    let csv = sandbox.line("slowdown --cost quadratic --weight 2 --bias 2 --eta 0.15 --epochs 300").success().stdout;
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len(), 302);
    assert_eq!(lines[0], "epoch,output,cost,weight,bias");
    assert!(lines[1].starts_with("0,0.982013") && lines[301].starts_with("300,0.20284"), "{} {}", lines[1], lines[301]);
    let negative = sandbox.line("slowdown --weight -1.5 --bias -0.5 --epochs 1").success().stdout;
    assert!(negative.contains(",-1.500000000,-0.500000000\n"), "{negative}");
    let small = sandbox.line("slowdown --weight -1e-3 --bias -.5 --epochs 1").success().stdout;
    assert!(small.contains(",-0.001000000,-0.500000000\n"), "{small}");
    sandbox.line("slowdown --epochs 0").failure(2, &["epochs 0"]);
    sandbox.line("slowdown --weight 1e308 --bias 1e308").failure(2, &["no longer finite at epoch 0"]);
    sandbox.line("slowdown --cost log-likelihood").failure(2, &["possible values: cross-entropy, quadratic"]);
    sandbox.line("slowdown --eta 0").failure(2, &["eta 0 is out of range"]);
    sandbox.line("slowdown --weight nan").failure(2, &["finite"]);
}

#[test]
fn nonsense_is_refused_before_any_work_with_the_range_that_is_allowed() {
    let sandbox = Sandbox::with_tiny_data();
    for (arguments, words) in [
        ("--epochs 0", &["epochs 0", "1 or more"][..]),
        ("--eta 0", &["eta 0 is", "above 0"]),
        ("--eta -0.5", &["eta -0.5", "above 0"]),
        ("--eta nan", &["eta NaN", "above 0"]),
        ("--eta inf", &["eta inf"]),
        ("--eta 0,5", &["--eta takes a number with a decimal point", "write 0.5 for 0,5"]),
        ("--eta -0,5", &["write -0.5 for -0,5"]),
        ("--lambda 1,000", &["write 1.000 or 1000"]),
        ("--eta half", &["--eta takes a number", "half"]),
        ("--epochs -3", &["--epochs -3 is out of range: choose a number without a minus"]),
        ("--hidden -3", &["--hidden -3 is out of range: choose 1 or more"]),
        ("--epochs 1e3", &["--epochs takes a whole number", "1e3"]),
        ("--seed 18446744073709551616", &["--seed 18446744073709551616 is out of range: choose a smaller number"]),
        ("--hidden 18446744073709551615", &["--hidden 18446744073709551615 is out of range: choose a smaller number"]),
        ("--lambda -1", &["lambda -1 is"]),
        ("--lambda nan", &["lambda NaN"]),
        ("--batch-size 0", &["batch size 0", "1 to 53"]),
        ("--batch-size 54", &["batch size 54", "1 to 53"]),
        ("--train-size 54", &["train size 54", "1 to 53"]),
        ("--train-size 0", &["train size 0", "1 to 53"]),
        ("--validation 64", &["validation 64", "0 to 63"]),
        ("--validation 0", &["no evaluation images", "--evaluate-on test"]),
        ("--threads 0", &["threads 0", "1 to 256"]),
        ("--threads 100000000", &["threads 100000000", "1 to 256"]),
        ("--early-stop 0", &["early stop 0", "1 or more"]),
        ("--early-stop 5 --monitor training-cost", &["early stopping", "--monitor evaluation-accuracy"]),
        ("--keep best --monitor none", &["keeping the best epoch", "--monitor evaluation-accuracy"]),
        ("--schedule halve-on-plateau --monitor none", &["plateau", "--monitor evaluation-accuracy"]),
        ("--schedule halve-on-plateau --patience 0", &["patience 0", "1 or more"]),
        ("--patience 5", &["--schedule halve-on-plateau"]),
        ("--momentum 0.9 --optimizer adamw", &["--momentum is for --optimizer sgd"]),
        ("--rotation 5 --augment elastic", &["--rotation is for --augment affine"]),
        ("--sigma 4 --augment affine", &["--sigma is for --augment elastic"]),
        ("--warmup 3", &["warm-up 3 is", "less than 3"]),
        ("--warmup -1", &["warm-up -1 is"]),
        ("--schedule linear", &["one-cycle"]),
        ("--hidden 0", &["--hidden", "0"]),
        ("--hidden 4000000000", &["20-4000000000-4 would be more than 50,000,000 weights and biases", "--hidden"]),
        ("--hidden ,", &["--hidden"]),
        ("--cost hinge", &["cross-entropy", "quadratic", "log-likelihood"]),
        ("--monitor everything", &["training-cost"]),
        ("--monitor none,training-cost", &["--monitor none", "leave it out"]),
        ("--checkpoint-every 4294967296", &["--checkpoint-every 4294967296 is out of range: choose a smaller number"]),
        ("--from model.json --init large", &["cannot be used with"]),
        ("--data synthetic:x", &["synthetic:7"]),
        ("--data=", &["--data is empty"]),
        ("--log model.json", &["both name model.json"]),
        ("--log ./model.json", &["both name ./model.json"]),
    ] {
        // The option of the test comes after those of `TRAIN` and overrides none of them twice.
        let option = arguments.split([' ', '=']).next().unwrap();
        let base = ["--data idx", "--validation 11", "--epochs 3"].iter().filter(|base| !base.starts_with(option));
        let line = format!("train {} {arguments}", base.copied().collect::<Vec<_>>().join(" "));
        let run = sandbox.line(&line).failure(2, words);
        assert_eq!(run.stdout, "", "{line}");
        assert!(!sandbox.path("model.json").exists(), "{line}");
    }
}

#[test]
fn nonsense_is_refused_before_images_are_looked_for() {
    let sandbox = Sandbox::new();
    for (arguments, words) in [
        ("--eta 0", "eta 0 is"),
        ("--epochs 0", "epochs 0"),
        ("--dropout 1", "dropout 1 is"),
        ("--threads 0", "threads 0"),
        ("--early-stop 0", "early stop 0"),
        ("--warmup 30", "warm-up 30 is"),
    ] {
        sandbox.line(&format!("train --data absent {arguments}")).failure(2, &[words]);
    }
}

#[test]
fn without_validation_images_the_test_set_or_no_evaluation_monitor_will_do() {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 0 --epochs 1 --hidden 6";
    sandbox.line(&format!("{train} --evaluate-on test")).success();
    sandbox.line(&format!("{train} --monitor training-accuracy")).success();
    sandbox
        .line("eval model.json --data idx --split validation")
        .failure(1, &["validation split has no images", "--validation 0"]);
    assert_eq!(sandbox.json("model.json")["training"]["n_train"], 64);
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_training() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} -o nowhere/model.json")).failure(1, &["nowhere/model.json cannot be written"]);
    sandbox.line(&format!("{TRAIN} -o idx")).failure(1, &["idx cannot be written", "directory"]);
    sandbox.line(&format!("{TRAIN} --log nowhere/run.jsonl")).failure(1, &["nowhere/run.jsonl cannot be written"]);
    // Nor are the images loaded before.
    sandbox.line("train --data absent -o nowhere/model.json").failure(1, &["nowhere/model.json cannot be written"]);
    assert!(!sandbox.path("model.json").exists());
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_anything_is_read() {
    let sandbox = Sandbox::new();
    for line in [
        "show --model none.json --out nowhere/a.png",
        "plot none.json --out nowhere/a.png",
        "export none.json --out nowhere/a.onnx",
        "report none.json --out nowhere/a.html",
        "merge none.json one.json --out nowhere/a.json",
    ] {
        sandbox.line(line).failure(1, &["nowhere/a.", "cannot be written"]);
    }
}

#[test]
fn files_of_others_are_not_overwritten() {
    let sandbox = Sandbox::with_tiny_data();
    let labels = fs::read(sandbox.path("idx/t10k-labels-idx1-ubyte")).unwrap();
    for option in ["--out", "--log"] {
        let run = sandbox.line(&format!("{TRAIN} {option} idx/t10k-labels-idx1-ubyte"));
        run.failure(1, &["idx/t10k-labels-idx1-ubyte exists", "not overwritten"]);
    }
    assert_eq!(fs::read(sandbox.path("idx/t10k-labels-idx1-ubyte")).unwrap(), labels);
    sandbox.line(TRAIN).success();
    let model = sandbox.read("model.json");
    let over_the_start = "train --data idx --validation 11 --from model.json --log model.json -o other.json";
    sandbox.line(over_the_start).failure(1, &["model.json exists", "not a log"]);
    assert_eq!(sandbox.read("model.json"), model);
    // What looks like ours at first sight.
    for (option, name, text) in [
        ("--log", "other.jsonl", "{\"epoch\":1,\"loss\":0.5}\n{\"epoch\":2,\"loss\":0.25}\n"),
        ("--out", "shirts.json", "{\"sizes\":[36,38,40],\"colours\":[\"red\"]}\n"),
    ] {
        fs::write(sandbox.path(name), text).unwrap();
        sandbox.line(&format!("{TRAIN} {option} {name}")).failure(1, &[name, "not overwritten"]);
        assert_eq!(sandbox.read(name), text);
    }
    // Ours are, however often.
    for _ in 0..2 {
        sandbox.line(&format!("{TRAIN} --log run.jsonl")).success();
    }
}

#[test]
fn words_of_a_file_do_not_move_the_cursor() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let model = sandbox.read("model.json");
    for (from, to) in
        [("\"f32\"", "\"\\u001b[2Jf32\""), ("CrossEntropyCost", "\\u0007Cost"), ("\"unknown images", "\"\\u001b[2J")]
    {
        assert!(model.contains(from), "{model}");
        fs::write(sandbox.path("evil.json"), model.replacen(from, to, 1)).unwrap();
        let run = sandbox.line("eval evil.json --data idx");
        let text = run.stdout + &run.stderr;
        assert!(!text.is_empty() && !text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn images_of_two_sizes_are_refused() {
    let sandbox = Sandbox::with_tiny_data();
    let mut images = fs::read(sandbox.path("idx/t10k-images-idx3-ubyte")).unwrap();
    // 13 images of 4 x 5 instead of 5 x 4.
    (images[11], images[15]) = (4, 5);
    fs::write(sandbox.path("idx/t10k-images-idx3-ubyte"), images).unwrap();
    sandbox.line(&format!("{TRAIN} --evaluate-on test")).failure(1, &["(4, 5)", "(5, 4)"]);
}

#[test]
fn eval_says_that_other_data_cannot_be_split_as_in_the_training() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} --quiet")).success();
    let other = sandbox.read("model.json").replace(r#""n_validation":11,"#, r#""n_validation":5000,"#);
    fs::write(sandbox.path("other.json"), other).unwrap();
    sandbox.line("eval other.json --data idx --split train").failure(1, &["5000 validation", "64 images"]);
    // What says nothing of its training is split as a new training would be.
    let theirs = golden("two_layer_quadratic_l2.start.json").display().to_string();
    let run = sandbox.run(["eval", &theirs, "--data", "idx", "--split", "train"]).success();
    assert!(run.stdout.contains("54 images of the train split"), "{}", run.stdout);
}

#[test]
fn divergence_names_the_epoch_and_what_was_too_large_and_keeps_the_last_good_epoch() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --epochs 1000 --hidden 6 --eta 1 --lambda 500";
    let run = sandbox.line(line).failure(1, &["diverged in epoch", "lambda, such as 20 (", "model.json holds epoch"]);
    let epochs = sandbox.json("model.json")["training"]["epochs_done"].as_u64().unwrap();
    assert!(run.stderr.contains(&format!("diverged in epoch {}", epochs + 1)), "{}", run.stderr);
    assert_eq!(sandbox.json("model.json")["training"]["diverged"], epochs + 1);
    sandbox.line("report model.json --data idx").success();
    assert!(sandbox.read("report.html").contains(&format!("in epoch {}", epochs + 1)));
    sandbox.line("eval model.json --data idx").success();
    // To resume it would lead to the same end, so it is not kept from the next training.
    let again = sandbox.line("train --data idx --validation 11 --epochs 2 --hidden 6 --lambda 0").success();
    assert!(
        !again.stderr.contains("is kept as") && !sandbox.path("model.interrupted.json").exists(),
        "{}",
        again.stderr
    );

    let at_once = "train --data idx --validation 11 --hidden 6 --eta 1e300 --lambda 1e300 -o none.json";
    sandbox.line(at_once).failure(1, &["diverged in epoch 1", "a smaller eta", "nothing was saved"]);
    // The default lambda is too large only for such an eta.
    let by_eta = "train --data idx --validation 11 --hidden 6 --eta 1e9 -o none.json";
    sandbox.line(by_eta).failure(1, &["diverged in epoch 1", "try a smaller eta, such as 0.5 ("]);
    assert!(!sandbox.path("none.json").exists());
}

#[test]
fn accuracy_at_chance_is_warned_of() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line("train --data idx --validation 11 --hidden 6 --epochs 4 --eta 1e-9").success();
    assert!(run.stderr.contains("warning: for 3 epochs") && run.stderr.contains("larger eta"), "{}", run.stderr);
}

#[test]
fn damaged_data_is_named_and_explained() {
    let images = "idx/train-images-idx3-ubyte";
    let with = |contents: &[u8]| {
        let sandbox = Sandbox::with_tiny_data();
        fs::write(sandbox.path(images), contents).unwrap();
        sandbox.line(TRAIN)
    };
    with(b"").failure(1, &[images, "is empty"]);
    with(b"<!DOCTYPE html><title>404</title>").failure(1, &[images, "HTML page", "fetch the file again"]);
    with(&[0, 0, 8, 3, 0, 0, 0, 64, 0, 0, 0, 5, 0, 0, 0, 4, 1, 2])
        .failure(1, &[images, "too short", "1280", "holds 2"]);
    with(&[0x1f, 0x8b, 8, 0, 0]).failure(1, &[images, "cut off"]);
    let sandbox = Sandbox::with_tiny_data();
    fs::remove_file(sandbox.path("idx/t10k-labels-idx1-ubyte")).unwrap();
    sandbox.line(&format!("{TRAIN} -o other.json")).success();
    sandbox.line("eval other.json --data idx").failure(1, &["idx lacks t10k-labels-idx1-ubyte"]);
    fs::remove_file(sandbox.path("idx/train-labels-idx1-ubyte")).unwrap();
    sandbox.line(TRAIN).failure(1, &["idx lacks train-labels-idx1-ubyte"]);
    sandbox.line("train --data nowhere.npz").failure(1, &["nowhere.npz does not exist", ".npz"]);
}

#[test]
fn bad_models_are_named_and_explained() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line("eval nowhere.json --data idx").failure(1, &["nowhere.json", "cannot be read"]);
    for (contents, word) in [
        ("", "not a model file"),
        (r#"{"sizes": [784, 3"#, "ends too soon"),
        ("<html>", "not a model file"),
        (r#"{"sizes":[20,4]}"#, "missing field"),
        (r#"{"format":99}"#, "newer"),
        // As Python writes what network2.py has come to.
        (
            r#"{"sizes": [20, 1], "weights": [[[0.5, NaN"#,
            "it holds NaN (line 1, column 39): its training diverged, so repeat that with a smaller eta",
        ),
        (r#"{"sizes":[20,1],"weights":[[[1]]],"biases":[[[1]]],"cost":"QuadraticCost"}"#, "20-1 do not fit"),
    ] {
        fs::write(sandbox.path("bad.json"), contents).unwrap();
        sandbox.line("eval bad.json --data idx").failure(1, &["bad.json", word]);
        sandbox.line("train --data idx --validation 11 --from bad.json").failure(1, &["bad.json", word]);
    }
    let other = golden("two_layer_quadratic_l2.start.json").display().to_string();
    sandbox.run(["eval", &other, "--data", "synthetic"]).failure(1, &["20 inputs", "28 x 28"]);
}

#[test]
fn a_model_that_was_trained_with_something_unknown_can_be_used_but_not_resumed() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line("train --data idx --validation 11 --hidden 6 --epochs 2 --optimizer adamw --quiet").success();
    let model = sandbox.read("model.json");
    let correct = || {
        let run = sandbox.line("eval model.json --data idx --format json").success();
        serde_json::from_str::<Value>(&run.stdout).unwrap()["correct"].clone()
    };
    let known = correct();
    for (key, value, unknown, words) in [
        ("optimizer", r#""adam-w""#, r#""lion""#, "trained with the optimizer 'lion', which this program does not"),
        ("optimizer", r#""adam-w""#, r#"{"lion":{"beta":0.9}}"#, "trained with the optimizer '{"),
        ("precision", r#""f32""#, r#""f16""#, "trained with the precision 'f16', which this program does not know"),
        ("engine", r#""fast""#, r#""steam""#, "trained with the engine 'steam', which this program does not know"),
    ] {
        let changed = model.replace(&format!(r#""{key}":{value}"#), &format!(r#""{key}":{unknown}"#));
        assert_ne!(changed, model);
        fs::write(sandbox.path("model.json"), &changed).unwrap();
        assert_eq!(correct(), known, "{unknown}");
        sandbox.line("train --resume model.json --data idx --epochs 4").failure(1, &["model.json cannot", words]);
        sandbox.line("train --from model.json --data idx --validation 11 --epochs 1 -q -o more.json").success();
        sandbox.line("plot model.json").success();
        sandbox.line("merge model.json model.json -o one.json").success();
        assert!(sandbox.read("one.json").contains(&format!(r#""{key}":{unknown}"#)), "it is kept");
        sandbox.line("report model.json --data idx").success();
        assert_eq!(sandbox.read("report.html").contains(" (unknown)</td>"), key != "engine", "{unknown}");
    }
}

#[test]
fn what_cannot_be_a_command_is_answered_by_what_can() {
    let sandbox = Sandbox::new();
    sandbox.line("").failure(2, &["Usage"]);
    sandbox.line("trian").failure(2, &["train"]);
    sandbox.line("train -o -5").failure(2, &["'-5'"]); // a name like a number is more likely an option that does not exist
}

#[cfg(unix)]
#[test]
fn a_reader_who_leaves_early_is_no_error() {
    use std::io::Read;
    use std::process::Stdio;

    let sandbox = Sandbox::with_tiny_data();
    let mut slowdown = sandbox.command();
    slowdown.args(["slowdown", "--epochs", "1000000"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = slowdown.spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 64]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");

    // Training goes on without its reader and saves the model.
    let mut train = sandbox.command();
    train.args(TRAIN.split(' ')).stdout(Stdio::piped());
    let mut child = train.spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(sandbox.path("model.json").exists());
}

#[cfg(unix)]
#[test]
fn a_signal_saves_the_last_whole_epoch_and_exits_with_its_number() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        stop_by(signal, code);
    }
}

#[cfg(unix)]
fn stop_by(signal: &str, code: i32) {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let sandbox = Sandbox::with_tiny_data();
    let mut train = sandbox.command();
    train.args("train --data idx --validation 11 --hidden 6 --epochs 100000000 --log run.jsonl".split(' '));
    let child = train.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while fs::read_to_string(sandbox.path("run.jsonl")).unwrap_or_default().lines().count() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let run = crate::common::stopped(child);
    let run = run.failure(code, &["interrupted", "model.json holds epoch"]);
    let model = sandbox.json("model.json");
    let epochs = model["training"]["epochs_done"].as_u64().unwrap();
    assert_eq!(model["history"].as_array().unwrap().len() as u64, epochs);
    assert!(run.stderr.contains(&format!("holds epoch {epochs}")), "{}", run.stderr);
    sandbox.line("eval model.json --data idx").success();
}

#[test]
fn a_model_with_more_outputs_than_labels_can_tell_apart_is_refused() {
    let sandbox = Sandbox::with_tiny_data();
    let row = format!("[{}]", ["0.5"; 20].join(","));
    let (rows, column) = (vec![row.as_str(); 3_000].join(","), vec!["[0.5]"; 3_000].join(","));
    let model = format!(r#"{{"sizes":[20,3000],"weights":[[{rows}]],"biases":[[{column}]],"cost":"QuadraticCost"}}"#);
    fs::write(sandbox.path("wide.json"), model).unwrap();
    sandbox.line("eval wide.json --data idx").failure(1, &["wide.json", "3000 outputs", "256 classes"]);
    sandbox.line("train --data idx --validation 11 --from wide.json").failure(1, &["3000 outputs"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    use std::process::{Command, Stdio};

    let sandbox = Sandbox::with_tiny_data();
    let mut nohup = Command::new("nohup");
    nohup.arg(sandbox.command().get_program()).current_dir(sandbox.path(".")).env_remove("MNIST_DATA_DIR");
    nohup.args("train --data idx --validation 11 --hidden 6 --epochs 200000 --quiet --log run.jsonl".split(' '));
    let mut child = nohup.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while fs::read_to_string(sandbox.path("run.jsonl")).unwrap_or_default().lines().count() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let signal = |name: &str| Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    signal("-HUP");
    let lines = || fs::read_to_string(sandbox.path("run.jsonl")).unwrap().lines().count();
    let before = lines();
    while lines() == before {
        assert!(before < 200_000, "it ended by itself: the test is too short");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    signal("-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

/// Each option of the rest of chapter 3 changes what is learned, is recorded, and gives the same bytes for any number
/// of threads.
#[test]
fn regularization_optimizers_and_more_images_are_used_and_recorded() {
    let sandbox = Sandbox::with_tiny_data();
    let train = |options: &str, out: &str| {
        let line = format!("train --data idx --validation 11 --hidden 6,5 --epochs 2 {options} -o {out}");
        sandbox.line(&line).success();
        std::fs::read(sandbox.path(out)).unwrap()
    };
    let plain = train("", "plain.json");
    assert!(!String::from_utf8_lossy(&plain).contains("dropout"), "a plain file has no keys that it does not need");
    for (options, key, value) in [
        ("--activation relu --init he", "/activation", "relu"),
        ("--activation tanh,relu --init xavier", "/activation/1", "relu"),
        ("--l1 2", "/training/l1", "2.0"),
        ("--dropout 0.5 --input-dropout 0.2", "/training/input_dropout", "0.2"),
        ("--momentum 0.9", "/training/optimizer/sgd/momentum", "0.9"),
        ("--momentum 0.9 --nesterov", "/training/optimizer/sgd/nesterov", "true"),
        ("--max-norm 0.5", "/training/max_norm", "0.5"),
        ("--tolerance 0.5", "/training/tolerance", "0.5"),
        ("--ema 0.9", "/training/ema", "0.9"),
        ("--optimizer adamw", "/training/optimizer", "adam-w"),
        ("--optimizer adamw", "/training/eta", "0.001"),
        ("--expand shift", "/training/expand", "shift"),
        ("--augment affine", "/training/augment/affine/rotation", "15.0"),
        ("--augment affine,elastic --sigma 4", "/training/augment/elastic/sigma", "4.0"),
        ("--augment affine --fade-to 0.25", "/training/augment/fade_to", "0.25"),
    ] {
        let one = train(&format!("{options} --threads 1"), "one.json");
        assert_eq!(one, train(&format!("{options} --threads 2"), "two.json"), "{options}");
        assert_ne!(one, plain, "{options}");
        let model = sandbox.json("one.json");
        let found = model.pointer(key).unwrap_or_else(|| panic!("{options}: no {key}"));
        assert_eq!(found.to_string().trim_matches('"'), value, "{options}: {key}");
        // The training images are found again, also those that were expanded.
        let evaluation = sandbox.line("eval one.json --data idx --split train --format json").success();
        assert!(!evaluation.stderr.contains("trained on"), "{options}: {}", evaluation.stderr);
        let trained_on = sandbox.json("plain.json")["training"]["n_train"].as_u64();
        let evaluation: serde_json::Value = serde_json::from_str(&evaluation.stdout).unwrap();
        assert_eq!(evaluation["n"].as_u64(), trained_on, "{options}");
    }
}

#[test]
fn the_log_of_another_training_stands_until_there_is_an_epoch_to_write() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --epochs 3 --quiet --log run.jsonl";
    sandbox.line(line).success();
    let old = sandbox.read("run.jsonl");
    sandbox.line(&format!("{line} --eta 1e300")).failure(1, &["diverged"]);
    assert!(sandbox.read("run.jsonl") == old, "no epoch was completed");
    sandbox.line(&line.replace("--epochs 3", "--epochs 1")).success();
    assert_eq!(sandbox.read("run.jsonl").lines().count(), 1);
}

#[test]
fn a_log_that_is_write_protected_stands() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --hidden 6 --log run.jsonl";
    sandbox.line(&format!("{line} --epochs 3")).success();
    let (log, path) = (sandbox.read("run.jsonl"), sandbox.path("run.jsonl"));
    let mut permissions = path.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    sandbox.line(&format!("{line} --epochs 1 -o b.json")).failure(1, &["run.jsonl cannot be written", "protected"]);
    assert_eq!(sandbox.read("run.jsonl"), log);
}

#[test]
fn a_limit_of_norms_hides_no_divergence() {
    let sandbox = Sandbox::with_tiny_data();
    for engine in ["fast", "reference"] {
        let line = "train --data idx --validation 11 --epochs 1 --eta 1e30 --lambda 0 --max-norm 3 --engine";
        sandbox.line(&format!("{line} {engine}")).failure(1, &["diverged"]);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_one_that_cannot_be_written() {
    let sandbox = Sandbox::with_tiny_data();
    let mut shell = std::process::Command::new("sh");
    let line = format!("ulimit -f 1; exec {} train --data idx --validation 11 --quiet", env!("CARGO_BIN_EXE_mnist"));
    let run: crate::common::Run = shell.args(["-c", &line]).current_dir(sandbox.path(".")).output().unwrap().into();
    run.failure(1, &["model.json cannot be written"]);
    let left: Vec<_> = fs::read_dir(sandbox.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["idx"], "nothing is left behind");
}

#[test]
fn images_that_are_all_but_blank_are_warned_of() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --epochs 1 --evaluate-on test";
    let warning = sandbox.line(line).success().stderr;
    assert!(!warning.contains("warning"), "{warning}");
    let images = sandbox.path("idx/train-images-idx3-ubyte");
    let mut bytes = fs::read(&images).unwrap();
    bytes[16..].iter_mut().for_each(|pixel| *pixel /= 128);
    fs::write(&images, bytes).unwrap();
    let warning = sandbox.line(line).success().stderr;
    assert!(warning.contains("warning: no pixel of these images is above 1 of 255"), "{warning}");
    let few = sandbox.line(&format!("{line} --train-size 1 --batch-size 1")).success().stderr;
    assert!(!few.contains("label"), "one image has one label: {few}");
    // So are images of one digit alone.
    let labels = sandbox.path("idx/train-labels-idx1-ubyte");
    let mut bytes = fs::read(&labels).unwrap();
    let last = bytes.len() - 11;
    bytes[8..last].fill(2);
    fs::write(&labels, &bytes).unwrap();
    let warning = sandbox.line(line).success().stderr;
    assert!(warning.contains("warning: all images to train on have the label 2"), "{warning}");
    bytes[9..30].fill(77);
    fs::write(&labels, bytes).unwrap();
    let warning = sandbox.line(line).success().stderr;
    let words = "classes, 0 to 77, have no image to train on";
    assert!(warning.contains(words), "{warning}");
}

/// A table of images of 3 x 3 with these labels, in which each pixel is `pixel` of its number.
fn table(labels: impl IntoIterator<Item = usize>, pixel: fn(usize) -> usize) -> String {
    let row = |label| format!("{label},{}\n", (0..9).map(|i| pixel(i).to_string()).collect::<Vec<_>>().join(","));
    labels.into_iter().map(row).collect()
}

#[test]
fn a_table_that_is_sorted_by_label_is_warned_of() {
    let sandbox = Sandbox::new();
    let warned = |labels: Vec<usize>, validation| {
        fs::write(sandbox.path("table.csv"), table(labels, |i| 20 * i)).unwrap();
        let line = format!("train --data table.csv --validation {validation} --epochs 1 --quiet");
        sandbox.line(&line).success().stderr
    };
    let sorted: Vec<_> = (0..120).map(|i| i / 40).collect();
    let advice = "is the file sorted by label? shuffle its rows\n";
    let warning = warned(sorted.clone(), 50);
    assert_eq!(warning, format!("warning: class 2 of the validation images has no image to train on: {advice}"));
    let warning = warned(sorted.clone(), 90);
    assert!(warning.contains("classes 1, 2 of the validation images have no image to train on"), "{warning}");
    let warning = warned(sorted, 30);
    assert_eq!(warning, format!("warning: the validation images are all of class 2: {advice}"));
    // In turns, or of one rare class that is missing by chance.
    assert_eq!(warned((0..120).map(|i| i % 3).collect(), 50), "");
    assert_eq!(warned((0..120).map(|i| if i == 119 { 3 } else { i % 3 }).collect(), 50), "");
}

#[test]
fn faint_images_and_dark_ones_on_light_are_warned_of() {
    let sandbox = Sandbox::new();
    let warned = |pixel| {
        fs::write(sandbox.path("table.csv"), table((0..40).map(|i| i % 2), pixel)).unwrap();
        sandbox.line("train --data table.csv --validation 10 --epochs 1 --quiet").success().stderr
    };
    let faint =
        "warning: no pixel of these images is above 16 of 255: if 16 is full ink, multiply them by 255/16 and round\n";
    assert_eq!(warned(|i| if i == 4 { 16 } else { 0 }), faint);
    assert_eq!(warned(|i| if i == 4 { 128 } else { 0 }), "");
    let dark = "warning: the border of most images is light: are they dark on light? MNIST is light on dark, so subtract each \
                pixel from ";
    assert_eq!(warned(|i| if i == 4 { 0 } else { 255 }), format!("{dark}255\n"));
    assert_eq!(warned(|i| if i == 4 { 0 } else { 16 }), format!("{faint}{dark}16\n"));
    assert_eq!(warned(|_| 0), "");
}

#[test]
fn labels_that_start_at_1_are_noted() {
    let sandbox = Sandbox::new();
    let said = |labels: fn(usize) -> usize, options: &str| {
        fs::write(sandbox.path("table.csv"), table((0..40).map(labels), |i| 20 * i)).unwrap();
        let line = format!("train --data table.csv --validation 10 --epochs 1 {options}");
        sandbox.line(&line).success().stderr.contains("note: no image has the label 0")
    };
    assert!(said(|i| 1 + i % 3, "") && !said(|i| 1 + i % 3, "--quiet"));
    assert!(!said(|i| i % 3, "") && !said(|i| 1 + i / 39, "") && !said(|i| 2 * (1 + i % 2), ""));
}

#[test]
fn known_digits_are_not_warned_of() {
    let sandbox = Sandbox::new();
    for line in ["", "--train-size 500 --validation 100", "--train-size 40 --validation 3", "--expand shift"] {
        let run = sandbox.line(&format!("train --data synthetic --epochs 1 --monitor none --quiet {line}")).success();
        assert_eq!(run.stderr, "", "{line}");
    }
}

#[test]
fn an_option_with_one_dash_is_answered_by_that_with_two() {
    let sandbox = Sandbox::with_tiny_data();
    for (line, name) in [
        ("train -eta 0.1", "eta"),
        ("train -eta=0.1", "eta"),
        ("train -hidden 100", "hidden"),
        ("train --data idx -seed 3", "seed"),
        ("train -epochs 3", "epochs"),
        ("show -model m.json", "model"),
    ] {
        let said = format!("-{name} has one dash: did you mean --{name}?");
        assert!(sandbox.line(line).failure(2, &[&said]).stdout.is_empty(), "{line}");
    }
    // Clusters and values of short options, negative numbers, and what stands behind two dashes.
    sandbox.line("train --data idx --validation 11 -qe1 -omodel.json --eta 0.5").success();
    sandbox.line("train --data idx --eta -0.5").failure(2, &["eta"]);
    sandbox.line("eval -- -seed").failure(1, &["-seed cannot be read"]);
    sandbox.line("train -help").success();
}

#[test]
fn a_word_without_its_option_is_answered_by_a_tip() {
    let sandbox = Sandbox::new();
    let tip = "tip: name a model with '--model model.json'";
    sandbox.line("show model.json").failure(2, &["unexpected argument 'model.json'", tip]);
    sandbox.line("show -n 3 model.json").failure(2, &[tip]);
    for (typed, list) in [
        ("train --hidden 100 50", "'--hidden 100,50'"),
        ("train --hidden 100 50 20 --eta 3", "'--hidden 100,50,20'"),
        ("train --augment affine elastic", "'--augment affine,elastic'"),
        ("show --label 4 9", "'--label 4,9'"),
    ] {
        sandbox.line(typed).failure(2, &[&format!("tip: write the list with commas: {list}")]);
    }
    let run = sandbox.line("train model.json").failure(2, &["unexpected argument 'model.json'"]);
    assert!(!run.stderr.contains("tip"), "{}", run.stderr);
}

#[test]
fn an_option_of_another_command_is_called_so() {
    let sandbox = Sandbox::new();
    for (line, words) in [
        ("tune --monitor all", "tune has no --monitor: trials are compared by their accuracy on the validation images"),
        ("tune --evaluate-on=test", "tune has no --evaluate-on: trials are compared"),
        ("tune --from x.json", "tune has no --from: every trial starts from new weights"),
        ("tune --log x.jsonl", "tune has no --log: all trials are printed with --format json"),
        ("tune --resume x.json", "tune has no --resume: it is for a single training"),
        ("train --version", "train has no --version: '"),
        ("eval -V", "eval has no -V: '"),
    ] {
        let run = sandbox.line(line).failure(2, &[words]);
        assert!(!run.stderr.contains("tip"), "{line}: {}", run.stderr);
    }
    sandbox.line("train --version").failure(2, &[" --version' prints the version"]);
    // What no command has is a slip of the pen, and no option is the name of a file.
    sandbox.line("tune --tirals 3").failure(2, &["tip: a similar argument exists: '--trials'"]);
    for line in ["eval -q model.json", "eval --quiet model.json", "predict -x model.json 3.png"] {
        let run = sandbox.line(line).failure(2, &["unexpected argument '-"]);
        assert!(!run.stderr.contains("tip"), "{line}: {}", run.stderr);
    }
}

#[test]
fn who_asks_briefly_is_told_that_tune_takes_the_options_of_train() {
    let sandbox = Sandbox::new();
    sandbox.line("man man1").success();
    let page = sandbox.read("man1/mnist-tune.1").replace('\\', "");
    for text in [sandbox.line("tune -h").success().stdout, sandbox.line("tune --help").success().stdout, page] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = "The options of mnist train that say what to train on and how (--data, --hidden,";
        assert_eq!(text.matches(words).count(), 1, "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_printed_is_a_failure() {
    let sandbox = Sandbox::new();
    for line in ["--help", "--version", "-V", "train -h", "help eval", "completions bash"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let run: crate::common::Run = sandbox.command().args(line.split(' ')).stdout(full).output().unwrap().into();
        run.failure(1, &["error: cannot write to standard output"]);
    }
}

#[test]
fn what_to_try_next_is_possible_and_replaces_nothing() {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 0 --monitor training-cost --epochs 1 --lambda 0";
    let line = format!("{train} --cost quadratic --eta 3 --batch-size 7 -o ./wide.json");
    let run = sandbox.line(&line).success();
    let next = run.stdout.lines().find_map(|line| line.strip_prefix("try next")).unwrap();
    let words =
        " train --hidden 100 --monitor training-cost,training-accuracy -o wide-2.json --data idx --cost quadratic";
    let same = "--eta 3 --lambda 0 --epochs 1 --batch-size 7 --validation 0";
    assert!(next.ends_with(&format!("{words} {same}")), "{next}");
    sandbox.run(next.split_whitespace().skip(1)).success();
    assert_eq!(sandbox.json("wide-2.json")["sizes"][1], 100);
    // Who knows other options needs no suggestion, and more neurons are no help to those that learn nothing.
    for options in ["--optimizer adamw --eta 0.001", "--dropout 0.1", "--init large", "--expand shift"] {
        let run = sandbox.line(&format!("{train} {options} -o other.json")).success();
        assert!(!run.stdout.contains("try next"), "{options}: {}", run.stdout);
    }
    let run = sandbox.line("train --data idx --validation 11 --epochs 1 --eta 0.000001 -o slow.json").success();
    assert!(!run.stdout.contains("try next"), "{}", run.stdout);
}

#[test]
fn a_model_is_not_saved_under_the_name_of_an_export() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} -o a.json")).success();
    let words = ["a model is saved as JSON", "name a .json file", " export'"];
    sandbox.line("train --data idx --validation 11 -o a.onnx").failure(2, &words);
    sandbox.line("merge a.json a.json -o a.npz").failure(2, &words);
    sandbox.line("tune --data idx --validation 11 --trials 1 --epochs 1 -o a.csv").failure(2, &words);
}

#[test]
fn a_split_that_cannot_be_cut_is_said_once_with_its_option() {
    let sandbox = Sandbox::with_tiny_data();
    for (options, words) in [
        (
            "--validation 64",
            "validation 64 leaves nothing to train on: of 64 training images choose 0 to 63, such as 10, with --validation",
        ),
        ("--validation 11 --train-size 54", "the training images beside 11 for validation, with --train-size"),
    ] {
        let run = sandbox.line(&format!("train --data idx {options}")).failure(2, &[words]);
        assert_eq!(run.stderr.trim_end().lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn of_few_images_a_sixth_is_for_validation() {
    let sandbox = Sandbox::with_tiny_data();
    // A file that says nothing of its training goes by the same rule.
    let neuron = format!("[{}]", vec!["0"; 20].join(","));
    let rows = [&neuron[..]; 4].join(",");
    let network2 =
        format!(r#"{{"sizes":[20,4],"weights":[[{rows}]],"biases":[[[0],[0],[0],[0]]],"cost":"QuadraticCost"}}"#);
    fs::write(sandbox.path("network2.json"), network2).unwrap();
    let eval = sandbox.line("eval network2.json --data idx --split validation").success();
    assert!(eval.stdout.contains("10 images of the validation split"), "{}", eval.stdout);
    let run = sandbox.line("train --data idx --epochs 1").success();
    assert!(run.stdout.contains("54 images to train on, 10 for validation"), "{}", run.stdout);
    assert_eq!(sandbox.json("model.json")["training"]["n_validation"], 10);
    assert!(
        sandbox.line("eval model.json --data idx --split validation").success().stdout.contains("10 images of the")
    );
    sandbox.line("train --resume model.json --data idx --epochs 2 --quiet").success();
    sandbox.line("tune --data idx --trials 1 --epochs 1 --quiet").success();
    assert!(sandbox.line("show --data idx --split validation").success().stdout.contains("10 images of the"));
}

#[test]
fn files_are_not_written_to_standard_output() {
    let sandbox = Sandbox::with_tiny_data();
    let words = ["a model file is not written to standard output: name a file"];
    sandbox.line(&format!("{TRAIN} -o -")).failure(2, &words);
    sandbox.line("tune --data idx --validation 11 --trials 1 -o -").failure(2, &words);
    sandbox.line(&format!("{TRAIN} --log -")).failure(2, &["a log of this program is not written to"]);
    sandbox.line(&format!("{TRAIN} --quiet")).success();
    sandbox.line("eval model.json --data idx --answers -").failure(2, &["a table of answers is not written to"]);
    sandbox.line("report model.json --data idx -o -").failure(2, &["a page of mnist report is not written to"]);
    assert!(!sandbox.path("-").exists());
}

#[test]
fn of_an_option_that_is_given_twice_the_last_counts() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox
        .line(&format!("{TRAIN} --quiet --eta 0.25 --cost quadratic --quiet --eta 0.125 --cost cross-entropy"))
        .success();
    let model = sandbox.json("model.json");
    assert_eq!((&model["training"]["eta"], &model["cost"]), (&0.125.into(), &"CrossEntropyCost".into()));
    let twice = "tune --data idx --validation 11 --epochs 1 --trials 1 --trials 2 --quiet --format json";
    let tuned = sandbox.line(&format!("{twice} --search eta=1..2 --search lambda=1..2")).success();
    let tuned: Value = serde_json::from_str(&tuned.stdout).unwrap();
    let trials = tuned["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 2);
    // What may be given several times still adds up.
    for trial in trials {
        let within = |name: &str| (1.0..=2.0).contains(&trial["parameters"][name].as_f64().unwrap());
        assert!(within("eta") && within("lambda"), "{trial}");
    }
}

#[test]
fn layers_are_named_once() {
    Sandbox::new()
        .line("train --hidden 30 --hidden 40")
        .failure(2, &["'--hidden <N,…>' cannot be used multiple times"]);
}

#[test]
fn files_that_are_easily_taken_for_a_model_are_called_by_what_they_are() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TRAIN} -o model.json --log run.jsonl")).success();
    for ending in ["onnx", "npz", "safetensors", "csv"] {
        sandbox.line(&format!("export model.json -o model.{ending}")).success();
    }
    for (name, start) in [("a.png", &b"\x89PNG\r\n"[..]), ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.gz", b"\x1f\x8b\x08")] {
        fs::write(sandbox.path(name), start).unwrap();
    }
    fs::write(sandbox.path("marked.json"), format!("\u{feff}{}", sandbox.read("model.json"))).unwrap();
    fs::write(sandbox.path("list.json"), "[1,2,3]").unwrap();
    for (name, words) in [
        ("model.onnx", "it is an export: name the model file"),
        ("model.safetensors", "it is an export"),
        ("model.csv", "it is an export"),
        ("model.npz", "it is an archive"),
        ("a.png", "it is a picture"),
        ("a.jpg", "it is a picture"),
        ("a.gz", "it is packed: unpack it first"),
        ("marked.json", "byte order mark"),
        ("list.json", "not a model file: invalid type: integer `2`, expected the settings of a training"),
        ("run.jsonl", "it is the log of a training, no model file"),
        ("idx", "it is a directory"),
    ] {
        sandbox.line(&format!("eval {name} --data idx")).failure(1, &[name, words]);
    }
    // What is no model is not resumed, let alone overwritten.
    fs::write(sandbox.path("package.json"), r#"{"name":"x"}"#).unwrap();
    let run = sandbox.line("train --resume package.json").failure(1, &["package.json: not a model file", "sizes"]);
    assert!(!run.stderr.contains("overwritten"), "{}", run.stderr);
}

#[test]
fn outputs_that_are_not_numbers_are_no_votes_for_0() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(TRAIN).success();
    let list = |n: usize, item: &str| format!("[{}]", vec![item; n].join(","));
    let large = list(2, &list(20, "1.7e308"));
    // The outputs get infinity less infinity.
    let difference = list(4, "[1.7e308,-1.7e308]");
    let model = format!(
        r#"{{"sizes":[20,2,4],"weights":[{large},{difference}],"biases":[{},{}],"cost":"LogLikelihoodCost",
        "activation":"relu"}}"#,
        list(2, "[0]"),
        list(4, "[0]")
    );
    fs::write(sandbox.path("large.json"), model).unwrap();
    let words = ["large.json has no answer for some of these images", "sums overflow"];
    for command in [
        "eval large.json --data idx",
        "eval model.json large.json --data idx",
        "show --model large.json --data idx",
        "report large.json --data idx",
    ] {
        let run = sandbox.line(command).failure(1, &words);
        assert_eq!(run.stdout, "", "{command}");
    }
}

#[test]
fn a_value_that_begins_with_a_dash_is_printed_as_it_can_be_typed() {
    let sandbox = Sandbox::with_tiny_data();
    fs::rename(sandbox.path("idx"), sandbox.path("-d")).unwrap();
    let run = sandbox.line("train --data=-d --validation 11 --train-size 40 --lambda 0").success();
    assert!(run.stdout.contains("eval model.json --data=-d\n"), "{}", run.stdout);
    assert!(
        run.stdout.contains(" -o wide.json --data=-d --lambda 0 --train-size 40 --validation 11\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn options_out_of_range_are_refused_with_the_range() {
    let sandbox = Sandbox::with_tiny_data();
    for (options, words) in [
        ("--l1 -1", ["l1", "choose 0"]),
        ("--momentum 1", ["momentum", "below 1"]),
        ("--max-norm 0", ["max norm", "above 0"]),
        ("--tolerance 1", ["tolerance", "below 1"]),
        ("--tolerance -0.1", ["tolerance", "choose 0"]),
        ("--ema 1", ["ema", "below 1"]),
        ("--dropout 1", ["dropout 1 is", "below 1"]),
        ("--input-dropout nan", ["input dropout", "below 1"]),
        ("--augment affine --rotation 200", ["rotation", "180"]),
        ("--augment elastic --sigma 0", ["sigma", "100"]),
        ("--augment affine --fade-to 2", ["fade-to 2", "0 to 1"]),
        ("--fade-to 0.5", ["--fade-to is for --augment", "leave --fade-to out"]),
        ("--activation relu,tanh", ["2 activations for 1 hidden layer:", "with --activation"]),
        ("--activation softsign", ["softsign", "sigmoid, tanh, relu"]),
        ("--nesterov", ["--nesterov is for --momentum", "leave --nesterov out"]),
        ("--schedule halve-on-plateau --early-stop 10", ["would never halve", "a smaller --patience"]),
        ("--rotation 5", ["--rotation is for --augment affine", "leave --rotation out"]),
    ] {
        let run = sandbox.line(&format!("train --data idx --validation 11 {options}")).failure(2, &words);
        assert!(run.stdout.is_empty() && !sandbox.path("model.json").exists(), "{options}");
    }
}

#[test]
fn classes_that_none_of_many_images_shows_are_named() {
    let sandbox = Sandbox::new();
    let said = |labels: fn(usize) -> usize| {
        fs::write(sandbox.path("table.csv"), table((0..120).map(labels), |i| 20 * i)).unwrap();
        sandbox.line("train --data table.csv --validation 10 --epochs 1 --lambda 0").success().stderr
    };
    let one = said(|i| [0, 2, 3][i % 3]);
    assert_eq!(one, "note: class 1 has no image to train on, so it is not learned\n");
    let two = said(|i| [0, 2, 3, 5][i % 4]);
    assert!(two.contains("note: classes 1 and 4 have no image to train on, so they are not learned"), "{two}");
    assert_eq!(said(|i| i % 3), "");
}

#[test]
fn few_images_are_told_which_lambda_suits_them() {
    let sandbox = Sandbox::with_tiny_data();
    let said = |options: &str| sandbox.line(&format!("{TRAIN} {options}")).success().stderr;
    let note = "note: lambda 5 suits 50,000 images; for 53 it is strong: try --lambda 0.005\n";
    assert_eq!(said("").matches(note).count(), 1);
    for options in ["--lambda 5", "--quiet", "--optimizer adamw"] {
        assert!(!said(options).contains("lambda 5 suits"), "{options}");
    }
    // Nor where the setting is that of another training.
    said("-o model.json");
    assert!(!sandbox.line("train --resume model.json --data idx --epochs 4").success().stderr.contains("suits"));
}

#[test]
fn small_images_are_told_which_elastic_distortion_suits_them() {
    let sandbox = Sandbox::with_tiny_data();
    let said = |options: &str| sandbox.line(&format!("{TRAIN} {options}")).success().stderr;
    let note =
        "note: elastic sigma 5.5 and alpha 37 suit images of 28 x 28 pixels; for these try --sigma 0.9 --alpha 0.9\n";
    assert_eq!(said("--augment elastic").matches(note).count(), 1);
    assert!(
        !sandbox.line("train --resume model.json --data idx --epochs 4").success().stderr.contains("elastic sigma")
    );
    for options in ["--augment affine", "--augment elastic --sigma 0.9", "--augment elastic --quiet"] {
        assert!(!said(options).contains("elastic sigma"), "{options}");
    }
}

#[test]
fn a_network_may_have_no_hidden_layer() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "train --data idx --validation 11 --epochs 2";
    let run = sandbox.line(&format!("{line} --hidden none")).success();
    assert!(run.stdout.contains("network   20-4, no hidden layer, cross-entropy\n"), "{}", run.stdout);
    assert_eq!(sandbox.json("model.json")["sizes"], serde_json::json!([20, 4]));
    sandbox.line("eval model.json --data idx").success();
    let line = format!("{line} -o more.json");
    sandbox.line(&format!("{line} --from model.json --hidden none")).success();
    sandbox.line(&format!("{line} --from model.json --hidden 6")).failure(2, &["--hidden 6", "hidden layers are none"]);
    sandbox.line(&format!("{line} --hidden 6,none")).failure(2, &["--hidden none is for a network without"]);
    for option in ["--activation relu", "--dropout 0.5", "--max-norm 3"] {
        sandbox.line(&format!("{line} --hidden None {option}")).failure(2, &["is for --hidden layers: choose"]);
    }
    let run = sandbox.line("tune --data idx --validation 11 --trials 6 --epochs 1 --search hidden=none|3").success();
    assert!(run.stdout.contains("none"), "{}", run.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn who_cannot_be_shown_the_results_is_told_where_the_model_is() {
    let sandbox = Sandbox::with_tiny_data();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let run: crate::common::Run = sandbox.command().args(TRAIN.split(' ')).stdout(full).output().unwrap().into();
    run.failure(1, &["cannot write to standard output", "; model.json holds epoch 3"]);
    sandbox.line("eval model.json --data idx").success();
}

#[test]
fn images_that_are_no_test_set_are_evaluated_as_a_whole() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("table.csv"), table((0..40).map(|i| i % 3), |i| 20 * i)).unwrap();
    fs::write(sandbox.path("scans.csv"), table((0..25).map(|i| i % 3), |i| 10 * i)).unwrap();
    sandbox.line("train --data table.csv --validation 10 --epochs 1").success();
    sandbox
        .line("eval model.json --data scans.csv")
        .failure(1, &["no test images", "--split all takes the whole file"]);
    let run = sandbox.line("eval model.json --data scans.csv --split all").success();
    assert!(run.stdout.contains(", all 25 images to train on\n"), "{}", run.stdout);
    assert!(!run.stderr.contains("it knows their answers"), "{}", run.stderr);
    let run = sandbox.line("eval model.json --data table.csv --split all").success();
    assert!(run.stderr.contains("model.json was trained on 30 of these images"), "{}", run.stderr);
    let run = sandbox.line("show --data scans.csv --split all").success();
    assert!(run.stdout.contains(", all 25 images to train on\n"), "{}", run.stdout);
    sandbox.line("report model.json --data scans.csv --split all").success();
    assert!(sandbox.read("report.html").contains("of 25 images, all to train on, of "));
}
