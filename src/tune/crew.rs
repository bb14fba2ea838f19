//! Runs trials, several at a time, and keeps all runners busy.

use std::any::Any;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::limit::Clock;
use super::{Job, Limit, Outcome, Search};

/// The maximum time that the loop waits for a result before it looks at the clock.
const TICK: Duration = Duration::from_millis(50);

/// Runs trials, several at a time, in this process or elsewhere.
pub trait Crew {
    /// Number of trials that can be trained at a time, at least 1.
    fn size(&self) -> usize;

    /// Starts a job. At most [`size`](Self::size) jobs run at a time.
    fn start(&mut self, job: Job);

    /// Returns a finished job as soon as there is one; `None` if none finishes within `patience`.
    fn wait(&mut self, patience: Duration) -> Option<Done>;

    /// Asks the running jobs to stop: they soon report [`Outcome::Stopped`].
    fn stop(&mut self);
}

/// A finished job.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The job.
    pub job: Job,
    /// Its outcome.
    pub outcome: Outcome,
    /// The time it took.
    pub time: Duration,
}

/// Continues `search` until the limit is reached or `watch` breaks.
///
/// After every result, and several times a second, `watch` gets the fraction of the search that is done.
pub fn run(
    search: &mut Search,
    crew: &mut dyn Crew,
    limit: Limit,
    mut watch: impl FnMut(&Search, f64) -> ControlFlow<()>,
) {
    let mut clock = Clock::start(limit, crew.size());
    let (mut running, mut stopped) = (0, false);
    loop {
        if !stopped && (watch(search, clock.share(search)).is_break() || clock.is_up()) {
            stopped = true;
            crew.stop();
        }
        while !stopped && running < crew.size() {
            let Some(job) = next_job(search, &clock) else { break };
            crew.start(job);
            running += 1;
        }
        if running == 0 {
            break;
        }
        if let Some(done) = crew.wait(TICK) {
            running -= 1;
            clock.count(&done);
            search.report(&done.job, done.outcome);
        }
    }
}

/// The next job of the open rounds, or of a new round if the limit allows one.
fn next_job(search: &mut Search, clock: &Clock) -> Option<Job> {
    search.next_job().or_else(|| {
        search.open_round(clock.room(search));
        search.next_job()
    })
}

/// A crew of threads of this process.
pub struct Threads<'a> {
    size: usize,
    jobs: Sender<Job>,
    done: Receiver<Result<Done, Panic>>,
    stop: &'a AtomicBool,
}

type Panic = Box<dyn Any + Send>;

/// Calls `body` with a crew of `n` threads, or fewer if the system does not allow as many. Each thread runs its jobs
/// with `train`, which must return soon after the flag is set.
///
/// # Errors
/// If not even one thread can be started.
///
/// # Panics
/// If `train` panics.
pub fn threads<R>(
    n: usize,
    train: impl Fn(&Job, &AtomicBool) -> Outcome + Sync,
    body: impl FnOnce(&mut Threads) -> R,
) -> io::Result<R> {
    let stop = AtomicBool::new(false);
    let (jobs, inbox) = channel::<Job>();
    let inbox = Mutex::new(inbox);
    let next = || inbox.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    let work = |outbox: Sender<_>| {
        while let Some(job) = next() {
            let start = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| train(&job, &stop)));
            let done = outcome.map(|outcome| Done { job, outcome, time: start.elapsed() });
            if outbox.send(done).is_err() {
                break;
            }
        }
    };
    thread::scope(|scope| {
        let (outbox, done) = channel();
        let mut size = 0;
        for _ in 0..n.max(1) {
            let (work, outbox) = (&work, outbox.clone());
            match thread::Builder::new().spawn_scoped(scope, move || work(outbox)) {
                Ok(_) => size += 1,
                Err(error) if size == 0 => return Err(error),
                Err(_) => break,
            }
        }
        // The threads end when the crew goes, and with it the sender of jobs.
        Ok(body(&mut Threads { size, jobs, done, stop: &stop }))
    })
}

impl Crew for Threads<'_> {
    fn size(&self) -> usize {
        self.size
    }

    fn start(&mut self, job: Job) {
        self.jobs.send(job).expect("the receiver outlives the crew");
    }

    fn wait(&mut self, patience: Duration) -> Option<Done> {
        let done = self.done.recv_timeout(patience).ok()?;
        Some(done.unwrap_or_else(|panic| {
            self.stop();
            resume_unwind(panic)
        }))
    }

    fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{Kind, Parameter, Rungs, Space, Value, Values};

    fn search() -> Search {
        let values = Values::parse("1..1000", Kind::Whole).unwrap();
        let space = Space { parameters: vec![Parameter { name: "x".to_string(), values }] };
        Search::new(space, Rungs::up_to(30), 3)
    }

    /// The nearer to 500, the better; results improve with the number of epochs.
    fn train(job: &Job, _: &AtomicBool) -> Outcome {
        let Value::Whole(x) = job.values[0] else { return Outcome::Lost };
        Outcome::Correct(1000 - x.abs_diff(500) as usize + job.epochs)
    }

    #[test]
    fn the_same_trials_come_out_whoever_runs_them() {
        let with = |n| {
            let mut search = search();
            let limit = Limit::Trials(100);
            threads(n, train, |crew| run(&mut search, crew, limit, |_, _| ControlFlow::Continue(()))).unwrap();
            assert!(search.is_complete());
            search
        };
        let one = with(1);
        assert_eq!(one.trials().len(), 100);
        let Some(Value::Whole(best)) = one.ranking()[0].values.first() else { panic!("no best trial") };
        assert!(best.abs_diff(500) < 100, "{best}");
        for n in [2, 3, 16] {
            assert_eq!(with(n).trials(), one.trials(), "{n} threads");
        }
    }

    #[test]
    fn a_search_ends_when_its_watcher_or_its_time_says_so() {
        // All trials but the first train until they are told to stop.
        let stubborn = |job: &Job, stop: &AtomicBool| {
            while job.number > 1 && !stop.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            if job.number > 1 { Outcome::Stopped } else { Outcome::Correct(1) }
        };
        for limit in [Limit::Trials(30), Limit::Time(Duration::from_millis(100))] {
            let mut search = search();
            let watch = |search: &Search, share: f64| {
                assert!((0.0..=1.0).contains(&share));
                let wait = matches!(limit, Limit::Time(_)) || search.ranking().is_empty();
                if wait { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            threads(2, stubborn, |crew| run(&mut search, crew, limit, watch)).unwrap();
            assert_eq!((search.ranking().len(), search.is_complete()), (1, false));
        }
    }

    #[test]
    #[should_panic(expected = "a fault of the training")]
    fn a_panic_of_a_training_is_one_of_the_search() {
        let train = |job: &Job, _: &AtomicBool| {
            assert!(job.number != 5, "a fault of the training");
            Outcome::Correct(0)
        };
        let mut search = search();
        let _ = threads(2, train, |crew| run(&mut search, crew, Limit::Trials(9), |_, _| ControlFlow::Continue(())));
    }
}
