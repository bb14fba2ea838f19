//! Images of a dataset side by side, for a terminal or in a picture.

use std::fmt;

use anstyle::{AnsiColor, Style};

use super::bars::{bars, beside_a_bar};
use crate::data::ClassNames;
use crate::data::shift::Shift;
use crate::network::prediction;
use crate::picture::Picture;
use crate::picture::sheet::{SheetError, sheet};
use crate::picture::terminal::{Depth, lines};

const WRONG: Style = AnsiColor::Red.on_default();

/// Columns between two images.
const GAP: usize = 2;
/// The length in characters of a bar for output 1, where there is room and where there is not.
const BARS: [usize; 2] = [20, 8];
/// To have this many images side by side, they may be shown at half the size.
const FEW: usize = 5;
/// The maximum number of images in a row of a picture, if no number is given.
const MAX_COLUMNS: usize = 16;

/// An image to show.
#[derive(Debug, Clone)]
pub struct Exhibit {
    /// Its pixels.
    pub picture: Picture,
    /// Its index in the split.
    pub index: usize,
    /// Its label.
    pub label: usize,
    /// The file that it was read from, if each image has its own.
    pub file: Option<String>,
    /// How it was shifted and distorted.
    pub version: Version,
    /// The output of a network for it, a^L, (n_L).
    pub outputs: Option<Vec<f64>>,
}

/// How an image was changed before training on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version {
    /// How it was shifted.
    pub shift: Shift,
    /// The epoch for which it was distorted, from 1; 0 if it was not distorted.
    pub epoch: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Version { shift, epoch: 0 } => write!(f, "{shift}"),
            Version { shift: Shift::NONE, epoch } => write!(f, "epoch {epoch}"),
            Version { shift, epoch } => write!(f, "{shift}, epoch {epoch}"),
        }
    }
}

impl Version {
    /// The shift and the epoch in short: "↓E1".
    fn sign(self) -> String {
        let Shift { down, right } = self.shift;
        let arrows =
            |steps: isize, [back, forth]: [&str; 2]| if steps < 0 { back } else { forth }.repeat(steps.unsigned_abs());
        let arrows = arrows(down, ["↑", "↓"]) + &arrows(right, ["←", "→"]);
        if self.epoch == 0 { arrows } else { format!("{arrows}E{}", self.epoch) }
    }
}

impl Exhibit {
    fn answer(&self) -> Option<usize> {
        self.outputs.as_deref().map(prediction)
    }

    /// The lines below the image: its index and label or its version, its file, and the answer of the network.
    fn caption(&self, names: &ClassNames) -> Vec<(String, Style)> {
        let name = match self.version {
            Version { shift: Shift::NONE, epoch: 0 } => format!("#{} label {}", self.index, names.short(self.label)),
            version => version.to_string(),
        };
        let mut caption = vec![(name, Style::new())];
        if let (Some(file), Version { shift: Shift::NONE, epoch: 0 }) = (&self.file, self.version) {
            caption.push((in_short(file), Style::new()));
        }
        match self.answer() {
            Some(answer) if answer == self.label => caption.push(("recognized".to_string(), Style::new())),
            Some(answer) => caption.push((format!("taken for {}", names.short(answer)), WRONG)),
            None => {}
        }
        caption
    }

    /// The caption in short: "17:4>9".
    fn sign(&self) -> String {
        let name = match self.version {
            Version { shift: Shift::NONE, epoch: 0 } => format!("{}:{}", self.index, self.label),
            version => version.sign(),
        };
        self.answer().map_or(name.clone(), |answer| format!("{name}>{answer}"))
    }
}

/// A file name of at most 16 characters: of a longer one the end, which tells files apart.
fn in_short(file: &str) -> String {
    const MOST: usize = 16;
    let all = file.chars().count();
    if all <= MOST { file.to_string() } else { ['…'].into_iter().chain(file.chars().skip(all + 1 - MOST)).collect() }
}

