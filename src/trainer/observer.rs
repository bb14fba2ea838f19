//! What the training loop reports to an observer: a terminal, a log file, a test.

use std::ops::ControlFlow;
use std::time::Duration;

use thiserror::Error;

use super::Progress;
use crate::model::EpochRecord;
use crate::numbers::as_typed;
use crate::real::Real;

/// An observer of a training. Every method has a default that does nothing.
///
/// An epoch is evaluated while the next one is learned, if the machine has threads to spare. So the first mini-batches
/// of an epoch may be reported before [`epoch`](Self::epoch) reports the previous one.
///
/// Returning [`ControlFlow::Break`] stops the training: it ends with the last completed epoch. If that is returned
/// after the last mini-batch of an epoch, that epoch is still completed.
pub trait Observer<F: Real> {
    /// A mini-batch was learned; `done` is the number of images of this epoch learned so far. Called often, so it must
    /// be fast.
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        let _ = (epoch, done);
        ControlFlow::Continue(())
    }

    /// The epoch's images are learned; the monitors are about to start.
    fn monitoring(&mut self, epoch: usize) {
        let _ = epoch;
    }

    /// An epoch is complete, including its monitors. `training` is the time spent training in it, without the monitors.
    /// With early stopping, `patience` is the number of further epochs to wait.
    fn epoch(&mut self, record: &EpochRecord, training: Duration, patience: Option<usize>) -> ControlFlow<()> {
        let _ = (record, training, patience);
        ControlFlow::Continue(())
    }

    /// Called after an epoch, if the training goes on, with all that is needed to resume it from here.
    fn progress(&mut self, progress: &Progress<F>) {
        let _ = progress;
    }

    /// Something looks wrong, but the training goes on.
    fn warning(&mut self, warning: &Warning) {
        let _ = warning;
    }
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl<F: Real> Observer<F> for Silent {}

/// Something that looks wrong but may get better.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Warning {
    /// For several epochs the accuracy was no better than always answering with the most common class.
    #[error(
        "for {epochs} epochs the accuracy was no better than always giving the most common answer ({:.2}%): if the cost \
        hardly moves, try a larger eta than {}; if it jumps about or grows, a smaller one",
        100.0 * chance,
        as_typed(*eta)
    )]
    AtChance {
        /// How many epochs in a row.
        epochs: usize,
        /// The share of the most common class.
        chance: f64,
        /// The learning rate.
        eta: f64,
    },
}
