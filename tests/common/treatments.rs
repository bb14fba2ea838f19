//! What happens to a digit before somebody asks for it: enlarged, turned, photographed.
//!
//! A treatment takes an image in MNIST's form (28x28, 0 = ground) and gives greys as one sees them (255 = white).

#![allow(dead_code, reason = "each test file uses its part")]

use std::io::Cursor;
use std::thread;

use image::GrayImage;
use image::codecs::jpeg::JpegEncoder;
use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::png;
use mnist_mlp::picture::normalize::normalized;
use mnist_mlp::picture::read::read;

/// Random numbers that are the same everywhere.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    /// From 0 to 1 (xorshift64*, by Vigna).
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Normally distributed, nearly: a sum of twelve.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// A picture of `height` x `width` pixels, each what `grey` says of its middle.
pub fn drawn(height: usize, width: usize, mut grey: impl FnMut(f64, f64) -> f64) -> Picture {
    let at = (0..height).flat_map(|y| (0..width).map(move |x| (x as f64 + 0.5, y as f64 + 0.5)));
    let pixels = at.map(|(x, y)| grey(x, y).round().clamp(0.0, 255.0) as u8).collect();
    Picture::new(height, width, pixels).unwrap()
}

/// The grey of a picture between the middles of its pixels; 0 outside.
pub fn smooth(picture: &Picture, x: f64, y: f64) -> f64 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < picture.width() as f64 && y < picture.height() as f64;
        if inside { f64::from(picture.row(y as usize)[x as usize]) } else { 0.0 }
    };
    let (right, low) = (x - left, y - top);
    (at(left, top) * (1.0 - right) + at(left + 1.0, top) * right) * (1.0 - low)
        + (at(left, top + 1.0) * (1.0 - right) + at(left + 1.0, top + 1.0) * right) * low
}

/// `factor` times as large, without steps.
pub fn enlarged(digit: &Picture, factor: usize) -> Picture {
    let f = factor as f64;
    drawn(digit.height() * factor, digit.width() * factor, |x, y| smooth(digit, x / f, y / f))
}

/// Each pixel a square.
pub fn magnified(digit: &Picture, factor: usize) -> Picture {
    let f = factor as f64;
    drawn(digit.height() * factor, digit.width() * factor, |x, y| {
        f64::from(digit.row((y / f) as usize)[(x / f) as usize])
    })
}

/// Turned about its middle.
pub fn turned(digit: &Picture, degrees: f64) -> Picture {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (digit.width() as f64 / 2.0, digit.height() as f64 / 2.0);
    drawn(digit.height(), digit.width(), |x, y| {
        let (x, y) = (x - middle_x, y - middle_y);
        smooth(digit, middle_x + cos * x + sin * y, middle_y - sin * x + cos * y)
    })
}

/// Somewhere on a larger ground.
pub fn placed(digit: &Picture, (height, width): (usize, usize), (x0, y0): (f64, f64)) -> Picture {
    drawn(height, width, |x, y| smooth(digit, x - x0, y - y0))
}

/// In ink of `ink` on paper of `paper(x, y)`, x and y from 0 to 1.
pub fn on_paper(digit: &Picture, ink: f64, paper: impl Fn(f64, f64) -> f64) -> Picture {
    let (height, width) = (digit.height() as f64, digit.width() as f64);
    drawn(digit.height(), digit.width(), |x, y| {
        let share = f64::from(digit.row(y as usize)[x as usize]) / 255.0;
        let paper = paper(x / width, y / height);
        paper * (1.0 - share * (1.0 - ink))
    })
}

/// With normal noise of this standard deviation.
pub fn noisy(picture: &Picture, deviation: f64, chance: &mut Chance) -> Picture {
    picture.map(|pixel| (f64::from(pixel) + deviation * chance.normal()).round().clamp(0.0, 255.0) as u8)
}

/// One pixel in `one_in` black or white.
pub fn specked(picture: &Picture, one_in: f64, chance: &mut Chance) -> Picture {
    picture.map(|pixel| match chance.unit() * one_in {
        u if u < 0.5 => 0,
        u if u < 1.0 => 255,
        _ => pixel,
    })
}

/// Cut to the box of its ink.
pub fn cut(digit: &Picture) -> Picture {
    let rows: Vec<_> = (0..digit.height()).filter(|&y| digit.row(y).iter().any(|&p| p > 64)).collect();
    let inked = |x: &usize| digit.rows().any(|row| row[*x] > 64);
    let columns: Vec<_> = (0..digit.width()).filter(inked).collect();
    let (top, left) = (rows[0], columns[0]);
    let (height, width) = (rows[rows.len() - 1] - top + 1, columns[columns.len() - 1] - left + 1);
    drawn(height, width, |x, y| f64::from(digit.row(top + y as usize)[left + x as usize]))
}

/// The kind of file that a picture is in.
#[derive(Clone, Copy)]
pub enum Kind {
    Png,
    /// With this quality, up to 100.
    Jpeg(u8),
}

