//! The screen on which progress bars are drawn.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// The number of times per second that bars are drawn at most.
const FRAMES_PER_SECOND: u8 = 20;

/// Standard error, for bars; nothing is drawn if it is not a terminal, or one that cannot move its cursor.
pub fn screen() -> ProgressDrawTarget {
    let term = Term::buffered_stderr();
    if term.is_term() && !console::is_dumb() {
        ProgressDrawTarget::term_like_with_hz(Box::new(Screen(term)), FRAMES_PER_SECOND)
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// A terminal that may close at any time: what cannot be written any more is lost without an error. indicatif panics if
/// it cannot erase its bars, but the work that they show goes on, at least until it is saved.
#[derive(Debug)]
struct Screen(Term);

/// Ignores an error.
fn at_best(result: io::Result<()>) -> io::Result<()> {
    result.or(Ok(()))
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        TermLike::width(&self.0)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.0)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        at_best(self.0.move_cursor_up(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        at_best(self.0.move_cursor_down(n))
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        at_best(self.0.move_cursor_right(n))
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        at_best(self.0.move_cursor_left(n))
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        at_best(self.0.write_line(s))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        at_best(self.0.write_str(s))
    }

    fn clear_line(&self) -> io::Result<()> {
        at_best(self.0.clear_line())
    }

    fn flush(&self) -> io::Result<()> {
        at_best(self.0.flush())
    }
}
