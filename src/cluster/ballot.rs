//! Stopping together: a rank that wants to stop announces it with its next gradient, and all stop after that
//! mini-batch.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::model::EpochRecord;
use crate::real::Real;
use crate::trainer::{Observer, Progress, Warning};

/// Whether to stop.
#[derive(Default)]
pub(super) struct Ballot {
    /// Whether this rank wants to stop.
    pub wish: Cell<bool>,
    /// Whether all ranks have been told to stop.
    pub decided: Cell<bool>,
}

/// Records the answer of this rank's observer, and returns the common decision instead.
pub(super) struct Voter<'a, F: Real> {
    pub observer: &'a mut dyn Observer<F>,
    pub ballot: &'a Ballot,
}

impl<F: Real> Voter<'_, F> {
    fn vote(&self, answer: ControlFlow<()>) -> ControlFlow<()> {
        if answer.is_break() {
            self.ballot.wish.set(true);
        }
        if self.ballot.decided.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl<F: Real> Observer<F> for Voter<'_, F> {
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        let answer = self.observer.mini_batch(epoch, done);
        self.vote(answer)
    }

    fn monitoring(&mut self, epoch: usize) {
        self.observer.monitoring(epoch);
    }

    fn epoch(&mut self, record: &EpochRecord, training: Duration, patience: Option<usize>) -> ControlFlow<()> {
        let answer = self.observer.epoch(record, training, patience);
        self.vote(answer)
    }

    fn progress(&mut self, progress: &Progress<F>) {
        self.observer.progress(progress);
    }

    fn warning(&mut self, warning: &Warning) {
        self.observer.warning(warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trainer::Silent;

    /// An observer that wants to stop from the start.
    struct Impatient;

    impl Observer<f64> for Impatient {
        fn mini_batch(&mut self, _epoch: usize, _done: usize) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }

    #[test]
    fn a_wish_waits_until_all_know_of_it() {
        let ballot = Ballot::default();
        let mut voter = Voter::<f64> { observer: &mut Impatient, ballot: &ballot };
        assert!(voter.mini_batch(1, 10).is_continue(), "the others go on");
        assert!(ballot.wish.get());
        ballot.decided.set(true); // as the next update does, on all ranks
        assert!(voter.mini_batch(1, 20).is_break());
    }

    #[test]
    fn a_rank_without_a_wish_stops_with_the_others() {
        let ballot = Ballot::default();
        let mut voter = Voter::<f64> { observer: &mut Silent, ballot: &ballot };
        assert!(voter.mini_batch(1, 10).is_continue() && !ballot.wish.get());
        ballot.decided.set(true);
        assert!(voter.mini_batch(1, 20).is_break() && !ballot.wish.get());
    }
}
