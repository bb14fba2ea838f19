//! A single process.

use std::sync::atomic::AtomicBool;

use mnist_mlp::data::splits::Portion;
use mnist_mlp::engine::Trainable;
use mnist_mlp::trainer::resume;
use mnist_mlp::tune::{Crew, Job, Outcome, threads};

use crate::cli::Failure;
use crate::cli::train::arguments::TrainArguments;
use crate::cli::train::{self, begin};
use crate::cli::tune::{self, Found, Hunt, Trials, TuneArguments};

pub struct Alone;

#[allow(clippy::unused_self, reason = "several ranks have the same methods")]
impl Alone {
    pub fn join() -> Self {
        Alone
    }

    /// Whether another process does the printing.
    pub fn is_quiet(&self) -> bool {
        false
    }

    /// The default number of threads; `None` for all cores.
    pub fn threads<T: From<u8>>(&self) -> Option<T> {
        None
    }

    /// The part of the images that this process evaluates.
    pub fn portion(&self) -> Portion {
        Portion::WHOLE
    }

    /// Runs `work` only in the process that writes the results.
    pub fn if_writing<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<Option<T>, Failure> {
        work().map(Some)
    }

    /// Trains, unless `job` is a failure.
    pub fn train<F: Trainable>(
        self,
        job: Result<train::Job<F>, Failure>,
        arguments: &TrainArguments,
    ) -> Result<(), Failure> {
        train::carry_out(begin(job?, arguments)?, arguments, |progress, task, config, watch| {
            resume(progress, &task.training, &task.evaluation, config, watch)
        })
    }

    /// Searches, unless `hunt` is a failure.
    pub fn tune<F: Trainable>(self, hunt: Result<Hunt, Failure>, arguments: &TuneArguments) -> Result<(), Failure> {
        let hunt = hunt?;
        tune::carry_out::<F>(&hunt, arguments, Here(&hunt))
    }
}

/// Trials on the threads of this process.
struct Here<'a>(&'a Hunt);

impl<F: Trainable> Trials<F> for Here<'_> {
    fn crew(
        &mut self,
        train: &(dyn Fn(&Job, &AtomicBool) -> Outcome + Sync),
        body: &mut dyn FnMut(&mut dyn Crew),
    ) -> Result<(), Failure> {
        threads(self.0.machine.threads, train, |crew| body(crew)).map_err(Failure::NoThread)
    }

    fn best(&mut self, found: Found<F>, is_wanted: bool) -> (Option<Vec<u8>>, Option<Failure>) {
        (found.best.filter(|_| is_wanted).map(|best| best.json(&self.0.task)), found.failure)
    }
}
