//! `mnist train`: turns arguments into settings, trains a network, and saves it to a file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ArgMatches;
use mnist_mlp::data::splits::Portion;
use mnist_mlp::engine::{Machine, Trainable};
use mnist_mlp::evaluate::{FitError, check_fit};
use mnist_mlp::model::{Model, TrainingRecord, precision_of, read_model_file};
use mnist_mlp::network::{CrossEntropy, Network, cost_named};
use mnist_mlp::report::{EpochTable, thousands};
use mnist_mlp::trainer::{Background, Ending, Monitors, Progress, Settings, TrainConfig, Trained};
use mnist_mlp::{Precision, Real};

use crate::cli::company::Company;
use crate::cli::idle::Purpose;
use crate::cli::machine::machine;
use crate::cli::member::of_model;
use crate::cli::outputs::is_same;
use crate::cli::usage::Usage;
use crate::cli::{Failure, idle, interrupted, output, shell, split};
use arguments::{DEFAULT_LAMBDA, IMAGES_OF_LAMBDA, MonitorName, TrainArguments, fitting_lambda};
use saver::Saver;
use summary::{introduction, resumption, summary};
use task::Task;
use watch::Watch;

pub mod arguments;
pub mod descent;
pub mod images;
pub mod log;
pub mod outputs;
mod progress;
pub mod resume;
pub mod saver;
pub mod schedule;
pub mod summary;
pub mod task;
pub mod watch;

/// A training that is about to begin or to be resumed.
pub struct Job<F: Real> {
    pub settings: Settings,
    pub task: Task,
    pub progress: Progress<F>,
    /// The training record of the model file, without the number of epochs done.
    pub record: TrainingRecord,
    /// The model file.
    pub out: PathBuf,
    pub start: Instant,
}

/// Runs the command. `matches` distinguishes options that were typed from defaults.
pub fn run(mut arguments: TrainArguments, matches: &ArgMatches) -> Result<(), Failure> {
    let company = Company::join();
    arguments.quiet |= company.is_quiet();
    arguments.threads = arguments.threads.or(company.threads());
    let (arguments, portion) = (&arguments, company.portion());
    if let Some(path) = &arguments.resume.resume {
        return resume::run(company, arguments, path, matches);
    }
    let checked = check_idle(arguments, matches)
        .and_then(|()| if idle::is_typed(matches, "out") { Ok(()) } else { outputs::check_kept(arguments) })
        .and_then(|()| company.if_writing(|| outputs::check(&arguments.out, arguments)));
    match arguments.precision {
        Precision::F32 => company.train(checked.and_then(|_| job::<f32>(arguments, portion)), arguments),
        Precision::F64 => company.train(checked.and_then(|_| job::<f64>(arguments, portion)), arguments),
    }
}

/// Refuses options that have no effect with the other options, or that contradict each other.
pub fn check_idle(arguments: &TrainArguments, matches: &ArgMatches) -> Result<(), Failure> {
    let TrainArguments { descent, schedule, images, monitor, .. } = arguments;
    if monitor.len() > 1 && monitor.contains(&MonitorName::None) {
        return Err(Failure::Usage(Usage::NoneAndOthers));
    }
    if let Some((early_stop, patience)) = schedule.never_halves() {
        return Err(Failure::Usage(Usage::NeverHalves { early_stop, patience }));
    }
    let has_hidden = arguments.hidden_layers()?.is_none_or(|hidden| !hidden.is_empty());
    let of_hidden: Purpose = (&["activation", "dropout", "max-norm"], "hidden layers", has_hidden);
    let purposes = descent.purposes().into_iter().chain(schedule.purposes()).chain(images.purposes());
    idle::check(matches, purposes.chain([of_hidden]))
}

/// The training for which the arguments ask.
fn job<F: Trainable>(arguments: &TrainArguments, portion: Portion) -> Result<Job<F>, Failure> {
    let start = Instant::now();
    let settings = settings(arguments, machine(arguments.threads)?);
    settings.check_beforehand()?;
    let from = arguments.from.as_deref().map(|path| saved_model::<F>(path, arguments.quiet)).transpose()?;
    let deskew = arguments.images.deskew || from.as_ref().is_some_and(Model::sees_deskewed);
    let mut task = Task::of(arguments, deskew, portion, settings.machine.threads)?;
    if let (Some(model), Some(path)) = (&from, &arguments.from) {
        let (classes, path) = (model.classes(), path.display().to_string());
        let datasets: Vec<_> = model.trainings().into_iter().flatten().map(|training| &training.dataset).collect();
        if !datasets.contains(&&task.dataset) {
            task.warnings.extend(split::told_by_place(&task.training, &classes, &path));
        }
        task = task.in_classes(&classes, &path)?;
    }
    settings.check(task.training.len(), task.evaluation.len())?;
    let progress = Progress::start(start_network::<F>(arguments, from, &task)?);
    let record = record::<F>(arguments, &settings, &task);
    Ok(Job { settings, task, progress, record, out: arguments.out.clone(), start })
}

