//! Charts: draws values as SVG, as PNG or with the characters of a terminal. This module does not train and does not
//! read files.
//!
//! [`learning_curves`] makes a [`Figure`] of the histories of trainings. The figure can draw itself.

#![allow(clippy::cast_possible_wrap, reason = "lines, columns and ticks are few")]
#![allow(clippy::float_cmp, reason = "what is compared are copies of the same number")]

mod against;
mod curves;
mod draw;
mod picture;
mod read;
mod ruler;
mod settings;
mod terminal;
#[cfg(test)]
mod tests;

pub use against::Against;
pub use curves::{Choice, PlotError, Run, learning_curves};
pub use read::ReadError;
use ruler::in_words;
pub use ruler::{Scale, Unit};

/// Panels, one below the other, under a common title.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// The title, in large letters; may be empty.
    pub title: String,
    /// The subtitle; may be empty.
    pub subtitle: String,
    /// The panels.
    pub panels: Vec<Panel>,
    /// A sentence for each thing that was asked for but cannot be drawn.
    pub missing: Vec<String>,
    /// What the reader of the figure should know, in a sentence each.
    pub notes: Vec<String>,
}

/// A pair of axes and their curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The curves.
    pub series: Vec<Series>,
}

/// An axis of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The name of the quantity, such as "accuracy".
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// The format of its numbers.
    pub unit: Unit,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend; empty if it is the only curve of the figure.
    pub name: String,
    /// Its place among the curves of the figure, which determines its colour and marker. Curves with the same name have
    /// the same place in all panels.
    pub place: usize,
    /// The points (x, y), in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
}

impl Panel {
    /// The curves with a name, which the legend lists.
    fn named(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(|series| !series.name.is_empty())
    }
}

impl Figure {
    /// A sentence for each thing that is missing or that a logarithmic axis leaves out; empty if everything is drawn.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        let axes = self.panels.iter().flat_map(|Panel { x, y, series }| [(x, series, true), (y, series, false)]);
        let mut sentences = Vec::new();
        for (axis, series, is_x) in axes.filter(|(axis, ..)| axis.scale == Scale::Log) {
            let mut values = series.iter().flat_map(|series| &series.points).map(|p| if is_x { p.0 } else { p.1 });
            if values.any(|value| value <= 0.0) {
                let what = format!("{} of 0 or less", axis.label);
                sentences.push(format!("{what} has no place on a logarithmic axis: it is left out"));
            }
        }
        sentences.sort();
        sentences.dedup(); // panels share their x
        [self.missing.clone(), sentences].concat()
    }

    /// Describes the figure in words for those who cannot see it: the ends of each curve.
    #[must_use]
    pub fn words(&self) -> String {
        let mut sentences: Vec<_> = [&self.title, &self.subtitle].into_iter().cloned().collect();
        for Panel { x, y, series } in &self.panels {
            let curve = |series: &Series| {
                let mut ends: Vec<_> = series.points.first().into_iter().chain(series.points.last()).collect();
                ends.dedup();
                let end =
                    |(at, value): &(f64, f64)| format!("{} at {}", in_words(*value, y.unit), in_words(*at, x.unit));
                let ends = ends.into_iter().map(end).collect::<Vec<_>>().join(", ");
                if series.name.is_empty() { ends } else { format!("{}: {ends}", series.name) }
            };
            let curves: Vec<_> = series.iter().map(curve).collect();
            sentences.push(format!("{} against {}. {}", y.label, x.label, curves.join("; ")));
        }
        sentences.retain(|sentence| !sentence.is_empty());
        sentences.join(". ")
    }
}

/// The maximum number of lines of a heading or a name. Names in files may be of any length, and the picture must have
/// room for all lines.
const MAX_LINES: usize = 8;

/// Breaks a list with commas into lines of at most `characters` characters. A longer item is broken at the end of a
/// line; the list is cut off after [`MAX_LINES`] lines.
fn in_lines(list: &str, characters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in list.split_inclusive(", ") {
        if lines.len() > MAX_LINES {
            break;
        }
        let word: Vec<char> = part.trim_end().chars().collect();
        let space = &part[part.trim_end().len()..];
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.len() <= characters => line.push_str(part),
            _ => {
                lines.extend(word.chunks(characters.max(1)).map(|piece| piece.iter().collect::<String>()));
                lines.last_mut().into_iter().for_each(|line| line.push_str(space));
            }
        }
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        let last = lines.last_mut().expect("there are some");
        *last = last.chars().take(characters.saturating_sub(3)).chain("...".chars()).collect();
    }
    lines
}

/// The background of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Black on white, for a separate file or for print.
    #[default]
    Paper,
    /// No background and the text colour of the surrounding page (`currentColor`), light or dark.
    Page,
}