impl Kind {
    pub fn file(self, picture: &Picture) -> Vec<u8> {
        let Kind::Jpeg(quality) = self else { return png(picture) };
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        let image = GrayImage::from_raw(width, height, picture.pixels().to_vec()).unwrap();
        let mut bytes = Cursor::new(Vec::new());
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&image).unwrap();
        bytes.into_inner()
    }
}

/// Each image treated, written into a file, read and normalized; and how many were given up. Those are empty images.
pub fn treated(digits: &Dataset, treatment: Treatment) -> (Dataset, usize) {
    let (_, kind, treat) = treatment;
    let (rows, cols) = digits.geometry();
    let normal = |index: usize| {
        let digit = Picture::new(rows, cols, digits.image(index).to_vec()).unwrap();
        let file = kind.file(&treat(&digit, &mut Chance::new(index as u64)));
        normalized(&read(&file[..]).unwrap(), rows).ok()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let pictures: Vec<Option<Picture>> = thread::scope(|scope| {
        let share = digits.len().div_ceil(threads);
        let shares = (0..digits.len()).step_by(share).map(|first| first..digits.len().min(first + share));
        let shares: Vec<_> = shares.map(|share| scope.spawn(|| share.map(normal).collect::<Vec<_>>())).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    let lost = pictures.iter().filter(|picture| picture.is_none()).count();
    let empty = vec![0; rows * cols];
    let pixels = pictures.iter().flat_map(|picture| picture.as_ref().map_or(&empty[..], Picture::pixels)).copied();
    let (pixels, labels) = (pixels.collect(), digits.labels().to_vec());
    let named = Identity::named(treatment.0);
    (Dataset::new(pixels, labels, (rows, cols), digits.classes(), named).unwrap(), lost)
}

/// What a file may show of a digit: a name, the kind of file, and how it is made of the digit with some chance.
pub type Treatment = (&'static str, Kind, fn(&Picture, &mut Chance) -> Picture);

/// All of them, in the order of the table in docs/pictures.md.
pub const TREATMENTS: &[Treatment] = &[
    ("as it is", Kind::Png, |digit, _| digit.clone()),
    ("inverted", Kind::Png, |digit, _| digit.inverted()),
    ("ten times as large", Kind::Png, |digit, _| magnified(digit, 10)),
    ("ten times as large, smooth, a JPEG of quality 40", Kind::Jpeg(40), |digit, _| enlarged(digit, 10).inverted()),
    ("as a JPEG of quality 75", Kind::Jpeg(75), |digit, _| digit.inverted()),
    ("small on a large sheet", Kind::Png, |digit, chance| {
        let corner = (chance.between(5.0, 240.0), chance.between(5.0, 140.0));
        placed(&enlarged(digit, 2), (200, 300), corner).inverted()
    }),
    ("cut to its ink", Kind::Png, |digit, _| cut(&enlarged(digit, 4)).inverted()),
    ("turned by up to 10 degrees", Kind::Png, |digit, chance| {
        turned(&enlarged(digit, 5), chance.between(-10.0, 10.0)).inverted()
    }),
    ("noise of 25 grey levels", Kind::Png, |digit, chance| noisy(&digit.inverted(), 25.0, chance)),
    ("ten times as large, noise of 40", Kind::Png, |digit, chance| {
        noisy(&enlarged(digit, 10).inverted(), 40.0, chance)
    }),
    ("five times as large, one pixel in 200 black or white", Kind::Png, |digit, chance| {
        specked(&enlarged(digit, 5).inverted(), 200.0, chance)
    }),
    ("pencil on grey paper, with some grain", Kind::Jpeg(75), |digit, chance| {
        noisy(&on_paper(&enlarged(digit, 8), 0.6, |_, _| 170.0), 4.0, chance)
    }),
    ("light from one side, noise of 8 grey levels", Kind::Jpeg(75), |digit, chance| {
        let lamp = (chance.between(-1.0, 1.0), chance.between(-1.0, 1.0));
        let light = move |x, y| 160.0 + 60.0 * (lamp.0 * (x - 0.5) + lamp.1 * (y - 0.5));
        noisy(&on_paper(&enlarged(digit, 8), 0.35, light), 8.0, chance)
    }),
    ("a shadow over one corner, all corners darker, noise of 6", Kind::Jpeg(75), |digit, chance| {
        let edge = chance.between(0.5, 1.5);
        let light = move |x: f64, y: f64| {
            let corners = 200.0 - 60.0 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
            let shadow = 1.0 / (1.0 + (-(x + y - edge) / 0.05).exp());
            corners * (1.0 - 0.3 * shadow)
        };
        noisy(&on_paper(&enlarged(digit, 8), 0.3, light), 6.0, chance)
    }),
    ("ruled lines above and below it", Kind::Png, |digit, chance| {
        let large = placed(&enlarged(digit, 6), (224, 224), (28.0, 28.0));
        let slope = chance.between(-4.0, 4.0);
        let ruled = drawn(224, 224, |x, y| {
            let line = |at: f64| (y - at - slope * x / 224.0).abs() < 1.5;
            if line(10.0) || line(212.0) { 200.0 } else { f64::from(large.row(y as usize)[x as usize]) }
        });
        on_paper(&ruled, 0.3, |_, _| 230.0)
    }),
];
