//! Signals that ask the program to stop, and the signal of a file size limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register_conditional_shutdown, register_usize};

/// Ctrl-C, a polite kill, and the closing of the terminal.
#[cfg(unix)]
const STOP_SIGNALS: &[i32] = &[SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const STOP_SIGNALS: &[i32] = &[SIGINT, SIGTERM];

/// Whether this program was started with the signal ignored. This can only be determined on Linux.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    ignored >> (signal - 1) & 1 == 1
}

/// Only this long after the first signal does another signal count as a second request: a closing terminal signals the
/// shell, which signals this program too, and `timeout` signals its child and then the whole process group.
const SAME_WISH: Duration = Duration::from_millis(500);

/// From now on, exceeding a file size limit is a write error, as on a full disk, and does not end the program.
pub fn outlive_file_limits() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Catches signals that ask to stop: the result becomes the number of the first one. A second request ends the program
/// at once.
pub fn stop_signals() -> Arc<AtomicUsize> {
    let signal = Arc::new(AtomicUsize::new(0));
    let asked = Arc::new(AtomicBool::new(false));
    // A signal that was ignored at the start, as with nohup, stays ignored.
    for number in STOP_SIGNALS.iter().filter(|&&number| !is_ignored(number)) {
        // If a signal cannot be caught, it simply ends the program.
        let _ = register_conditional_shutdown(*number, 128 + number, Arc::clone(&asked))
            .and_then(|_| register_usize(*number, Arc::clone(&signal), *number as usize));
    }
    let first = Arc::clone(&signal);
    // Without this thread a second signal does not end the program at once, but the first still stops the work.
    let _ = std::thread::Builder::new().spawn(move || {
        while first.load(Ordering::Relaxed) == 0 {
            std::thread::sleep(SAME_WISH / 10);
        }
        std::thread::sleep(SAME_WISH);
        asked.store(true, Ordering::Relaxed);
    });
    signal
}
