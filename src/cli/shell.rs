//! Commands to type, as messages suggest them: words quoted for the shell.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mnist_mlp::printable::printable;

use super::args::DataArguments;

/// A word quoted for the shell.
pub fn quoted(word: &OsStr) -> String {
    quoted_for(&word.to_string_lossy(), cfg!(windows))
}

/// An option and its value, as in `--eta 0.5`; as one word if the value begins with a hyphen.
pub fn words(name: &str, value: &OsStr) -> Vec<OsString> {
    let mut option = OsString::from(format!("--{name}"));
    if value.as_encoded_bytes().starts_with(b"-") {
        option.push("=");
        option.push(value);
        return vec![option];
    }
    vec![option, value.to_os_string()]
}

/// An option and its value as text to append to a command.
pub fn option(name: &str, value: &OsStr) -> String {
    typed(words(name, value))
}

/// Words as text to append to a command.
pub fn typed(words: impl IntoIterator<Item = OsString>) -> String {
    words.into_iter().fold(String::new(), |line, word| line + " " + &quoted(&word))
}

/// A file, and the --data argument if it was given, as typed on the command line.
pub fn file_and_data(file: &Path, data: &DataArguments) -> String {
    let data = data.data.as_deref().map(|data| option("data", data));
    // A name that begins with a dash would be taken for an option.
    let here = if file.as_os_str().as_encoded_bytes().starts_with(b"-") { "./" } else { "" };
    format!("{here}{}{}", quoted(file.as_os_str()), data.unwrap_or_default())
}

/// Quotes a word. On Windows a backslash is part of a path, and double quotes are the only ones that all shells know;
/// file names cannot contain them.
fn quoted_for(word: &str, windows: bool) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c) || windows && c == '\\';
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else if printable(word) != word && !windows {
        // What moves the cursor of a terminal must not be printed.
        format!("$'{}'", word.chars().map(in_ansi_c).collect::<String>())
    } else if windows {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A character between the quotes of `$'...'`.
fn in_ansi_c(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        _ if printable(c) == c.to_string() => c.to_string(),
        _ => c.to_string().bytes().fold(String::new(), |text, byte| text + &format!("\\{byte:03o}")),
    }
}

/// How this program was called: the text to type before a subcommand.
pub fn program() -> String {
    if std::env::var_os("CARGO_MANIFEST_DIR").is_some() {
        return "cargo run --release --".to_string();
    }
    std::env::args_os().next().map_or_else(|| "mnist".to_string(), |name| quoted(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        let of =
            |windows| ["a.json", r"C:\a b\c.json", r"out\c.json", "it's", ""].map(|word| quoted_for(word, windows));
        assert_eq!(of(false), ["a.json", r"'C:\a b\c.json'", r"'out\c.json'", r"'it'\''s'", "''"]);
        assert_eq!(quoted_for("e\u{1b}[31m'\\\u{202e}é", false), r"$'e\033[31m\'\\\342\200\256é'");
        assert_eq!(of(true), ["a.json", r#""C:\a b\c.json""#, r"out\c.json", r#""it's""#, r#""""#]);
    }
}
