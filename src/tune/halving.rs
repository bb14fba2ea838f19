//! Successive halving: which trial is trained for how long, and what came of it.

use std::cmp::{Ordering, Reverse};
use std::collections::VecDeque;
use std::ops::Range;

use super::{Space, Value};

/// Of so many trials one goes on, and gets so many times the epochs.
const FACTOR: usize = 3;

/// The most rungs: the first has a 27th of the epochs.
const MAX_RUNGS: u32 = 4;

/// The epochs that a trial is trained for at first, then if it is among the best third, and so on.
///
/// They are the epochs asked for and their third, ninth and 27th part, rounded, as far as that is an epoch or more. A
/// round has as many trials as it takes to leave one for the last rung: three times as many on each rung below.
///
/// ```
/// use mnist_mlp::tune::Rungs;
/// let rungs = Rungs::up_to(30);
/// assert_eq!(rungs.epochs(), [1, 3, 10, 30]);
/// assert_eq!(rungs.trials(27), [27, 9, 3, 1]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rungs(Vec<usize>);

impl Rungs {
    /// The rungs below `epochs` epochs, which are 1 or more.
    #[must_use]
    pub fn up_to(epochs: usize) -> Self {
        let parts = (0..MAX_RUNGS).rev().map(|rung| FACTOR.pow(rung)).filter(|&part| part == 1 || part <= epochs);
        Rungs(parts.map(|part| epochs / part + usize::from(2 * (epochs % part) >= part)).collect())
    }

    /// The epochs of each rung, the last one's last.
    #[must_use]
    pub fn epochs(&self) -> &[usize] {
        &self.0
    }

    /// The trials of a whole round.
    #[must_use]
    pub fn round(&self) -> usize {
        FACTOR.pow(self.0.len() as u32 - 1)
    }

    /// How many of `n` trials each rung has, if none is lost: always a third of those before, rounded up.
    #[must_use]
    pub fn trials(&self, n: usize) -> Vec<usize> {
        std::iter::successors(Some(n), |n| Some(n.div_ceil(FACTOR))).take(self.0.len()).collect()
    }

    /// The epochs that a round of `n` trials takes altogether.
    pub(super) fn work(&self, n: usize) -> usize {
        let rungs = self.trials(n).into_iter().zip(&self.0);
        rungs.fold(0, |work, (trials, epochs)| work.saturating_add(trials.saturating_mul(*epochs)))
    }

    /// The epochs that a trial takes that reaches the last rung.
    pub(super) fn climb(&self) -> usize {
        self.0.iter().fold(0, |sum, epochs| sum.saturating_add(*epochs))
    }
}

/// A training that is to be done: `values` for `epochs` epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The trial's number, 1 for the first.
    pub number: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// A value for each parameter of the space.
    pub values: Vec<Value>,
}

/// What came of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// So many validation images were classified correctly.
    Correct(usize),
    /// Its numbers ran away, or its settings do not go together: this trial is out.
    Lost,
    /// It was stopped before its end.
    Stopped,
}

/// What a trial has reached. The greatest is the best: more images right, of equals after fewer epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Validation images that were classified correctly.
    pub correct: usize,
    /// After so many epochs.
    pub epochs: usize,
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.correct.cmp(&other.correct).then(other.epochs.cmp(&self.epochs))
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A point of the space and how it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// 1 for the first.
    pub number: usize,
    /// A value for each parameter of the space.
    pub values: Vec<Value>,
    /// The best it has reached, on whichever rung.
    pub best: Option<Score>,
    /// Whether it was lost, on whichever rung.
    pub lost: bool,
}

impl Trial {
    /// Where a trial stands that reached `score`: the greatest is the best, of equals the one with the smaller number.
    #[must_use]
    pub fn standing(number: usize, score: Score) -> (Score, Reverse<usize>) {
        (score, Reverse(number))
    }
}

/// A random search with successive halving. It decides what is trained next; others train.
///
/// What it decides follows from the space, the seed, and the numbers of trials of its rounds alone, not from the order
/// in which results are reported.
#[derive(Debug)]
pub struct Search {
    space: Space,
    seed: u64,
    rungs: Rungs,
    trials: Vec<Trial>,
    /// Those that are not over yet.
    rounds: Vec<Round>,
}

/// Trials that compete with each other.
#[derive(Debug)]
struct Round {
    /// Their numbers.
    trials: Range<usize>,
    rung: usize,
    /// How many are on this rung.
    size: usize,
    /// Those that wait to be trained.
    waiting: VecDeque<usize>,
    /// What those reached that were trained; nothing if they were lost.
    results: Vec<(Option<usize>, usize)>,
}

