//! What the command line lets the engines use of the machine.

use mnist_mlp::engine::{InstructionSet, Machine};

use super::Failure;

/// The variable that forces an instruction set, for tests and comparisons.
const VARIABLE: &str = "MNIST_SIMD";

/// As many threads as asked for, else all cores; the fastest instructions, or those that `MNIST_SIMD` names.
pub fn machine(threads: Option<usize>) -> Result<Machine, Failure> {
    let all_cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let instructions = match std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        Some(name) => InstructionSet::named(&name.to_string_lossy())?,
        None => InstructionSet::fastest(),
    };
    Ok(Machine { threads: threads.unwrap_or_else(all_cores), instructions })
}
