//! The threads and instructions that engines may use, according to the command line.

use std::sync::LazyLock;

use mnist_mlp::engine::{InstructionSet, Machine};
use mnist_mlp::trainer::MAX_THREADS;

use super::Failure;
use super::usage::Usage;

/// The environment variable that forces an instruction set, for tests and comparisons.
const VARIABLE: &str = "MNIST_SIMD";

/// The requested number of threads or, by default, one per core, up to the maximum; and the instruction set that
/// `MNIST_SIMD` names or, by default, the fastest.
pub fn machine(threads: Option<usize>) -> Result<Machine, Failure> {
    let instructions = match std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        Some(name) => InstructionSet::named(&name.to_string_lossy()).map_err(Usage::Instructions)?,
        None => InstructionSet::fastest(),
    };
    Ok(Machine { threads: threads.unwrap_or_else(|| default_threads(cores())), instructions })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One thread per core, but no more than the maximum that may be requested.
fn default_threads(cores: usize) -> usize {
    cores.min(MAX_THREADS)
}

/// The text of `--version`: the version, and what a bug report should contain.
pub fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let available: Vec<_> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
        let machine = machine(None);
        let instructions =
            machine.map_or_else(|failure| failure.to_string(), |machine| machine.instructions.name().into());
        let threads = default_threads(cores());
        format!(
            "{}\n\
             platform      {} {}\n\
             instructions  {instructions} (of {}; {VARIABLE} chooses)\n\
             threads       {threads}\n\
             features      {}{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::ARCH,
            std::env::consts::OS,
            available.join(", "),
            if cfg!(feature = "mpi") { "mpi" } else { "none (mpi has to be asked for)" },
            if cfg!(debug_assertions) { "; this build is for tests, one with --release is faster" } else { "" }
        )
    });
    &TEXT
}

#[cfg(test)]
mod tests {
    use mnist_mlp::trainer::Settings;

    use super::*;

    #[test]
    fn a_machine_of_any_size_can_train_by_default() {
        for (cores, threads) in [(1, 1), (256, 256), (1000, 256)] {
            assert_eq!(default_threads(cores), threads);
            let machine = Machine { threads, ..Machine::default() };
            assert!(Settings { machine, ..Settings::default() }.check(100, 10).is_ok());
        }
    }
}
