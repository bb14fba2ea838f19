//! `mnist train`: arguments to settings, settings to a trained network, the network to a file.

use std::path::Path;
use std::time::{Duration, Instant};

use mnist_mlp::data::{Dataset, Part, splits};
use mnist_mlp::engine::{EngineKind, Machine, Trainable};
use mnist_mlp::evaluate::check_fit;
use mnist_mlp::network::{
    CrossEntropy, EpochRecord, Init, Model, ModelError, Network, TrainingRecord, cost_named, precision_of,
    read_model_file,
};
use mnist_mlp::replace_file::check_replaceable;
use mnist_mlp::report::{EpochTable, thousands};
use mnist_mlp::trainer::{Ending, MAX_THREADS, Monitors, Settings, Trained, train};
use mnist_mlp::{Precision, Real};

use super::args::{EngineName, EvaluateOn, InitName, MonitorName, PrecisionName, TrainArguments};
use super::machine::machine;
use super::member::of_model;
use super::ours::check_ours;
use super::watch::Watch;
use super::{Failure, dataset, descent, images, output, schedule};

pub fn run(arguments: &TrainArguments) -> Result<(), Failure> {
    match arguments.precision {
        PrecisionName::F32 => run_in::<f32>(arguments),
        PrecisionName::F64 => run_in::<f64>(arguments),
    }
}

fn run_in<F: Trainable>(arguments: &TrainArguments) -> Result<(), Failure> {
    let start = Instant::now();
    let settings = settings(arguments, machine(arguments.threads)?)?;
    let task = Task::load(arguments, settings.machine.threads.min(MAX_THREADS))?;
    let config = settings.check(task.training.len(), task.evaluation.len())?;
    let network = start_network::<F>(arguments, &task)?;
    check_outputs(arguments)?;
    let mut watch = Watch::start(arguments, config.settings(), task.training.len())?;
    if !arguments.quiet {
        output::aside(introduction(config.settings(), &task, &network));
        let table = EpochTable::new(settings.monitors, settings.early_stop);
        watch.print(&format!("{}\n", table.heading(task.evaluated_on)));
    }

    let trained = train(network, &task.training, &task.evaluation, &config, &mut watch)
        .map_err(|error| fit_failure(arguments, error))?;
    watch.finish();
    let (epoch, ending) = (trained.epoch, trained.ending.clone());
    let saved = if epoch > 0 {
        let summary = summary(&trained, arguments, &settings, start.elapsed());
        save(trained, arguments, &settings, &task)?;
        watch.print(&summary);
        format!("{} holds epoch {epoch}", arguments.out.display())
    } else {
        "no epoch was completed, so nothing was saved".to_string()
    };
    match ending {
        Ending::Completed | Ending::EarlyStopped | Ending::Plateau => watch.failure().map_or(Ok(()), Err),
        Ending::Stopped => Err(Failure::Interrupted { signal: watch.signal(), saved }),
        Ending::Diverged(divergence) => Err(Failure::Diverged { divergence, saved }),
    }
}

/// How a model file begins, and how a log does.
const MODEL_START: &[u8] = b"{\"sizes\"";
const LOG_START: &[u8] = b"{\"epoch\":";

/// Refuses output files that cannot be written, before hours of work and not after, and files that are not ours.
fn check_outputs(arguments: &TrainArguments) -> Result<(), Failure> {
    let out = &arguments.out;
    check_model_file(out)?;
    let Some(log) = &arguments.log else { return Ok(()) };
    let is_log = |other: &Path| match (log.canonicalize(), other.canonicalize()) {
        (Ok(log), Ok(other)) => log == other,
        _ => log == other,
    };
    if is_log(out) {
        return Err(Failure::SameFile(log.display().to_string()));
    }
    check_ours(log, "a log of this program", |start| start.starts_with(LOG_START))
}

/// Refuses a model file that cannot be written, and a file that is none.
pub fn check_model_file(out: &Path) -> Result<(), Failure> {
    check_replaceable(out).map_err(|error| Failure::Save(ModelError::Write { path: out.to_path_buf(), error }))?;
    check_ours(out, "a model file", |start| start.starts_with(MODEL_START))
}

/// What the options say, unchecked.
pub fn settings(arguments: &TrainArguments, machine: Machine) -> Result<Settings, Failure> {
    let settings = Settings {
        epochs: arguments.epochs,
        batch_size: arguments.batch_size,
        eta: arguments.eta.unwrap_or(arguments.descent.usual_eta()),
        lambda: arguments.lambda,
        seed: arguments.seed,
        shuffle: !arguments.no_shuffle,
        monitors: monitors(&arguments.monitor),
        engine: match arguments.engine {
            EngineName::Fast => EngineKind::Fast,
            EngineName::Reference => EngineKind::Reference,
        },
        machine,
        ..Settings::default()
    };
    arguments.schedule.apply(arguments.images.apply(arguments.descent.apply(settings)))
}

