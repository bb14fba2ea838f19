//! Sharing out work that takes milliseconds and more. (The fast engine has a pool of its own, for microseconds.)

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does `work` on all `jobs`, on the calling thread and up to `threads` - 1 others, who each take the next job when
/// they are done with one. If the system has no thread to give, the others do its share.
pub(crate) fn share_out<T: Send>(threads: usize, jobs: impl Iterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(job) = next() {
            work(job);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            let _ = thread::Builder::new().spawn_scoped(scope, run);
        }
        run();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once() {
        for threads in [0, 1, 2, 5] {
            let mut results = vec![0; 100];
            share_out(threads, results.iter_mut().enumerate(), |(i, result)| *result += i);
            assert!(results.iter().enumerate().all(|(i, &result)| result == i), "{threads} threads");
        }
    }
}