impl Round {
    /// All of this rung are trained: the best third goes on.
    fn climb(&mut self) {
        self.rung += 1;
        self.results.retain(|(correct, _)| correct.is_some());
        // Of equals the one with the smaller number.
        self.results.sort_by_key(|&(correct, number)| (Reverse(correct), number));
        self.waiting = self.results.drain(..).map(|(_, number)| number).take(self.size.div_ceil(FACTOR)).collect();
        self.size = self.waiting.len();
        self.results.clear();
    }
}

impl Search {
    /// Searches `space` up to the last of `rungs`.
    #[must_use]
    pub fn new(space: Space, rungs: Rungs, seed: u64) -> Self {
        Search { space, seed, rungs, trials: Vec::new(), rounds: Vec::new() }
    }

    /// Draws `n` more trials, which make a round.
    pub fn open_round(&mut self, n: usize) {
        let first = self.trials.len() + 1;
        let trials = first..first + n;
        for number in trials.clone() {
            let values = self.space.draw(self.seed, number);
            self.trials.push(Trial { number, values, best: None, lost: false });
        }
        let round = Round { waiting: trials.clone().collect(), trials, rung: 0, size: n, results: Vec::new() };
        self.rounds.extend(Some(round).filter(|_| n > 0));
    }

    /// What is to be trained next, the oldest round first; nothing if all that is left to do must wait for results.
    pub fn next_job(&mut self) -> Option<Job> {
        let (round, number) =
            self.rounds.iter_mut().find_map(|round| Some((round.rung, round.waiting.pop_front()?)))?;
        Some(Job { number, epochs: self.rungs.0[round], values: self.trials[number - 1].values.clone() })
    }

    /// What came of a job of [`next_job`](Self::next_job). The round of one that was stopped stays open for ever.
    pub fn report(&mut self, job: &Job, outcome: Outcome) {
        let trial = &mut self.trials[job.number - 1];
        let correct = match outcome {
            Outcome::Correct(correct) => Some(correct),
            Outcome::Lost => None,
            Outcome::Stopped => return,
        };
        trial.lost |= correct.is_none();
        trial.best = trial.best.max(correct.map(|correct| Score { correct, epochs: job.epochs }));
        let Some(open) = self.rounds.iter().position(|round| round.trials.contains(&job.number)) else { return };
        let round = &mut self.rounds[open];
        round.results.push((correct, job.number));
        if round.results.len() == round.size {
            round.climb();
            if round.size == 0 || round.rung == self.rungs.0.len() {
                self.rounds.remove(open);
            }
        }
    }

    /// What is searched.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// What every draw derives from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The epochs of the trials.
    #[must_use]
    pub fn rungs(&self) -> &Rungs {
        &self.rungs
    }

