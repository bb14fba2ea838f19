//! The texts before and after a training.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use mnist_mlp::model::EpochRecord;
use mnist_mlp::network::{Activation, Init, Network, sizes_in_words};
use mnist_mlp::report::thousands;
use mnist_mlp::trainer::{Ending, Progress, Settings, Trained};
use mnist_mlp::{Precision, Real};

use super::arguments::{
    DEFAULT_BATCH_SIZE, DEFAULT_EPOCHS, DEFAULT_LAMBDA, EvaluateOn, TrainArguments, fitting_lambda,
};
use super::task::Task;
use super::{descent, images, resume, schedule};
use crate::cli::shell::file_and_data;
use crate::cli::{outputs, shell};

/// Describes the data, the network and the settings of a training before it begins.
pub fn introduction<F: Real>(
    arguments: &TrainArguments,
    settings: &Settings,
    task: &Task,
    progress: &Progress<F>,
) -> String {
    let network = &progress.network;
    let resumed = arguments.resume.resume.as_ref();
    let resumed = resumed.map(|path| resume::introduction(path, progress, settings)).unwrap_or_default();
    let from = arguments.from.as_ref();
    let from =
        from.map(|path| format!("from      the weights of {}\n", shell::quoted(path.as_os_str()))).unwrap_or_default();
    format!(
        "{resumed}{from}data      {}: {} images to train on, {} for {}{}\n\
         network   {}, {}, {}\n\
         training  eta {}, lambda {}, mini-batches of {}, seed {}\n{}{}{}",
        task.training.identity(),
        thousands(task.training.len()),
        thousands(task.evaluation.len()),
        task.evaluated_on,
        if task.is_deskewed { ", deskewed" } else { "" },
        sizes_in_words(&network.sizes()),
        activations(network),
        network.cost().name(),
        settings.eta,
        settings.lambda,
        settings.batch_size,
        settings.seed,
        descent::introduction(settings),
        images::introduction(settings),
        schedule::introduction(settings)
    )
}

/// "relu", or "relu and tanh" where hidden layers differ.
pub fn activations<F: Real>(network: &Network<F>) -> String {
    let names = Activation::in_words(network.activations());
    if names.is_empty() { "no hidden layer".to_string() } else { names }
}

/// Describes the result, where it was saved, and what to try next.
pub fn summary<F: Real>(
    trained: &Trained<F>,
    arguments: &TrainArguments,
    settings: &Settings,
    split: Option<&str>,
    (out, done_before, total): (&Path, usize, Duration),
) -> String {
    let mut text = format!("\n{}", schedule::why_stopped(trained, settings));
    // Of equally good epochs, take the first: it took the least training.
    let best = trained.history.iter().rev().max_by_key(|record| record.evaluation_accuracy);
    if let Some(EpochRecord { epoch, evaluation_accuracy: Some(correct), n_evaluation, .. }) = best {
        let share = 100.0 * *correct as f64 / *n_evaluation as f64;
        text += &format!("best      {share:.2}% ({correct} of {n_evaluation}) after epoch {epoch}\n");
    }
    let images: usize = trained.history.iter().skip(done_before).map(|record| record.n_training).sum();
    let training = trained.training_time.as_secs_f64();
    if images > 0 {
        text += &format!(
            "time      {:.2} s, {training:.2} s of it training: {} images/s\n",
            total.as_secs_f64(),
            thousands((images as f64 / training) as usize)
        );
    }
    let program = shell::program();
    text += &format!("saved     {}, as it was after epoch {}\n", shell::quoted(out.as_os_str()), trained.epoch);
    if let Some(split) = split {
        text += &format!("evaluate  {program} eval {}{split}\n", file_and_data(out, &arguments.data));
    }
    let n_train = trained.history.last().map_or(0, |record| record.n_training);
    if is_first_step(arguments, settings) && trained.ending != Ending::Stopped && has_learned(&trained.history) {
        text += &format!("try next  {program} train {}\n", wider(arguments, settings, n_train));
    }
    text
}

/// Whether only the book's own settings were changed, all of which [`wider`] keeps. A user who knows the others needs
/// no suggestion.
fn is_first_step(arguments: &TrainArguments, settings: &Settings) -> bool {
    let Settings { epochs, batch_size, eta, lambda, seed, monitors, machine, .. } = *settings;
    let plain = Settings { epochs, batch_size, eta, lambda, seed, monitors, machine, ..Settings::default() };
    let is_new = arguments.hidden.is_none() && arguments.from.is_none() && arguments.resume.resume.is_none();
    let is_usual = arguments.activation.is_none()
        && arguments.init == Init::default()
        && arguments.images.expand.is_none()
        && arguments.precision == Precision::F32;
    *settings == plain && is_new && is_usual
}

/// Whether the last epoch classified more than half of the images correctly, or was not evaluated. Otherwise more
/// neurons would not help.
fn has_learned(history: &[EpochRecord]) -> bool {
    history
        .last()
        .and_then(|last| Some((last.evaluation_accuracy?, last.n_evaluation)))
        .is_none_or(|(right, n)| 2 * right > n)
}

/// The arguments after `mnist train` for a wider network on the same images, otherwise trained in the same way, and
/// saved to a new file.
fn wider(arguments: &TrainArguments, settings: &Settings, n_train: usize) -> String {
    let is_test = arguments.evaluate_on == EvaluateOn::Test;
    let monitors = if is_test || arguments.validation != Some(0) { "all" } else { "training-cost,training-accuracy" };
    let is_free = |name: &String| !Path::new(name).exists() && !outputs::is_same(&arguments.out, Path::new(name));
    let mut names = std::iter::once("wide.json".to_string()).chain((2..).map(|n: u64| format!("wide-{n}.json")));
    let file = names.find(is_free).expect("no directory has so many files");
    let mut words =
        format!("--hidden 100 --monitor {monitors} -o {}", file_and_data(Path::new(&file), &arguments.data));
    let mut add = |name: &str, value: Option<String>| {
        words += &value.map_or_else(String::new, |value| shell::option(name, OsStr::new(&value)));
    };
    add("cost", arguments.cost.clone());
    add("eta", arguments.eta.map(|eta| eta.to_string()));
    // A lambda that a note has suggested is tried, too.
    let fitting = Some(fitting_lambda(n_train, settings.optimizer)).filter(|&lambda| lambda < DEFAULT_LAMBDA);
    add("lambda", arguments.lambda.or(fitting).map(|lambda| lambda.to_string()));
    add("epochs", (arguments.epochs != DEFAULT_EPOCHS).then(|| arguments.epochs.to_string()));
    add("seed", (arguments.seed != 0).then(|| arguments.seed.to_string()));
    add("batch-size", (arguments.batch_size != DEFAULT_BATCH_SIZE).then(|| arguments.batch_size.to_string()));
    add("train-size", arguments.train_size.map(|n| n.to_string()));
    add("validation", arguments.validation.map(|n| n.to_string()));
    add("evaluate-on", is_test.then(|| "test".to_string()));
    words + if arguments.images.deskew { " --deskew" } else { "" }
}

/// The arguments after `mnist train --resume` that resume this training and its log.
pub fn resumption(arguments: &TrainArguments, file: &Path) -> String {
    let log = arguments.log.as_deref().map(|log| shell::option("log", log.as_os_str()));
    file_and_data(file, &arguments.data) + &log.unwrap_or_default()
}
