//! Evaluations for the monitors, made at once or while the training goes on.

use std::panic;
use std::thread::JoinHandle;

use crate::evaluate::Evaluation;

/// A set of images to evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subset {
    /// The training images.
    Training,
    /// The evaluation images.
    Evaluation,
}

/// The evaluations of the sets that were asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluations {
    /// The training images.
    pub training: Option<Evaluation>,
    /// The evaluation images.
    pub evaluation: Option<Evaluation>,
}

impl Evaluations {
    /// Calls `evaluate` for each of `sets`.
    pub fn at(sets: &[Subset], mut evaluate: impl FnMut(Subset) -> Evaluation) -> Self {
        let mut look = |set| sets.contains(&set).then(|| evaluate(set));
        Evaluations { training: look(Subset::Training), evaluation: look(Subset::Evaluation) }
    }
}

/// Evaluations that may still be in progress.
#[derive(Debug)]
pub enum PendingEvaluations {
    /// They are finished.
    Done(Evaluations),
    /// A thread that the training does not need is working on them.
    Underway(JoinHandle<Evaluations>),
}

impl PendingEvaluations {
    /// Whether [`wait`](PendingEvaluations::wait) would return at once.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            PendingEvaluations::Done(_) => true,
            PendingEvaluations::Underway(thread) => thread.is_finished(),
        }
    }

    /// Waits for the evaluations and returns them.
    #[must_use]
    pub fn wait(self) -> Evaluations {
        match self {
            PendingEvaluations::Done(looked) => looked,
            PendingEvaluations::Underway(thread) => thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)),
        }
    }
}