fn monitors(names: &[MonitorName]) -> Monitors {
    names.iter().fold(Monitors::NONE, |monitors, name| match name {
        MonitorName::All => Monitors::ALL,
        MonitorName::None => monitors,
        MonitorName::TrainingCost => Monitors { training_cost: true, ..monitors },
        MonitorName::TrainingAccuracy => Monitors { training_accuracy: true, ..monitors },
        MonitorName::EvaluationCost => Monitors { evaluation_cost: true, ..monitors },
        MonitorName::EvaluationAccuracy => Monitors { evaluation_accuracy: true, ..monitors },
    })
}

/// The images to learn from and those to watch.
pub struct Task {
    /// What the images are, before they are multiplied.
    dataset: String,
    pub training: Dataset,
    pub evaluation: Dataset,
    /// What the evaluation images are called.
    evaluated_on: &'static str,
}

impl Task {
    pub fn load(arguments: &TrainArguments, threads: usize) -> Result<Self, Failure> {
        let source = dataset::source(&arguments.data, arguments.quiet)?;
        let all = source.load(Part::Training, threads)?;
        let (training, validation) = splits::split(&all, arguments.train_size, arguments.validation)?;
        let dataset = training.identity().name().to_string();
        let training = arguments.images.expand(training, threads);
        let (evaluation, evaluated_on) = match arguments.evaluate_on {
            EvaluateOn::Validation => (validation, "validation"),
            EvaluateOn::Test => (source.load(Part::Test, threads)?, "test"),
        };
        if evaluation.geometry() != training.geometry() {
            return Err(Failure::Geometry(evaluation.geometry(), training.geometry()));
        }
        Ok(Task { dataset, training, evaluation, evaluated_on })
    }
}

/// A network with fresh weights, or with those of `--from`.
pub fn start_network<F: Real>(arguments: &TrainArguments, task: &Task) -> Result<Network<F>, Failure> {
    let cost = arguments.cost.as_deref().and_then(cost_named);
    let network = if let Some(path) = &arguments.from {
        let model = saved_model::<F>(path, arguments.quiet)?;
        check_hidden(arguments, &model.network.sizes())?;
        match cost {
            Some(cost) => model.network.with_cost(cost),
            None => model.network,
        }
    } else {
        let hidden = arguments.hidden.as_deref().unwrap_or(&[30]).iter().map(|&n| n as usize);
        let inputs = std::iter::once(task.training.image_size());
        let sizes: Vec<_> = inputs.chain(hidden).chain([task.training.classes()]).collect();
        let init = match arguments.init {
            InitName::Default => Init::Default,
            InitName::Large => Init::Large,
            InitName::He => Init::He,
            InitName::Xavier => Init::Xavier,
        };
        Network::new(&sizes, cost.unwrap_or(&CrossEntropy), init, arguments.seed).map_err(Failure::Sizes)?
    };
    let network = match &arguments.activation {
        Some(activations) => network.with_activations(activations).map_err(Failure::Activations)?,
        None => network,
    };
    check_fit(&network, &task.training).map_err(|error| fit_failure(arguments, error))?;
    Ok(network)
}

/// The model to start from, in the precision of this training.
fn saved_model<F: Real>(path: &Path, quiet: bool) -> Result<Model<F>, Failure> {
    let json = read_model_file(path).map_err(Failure::Save)?;
    let in_model = |error| of_model(path, error);
    if !quiet && precision_of(&json).map_err(in_model)? == Precision::F64 && F::PRECISION == Precision::F32 {
        output::note(format_args!("{} is in double precision: rounded (--precision f64 keeps it)", path.display()));
    }
    Model::from_json(&json).map_err(in_model)
}

/// `--hidden` beside `--from` may only say what the model says.
fn check_hidden(arguments: &TrainArguments, sizes: &[usize]) -> Result<(), Failure> {
    let (Some(asked), Some(path)) = (&arguments.hidden, &arguments.from) else { return Ok(()) };
    let hidden = &sizes[1..sizes.len() - 1];
    if asked.iter().map(|&n| n as usize).eq(hidden.iter().copied()) {
        return Ok(());
    }
    let join = |sizes: Vec<String>| sizes.join(",");
    Err(Failure::HiddenOfModel {
        asked: join(asked.iter().map(ToString::to_string).collect()),
        path: path.display().to_string(),
        found: join(hidden.iter().map(ToString::to_string).collect()),
    })
}

