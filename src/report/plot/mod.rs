//! Charts: values to SVG, PNG or the characters of a terminal. Nothing here trains or reads a file.
//!
//! [`learning_curves`] makes a [`Figure`] of the histories of trainings. The figure draws itself.

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

/// Panels below each other, under one title.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// What stands above in large letters; may be empty.
    pub title: String,
    /// What stands below that; may be empty.
    pub subtitle: String,
    /// What is drawn.
    pub panels: Vec<Panel>,
    /// What was to be drawn and is not because there is nothing of it, in a sentence each.
    pub missing: Vec<String>,
    /// What the reader of the figure should know, in a sentence each.
    pub notes: Vec<String>,
}

/// One pair of axes and the curves between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The curves.
    pub series: Vec<Series>,
}

/// What an axis shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// What is measured, as in "accuracy".
    pub label: String,
    /// How it is spread.
    pub scale: Scale,
    /// How its numbers are written.
    pub unit: Unit,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the legend says; a curve alone in its figure has no need of one, and no name.
    pub name: String,
    /// Its place among the curves of the figure, from which its colour and its marker follow: those of one name have
    /// one place in all panels, whatever else is in them.
    pub place: usize,
    /// x and y, in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
}

impl Panel {
    /// The curves that the legend names.
    fn named(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(|series| !series.name.is_empty())
    }
}

impl Figure {
    /// What is missing, and what a logarithmic axis leaves out, in a sentence each; nothing if all is drawn.
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

    /// What the figure shows, for those who do not see it: where each curve begins and ends.
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

/// The most lines of a heading or a name. Words of files may be of any length, and a picture must be as high as they
/// take.
const MAX_LINES: usize = 8;

/// A list with commas in lines of at most so many characters. A part that is longer is cut where the line ends, and the
/// list where the last line does.
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

/// What a figure is drawn upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Black on white: a file of its own, or print.
    #[default]
    Paper,
    /// No background, and the text colour of the page around it (`currentColor`), light or dark.
    Page,
}
