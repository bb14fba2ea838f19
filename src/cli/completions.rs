//! `mnist completions`: prints what a shell needs to complete commands and options.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::args::Arguments;
use super::{Failure, output};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mkdir -p ~/.local/share/bash-completion/completions
  mnist completions bash > ~/.local/share/bash-completion/completions/mnist
  mkdir -p ~/.config/fish/completions
  mnist completions fish > ~/.config/fish/completions/mnist.fish
  # for zsh, which has to be told with fpath+=~/.zfunc before compinit
  mkdir -p ~/.zfunc
  mnist completions zsh > ~/.zfunc/_mnist")]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Arguments::command(), "mnist", &mut script);
    output::result(String::from_utf8_lossy(&script))
}
