//! `mnist download`: downloads a known dataset from its mirrors to a directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};
use mnist_mlp::data::emnist::{EMNIST, Emnist};
use mnist_mlp::data::known::{KNOWN, Known};
use mnist_mlp::data::source::DEFAULT_DIRECTORY;
use mnist_mlp::download::{Observer, Outcome, Problem, fetch};
use mnist_mlp::report::thousands;

use super::args::QuietArguments;
use super::{Failure, bars, dataset, output, shell};

/// Fetch MNIST or another dataset.
///
/// Each file is checked against its published MD5 before it gets its final name. To resume an interrupted download,
/// give the same command again. Proxies are taken from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist download
  mnist download fashion-mnist && mnist train --data data/fashion-mnist
  mnist download emnist-letters
  mnist download --mirror http://files.example/mnist/ --data /srv/mnist")]
pub struct DownloadArguments {
    /// Which dataset; one of EMNIST's six brings all of them.
    #[arg(value_name = "DATASET", default_value = "mnist", value_parser = wanted(), ignore_case = true)]
    dataset: Wanted,

    /// Where to put it [default: data for mnist, data/emnist for EMNIST's six, data/DATASET for the others].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Fetch the files from this address instead of the usual ones; may be given several times, to be tried in turn.
    #[arg(long, value_name = "URL", value_parser = address)]
    mirror: Vec<String>,

    /// Give up on a mirror that sends nothing for this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,

    #[command(flatten)]
    quiet: QuietArguments,
}

pub fn run(arguments: &DownloadArguments) -> Result<(), Failure> {
    let Wanted { known, split } = arguments.dataset;
    let directory = arguments.data.clone().unwrap_or_else(|| default_directory(known));
    let usual = || known.mirrors.iter().map(ToString::to_string).collect();
    let mirrors = if arguments.mirror.is_empty() { usual() } else { arguments.mirror.clone() };
    let quiet = arguments.quiet.quiet;
    let mut watch = Watch { bar: bar(quiet), quiet };
    let outcome = fetch(known, &directory, &mirrors, Duration::from_secs(arguments.timeout), &mut watch);
    watch.bar.finish_and_clear();
    let outcome = outcome?;
    output::unless(quiet, summary(known, split, &directory, outcome))
}

/// The default directory: for MNIST, the one in which `mnist train` looks; for other datasets, whose files may have the
/// same names, a subdirectory of it.
pub fn default_directory(known: &Known) -> PathBuf {
    let data = Path::new(DEFAULT_DIRECTORY);
    if known.id == "mnist" { data.to_path_buf() } else { data.join(known.id) }
}

/// The dataset to download.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    known: &'static Known,
    /// The dataset in its archive, if it is an archive.
    split: Option<&'static str>,
}

impl Wanted {
    fn called(id: &str) -> Option<Self> {
        if let Some(dataset) = EMNIST.iter().find(|dataset| dataset.id == id) {
            return Some(Wanted { known: Known::called("emnist")?, split: Some(dataset.directory()) });
        }
        let known = Known::called(id)?;
        Some(Wanted { known, split: (known.id == "emnist").then_some("letters") })
    }
}

fn wanted() -> impl TypedValueParser<Value = Wanted> {
    let known = |known: &Known| PossibleValue::new(known.id).help(format!("{}: {}", known.name, known.about));
    let of_emnist = |dataset: &Emnist| PossibleValue::new(dataset.id).help(format!("EMNIST's {}", dataset.about));
    let all = KNOWN.iter().map(known).chain(EMNIST.iter().map(of_emnist));
    // What was typed comes as it was typed.
    PossibleValuesParser::new(all).try_map(|id| Wanted::called(&id.to_ascii_lowercase()).ok_or("unknown"))
}

fn address(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_sound = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if is_sound { Ok(text.to_string()) } else { Err("an address begins with http:// or https://") }
}

/// Says where the dataset is, and how to use it.
fn summary(known: &Known, split: Option<&str>, directory: &Path, outcome: Outcome) -> String {
    let name = known.name;
    let place = shell::quoted(directory.as_os_str());
    let said = match outcome {
        Outcome::Fetched => format!("\n{name} is in {place}; its checksums are right."),
        Outcome::WasThere => format!("{name} is in {place} already."),
    };
    let (what, directory) = match split {
        Some(split) => {
            let others: Vec<_> = EMNIST.iter().map(Emnist::directory).filter(|other| *other != split).collect();
            (format!("its {split} (beside them: {})", others.join(", ")), directory.join(split))
        }
        None => ("it".to_string(), directory.to_path_buf()),
    };
    format!("{said} Train on {what}:\n  {} train{}\n", shell::program(), dataset::option(&directory))
}

/// Shows the progress of a download.
struct Watch {
    bar: ProgressBar,
    quiet: bool,
}

fn bar(quiet: bool) -> ProgressBar {
    if quiet || !output::has_room_for_bars() {
        ProgressBar::hidden()
    } else {
        ProgressBar::with_draw_target(None, bars::screen())
    }
}

impl Observer for Watch {
    fn begin(&mut self, file: &str, done: u64, total: Option<u64>) {
        let template = match total {
            Some(total) => {
                self.bar.set_length(total);
                "{msg} [{wide_bar}] {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left"
            }
            None => "{msg} {bytes}  {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_message(file.to_string());
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    fn arrived(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn mirror_failed(&mut self, url: &str, problem: &Problem) {
        self.bar.suspend(|| output::warning(format_args!("{url} {problem}")));
    }

    fn file_done(&mut self, file: &str, bytes: u64) {
        if !self.quiet {
            // If this cannot be printed, nor can the summary, which says so.
            let line = format!("{file:<34}  {:>11} bytes\n", thousands(bytes as usize));
            let _ = self.bar.suspend(|| output::result(line));
        }
    }
}
