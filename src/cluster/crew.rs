//! Spreads the trials of a search over the ranks: rank 0 decides what to train, and all ranks train.

use std::time::{Duration, Instant};

use mpi::Tag;
use mpi::traits::{Communicator, Destination, MatchedReceiveVec, Source};

use super::World;
use crate::tune::{Crew, Done, Job, Outcome, Score, Standing, Value};

/// How long a rank waits for its own trials before it checks for messages again.
const TICK: Duration = Duration::from_millis(2);

/// The tags of the messages, with their contents.
const JOB: Tag = 1; // to another rank: number, epochs
const STOP: Tag = 2; // to another rank
const END: Tag = 3; // to another rank
const DONE: Tag = 4; // to rank 0: number, epochs, outcome, images that are right, nanoseconds
const MODEL: Tag = 5; // to rank 0

impl World {
    /// On rank 0: calls `body` with a crew that uses all ranks. Each rank trains on its own local crew; `local` is that
    /// of rank 0.
    pub fn spread<R>(&self, local: &mut dyn Crew, body: impl FnOnce(&mut Spread) -> R) -> R {
        let sizes: Vec<_> = self.gather(&[local.size() as u64]).into_iter().map(|size| size as usize).collect();
        let mut spread = Spread { world: self, local, free: sizes.clone(), sizes, away: Vec::new() };
        let result = body(&mut spread);
        spread.tell_others(END);
        result
    }

    /// On the other ranks: trains what rank 0 asks for on the crew `local`, until rank 0 ends. `draw` returns the
    /// values of a trial from its number.
    pub fn serve(&self, local: &mut dyn Crew, draw: impl Fn(usize) -> Vec<Value>) {
        self.gather(&[local.size() as u64]);
        let first = self.process(0);
        loop {
            while let Some(message) = first.immediate_matched_probe() {
                let (words, status) = message.matched_receive_vec::<u64>();
                match (status.tag(), &words[..]) {
                    (JOB, &[number, epochs]) => {
                        let number = number as usize;
                        local.start(Job { number, epochs: epochs as usize, values: draw(number) });
                    }
                    (STOP, _) => local.stop(),
                    _ => return,
                }
            }
            if let Some(Done { job, outcome, time }) = local.wait(TICK) {
                let (outcome, correct) = match outcome {
                    Outcome::Correct(correct) => (0, correct as u64),
                    Outcome::Lost => (1, 0),
                    Outcome::Stopped => (2, 0),
                };
                let done = [job.number as u64, job.epochs as u64, outcome, correct, time.as_nanos() as u64];
                first.send_with_tag(&done[..], DONE);
            }
        }
    }

    /// On rank 0, the text of the rank whose trial has the best standing, or `None` if no rank has a trial; `None` on
    /// the other ranks. All ranks must call this.
    pub fn best_text(&self, standing: Option<Standing>, text: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
        let words = |standing: Standing| {
            let Score { correct, epochs } = standing.score;
            [1, correct, epochs, standing.number()]
        };
        let own = standing.map_or([0; 4], words).map(|word| word as u64);
        let all = self.gather(&own);
        let standing = |words: &[u64]| match words {
            &[1, correct, epochs, number] => {
                Some(Standing::of(number as usize, Score { correct: correct as usize, epochs: epochs as usize }))
            }
            _ => None,
        };
        let standings = all.chunks(own.len()).map(standing).enumerate().filter(|(_, standing)| standing.is_some());
        let (best, _) = standings.max_by_key(|&(_, standing)| standing)?;
        let own = self.rank();
        if own == 0 && best > 0 {
            let (text, _) = self.process(best).receive_vec_with_tag(MODEL);
            return Some(text);
        }
        let text = (own == best).then(text);
        if let Some(text) = text.as_deref().filter(|_| own > 0) {
            self.process(0).send_with_tag(text, MODEL);
        }
        text.filter(|_| own == 0)
    }

    /// The texts of all ranks. All ranks must call this.
    #[must_use]
    pub fn texts(&self, text: &str) -> Vec<String> {
        let all = self.gather_bytes(text.as_bytes());
        all.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }
}

/// All ranks as one crew.
pub struct Spread<'a> {
    world: &'a World,
    local: &'a mut dyn Crew,
    /// The number of trials that each rank can train at a time.
    sizes: Vec<usize>,
    /// The number of further trials that each rank could train now.
    free: Vec<usize>,
    /// The jobs of the other ranks.
    away: Vec<(usize, Job)>,
}

impl Spread<'_> {
    fn tell_others(&self, what: Tag) {
        for rank in 1..self.world.size() {
            self.world.process(rank).send_with_tag(&[0_u64; 0][..], what);
        }
    }

    /// A job that another rank has finished, if there is one.
    fn done_by_others(&mut self) -> Option<Done> {
        let message = self.world.ranks.any_process().immediate_matched_probe_with_tag(DONE)?;
        let (words, status) = message.matched_receive_vec::<u64>();
        let &[number, epochs, outcome, correct, nanoseconds] = &words[..] else { return None };
        let rank = status.source_rank() as usize;
        let is_it = |(at, job): &(usize, Job)| (*at, job.number as u64, job.epochs as u64) == (rank, number, epochs);
        let place = self.away.iter().position(is_it)?;
        self.free[rank] += 1;
        let outcome = match outcome {
            0 => Outcome::Correct(correct as usize),
            1 => Outcome::Lost,
            _ => Outcome::Stopped,
        };
        Some(Done { job: self.away.swap_remove(place).1, outcome, time: Duration::from_nanos(nanoseconds) })
    }
}

impl Crew for Spread<'_> {
    fn size(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// Starts the job on the rank with the most free places.
    fn start(&mut self, job: Job) {
        let (rank, room) =
            self.free.iter_mut().enumerate().rev().max_by_key(|(_, free)| **free).expect("there is rank 0");
        *room -= 1;
        if rank == 0 {
            return self.local.start(job);
        }
        let words = [job.number as u64, job.epochs as u64];
        self.world.process(rank).send_with_tag(&words[..], JOB);
        self.away.push((rank, job));
    }

    fn wait(&mut self, patience: Duration) -> Option<Done> {
        let start = Instant::now();
        loop {
            if let Some(done) = self.done_by_others() {
                return Some(done);
            }
            if let Some(done) = self.local.wait(TICK) {
                self.free[0] += 1;
                return Some(done);
            }
            if start.elapsed() >= patience {
                return None;
            }
        }
    }

    fn stop(&mut self) {
        self.local.stop();
        self.tell_others(STOP);
    }
}
