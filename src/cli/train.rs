//! `mnist train`: arguments to settings, settings to a trained network, the network to a file.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mnist_mlp::Real;
use mnist_mlp::data::{Dataset, Part, splits};
use mnist_mlp::engine::EngineKind;
use mnist_mlp::evaluate::check_fit;
use mnist_mlp::network::{EpochRecord, Init, Model, ModelError, Network, TrainingRecord, cost_named, costs};
use mnist_mlp::replace_file::check_replaceable;
use mnist_mlp::report::{EpochTable, thousands};
use mnist_mlp::trainer::{Ending, MAX_THREADS, Monitors, Observer, Settings, TrainConfig, Trained, Warning, train};

use super::args::{EngineName, EvaluateOn, InitName, MonitorName, PrecisionName, TrainArguments};
use super::eval::{of_model, read};
use super::log::EpochLog;
use super::progress::Progress;
use super::{Failure, dataset, output};

pub fn run(arguments: &TrainArguments) -> Result<(), Failure> {
    match arguments.precision {
        PrecisionName::F32 => run_in::<f32>(arguments),
        PrecisionName::F64 => run_in::<f64>(arguments),
    }
}

fn run_in<F: Real>(arguments: &TrainArguments) -> Result<(), Failure> {
    let settings = settings(arguments);
    let task = Task::load(arguments)?;
    let config = settings.check(task.training.len(), task.evaluation.len())?;
    let network = start_network::<F>(arguments, &task)?;
    check_replaceable(&arguments.out)
        .map_err(|error| Failure::Save(ModelError::Write { path: arguments.out.clone(), error }))?;
    let mut watch = Watch::new(arguments, &config, &task, &network)?;

    let start = Instant::now();
    let trained = train(network, &task.training, &task.evaluation, &config, &mut watch)
        .map_err(|error| fit_failure(arguments, error))?;
    watch.progress.finish();
    let model = model(trained.network.clone(), &trained, arguments, &config, &task);
    if model.history.is_empty() {
        return Err(unsaved(trained.ending));
    }
    model.save(&arguments.out).map_err(Failure::Save)?;
    if !arguments.quiet {
        watch.progress.print(&summary(&trained, arguments, &config, start.elapsed()));
    }
    watch.log_failure.map_or(Ok(()), Err)?;
    let saved = format!("{} holds epoch {}", arguments.out.display(), model.history.len());
    match trained.ending {
        Ending::Completed => Ok(()),
        Ending::Stopped => Err(Failure::Interrupted(saved)),
        Ending::Diverged(divergence) => Err(Failure::Diverged { divergence, saved }),
    }
}

/// What to say when not even one epoch was completed.
fn unsaved(ending: Ending) -> Failure {
    let saved = "no epoch was completed, so nothing was saved".to_string();
    match ending {
        Ending::Diverged(divergence) => Failure::Diverged { divergence, saved },
        Ending::Completed | Ending::Stopped => Failure::Interrupted(saved),
    }
}

