//! A figure as characters of a terminal.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::draw::{marks, ruler, shown};
use super::ruler::Ruler;
use super::{Figure, Panel, Series, in_lines};

/// Lines of a plot, without axes and labels.
const ROWS: usize = 15;
/// The signs of the curves, in the legend and along them.
const SIGNS: [char; 7] = ['o', 'x', '+', '*', '#', '@', '%'];
/// The signs of further curves; after the last, all signs are used again.
const LETTERS: &str = "abcdefghijklmnpqrstuvwyzABCDEFGHIJKLMNPQRSTUVWYZ";
/// Colours that can be seen on light and dark terminals; signs distinguish curves that have the same colour.
const COLOURS: [AnsiColor; 6] =
    [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::BrightBlue, AnsiColor::Red];

impl Figure {
    /// The figure as lines of at most `columns` characters; fewer than 40 count as 40. Curves are of Braille dots with
    /// colours, of plain ASCII without.
    #[must_use]
    pub fn text(&self, columns: usize, colours: bool) -> String {
        let columns = columns.max(40);
        let mut text = String::new();
        for line in [&self.title, &self.subtitle].into_iter().flat_map(|heading| in_lines(&shown(heading), columns)) {
            text += &format!("{}\n", line.trim_end());
        }
        for panel in &self.panels {
            let label = in_lines(&shown(&panel.y.label), columns).join("\n");
            text += &format!("\n{label}\n{}{}", legend(panel, columns, colours), plot(panel, columns, colours));
        }
        text
    }
}

/// A line for each named curve, or more if the name is long.
fn legend(panel: &Panel, columns: usize, colours: bool) -> String {
    let line = |series: &Series| {
        let style = style(series.place, colours);
        let lines = in_lines(&shown(&series.name), columns - 4);
        let name = lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n    ");
        format!("{style}  {} {name}{style:#}\n", sign(series.place))
    };
    panel.named().map(line).collect()
}

/// Draws the curves with their axes.
fn plot(panel: &Panel, columns: usize, colours: bool) -> String {
    let [x, y] = [(&panel.x, columns / 12, true), (&panel.y, 6, false)]
        .map(|(axis, ticks, is_x)| ruler(panel, axis, ticks, is_x));
    let margin = y.ticks.iter().map(|(_, label)| label.len()).max().unwrap_or(0) + 1;
    // Leave room at the right for half a label.
    let canvas = Canvas::of(panel, &x, &y, columns.saturating_sub(margin + 5).max(10), colours);
    let [tick, side, corner, floor, stand] =
        if colours { ['┤', '│', '└', '─', '┬'] } else { ['+', '|', '+', '-', '+'] };
    let mut text = String::new();
    for (row, cells) in canvas.cells.iter().enumerate() {
        let at = |value: f64| y.place(value).map(|place| ((1.0 - place) * (ROWS - 1) as f64).round() as usize);
        let label = y.ticks.iter().find(|(value, _)| at(*value) == Some(row)).map(|(_, label)| label.as_str());
        let axis = if label.is_some() { tick } else { side };
        let _ = write!(text, "{:>width$} {axis}", label.unwrap_or_default(), width = margin - 1);
        text += canvas.row(cells).trim_end();
        text.push('\n');
    }
    let mut line = vec![floor; canvas.columns];
    let mut labels = vec![' '; margin + canvas.columns + 5];
    let mut free = 0;
    for (value, label) in &x.ticks {
        let column = (x.place(*value).unwrap_or(0.0) * (canvas.columns - 1) as f64).round() as usize;
        line[column] = stand;
        let begin = (margin + 1 + column).saturating_sub(label.len() / 2);
        if begin >= free && begin + label.len() <= labels.len() {
            labels[begin..begin + label.len()].iter_mut().zip(label.chars()).for_each(|(cell, c)| *cell = c);
            free = begin + label.len() + 1;
        }
    }
    let _ = writeln!(text, "{:margin$}{corner}{}", "", line.iter().collect::<String>());
    let _ = writeln!(text, "{}", labels.iter().collect::<String>().trim_end());
    let _ = writeln!(text, "{:>width$}", panel.x.label, width = margin + 1 + canvas.columns);
    text
}

