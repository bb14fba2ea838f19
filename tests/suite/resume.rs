//! The real binary is interrupted, killed and resumed: nothing may be lost, and every byte must be as without.

#![cfg_attr(not(unix), allow(dead_code, unused_imports, reason = "what needs signals is left out"))]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::{Run, Sandbox};
use mnist_mlp::report::thousands;
use serde_json::Value;

/// Options that every run of a test shares.
const TINY: &str = "train --data idx --validation 11 --hidden 6";

/// The arguments of a command line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
}

/// Starts a run and waits until it has logged two epochs.
#[cfg(unix)]
fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command = sandbox.command();
    command.args(words(line)).args(["--log", "start.jsonl"]);
    until_two_epochs(sandbox, command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Waits until a run has logged two epochs in `start.jsonl`.
#[cfg(unix)]
fn until_two_epochs(sandbox: &Sandbox, mut child: Child) -> Child {
    while fs::read_to_string(sandbox.path("start.jsonl")).unwrap_or_default().lines().count() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// The names in a directory.
fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[cfg(unix)]
#[test]
fn a_training_whose_directory_is_gone_is_saved_elsewhere() {
    // Whether it was saved before or not.
    for checkpoint_every in [0, 1000] {
        let sandbox = Sandbox::with_tiny_data();
        for name in ["out", "tmp"] {
            fs::create_dir(sandbox.path(name)).unwrap();
        }
        let mut command = sandbox.command();
        let line = format!("{TINY} --epochs 300000 -o out/model.json --checkpoint-every {checkpoint_every}");
        command.args(words(&line)).args(["--log", "start.jsonl"]).env("TMPDIR", sandbox.path("tmp"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let child = until_two_epochs(&sandbox, child);
        fs::rename(sandbox.path("out"), sandbox.path("gone")).unwrap(); // at once, whatever is being written there
        signal(&child, "-INT");
        let words = ["out/model.json cannot be written", "the model was saved as", "tmp/mnist-"];
        let run = crate::common::stopped(child).failure(1, &words);
        let error = run.stderr.lines().find(|line| line.starts_with("error:")).unwrap();
        assert!(!error.contains("what stands there"), "{error}");
        let [name] = &names(&sandbox.path("tmp"))[..] else { panic!("{:?}", names(&sandbox.path("tmp"))) };
        assert!(sandbox.json(&format!("tmp/{name}"))["history"].as_array().unwrap().len() >= 2);
        sandbox.line(&format!("eval tmp/{name} --data idx")).success();
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_is_resumed_to_the_same_bytes() {
    // Saving every epoch makes the first run slow enough to be caught.
    for options in [
        "--optimizer adamw --ema 0.9 --keep best --dropout 0.2 --threads 2",
        "--schedule cosine --momentum 0.9 --nesterov --activation relu,tanh --hidden 6,5",
        "--early-stop 1000 --l1 0.1 --max-norm 1 --tolerance 0.3 --evaluate-on test --monitor all --seed 7",
        "--schedule halve-on-plateau --patience 200 --engine reference --precision f64 --no-shuffle --cost quadratic",
        "--augment affine --fade-to 0.1 --expand shift --input-dropout 0.1 --train-size 20 --monitor none",
    ] {
        let sandbox = Sandbox::with_tiny_data();
        let line = if options.contains("--hidden") { TINY.replace(" --hidden 6", "") } else { TINY.to_string() };
        let line = format!("{line} --epochs 3000 {options}");
        sandbox.line(&format!("{line} -o whole.json --quiet")).success();
        let child = start(&sandbox, &format!("{line} --checkpoint-every 0"));
        signal(&child, "-INT");
        let run = crate::common::stopped(child);
        let run = run.failure(130, &["interrupted: model.json holds ", "go on with: "]);
        let go_on = run.stderr.trim_end().split("mnist train ").last().unwrap().to_string();
        assert_eq!(go_on, "--resume model.json --data idx --log start.jsonl");
        assert_ne!(sandbox.read("model.json"), sandbox.read("whole.json"));
        let resumed = sandbox.line(&format!("train {go_on} --threads 1")).success();
        assert!(resumed.stdout.contains("resumed   model.json, after epoch"), "{}", resumed.stdout);
        assert!(sandbox.read("model.json") == sandbox.read("whole.json"), "{options}");
        let epochs = sandbox.json("model.json")["history"].as_array().unwrap().len();
        assert_eq!(sandbox.read("start.jsonl").lines().count(), epochs, "{options}");
    }
}

#[cfg(unix)]
#[test]
fn who_interrupts_a_training_that_keeps_its_best_epoch_is_told_how_many_are_done() {
    let sandbox = Sandbox::with_tiny_data();
    // The first epoch stays the best.
    let child = start(&sandbox, &format!("{TINY} --epochs 100000000 --eta 1e-9 --keep best"));
    signal(&child, "-INT");
    let run = crate::common::stopped(child).failure(130, &[]);
    let done = sandbox.json("model.json")["training"]["epochs_done"].as_u64().unwrap() as usize;
    let holds = format!("model.json holds {} epochs, with the weights of epoch 1; go on with: ", thousands(done));
    assert!(run.stderr.contains(&holds), "{holds}{}", run.stderr);
}

/// Layers so large that threads share out a mini-batch.
#[test]
fn a_training_that_threads_share_is_resumed_to_the_same_bytes_by_any_number_of_them() {
    let sandbox = Sandbox::new();
    let line = "train --data synthetic --train-size 300 --validation 50 --hidden 300,70 --batch-size 128 --ema 0.9 \
                --dropout 0.2 --momentum 0.5 --augment affine";
    sandbox.line(&format!("{line} --epochs 3 --threads 2 -o whole.json")).success();
    sandbox.line(&format!("{line} --epochs 1 --threads 3 -o part.json")).success();
    for (epochs, threads) in [(2, 1), (3, 2)] {
        let resume = "train --resume part.json --data synthetic";
        sandbox.line(&format!("{resume} --epochs {epochs} --threads {threads}")).success();
    }
    assert!(sandbox.read("part.json") == sandbox.read("whole.json"));
}

#[test]
fn epochs_can_be_added_as_if_they_had_been_asked_for() {
    let sandbox = Sandbox::with_tiny_data();
    for options in ["", "--optimizer adamw --keep best", "--ema 0.9 --warmup 1.5 --monitor all", "--momentum 0.5"] {
        sandbox.line(&format!("{TINY} --epochs 7 {options} -o whole.json")).success();
        sandbox.line(&format!("{TINY} --epochs 3 {options} -o part.json")).success();
        let run = sandbox.line("train --resume part.json --data idx --epochs 5 -o more.json").success();
        assert!(run.stdout.contains("saved     more.json, as it was after epoch"), "{}", run.stdout);
        assert_eq!(run.stdout.lines().filter(|line| line.ends_with(" s")).count(), 2, "{}", run.stdout);
        sandbox.line("train --resume more.json --data idx --epochs 7").success();
        assert!(sandbox.read("more.json") == sandbox.read("whole.json"), "{options}");
        // All is done: nothing changes any more.
        let run = sandbox.line("train --resume more.json --data idx").success();
        assert!(run.stdout.contains("after epoch 7 of 7: all are done (--epochs"), "{}", run.stdout);
        let has_gap = run.stdout.contains("\n\n\n");
        assert!(run.stdout.contains("\n\nbest ") && !has_gap, "no table and no gap: {}", run.stdout);
        assert!(sandbox.read("more.json") == sandbox.read("whole.json"), "{options}");
        assert_eq!(sandbox.json("part.json")["training"]["epochs_done"], 3, "-o left the first file alone");
    }
}

#[test]
fn what_would_make_another_training_of_it_is_refused_with_the_reason() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TINY} --epochs 3 --schedule cosine")).success();
    let model = sandbox.read("model.json");
    for (options, words) in [
        ("--eta 0.1", &["--eta cannot be given with --resume", "--from model.json"][..]),
        ("--seed 0", &["--seed cannot"]),
        ("--no-shuffle", &["--no-shuffle cannot"]),
        ("--monitor all", &["--monitor cannot"]),
        ("--hidden 6", &["--hidden cannot"]),
        ("--augment affine", &["--augment cannot"]),
        ("--rotation 5", &["--rotation cannot"]),
        ("--fade-to 0.5", &["--fade-to cannot"]),
        ("--keep best", &["--keep cannot"]),
        ("--from model.json", &["cannot be used with"]),
        ("--epochs 4", &["the cosine schedule", "3 epochs"]),
    ] {
        sandbox.line(&format!("train --resume model.json --data idx {options}")).failure(2, words);
    }
    let run = sandbox.line("train --resume model.json --data idx --epochs 3 --threads 1").success();
    assert!(run.stdout.contains("after epoch 3 of 3: all are done\n"), "{}", run.stdout);
    sandbox.line(&format!("{TINY} --epochs 3 --augment affine --fade-to 0 -o fading.json")).success();
    let more = "train --resume fading.json --data idx --epochs 4";
    sandbox.line(more).failure(2, &["the fading of the distortions", "3 epochs"]);
    sandbox.line(&format!("{TINY} --epochs 3 -o plain.json")).success();
    sandbox.line("train --resume plain.json --data idx --epochs 2").failure(2, &["3 epochs are done", "3 or more"]);
    assert_eq!(sandbox.read("model.json"), model);
}

#[test]
fn only_the_data_of_the_training_will_do() {
    let sandbox = Sandbox::with_tiny_data();
    sandbox.line(&format!("{TINY} --epochs 3")).success();
    let resume = "train --resume model.json --epochs 5";
    let words = ["model.json was trained on unknown images (SHA-256", "but these are built-in digits", "--data"];
    sandbox.line(&format!("{resume} --data synthetic")).failure(1, &words);
    let labels = sandbox.path("idx/train-labels-idx1-ubyte");
    let mut other = fs::read(&labels).unwrap();
    let last = other.len() - 1;
    other[last] = (other[last] + 1) % 4;
    fs::write(&labels, other).unwrap();
    sandbox
        .line(&format!("{resume} --data idx"))
        .failure(1, &["model.json was trained on", "but these are unknown images"]);
    // Fewer images than the training had.
    sandbox.line("train --data synthetic --epochs 1 --train-size 40000 --monitor none -o large.json").success();
    let run = sandbox.line("train --resume large.json --epochs 2 --data idx");
    run.failure(1, &["large.json was trained on built-in digits", "but these are", "--data"]);
}

#[test]
fn files_that_cannot_be_resumed_are_named_and_explained() {
    let sandbox = Sandbox::with_tiny_data();
    let resume = "train --resume model.json --data idx";
    sandbox.line(resume).failure(1, &["model.json cannot be read"]);
    fs::copy(crate::common::golden("two_layer_quadratic_l2.start.json"), sandbox.path("model.json")).unwrap();
    sandbox.line(resume).failure(1, &["model.json cannot be resumed", "how it was trained", "--from model.json"]);
    sandbox.line(&format!("{TINY} --epochs 3 --optimizer adamw")).success();
    let whole = sandbox.read("model.json");
    let (start, _) = whole.split_once(r#","checkpoint""#).unwrap();
    for (contents, word) in [
        (format!("{start}}}"), "moments of the optimizer, which the training needs"),
        (whole.replace(r#""moments":[""#, r#""moments":["#), "not a model file"),
        (whole.replace(r#""moments":[""#, r#""moments":["?"#), "damaged"),
        (whole.replace(r#""epochs_done":3"#, r#""epochs_done":2"#), "epoch 3 in its history"),
        (whole.replace(r#""engine":"fast""#, r#""engine":"steam""#), "engine 'steam'"),
        (whole.replace(r#""batch_size":10"#, r#""batch_size":1000"#), "its settings are damaged, batch size 1000"),
        (whole.replace(r#""lambda":5.0"#, r#""lambda":-5.0"#), "its settings are damaged, lambda -5"),
        (whole[..whole.len() / 2].to_string(), "not a model file"),
    ] {
        fs::write(sandbox.path("model.json"), &contents).unwrap();
        sandbox.line(&format!("{resume} --epochs 5")).failure(1, &["model.json", word]);
        assert_eq!(sandbox.read("model.json"), contents);
    }
}

#[test]
fn the_log_of_a_resumed_training_has_all_its_epochs() {
    let sandbox = Sandbox::with_tiny_data();
    let log = |name: &str| -> Vec<Value> {
        sandbox.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    sandbox.line(&format!("{TINY} --epochs 3 --log run.jsonl")).success();
    let first = log("run.jsonl");
    sandbox.line("train --resume model.json --data idx --epochs 5 --log run.jsonl").success();
    let resumed = log("run.jsonl");
    assert_eq!(resumed[..3], first, "with the seconds that they took");
    assert_eq!((resumed.len(), &resumed[4]["epoch"]), (5, &5.into()));
    sandbox.line("train --resume model.json --data idx --epochs 6 --log new.jsonl").success();
    let new = log("new.jsonl");
    assert_eq!((new.len(), new[1]["training_cost"].clone()), (6, first[1]["training_cost"].clone()));
    assert!(new[4].get("seconds").is_none() && new[5]["seconds"].is_f64(), "seconds that nobody knows are left out");
}

#[test]
fn patience_goes_on_where_it_was() {
    let sandbox = Sandbox::with_tiny_data();
    let train = format!("{TINY} --eta 1e-9 --early-stop 20");
    sandbox.line(&format!("{train} --epochs 50 -o whole.json")).success();
    sandbox.line(&format!("{train} --epochs 10")).success();
    let run = sandbox.line("train --resume model.json --data idx --epochs 50").success();
    assert!(sandbox.read("model.json") == sandbox.read("whole.json"));
    let row = run.stdout.lines().find(|line| line.starts_with("   11 ")).unwrap();
    assert_eq!(row.split_whitespace().nth(3), Some("10"), "{row}");
    // Where it has run out, there is no more to do, and that is said.
    let run = sandbox.line("train --resume model.json --data idx --epochs 99").success();
    assert!(run.stdout.contains("it has stopped early, so nothing more is to be done"), "{}", run.stdout);
    let has_gap = run.stdout.contains("\n\n\n");
    assert!(run.stdout.contains("\n\nstopped ") && !has_gap, "no table and no gap: {}", run.stdout);
}

#[test]
fn files_of_others_are_overwritten_by_force_alone() {
    let sandbox = Sandbox::with_tiny_data();
    for option in ["-o", "--log"] {
        fs::write(sandbox.path("notes.txt"), "not ours\n").unwrap();
        let train = format!("{TINY} --epochs 1 {option} notes.txt");
        sandbox.line(&train).failure(1, &["notes.txt exists and is not", "--force"]);
        assert_eq!(sandbox.read("notes.txt"), "not ours\n");
        sandbox.line(&format!("{train} --force")).success();
        assert!(sandbox.read("notes.txt").starts_with('{'));
    }
}

#[cfg(unix)]
#[test]
fn a_model_is_saved_on_the_way_and_two_runs_do_not_write_the_same_file() {
    let sandbox = Sandbox::with_tiny_data();
    let mut child = start(&sandbox, &format!("{TINY} --epochs 100000000 --checkpoint-every 0"));
    let second = sandbox.line(&format!("{TINY} --epochs 1"));
    second.failure(1, &["model.json cannot be written: another run is writing it", "another name"]);
    sandbox.line("train --resume model.json --data idx").failure(1, &["another run is writing it"]);
    let log = sandbox.line(&format!("{TINY} --epochs 1 -o other.json --log start.jsonl"));
    log.failure(1, &["the log start.jsonl cannot be written: another run is writing it"]);
    let log = sandbox.line(&format!("{TINY} --epochs 1 -o other.json --log model.json --force"));
    log.failure(1, &["the log model.json cannot be written: another run is writing it"]);
    sandbox.line(&format!("{TINY} --epochs 1 -o other.json")).success();
    child.kill().unwrap();
    child.wait().unwrap();
    let done = sandbox.json("model.json")["training"]["epochs_done"].as_u64().unwrap();
    assert!(done >= 1);
    sandbox.line("eval model.json --data idx").success();
    sandbox.line(&format!("train --resume model.json --data idx --log start.jsonl --epochs {}", done + 1)).success();
    let left = names(&sandbox.path("."));
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
}

#[cfg(unix)]
#[test]
fn a_second_signal_stops_at_once() {
    let sandbox = Sandbox::with_tiny_data();
    // One mini-batch takes seconds.
    let line = "train --data idx --validation 11 --engine reference --batch-size 53 --hidden 5000,5000 --epochs 1000";
    let mut command = sandbox.command();
    let mut child = command.args(words(line)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The heading is printed when signals are waited for.
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    signal(&child, "-INT");
    signal(&child, "-INT"); // so soon, it is the same wish
    std::thread::sleep(Duration::from_millis(800));
    assert!(child.try_wait().unwrap().is_none(), "the mini-batch was too short for the test");
    signal(&child, "-INT");
    let run = crate::common::stopped(child);
    assert!(!run.failure(130, &[]).stderr.contains("interrupted"));
    assert!(!sandbox.path("model.json").exists());
}

#[cfg(unix)]
#[test]
fn an_interruption_in_the_first_epoch_says_that_nothing_was_saved() {
    let sandbox = Sandbox::with_tiny_data();
    let old = r#"{"sizes":[20,4],"weights":[[["of an old one"]]]}"#;
    fs::write(sandbox.path("model.json"), old).unwrap();
    // Two mini-batches, each of which takes a while.
    let line = "train --data idx --validation 11 --engine reference --batch-size 27 --hidden 2000,2000 --epochs 9";
    let mut command = sandbox.command();
    let mut child = command.args(words(line)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    signal(&child, "-TERM");
    let run = crate::common::stopped(child);
    run.failure(143, &["no epoch was completed, so nothing was saved", "the same command begins anew"]);
    assert_eq!(sandbox.read("model.json"), old);
}

/// With one mini-batch an epoch, which takes a while, every signal comes at the end of one.
#[cfg(unix)]
#[test]
fn a_training_in_one_mini_batch_is_stopped_and_keeps_its_epoch() {
    let sandbox = Sandbox::new();
    let line =
        "train --data synthetic --train-size 6000 --validation 10 --batch-size 6000 --engine reference --epochs 99";
    let mut command = sandbox.command();
    let mut child = command.args(words(line)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    signal(&child, "-TERM");
    crate::common::stopped(child).failure(143, &["model.json holds epoch", "go on with", "--resume"]);
    let model = sandbox.json("model.json");
    let done = model["training"]["epochs_done"].as_u64().unwrap();
    assert!(done < 99 && model["history"].as_array().unwrap().len() as u64 == done, "{done}");
}

/// A limit on the size of files stands for a full disk, and needs no rights.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_the_last_file_intact() {
    let sandbox = Sandbox::with_tiny_data();
    let limited = |blocks: u32, line: &str| -> Run {
        let program = sandbox.command().get_program().to_owned();
        // The signal is ignored, so that the write fails as on a full disk.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {line}");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(program).current_dir(sandbox.path("."));
        command.env_remove("MNIST_DATA_DIR").output().unwrap().into()
    };
    sandbox.line(&format!("{TINY} --epochs 1")).success();
    let before = sandbox.read("model.json");
    let run = limited(1, &format!("{TINY} --epochs 3 --hidden 50 --checkpoint-every 0").replace("--hidden 6 ", ""));
    let run =
        run.failure(1, &["warning: model.json cannot be written", "training goes on", "error: model.json cannot"]);
    assert_eq!(run.stderr.matches("training goes on").count(), 1, "said once: {}", run.stderr);
    assert_eq!(sandbox.read("model.json"), before);
    // The history makes the file grow beyond 16 blocks, of 512 or 1024 bytes.
    let run = limited(16, &format!("{TINY} --epochs 1000 --checkpoint-every 0"));
    run.failure(1, &["model.json cannot be written", "what stands there has", "train --resume goes on"]);
    let done = sandbox.json("model.json")["training"]["epochs_done"].as_u64().unwrap();
    assert!((2..1000).contains(&done), "{done}");
    assert_eq!(names(&sandbox.path(".")).len(), 2, "no temporary file stays");
    sandbox.line("train --resume model.json --data idx").success();
    sandbox.line(&format!("{TINY} --epochs 1000 -o whole.json")).success();
    assert!(sandbox.read("model.json") == sandbox.read("whole.json"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_in_which_nothing_can_be_written_is_known_before_training() {
    // Not even root can make a file there.
    let sandbox = Sandbox::with_tiny_data();
    let words = ["/proc/model.json cannot be written: No such file or directory"];
    let run = sandbox.line(&format!("{TINY} -o /proc/model.json")).failure(1, &words);
    assert_eq!(run.stdout, "");
}

/// SIGKILL at random moments, most of them while the model is written. After each, the file must be whole, and it must
/// never go back; at the end it must be what a run without a single kill writes.
///
/// `MNIST_KILLS=500 cargo test --release --test suite resume::a_training_that_is_killed -- --nocapture` kills more
/// often.
#[cfg(unix)]
#[test]
fn a_training_that_is_killed_again_and_again_loses_nothing() {
    let kills = std::env::var("MNIST_KILLS").map_or(24, |kills| kills.parse().unwrap());
    let mut left_behind = 0;
    for (options, seed) in [("--optimizer adamw --ema 0.9 --keep best --dropout 0.2", 1), ("--augment affine", 2)] {
        left_behind += kill(options, kills / 2, seed);
    }
    assert!(left_behind > 0, "no kill ever hit a write");
}

/// Returns how many kills left a half-written file behind.
#[cfg(unix)]
fn kill(options: &str, kills: usize, mut seed: u64) -> usize {
    let sandbox = Sandbox::with_tiny_data();
    let train = format!("{TINY} {options} --quiet");
    let (mut done, mut left_behind, mut fresh_starts) = (0, 0, 0);
    for _ in 0..kills {
        let line = if sandbox.path("model.json").exists() {
            "train --resume model.json --data idx --epochs 100000000 --quiet".to_string()
        } else {
            fresh_starts += 1;
            format!("{train} --epochs 100000000")
        };
        let mut child = sandbox.command().args(words(&line)).args(["--checkpoint-every", "0"]).spawn().unwrap();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros(8_000 + (seed >> 33) % 72_000));
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        left_behind += usize::from(
            names(&sandbox.path(".")).iter().any(|name| name.starts_with(".model.json.") && !name.contains("lock")),
        );
        if sandbox.path("model.json").exists() {
            let model = sandbox.json("model.json");
            let now = model["training"]["epochs_done"].as_u64().unwrap();
            assert_eq!(model["history"].as_array().unwrap().len() as u64, now);
            assert!(now >= done, "from epoch {done} back to {now}");
            done = now;
        }
    }
    assert!(done > 0, "{options}: no run came as far as an epoch");
    sandbox.line(&format!("train --resume model.json --data idx --epochs {}", done + 3)).success();
    sandbox.line(&format!("{train} --epochs {} -o whole.json", done + 3)).success();
    assert!(sandbox.read("model.json") == sandbox.read("whole.json"), "{options}");
    let mut left = names(&sandbox.path("."));
    left.sort();
    assert_eq!(left, ["idx", "model.json", "whole.json"], "nothing stays of those that were killed");
    println!(
        "{options}: {kills} kills, {done} epochs, {left_behind} in the middle of writing, {fresh_starts} new starts"
    );
    left_behind
}

/// Makes the complete training of three epochs in `name` one that was interrupted after three of nine.
fn interrupted(sandbox: &Sandbox, name: &str) -> String {
    let model = sandbox.read(name).replace(r#""epochs":3,"#, r#""epochs":9,"#);
    assert!(model.contains(r#""epochs":9,"#));
    fs::write(sandbox.path(name), &model).unwrap();
    model
}

#[test]
fn an_interrupted_training_that_is_replaced_is_kept_beside_it() {
    let sandbox = Sandbox::with_tiny_data();
    let said = |line: &str| sandbox.line(line).success().stderr;
    said(&format!("{TINY} --epochs 3 --quiet"));
    assert!(!said(&format!("{TINY} --epochs 3")).contains("another training"), "it was complete");
    let model = interrupted(&sandbox, "model.json");
    said(&format!("{TINY} --epochs 1 --quiet -o other.json"));
    let resume = "train --resume model.interrupted.json";
    for (line, data) in [
        (format!("{TINY} --epochs 1"), "--data idx"),
        (format!("{TINY} --epochs 1 --quiet"), "--data idx"),
        ("train --data synthetic --train-size 20 --validation 9 --epochs 1 --quiet".to_string(), "with its own --data"),
        ("train --resume other.json --data idx --epochs 2 --quiet -o model.json".to_string(), "--data idx"),
        ("tune --data idx --validation 11 --trials 1 --epochs 1 --quiet -o model.json".to_string(), "--data idx"),
        ("merge other.json other.json -o model.json".to_string(), "with its own --data"),
    ] {
        fs::write(sandbox.path("model.json"), &model).unwrap();
        let _ = fs::remove_file(sandbox.path("model.interrupted.json"));
        let said = said(&line);
        let warning = "warning: model.json holds 3 of 9 epochs of another training, and is kept as \
                       model.interrupted.json; to go on with it: ";
        assert!(said.contains(warning) && said.contains(&format!(" {resume} {data}\n")), "{line}:\n{said}");
        assert_ne!(sandbox.read("model.json"), model, "{line}");
        assert_eq!(sandbox.read("model.interrupted.json"), model, "{line}");
    }
    said(&format!("{resume} --data idx --quiet -o more.json"));
    fs::write(sandbox.path("model.json"), &model).unwrap();
    assert!(!said("train --resume ./model.json --data idx --quiet").contains("another training"), "it is that one");
}

#[test]
fn no_file_is_overwritten_by_a_kept_training_but_its_own_earlier_state() {
    let sandbox = Sandbox::with_tiny_data();
    let write = |name: &str, text: &str| fs::write(sandbox.path(name), text).unwrap();
    sandbox.line(&format!("{TINY} --epochs 3 --quiet")).success();
    let complete = sandbox.read("model.json");
    let longer = interrupted(&sandbox, "model.json");
    // The same training after two epochs, and another one.
    sandbox.line(&format!("{TINY} --epochs 2 --quiet -o shorter.json")).success();
    let shorter = sandbox.read("shorter.json").replace(r#""epochs":2,"#, r#""epochs":9,"#);
    sandbox.line(&format!("{TINY} --epochs 3 --quiet --seed 5 -o other.json")).success();
    let other = interrupted(&sandbox, "other.json");
    let kept_as = |model: &str, name: &str| {
        write("model.json", model);
        let said = sandbox.line(&format!("{TINY} --epochs 1 --quiet")).success().stderr;
        assert!(said.contains(&format!("is kept as {name}; to go on")), "{said}");
    };
    kept_as(&shorter, "model.interrupted.json");
    kept_as(&longer, "model.interrupted.json");
    assert_eq!(sandbox.read("model.interrupted.json"), longer, "of one training the later state");
    kept_as(&shorter, "model.interrupted.json");
    assert_eq!(sandbox.read("model.interrupted.json"), longer);
    kept_as(&other, "model.interrupted-2.json");
    assert_eq!(
        [sandbox.read("model.interrupted.json"), sandbox.read("model.interrupted-2.json")],
        [longer.clone(), other]
    );
    // A complete training is nobody's earlier state, nor is another file.
    write("model.interrupted.json", &complete);
    write("model.interrupted-2.json", "my thesis");
    kept_as(&longer, "model.interrupted-3.json");
    assert_eq!(
        (sandbox.read("model.interrupted.json"), sandbox.read("model.interrupted-2.json").as_str()),
        (complete, "my thesis")
    );
    // Names that differ only after a dot are of different files.
    for name in ["net-0.5", "net-0.1"] {
        write(name, &longer);
        let said = sandbox.line(&format!("{TINY} --epochs 1 --quiet -o {name}")).success().stderr;
        assert!(said.contains(&format!("kept as {name}.interrupted.json")), "{said}");
    }
}

#[test]
fn a_training_that_has_stopped_early_is_not_interrupted() {
    let sandbox = Sandbox::with_tiny_data();
    let once_more = |what: &str| {
        let said = sandbox.line(&format!("{TINY} --epochs 1 --quiet")).success().stderr;
        assert_eq!(said.contains("of 9 epochs of another training"), what == "interrupted", "{said}");
    };
    for (options, end) in [
        ("--early-stop 30", "interrupted"),
        ("--early-stop 30 --keep last", "interrupted"), // there is no checkpoint
        ("--schedule halve-on-plateau --patience 20", "interrupted"),
        ("--early-stop 1 --eta 1e-9", "stopped"),
    ] {
        sandbox.line(&format!("{TINY} --epochs 3 --quiet {options}")).success();
        interrupted(&sandbox, "model.json");
        once_more(end);
    }
}
