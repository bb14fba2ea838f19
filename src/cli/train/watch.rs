//! Who watches a training: the terminal, the log, whoever asks it to stop.

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

/// Watches the training for the terminal, the log and signals, and saves it on the way.
pub struct Watch {
    bars: Bars,
    log: Option<EpochLog>,
    saver: Saver,
    /// Whether it could not be saved on the way.
    unsaved: bool,
    /// What went wrong with the log. Training is worth more than its log, so it goes on.
    failure: Option<Failure>,
    /// The signal that asked to stop; 0 if none did.
    signal: Arc<AtomicUsize>,
}

impl Watch {
    /// Watches a training on `n_train` images, of which the epochs of `history` are done.
    pub fn start(
        arguments: &TrainArguments,
        settings: &Settings,
        n_train: usize,
        history: &[EpochRecord],
        saver: Saver,
    ) -> Result<Self, Failure> {
        let log = arguments.log.as_deref().map(|path| EpochLog::create(path, history)).transpose()?;
        let table = EpochTable::new(settings.monitors, settings.early_stop.is_some());
        let bars = Bars::new((!arguments.quiet).then_some(table), settings.epochs, n_train, history.len());
        Ok(Watch { bars, log, saver, unsaved: false, failure: None, signal: stop_signals() })
    }

    /// Saves what came out.
    pub fn save<F: Real>(&self, progress: &Progress<F>) -> Result<(), Failure> {
        self.saver.save_last(progress)
    }

    /// Prints a result unless `--quiet`.
    pub fn print(&mut self, text: &str) {
        self.bars.print(text);
    }

    /// Prints what is good to see beside results unless `--quiet`.
    pub fn aside(&self, text: &str) {
        self.bars.aside(text);
    }

    /// The training is over: takes the bars away.
    pub fn finish(&self) {
        self.bars.finish();
    }

    /// The signal that asked to stop; 0 if none did.
    pub fn signal(&self) -> u8 {
        self.signal.load(Ordering::Relaxed) as u8
    }

    /// What could not be written, if anything.
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
