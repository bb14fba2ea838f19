//! What the command line lets the engines use of the machine.

use std::sync::LazyLock;

use mnist_mlp::engine::{InstructionSet, Machine};
use mnist_mlp::trainer::MAX_THREADS;

use super::Failure;
use super::usage::Usage;

/// The variable that forces an instruction set, for tests and comparisons.
const VARIABLE: &str = "MNIST_SIMD";

/// As many threads as asked for, else all cores, or as many of them as are allowed; the fastest instructions, or those
/// that `MNIST_SIMD` names.
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

/// All cores, but no more than may be asked for.
fn default_threads(cores: usize) -> usize {
    cores.min(MAX_THREADS)
}

/// What `--version` says: the version, and what a report of a fault should tell.
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
