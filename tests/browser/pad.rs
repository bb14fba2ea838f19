//! The pad as a person has it: a canvas to draw on, buttons, bars.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use mnist_mlp::picture::Picture;

use super::driver::Browser;

/// Points of a stroke, as shares of the pad's width and height.
pub type Stroke = &'static [(f64, f64)];

/// Strokes that anybody would read as these digits.
pub const DIGITS: [(usize, &[Stroke]); 3] = [
    (1, &[&[(0.52, 0.15), (0.5, 0.5), (0.48, 0.85)]]),
    (7, &[&[(0.25, 0.2), (0.5, 0.19), (0.72, 0.2), (0.6, 0.45), (0.5, 0.65), (0.43, 0.85)]]),
    (
        0,
        &[&[
            (0.55, 0.15),
            (0.4, 0.2),
            (0.3, 0.38),
            (0.28, 0.55),
            (0.33, 0.75),
            (0.45, 0.85),
            (0.58, 0.82),
            (0.69, 0.68),
            (0.72, 0.48),
            (0.68, 0.28),
            (0.55, 0.15),
        ]],
    ),
];

/// The pad of the page that is open.
pub struct Pad<'a> {
    browser: &'a Browser,
}

impl<'a> Pad<'a> {
    pub fn on(browser: &'a Browser) -> Self {
        browser.run("document.getElementById('canvas').scrollIntoView({ block: 'center', behavior: 'instant' })");
        Pad { browser }
    }

    pub fn draw(&self, pointer: &str, stroke: Stroke) {
        let place = "const { left, top, width, height } = document.getElementById('canvas').getBoundingClientRect();";
        let place = self.browser.run(&format!("{place} return [left, top, width, height]"));
        let [left, top, width, height] = [0, 1, 2, 3].map(|i| place[i].as_f64().unwrap());
        let at = |&(x, y): &(f64, f64)| ((left + x * width).round() as i32, (top + y * height).round() as i32);
        self.browser.drag(pointer, &stroke.iter().map(at).collect::<Vec<_>>());
    }

    pub fn click(&self, button: &str) {
        self.browser.run(&format!("document.getElementById('{button}').click()"));
        self.browser.painted();
    }

    /// The digit that is shown in large letters, if any.
    pub fn answer(&self) -> Option<usize> {
        let answer = self.browser.run("return document.querySelector('#answer strong')?.textContent");
        answer.as_str().map(|digit| digit.parse().unwrap())
    }

    /// The numbers beside the bars; none if the pad is empty.
    pub fn outputs(&self) -> Vec<f64> {
        let cells = self
            .browser
            .run("return [...document.querySelectorAll('#outputs td:last-child')].map(td => td.textContent)");
        cells.as_array().unwrap().iter().filter_map(|cell| cell.as_str().unwrap().parse().ok()).collect()
    }

    /// The canvas as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        self.png_of("canvas")
    }

    fn png_of(&self, canvas: &str) -> Vec<u8> {
        let url = self.browser.run(&format!("return document.getElementById('{canvas}').toDataURL()"));
        BASE64.decode(url.as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap()).unwrap()
    }

    /// The ink on the canvas: 0 none, 255 black.
    pub fn ink(&self) -> Picture {
        grey(&self.png()).inverted()
    }

    /// The picture that the network sees.
    pub fn seen(&self) -> Picture {
        grey(&self.png_of("seen"))
    }
}

fn grey(png: &[u8]) -> Picture {
    let image = image::load_from_memory(png).unwrap().to_luma8();
    let (width, height) = image.dimensions();
    Picture::new(height as usize, width as usize, image.into_raw()).unwrap()
}
