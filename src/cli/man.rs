//! `mnist man`: writes the manual pages.

use std::fs::create_dir_all;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use mnist_mlp::model::PROGRAM;
use mnist_mlp::replace_file::replace_file;

use super::args::Arguments;
use super::outputs::{check_output, not_written};
use super::{Failure, output, shell};

/// Write the manual pages, mnist.1 and one for each subcommand, to a directory.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  mnist man ~/.local/share/man/man1
  man ~/.local/share/man/man1/mnist-train.1")]
pub struct ManArguments {
    /// The directory; it is created if it does not exist.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// The exit statuses of all commands, and the environment variables that they read.
const STATUS: &[(&str, &str)] = &[
    ("0", "Done."),
    ("1", "Failed: standard error says why and what to do."),
    ("2", "Wrong usage: nothing was started."),
    ("130", "Interrupted by Ctrl-C (in general, 128 plus the signal's number), after saving what can be saved."),
];
const VARIABLES: &[(&str, &str)] = &[
    ("MNIST_DATA_DIR", "Where the images are, if --data is not given."),
    ("MNIST_SIMD", "The vector instructions to use, of those that mnist --version lists; by default the fastest."),
    ("NO_COLOR", "If set to anything, no colours are used."),
    ("CLICOLOR_FORCE", "If set to 1, colours are used in a pipe or a file too, unless NO_COLOR forbids them."),
    ("HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "The proxy that mnist download uses."),
];

/// The beginning of this program's manual pages: the roff library's definition of an apostrophe, then the title.
const MARK: &[u8] = b".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n.TH mnist";

pub fn run(arguments: &ManArguments) -> Result<(), Failure> {
    // The long version describes this machine, but the manual is for all machines.
    let mut command = Arguments::command().long_version(Resettable::Reset).disable_help_subcommand(true);
    command.build();
    let pages: Vec<_> = std::iter::once(&command).chain(command.get_subcommands()).collect();
    create(&arguments.directory).map_err(not_written("manual pages in", &arguments.directory))?;
    let mut texts = Vec::new();
    for command in &pages {
        let page = page(command);
        let path = arguments.directory.join(page.get_filename());
        check_output(
            &path,
            "a manual page of this program",
            |start| start.starts_with(MARK),
            not_written("manual page", &path),
        )?;
        let text = text(&page, command, &pages).map_err(not_written("manual page", &path))?;
        texts.push((path, text));
    }
    // Only now, so that all are written or none.
    for (path, text) in &texts {
        replace_file(path, |file| file.write_all(text)).map_err(not_written("manual page", path))?;
        output::result(format_args!("saved  {}\n", shell::quoted(path.as_os_str())))?;
    }
    Ok(())
}

/// Creates the directory if it does not exist.
fn create(directory: &Path) -> io::Result<()> {
    if directory.exists() && !directory.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a directory"));
    }
    create_dir_all(directory)
}

/// The page of one command, with the usage as its help has it: the library's own synopsis leaves out values.
fn page(command: &Command) -> Man {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_string();
    Man::new(command.clone().override_usage(usage)).source(PROGRAM)
}

/// The text of the page of one command, which refers to the `others`, with the examples as they are typed.
fn text(page: &Man, command: &Command, others: &[&Command]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_help() {
        let help = help.to_string();
        let mut lines = help.lines();
        let remark: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("Example")).collect();
        let mut end = Roff::new();
        if !remark.is_empty() {
            end.control("PP", []).text([roman(remark.join(" ").trim_end())]);
        }
        end.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in lines {
            end.text([roman(line.trim_start())]);
        }
        end.control("fi", []).to_writer(&mut text)?;
    }
    let mut end = Roff::new();
    for (title, entries) in [("EXIT STATUS", STATUS), ("ENVIRONMENT", VARIABLES)] {
        end.control("SH", [title]);
        for &(name, meaning) in entries {
            end.control("TP", []).text([bold(name)]).text([roman(meaning)]);
        }
    }
    let names = others.iter().map(|other| other.get_display_name().unwrap_or_else(|| other.get_name()));
    let own = command.get_display_name().unwrap_or_else(|| command.get_name());
    let names: Vec<_> = names.filter(|name| *name != own).map(|name| format!("{name}(1)")).collect();
    end.control("SH", ["SEE ALSO"]).text([roman(names.join(", "))]).to_writer(&mut text)?;
    Ok(text)
}
