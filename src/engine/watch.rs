//! What monitors see, at once or while the training goes on.

use std::panic;
use std::thread::JoinHandle;

use crate::evaluate::Evaluation;

/// Which images a monitor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// Those that are learned from.
    Training,
    /// Those that are not.
    Evaluation,
}

/// What was seen of the images that were looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Looked {
    /// The training images.
    pub training: Option<Evaluation>,
    /// The evaluation images.
    pub evaluation: Option<Evaluation>,
}

impl Looked {
    /// Looks at each of `sets` by `evaluate`.
    pub fn at(sets: &[Watched], mut evaluate: impl FnMut(Watched) -> Evaluation) -> Self {
        let mut look = |set| sets.contains(&set).then(|| evaluate(set));
        Looked { training: look(Watched::Training), evaluation: look(Watched::Evaluation) }
    }
}

/// A look at some images that may still be going on.
#[derive(Debug)]
pub enum Looking {
    /// It is over.
    Done(Looked),
    /// A thread that the training has no use for is at it.
    Underway(JoinHandle<Looked>),
}

impl Looking {
    /// Whether [`wait`](Looking::wait) would return at once.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            Looking::Done(_) => true,
            Looking::Underway(thread) => thread.is_finished(),
        }
    }

    /// What was seen.
    #[must_use]
    pub fn wait(self) -> Looked {
        match self {
            Looking::Done(looked) => looked,
            Looking::Underway(thread) => thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)),
        }
    }
}
