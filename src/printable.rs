//! Names from outside, made safe to print on a terminal.

use std::fmt::Display;

/// A name as it may stand in a line: what would break the line, or move the cursor of a terminal, is replaced.
#[must_use]
pub fn printable(name: impl Display) -> String {
    name.to_string().replace(char::is_control, "\u{FFFD}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_moves_the_cursor() {
        assert_eq!(printable("a\nb\u{1b}[31m é 日"), "a\u{FFFD}b\u{FFFD}[31m é 日");
    }
}