fn settings(arguments: &TrainArguments) -> Settings {
    Settings {
        epochs: arguments.epochs,
        batch_size: arguments.batch_size,
        eta: arguments.eta,
        lambda: arguments.lambda,
        seed: arguments.seed,
        shuffle: !arguments.no_shuffle,
        monitors: monitors(&arguments.monitor),
        engine: match arguments.engine {
            EngineName::Fast => EngineKind::Fast,
            EngineName::Reference => EngineKind::Reference,
        },
        threads: arguments.threads.unwrap_or_else(dataset::all_cores),
    }
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
struct Task {
    training: Dataset,
    evaluation: Dataset,
    /// What the evaluation images are called.
    evaluated_on: &'static str,
}

impl Task {
    fn load(arguments: &TrainArguments) -> Result<Self, Failure> {
        let threads = settings(arguments).threads.min(MAX_THREADS);
        let source = dataset::source(&arguments.data, arguments.quiet)?;
        let all = source.load(Part::Training, threads)?;
        let (training, validation) = splits::split(&all, arguments.train_size, arguments.validation)?;
        let (evaluation, evaluated_on) = match arguments.evaluate_on {
            EvaluateOn::Validation => (validation, "validation"),
            EvaluateOn::Test => (source.load(Part::Test, threads)?, "test"),
        };
        Ok(Task { training, evaluation, evaluated_on })
    }
}

/// A network with fresh weights, or with those of `--from`.
fn start_network<F: Real>(arguments: &TrainArguments, task: &Task) -> Result<Network<F>, Failure> {
    let cost = arguments.cost.as_deref().and_then(cost_named);
    let network = if let Some(path) = &arguments.from {
        let model = Model::<F>::from_json(&read(path)?).map_err(|error| of_model(path, error))?;
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
        };
        Network::new(&sizes, cost.unwrap_or(costs()[0]), init, arguments.seed).map_err(Failure::Sizes)?
    };
    check_fit(&network, &task.training).map_err(|error| fit_failure(arguments, error))?;
    Ok(network)
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

fn fit_failure(arguments: &TrainArguments, error: mnist_mlp::evaluate::FitError) -> Failure {
    let path = arguments.from.as_ref().map_or_else(|| "memory".to_string(), |path| path.display().to_string());
    Failure::Fit { path, error }
}

fn model<F: Real>(
    network: Network<F>,
    trained: &Trained<F>,
    arguments: &TrainArguments,
    config: &TrainConfig,
    task: &Task,
) -> Model<F> {
    let settings = config.settings();
    let init = match (&arguments.from, arguments.init) {
        (Some(_), _) => "model",
        (None, InitName::Default) => "default",
        (None, InitName::Large) => "large",
    };
    let training = TrainingRecord {
        program: concat!("mnist ", env!("CARGO_PKG_VERSION")).to_string(),
        dataset: task.training.identity().name().to_string(),
        n_train: task.training.len(),
        n_validation: arguments.validation,
        evaluate_on: task.evaluated_on.to_string(),
        init: init.to_string(),
        epochs: settings.epochs,
        batch_size: settings.batch_size,
        eta: settings.eta,
        lambda: settings.lambda,
        seed: settings.seed,
        shuffle: settings.shuffle,
        precision: F::PRECISION,
        engine: match settings.engine {
            EngineKind::Fast => "fast",
            EngineKind::Reference => "reference",
        }
        .to_string(),
        epochs_done: trained.history.len(),
    };
    Model { network, training: Some(training), history: trained.history.clone() }
}

/// Watches the training for the terminal, the log and Ctrl-C.
struct Watch {
    progress: Progress,
    log: Option<EpochLog>,
    /// The first thing that went wrong with the log. Training is worth more than its log, so it goes on.
    log_failure: Option<Failure>,
    interrupted: Arc<AtomicBool>,
}

impl Watch {
    fn new<F: Real>(
        arguments: &TrainArguments,
        config: &TrainConfig,
        task: &Task,
        network: &Network<F>,
    ) -> Result<Self, Failure> {
        let settings = config.settings();
        let log = arguments.log.as_deref().map(EpochLog::create).transpose()?;
        let table = (!arguments.quiet).then(|| EpochTable::new(settings.monitors));
        let progress = Progress::new(table, settings.epochs, task.training.len());
        if let Some(table) = table {
            output::aside(introduction(settings, task, network));
            progress.print(&format!("{}\n", table.heading(task.evaluated_on)));
        }
        Ok(Watch { progress, log, log_failure: None, interrupted: interruption() })
    }
}

impl Observer for Watch {
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        self.progress.images(epoch, done);
        if self.interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn monitoring(&mut self, _epoch: usize) {
        self.progress.monitoring();
    }

    fn epoch(&mut self, record: &EpochRecord, training: Duration) -> ControlFlow<()> {
        self.progress.epoch(record, training);
        if let Some(log) = &mut self.log
            && let Err(failure) = log.add(record, training)
        {
            self.progress.warning(&failure);
            self.log_failure = Some(failure);
            self.log = None;
        }
        ControlFlow::Continue(())
    }

    fn warning(&mut self, warning: &Warning) {
        self.progress.warning(warning);
    }
}

/// A flag that Ctrl-C raises; a second Ctrl-C ends the program at once.
fn interruption() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let signal = signal_hook::consts::SIGINT;
    // The order matters: the first is a no-op until the second has raised the flag once. Where signals cannot be
    // caught, Ctrl-C simply ends the program.
    let _ = signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag))
        .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)));
    flag
}

/// What is about to be trained on what, and how.
fn introduction<F: Real>(settings: &Settings, task: &Task, network: &Network<F>) -> String {
    let sizes: Vec<_> = network.sizes().iter().map(ToString::to_string).collect();
    format!(
        "data      {}: {} images to train on, {} for {}\n\
         network   {}, {}\n\
         training  eta {}, lambda {}, mini-batches of {}, seed {}\n",
        task.training.identity(),
        thousands(task.training.len()),
        thousands(task.evaluation.len()),
        task.evaluated_on,
        sizes.join("-"),
        network.cost().name(),
        settings.eta,
        settings.lambda,
        settings.batch_size,
        settings.seed
    )
}

/// What came out, where it is, what to try next.
fn summary<F: Real>(trained: &Trained<F>, arguments: &TrainArguments, config: &TrainConfig, total: Duration) -> String {
    let mut text = String::from("\n");
    // Of equals the first: it took the least training.
    let best = trained.history.iter().rev().max_by_key(|record| record.evaluation_accuracy);
    if let Some(EpochRecord { epoch, evaluation_accuracy: Some(correct), n_evaluation, .. }) = best {
        let share = 100.0 * *correct as f64 / *n_evaluation as f64;
        text += &format!("best      {share:.2}% ({correct} of {n_evaluation}) after epoch {epoch}\n");
    }
    let epochs = trained.history.len();
    let images = epochs * trained.history[0].n_training;
    let rate = images as f64 / trained.training_time.as_secs_f64();
    text += &format!(
        "time      {:.2} s, of it {:.2} s training: {} images/s\n",
        total.as_secs_f64(),
        trained.training_time.as_secs_f64(),
        thousands(rate as usize)
    );
    let out = arguments.out.display();
    text += &format!("saved     {out}, as it was after epoch {epochs}\n");
    let data = match &arguments.data.data {
        Some(data) if std::env::var_os("MNIST_DATA_DIR").as_ref() != Some(data) => {
            format!(" --data {}", data.display())
        }
        _ => String::new(),
    };
    text += &format!("evaluate  {} eval {out}{data}\n", output::program());
    if config.settings().epochs == epochs && arguments.hidden.is_none() && arguments.from.is_none() {
        text += &format!("try next  {} train --hidden 100 --monitor all -o wide.json\n", output::program());
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