    /// All trials that were drawn.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Whether every round is over: the same number of trials gives the same results again.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.rounds.is_empty()
    }

    /// The best trial so far, if any has reached something.
    #[must_use]
    pub fn best(&self) -> Option<&Trial> {
        self.trials.iter().filter(|trial| trial.best.is_some()).max_by_key(|trial| (trial.best, Reverse(trial.number)))
    }

    /// The trials that reached something, the best first, of equals the one with the smaller number.
    #[must_use]
    pub fn ranking(&self) -> Vec<&Trial> {
        let mut ranking: Vec<_> = self.trials.iter().filter(|trial| trial.best.is_some()).collect();
        ranking.sort_by_key(|trial| Reverse(trial.best));
        ranking
    }

    /// The epochs that are left to do in the rounds that are open.
    pub(super) fn work_left(&self) -> usize {
        let left = |round: &Round| {
            let rungs = Rungs(self.rungs.0[round.rung..].to_vec());
            rungs.work(round.size).saturating_sub(round.results.len().saturating_mul(rungs.0[0]))
        };
        self.rounds.iter().map(left).fold(0, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{Kind, Parameter, Values};

    fn search(epochs: usize) -> Search {
        let values = Values::parse("1..1000", Kind::Whole).unwrap();
        let space = Space { parameters: vec![Parameter { name: "x".to_string(), values }] };
        Search::new(space, Rungs::up_to(epochs), 0)
    }

    /// Whatever is asked of a trial, it is right on as many images as its number says.
    fn finish(search: &mut Search, outcome: impl Fn(&Job) -> Outcome) -> Vec<(usize, usize)> {
        let mut jobs = Vec::new();
        while let Some(job) = search.next_job() {
            jobs.push((job.number, job.epochs));
            search.report(&job, outcome(&job));
        }
        jobs
    }

    #[test]
    fn rungs_are_thirds_down_to_a_27th_or_an_epoch() {
        let epochs = |epochs| Rungs::up_to(epochs).0;
        assert_eq!([epochs(1), epochs(2), epochs(3), epochs(8)], [vec![1], vec![2], vec![1, 3], vec![3, 8]]);
        assert_eq!([epochs(10), epochs(30), epochs(400)], [vec![1, 3, 10], vec![1, 3, 10, 30], vec![15, 44, 133, 400]]);
        assert_eq!((Rungs::up_to(usize::MAX).0.len(), Rungs::up_to(usize::MAX).work(27)), (4, usize::MAX));
        assert_eq!([1, 3, 9, 27].map(|epochs| Rungs::up_to(epochs).round()), [1, 3, 9, 27]);
        // 27 for one epoch, 9 for three, 3 for ten, one for thirty.
        assert_eq!((Rungs::up_to(30).work(27), Rungs::up_to(30).climb()), (27 + 27 + 30 + 30, 1 + 3 + 10 + 30));
    }

    #[test]
    fn the_best_third_goes_on() {
        let mut search = search(10);
        search.open_round(9);
        let jobs = finish(&mut search, |job| Outcome::Correct(job.number));
        let expected = (1..=9).map(|number| (number, 1)).chain([(9, 3), (8, 3), (7, 3), (9, 10)]);
        assert_eq!(jobs, expected.collect::<Vec<_>>());
        assert!(search.is_complete());
        let ranking: Vec<_> = search.ranking().iter().map(|trial| (trial.number, trial.best.unwrap().epochs)).collect();
        // More epochs brought 7, 8 and 9 nothing, so their first score stands.
        assert_eq!(ranking, (1..=9).rev().map(|number| (number, 1)).collect::<Vec<_>>());
    }

    #[test]
    fn of_equals_the_first_goes_on() {
        let mut search = search(3);
        search.open_round(3);
        assert_eq!(finish(&mut search, |_| Outcome::Correct(5)).last(), Some(&(1, 3)));
        assert_eq!(search.ranking()[0].number, 1);
    }

    #[test]
    fn results_do_not_depend_on_the_order_of_the_reports() {
        // As many runners as jobs, who report in another order each time.
        let run = |turn: usize| {
            let mut search = search(30);
            search.open_round(27);
            search.open_round(20);
            let score = |job: &Job| Outcome::Correct(job.number * 7919 % 101 + job.epochs);
            while !search.is_complete() {
                let mut jobs: Vec<_> = std::iter::from_fn(|| search.next_job()).collect();
                let middle = turn % jobs.len();
                jobs.rotate_left(middle);
                for job in &jobs {
                    search.report(job, score(job));
                }
            }
            search.trials().to_vec()
        };
        assert!((1..30).all(|turn| run(turn) == run(0)));
    }

    #[test]
    fn the_lost_do_not_go_on_and_a_round_of_them_is_over() {
        let mut search = search(10);
        search.open_round(9);
        let odd = |job: &Job| if job.number % 4 == 1 { Outcome::Correct(0) } else { Outcome::Lost };
        let jobs = finish(&mut search, odd);
        assert_eq!(jobs[9..], [(1, 3), (5, 3), (9, 3), (1, 10)]);
        assert_eq!(search.trials().iter().filter(|trial| trial.lost).count(), 6);
        search.open_round(4);
        assert_eq!(finish(&mut search, |_| Outcome::Lost).len(), 4);
        assert!(search.is_complete());
    }

    #[test]
    fn a_round_that_was_stopped_is_never_over() {
        let mut search = search(3);
        search.open_round(3);
        let stopped = |job: &Job| if job.number == 2 { Outcome::Stopped } else { Outcome::Correct(job.number) };
        assert_eq!(finish(&mut search, stopped).len(), 3);
        assert!(!search.is_complete());
        assert_eq!(search.ranking()[0].number, 3);
    }

    #[test]
    fn the_work_left_goes_down_by_what_is_done() {
        let mut search = search(30);
        search.open_round(27);
        search.open_round(5);
        let mut left = search.work_left();
        assert_eq!(left, Rungs::up_to(30).work(27) + Rungs::up_to(30).work(5));
        while let Some(job) = search.next_job() {
            search.report(&job, Outcome::Correct(job.number));
            left -= job.epochs;
            assert_eq!(search.work_left(), left);
        }
        assert_eq!(left, 0);
    }
}
