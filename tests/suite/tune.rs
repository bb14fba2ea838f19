//! `mnist tune`, the real binary, on tiny data.

use std::fs;

use crate::common::{Run, Sandbox};
use serde_json::Value;

/// Rounds of nine trials: nine for an epoch, three for three, one for nine.
const TUNE: &str = "tune --data idx --validation 11 --epochs 9 --cost log-likelihood";

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// The arguments of a printed command.
fn arguments(command: &Value) -> Vec<String> {
    command.as_str().unwrap().split(' ').skip(1).map(String::from).collect()
}

#[test]
fn what_is_suggested_works_without_test_images() {
    let sandbox = Sandbox::with_tiny_data();
    for file in ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
        std::fs::remove_file(sandbox.path("idx").join(file)).unwrap();
    }
    let run = sandbox.line("tune --data idx --validation 11 --trials 1 --epochs 1 -o best.json").success();
    let suggested = run.stderr.lines().find_map(|line| line.strip_prefix("evaluate ")).unwrap();
    assert!(suggested.ends_with(" --split validation"), "{suggested}");
    sandbox.run(suggested.split_whitespace().skip(1)).success();
}

#[test]
fn as_many_trials_give_the_same_table_whatever_the_threads() {
    let sandbox = Sandbox::with_tiny_data();
    let with = |threads| sandbox.line(&format!("{TUNE} --trials 22 --threads {threads}")).success();
    let one = with(1);
    let heading = one.stdout.lines().next().unwrap();
    assert_eq!(heading.split_whitespace().collect::<Vec<_>>()[..5], ["trial", "accuracy", "epochs", "eta", "lambda"]);
    assert_eq!(one.stdout.lines().position(str::is_empty), Some(11), "ten rows:\n{}", one.stdout);
    assert!(one.stdout.contains("\ntrials    22\n") && one.stdout.contains("\ntrain it  "), "{}", one.stdout);
    for words in ["9 for 1, the best 3 for 3, the best 1 for 9 epochs", "53 images to train on", "test set was not"] {
        assert!(one.stderr.contains(words), "'{words}' is not in:\n{}", one.stderr);
    }
    for threads in [2, 3] {
        assert_eq!(with(threads).stdout, one.stdout, "{threads} threads");
    }
    let other = sandbox.line(&format!("{TUNE} --trials 22 --seed 1")).success();
    assert_ne!(other.stdout, one.stdout);
}

#[test]
fn the_winning_command_trains_the_model_that_was_saved() {
    let sandbox = Sandbox::with_tiny_data();
    let line = format!("{TUNE} --trials 18 --activation relu --init he --search dropout=0..0.3 -o best.json");
    let run = sandbox.line(&format!("{line} --format json --quiet")).success();
    assert_eq!(run.stderr, "");
    let (found, best) = (json(&run), sandbox.json("best.json"));
    let winner = &found["trials"][0];
    let train = arguments(&found["command"]);
    assert!(train.join(" ").starts_with("train --data idx"), "{train:?}");
    sandbox.run(&train).success();
    let trained = sandbox.json("model.json");
    for key in ["sizes", "weights", "biases", "activation", "training"] {
        assert_eq!(best[key], trained[key], "{key}");
    }
    let last = |model: &Value| model["history"].as_array().unwrap().last().unwrap()["evaluation_accuracy"].clone();
    assert_eq!((last(&best), last(&trained)), (winner["correct"].clone(), winner["correct"].clone()));
    let training = &best["training"];
    assert_eq!((&training["evaluate_on"], &training["init"]), (&"validation".into(), &"he".into()));
    for key in ["eta", "lambda", "dropout"] {
        assert_eq!(training[key].as_f64(), winner["parameters"][key].as_f64(), "{key}");
    }
    assert_eq!(training["epochs"], winner["epochs"]);
    let eval = sandbox.line("eval best.json --data idx --split validation --format json").success();
    assert_eq!(json(&eval)["correct"], winner["correct"]);
}

