//! The screen on which progress bars are drawn.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// The number of times per second that bars are drawn at most.
const FRAMES_PER_SECOND: u8 = 20;

/// Standard error, for bars; nothing is drawn if it is not a terminal, or one that cannot move its cursor.
pub fn screen() -> ProgressDrawTarget {
    let term = Term::buffered_stderr();
    if term.is_term() && !console::is_dumb() {
        ProgressDrawTarget::term_like_with_hz(Box::new(Screen::on(term)), FRAMES_PER_SECOND)
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// A terminal that may close at any time: then nothing more is drawn, without an error. indicatif panics if it cannot
/// erase its bars, but the work that they show goes on, at least until it is saved.
#[derive(Debug)]
struct Screen {
    term: Term,
    /// Whether something could not be drawn. A [`Term`] would keep it, and all that follows, in memory.
    is_closed: AtomicBool,
}

impl Screen {
    fn on(term: Term) -> Self {
        Screen { term, is_closed: AtomicBool::new(false) }
    }

    #[allow(clippy::unnecessary_wraps, reason = "this is what the methods of TermLike return")]
    fn draw(&self, draw: impl FnOnce(&Term) -> io::Result<()>) -> io::Result<()> {
        if !self.is_closed.load(Ordering::Relaxed) && draw(&self.term).is_err() {
            self.is_closed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        TermLike::width(&self.term)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.term)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_up(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_down(n))
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_right(n))
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_left(n))
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.draw(|term| term.write_line(s))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.draw(|term| term.write_str(s))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw(Term::clear_line)
    }

    fn flush(&self) -> io::Result<()> {
        self.draw(Term::flush)
    }
}

#[cfg(test)]
mod tests {
    use console::Term;

    use super::*;

    #[test]
    fn after_a_failure_nothing_more_is_drawn_and_there_is_no_error() {
        let screen = Screen::on(Term::buffered_stderr());
        let mut drawn = 0;
        for fails in [false, true, false] {
            let result = screen.draw(|_| {
                drawn += 1;
                if fails { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
            });
            assert!(result.is_ok());
        }
        assert_eq!(drawn, 2);
    }
}
