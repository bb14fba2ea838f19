//! The real binary, several of it at a time, started by `mpirun`: the same results as one, and no rank left behind.

mod common;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Run, Sandbox};
use serde_json::Value;

/// Options that every training shares.
const TINY: &str = "train --data idx --validation 11 --hidden 6";

/// `mpirun` with each of `lines`, the arguments of so many ranks; more ranks than cores and the super-user are welcome.
fn mpirun(sandbox: &Sandbox, lines: &[(usize, &str)]) -> Command {
    let mut command = Command::new("mpirun");
    command.current_dir(sandbox.path(".")).env_remove("MNIST_DATA_DIR").env_remove("CARGO_MANIFEST_DIR");
    command.envs([("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")]);
    command.envs([
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ]);
    for (i, (ranks, line)) in lines.iter().enumerate() {
        command.args((i > 0).then_some(":")).args(["-n", &ranks.to_string()]);
        command.arg(env!("CARGO_BIN_EXE_mnist")).args(line.split_whitespace());
    }
    command
}

/// Runs the same line on so many ranks.
fn ranks(sandbox: &Sandbox, n: usize, line: &str) -> Run {
    let output = mpirun(sandbox, &[(n, line)]).output();
    output.expect("mpirun is needed: on Debian apt-get install openmpi-bin libopenmpi-dev libclang-dev").into()
}

/// All weights and biases of a model file.
fn numbers(model: &Value) -> Vec<f64> {
    fn collect(value: &Value, numbers: &mut Vec<f64>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, numbers)),
            value => numbers.push(value.as_f64().unwrap()),
        }
    }
    let mut numbers = Vec::new();
    collect(&model["weights"], &mut numbers);
    collect(&model["biases"], &mut numbers);
    numbers
}

/// Two models are the same but for rounding: weights to 1e-10 of the largest, costs likewise, counts and all else
/// exactly.
#[track_caller]
fn assert_same(sandbox: &Sandbox, one: &str, other: &str, why: &str) {
    let [mut one, mut other] = [one, other].map(|name| sandbox.json(name));
    let (a, b) = (numbers(&one), numbers(&other));
    let largest = a.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    assert_eq!(a.len(), b.len());
    let worst = a.iter().zip(&b).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
    assert!(worst <= 1e-10 * largest, "{why}: weights are off by {:e}", worst / largest);
    for model in [&mut one, &mut other] {
        for part in ["weights", "biases", "checkpoint"] {
            model.as_object_mut().unwrap().remove(part);
        }
    }
    let [a, b] = [&one, &other].map(|model| model["history"].as_array().unwrap());
    for (a, b) in a.iter().zip(b) {
        for name in ["training_cost", "evaluation_cost"] {
            let [a, b] = [a, b].map(|row| row[name].as_f64().unwrap_or(0.0));
            assert!((a - b).abs() <= 1e-10 * a, "{why}: {name} {a} and {b}");
        }
    }
    for model in [&mut one, &mut other] {
        for row in model["history"].as_array_mut().unwrap() {
            row.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_cost"));
        }
    }
    assert_eq!(one, other, "{why}");
}

#[test]
fn any_number_of_ranks_trains_what_one_process_does() {
    for (i, options) in [
        "--monitor all",
        "--monitor all --engine reference --lambda 0 --cost quadratic",
        "--momentum 0.9 --nesterov --dropout 0.3 --input-dropout 0.1 --eta 0.1",
        "--optimizer adamw --augment affine,elastic --keep best --activation tanh",
        "--expand shift --deskew --ema 0.9 --max-norm 1 --tolerance 0.3 --l1 0.1 --batch-size 64 --no-shuffle",
        "--early-stop 1 --schedule cosine --evaluate-on test --batch-size 1",
        "--train-size 3 --batch-size 2 --monitor none --seed 9 --dropout 0.5",
    ]
    .into_iter()
    .enumerate()
    {
        let sandbox = Sandbox::with_tiny_data();
        let line = format!("{TINY} --epochs 3 --precision f64 {options}");
        let alone = sandbox.line(&format!("{line} --log alone.jsonl -o alone.json")).success();
        for n in 1..=4 {
            let run = ranks(&sandbox, n, &format!("{line} --log {n}.jsonl -o {n}.json")).success();
            assert_same(&sandbox, "alone.json", &format!("{n}.json"), &format!("{n} ranks, {options}"));
            // One rank speaks and writes.
            let lines = |name: &str| sandbox.read(name).lines().count();
            assert_eq!(lines(&format!("{n}.jsonl")), lines("alone.jsonl"));
            assert_eq!(run.stdout.lines().count(), alone.stdout.lines().count(), "{}", run.stdout);
            assert_eq!(run.stdout.matches("network   ").count(), 1, "{}", run.stdout);
        }
        // The same bytes every time, whatever the number of threads.
        let n = 2 + i % 3;
        ranks(&sandbox, n, &format!("{line} -o again.json --threads 2")).success();
        assert!(sandbox.read("again.json") == sandbox.read(&format!("{n}.json")), "{n} ranks, {options}");
    }
}