#[test]
fn trials_are_ranked_by_their_validation_images_and_none_is_missing() {
    let sandbox = Sandbox::with_tiny_data();
    let run =
        sandbox.line(&format!("{TUNE} --trials 20 --search activation=sigmoid|tanh|relu --format json")).success();
    let found = json(&run);
    assert_eq!(
        (&found["n_trials"], &found["n_validation"], &found["complete"]),
        (&20.into(), &11.into(), &true.into())
    );
    assert_eq!(found["rungs"], serde_json::json!([1, 3, 9]));
    let trials = found["trials"].as_array().unwrap();
    let correct: Vec<_> = trials.iter().map(|trial| trial["correct"].as_u64().unwrap()).collect();
    assert!(correct.is_sorted_by(|a, b| a >= b), "{correct:?}");
    let mut numbers: Vec<_> = trials.iter().map(|trial| trial["trial"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<u64>>());
    for trial in trials {
        let of = |name: &str| &trial["parameters"][name];
        assert!((0.01..=10.0).contains(&of("eta").as_f64().unwrap()), "{trial}");
        assert!((10..=200).contains(&of("hidden").as_u64().unwrap()), "{trial}");
        // No mini-batch is larger than the training set, though 100 is the end elsewhere.
        assert!((1..=53).contains(&of("batch-size").as_u64().unwrap()), "{trial}");
        assert!(["sigmoid", "tanh", "relu"].contains(&of("activation").as_str().unwrap()), "{trial}");
    }
}

#[test]
fn lists_may_hold_several_layers_and_nothing_at_all() {
    let sandbox = Sandbox::with_tiny_data();
    let search = "hidden=6|7,5,schedule=cosine,ema=|0.9";
    let run = sandbox.line(&format!("{TUNE} --trials 12 --eta 0.5 --lambda 0 -b 10 --search {search} --format json"));
    let found = json(&run.success());
    let seen = |name: &str| -> Vec<String> {
        found["trials"].as_array().unwrap().iter().map(|trial| trial["parameters"][name].to_string()).collect()
    };
    for (name, values) in [("hidden", ["6", "\"7,5\""]), ("ema", ["null", "0.9"])] {
        let seen = seen(name);
        assert!(values.iter().all(|value| seen.iter().any(|seen| seen == value)), "{name}: {seen:?}");
        assert!(seen.iter().all(|seen| values.contains(&seen.as_str())), "{name}: {seen:?}");
    }
    let command = arguments(&found["command"]).join(" ");
    assert!(command.contains("--schedule cosine") && !command.contains("ema null"), "{command}");
    sandbox.run(arguments(&found["command"])).success();
}

#[test]
fn a_budget_ends_the_search_and_says_how_to_repeat_it() {
    let sandbox = Sandbox::with_tiny_data();
    let start = std::time::Instant::now();
    let found = json(&sandbox.line(&format!("{TUNE} --budget 0.5s --hidden 10 --format json")).success());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    let repeat = arguments(&found["repeat"]);
    assert!(repeat.join(" ").contains(&format!("tune --trials {}", found["n_trials"])), "{repeat:?}");
    let again = json(&sandbox.run(repeat.iter().map(String::as_str).chain(["--format", "json"])).success());
    assert_eq!(again["n_trials"], found["n_trials"]);
    // The same trials; those that the time cut off are now over.
    assert!(again["trials"][0]["correct"].as_u64() >= found["trials"][0]["correct"].as_u64());
    if found["complete"] == true {
        assert_eq!(again["trials"], found["trials"]);
    }
}

#[test]
fn what_makes_no_sense_is_refused_before_any_work() {
    let sandbox = Sandbox::with_tiny_data();
    for (options, words) in [
        ("--search eta=0..1", &["eta 0 is out of range"][..]),
        ("--search eta=1..0.1", &["--search eta", "low end, 1, is not below the high end, 0.1"]),
        ("--search eta=fast..slow", &["'fast' is not a number"]),
        ("--search activation", &["NAME=VALUES", "'activation=sigmoid|relu'"]),
        ("--search hidden=0..10", &["--hidden 0 is out of range: choose 1 or more"]),
        ("--search eta=0,5|1", &["--eta takes a number with a decimal point", "write 0.5"]),
        ("--search hidden=many|3", &["--hidden takes a whole number", "many"]),
        ("--search hidden=1.5..10", &["'1.5' is not a whole number", "'30|100'"]),
        ("--search batch-size=1..54", &["batch size 54 is out of range: choose 1 to 53"]),
        ("--search dropout=0..1", &["dropout 1 is out of range"]),
        ("--search activation=relu|rleu", &["rleu", "[possible values: sigmoid, tanh, relu]"]),
        ("--search activation=relu..tanh", &["have no order"]),
        ("--search learning-rate=0.1..1", &["learning-rate", "choose from", "eta, lambda"]),
        ("--search epochs=1..10", &["epochs", "cannot be searched"]),
        ("--search eta=1..2,eta=2..3", &["eta twice"]),
        ("--eta 0.5 --search eta=0.1..1", &["--eta is given for all trials"]),
        ("--eta 0.5 --lambda 5 --hidden 6 --batch-size 10", &["nothing to search"]),
        ("--eta 0", &["eta 0 is out of range"]),
        ("--epochs 0", &["epochs 0 is out of range"]),
        ("--warmup 2", &["trials begin with 1 epoch", "warm-up 2 is out of range"]),
        ("--validation 0", &["--validation"]),
        ("--trials 0", &["--trials"]),
        ("--trials 5 --budget 5s", &["--budget", "--trials"]),
        ("--budget 0s", &["60s, 5m or 1h"]),
        ("--budget soon", &["60s, 5m or 1h"]),
        ("--threads 0", &["--threads"]),
        ("--evaluate-on test", &["--evaluate-on"]),
        ("--from model.json", &["--from"]),
        ("--optimizer adamw --momentum 0.9", &["--momentum is for --optimizer sgd"]),
        ("--search optimizer=sgd|adamw", &["--search optimizer also give --search eta"]),
        ("--augment affine --search alpha=20..40", &["--alpha is for --augment elastic"]),
        ("--patience 5", &["--patience is for --schedule halve-on-plateau"]),
        ("--search augment=|affine --fade-to 0.3", &["--fade-to is for --augment"]),
    ] {
        let run = sandbox.line(&format!("tune --data idx {} {options}", validation_unless(options)));
        assert_eq!(run.stdout, "", "{options}");
        run.failure(2, words);
    }
}

fn validation_unless(options: &str) -> &'static str {
    if options.contains("--validation") { "" } else { "--validation 11" }
}

