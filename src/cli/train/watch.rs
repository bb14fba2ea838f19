//! Observes a training: shows it on the terminal, writes the log, saves the model, and stops on signals.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mnist_mlp::Real;
use mnist_mlp::model::EpochRecord;
use mnist_mlp::report::EpochTable;
use mnist_mlp::trainer::{Observer, Progress, Settings, Warning};

use super::arguments::TrainArguments;
use super::log::EpochLog;
use super::progress::Progress as Bars;
use super::saver::Saver;
use crate::cli::Failure;
use crate::cli::signals::stop_signals;

/// Observes a training for the terminal, the log and signals, and saves it at intervals.
pub struct Watch {
    bars: Bars,
    log: Option<EpochLog>,
    saver: Saver,
    /// Whether the last attempt to save the model failed.
    unsaved: bool,
    /// The failure of the log, if any. The training continues, since it is worth more than its log.
    failure: Option<Failure>,
    /// The signal that asked to stop; 0 if none did.
    signal: Arc<AtomicUsize>,
}

impl Watch {
    /// Observes a training on `n_train` images, whose epochs in `history` are done.
    pub fn start(
        arguments: &TrainArguments,
        settings: &Settings,
        n_train: usize,
        history: &[EpochRecord],
        saver: Saver,
    ) -> Result<Self, Failure> {
        let log = arguments.log.as_deref().map(|path| EpochLog::create(path, history)).transpose()?;
        let table = EpochTable::new(settings.monitors, settings.early_stop.is_some());
        let bars = Bars::new((!arguments.quiet).then_some(table), settings.epochs, n_train);
        Ok(Watch { bars, log, saver, unsaved: false, failure: None, signal: stop_signals() })
    }

    /// Saves the trained model. `diverged` is the epoch in which the training diverged, if it did.
    pub fn save<F: Real>(&self, progress: &Progress<F>, diverged: Option<usize>) -> Result<(), Failure> {
        self.saver.save_last(progress, diverged)
    }

    /// Prints a result unless `--quiet`.
    pub fn print(&mut self, text: &str) {
        self.bars.print(text);
    }

    /// Removes the bars at the end of the training.
    pub fn finish(&self) {
        self.bars.finish();
    }

    /// The signal that asked to stop; 0 if none did.
    pub fn signal(&self) -> u8 {
        self.signal.load(Ordering::Relaxed) as u8
    }

    /// The failure of the log or of standard output, if any.
    pub fn failure(self) -> Option<Failure> {
        self.failure.or(self.bars.failure)
    }
}

impl<F: Real> Observer<F> for Watch {
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        self.bars.images(epoch, done);
        if self.signal.load(Ordering::Relaxed) == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn monitoring(&mut self, _epoch: usize) {
        self.bars.monitoring();
    }

    fn epoch(&mut self, record: &EpochRecord, training: Duration, patience: Option<usize>) -> ControlFlow<()> {
        self.bars.epoch(record, training, patience);
        if let Some(log) = &mut self.log
            && let Err(failure) = log.add(record, training)
        {
            self.bars.warning(&failure);
            self.failure = Some(failure);
            self.log = None;
        }
        ControlFlow::Continue(())
    }

    fn progress(&mut self, progress: &Progress<F>) {
        match self.saver.offer(progress) {
            Ok(()) => self.unsaved = false,
            Err(failure) if !self.unsaved => {
                self.bars.warning(format_args!("{failure} (training goes on, and saving is tried again)"));
                self.unsaved = true;
            }
            Err(_) => {}
        }
    }

    fn warning(&mut self, warning: &Warning) {
        self.bars.warning(warning);
    }
}
