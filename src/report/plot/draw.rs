//! The layout and drawing of a figure, for any backend.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ruler::Ruler;
use super::{Axis, Figure, Panel, Series, in_lines};
use crate::printable::printable;

/// Colours that colour-blind people can distinguish (Okabe and Ito 2008, "Color Universal Design"), the darker ones
/// first. Their yellow is omitted, since it is too light for lines on white.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Number of corners and rotation (in turns) of each marker, so that colour is never the only distinction.
const MARKERS: [(usize, f64); 7] = [(24, 0.0), (4, 0.125), (3, 0.25), (4, 0.0), (3, 0.75), (6, 0.0), (5, 0.25)];

/// Dimensions, in pixels of the page.
pub(super) const WIDTH: i32 = 720;
const MARGIN: i32 = 16;
const PLOT: i32 = 250;
/// Space above a panel, and above its plot.
const GAP: i32 = 10;
const ABOVE: i32 = 8;
/// Space around the plot: on the left for the numbers of y, if they are short; below for the numbers of x; then for the
/// name of x; on the right for half a number.
const LEFT: i32 = 58;
const BELOW: i32 = 26;
const NAME: i32 = 20;
const RIGHT: i32 = 22;
const TITLE: i32 = 18;
const TITLE_LINE: i32 = TITLE + 8;
const TEXT: i32 = 13;
const LINE: i32 = 20;
/// Length of the line sample in the legend.
const SAMPLE: i32 = 30;
/// Offset of the text in the legend.
const ENTRY: i32 = SAMPLE + 6;

/// A curve with more points than the first number has about as many markers as the second.
const MARKED: (usize, usize) = (40, 12);

/// Maximum number of curves in the legend: as many as colour and marker can distinguish.
const NAMED: usize = COLOURS.len() * MARKERS.len();

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Where to draw, and at which scale.
pub(super) struct Sheet<'a, DB: DrawingBackend> {
    pub area: &'a DrawingArea<DB, Shift>,
    pub scale: i32,
    /// The number of page pixels by which the library places centred text too high with this backend.
    pub sink: i32,
    /// Whether to draw lines piece by piece: the library's bitmaps have spikes where thick lines turn.
    pub pieces: bool,
}

/// The height of the figure in pixels of the page.
pub(super) fn height(figure: &Figure) -> i32 {
    2 * MARGIN + heading(figure) + figure.panels.iter().map(panel_height).sum::<i32>()
}

fn heading(figure: &Figure) -> i32 {
    let lines = |lines: Vec<String>| lines.len() as i32;
    TITLE_LINE * lines(title(figure)) + LINE * lines(subtitle(figure))
}

fn title(figure: &Figure) -> Vec<String> {
    broken(&figure.title, TITLE, WIDTH - 2 * MARGIN)
}

fn subtitle(figure: &Figure) -> Vec<String> {
    broken(&figure.subtitle, TEXT, WIDTH - 2 * MARGIN)
}

fn panel_height(panel: &Panel) -> i32 {
    GAP + LINE + Legend::of(panel).height() + ABOVE + PLOT + BELOW + NAME
}