#[test]
fn a_file_that_is_not_a_model_is_not_overwritten() {
    let sandbox = Sandbox::with_tiny_data();
    fs::write(sandbox.path("best.json"), "my thesis").unwrap();
    sandbox.line(&format!("{TUNE} --trials 3 -o best.json")).failure(1, &["best.json", "not a model file"]);
    assert_eq!(sandbox.read("best.json"), "my thesis");
    sandbox.line(&format!("{TUNE} --trials 3 -o nowhere/best.json")).failure(1, &["nowhere"]);
    let others = mnist_mlp::claim::claim(&sandbox.path("taken.json")).unwrap();
    sandbox.line(&format!("{TUNE} --trials 3 -o taken.json")).failure(1, &["taken.json", "another run is writing it"]);
    drop(others);
    sandbox.line(&format!("{TUNE} --trials 3 -o taken.json")).success();
}

#[test]
fn trials_that_diverge_are_lost_and_do_not_end_the_search() {
    let sandbox = Sandbox::with_tiny_data();
    // Half of the orders of magnitude are beyond what 32 bits hold.
    let tune = format!("{TUNE} --activation relu --trials 18");
    let found = json(&sandbox.line(&format!("{tune} --search eta=0.001..1e60 --format json")).success());
    let lost = found["n_lost"].as_u64().unwrap();
    assert!((3..18).contains(&lost), "{lost} lost");
    let last = found["trials"].as_array().unwrap().last().unwrap();
    assert!(last["lost"] == true && last["accuracy"].is_null(), "{last}");
    let all = sandbox.line(&format!("{tune} --search eta=1e60..1e70"));
    assert_eq!(all.stdout, "");
    all.failure(1, &["all 18 trials were lost", "smaller eta"]);
}

