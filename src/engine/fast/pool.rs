//! A pool of a few threads that share the panels of a layer, thousands of times a second.
//!
//! Waking a sleeping thread takes longer than a whole mini-batch of a small network. Therefore a waiting thread polls
//! for a tenth of a millisecond before it goes to sleep, after which it takes no processor time.

use std::{
    any::Any,
    hint, panic,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
};

/// The largest number of threads in a pool.
pub const MAX_POOL_THREADS: usize = 16;
/// How often a waiting thread polls before it yields to other threads (about 0.1 ms), and how often it then yields
/// before it sleeps. With fewer polls, helpers fall asleep between two layers: 784-300-100-10 was slower with two
/// threads than with one.
const SPINS: usize = 2000;
const YIELDS: usize = 20;

type Job<'a> = &'a (dyn Fn(usize) + Sync);

/// The calling thread and its helpers, which sleep when there is nothing to do.
pub struct Pool {
    shared: Arc<Shared>,
    helpers: Vec<thread::JoinHandle<()>>,
}

struct Shared {
    /// Whether there is a job. There is at most one at a time.
    busy: AtomicBool,
    /// The current job. It is valid while it is open, and until all helpers that entered it have left.
    job: Mutex<Option<Job<'static>>>,
    /// Number of the job * ENTERED + the number of helpers that have entered it. A job is open while its number is odd.
    state: AtomicUsize,
    /// The number of helpers that have left the job.
    left: AtomicUsize,
    /// The number of helpers that the job can use.
    wanted: AtomicUsize,
    stop: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// The sleep state of the caller (index 0) and of each helper.
    sleeping: [Sleeper; MAX_POOL_THREADS],
}

const ENTERED: usize = 256;

#[derive(Default)]
struct Sleeper {
    asleep: AtomicBool,
    thread: Mutex<Option<thread::Thread>>,
}

impl Sleeper {
    /// Returns once `done` returns true.
    fn wait(&self, done: impl Fn() -> bool) {
        for _ in 0..SPINS {
            if done() {
                return;
            }
            hint::spin_loop();
        }
        for _ in 0..YIELDS {
            if done() {
                return;
            }
            thread::yield_now();
        }
        *locked(&self.thread) = Some(thread::current());
        loop {
            self.asleep.store(true, SeqCst);
            if done() {
                self.asleep.store(false, SeqCst);
                return;
            }
            thread::park();
        }
    }

    /// Wakes the thread. Must be called after the change that it waits for has been stored.
    fn wake(&self) {
        if self.asleep.load(SeqCst)
            && self.asleep.swap(false, SeqCst)
            && let Some(thread) = &*locked(&self.thread)
        {
            thread.unpark();
        }
    }
}

/// Locks `mutex`. No code here panics while it holds a lock, so the contents of a poisoned mutex are still valid.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// A pool of `threads` threads, including the caller's.
    pub fn new(threads: usize) -> Pool {
        let shared = Arc::new(Shared {
            busy: AtomicBool::new(false),
            job: Mutex::new(None),
            state: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            wanted: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
            sleeping: Default::default(),
        });
        let helper = |id: usize| {
            let shared = Arc::clone(&shared);
            // If the system cannot start a thread, the pool works with those it has.
            thread::Builder::new().name(format!("mnist-{id}")).spawn(move || shared.help(id)).ok()
        };
        let helpers = (1..threads.min(MAX_POOL_THREADS)).map_while(helper).collect();
        Pool { shared, helpers }
    }

    /// The largest number of threads that can work at a time.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `f(i, &mut a[i], &mut b[i])` for every i. Each thread has its own range, the same every time, so that its
    /// panels stay in its cache. A thread that is done helps the others.
    pub fn for_each<A: Send, B: Send>(
        &self,
        threads: usize,
        a: &mut [A],
        b: &mut [B],
        f: impl Fn(usize, &mut A, &mut B) + Sync,
    ) {
        assert_eq!(a.len(), b.len());
        let (n, threads) = (a.len(), threads.min(self.threads()).min(a.len()));
        if threads <= 1 {
            return a.iter_mut().zip(b).enumerate().for_each(|(i, (a, b))| f(i, a, b));
        }
        let (a, b) = (Items(a.as_mut_ptr()), Items(b.as_mut_ptr()));
        let start = |t: usize| t * n / threads;
        let next: [_; MAX_POOL_THREADS] = std::array::from_fn(|t| AtomicUsize::new(start(t.min(threads))));
        self.run(threads, &|t| {
            for owner in (0..threads).map(|i| (t + i) % threads) {
                loop {
                    let i = next[owner].fetch_add(1, Relaxed);
                    if i >= start(owner + 1) {
                        break;
                    }
                    // SAFETY: i is below n, and no other call gets this i, because the ranges of the owners are
                    // disjoint and a counter returns each number once. `run` returns after the last use.
                    let (a, b) = unsafe { (a.item(i), b.item(i)) };
                    f(i, a, b);
                }
            }
        });
    }

    /// Calls `f(0)` here and `f(t)` on the helpers that come in time. Returns when all threads that have begun are
    /// done.
    ///
    /// On a busy machine a helper may not run for milliseconds, so the caller does not wait for a helper that has not
    /// begun. A second job, started by another thread or inside the first job, gets no helpers.
    fn run(&self, threads: usize, f: Job<'_>) {
        let shared = &*self.shared;
        if shared.busy.swap(true, SeqCst) {
            return f(0);
        }
        let _free = Free(shared);
        // SAFETY: only the lifetime changes. A helper calls the job after it has entered and before it leaves. `Close`
        // lets no more helpers enter and waits for those inside before this function returns, even on a panic. Until
        // then `busy` keeps any other job from replacing this one.
        let job = unsafe { std::mem::transmute::<Job<'_>, Job<'static>>(f) };
        *locked(&shared.job) = Some(job);
        *locked(&shared.panic) = None; // of a job that was left by a panic of its own
        shared.left.store(0, SeqCst);
        shared.wanted.store(threads - 1, SeqCst);
        shared.state.fetch_add(ENTERED, SeqCst);
        let close = Close(shared);
        shared.sleeping[1..threads].iter().for_each(Sleeper::wake);
        f(0);
        drop(close);
        let panic = locked(&shared.panic).take();
        if let Some(cause) = panic {
            panic::resume_unwind(cause);
        }
    }
}