impl<DB: DrawingBackend> Sheet<'_, DB> {
    /// Draws all of a figure.
    pub fn figure(&self, figure: &Figure) -> Drawn<DB> {
        let mut top = MARGIN;
        for line in title(figure) {
            self.text(&line, (MARGIN, top + TITLE / 2), TITLE, 1.0)?;
            top += TITLE_LINE;
        }
        for line in subtitle(figure) {
            self.text(&line, (MARGIN, top + LINE / 2), TEXT, 0.7)?;
            top += LINE;
        }
        let left = left(figure);
        for panel in &figure.panels {
            self.panel(panel, top, left)?;
            top += panel_height(panel);
        }
        self.area.present()
    }

    /// Draws a panel. `left` is the x at which the plot begins.
    fn panel(&self, panel: &Panel, top: i32, left: i32) -> Drawn<DB> {
        let top = top + GAP;
        self.text(&panel.y.label, (MARGIN, top + LINE / 2), TEXT, 1.0)?;
        let legend = Legend::of(panel);
        let mut y = top + LINE + LINE / 2;
        for names in legend.rows() {
            for (column, (place, name)) in (0..).zip(names) {
                let x = MARGIN + legend.column * column;
                if let Some(place) = place {
                    self.sample(*place, (x, y))?;
                }
                for (line, words) in (0..).zip(name) {
                    self.text(words, (x + ENTRY, y + LINE * line), TEXT, 1.0)?;
                }
            }
            y += row_height(names);
        }
        let top = top + LINE + legend.height();
        self.plot(panel, top, left)?;
        let middle = (left + WIDTH - RIGHT) / 2;
        self.centred(&panel.x.label, (middle, top + ABOVE + PLOT + BELOW + NAME / 2))
    }

    /// Draws the axes and the curves.
    fn plot(&self, panel: &Panel, top: i32, left: i32) -> Drawn<DB> {
        let (_, below) = self.area.split_vertically(self.px(top));
        let (area, _) = below.split_vertically(self.px(ABOVE + PLOT + BELOW));
        let (x, y) = (ruler(panel, &panel.x, 8, true), ruler_of_y(panel));
        let mut chart = ChartBuilder::on(&area)
            .margin_top(self.px(ABOVE))
            .margin_right(self.px(RIGHT))
            .margin_left(self.px(MARGIN))
            .set_label_area_size(LabelAreaPosition::Left, self.px(left - MARGIN))
            .set_label_area_size(LabelAreaPosition::Bottom, self.px(BELOW))
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .x_labels(x.ticks.len())
            .y_labels(y.ticks.len())
            .bold_line_style(self.ink(0.15))
            .light_line_style(TRANSPARENT)
            .axis_style(self.ink(0.6))
            .set_all_tick_mark_size(self.px(4))
            .y_label_offset(self.px(self.sink))
            .label_style(self.font(TEXT - 1, 0.85))
            .draw()?;
        for (i, series) in panel.series.iter().enumerate() {
            let drawable = |&(at, value): &(f64, f64)| x.place(at).is_some() && y.place(value).is_some();
            let points: Vec<_> = series.points.iter().copied().filter(drawable).collect();
            let (line, marker) = (self.line(series.place), self.marker(series.place));
            let pieces = points.windows(if self.pieces { 2 } else { points.len().max(1) });
            chart.draw_series(pieces.map(|piece| PathElement::new(piece.to_vec(), line)))?;
            let places: Vec<_> = points.iter().filter_map(|&(at, _)| x.place(at)).collect();
            let marked = marks(&places, MARKED, i as f64 / panel.series.len() as f64);
            let colour = colour(series.place).filled();
            chart.draw_series(
                marked.into_iter().map(|i| EmptyElement::at(points[i]) + Polygon::new(marker.clone(), colour)),
            )?;
        }
        Ok(())
    }

    /// Draws the sample of a curve for the legend.
    fn sample(&self, place: usize, (x, y): (i32, i32)) -> Drawn<DB> {
        let ends = [(x, y), (x + SAMPLE, y)].map(|(x, y)| (self.px(x), self.px(y)));
        self.area.draw(&PathElement::new(ends, self.line(place)))?;
        let at = (self.px(x + SAMPLE / 2), self.px(y));
        self.area.draw(&(EmptyElement::at(at) + Polygon::new(self.marker(place), colour(place).filled())))
    }

    fn line(&self, place: usize) -> ShapeStyle {
        colour(place).stroke_width(2 * self.scale as u32)
    }

    /// The corners of a marker, relative to its centre.
    fn marker(&self, place: usize) -> Vec<(i32, i32)> {
        let (corners, turned) = MARKERS[place % MARKERS.len()];
        // All markers have the same area: a triangle reaches further than a circle.
        let angle = std::f64::consts::TAU / corners as f64;
        let radius = f64::from(4 * self.scale) * (std::f64::consts::TAU / (corners as f64 * angle.sin())).sqrt();
        let corner = |i: usize| {
            let (sin, cos) = (angle * i as f64 - std::f64::consts::TAU * turned).sin_cos();
            ((radius * cos).round() as i32, (radius * sin).round() as i32)
        };
        (0..corners).map(corner).collect()
    }

    /// Draws text that begins at a point and is vertically centred on it.
    fn text(&self, text: &str, (x, y): (i32, i32), size: i32, strength: f64) -> Drawn<DB> {
        let style = self.font(size, strength).pos(Pos::new(HPos::Left, VPos::Center));
        self.area.draw_text(&shown(text), &style, (self.px(x), self.px(y + self.sink)))
    }

    fn centred(&self, text: &str, (x, y): (i32, i32)) -> Drawn<DB> {
        let style = self.font(TEXT, 1.0).pos(Pos::new(HPos::Center, VPos::Center));
        self.area.draw_text(text, &style, (self.px(x), self.px(y + self.sink)))
    }

    fn font(&self, size: i32, strength: f64) -> TextStyle<'static> {
        // The library's font sizes are 1.24 times those of the page.
        let size = 1.24 * f64::from(size * self.scale);
        let color = BLACK.mix(strength).to_backend_color();
        TextStyle { font: ("sans-serif", size).into_font(), color, pos: Pos::default() }
    }

    fn ink(&self, strength: f64) -> ShapeStyle {
        BLACK.mix(strength).stroke_width(self.scale as u32)
    }

    fn px(&self, pixels: i32) -> i32 {
        pixels * self.scale
    }
}

