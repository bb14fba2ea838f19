//! Makes names from outside safe to print on a terminal.

use std::fmt::Display;

/// A name that can be printed within a line: characters that would break the line, move the cursor of a terminal or
/// change the reading direction are replaced.
#[must_use]
pub fn printable(name: impl Display) -> String {
    let is_moving = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    name.to_string().replace(is_moving, "\u{FFFD}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_moves_the_cursor() {
        assert_eq!(printable("a\u{202E}b"), "a\u{FFFD}b");
        assert_eq!(printable("a\nb\u{1b}[31m é 日"), "a\u{FFFD}b\u{FFFD}[31m é 日");
    }
}