/// A training whose output files are claimed.
pub struct Begun<F: Real> {
    task: Task,
    progress: Progress<F>,
    config: TrainConfig,
    watch: Watch,
    out: PathBuf,
    start: Instant,
}

/// Claims the output files, and keeps an interrupted training that one of them holds.
pub fn begin<F: Trainable>(job: Job<F>, arguments: &TrainArguments) -> Result<Begun<F>, Failure> {
    let Job { settings, task, progress, record, out, start } = job;
    let config = settings.check(task.training.len(), task.evaluation.len())?;
    let every = Duration::from_secs(arguments.resume.checkpoint_every.into());
    let saver = Saver::new(&out, record, settings, every)?;
    if !arguments.resume.resume.as_ref().is_some_and(|resumed| is_same(resumed, &out)) {
        interrupted::keep(&out, Some((&task.dataset, &arguments.data)))?;
    }
    let watch = Watch::start(arguments, &settings, task.training.len(), &progress.history, saver)?;
    Ok(Begun { task, progress, config, watch, out, start })
}

/// Prints the introduction, runs `train`, shows its progress, and saves the result.
pub fn carry_out<F: Trainable>(
    begun: Begun<F>,
    arguments: &TrainArguments,
    train: impl FnOnce(Progress<F>, Task, &TrainConfig, &mut Watch) -> Result<Trained<F>, FitError>,
) -> Result<(), Failure> {
    let Begun { task, progress, config, mut watch, out, start } = begun;
    let (settings, done_before) = (*config.settings(), progress.history.len());
    watch.print(&introduction(arguments, &settings, &task, &progress));
    warn(arguments, &settings, &task);
    let split = task.split_to_evaluate();
    let table = EpochTable::new(settings.monitors, settings.early_stop.is_some());
    if done_before < settings.epochs && !settings.has_stopped_early(&progress.history) {
        watch.print(&format!("\n{}\n", table.heading(task.evaluated_on)));
    }
    let trained = train(progress, task, &config, &mut watch).map_err(|error| fit_failure(arguments, error))?;
    watch.finish();
    let (epoch, done, ending) = (trained.epoch, trained.history.len(), trained.ending.clone());
    if epoch > 0 {
        let summary = summary(&trained, arguments, &settings, split, (&out, done_before, start.elapsed()));
        watch.save(&trained.into_progress(), ending.diverged_in())?;
        watch.print(&summary);
    }
    let saved = match epoch {
        0 => "no epoch was completed, so nothing was saved".to_string(),
        _ if epoch == done => format!("{} holds epoch {epoch}", out.display()),
        _ => format!("{} holds {} epochs, with the weights of epoch {epoch}", out.display(), thousands(done)),
    };
    match ending {
        Ending::Completed | Ending::EarlyStopped | Ending::Plateau => match watch.failure() {
            Some(failure) => Err(Failure::AfterSaving { failure: Box::new(failure), saved }),
            None => Ok(()),
        },
        Ending::Stopped => {
            let again = match epoch {
                0 => "the same command begins anew".to_string(),
                _ => format!("go on with: {} train --resume {}", shell::program(), resumption(arguments, &out)),
            };
            Err(Failure::Interrupted { signal: watch.signal(), saved: format!("{saved}; {again}") })
        }
        Ending::Diverged(divergence) => Err(Failure::Diverged { divergence: Box::new(divergence), saved }),
    }
}

/// Tells of the default lambda if the training images are few: each step shrinks the weights by eta lambda/n.
fn note_strong_lambda(arguments: &TrainArguments, settings: &Settings, n_train: usize) {
    let is_default = arguments.lambda.is_none() && arguments.resume.resume.is_none();
    let fitting = fitting_lambda(n_train, settings.optimizer);
    if is_default && fitting < DEFAULT_LAMBDA {
        output::note(format_args!(
            "lambda {DEFAULT_LAMBDA} suits {} images; for {} it is strong: try --lambda {fitting}",
            thousands(IMAGES_OF_LAMBDA),
            thousands(n_train),
        ));
    }
}

/// Warns of images and settings that may not be what the user wants.
fn warn(arguments: &TrainArguments, settings: &Settings, task: &Task) {
    task.warn(arguments.quiet);
    if !arguments.quiet {
        note_strong_lambda(arguments, settings, task.training.len());
        if arguments.resume.resume.is_none() {
            images::note_of_size(settings, task.training.geometry());
        }
    }
}