/// The indices of the points of a curve that have a marker. `places` are their positions along the axis, ascending. If
/// there are more than `all` points, about `number` of them, evenly spaced, have one. Curves that run together take
/// turns: each begins `turn`, from 0 to 1, of the spacing later.
pub(super) fn marks(places: &[f64], (all, number): (usize, usize), turn: f64) -> Vec<usize> {
    if places.len() <= all {
        return (0..places.len()).collect();
    }
    let space = 1.0 / number as f64;
    let mut next = places[0] + turn * space;
    let mut marked = Vec::new();
    for (i, &place) in places.iter().enumerate() {
        if place >= next {
            marked.push(i);
            next = place + space;
        }
    }
    if marked.is_empty() {
        marked.push(places.len() - 1); // the whole curve is shorter than its turn
    }
    marked
}

fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

/// The axis for the points of a panel.
pub(super) fn ruler(panel: &Panel, axis: &Axis, ticks: usize, is_x: bool) -> Ruler {
    let points = panel.series.iter().flat_map(|series| &series.points);
    Ruler::new(points.map(|&(x, y)| if is_x { x } else { y }), axis.scale, axis.unit, ticks)
}

/// A text without the characters that pictures and terminals cannot show and an SVG must not contain.
pub(super) fn shown(text: &str) -> String {
    printable(text).replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}

fn ruler_of_y(panel: &Panel) -> Ruler {
    ruler(panel, &panel.y, 6, false)
}

/// The x at which all plots of a figure begin: to the right of the longest number beside them. (All digits have the
/// same width.)
fn left(figure: &Figure) -> i32 {
    let ticks = figure.panels.iter().flat_map(|panel| ruler_of_y(panel).ticks);
    let longest = ticks.map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    LEFT.max(MARGIN + 7 + (0.55 * f64::from(TEXT - 1) * longest as f64).ceil() as i32)
}

/// The maximum width of a text in pixels. Browsers' fonts differ, and this assumes a wide one.
fn width(text: &str, size: i32) -> i32 {
    (0.6 * f64::from(size) * text.chars().count() as f64).ceil() as i32
}

/// Breaks a text into lines of at most `pixels` pixels.
fn broken(text: &str, size: i32, pixels: i32) -> Vec<String> {
    in_lines(text, (f64::from(pixels) / (0.6 * f64::from(size))) as usize)
}

/// An entry of the legend: the place of its curve, and its lines. An entry that is not the name of a curve has no
/// place.
type Entry = (Option<usize>, Vec<String>);

/// The legend, in columns of equal width. Curves without a name are omitted.
struct Legend {
    /// The entries. Only with a single column can they have more than one line.
    names: Vec<Entry>,
    columns: usize,
    /// The width of a column.
    column: i32,
}

impl Legend {
    fn of(panel: &Panel) -> Self {
        let entry = |series: &Series| (Some(series.place), broken(&series.name, TEXT, WIDTH - 2 * MARGIN - ENTRY));
        let mut names: Vec<_> = panel.named().take(NAMED).map(entry).collect();
        let more = panel.named().count() - names.len();
        if more > 0 {
            names.push((None, vec![format!("and {more} more")]));
        }
        let widths = names.iter().flat_map(|(_, lines)| lines).map(|line| width(line, TEXT));
        let column = ENTRY + 12 + widths.max().unwrap_or(0);
        Legend { names, columns: ((WIDTH - 2 * MARGIN + 12) / column).max(1) as usize, column }
    }

    fn rows(&self) -> impl Iterator<Item = &[Entry]> {
        self.names.chunks(self.columns)
    }

    fn height(&self) -> i32 {
        self.rows().map(row_height).sum()
    }
}

fn row_height(names: &[Entry]) -> i32 {
    LINE * names.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0) as i32
}

impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (begin, end): (i32, i32)) -> i32 {
        begin + (f64::from(end - begin) * self.place(*value).unwrap_or(0.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.ticks[0].0..self.ticks[self.ticks.len() - 1].0
    }
}

impl ValueFormatter<f64> for Ruler {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|(tick, _)| tick == value).map(|(_, label)| label.clone()).unwrap_or_default()
    }
}
