//! Trains trials. A trial is a command line of `mnist train`, and is trained as that command would train it.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::{ArgMatches, FromArgMatches};
use mnist_mlp::Real;
use mnist_mlp::engine::{Images, Machine, Trainable};
use mnist_mlp::trainer::{Ending, Monitors, Observer, Settings, TrainConfig, Trained, train};
use mnist_mlp::tune::{Job, Outcome, Score, Space, Standing, Value};

use super::arguments::Fixed;
use super::space::SearchError;
use crate::cli::Failure;
use crate::cli::args::{Arguments, Command};
use crate::cli::mistyped;
use crate::cli::shell::words;
use crate::cli::train::arguments::TrainArguments;
use crate::cli::train::task::Task;
use crate::cli::train::{check_idle, fit_failure, record, settings, start_network};

/// The arguments of a trial after `mnist train`.
pub fn command_line(fixed: &Fixed, space: &Space, values: &[Value], epochs: usize) -> Vec<OsString> {
    let mut line: Vec<_> = fixed.words_without(&["epochs"]).collect();
    for (parameter, value) in space.parameters.iter().zip(values) {
        let value = value.to_string();
        if !value.is_empty() {
            line.extend(words(&parameter.name, OsStr::new(&value)));
        }
    }
    line.extend(words("epochs", OsStr::new(&epochs.to_string())));
    line
}

/// Parses the arguments of `mnist train`, as values and as matches.
pub fn parse(line: Vec<OsString>) -> Result<(TrainArguments, ArgMatches), SearchError> {
    let words = ["mnist", "train"].map(OsString::from).into_iter().chain(line);
    let refuse = |error: clap::Error| {
        let text = mistyped::number(&error).map_or_else(|| error.to_string(), |error| error.to_string());
        let text = text.split("\n\n").next().unwrap_or_default();
        SearchError::Train(text.trim_start_matches("error: ").trim().to_string())
    };
    let matches = mistyped::command().try_get_matches_from(words).map_err(refuse)?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(refuse)?;
    match (arguments.command, matches.subcommand_matches("train")) {
        (Command::Train(arguments), Some(matches)) => Ok((*arguments, matches.clone())),
        _ => unreachable!("the command is train"),
    }
}

/// Trains trials and keeps the best model.
pub struct Trainer<'a, F: Trainable> {
    fixed: &'a Fixed,
    space: &'a Space,
    task: &'a Task,
    /// The images for training and for evaluation, prepared once for all trials.
    images: (Images, Images),
    machine: Machine,
    best: Mutex<Option<Arc<Best<F>>>>,
    /// The failure of the first trial whose settings contradict each other.
    failure: Mutex<Option<Failure>>,
}

/// The results of all trials that were trained here.
pub struct Found<F: Trainable> {
    pub best: Option<Arc<Best<F>>>,
    /// The failure of the first trial whose settings contradict each other.
    pub failure: Option<Failure>,
}

/// The best model so far.
pub struct Best<F: Trainable> {
    pub standing: Standing,
    trained: Trained<F>,
    arguments: TrainArguments,
    settings: Settings,
}

/// Stops a trial when the flag is set.
struct Stop<'a>(&'a AtomicBool);

impl<F: Real> Observer<F> for Stop<'_> {
    fn mini_batch(&mut self, _epoch: usize, _done: usize) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl<'a, F: Trainable> Trainer<'a, F> {
    pub fn new(fixed: &'a Fixed, space: &'a Space, task: &'a Task, machine: Machine) -> Self {
        let images = (Images::from(&task.training), Images::from(&task.evaluation));
        Trainer { fixed, space, task, images, machine, best: Mutex::new(None), failure: Mutex::new(None) }
    }

    /// Checks that a network with these values can be trained.
    pub fn check(&self, values: &[Value], epochs: usize) -> Result<(), Failure> {
        let (arguments, _) = self.resolve(values, epochs)?;
        start_network::<F>(&arguments, None, self.task).map(drop)
    }

    fn resolve(&self, values: &[Value], epochs: usize) -> Result<(TrainArguments, TrainConfig), Failure> {
        let (arguments, matches) = parse(command_line(self.fixed, self.space, values, epochs))?;
        check_idle(&arguments, &matches)?;
        let monitors = Monitors { evaluation_accuracy: true, ..Monitors::NONE };
        let settings = Settings { monitors, ..settings(&arguments, self.machine) };
        let config = settings.check(self.task.training.len(), self.task.evaluation.len())?;
        Ok((arguments, config))
    }

    /// Trains a trial.
    pub fn train(&self, job: &Job, stop: &AtomicBool) -> Outcome {
        self.try_train(job, stop).unwrap_or_else(|failure| {
            lock(&self.failure).get_or_insert(failure);
            Outcome::Lost
        })
    }

    fn try_train(&self, job: &Job, stop: &AtomicBool) -> Result<Outcome, Failure> {
        let (arguments, config) = self.resolve(&job.values, job.epochs)?;
        let network = start_network::<F>(&arguments, None, self.task)?;
        let (training, evaluation) = &self.images;
        let trained = train(network, training, evaluation, &config, &mut Stop(stop))
            .map_err(|error| fit_failure(&arguments, error))?;
        match trained.ending {
            Ending::Completed | Ending::EarlyStopped | Ending::Plateau => {}
            Ending::Stopped => return Ok(Outcome::Stopped),
            Ending::Diverged(_) => return Ok(Outcome::Lost),
        }
        let kept = trained.history.iter().find(|record| record.epoch == trained.epoch);
        let Some(correct) = kept.and_then(|record| record.evaluation_accuracy) else { return Ok(Outcome::Lost) };
        let standing = Standing::of(job.number, Score { correct, epochs: job.epochs });
        let mut best = lock(&self.best);
        if best.as_ref().is_none_or(|best| standing > best.standing) {
            *best = Some(Arc::new(Best { standing, trained, arguments, settings: *config.settings() }));
        }
        Ok(Outcome::Correct(correct))
    }

    /// The rank of the best model and the text of its file; `None` if it is not better than `known`.
    pub fn better_than(&self, known: Option<Standing>) -> Option<(Standing, Vec<u8>)> {
        let best = lock(&self.best).clone(); // trials that end meanwhile do not wait for the text
        let best = best.filter(|best| Some(best.standing) > known)?;
        Some((best.standing, best.json(self.task)))
    }

    /// The results, when all trials are trained.
    pub fn finish(self) -> Found<F> {
        Found {
            best: self.best.into_inner().unwrap_or_else(PoisonError::into_inner),
            failure: self.failure.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl<F: Trainable> Best<F> {
    /// The text of the model file.
    pub fn json(&self, task: &Task) -> Vec<u8> {
        let record = record::<F>(&self.arguments, &self.settings, task);
        let mut json = Vec::new();
        let written = self.trained.clone().into_progress().model(&record, &self.settings).write_json(&mut json);
        written.expect("memory takes what is written");
        json
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
