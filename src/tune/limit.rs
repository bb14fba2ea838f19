//! When a search has gone on for long enough.

use std::time::{Duration, Instant};

use super::{Done, Outcome, Search};

/// How long a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Until so many trials are through, in whole rounds and a last one of the rest.
    Trials(usize),
    /// For so long. What is not done by then is stopped; no round is begun that would hardly be over.
    Time(Duration),
}

/// A limit, and what is known of the time that trials take.
pub(super) struct Clock {
    limit: Limit,
    start: Instant,
    /// Trials that are trained at a time.
    crew: usize,
    /// The time that trainings took, one after another.
    busy: Duration,
    /// Their epochs.
    epochs: usize,
}

impl Clock {
    pub fn start(limit: Limit, crew: usize) -> Self {
        Clock { limit, start: Instant::now(), crew, busy: Duration::ZERO, epochs: 0 }
    }

    /// A training is over.
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

    /// The share of the search that is done.
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

    /// The trials of another round: how many the limit allows, 0 for none. Only the last round is not a whole one, so
    /// that as many trials are the same rounds again.
    pub fn room(&self, search: &Search) -> usize {
        let (drawn, round) = (search.trials().len(), search.rungs().round());
        let open = drawn.is_multiple_of(round);
        match self.limit {
            Limit::Trials(n) => n.saturating_sub(drawn).min(round),
            Limit::Time(_) if open => self.room_in_time(search, round),
            Limit::Time(_) => 0,
        }
    }

    /// The largest round of at least a third of `round` trials that should be over in time, if an epoch takes as long
    /// as it took so far: whoever is idle shares its work, but its last trial climbs all rungs alone.
    fn room_in_time(&self, search: &Search, round: usize) -> usize {
        let Some(left) = self.left().filter(|_| self.epochs > 0) else { return round };
        let epochs_left = self.epochs as f64 * left.as_secs_f64() / self.busy.as_secs_f64();
        let work = self.crew as f64 * epochs_left - search.work_left() as f64;
        let fits = |n: &usize| search.rungs().work(*n) as f64 <= work;
        let in_time = search.rungs().climb() as f64 <= epochs_left;
        (round.div_ceil(3)..=round).rev().find(fits).filter(|_| in_time).unwrap_or(0)
    }

    /// The time that is left, if it is limited.
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

    /// So many seconds are left, an epoch takes one, and `crew` trials are trained at a time.
    fn clock(seconds: u64, crew: usize) -> Clock {
        // A second more, so that what the test takes is not missing.
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
        // A round of 27 takes 114 epochs, one of 9 takes 9 + 3 * 3 + 10 + 30 = 58; its last trial alone 44.
        let room = |seconds, crew, drawn: &[usize]| clock(seconds, crew).room(&search(drawn));
        assert_eq!([room(114, 1, &[]), room(57, 2, &[])], [27, 27]);
        assert_eq!([room(58, 1, &[]), room(57, 1, &[])], [9, 0]);
        assert_eq!([room(44, 100, &[]), room(43, 100, &[])], [27, 0]);
        // What the rounds that are open take is not to be had.
        assert_eq!([room(228, 1, &[27]), room(171, 1, &[27])], [27, 0]);
        // After the round that is not whole comes none.
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
