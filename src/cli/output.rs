//! Output: results go to standard output, notes and errors to standard error.
//!
//! Colours are removed where they are not wanted (no terminal, `NO_COLOR`). A reader that closes the pipe early, such
//! as `head`, is not an error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;

use anstyle::{AnsiColor, Style};
use mnist_mlp::picture::terminal::Depth;
use mnist_mlp::printable;

use super::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default();

/// Prints a result unchanged.
pub fn result(text: impl Display) -> Result<(), Failure> {
    piece(text).map(drop)
}

/// Prints a result, unless the command is to be quiet.
pub fn unless(quiet: bool, text: impl Display) -> Result<(), Failure> {
    if quiet { Ok(()) } else { result(text) }
}

/// Prints one of several results. Breaks if the reader has closed the pipe.
pub fn piece(text: impl Display) -> Result<ControlFlow<()>, Failure> {
    let mut stdout = anstream::stdout().lock();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) => unless_left(error).map(ControlFlow::Break),
    }
}

/// Prints results line by line, until one fails or the reader has closed the pipe.
pub fn lines(lines: impl Iterator<Item = Result<String, Failure>>) -> Result<(), Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        match line {
            Ok(line) => {
                if let Err(error) = writeln!(stdout, "{line}") {
                    return unless_left(error);
                }
            }
            Err(failure) => {
                stdout.flush().or_else(unless_left)?;
                return Err(failure);
            }
        }
    }
    stdout.flush().or_else(unless_left)
}

/// Ignores the error if the reader has closed the pipe.
fn unless_left(error: io::Error) -> Result<(), Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(Failure::Output(error)) }
}

/// Prints text that accompanies results to standard error.
pub fn aside(text: impl Display) {
    to_stderr(text);
}

/// Prints a note.
pub fn note(text: impl Display) {
    to_stderr(format_args!("{NOTE}note:{NOTE:#} {}", printable(text)));
}

/// Prints a warning.
pub fn warning(text: impl Display) {
    to_stderr(format_args!("{WARNING}warning:{WARNING:#} {}", printable(text)));
}

/// Prints an error.
pub fn error(text: impl Display) {
    to_stderr(format_args!("{ERROR}error:{ERROR:#} {}", printable(text)));
}

/// A message in which names and words from files may occur, without characters that move the cursor.
fn printable(message: impl Display) -> String {
    message.to_string().split('\n').map(printable::printable).collect::<Vec<_>>().join("\n")
}

/// Writes to standard error. If that fails, there is no way to report it.
fn to_stderr(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Whether bars may be drawn on standard error: it is a terminal, and standard output is not a pipe. Programs such as
/// `tee` print results on the same terminal, but later, over the redrawn bars.
pub fn has_room_for_bars() -> bool {
    io::stderr().is_terminal() && (io::stdout().is_terminal() || !is_pipe(&io::stdout()))
}

/// Whether standard output goes to another program.
#[cfg(unix)]
fn is_pipe(output: &impl std::os::fd::AsFd) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let metadata = output.as_fd().try_clone_to_owned().and_then(|output| std::fs::File::from(output).metadata());
    metadata.map(|metadata| metadata.file_type()).is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}

/// Whether standard output goes to another program. This cannot be determined here, so it is assumed.
#[cfg(not(unix))]
fn is_pipe(_: &impl Sized) -> bool {
    true
}

/// The width of the terminal to which results go, in columns; unlimited if they go elsewhere.
pub fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(usize::MAX, |(width, _)| usize::from(width.0))
}

/// As [`width`], for pictures. If they do not go to a terminal, the width is 80, since a row in a file would be
/// endless.
pub fn width_of_pictures() -> usize {
    match width() {
        usize::MAX => 80,
        width => width,
    }
}

/// The number of grey shades of the terminal; ASCII characters if there is no terminal or colours are not wanted.
pub fn depth() -> Depth {
    if !is_coloured() {
        return Depth::Ascii;
    }
    let variable = |name| std::env::var(name).unwrap_or_default();
    // Windows Terminal supports all colours, but does not say so in these variables.
    if !variable("WT_SESSION").is_empty() {
        return Depth::TrueColor;
    }
    depth_of(&variable("COLORTERM"), &variable("TERM"))
}

/// The depth according to the variables. A terminal called just xterm, as in a container, is assumed to have 256
/// colours.
fn depth_of(colorterm: &str, term: &str) -> Depth {
    if ["truecolor", "24bit"].contains(&colorterm) || term.ends_with("-direct") {
        Depth::TrueColor
    } else if term.contains("256color") || term.starts_with("xterm") {
        Depth::Colors256
    } else {
        Depth::Ascii
    }
}

/// Whether results are printed in colour.
pub fn is_coloured() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_reads_along_is_told_from_a_file() {
        let (_reader, pipe) = io::pipe().unwrap();
        let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(is_pipe(&pipe) && is_pipe(&socket));
        let file = tempfile::tempfile().unwrap();
        let null = std::fs::File::options().write(true).open("/dev/null").unwrap();
        assert!(!is_pipe(&file) && !is_pipe(&null));
    }

    #[test]
    fn a_terminal_says_how_many_colours_it_has() {
        assert_eq!(depth_of("truecolor", "xterm-256color"), Depth::TrueColor);
        assert_eq!(depth_of("", "xterm-direct"), Depth::TrueColor);
        for term in ["screen-256color", "tmux-256color", "xterm", "xterm-kitty"] {
            assert_eq!(depth_of("", term), Depth::Colors256, "{term}");
        }
        for term in ["", "dumb", "linux", "vt100", "ansi"] {
            assert_eq!(depth_of("", term), Depth::Ascii, "{term}");
        }
    }
}