#[test]
fn the_built_in_digits_are_learned_together() {
    let sandbox = Sandbox::new();
    let line =
        "train --data synthetic --train-size 2000 --validation 500 --epochs 1 --precision f64 --batch-size 20 -q";
    sandbox.line(&format!("{line} -o alone.json")).success();
    for n in [2, 4] {
        ranks(&sandbox, n, &format!("{line} -o {n}.json")).success();
        assert_same(&sandbox, "alone.json", &format!("{n}.json"), &format!("{n} ranks"));
    }
    // Layers so large that the threads of a rank share out its part of a mini-batch.
    let large = line.replace("--batch-size 20", "--batch-size 400 --hidden 300,70 --dropout 0.2");
    ranks(&sandbox, 2, &format!("{large} --threads 1 -o one.json")).success();
    ranks(&sandbox, 2, &format!("{large} --threads 2 -o two.json")).success();
    assert!(sandbox.read("one.json") == sandbox.read("two.json"));
}

#[test]
fn one_rank_says_that_the_digits_are_not_mnist() {
    let sandbox = Sandbox::new();
    for options in ["", "--quiet"] {
        let run = ranks(&sandbox, 3, &format!("train --train-size 300 --epochs 1 {options}")).success();
        assert_eq!(run.stderr.matches("the built-in digits are used").count(), 1, "{options}: {}", run.stderr);
    }
}

#[test]
fn a_training_is_resumed_by_another_number_of_ranks() {
    for options in ["--optimizer adamw --keep best", "--ema 0.9 --dropout 0.2"] {
        let sandbox = Sandbox::with_tiny_data();
        let line = format!("{TINY} --precision f64 {options} -q");
        sandbox.line(&format!("{line} --epochs 6 -o alone.json")).success();
        ranks(&sandbox, 3, &format!("{line} --epochs 6 -o three.json")).success();
        ranks(&sandbox, 3, &format!("{line} --epochs 2 -o part.json")).success();
        fs::copy(sandbox.path("part.json"), sandbox.path("other.json")).unwrap();
        ranks(&sandbox, 3, "train --resume part.json --data idx --epochs 6 -q").success();
        assert!(
            sandbox.read("part.json") == sandbox.read("three.json"),
            "{options}: as many ranks give the same bytes"
        );
        ranks(&sandbox, 2, "train --resume other.json --data idx --epochs 4 -q").success();
        sandbox.line("train --resume other.json --data idx --epochs 6 -q").success();
        assert_same(&sandbox, "alone.json", "other.json", options);
    }
}

