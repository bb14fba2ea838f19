//! Every instruction set that the fast engine has kernels for is forced, and says aloud if this machine lacks it.
//!
//! The engine's own property tests go through the same sets, but only through those there are, and could not say so.

mod common;

use std::process::ExitCode;

use common::Sandbox;
use libtest_mimic::{Arguments, Failed, Trial};
use mnist_mlp::engine::InstructionSet;
use serde_json::Value;

/// All that the program has kernels for on this kind of processor, fastest first.
const KNOWN: &[&str] = if cfg!(target_arch = "x86_64") {
    &["avx512", "avx2", "portable"]
} else if cfg!(target_arch = "aarch64") {
    &["neon", "portable"]
} else {
    &["portable"]
};

fn main() -> ExitCode {
    let available: Vec<_> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
    assert!(available.iter().all(|name| KNOWN.contains(name)), "a set is missing above: {available:?}");
    let trial = |&name: &&'static str| {
        let is_missing = !available.contains(&name);
        if is_missing {
            println!(
                "\nthis machine lacks {name}: its kernels are NOT run, neither here nor by the tests of the engines"
            );
        }
        let run = move || -> Result<(), Failed> {
            learns_what_the_reference_learns(name);
            Ok(())
        };
        Trial::test(format!("{name}_learns_what_the_reference_learns"), run).with_ignored_flag(is_missing)
    };
    libtest_mimic::run(&Arguments::from_args(), KNOWN.iter().map(trial).collect()).exit_code()
}

/// Tolerances: sums of a few hundred terms, rounded in another order.
fn learns_what_the_reference_learns(name: &str) {
    // The fast engine has other kernels for large mini-batches, of which there are too few tiny images.
    let few = ("--data idx --validation 11 --batch-size 7", 20, 4);
    let many = ("--data synthetic --train-size 250 --validation 20 --batch-size 100", 784, 10);
    for (precision, tolerance) in [("f64", 1e-10), ("f32", 1e-3)] {
        for (images, inputs, classes) in [few, many] {
            let train = |engine: &str| {
                let sandbox = Sandbox::with_tiny_data();
                let line = format!(
                    "train {images} --hidden 37,18 --activation sigmoid,tanh --epochs 3 --threads 2 \
                     --precision {precision} --engine {engine} -o model.json"
                );
                let output = sandbox.command().args(line.split_whitespace()).env("MNIST_SIMD", name).output().unwrap();
                common::Run::from(output).success();
                numbers(&sandbox.json("model.json")["weights"])
            };
            let (fast, reference) = (train("fast"), train("reference"));
            assert_eq!(fast.len(), inputs * 37 + 37 * 18 + 18 * classes);
            let differences = fast.iter().zip(&reference).map(|(fast, reference)| (fast - reference).abs());
            let worst = differences.fold(0.0, f64::max);
            assert!(worst <= tolerance, "{name}, {precision}, {images}: the weights differ by {worst:e}");
        }
    }
}

/// All numbers in nested lists.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}