/// The content of a cell: dots of the curve that was drawn last, or a sign, which keeps the colour of its own curve.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    dots: u8,
    sign: Option<char>,
    place: usize,
}

struct Canvas {
    columns: usize,
    colours: bool,
    cells: Vec<Vec<Cell>>,
}

impl Canvas {
    fn of(panel: &Panel, x: &Ruler, y: &Ruler, columns: usize, colours: bool) -> Self {
        let mut canvas = Canvas { columns, colours, cells: vec![vec![Cell::default(); columns]; ROWS] };
        let (wide, high) = if colours { (2 * columns, 4 * ROWS) } else { (columns, ROWS) };
        for (i, series) in panel.series.iter().enumerate() {
            let dot = |&(at, value): &(f64, f64)| {
                let dots = |place: f64, n: usize| (place * (n - 1) as f64).round() as i64;
                Some((dots(x.place(at)?, wide), dots(1.0 - y.place(value)?, high)))
            };
            let dots: Vec<_> = series.points.iter().filter_map(dot).collect();
            dots.windows(2).for_each(|pair| canvas.line(pair[0], pair[1], series.place));
            let places: Vec<_> = dots.iter().map(|&(x, _)| x as f64 / wide as f64).collect();
            let turn = i as f64 / panel.series.len() as f64;
            for mark in marks(&places, (8, 8), turn) {
                canvas.sign(dots[mark], series.place);
            }
        }
        canvas
    }

    /// Draws a line from dot to dot, stepping along the longer axis.
    fn line(&mut self, (x, y): (i64, i64), (to_x, to_y): (i64, i64), place: usize) {
        let steps = (to_x - x).abs().max((to_y - y).abs()).max(1);
        for i in 0..=steps {
            let dot = (x + (to_x - x) * i / steps, y + (to_y - y) * i / steps);
            if self.colours {
                // The bits of a Braille character, by row and column of its dots.
                const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
                let cell = self.cell(dot);
                cell.dots |= BITS[dot.1 as usize % 4][dot.0 as usize % 2];
                if cell.sign.is_none() {
                    cell.place = place; // a sign keeps the colour of its curve
                }
            } else {
                self.sign(dot, place);
            }
        }
    }

    fn sign(&mut self, dot: (i64, i64), place: usize) {
        let cell = self.cell(dot);
        (cell.sign, cell.place) = (Some(sign(place)), place);
    }

    fn cell(&mut self, (x, y): (i64, i64)) -> &mut Cell {
        let (wide, high) = if self.colours { (2, 4) } else { (1, 1) };
        let row = (y as usize / high).min(ROWS - 1);
        &mut self.cells[row][(x as usize / wide).min(self.columns - 1)]
    }

    /// A row as text, with as few changes of colour as possible.
    fn row(&self, cells: &[Cell]) -> String {
        let drawn = |cell: &Cell| cell.sign.is_some() || cell.dots > 0;
        let parts = cells.chunk_by(|a, b| drawn(a) == drawn(b) && a.place == b.place);
        let part = |cells: &[Cell]| {
            let dots = |cell: &Cell| char::from_u32(0x2800 + u32::from(cell.dots)).unwrap_or(' ');
            let character = |cell: &Cell| cell.sign.unwrap_or_else(|| if cell.dots > 0 { dots(cell) } else { ' ' });
            let characters: String = cells.iter().map(character).collect();
            let style = if drawn(&cells[0]) { style(cells[0].place, self.colours) } else { Style::new() };
            format!("{style}{characters}{style:#}")
        };
        parts.map(part).collect()
    }
}

fn sign(place: usize) -> char {
    SIGNS.into_iter().chain(LETTERS.chars()).cycle().nth(place).unwrap_or_default()
}

fn style(place: usize, colours: bool) -> Style {
    if colours { COLOURS[place % COLOURS.len()].on_default() } else { Style::new() }
}
