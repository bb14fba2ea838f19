//! `mnist plot`, end to end, on tiny trainings.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::common::Sandbox;

/// A sandbox with two models that differ in eta, and the log of the first.
fn trained() -> Sandbox {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 11 --epochs 12 --hidden 6 --monitor all --quiet";
    sandbox.line(&format!("{train} --eta 0.5 -o a.json --log a.jsonl")).success();
    sandbox.line(&format!("{train} --eta 0.25 -o b.json")).success();
    sandbox
}

#[test]
fn the_terminal_shows_costs_and_accuracies_of_one_run() {
    let sandbox = trained();
    let run = sandbox.line("plot a.json").success();
    for words in [
        "20-6-4, cross-entropy, unknown images",
        "eta 0.5",
        "\ncost\n",
        "\naccuracy\n",
        "  o training\n",
        "  x validation\n",
        "epoch",
    ] {
        assert!(run.stdout.contains(words), "'{words}' is not in:\n{}", run.stdout);
    }
    assert!(run.stdout.is_ascii() && run.stdout.lines().all(|line| line.len() <= 80), "{}", run.stdout);
    let log = sandbox.line("plot a.jsonl").success();
    assert!(log.stdout.starts_with("a\n") && log.stdout.contains("  x evaluation\n"), "{}", log.stdout);
    let curves = |text: &str| text.lines().filter(|line| line.contains('|')).map(String::from).collect::<Vec<_>>();
    assert_eq!(curves(&run.stdout), curves(&log.stdout), "the same figures from the model and from its log");
}

#[test]
fn several_runs_are_told_apart_by_what_differs() {
    let sandbox = trained();
    let run = sandbox.line("plot a.json b.json --metric evaluation-accuracy").success();
    for words in ["  o eta 0.5\n", "  x eta 0.25\n", "\nvalidation accuracy\n"] {
        assert!(run.stdout.contains(words), "'{words}' is not in:\n{}", run.stdout);
    }
    sandbox.line("plot a.json b.json --x eta --log-x --metric training-cost -o eta.svg").success();
    assert!(sandbox.read("eta.svg").contains("\ntraining cost\n"), "{}", sandbox.read("eta.svg"));
}

#[test]
fn a_run_with_other_monitors_or_epochs_keeps_its_name_and_its_sign() {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 11 --hidden 6 --quiet";
    sandbox.line(&format!("{train} --epochs 10 --eta 0.5 -o a.json")).success();
    sandbox.line(&format!("{train} --epochs 10 --eta 1 --monitor evaluation-accuracy -o c.json")).success();
    let run = sandbox.line("plot c.json a.json").success();
    assert_eq!(run.stdout.matches("  x eta 0.5\n").count(), 2, "in both panels:\n{}", run.stdout);
    assert_eq!(run.stdout.matches("  o eta 1\n").count(), 1, "{}", run.stdout);
    assert_eq!(run.stderr, "");

    sandbox.line(&format!("{train} --epochs 30 --eta 0.5 -o b.json")).success();
    let run = sandbox.line("plot a.json b.json --epochs 20-30").success();
    assert!(run.stdout.contains("  x 30 epochs\n") && !run.stdout.contains("  o "), "{}", run.stdout);
    assert_eq!(run.stderr, "warning: a has nothing in the epochs 20 to 30: it is left out\n");
}

#[test]
fn models_of_one_and_of_two_hidden_layers_are_two_curves() {
    let sandbox = Sandbox::with_tiny_data();
    for (name, hidden) in [("a", "2"), ("b", "4"), ("c", "6"), ("d", "2,2"), ("e", "3,3")] {
        let train = "train --data idx --validation 11 --epochs 1 --quiet";
        sandbox.line(&format!("{train} --hidden {hidden} -o {name}.json")).success();
    }
    let files = "a.json b.json c.json d.json e.json";
    let run = sandbox.line(&format!("plot {files} --x hidden --metric evaluation-accuracy")).success();
    let legend: Vec<_> = run.stdout.lines().filter(|line| line.starts_with("  ") && line.contains("layer")).collect();
    assert_eq!(legend, ["  o 1 hidden layer", "  x 2 hidden layers"], "{}", run.stdout);
}

