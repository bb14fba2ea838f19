//! What a network answered to a picture, for people and for programs.

use serde::Serialize;

use super::bars::{BESIDE_A_BAR, bars};
use super::evaluation::json_line;
use super::percent;
use crate::network::{Output, prediction};
use crate::picture::Picture;
use crate::picture::terminal::{Depth, lines};
use crate::printable::printable;

/// Columns between the picture and the bars.
const GAP: usize = 2;
/// The most characters of a bar.
const BAR: usize = 20;

/// The answer to one picture, with what it is of.
///
/// The outputs are shown as they are. Those of a softmax are probabilities and add up to 1. Those of sigmoids are ten
/// answers to ten questions ("is it a 3?"), each from 0 to 1 by itself; they need not add up to 1, and are not made to.
#[derive(Debug, Clone)]
pub struct PredictionReport<'a> {
    /// The file of the picture.
    pub file: &'a str,
    /// a^L, (n_L), at least two.
    pub outputs: &'a [f64],
    /// What the outputs are.
    pub layer: Output,
}

#[derive(Serialize)]
struct Json<'a> {
    file: &'a str,
    label: usize,
    output: f64,
    runner_up: Place,
    output_layer: &'static str,
    outputs: &'a [f64],
}

/// A class and its output.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Place {
    label: usize,
    output: f64,
}

#[derive(Serialize)]
struct JsonError<'a> {
    file: &'a str,
    error: &'a str,
}

impl PredictionReport<'_> {
    /// One JSON object and a newline.
    #[must_use]
    pub fn json(&self) -> String {
        let (first, second) = self.places();
        let output_layer = self.layer.name();
        let Place { label, output } = first;
        json_line(&Json { file: self.file, label, output, runner_up: second, output_layer, outputs: self.outputs })
    }

    /// One line: the class, its output and the runner-up.
    #[must_use]
    pub fn text(&self) -> String {
        let (first, second) = self.places();
        let shown = |place: Place| match self.layer {
            Output::Softmax => percent(Some(place.output)),
            Output::Sigmoid => format!("{:.3}", place.output),
        };
        format!(
            "{}: {} ({}), then {} ({})\n",
            printable(self.file),
            first.label,
            shown(first),
            second.label,
            shown(second)
        )
    }

    /// The same, and below it what the network saw, beside its outputs as bars; for a terminal of `width` columns.
    ///
    /// A picture that is too wide is made smaller by a whole factor.
    #[must_use]
    pub fn with_picture(&self, seen: &Picture, width: usize, depth: Depth) -> String {
        let seen = seen.reduced(seen.width().div_ceil(width.saturating_sub(GAP + BESIDE_A_BAR + 1).max(1)));
        let bar = width.saturating_sub(seen.width() + GAP + BESIDE_A_BAR).clamp(1, BAR);
        let (picture, bars) = (lines(&seen, depth), bars(self.outputs, None, bar, depth));
        let mut text = self.text();
        for line in 0..picture.len().max(bars.len()) {
            let picture = picture.get(line).cloned().unwrap_or_else(|| " ".repeat(seen.width()));
            let bar = bars.get(line).map_or("", |bar| bar.trim_end());
            text += &format!("{picture}{:GAP$}{bar}", "");
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text + "\n"
    }

    /// The class with the largest output, and the one with the next; the lower class on a tie.
    fn places(&self) -> (Place, Place) {
        let place = |label: usize| Place { label, output: self.outputs[label] };
        let first = prediction(self.outputs);
        let mut others = self.outputs.to_vec();
        others[first] = f64::NEG_INFINITY;
        (place(first), place(prediction(&others)))
    }
}

/// A picture that has no answer, as JSON and a newline.
#[must_use]
pub fn json_of_failure(file: &str, error: &str) -> String {
    json_line(&JsonError { file, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outputs: &[f64], layer: Output) -> PredictionReport<'_> {
        PredictionReport { file: "a.png", outputs, layer }
    }

    #[test]
    fn sigmoids_have_outputs_and_a_softmax_has_probabilities() {
        let outputs = [0.25, 0.0625, 0.9375];
        assert_eq!(report(&outputs, Output::Sigmoid).text(), "a.png: 2 (0.938), then 0 (0.250)\n");
        assert_eq!(report(&outputs, Output::Softmax).text(), "a.png: 2 (93.75%), then 0 (25.00%)\n");
    }

    #[test]
    fn what_was_seen_stands_beside_the_bars() {
        let seen = Picture::new(4, 4, vec![0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 0, 255, 0, 0]).unwrap();
        let text = report(&[0.25, 0.0, 0.5], Output::Sigmoid).with_picture(&seen, 80, Depth::Ascii);
        let expected = "a.png: 2 (0.500), then 0 (0.250)\n  @     0  #####                 0.250\n \
            @      1                        0.000\n        2  ##########            0.500  answer\n\n";
        assert_eq!(text, expected);
        for width in 0..60 {
            let text = report(&[0.25, 0.0, 0.5], Output::Sigmoid).with_picture(&seen, width, Depth::TrueColor);
            let text = anstream::adapter::strip_str(&text).to_string();
            assert!(
                text.lines().skip(1).all(|line| line.chars().count() <= width.max(GAP + BESIDE_A_BAR + 2)),
                "{text}"
            );
        }
    }

    #[test]
    fn json_has_the_promised_keys() {
        let json: serde_json::Value = serde_json::from_str(&report(&[0.25, 0.75], Output::Softmax).json()).unwrap();
        let expected = serde_json::json!({
            "file": "a.png", "label": 1, "output": 0.75, "runner_up": {"label": 0, "output": 0.25},
            "output_layer": "softmax", "outputs": [0.25, 0.75],
        });
        assert_eq!(json, expected);
        assert_eq!(json_of_failure("a", "b"), "{\"file\":\"a\",\"error\":\"b\"}\n");
    }

    #[test]
    fn the_lower_class_comes_first_on_a_tie() {
        let (first, second) = report(&[0.5, 0.5, 0.5], Output::Sigmoid).places();
        assert_eq!((first.label, second.label), (0, 1));
        let (first, second) = report(&[0.0, 0.0], Output::Sigmoid).places();
        assert_eq!((first.label, second.label), (0, 1));
    }
}
