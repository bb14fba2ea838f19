//! The outputs of a network as a bar chart.

use anstyle::{AnsiColor, Style};

use crate::data::ClassNames;
use crate::network::prediction;
use crate::picture::terminal::Depth;

const RIGHT: Style = AnsiColor::Green.on_default();
const WRONG: Style = AnsiColor::Red.on_default();

/// With up to this many classes, each has a bar; with more, only those with the largest outputs have.
const MAX_SHOWN: usize = 10;

/// The columns for the name of a class; at least 3, as a number may need.
fn class_width(outputs: &[f64], names: &ClassNames) -> usize {
    names.width(outputs.len()).max(3)
}

/// The columns beside each bar: the class, two spaces on each side of the bar, the output, and the mark.
pub(super) fn beside_a_bar(outputs: &[f64], names: &ClassNames) -> usize {
    class_width(outputs, names) + 2 + 2 + 5 + 2 + 6
}

/// A line for each class: its name, a bar that has `length` characters for an output of 1, and the output. The label is
/// marked, if it is known; the answer is marked, if it is not the label.
///
/// Of more than ten classes only those with the largest outputs are shown, and the label. All lines have the same
/// number of characters; they have no escape codes if the terminal has no colours. `outputs` is a^L, (n_L), and `names`
/// are the names of the classes.
#[must_use]
pub fn bars(outputs: &[f64], names: &ClassNames, label: Option<usize>, length: usize, depth: Depth) -> Vec<String> {
    let width = class_width(outputs, names);
    let answer = prediction(outputs);
    let line = |class: usize| {
        let (mark, style) = match label {
            Some(label) if label == class => ("label", RIGHT),
            None if answer == class => ("answer", RIGHT),
            Some(_) if answer == class => ("answer", WRONG),
            _ => ("", Style::new()),
        };
        let style = if depth == Depth::Ascii { Style::new() } else { style };
        let bar = bar(outputs[class], length, depth);
        let (name, output) = (names.short(class), outputs[class]);
        format!("{name:>width$}  {style}{bar:<length$}  {output:.3}  {mark:<6}{style:#}")
    };
    shown(outputs, label).into_iter().map(line).collect()
}

/// All classes in order; if they are many, those with the largest outputs, largest first.
fn shown(outputs: &[f64], label: Option<usize>) -> Vec<usize> {
    let mut classes: Vec<_> = (0..outputs.len()).collect();
    if classes.len() > MAX_SHOWN {
        classes.sort_by(|&a, &b| outputs[b].total_cmp(&outputs[a]));
        classes.truncate(MAX_SHOWN);
        if let Some(label) = label.filter(|label| !classes.contains(label)) {
            classes[MAX_SHOWN - 1] = label;
        }
    }
    classes
}

/// A bar in proportion to `output`, in eighths of a character where the terminal has them.
fn bar(output: f64, length: usize, depth: Depth) -> String {
    let share = output.clamp(0.0, 1.0) * length as f64;
    if depth == Depth::Ascii {
        return "#".repeat(share.round() as usize);
    }
    let eighths = (share * 8.0).round() as usize;
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_shows_label_and_answer() {
        let none = ClassNames::default();
        let lines = bars(&[0.5, 0.0, 1.0], &none, Some(0), 4, Depth::Ascii);
        assert_eq!(lines, ["  0  ##    0.500  label ", "  1        0.000        ", "  2  ####  1.000  answer"]);
        let lines = bars(&[0.53, 0.0, 1.0], &none, Some(0), 4, Depth::TrueColor);
        assert_eq!(lines[0], "  0  \x1b[32m██▏   0.530  label \x1b[0m");
        assert_eq!(lines[2], "  2  \x1b[31m████  1.000  answer\x1b[0m");
        let unknown = bars(&[0.5, 0.0, 1.0], &none, None, 4, Depth::Ascii);
        assert_eq!(unknown[0], "  0  ##    0.500        ");
    }

    #[test]
    fn every_line_has_as_many_characters() {
        let outputs = [0.0, 1.0, 0.999_99, 0.062, 1e-12];
        for names in [ClassNames::default(), ["A", "größer", "b", "c", "a name that is far too long"].iter().collect()]
        {
            for line in bars(&outputs, &names, Some(3), 9, Depth::TrueColor) {
                let plain = anstream::adapter::strip_str(&line).to_string();
                assert_eq!(plain.chars().count(), beside_a_bar(&outputs, &names) + 9, "{plain}");
            }
        }
        assert_eq!(bars(&[0.5], &["ab cd"].iter().collect(), None, 4, Depth::Ascii), ["ab cd  ##    0.500  answer"]);
    }

    #[test]
    fn of_many_classes_the_largest_are_shown_and_the_label() {
        let outputs: Vec<_> = (0..256).map(|class| f64::from(class) / 256.0).collect();
        assert_eq!(shown(&outputs, None), [255, 254, 253, 252, 251, 250, 249, 248, 247, 246]);
        assert_eq!(shown(&outputs, Some(3))[8..], [247, 3]);
        assert_eq!(shown(&outputs, Some(254))[8..], [247, 246]);
        assert_eq!(shown(&outputs[..10], None), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
