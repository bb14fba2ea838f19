//! Divides work that takes milliseconds or more among threads. (The fast engine has its own pool, for microseconds.)

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Calls `work` for each of `jobs`, on the calling thread and up to `threads` - 1 others. Each thread takes the next
/// job when it is done with one. If the system cannot start a thread, the other threads do its work.
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

/// Calls `work` for each of `jobs` in the same way, until one fails. Returns the error of the first job in order that
/// fails, for any number of threads.
pub(crate) fn try_share_out<T: Send, E: Send>(
    threads: usize,
    jobs: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let first = Mutex::new(None::<(usize, E)>);
    let locked = || first.lock().unwrap_or_else(PoisonError::into_inner);
    let is_behind = |failed: &Option<(usize, E)>, index| failed.as_ref().is_some_and(|(failed, _)| *failed < index);
    share_out(threads, jobs.enumerate(), |(index, job)| {
        // Jobs are taken in order: all jobs before the failed one are done or in progress.
        if is_behind(&locked(), index) {
            return;
        }
        if let Err(error) = work(job) {
            let mut first = locked();
            if !is_behind(&first, index) {
                *first = Some((index, error));
            }
        }
    });
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    first.map_or(Ok(()), |(_, error)| Err(error))
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

    #[test]
    fn the_first_job_that_fails_is_named() {
        for threads in [1, 2, 5] {
            for failing in [0, 7, 99] {
                let fails = |i: usize| if i >= failing && i.is_multiple_of(7) || i == 99 { Err(i) } else { Ok(()) };
                assert_eq!(try_share_out(threads, 0..100, fails), Err(failing), "{threads} threads");
            }
            assert_eq!(try_share_out(threads, 0..100, |_| Ok::<_, ()>(())), Ok(()));
        }
    }
}