/// The settings from the options, unchecked.
pub fn settings(arguments: &TrainArguments, machine: Machine) -> Settings {
    let settings = Settings {
        epochs: arguments.epochs,
        batch_size: arguments.batch_size,
        eta: arguments.eta.unwrap_or(arguments.descent.optimizer().usual_eta()),
        lambda: arguments.lambda(),
        seed: arguments.seed,
        shuffle: !arguments.no_shuffle,
        monitors: monitors(&arguments.monitor),
        engine: arguments.engine,
        machine,
        ..Settings::default()
    };
    arguments.schedule.apply(arguments.images.apply(arguments.descent.apply(settings)))
}

fn monitors(names: &[MonitorName]) -> Monitors {
    Monitors::of(|monitor| names.iter().any(|&name| name == MonitorName::All || name == MonitorName::One(monitor)))
}

/// A network with new random weights, or with the weights of the model in `from`.
pub fn start_network<F: Real>(
    arguments: &TrainArguments,
    from: Option<Model<F>>,
    task: &Task,
) -> Result<Network<F>, Failure> {
    let cost = arguments.cost.as_deref().and_then(cost_named);
    let network = if let Some(model) = from {
        check_hidden(arguments, &model.network.sizes())?;
        if let Some(path) = &arguments.from {
            split::shape_for(&path.display().to_string(), model.image(), task.training.geometry())?;
        }
        match cost {
            Some(cost) => model.network.with_cost(cost),
            None => model.network,
        }
    } else {
        let hidden = arguments.hidden_layers()?.unwrap_or(vec![30]);
        let inputs = std::iter::once(task.training.image_size());
        let sizes: Vec<_> = inputs.chain(hidden).chain([task.training.classes()]).collect();
        Network::new(&sizes, cost.unwrap_or(&CrossEntropy), arguments.init, arguments.seed).map_err(Usage::Sizes)?
    };
    let network = match &arguments.activation {
        Some(activations) => network.with_activations(activations).map_err(Usage::Activations)?,
        None => network,
    };
    check_fit(&network, &task.training).map_err(|error| fit_failure(arguments, error))?;
    Ok(network)
}

/// Loads the model to start from, in the precision of this training.
fn saved_model<F: Real>(path: &Path, quiet: bool) -> Result<Model<F>, Failure> {
    let json = read_model_file(path).map_err(Failure::ModelFile)?;
    let in_model = |error| of_model(path, error);
    let model = Model::from_json(&json).map_err(in_model)?;
    if !quiet && precision_of(&json).map_err(in_model)? == Precision::F64 && F::PRECISION == Precision::F32 {
        output::note(format_args!(
            "{} is in double precision: rounded to single (--precision f64 keeps it)",
            path.display()
        ));
    }
    Ok(model)
}

/// Checks that `--hidden`, if given with `--from`, agrees with the model.
fn check_hidden(arguments: &TrainArguments, sizes: &[usize]) -> Result<(), Failure> {
    let (Some(asked), Some(path)) = (arguments.hidden_layers()?, &arguments.from) else { return Ok(()) };
    let found = &sizes[1..sizes.len() - 1];
    if asked == found {
        return Ok(());
    }
    let typed = |hidden: &[usize]| match hidden {
        [] => "none".to_string(),
        _ => hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    let (asked, found) = (typed(&asked), typed(found));
    Err(Failure::Usage(Usage::HiddenOfModel { asked, path: path.display().to_string(), found }))
}

/// The failure for images that do not fit the network.
pub fn fit_failure(arguments: &TrainArguments, error: FitError) -> Failure {
    let path = arguments.from.as_deref().or(arguments.resume.resume.as_deref()).unwrap_or(&arguments.out);
    Failure::Fit { path: path.display().to_string(), error }
}

/// The training record of the model file, before the training begins.
pub fn record<F: Real>(arguments: &TrainArguments, settings: &Settings, task: &Task) -> TrainingRecord {
    let init = if arguments.from.is_some() { "model" } else { arguments.init.name() };
    settings.record(Background {
        dataset: task.dataset.clone(),
        classes: task.training.identity().classes().clone(),
        geometry: task.training.geometry(),
        n_train: task.training.len(),
        n_validation: task.n_validation,
        evaluate_on: task.evaluated_on.to_string(),
        init: init.to_string(),
        expand: arguments.images.expansion(),
        deskew: task.is_deskewed,
        precision: F::PRECISION,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use mnist_mlp::model::Monitor;

    use super::*;
    use crate::cli::args::{Arguments, Command};

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let Command::Train(train) = Arguments::parse_from(["mnist", "train"]).command else { panic!("not train") };
        assert_eq!(settings(&train, Machine::default()), Settings::default());
    }

    #[test]
    fn monitors_add_up() {
        assert_eq!(monitors(&[MonitorName::All]), Monitors::ALL);
        assert_eq!(monitors(&[MonitorName::None]), Monitors::NONE);
        let two = monitors(&[Monitor::TrainingCost, Monitor::EvaluationAccuracy].map(MonitorName::One));
        assert_eq!(two, Monitors::default());
    }
}
