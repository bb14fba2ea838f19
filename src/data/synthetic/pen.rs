//! The pen: draws the lines of a digit as grey pixels, in MNIST's form.

use super::SIDE;

/// Side of the box into which the ink of a digit is fitted, in pixels.
const BOX: usize = 20;
/// Width of the edge of a line, over which ink fades from full to none, in pixels.
const FADE: f32 = 1.2;

/// A dot of ink.
#[derive(Clone, Copy)]
pub struct Dot {
    /// x, to the right, in heights of the digit until it is fitted, then in pixels.
    pub x: f32,
    /// y, down, in the same unit.
    pub y: f32,
    /// Half the line's width here, in pixels.
    pub radius: f32,
}

impl Dot {
    /// The distance between the centres of two dots.
    pub fn distance(self, other: Self) -> f32 {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        (dx * dx + dy * dy).sqrt()
    }
}

/// A line: dots joined by straight segments.
pub type Line = Vec<Dot>;

/// Scales and moves `lines`, keeping their proportions, so that their ink just fits the box.
pub fn fit(lines: &mut [Line]) {
    let room = BOX as f32;
    let mut scale = room;
    let mut middle = (0.0, 0.0);
    // Lines keep their width at any scale, so the ink does not grow quite in proportion: approach the scale in steps.
    // Each step leaves a tenth of the error or less.
    for _ in 0..3 {
        let (left, right) = extent(lines, |dot| dot.x, scale);
        let (top, bottom) = extent(lines, |dot| dot.y, scale);
        let size = (right - left).max(bottom - top);
        let line_width = lines.iter().flatten().next().map_or(0.0, |dot| 2.0 * dot.radius);
        scale *= (room - line_width) / (size - line_width).max(1.0);
        middle = (0.5 * (left + right), 0.5 * (top + bottom));
    }
    for dot in lines.iter_mut().flatten() {
        dot.x = dot.x * scale - middle.0 + 0.5 * room;
        dot.y = dot.y * scale - middle.1 + 0.5 * room;
    }
}

/// The extent of the ink of `lines` along one axis, at a scale of `scale` pixels per height.
fn extent(lines: &[Line], axis: fn(&Dot) -> f32, scale: f32) -> (f32, f32) {
    let nothing = (f32::INFINITY, f32::NEG_INFINITY);
    lines.iter().flatten().fold(nothing, |(low, high), dot| {
        let at = axis(dot) * scale;
        (low.min(at - dot.radius), high.max(at + dot.radius))
    })
}

/// The depth of the centre of each pixel of the box inside the ink, in pixels; negative outside.
pub type Depths = [[f32; BOX]; BOX];

/// Draws fitted `lines`.
pub fn ink(lines: &[Line]) -> Depths {
    let mut depths = [[-FADE; BOX]; BOX];
    for ends in lines.iter().flat_map(|line| line.windows(2)) {
        draw_piece(&mut depths, ends[0], ends[1]);
    }
    depths
}

/// Draws the straight segment from one dot to the next.
fn draw_piece(depths: &mut Depths, from: Dot, to: Dot) {
    let reach = from.radius.max(to.radius) + FADE / 2.0;
    let near = |a: f32, b: f32| {
        // Casts to integers saturate: everything to the left of the box is column 0.
        let first = (a.min(b) - reach) as usize;
        let end = (a.max(b) + reach) as usize + 1;
        first.min(BOX)..end.min(BOX)
    };
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length_squared = (dx * dx + dy * dy).max(1e-9);
    let columns = near(from.x, to.x);
    for row in near(from.y, to.y) {
        let y = row as f32 + 0.5 - from.y;
        for (column, depth) in columns.clone().zip(&mut depths[row][columns.clone()]) {
            let x = column as f32 + 0.5 - from.x;
            // The point of the segment nearest to the pixel: 0 is `from`, 1 is `to`.
            let along = ((x * dx + y * dy) / length_squared).clamp(0.0, 1.0);
            let (away_x, away_y) = (x - along * dx, y - along * dy);
            let radius = from.radius + along * (to.radius - from.radius);
            *depth = depth.max(radius - (away_x * away_x + away_y * away_y).sqrt());
        }
    }
}

/// Writes the grey levels into `image`, moved by whole pixels so that the centre of mass is in the middle: at 13.5 to
/// 14.5, as in MNIST, unless the ink would then touch the border.
pub fn develop(depths: &Depths, image: &mut [u8]) {
    let grey = depths.map(|row| row.map(|depth| ((depth / FADE + 0.5) * 255.0) as u8));
    let (mut mass, mut moment_x, mut moment_y) = (0, 0, 0);
    for (y, row) in grey.iter().enumerate() {
        for (x, &level) in row.iter().enumerate() {
            let level = usize::from(level);
            mass += level;
            moment_x += level * x;
            moment_y += level * y;
        }
    }
    let shift = |moment: usize| {
        let centre = (moment + mass / 2) / mass.max(1);
        (SIDE / 2).saturating_sub(centre).clamp(1, SIDE - BOX - 1)
    };
    let (left, top) = (shift(moment_x), shift(moment_y));
    image.fill(0);
    for (row, levels) in image.chunks_exact_mut(SIDE).skip(top).zip(&grey) {
        row[left..left + BOX].copy_from_slice(levels);
    }
}
