//! `mnist report`: writes an HTML page with all that is known about a model.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use mnist_mlp::mistakes::mistakes;
use mnist_mlp::replace_file::replace_file;
use mnist_mlp::report::{PAGE_START, Subject, page};

use super::args::{DataArguments, QuietArguments, Split};
use super::machine::machine;
use super::member::Member;
use super::outputs::{check_output, not_written};
use super::{Failure, output, shell, split};

/// Show all that is known about a model on one HTML page, with a pad to draw digits on.
///
/// Settings, learning curves, figures for each class, confusion matrix, the most confident mistakes, what the neurons
/// look for. The page needs no internet and no other file: mail it, print it, open it on a phone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist report model.json
  mnist report model.json --split validation -o validation.html")]
pub struct ReportArguments {
    /// A model file, ours or network2.py's.
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,

    #[command(flatten)]
    pub data: DataArguments,

    /// Which images to evaluate the model on.
    #[arg(long, value_enum, default_value_t)]
    pub split: Split,

    /// Where to save the page.
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub out: PathBuf,

    #[command(flatten)]
    pub quiet: QuietArguments,
}

pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let out = &arguments.out;
    check_output(
        out,
        "a page of mnist report",
        |start| start.starts_with(PAGE_START.as_bytes()),
        not_written("page", out),
    )?;
    let members = [Member::read(&arguments.model)?];
    let [member] = &members;
    let (machine, quiet) = (machine(None)?, arguments.quiet.quiet);
    let whole = split::whole(&arguments.data, arguments.split, &members, machine.threads, quiet)?;
    let images = split::cut_for(member, &whole, arguments.split)?;
    let images = split::for_models(&members, &images)?;
    let (evaluation, outputs) = member.answers(&images, machine)?;
    let mistakes = mistakes(outputs.view(), images.labels());
    let html = page(Subject {
        report: member.report(&images, arguments.split, &evaluation),
        images: &images,
        mistakes: &mistakes,
        network: &member.network_in_double(),
        record: member.record(),
        precision: member.precision(),
    });
    replace_file(out, |file| file.write_all(html.as_bytes())).map_err(not_written("page", out))?;
    let out = shell::quoted(out.as_os_str());
    output::unless(quiet, format_args!("saved     {out}, {:.1} MB: open it in a browser\n", html.len() as f64 / 1e6))
}