/// Images to show, all of one size.
#[derive(Debug, Clone)]
pub struct Gallery {
    /// The images; versions of one image follow each other.
    pub exhibits: Vec<Exhibit>,
    /// The number of versions to show in a row of their own; 1 if images have no versions.
    pub versions: usize,
    /// The maximum number of images side by side. `None` for as many as fit; images drawn as pixels may then be halved
    /// in size so that five fit. Not 0.
    pub columns: Option<usize>,
    /// The names of the classes.
    pub names: ClassNames,
}

/// The layout of images in a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// Number of images side by side.
    columns: usize,
    /// The factor by which images are reduced.
    factor: usize,
    /// The length of a full bar in characters.
    bar: usize,
    /// Columns of an image and its caption.
    image: usize,
}

impl Gallery {
    /// The rows of images for a terminal of `width` columns, each of several lines.
    ///
    /// Images are reduced by a whole factor if a single one is too wide, or if the requested number does not fit side
    /// by side.
    pub fn rows(&self, width: usize, depth: Depth) -> impl Iterator<Item = String> {
        let layout = self.layout(width, depth);
        self.cut(layout.columns).map(move |row| {
            let blocks: Vec<_> = row.iter().map(|exhibit| self.block(exhibit, layout, depth)).collect();
            side_by_side(&blocks)
        })
    }

    /// All images in one picture, with a caption below each: index and label, as in "17:4", and the network's answer
    /// after ">". Versions have an arrow for a shift, and the number of the epoch after "E".
    ///
    /// # Errors
    /// A [`SheetError`] if there are too many images for a picture.
    pub fn sheet(&self) -> Result<Picture, SheetError> {
        let images = if self.versions > 1 { self.versions } else { self.exhibits.len().isqrt().max(1) };
        let columns = self.columns.unwrap_or(images.min(MAX_COLUMNS));
        let tile = |exhibit: &Exhibit| (exhibit.picture.clone(), exhibit.sign());
        let rows: Vec<Vec<_>> = self.cut(columns).map(|row| row.iter().map(tile).collect()).collect();
        sheet(&rows)
    }

    /// Divides the images into rows of at most `columns`.
    fn cut(&self, columns: usize) -> impl Iterator<Item = &[Exhibit]> {
        self.exhibits.chunks(self.together()).flat_map(move |versions| versions.chunks(columns))
    }

    /// The number of images that may share a row.
    fn together(&self) -> usize {
        if self.versions > 1 { self.versions } else { self.exhibits.len().max(1) }
    }

    /// The layout at full size if the wanted number of images fits; otherwise at the smallest reduction at which it
    /// fits; otherwise with as many as fit.
    fn layout(&self, width: usize, depth: Depth) -> Layout {
        let largest = self.exhibits.iter().map(|exhibit| exhibit.picture.width()).max().unwrap_or(1);
        let lines = self.exhibits.iter().flat_map(|exhibit| exhibit.caption(&self.names));
        let caption = lines.map(|(line, _)| line.chars().count()).max().unwrap_or(0);
        let outputs = self.exhibits.iter().find_map(|exhibit| exhibit.outputs.as_deref());
        let beside = outputs.map(|outputs| GAP + beside_a_bar(outputs, &self.names));
        let layout = |factor: usize, bar: usize| {
            let image = caption.max(largest.div_ceil(factor));
            let tile = image + beside.map_or(0, |beside| beside + bar);
            let columns = (width.saturating_add(GAP) / (tile + GAP)).min(self.columns.unwrap_or(usize::MAX));
            Layout { columns, factor, bar, image }
        };
        // Further reduction helps only until images are as narrow as their captions.
        let smallest = largest.div_ceil(caption.clamp(1, largest));
        let [long, short] = BARS;
        let choices = std::iter::once(layout(1, long)).chain((1..=smallest).map(|factor| layout(factor, short)));
        let with_room = |wanted, most_reduced| {
            choices.clone().find(|layout| layout.columns >= wanted && layout.factor <= most_reduced)
        };
        let best = match self.columns {
            Some(wanted) => with_room(wanted, usize::MAX),
            // Reduced images are hard to recognize as ASCII characters, and bars need the room.
            None if beside.is_some() || depth == Depth::Ascii => with_room(1, usize::MAX),
            None => with_room(FEW.min(self.together()), 2).or_else(|| with_room(1, usize::MAX)),
        };
        let most = || choices.clone().rev().max_by_key(|layout| layout.columns).filter(|layout| layout.columns > 0);
        // If nothing fits, take the narrowest layout.
        let best = best.or_else(most).or_else(|| choices.clone().last()).expect("there is at least one");
        Layout { columns: best.columns.max(1), ..best }
    }

