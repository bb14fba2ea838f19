//! What monitors see, at once or while the training goes on.

use std::panic;
use std::thread::JoinHandle;

use crate::evaluate::Evaluation;

/// Which images a monitor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subset {
    /// Those that are learned from.
    Training,
    /// Those that are not.
    Evaluation,
}

/// What was seen of the images that were looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluations {
    /// The training images.
    pub training: Option<Evaluation>,
    /// The evaluation images.
    pub evaluation: Option<Evaluation>,
}

impl Evaluations {
    /// Looks at each of `sets` by `evaluate`.
    pub fn at(sets: &[Subset], mut evaluate: impl FnMut(Subset) -> Evaluation) -> Self {
        let mut look = |set| sets.contains(&set).then(|| evaluate(set));
        Evaluations { training: look(Subset::Training), evaluation: look(Subset::Evaluation) }
    }
}

/// A look at some images that may still be going on.
#[derive(Debug)]
pub enum PendingEvaluations {
    /// It is over.
    Done(Evaluations),
    /// A thread that the training has no use for is at it.
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

    /// What was seen.
    #[must_use]
    pub fn wait(self) -> Evaluations {
        match self {
            PendingEvaluations::Done(looked) => looked,
            PendingEvaluations::Underway(thread) => thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)),
        }
    }
}
