//! The ways in which people write each digit, as data.
//!
//! A style is a list of strokes. A stroke is a list of points through which the pen passes on a smooth curve, in
//! hundredths of the digit's height: x to the right, y down, `0 0` is the upper left. A point given twice is a corner.
//! The hand adds slant, proportions and unsteadiness; but digits that lean less or more than others in MNIST have
//! leaning skeletons.

/// A point on a stroke: (x, y) in hundredths of the digit's height.
pub type Point = (i8, i8);

/// One way of writing a digit.
pub struct Style {
    /// How often this style occurs, relative to the other styles of the digit.
    pub weight: u32,
    /// The strokes, in the order of writing.
    pub strokes: &'static [&'static [Point]],
}

/// The styles of each digit, 0 to 9.
pub static STYLES: [&[Style]; 10] = [ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE];

/// Styles, one after the other: `weight: [stroke] [stroke];` with a stroke as `x y, x y, ...`.
macro_rules! styles {
    ($($weight:literal: $([$($x:literal $y:literal),*])*;)*) => {
        &[$(Style { weight: $weight, strokes: &[$(&[$(($x, $y)),*]),*] }),*]
    };
}

const ZERO: &[Style] = styles! {
    // Closed oval.
    40: [46 0, 19 12, 2 48, 11 86, 36 100, 65 86, 80 50, 69 12, 46 0];
    // Round.
    25: [52 2, 21 14, 0 50, 15 88, 46 100, 81 86, 100 50, 85 12, 50 1];
    // Started inside, ends crossing the start.
    15: [53 14, 40 2, 14 20, 2 54, 13 90, 40 100, 69 84, 80 46, 67 10, 34 2];
    // Slightly open at the top.
    15: [34 3, 12 24, 2 56, 13 90, 38 100, 67 86, 80 50, 73 16, 52 4];
    // Pointed at the top.
    5: [48 0, 24 24, 1 66, 9 92, 34 100, 63 88, 74 56, 64 22, 44 2];
};

const ONE: &[Style] = styles! {
    // A single stroke.
    88: [54 0, 50 50, 46 100];
    // With an upstroke.
    8: [34 24, 47 12, 58 0, 58 0, 53 50, 48 100];
    // With an upstroke and a base.
    4: [32 22, 45 12, 56 0, 56 0, 52 50, 48 98] [18 99, 48 99, 78 97];
};

const TWO: &[Style] = styles! {
    // Plain, with a corner at the lower left.
    20: [3 20, 16 6, 38 0, 60 8, 64 30, 46 58, 22 82, 4 98, 4 98, 36 97, 77 96];
    // With a loop at the lower left.
    25: [6 20, 20 4, 44 0, 64 14, 62 40, 43 70, 20 94, 4 97, 0 80, 18 68, 52 78, 92 86];
    // With a broad flat loop and a long base.
    25: [12 16, 32 0, 56 4, 66 24, 56 54, 34 82, 10 98, -4 84, 10 66, 42 67, 72 78, 104 80];
    // A sharp turn and a wavy base.
    15: [2 16, 20 2, 48 2, 64 18, 54 44, 33 72, 6 97, 6 97, 26 82, 56 90, 88 84];
    // A large loop and a falling base.
    15: [6 18, 24 2, 50 2, 67 18, 60 48, 39 78, 14 98, -4 86, 5 64, 29 62, 52 76, 83 98];
    // A narrow head on a long flat base.
    10: [10 16, 24 2, 42 0, 54 14, 46 44, 28 74, 10 96, 10 96, 50 93, 94 90];
    // Round, with a short base.
    8: [6 18, 26 0, 52 4, 62 26, 50 58, 26 84, 8 88, 4 74, 20 70, 38 82, 56 100];
    // Like a Z.
    8: [4 6, 32 2, 66 4, 62 20, 38 54, 10 84, -3 97, -3 97, 29 98, 67 96];
};

const THREE: &[Style] = styles! {
    // Round, the arcs meeting in a point.
    45: [1 14, 19 0, 46 4, 53 24, 37 42, 12 50, 12 50, 45 52, 67 70, 56 94, 32 100, 1 92];
    // A small loop in the middle.
    15: [3 12, 23 0, 50 6, 52 26, 31 46, 14 52, 23 44, 48 50, 67 72, 54 96, 28 100, 1 90];
    // The middle rounded.
    15: [1 12, 25 0, 52 10, 48 32, 25 47, 52 56, 69 76, 52 96, 28 100, 1 92];
    // Flat-topped.
    15: [1 4, 26 3, 55 1, 55 1, 39 22, 19 44, 19 44, 50 50, 67 72, 54 94, 30 100, 1 92];
    // A long flat top.
    10: [-9 12, 14 4, 41 2, 59 4, 43 24, 23 42, 23 42, 52 48, 65 70, 52 92, 30 100, 3 96];
    // A broad head on a narrow bowl.
    12: [-6 14, 20 0, 54 2, 64 18, 44 40, 18 50, 18 50, 46 52, 58 70, 46 92, 24 100, 8 94];
    // A small head on a broad bowl.
    10: [10 10, 27 0, 49 6, 45 24, 21 42, 21 42, 56 48, 73 70, 54 94, 28 100, -1 94];
};