    /// An image with its caption, and with its bars on the right.
    fn block(&self, exhibit: &Exhibit, layout: Layout, depth: Depth) -> Block {
        let picture = exhibit.picture.reduced(layout.factor);
        let padding = " ".repeat(layout.image.saturating_sub(picture.width()));
        let mut lines: Vec<_> = lines(&picture, depth).into_iter().map(|line| line + &padding).collect();
        for (line, style) in exhibit.caption(&self.names) {
            let style = if depth == Depth::Ascii { Style::new() } else { style };
            lines.push(format!("{style}{line:<width$}{style:#}", width = layout.image));
        }
        let image = Block { width: layout.image, lines };
        let Some(outputs) = &exhibit.outputs else { return image };
        let lines = bars(outputs, &self.names, Some(exhibit.label), layout.bar, depth);
        let bars = Block { width: beside_a_bar(outputs, &self.names) + layout.bar, lines };
        Block { width: image.width + GAP + bars.width, lines: joined(&[image, bars]) }
    }
}

/// Lines of text of equal width.
struct Block {
    width: usize,
    lines: Vec<String>,
}

/// Joins the lines of blocks side by side. Shorter blocks are filled up with spaces.
fn joined(blocks: &[Block]) -> Vec<String> {
    let height = blocks.iter().map(|block| block.lines.len()).max().unwrap_or(0);
    let part = |block: &Block, line: usize| block.lines.get(line).cloned().unwrap_or_else(|| " ".repeat(block.width));
    let line = |line| blocks.iter().map(|block| part(block, line)).collect::<Vec<_>>().join(&" ".repeat(GAP));
    (0..height).map(line).collect()
}