#[test]
fn ranks_that_are_not_of_one_mind_do_not_begin() {
    let sandbox = Sandbox::with_tiny_data();
    fs::create_dir(sandbox.path("other")).unwrap();
    for file in fs::read_dir(sandbox.path("idx")).unwrap() {
        let file = file.unwrap();
        let mut bytes = fs::read(file.path()).unwrap();
        if file.file_name() == "train-labels-idx1-ubyte" {
            bytes[10] = (bytes[10] + 1) % 3;
        }
        fs::write(sandbox.path("other").join(file.file_name()), bytes).unwrap();
    }
    let line = &format!("{TINY} --epochs 3");
    for (other, code, words) in [
        (format!("{line} --eta 0.3"), 1, &["rank 2 on", "other options than rank 0"][..]),
        (format!("{line} --monitor none"), 1, &["rank 2 on", "other options"]),
        (format!("{line} --nesterov"), 1, &["rank 2 on", "cannot begin: --nesterov is for --momentum"]),
        (line.replace("idx", "other"), 1, &["rank 2 on", "other images"]),
        (line.replace("idx", "nowhere"), 1, &["rank 2 on", "cannot begin: nowhere does not exist"]),
        ("train --resume none.json --data idx".to_string(), 1, &["rank 2 on", "cannot begin: none.json"]),
        ("tune --data idx --validation 11 --trials 3".to_string(), 1, &["rank 2 on", "other"]),
    ] {
        let run: Run = mpirun(&sandbox, &[(2, line), (1, &other)]).output().unwrap().into();
        let run = run.failure(code, words);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
        assert!(!run.stderr.contains("because"), "said twice: {}", run.stderr);
        assert!(run.stdout.is_empty() && !sandbox.path("model.json").exists(), "{}", run.stdout);
    }
    // What is wrong on all ranks is said once.
    for (option, words) in [("--eta -1", "eta -1 is out of range"), ("--nesterov", "--nesterov is for --momentum")] {
        let run = ranks(&sandbox, 3, &format!("{line} {option}")).failure(2, &[words]);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    }
    ranks(&sandbox, 2, &format!("{line} -o nowhere/model.json")).failure(1, &["nowhere/model.json cannot be written"]);
}

/// The ranks of a run, in their order.
fn processes(mpirun: &Child) -> Vec<u32> {
    let output = Command::new("pgrep").args(["-P", &mpirun.id().to_string(), "-x", "mnist"]).output().unwrap();
    let children = String::from_utf8(output.stdout).unwrap();
    let mut ranks: Vec<(u32, u32)> = Vec::new();
    for process in children.lines() {
        let environment = fs::read_to_string(format!("/proc/{process}/environ")).unwrap();
        let rank = environment.split('\0').find_map(|entry| entry.strip_prefix("OMPI_COMM_WORLD_RANK=")).unwrap();
        ranks.push((rank.parse().unwrap(), process.parse().unwrap()));
    }
    ranks.sort_unstable();
    ranks.into_iter().map(|(_, process)| process).collect()
}