const FOUR: &[Style] = styles! {
    // Open, the bar crossed by the upright.
    45: [16 2, 9 26, 0 52, 0 52, 31 55, 76 52] [61 2, 52 50, 44 100];
    // Open, the left side round, in one stroke.
    15: [2 4, -1 28, 8 48, 30 51, 52 42, 66 2, 66 2, 54 50, 44 100];
    // Open, the bar ending at the upright.
    25: [10 4, 5 28, 4 50, 4 50, 27 52, 54 48] [63 2, 54 50, 47 100];
    // Closed, the upright starting at the top.
    10: [53 0, 27 30, -1 60, -1 60, 36 61, 80 58] [53 0, 49 50, 44 100];
    // Closed, narrow at the top, in one stroke.
    5: [57 4, 38 14, 18 36, 0 56, 0 56, 31 54, 52 46, 61 2, 61 2, 54 50, 47 100];
    // Open, with a short upright.
    5: [30 0, 16 30, -1 60, -1 60, 36 60, 84 56] [55 30, 49 64, 42 100];
};

const FIVE: &[Style] = styles! {
    // The top bar joined.
    40: [74 0, 44 2, 19 6, 19 6, 11 22, 4 44, 4 44, 32 41, 58 57, 66 79, 50 96, 28 100, 5 92];
    // The top bar a separate stroke.
    25: [11 6, 8 26, 4 48, 4 48, 32 43, 58 59, 68 79, 52 96, 26 100, 5 92] [10 3, 40 3, 80 0];
    // A large bowl that curls up.
    20: [72 0, 46 2, 20 4, 20 4, 14 20, 9 38, 9 38, 40 34, 68 48, 74 74, 52 97, 20 98, -3 82];
    // Round, like an S.
    15: [64 2, 34 2, 11 8, 7 30, 25 46, 52 60, 64 79, 50 96, 26 100, 5 92];
    // A small bowl under a long bar.
    20: [98 0, 62 3, 26 8, 26 8, 20 24, 12 42, 12 42, 38 45, 55 64, 53 84, 36 98, 8 98];
};

const SIX: &[Style] = styles! {
    // A big loop.
    35: [35 0, 18 22, 5 50, 3 80, 18 99, 44 98, 64 80, 55 60, 34 60, 12 80];
    // A small loop.
    25: [25 0, 12 26, 3 56, 5 84, 20 100, 42 97, 56 80, 45 66, 24 72, 9 90];
    // A curved top.
    15: [48 6, 33 2, 13 24, 4 56, 9 88, 31 100, 60 86, 57 62, 34 56, 8 74];
    // A broad flat loop.
    25: [27 0, 14 24, 4 54, 3 82, 20 98, 52 98, 78 83, 74 64, 51 62, 25 80, 14 96];
};

const SEVEN: &[Style] = styles! {
    // Plain.
    40: [-4 8, 25 6, 66 2, 66 2, 58 34, 50 67, 44 100];
    // A round corner.
    20: [-3 14, 15 4, 44 2, 61 14, 57 42, 46 72, 42 100];
    // A hook at the left.
    15: [1 26, 0 6, 0 6, 29 6, 66 2, 66 2, 60 34, 53 67, 47 100];
    // With a bar.
    15: [-4 6, 25 5, 62 2, 62 2, 54 34, 47 67, 42 100] [18 54, 45 52, 76 48];
    // A deep hook at the left.
    8: [5 44, -1 24, 6 6, 20 10, 42 8, 66 0, 66 0, 57 34, 48 66, 44 100];
    // One curve.
    6: [-3 12, 21 2, 48 6, 60 28, 57 58, 46 82, 32 100];
    // A wave for a top.
    10: [2 20, 9 2, 30 12, 49 10, 67 2, 67 2, 55 34, 46 66, 40 100];
};

const EIGHT: &[Style] = styles! {
    // One stroke from the upper right.
    40: [59 12, 37 0, 8 8, 10 28, 35 46, 54 66, 52 92, 33 100, 15 90, 15 70, 33 48, 55 28, 59 8];
    // Open at the top.
    30: [49 8, 26 1, 8 14, 16 34, 39 54, 49 80, 34 100, 15 92, 16 70, 37 46, 56 24, 76 2];
    // Two circles.
    20: [33 0, 8 8, 8 30, 31 46, 54 34, 55 10, 33 0]
        [31 46, 8 60, 9 84, 33 100, 55 90, 54 62, 33 46];
    // A flat top, the start not closed.
    12: [63 4, 37 2, 10 12, 14 34, 41 52, 56 72, 50 94, 31 100, 15 88, 19 68, 39 48, 60 26];
    // A small head on a round foot.
    12: [52 8, 38 0, 20 8, 20 26, 38 40, 62 60, 64 86, 36 100, 6 90, 4 64, 28 44, 50 26, 54 10];
    // A large head.
    12: [71 14, 41 0, 8 6, 4 28, 29 48, 47 68, 48 92, 33 100, 19 90, 23 68, 44 46, 68 28, 67 8];
};

const NINE: &[Style] = styles! {
    // A straight tail.
    35: [52 10, 33 0, 10 12, 2 32, 15 46, 36 36, 54 10, 54 10, 50 52, 41 100];
    // The loop runs over into the tail.
    25: [48 26, 22 44, 2 34, 12 8, 34 0, 52 14, 51 44, 44 72, 37 100];
    // A curved tail.
    22: [52 12, 33 0, 9 14, 3 36, 21 46, 41 34, 56 10, 56 10, 54 52, 42 88, 21 100, 6 92];
    // A broad loop.
    15: [66 10, 44 0, 16 6, 1 26, 15 40, 43 34, 66 10, 66 10, 61 54, 54 100];
    // A tail falling to the right.
    12: [57 14, 38 0, 14 8, 3 30, 15 46, 38 38, 56 10, 56 10, 58 54, 58 100];
    // A large loop and a short tail.
    15: [61 16, 43 2, 18 8, 2 34, 12 58, 38 54, 61 20, 61 20, 58 60, 48 100];
    // The loop not quite closed.
    10: [45 2, 21 4, 5 22, 7 42, 27 42, 46 30, 55 14, 55 14, 50 52, 43 100];
};