/// Images that are not what the network is for.
pub fn fit_failure(arguments: &TrainArguments, error: mnist_mlp::evaluate::FitError) -> Failure {
    let path = arguments.from.as_deref().unwrap_or(&arguments.out).display().to_string();
    Failure::Fit { path, error }
}

/// Writes the model file.
pub fn save<F: Real>(
    trained: Trained<F>,
    arguments: &TrainArguments,
    settings: &Settings,
    task: &Task,
) -> Result<(), Failure> {
    let Trained { network, epoch, history, .. } = trained;
    let init = match (&arguments.from, arguments.init) {
        (Some(_), _) => "model",
        (None, InitName::Default) => "default",
        (None, InitName::Large) => "large",
        (None, InitName::He) => "he",
        (None, InitName::Xavier) => "xavier",
    };
    let training = TrainingRecord {
        program: concat!("mnist ", env!("CARGO_PKG_VERSION")).to_string(),
        dataset: task.dataset.clone(),
        n_train: task.training.len(),
        n_validation: arguments.validation,
        evaluate_on: task.evaluated_on.to_string(),
        init: init.to_string(),
        epochs: settings.epochs,
        batch_size: settings.batch_size,
        eta: settings.eta,
        lambda: settings.lambda,
        l1: settings.l1,
        optimizer: settings.optimizer,
        dropout: settings.dropout,
        input_dropout: settings.input_dropout,
        max_norm: settings.max_norm,
        ema: settings.average,
        expand: arguments.images.expansion(),
        augment: settings.augment,
        seed: settings.seed,
        shuffle: settings.shuffle,
        precision: F::PRECISION,
        engine: match settings.engine {
            EngineKind::Fast => "fast",
            EngineKind::Reference => "reference",
        }
        .to_string(),
        epochs_done: history.len(),
        course: settings.course_record(epoch, history.len()),
    };
    Model { network, training: Some(training), history }.save(&arguments.out).map_err(Failure::Save)
}

/// What is about to be trained on what, and how.
fn introduction<F: Real>(settings: &Settings, task: &Task, network: &Network<F>) -> String {
    let sizes: Vec<_> = network.sizes().iter().map(ToString::to_string).collect();
    format!(
        "data      {}: {} images to train on, {} for {}\n\
         network   {}, {}, {}\n\
         training  eta {}, lambda {}, mini-batches of {}, seed {}\n{}{}{}",
        task.training.identity(),
        thousands(task.training.len()),
        thousands(task.evaluation.len()),
        task.evaluated_on,
        sizes.join("-"),
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
    let mut names: Vec<_> = network.activations().iter().map(|activation| activation.name()).collect();
    names.dedup();
    if names.is_empty() { "no hidden layer".to_string() } else { names.join(" and ") }
}

/// What came out, where it is, what to try next.
fn summary<F: Real>(trained: &Trained<F>, arguments: &TrainArguments, settings: &Settings, total: Duration) -> String {
    let mut text = format!("\n{}", schedule::why_stopped(trained, settings));
    // Of equals the first: it took the least training.
    let best = trained.history.iter().rev().max_by_key(|record| record.evaluation_accuracy);
    if let Some(EpochRecord { epoch, evaluation_accuracy: Some(correct), n_evaluation, .. }) = best {
        let share = 100.0 * *correct as f64 / *n_evaluation as f64;
        text += &format!("best      {share:.2}% ({correct} of {n_evaluation}) after epoch {epoch}\n");
    }
    let images: usize = trained.history.iter().map(|record| record.n_training).sum();
    let training = trained.training_time.as_secs_f64();
    text += &format!(
        "time      {:.2} s, of it {training:.2} s training: {} images/s\n",
        total.as_secs_f64(),
        thousands((images as f64 / training) as usize)
    );
    let (program, out) = (output::program(), output::quoted(arguments.out.as_os_str()));
    let data = arguments.data.data.as_deref();
    let data = data.map_or_else(String::new, |data| format!(" --data {}", output::quoted(data)));
    text += &format!("saved     {out}, as it was after epoch {}\n", trained.epoch);
    text += &format!("evaluate  {program} eval {out}{data}\n");
    if arguments.hidden.is_none() && arguments.from.is_none() {
        text += &format!("try next  {program} train --hidden 100 --monitor all -o wide.json{data}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_add_up() {
        assert_eq!(monitors(&[MonitorName::All]), Monitors::ALL);
        assert_eq!(monitors(&[MonitorName::None]), Monitors::NONE);
        let two = monitors(&[MonitorName::TrainingCost, MonitorName::EvaluationAccuracy]);
        assert_eq!(two, Monitors::default());
    }
}