/// A slice whose items are changed by several threads, each item by one thread only.
struct Items<T>(*mut T);

// SAFETY: threads get `&mut T` to different items, which is what `T: Send` allows.
unsafe impl<T: Send> Sync for Items<T> {}

impl<T> Items<T> {
    /// # Safety
    /// `i` must be inside the slice, the slice must outlive the result, and there must be no other reference to the
    /// item.
    #[allow(clippy::mut_from_ref)]
    unsafe fn item(&self, i: usize) -> &mut T {
        // SAFETY: guaranteed by the caller.
        unsafe { &mut *self.0.add(i) }
    }
}

/// When dropped, closes the job and waits for the helpers inside.
struct Close<'a>(&'a Shared);

impl Drop for Close<'_> {
    fn drop(&mut self) {
        let number = self.0.state.load(SeqCst) / ENTERED;
        let entered = self.0.state.swap((number + 1) * ENTERED, SeqCst) % ENTERED;
        self.0.sleeping[0].wait(|| self.0.left.load(SeqCst) == entered);
        *locked(&self.0.job) = None; // nobody has it any more
    }
}

/// When dropped, allows the next job: nothing of the previous one is needed any more.
struct Free<'a>(&'a Shared);

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, SeqCst);
    }
}

impl Shared {
    /// The main loop of helper `id`.
    fn help(&self, id: usize) {
        let mut seen = 0;
        loop {
            let open = |state: usize| !(state / ENTERED).is_multiple_of(2) && state / ENTERED != seen;
            let stop = || self.stop.load(SeqCst);
            self.sleeping[id].wait(|| stop() || (open(self.state.load(SeqCst)) && id <= self.wanted.load(SeqCst)));
            if stop() {
                return;
            }
            let state = self.state.load(SeqCst);
            if !open(state) || self.state.compare_exchange(state, state + 1, SeqCst, SeqCst).is_err() {
                continue; // too late, or another helper came in at the same moment
            }
            seen = state / ENTERED;
            let job = *locked(&self.job);
            let job = panic::AssertUnwindSafe(|| job.map(|job| job(id)));
            if let Err(cause) = panic::catch_unwind(job) {
                *locked(&self.panic) = Some(cause);
            }
            self.left.fetch_add(1, SeqCst);
            self.sleeping[0].wake();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        self.shared.sleeping.iter().for_each(Sleeper::wake);
        for helper in self.helpers.drain(..) {
            let _ = helper.join(); // its panic, if any, has been passed on
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_visited_once_by_any_number_of_threads() {
        let rounds = if cfg!(miri) { 20 } else { 2_000 };
        for threads in 1..=5 {
            let pool = Pool::new(threads);
            for round in 0..rounds {
                let (mut a, mut b) = (vec![0; round % 9], vec![0; round % 9]);
                pool.for_each(round % 6 + 1, &mut a, &mut b, |i, a, b| {
                    *a += i + 1;
                    *b += 2 * i;
                });
                assert!(a.iter().zip(&b).enumerate().all(|(i, (&a, &b))| a == i + 1 && b == 2 * i));
                if round % 500 == 0 {
                    thread::sleep(std::time::Duration::from_millis(2)); // long enough to fall asleep
                }
            }
        }
    }

    #[test]
    fn a_job_inside_another_and_those_of_two_threads_at_once_are_done_too() {
        let pool = Pool::new(3);
        let round = |n: usize| {
            let mut sums = vec![0; n];
            pool.for_each(3, &mut sums, &mut vec![(); n], |i, sum, ()| {
                let mut inner = [0; 7];
                pool.for_each(3, &mut inner, &mut [(); 7], |j, inner, ()| *inner = i * j);
                *sum = inner.iter().sum();
            });
            assert!(sums.iter().enumerate().all(|(i, &sum)| sum == 21 * i), "{sums:?}");
        };
        let rounds = if cfg!(miri) { 5 } else { 300 };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..rounds).for_each(|n| round(n % 9)));
            }
        });
    }

    #[test]
    fn a_panic_of_a_helper_reaches_the_caller() {
        let pool = Pool::new(2);
        let here = thread::current().id();
        // The caller waits until a helper has come; the helper then panics.
        let came = AtomicBool::new(false);
        let run = || {
            pool.for_each(2, &mut [0, 1], &mut [(), ()], |_, _, ()| {
                if thread::current().id() != here {
                    came.store(true, SeqCst);
                    panic!("helper");
                }
                while !came.load(SeqCst) {
                    thread::yield_now();
                }
            });
        };
        assert!(panic::catch_unwind(panic::AssertUnwindSafe(run)).is_err());
        pool.for_each(2, &mut [0, 1], &mut [(), ()], |_, _, ()| ()); // and the pool lives on
    }
}
