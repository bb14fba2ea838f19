//! `mnist merge`: merges several models into one.

use std::path::PathBuf;

use clap::Args;
use mnist_mlp::data::{ClassNames, Classes};

use super::args::QuietArguments;
use super::member::Member;
use super::usage::Usage;
use super::{Failure, interrupted, output, outputs, shell};

/// Merge several models into one network that combines their answers.
///
/// Their hidden layers stand side by side in it, unconnected; the z of each output is the mean of theirs. The result is
/// a model like any other: one file to predict with, report on and export. 'train --from' trains all of its weights
/// further, including those between the networks, which start at 0.
///
/// Each network has one vote, including each inside a model that was itself merged. 'eval' averages outputs instead of
/// z, so its committee may differ in an image now and then.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mnist merge seed-*.json -o one.json && mnist eval one.json
  mnist train --from one.json --eta 0.01 --epochs 3 -o finer.json")]
pub struct MergeArguments {
    /// A model file, ours or network2.py's; two or more.
    ///
    /// They must have the same inputs, also in height and width, outputs, number of layers, activations and cost. Their
    /// hidden layers may be of any size. If all are in single precision, so is the result.
    #[arg(required = true, num_args = 2.., value_name = "MODEL")]
    models: Vec<PathBuf>,

    /// Where to save the merged model.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,

    #[command(flatten)]
    quiet: QuietArguments,
}

/// Warns if classes of a model can only be matched by position with those of the others, because it has no names.
fn warn_of_places(members: &[Member]) {
    let all: Vec<_> = members.iter().map(Member::known_classes).collect();
    let Ok(Some(named)) = Classes::in_common(&all) else { return };
    for (member, classes) in members.iter().zip(&all) {
        if let Some(names) = classes.names_told_by_place(&all[named]) {
            let numbers = ClassNames::numbers(names.all().len()).in_words();
            output::warning(format_args!(
                "{} knows its classes by numbers alone: {numbers} are taken for {}, in this order",
                member.path,
                names.in_words()
            ));
        }
    }
}

pub fn run(arguments: &MergeArguments) -> Result<(), Failure> {
    let MergeArguments { models, out, quiet } = arguments;
    if let Some(model) = models.iter().find(|model| outputs::is_same(model, out)) {
        return Err(Failure::Usage(Usage::ReplacesMember(model.display().to_string())));
    }
    outputs::check_model_file(out)?;
    let _claim = outputs::claim_model_file(out)?;
    let members = Member::read_all(models)?;
    let merged = Member::merged(&members, out)?;
    if let [first, other, ..] = merged.datasets()[..] {
        output::warning(format_args!("the models were trained on different images: {first} and {other}"));
    }
    warn_of_places(&members);
    interrupted::keep(out, None)?;
    merged.save(out)?;
    let saved = format_args!("saved  {}: {}\n", shell::quoted(out.as_os_str()), merged.description());
    output::unless(quiet.quiet, saved)
}