#[test]
fn settings_that_do_not_go_together_are_lost_and_named() {
    let sandbox = Sandbox::with_tiny_data();
    // Each end goes with the first of the other list, but two activations do not go with one hidden layer.
    let search = "hidden=6,6|6,activation=tanh|relu,tanh";
    let run = sandbox.line(&format!("{TUNE} --trials 18 --search {search} --format json")).success();
    assert!(
        run.stderr.contains("some trials could not be trained") && run.stderr.contains("--activation"),
        "{}",
        run.stderr
    );
    let found = json(&run);
    let fits = |trial: &Value| trial["parameters"]["hidden"] == "6,6" || trial["parameters"]["activation"] == "tanh";
    let trials = found["trials"].as_array().unwrap();
    assert!(trials.iter().all(|trial| trial["lost"] == !fits(trial)), "{found}");
    assert!((1..18).contains(&found["n_lost"].as_u64().unwrap()), "{found}");
}

/// Starts an endless search whose model is `out/best.json`, and waits until there is one.
#[cfg(unix)]
fn until_a_model_is_kept(sandbox: &Sandbox) -> std::process::Child {
    use std::process::Stdio;
    for name in ["out", "tmp"] {
        std::fs::create_dir(sandbox.path(name)).unwrap();
    }
    let mut command = sandbox.command();
    command.args(TUNE.split(' ')).args(["--budget", "1h", "-o", "out/best.json"]).env("TMPDIR", sandbox.path("tmp"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !sandbox.path("out/best.json").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_search_whose_directory_is_gone_saves_its_model_elsewhere() {
    let sandbox = Sandbox::with_tiny_data();
    let child = until_a_model_is_kept(&sandbox);
    std::fs::rename(sandbox.path("out"), sandbox.path("gone")).unwrap();
    interrupt(&child);
    let run = crate::common::stopped(child);
    assert!(run.stdout.contains("\ntrain it  "), "{}", run.stdout);
    run.failure(1, &["out/best.json cannot be written", "the model was saved as", "tmp/mnist-"]);
    let mut spare = std::fs::read_dir(sandbox.path("tmp")).unwrap();
    let path = spare.next().unwrap().unwrap().path();
    assert!(spare.next().is_none());
    sandbox.line(&format!("eval {} --data idx", path.display())).success();
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_prints_and_saves_the_best_so_far() {
    let sandbox = Sandbox::with_tiny_data();
    let child = until_a_model_is_kept(&sandbox);
    // A closing terminal and `timeout` may send the same signal twice.
    for _ in 0..2 {
        interrupt(&child);
    }
    let run = crate::common::stopped(child);
    assert!(
        run.stdout.contains("\ntrain it  ") && run.stdout.contains("were stopped before their end"),
        "{}",
        run.stdout
    );
    run.failure(130, &["interrupted", "the best so far is printed", "holds its model"]);
    sandbox.line("eval out/best.json --data idx").success();
}

#[cfg(unix)]
#[test]
fn a_killed_search_leaves_its_best_model() {
    let sandbox = Sandbox::with_tiny_data();
    let mut child = until_a_model_is_kept(&sandbox);
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.line("eval out/best.json --data idx").success();
}

#[test]
fn what_is_announced_and_what_repeats_it_are_what_was_asked_for() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line(&format!("{TUNE} --trials 5")).success();
    assert!(run.stderr.contains("rounds    5 for 1"), "{}", run.stderr);
    assert!(run.stdout.contains("tune --trials 5 "), "{}", run.stdout);
}

#[test]
fn the_command_that_evaluates_the_model_can_be_typed() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line(&format!("{TUNE} --trials 1 --out=-m.json")).success();
    assert!(run.stderr.contains("eval ./-m.json --data idx\n"), "{}", run.stderr);
}