/// Starts an endless training on three ranks with these options, and waits until it is a few epochs old.
fn endless(sandbox: &Sandbox, options: &str) -> (Child, Vec<u32>) {
    let line = format!("{TINY} --epochs 10000000 --log run.jsonl {options}");
    let mut command = mpirun(sandbox, &[(3, &line)]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while fs::read_to_string(sandbox.path("run.jsonl")).unwrap_or_default().lines().count() < 5 {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let ranks = processes(&child);
    assert_eq!(ranks.len(), 3);
    (child, ranks)
}

fn signal(process: u32, name: &str) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// The processes end, soon after the launcher at the latest.
#[track_caller]
fn assert_none_is_left(processes: &[u32]) {
    let start = Instant::now();
    // A zombie has ended, even if nobody has asked for its exit code.
    let is_left = |process: &u32| {
        let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        state.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
    };
    while processes.iter().any(is_left) {
        assert!(start.elapsed() < Duration::from_secs(20), "a rank is left");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_rank_that_dies_ends_them_all_and_the_last_epoch_is_saved() {
    for killed in 0..3 {
        let sandbox = Sandbox::with_tiny_data();
        let (child, ranks) = endless(&sandbox, "--checkpoint-every 0");
        signal(ranks[killed], "-KILL");
        let start = Instant::now();
        let run: Run = child.wait_with_output().unwrap().into();
        assert!(run.code != Some(0) && start.elapsed() < Duration::from_secs(30), "{:?}", run.code);
        assert!(run.stderr.contains(&format!("rank {killed}")), "{}", run.stderr);
        assert_none_is_left(&ranks);
        let done = sandbox.json("model.json")["training"]["epochs_done"].as_u64().unwrap();
        assert!(done >= 2, "{done}");
        let more = done + 2;
        ranks_resume(&sandbox, 2, more);
        assert_eq!(sandbox.json("model.json")["training"]["epochs_done"], more);
    }
}

fn ranks_resume(sandbox: &Sandbox, n: usize, epochs: u64) {
    ranks(sandbox, n, &format!("train --resume model.json --data idx --epochs {epochs} -q")).success();
}

#[test]
fn whichever_rank_is_asked_to_stop_all_stop_and_save() {
    for asked in [0, 2] {
        let sandbox = Sandbox::with_tiny_data();
        let (child, ranks) = endless(&sandbox, "--checkpoint-every 0");
        signal(ranks[asked], "-INT");
        let run: Run = child.wait_with_output().unwrap().into();
        assert!(run.code != Some(0), "{}", run.stderr);
        assert!(run.stderr.contains("interrupted: model.json holds epoch"), "{}", run.stderr);
        assert_none_is_left(&ranks);
        let logged = sandbox.read("run.jsonl").lines().count();
        assert_eq!(sandbox.json("model.json")["training"]["epochs_done"], logged);
    }
}

/// Ctrl-C goes to the launcher, which reads no more of what they print and kills whoever has not ended a second later.
#[test]
fn a_launcher_that_is_asked_to_stop_leaves_them_the_time_to_save() {
    let is_saved = |_| {
        let sandbox = Sandbox::with_tiny_data();
        let (child, ranks) = endless(&sandbox, "--checkpoint-every 3600 --quiet");
        signal(child.id(), "-INT");
        let run: Run = child.wait_with_output().unwrap().into();
        assert!(run.code != Some(0), "{}", run.stderr);
        assert_none_is_left(&ranks);
        let logged = sandbox.read("run.jsonl").lines().count();
        sandbox.path("model.json").exists() && sandbox.json("model.json")["training"]["epochs_done"] == logged
    };
    // A second is short where other tests keep the cores busy.
    assert!((0..5).any(is_saved), "nothing was ever saved");
}

#[test]
fn trials_that_are_spread_find_the_same_winner() {
    let sandbox = Sandbox::with_tiny_data();
    let line = "tune --data idx --validation 11 --epochs 9 --trials 12 --format json -q";
    let alone = sandbox.line(&format!("{line} -o alone.json")).success();
    for n in [1, 2, 4] {
        let run = ranks(&sandbox, n, &format!("{line} -o {n}.json")).success();
        assert_eq!(run.stdout, alone.stdout.replace("alone.json", &format!("{n}.json")), "{n} ranks");
        assert!(sandbox.read(&format!("{n}.json")) == sandbox.read("alone.json"), "{n} ranks");
    }
    // A search in time ends in time.
    let start = Instant::now();
    ranks(&sandbox, 3, "tune --data synthetic --train-size 2000 --budget 2s -q").success();
    assert!(start.elapsed() < Duration::from_secs(60));
}

/// Stacks of more memory than there is keep a rank from making any thread. The others do not wait for it for ever.
#[test]
fn a_rank_that_gets_no_thread_ends_the_search() {
    let line = "tune --data idx --validation 11 --epochs 3 --trials 6 -q";
    for poor in 0..3 {
        let sandbox = Sandbox::with_tiny_data();
        let mut command = Command::new("mpirun");
        command
            .current_dir(sandbox.path("."))
            .envs(mpirun(&sandbox, &[]).get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        for rank in 0..3 {
            command.args((rank > 0).then_some(":")).args(["-n", "1"]);
            if rank == poor {
                command.args(["-x", "RUST_MIN_STACK=1152921504606846976"]);
            }
            command.arg(env!("CARGO_BIN_EXE_mnist")).args(line.split_whitespace());
        }
        let run: Run = command.output().unwrap().into();
        let words = if poor == 0 { "no thread".to_string() } else { format!("rank {poor} on") };
        let run = run.failure(1, &[&words]);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn without_a_launcher_it_is_the_program_that_it_always_was() {
    let sandbox = Sandbox::with_tiny_data();
    let run = sandbox.line(&format!("{TINY} --epochs 3")).success();
    assert_eq!(run.stdout.lines().filter(|line| line.ends_with(" s")).count(), 3, "{}", run.stdout);
    sandbox.line("tune --data idx --validation 11 --epochs 3 --trials 3 -q").success();
}