#[test]
fn logs_are_called_by_all_of_their_names() {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 11 --epochs 2 --hidden 6 --quiet";
    for log in ["eta-0.25", "eta-0.025", "b.json"] {
        sandbox.line(&format!("{train} -o model.json --log {log}")).success();
    }
    fs::copy(sandbox.path("b.json"), sandbox.path("b.jsonl")).unwrap();
    let run = sandbox.line("plot eta-0.25 eta-0.025 b.json b.jsonl --metric evaluation-accuracy").success();
    for name in ["  o eta-0.25\n", "  x eta-0.025\n", "  + b.json\n", "  * b.jsonl\n"] {
        assert!(run.stdout.contains(name), "'{name}' is not in:\n{}", run.stdout);
    }
}

#[test]
fn pictures_are_svg_or_png_by_their_name_and_the_same_every_time() {
    let sandbox = trained();
    sandbox.line("plot a.json b.json -o one.svg").success();
    sandbox.line("plot a.json b.json -o two.svg --epochs 1-12").success();
    let svg = sandbox.read("one.svg");
    assert_eq!(svg, sandbox.read("two.svg"));
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("eta 0.25, training"), "{svg}");
    sandbox.line("plot a.json -o one.png").success();
    let png = image::load_from_memory(&fs::read(sandbox.path("one.png")).unwrap()).unwrap();
    assert_eq!(png.width(), 1440);
    let pixels = png.to_rgb8();
    assert!(pixels.pixels().any(|pixel| pixel.0 != [255; 3]) && pixels.get_pixel(0, 0).0 == [255; 3]);
}