fn side_by_side(blocks: &[Block]) -> String {
    joined(blocks).iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `n` images of this size, with outputs for `classes` classes unless that is 0.
    fn gallery(n: usize, (height, width): (usize, usize), classes: usize) -> Gallery {
        let exhibit = |index| Exhibit {
            picture: Picture::new(height, width, vec![200; height * width]).unwrap(),
            index,
            label: 0,
            file: None,
            version: Version::default(),
            outputs: (classes > 0).then(|| vec![0.5; classes]),
        };
        Gallery { exhibits: (0..n).map(exhibit).collect(), versions: 1, columns: None, names: ClassNames::default() }
    }

    /// The number of images side by side, and their reduction.
    fn layout(gallery: &Gallery, width: usize, depth: Depth) -> (usize, usize) {
        let layout = gallery.layout(width, depth);
        (layout.columns, layout.factor)
    }

    #[test]
    fn eighty_columns_have_five_digits_or_two_of_letters_or_one_with_bars() {
        let digits = gallery(20, (28, 28), 0);
        assert_eq!(layout(&digits, 80, Depth::TrueColor), (5, 2));
        assert_eq!(layout(&digits, 148, Depth::TrueColor), (5, 1));
        assert_eq!(layout(&digits, 80, Depth::Ascii), (2, 1));
        assert_eq!(layout(&gallery(2, (28, 28), 0), 80, Depth::TrueColor), (2, 1));
        let asked = gallery(20, (28, 28), 10);
        assert_eq!(layout(&asked, 80, Depth::TrueColor), (1, 1));
        assert_eq!(layout(&asked, 150, Depth::TrueColor), (2, 1));
    }

    #[test]
    fn columns_that_are_wanted_make_images_smaller() {
        let digits = Gallery { columns: Some(5), ..gallery(20, (28, 28), 0) };
        assert_eq!(layout(&digits, 80, Depth::Ascii), (5, 2));
        assert_eq!(layout(&digits, 1000, Depth::Ascii), (5, 1));
        // Captions are 11 characters wide, so there is room for 6.
        let many = Gallery { columns: Some(50), ..digits };
        assert_eq!(layout(&many, 80, Depth::Ascii), (6, 3));
    }

    #[test]
    fn images_too_wide_for_the_terminal_are_made_smaller() {
        assert_eq!(layout(&gallery(9, (100, 100), 0), 80, Depth::TrueColor), (1, 2));
        assert_eq!(layout(&gallery(9, (100, 300), 0), 80, Depth::Ascii), (1, 4));
    }

    #[test]
    fn versions_of_an_image_keep_to_their_row() {
        let mut digits = Gallery { versions: 3, columns: Some(2), ..gallery(6, (4, 4), 0) };
        for (place, exhibit) in digits.exhibits.iter_mut().enumerate() {
            exhibit.version = Version { shift: Shift::within(1)[place % 3], epoch: 7 * (place as u64 / 3) };
        }
        let rows: Vec<_> = digits.rows(80, Depth::Ascii).collect();
        let captions: Vec<_> = rows.iter().map(|row| row.lines().last().unwrap()).collect();
        assert_eq!(captions, ["#0 label 0     down", "up", "epoch 7        down, epoch 7", "up, epoch 7"]);
        assert_eq!(digits.exhibits[4].sign(), "↓E7");
    }

    #[test]
    fn what_the_network_answers_stands_beside_the_image() {
        let mut one = gallery(1, (4, 3), 2);
        one.exhibits[0].outputs = Some(vec![0.25, 0.75]);
        let row = one.rows(80, Depth::Ascii).next().unwrap();
        let expected = "\
%%%            0  #####                 0.250  label
%%%            1  ###############       0.750  answer
#0 label 0
taken for 1";
        assert_eq!(row, expected);
        assert_eq!(one.exhibits[0].sign(), "0:0>1");
        one.names = ["Bag", "Shirt"].iter().collect();
        let row = one.rows(80, Depth::Ascii).next().unwrap();
        assert!(row.ends_with("  Shirt  ###############       0.750  answer\n#0 label Bag\ntaken for Shirt"), "{row}");
        one.exhibits[0].label = 1;
        assert!(one.rows(80, Depth::Ascii).next().unwrap().ends_with("\nrecognized"));
    }

    #[test]
    fn of_a_long_file_name_the_end_is_shown() {
        assert_eq!(in_short("0123456789ab.png"), "0123456789ab.png");
        assert_eq!(in_short("a long name, number 0123.png"), "…number 0123.png");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            n in 1_usize..6,
            geometry in (1_usize..60, 1_usize..200),
            classes in prop_oneof![Just(0_usize), 2_usize..20],
            columns in prop::option::of(1_usize..9),
            width in 1_usize..200,
            depth in prop::sample::select(vec![Depth::TrueColor, Depth::Colors256, Depth::Ascii]),
        ) {
            let gallery = Gallery { columns, ..gallery(n, geometry, classes) };
            // A caption and a bar cannot be made narrower.
            let bars = if classes > 0 { GAP + beside_a_bar(&[], &ClassNames::default()) + BARS[1] } else { 0 };
            let narrowest = "taken for 0".len() + bars;
            let rows: Vec<_> = gallery.rows(width, depth).collect();
            prop_assert_eq!(rows.iter().map(|row| row.matches("label 0").count()).sum::<usize>(), n);
            for line in rows.iter().flat_map(|row| row.lines()) {
                let plain = anstream::adapter::strip_str(line).to_string();
                prop_assert!(plain.chars().count() <= width.max(narrowest), "{}", plain);
            }
        }
    }
}
