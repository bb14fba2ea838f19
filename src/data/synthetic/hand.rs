//! The hand: how one handwritten digit differs from its skeleton.

use super::dice::Dice;
use super::pen::{Dot, Line};
use super::skeletons::{Point, STYLES, Style};

/// The relative line width of each digit, chosen so that its ink matches MNIST's: people write zeros smaller than
/// nines, so scaling them to the same size widens their lines more.
const LINE_WIDTHS: [f32; 10] = [1.10, 1.05, 0.98, 0.97, 0.90, 0.93, 0.93, 1.00, 0.92, 0.86];

/// How much farther the ends of a stroke stray than its other points.
const LOOSE_ENDS: f32 = 1.5;

/// The fraction of the pen's deviation that carries over from one point to the next.
const DRIFT: f32 = 0.7;

/// Number of straight pieces per curve between two points of a skeleton.
const PIECES: u8 = 4;

/// The traits that all points of one handwritten digit share.
struct Hand {
    /// Standard deviation of the random part of the pen's deviation at each point, in heights.
    unsteadiness: f32,
    /// Width relative to the skeleton's.
    breadth: f32,
    /// Shift to the right per height up.
    slant: f32,
    /// Cosine and sine of the angle by which the digit is rotated.
    turn: (f32, f32),
    /// How far down the middle is moved, in heights; this makes the upper or the lower half larger.
    waist: f32,
    /// Half the line's width, in pixels.
    nib: f32,
}

impl Hand {
    /// A hand writing `digit`.
    fn new(digit: u8, dice: &mut Dice) -> Self {
        // Half the angle's tangent, of which cosine and sine are rational functions.
        let t = dice.around(0.0, 0.07);
        Self {
            unsteadiness: dice.between(0.02, 0.065),
            breadth: dice.around(1.0, 0.22),
            slant: dice.around(0.17, 0.24),
            turn: ((1.0 - t * t) / (1.0 + t * t), 2.0 * t / (1.0 + t * t)),
            waist: dice.around(0.0, 0.05),
            nib: LINE_WIDTHS[usize::from(digit)] * dice.around(1.28, 0.4).max(0.7),
        }
    }

    /// The points of a stroke as this hand draws them. A point given twice, which is a corner, stays a single point.
    fn trace(&self, stroke: &[Point], dice: &mut Dice) -> Vec<Dot> {
        let mut dots: Vec<Dot> = Vec::with_capacity(stroke.len());
        let last = stroke.len().saturating_sub(1);
        // The deviation of the pen. It drifts: neighbouring points deviate alike, so curves stay smooth.
        let (mut off_x, mut off_y) = (0.0, 0.0);
        for (i, &point) in stroke.iter().enumerate() {
            if i > 0 && stroke[i - 1] == point {
                dots.extend(dots.last().copied());
                continue;
            }
            let loose = if i == 0 || i == last { LOOSE_ENDS } else { 1.0 };
            off_x = dice.around(DRIFT * off_x, loose * self.unsteadiness);
            off_y = dice.around(DRIFT * off_y, loose * self.unsteadiness);
            dots.push(self.put(point, (off_x, off_y), dice));
        }
        dots
    }

    /// Where this hand draws a point, with a deviation of `off` in heights, and how wide the line is there.
    fn put(&self, point: Point, off: (f32, f32), dice: &mut Dice) -> Dot {
        let x = f32::from(point.0) / 100.0 - 0.4 + off.0;
        let y = f32::from(point.1) / 100.0 - 0.5 + off.1;
        let x = x * self.breadth - y * self.slant;
        // The shift is greatest at half the height, and 0 at the top and the bottom.
        let y = y + self.waist * (1.0 - 4.0 * y * y);
        let (cos, sin) = self.turn;
        // Pressure varies from point to point.
        let radius = self.nib * dice.around(1.0, 0.15);
        Dot { x: x * cos - y * sin, y: x * sin + y * cos, radius }
    }
}

/// Picks a style of `digit` (0 to 9) at random, by weight.
pub fn pick_style(digit: u8, dice: &mut Dice) -> &'static Style {
    let styles = STYLES[usize::from(digit)];
    let mut ticket = dice.below(styles.iter().map(|style| style.weight).sum());
    for style in styles {
        if ticket < style.weight {
            return style;
        }
        ticket -= style.weight;
    }
    &styles[0]
}

/// Writes `digit` (0 to 9) once: a line for each stroke, in heights of the digit, not yet fitted.
pub fn write(digit: u8, dice: &mut Dice) -> Vec<Line> {
    let style = pick_style(digit, dice);
    let hand = Hand::new(digit, dice);
    style.strokes.iter().map(|stroke| smooth(&hand.trace(stroke, dice))).collect()
}

/// The smooth curve through `points`: a Catmull-Rom spline whose slopes depend on the distances between the points, so
/// that close points make no bulges. A corner has the same point on either side.
fn smooth(points: &[Dot]) -> Line {
    let mut line = Line::with_capacity(points.len() * usize::from(PIECES));
    line.extend(points.first());
    for (i, ends) in points.windows(2).enumerate() {
        let (from, to) = (ends[0], ends[1]);
        let length = from.distance(to);
        if length == 0.0 {
            continue;
        }
        let before = points[i.saturating_sub(1)];
        let after = points.get(i + 2).copied().unwrap_or(to);
        let leaving = length / (before.distance(from) + length);
        let arriving = length / (length + to.distance(after));
        for piece in 1..=PIECES {
            let t = f32::from(piece) / f32::from(PIECES);
            let along = |axis: fn(&Dot) -> f32| {
                let [before, from, to, after] = [before, from, to, after].map(|dot| axis(&dot));
                let slopes = ((to - before) * leaving, (after - from) * arriving);
                cubic(t, (from, to), slopes)
            };
            let radius = from.radius + t * (to.radius - from.radius);
            line.push(Dot { x: along(|dot| dot.x), y: along(|dot| dot.y), radius });
        }
    }
    line
}

/// The cubic through `ends` at t = 0 and 1 that has `slopes` there.
fn cubic(t: f32, ends: (f32, f32), slopes: (f32, f32)) -> f32 {
    let u = 1.0 - t;
    u * u * ((1.0 + 2.0 * t) * ends.0 + t * slopes.0) + t * t * ((1.0 + 2.0 * u) * ends.1 - u * slopes.1)
}
