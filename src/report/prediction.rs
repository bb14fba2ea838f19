//! A network's answer to a picture, as text and as JSON.

use serde::Serialize;

use super::bars::{bars, beside_a_bar};
use super::evaluation::json_line;
use super::percent;
use crate::data::ClassNames;
use crate::network::{Output, prediction};
use crate::picture::Picture;
use crate::picture::terminal::{Depth, lines};
use crate::printable::printable;

/// Columns between the picture and the bars.
const GAP: usize = 2;
/// The maximum length of a bar in characters.
const BAR: usize = 20;

/// The answer to one picture.
///
/// The outputs are shown as they are. Softmax outputs are probabilities and add up to 1. Sigmoid outputs answer
/// independent questions ("is it a 3?"), each from 0 to 1; they need not add up to 1, and are not normalized.
#[derive(Debug, Clone)]
pub struct PredictionReport<'a> {
    /// The file of the picture.
    pub file: &'a str,
    /// The number of the image in a file of many, counted from 0.
    pub index: Option<usize>,
    /// The number of places in which the picture was seen; 1 if only as it is.
    pub views: usize,
    /// a^L, (n_L), at least two.
    pub outputs: &'a [f64],
    /// The kind of output layer.
    pub layer: Output,
    /// The names of the classes.
    pub names: &'a ClassNames,
}

#[derive(Serialize)]
struct Json<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<usize>,
    #[serde(flatten)]
    answer: Place<'a>,
    runner_up: Place<'a>,
    output_layer: &'static str,
    outputs: &'a [f64],
}

/// A class and its output.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Place<'a> {
    label: usize,
    /// Omitted if classes have only numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
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
        let (answer, runner_up) = self.places();
        let output_layer = self.layer.name();
        let views = (self.views > 1).then_some(self.views);
        let (file, index, outputs) = (self.file, self.index, self.outputs);
        json_line(&Json { file, index, views, answer, runner_up, output_layer, outputs })
    }

    /// One line: the class, its output and the runner-up.
    #[must_use]
    pub fn text(&self) -> String {
        let (first, second) = self.places();
        let shown = |place: Place| {
            let output = match self.layer {
                Output::Softmax => percent(Some(place.output)),
                Output::Sigmoid => format!("{:.3}", place.output),
            };
            format!("{} ({output})", self.names.of(place.label))
        };
        let index = self.index.map_or_else(String::new, |index| format!(" #{index}"));
        format!("{}{index}: {}, then {}\n", printable(self.file), shown(first), shown(second))
    }

    /// The same line and, below it, the picture as the network saw it beside bars of its outputs, for a terminal of
    /// `width` columns.
    ///
    /// A picture that is too wide is reduced by a whole factor.
    #[must_use]
    pub fn with_picture(&self, seen: &Picture, width: usize, depth: Depth) -> String {
        let beside = GAP + beside_a_bar(self.outputs, self.names);
        let seen = seen.reduced(seen.width().div_ceil(width.saturating_sub(beside + 1).max(1)));
        let bar = width.saturating_sub(seen.width() + beside).clamp(1, BAR);
        let (picture, bars) = (lines(&seen, depth), bars(self.outputs, self.names, None, bar, depth));
        let mut text = self.text();
        if self.views > 1 {
            text += &format!("seen in {} places, of which this is the middle one\n", self.views);
        }
        for line in 0..picture.len().max(bars.len()) {
            let picture = picture.get(line).cloned().unwrap_or_else(|| " ".repeat(seen.width()));
            let bar = bars.get(line).map_or("", |bar| bar.trim_end());
            text += &format!("{picture}{:GAP$}{bar}", "");
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text + "\n"
    }

    /// The classes with the largest and the second largest output. On a tie, the lower class comes first.
    fn places(&self) -> (Place<'_>, Place<'_>) {
        let place = |label: usize| Place { label, name: self.names.name(label), output: self.outputs[label] };
        let first = prediction(self.outputs);
        let mut others = self.outputs.to_vec();
        others[first] = f64::NEG_INFINITY;
        (place(first), place(prediction(&others)))
    }
}

/// The failure to answer a picture, as JSON and a newline.
#[must_use]
pub fn json_of_failure(file: &str, error: &str) -> String {
    json_line(&JsonError { file, error })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static NUMBERS: LazyLock<ClassNames> = LazyLock::new(ClassNames::default);

    fn report(outputs: &[f64], layer: Output) -> PredictionReport<'_> {
        PredictionReport { file: "a.png", index: None, views: 1, outputs, layer, names: &NUMBERS }
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
                text.lines()
                    .skip(1)
                    .all(|line| line.chars().count() <= width.max(2 + GAP + beside_a_bar(&[], &NUMBERS))),
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
        let names = ["Bag", "Shirt"].iter().collect();
        let report = PredictionReport { names: &names, ..report(&[0.25, 0.75], Output::Softmax) };
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!((&json["name"], &json["runner_up"]["name"]), (&"Shirt".into(), &"Bag".into()));
        assert_eq!(report.text(), "a.png: Shirt (75.00%), then Bag (25.00%)\n");
        let report = PredictionReport { file: "a.csv", index: Some(7), ..report };
        assert!(report.json().starts_with(r#"{"file":"a.csv","index":7,"label":1,"#), "{}", report.json());
        assert_eq!(report.text(), "a.csv #7: Shirt (75.00%), then Bag (25.00%)\n");
        assert_eq!(json_of_failure("a", "b"), "{\"file\":\"a\",\"error\":\"b\"}\n");
    }

    #[test]
    fn the_lower_class_comes_first_on_a_tie() {
        let labels = |outputs: &[f64]| {
            let report = report(outputs, Output::Sigmoid);
            let (first, second) = report.places();
            (first.label, second.label)
        };
        assert_eq!(labels(&[0.5, 0.5, 0.5]), (0, 1));
        assert_eq!(labels(&[0.0, 0.0]), (0, 1));
    }
}