#[test]
fn the_single_neuron_is_drawn_from_its_csv() {
    let sandbox = Sandbox::new();
    let csv = sandbox.line("slowdown --epochs 20").success().stdout;
    fs::write(sandbox.path("neuron.csv"), csv).unwrap();
    fs::write(sandbox.path("nan.csv"), "epoch,output,cost,weight,bias\n0,0,0.5,0,0\n1,0,NaN,0,0\n").unwrap();
    sandbox.line("plot nan.csv").failure(1, &["nan.csv", "line 3", "'NaN' is not a cost"]);
    let run = sandbox.line("plot neuron.csv --epochs 5-").success();
    assert!(run.stdout.starts_with("neuron\n\ntraining cost\n"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let sandbox = trained();
    sandbox.line("plot a.json -o a.pdf").failure(2, &["a.pdf", ".svg or .png"]);
    sandbox.line("plot none.json").failure(1, &["none.json"]);
    sandbox.line("plot a.json --epochs 40-").failure(1, &["there are 1 to 12"]);
    sandbox.line("plot a.json --epochs 9-3").failure(2, &["10-40"]);
    sandbox.line("plot a.json --epochs -").failure(2, &["10-40"]);
    sandbox.line("plot a.jsonl --x eta").failure(1, &["'a' does not say how it was trained"]);
    sandbox.line("plot a.json --x lambda --log-y").success();
    sandbox.line("train --data idx --validation 11 --epochs 1 --lambda 0 --quiet -o zero.json").success();
    sandbox.line("plot zero.json --x lambda --log-x").failure(1, &["lambda has no value above 0"]);
    sandbox
        .line("plot zero.json --metric evaluation-cost")
        .failure(1, &["'zero' has no evaluation-cost", "--monitor all"]);
    sandbox.line("train --data idx --validation 11 --epochs 1 --monitor none --quiet -o blind.json").success();
    sandbox.line("plot blind.json").failure(1, &["'blind' has no epochs with figures"]);

    fs::write(sandbox.path("bad.jsonl"), "{\"epoch\":1,\"n_training\":5,\"n_evaluation\":5}\n{\"epoch\":").unwrap();
    sandbox.line("plot bad.jsonl").failure(1, &["bad.jsonl", "line 2"]);
    fs::write(sandbox.path("cut.jsonl"), "{\"epoch\":1,\"n_tr").unwrap();
    sandbox.line("plot cut.jsonl").failure(1, &["cut.jsonl", "line 1 is no epoch"]);
    fs::write(sandbox.path("bad.csv"), "epoch,output,cost,weight,bias\n0,1,far,1,1\n").unwrap();
    sandbox.line("plot bad.csv").failure(1, &["line 2", "'far' is not a cost"]);
    fs::write(sandbox.path("text.txt"), "a letter").unwrap();
    sandbox.line("plot text.txt").failure(1, &["text.txt: neither a model file"]);
}

#[test]
fn what_one_curve_joins_and_what_has_no_epochs_is_told() {
    let sandbox = trained();
    let run = sandbox.line("plot a.json b.json --x eta").success();
    assert_eq!(run.stderr, "", "they differ in eta alone");
    let other = "train --data idx --validation 11 --epochs 3 --eta 0.125 --batch-size 5 --quiet -o other.json";
    sandbox.line(other).success();
    let run = sandbox.line("plot a.json b.json other.json --x eta").success();
    for words in ["differ in more than the eta: ", "; mini-batches of 10 or mini-batches of 5; 12 epochs or 3 epochs\n"]
    {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    // Many values are not all listed, and networks at one place may differ in their layers.
    for (i, n) in [1, 2, 3, 4].into_iter().enumerate() {
        let line =
            format!("train --data idx --validation 11 --epochs {n} --hidden {} --quiet -o layers-{i}.json", i + 1);
        sandbox.line(&line).success();
    }
    sandbox.line("train --data idx --validation 11 --epochs 5 --hidden 2,3 --quiet -o layers-4.json").success();
    let files = (0..5).map(|i| format!("layers-{i}.json")).collect::<Vec<_>>().join(" ");
    let run = sandbox.line(&format!("plot {files} --x hidden -o layers.svg")).success();
    for words in ["1 hidden layer or 2 hidden layers", "1 epoch or 2 epochs or 3 epochs or 4 epochs or others"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert_eq!(run.stdout, "saved  layers.svg\n");
    // One that was not monitored does not keep the others from being drawn.
    sandbox.line("train --data idx --validation 11 --epochs 1 --monitor none --quiet -o blind.json").success();
    let alone = sandbox.line("plot a.json b.json --metric evaluation-accuracy").success();
    let run = sandbox.line("plot a.json blind.json b.json --metric evaluation-accuracy").success();
    assert_eq!(run.stdout, alone.stdout);
    assert!(run.stderr.contains("left out: 'blind' has no epochs with figures"), "{}", run.stderr);
}

#[test]
fn a_run_without_the_figures_asked_for_does_not_keep_the_others_from_being_drawn() {
    let sandbox = trained();
    let train = "train --data idx --validation 11 --epochs 12 --hidden 6 --quiet";
    sandbox.line(&format!("{train} --eta 1 --monitor evaluation-accuracy -o c.json")).success();
    let off = "'c' has no training-cost: that monitor was off (train with --monitor all)\n";
    let alone = sandbox.line("plot a.json b.json --metric training-cost").success();
    let run = sandbox.line("plot a.json c.json b.json --metric training-cost").success();
    assert_eq!((run.stdout, run.stderr), (alone.stdout, format!("warning: left out: {off}")));
    // It is drawn with those that it has.
    let run = sandbox.line("plot a.json c.json --metric training-cost,evaluation-accuracy").success();
    assert_eq!(run.stdout.matches("  x eta 1\n").count(), 1, "{}", run.stdout);
    assert_eq!(run.stderr, format!("warning: {off}"));
    // What no run has is refused.
    let nowhere = "plot c.json --metric evaluation-accuracy,training-cost";
    sandbox.line(nowhere).failure(1, &["'c' has no training-cost"]);
    sandbox.line("plot c.json --metric training-cost").failure(1, &["'c' has no training-cost"]);
}

#[test]
fn a_picture_of_somebody_else_is_not_overwritten() {
    let sandbox = trained();
    for name in ["photo.png", "drawing.svg"] {
        fs::write(sandbox.path(name), "<svg>mine</svg>").unwrap();
        sandbox.line(&format!("plot a.json -o {name}")).failure(1, &[name, "not overwritten"]);
        assert_eq!(sandbox.read(name), "<svg>mine</svg>");
        fs::remove_file(sandbox.path(name)).unwrap();
        sandbox.line(&format!("plot a.json -o {name}")).success();
        sandbox.line(&format!("plot b.json -o {name}")).success();
    }
}

#[test]
fn a_curve_may_come_through_a_pipe() {
    let sandbox = Sandbox::new();
    let csv = sandbox.line("slowdown --cost quadratic --weight 2 --bias 2 --eta 0.15 --epochs 50").success().stdout;
    fs::write(sandbox.path("standard input.csv"), &csv).unwrap();
    let from_file = sandbox.run(["plot", "standard input.csv"]).success().stdout;
    let through_a_pipe = |text: &str| -> crate::common::Run {
        let mut command = sandbox.command();
        command.args(["plot", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    };
    assert_eq!(through_a_pipe(&csv).success().stdout, from_file);
    through_a_pipe("").failure(1, &["standard input"]);
    // Half of a file is not a shorter run.
    through_a_pipe(&(csv + &"\n".repeat(128 << 20))).failure(1, &["standard input", "longer than 128 MiB"]);
}
