//! What the training loop tells whoever watches: a terminal, a log file, a test.

use std::ops::ControlFlow;
use std::time::Duration;

use thiserror::Error;

use super::Progress;
use crate::model::EpochRecord;
use crate::real::Real;

/// Someone who watches a training. Every method may be left out.
///
/// To stop the training, answer [`ControlFlow::Break`]: it ends with the last epoch that was completed. Whoever answers
/// so after the last mini-batch of an epoch still gets that epoch.
pub trait Observer<F: Real> {
    /// A mini-batch was learned: `done` images of epoch `epoch` so far. Called often; be quick.
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        let _ = (epoch, done);
        ControlFlow::Continue(())
    }

    /// The epoch's images are learned, the monitors are about to look.
    fn monitoring(&mut self, epoch: usize) {
        let _ = epoch;
    }

    /// An epoch is complete, its monitors included. `training` is the time its training took, without the monitors;
    /// with early stopping, `patience` is the number of epochs still waited for.
    fn epoch(&mut self, record: &EpochRecord, training: Duration, patience: Option<usize>) -> ControlFlow<()> {
        let _ = (record, training, patience);
        ControlFlow::Continue(())
    }

    /// After an epoch, if the training goes on: all that it would take to go on from here. Whoever saves it loses
    /// nothing.
    fn progress(&mut self, progress: &Progress<F>) {
        let _ = progress;
    }

    /// Something looks wrong, but training goes on.
    fn warning(&mut self, warning: &Warning) {
        let _ = warning;
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl<F: Real> Observer<F> for Silent {}

/// Something that looks wrong but may get better.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Warning {
    /// For several epochs the accuracy was no better than always giving the most common answer.
    #[error(
        "for {epochs} epochs the accuracy was no better than always giving the most common answer ({:.2}%): if the cost \
        hardly moves, try a larger eta than {eta:?}; if it jumps about or grows, a smaller one",
        100.0 * chance
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
