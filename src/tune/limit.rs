//! Decides when to end a search.

use std::time::{Duration, Instant};

use super::{Done, Outcome, Search};

/// The limit of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Until this many trials are finished, in full rounds and a last round of the rest.
    Trials(usize),
    /// For this time. Jobs that are not done by then are stopped; no round is started that is unlikely to finish in
    /// time.
    Time(Duration),
}

/// A limit, and the time that trainings have taken so far.
pub(super) struct Clock {
    limit: Limit,
    start: Instant,
    /// Number of trials trained at a time.
    crew: usize,
    /// The total time of the finished trainings.
    busy: Duration,
    /// The total number of their epochs.
    epochs: usize,
}

impl Clock {
    pub fn start(limit: Limit, crew: usize) -> Self {
        Clock { limit, start: Instant::now(), crew, busy: Duration::ZERO, epochs: 0 }
    }

    /// Records a finished training.
    pub fn count(&mut self, done: &Done) {
        if done.outcome != Outcome::Stopped {
            self.busy += done.time;
            self.epochs += done.job.epochs;
        }
    }

    /// Whether the time is up.
    pub fn is_up(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// The fraction of the search that is done.
    pub fn share(&self, search: &Search) -> f64 {
        match self.limit {
            Limit::Time(time) => self.start.elapsed().div_duration_f64(time).min(1.0),
            Limit::Trials(n) => {
                let (rungs, round) = (search.rungs(), search.rungs().round());
                let all = (n / round).saturating_mul(rungs.work(round)).saturating_add(rungs.work(n % round));
                (self.epochs as f64 / all as f64).min(1.0)
            }
        }
    }

    /// The number of trials that the limit allows for another round; 0 for no round. Only the last round may be smaller
    /// than a full one, so that a search for the same number of trials has the same rounds.
    pub fn room(&self, search: &Search) -> usize {
        let (drawn, round) = (search.trials().len(), search.rungs().round());
        let open = drawn.is_multiple_of(round);
        match self.limit {
            Limit::Trials(n) => n.saturating_sub(drawn).min(round),
            Limit::Time(_) if open => self.room_in_time(search, round),
            Limit::Time(_) => 0,
        }
    }

    /// The largest round, of at least a third of `round` trials, that should finish in time if epochs take as long as
    /// before; 0 if there is none. Idle runners share the work of a round, but its best trial must climb all rungs on
    /// its own.
    fn room_in_time(&self, search: &Search, round: usize) -> usize {
        let Some(left) = self.left().filter(|_| self.epochs > 0) else { return round };
        let epochs_left = self.epochs as f64 * left.as_secs_f64() / self.busy.as_secs_f64();
        let work = self.crew as f64 * epochs_left - search.work_left() as f64;
        let fits = |n: &usize| search.rungs().work(*n) as f64 <= work;
        let in_time = search.rungs().climb() as f64 <= epochs_left;
        (round.div_ceil(3)..=round).rev().find(fits).filter(|_| in_time).unwrap_or(0)
    }

    /// The time left; `None` if the limit is not a time.
    fn left(&self) -> Option<Duration> {
        match self.limit {
            Limit::Time(time) => Some(time.saturating_sub(self.start.elapsed())),
            Limit::Trials(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{Rungs, Space};

    fn search(trials: &[usize]) -> Search {
        let mut search = Search::new(Space { parameters: Vec::new() }, Rungs::up_to(30), 0);
        for &n in trials {
            search.open_round(n);
        }
        search
    }

    /// A clock with `seconds` seconds left, one second per epoch, and `crew` trials at a time.
    fn clock(seconds: u64, crew: usize) -> Clock {
        // Nearly a second more, to make up for the duration of the test.
        let limit = Limit::Time(Duration::from_secs(seconds) + Duration::from_millis(999));
        Clock { busy: Duration::from_secs(10), epochs: 10, ..Clock::start(limit, crew) }
    }

    #[test]
    fn trials_come_in_whole_rounds_and_a_rest() {
        let clock = Clock::start(Limit::Trials(60), 2);
        let rooms = [&[][..], &[27], &[27, 27], &[27, 27, 6]].map(|drawn| clock.room(&search(drawn)));
        assert_eq!(rooms, [27, 27, 6, 0]);
        assert!(!clock.is_up());
    }

    #[test]
    fn what_would_not_be_over_in_time_is_not_begun() {
        // A round of 27 takes 114 epochs, one of 9 takes 9 + 3 * 3 + 10 + 30 = 58; its best trial alone takes 44.
        let room = |seconds, crew, drawn: &[usize]| clock(seconds, crew).room(&search(drawn));
        assert_eq!([room(114, 1, &[]), room(57, 2, &[])], [27, 27]);
        assert_eq!([room(58, 1, &[]), room(57, 1, &[])], [9, 0]);
        assert_eq!([room(44, 100, &[]), room(43, 100, &[])], [27, 0]);
        // The work of unfinished rounds reduces the room.
        assert_eq!([room(228, 1, &[27]), room(171, 1, &[27])], [27, 0]);
        // No round follows one that is not full.
        assert_eq!(room(10_000, 1, &[9]), 0);
    }

    #[test]
    fn nothing_is_known_before_the_first_result() {
        let clock = Clock::start(Limit::Time(Duration::from_millis(1)), 1);
        assert_eq!(clock.room(&search(&[])), 27);
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.is_up() && (clock.share(&search(&[])) - 1.0).abs() <= 0.0);
    }
}
