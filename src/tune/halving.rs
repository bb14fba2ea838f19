//! Successive halving: decides for how many epochs each trial is trained, and records the results.

use std::cmp::{Ordering, Reverse};
use std::collections::VecDeque;
use std::ops::Range;

use super::{Space, Value};

/// One of this many trials is promoted, and gets this many times the epochs.
const FACTOR: usize = 3;

/// The maximum number of rungs: the first has a 27th of the epochs.
const MAX_RUNGS: u32 = 4;

/// The numbers of epochs for which a trial is trained: first a few, then more each time it is among the best third.
///
/// They are the full number of epochs and a third, a ninth and a 27th of it, rounded, as far as these are at least 1. A
/// round has as many trials as leave one for the last rung: three times as many on each rung below.
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
    /// The rungs up to `epochs` epochs, which must be at least 1.
    #[must_use]
    pub fn up_to(epochs: usize) -> Self {
        let parts = (0..MAX_RUNGS).rev().map(|rung| FACTOR.pow(rung)).filter(|&part| part == 1 || part <= epochs);
        Rungs(parts.map(|part| epochs / part + usize::from(2 * (epochs % part) >= part)).collect())
    }

    /// The number of epochs on each rung, in ascending order.
    #[must_use]
    pub fn epochs(&self) -> &[usize] {
        &self.0
    }

    /// Number of trials in a full round.
    #[must_use]
    pub fn round(&self) -> usize {
        FACTOR.pow(self.0.len() as u32 - 1)
    }

    /// Number of trials on each rung if a round has `n` trials and none is lost: each rung has a third of the one
    /// before, rounded up.
    #[must_use]
    pub fn trials(&self, n: usize) -> Vec<usize> {
        std::iter::successors(Some(n), |n| Some(n.div_ceil(FACTOR))).take(self.0.len()).collect()
    }

    /// Total number of epochs in a round of `n` trials.
    pub(super) fn work(&self, n: usize) -> usize {
        let rungs = self.trials(n).into_iter().zip(&self.0);
        rungs.fold(0, |work, (trials, epochs)| work.saturating_add(trials.saturating_mul(*epochs)))
    }

    /// Total number of epochs of a trial that reaches the last rung.
    pub(super) fn climb(&self) -> usize {
        self.0.iter().fold(0, |sum, epochs| sum.saturating_add(*epochs))
    }
}

/// A training to run: `values` for `epochs` epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Number of the trial, from 1.
    pub number: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// A value for each parameter of the space.
    pub values: Vec<Value>,
}

/// The outcome of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Number of validation images that were classified correctly.
    Correct(usize),
    /// The training diverged, or its settings contradict each other: the trial is lost.
    Lost,
    /// The training was stopped early.
    Stopped,
}

/// The result of a trial. The greatest score is the best: more correct images or, with as many, fewer epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Validation images that were classified correctly.
    pub correct: usize,
    /// Number of epochs it took.
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

/// A point of the search space and its results.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Number of the trial, from 1.
    pub number: usize,
    /// A value for each parameter of the space.
    pub values: Vec<Value>,
    /// The best score on any rung; `None` if there is none yet.
    pub best: Option<Score>,
    /// Whether the trial was lost, on any rung.
    pub lost: bool,
}

/// The rank of a trial among others: the greatest is the best. Of equal scores the trial with the smaller number is
/// better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// The best score of the trial.
    pub score: Score,
    number: Reverse<usize>,
}

impl Standing {
    /// The rank of trial `number` with this score.
    #[must_use]
    pub fn of(number: usize, score: Score) -> Self {
        Standing { score, number: Reverse(number) }
    }

    /// The number of the trial.
    #[must_use]
    pub fn number(self) -> usize {
        self.number.0
    }
}

impl Trial {
    /// Its rank; `None` if it has no result.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.best.map(|score| Standing::of(self.number, score))
    }
}

/// A random search with successive halving. It decides what to train next; a [`Crew`](super::Crew) does the training.
///
/// Its decisions depend only on the space, the seed and the numbers of trials in its rounds, not on the order in which
/// results are reported.
#[derive(Debug)]
pub struct Search {
    space: Space,
    seed: u64,
    rungs: Rungs,
    trials: Vec<Trial>,
    /// The rounds that are not finished.
    rounds: Vec<Round>,
}

/// Trials that compete with each other.
#[derive(Debug)]
struct Round {
    /// The numbers of the trials.
    trials: Range<usize>,
    rung: usize,
    /// Number of trials on this rung.
    size: usize,
    /// The trials that wait to be trained.
    waiting: VecDeque<usize>,
    /// The result and the number of each trained trial; `None` if the trial was lost.
    results: Vec<(Option<usize>, usize)>,
}

impl Round {
    /// Promotes the best third when all trials of this rung are trained.
    fn climb(&mut self) {
        self.rung += 1;
        self.results.retain(|(correct, _)| correct.is_some());
        // Of equal results, the smaller number comes first.
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

    /// Draws `n` new trials, which form a round.
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

    /// The next training, of the oldest round that has one; `None` if all remaining trials must wait for results.
    pub fn next_job(&mut self) -> Option<Job> {
        let (round, number) =
            self.rounds.iter_mut().find_map(|round| Some((round.rung, round.waiting.pop_front()?)))?;
        Some(Job { number, epochs: self.rungs.0[round], values: self.trials[number - 1].values.clone() })
    }

    /// Reports the outcome of a job of [`next_job`](Self::next_job). If a job was stopped, its round is never finished.
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

    /// The search space.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The seed from which all values are drawn.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The numbers of epochs of the trials.
    #[must_use]
    pub fn rungs(&self) -> &Rungs {
        &self.rungs
    }

    /// All trials drawn so far.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Whether every round is finished. If so, a search with the same number of trials repeats the results.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.rounds.is_empty()
    }

    /// The best trial so far; `None` if no trial has a result.
    #[must_use]
    pub fn best(&self) -> Option<&Trial> {
        self.trials.iter().filter(|trial| trial.best.is_some()).max_by_key(|trial| trial.standing())
    }

    /// The trials with a result, from best to worst. Of equal results, the smaller number comes first.
    #[must_use]
    pub fn ranking(&self) -> Vec<&Trial> {
        let mut ranking: Vec<_> = self.trials.iter().filter(|trial| trial.best.is_some()).collect();
        ranking.sort_by_key(|trial| Reverse(trial.standing()));
        ranking
    }

    /// Number of epochs left to train in the unfinished rounds.
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

    /// Whatever the settings of a trial, the number of images it gets right is its own number.
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
        // 27 trials for one epoch, 9 for three, 3 for ten, one for thirty.
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
        // More epochs did not improve 7, 8 and 9, so their first score counts.
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
        // As many runners as jobs, which report in a different order each time.
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
