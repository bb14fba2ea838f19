//! Connected pieces of a picture.

use super::Picture;

/// A set of connected pixels; diagonal neighbours count as connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its label in the picture of labels, from 1.
    pub label: u32,
    /// The sum of its pixels.
    pub ink: u64,
    /// The largest of its pixels.
    pub darkest: u8,
    /// Whether it touches the border of the picture.
    pub at_border: bool,
    /// The first and the last column.
    x: (usize, usize),
    /// The first and the last row.
    y: (usize, usize),
}

impl Piece {
    /// The longer side of its bounding box, in pixels.
    pub fn longest(&self) -> usize {
        (self.x.1 - self.x.0).max(self.y.1 - self.y.0) + 1
    }
}

/// The connected pieces of the pixels above `floor`, and the label of each pixel's piece; 0 for pixels that are in
/// none.
pub fn pieces(picture: &Picture, floor: u8) -> (Vec<Piece>, Vec<u32>) {
    let (height, width) = (picture.height(), picture.width());
    let pixels = picture.pixels();
    let mut labels = vec![0; pixels.len()];
    let mut pieces = Vec::new();
    let mut to_visit = Vec::new();
    for start in 0..pixels.len() {
        if pixels[start] <= floor || labels[start] != 0 {
            continue;
        }
        let label = pieces.len() as u32 + 1;
        let mut piece = Piece { label, ink: 0, darkest: 0, at_border: false, x: (width, 0), y: (height, 0) };
        labels[start] = label;
        to_visit.push(start);
        while let Some(at) = to_visit.pop() {
            let (x, y) = (at % width, at / width);
            piece.add(x, y, pixels[at]);
            piece.at_border |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            for y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for next in y * width + x.saturating_sub(1)..=y * width + (x + 1).min(width - 1) {
                    if pixels[next] > floor && labels[next] == 0 {
                        labels[next] = label;
                        to_visit.push(next);
                    }
                }
            }
        }
        pieces.push(piece);
    }
    (pieces, labels)
}

impl Piece {
    fn add(&mut self, x: usize, y: usize, pixel: u8) {
        self.ink += u64::from(pixel);
        self.darkest = self.darkest.max(pixel);
        self.x = (self.x.0.min(x), self.x.1.max(x));
        self.y = (self.y.0.min(y), self.y.1.max(y));
    }
}
