//! Warnings of images whose pixels are not as a network expects them: light on dark, up to 255.

use mnist_mlp::data::Dataset;
use mnist_mlp::data::known::are_pictures;

use super::output;

/// The lowest intensity that counts as light.
const LIGHT: u8 = 128;

/// Warns of images that are faint, or dark on light.
pub fn warn(images: &Dataset) {
    let pixels = images.pixels();
    // For most datasets, only a few pixels are looked at.
    let is_any_light = pixels.iter().any(|&pixel| pixel >= LIGHT);
    let largest = if is_any_light { u8::MAX } else { pixels.iter().copied().max().unwrap_or(0) };
    if (1..LIGHT).contains(&largest) {
        let factor = if largest == 1 { "255".to_string() } else { format!("255/{largest} and round") };
        output::warning(format_args!(
            "no pixel of these images is above {largest} of 255: if {largest} is full ink, multiply them by {factor}"
        ));
    }
    if are_dark_on_light(images, largest.div_ceil(2)) {
        let how = if are_pictures(images.identity().name()) {
            "invert the pictures".to_string()
        } else {
            format!("subtract each pixel from {largest}")
        };
        output::warning(format_args!(
            "the border of most images is light: are they dark on light? MNIST is light on dark, so {how}"
        ));
    }
}

/// Whether in most images at least two thirds of the border have intensity `light` or more.
fn are_dark_on_light(images: &Dataset, light: u8) -> bool {
    /// The number of images to look at, enough to judge all.
    const SAMPLE: usize = 1000;
    let (rows, columns) = images.geometry();
    if light == 0 || rows < 3 || columns < 3 {
        return false; // nothing is to be seen, or nothing but a border
    }
    let is_on_border = |i: &usize| [0, rows - 1].contains(&(i / columns)) || [0, columns - 1].contains(&(i % columns));
    let border: Vec<_> = (0..rows * columns).filter(is_on_border).collect();
    let has_light_border = |index: &usize| {
        let image = images.image(*index);
        3 * border.iter().filter(|&&i| image[i] >= light).count() >= 2 * border.len()
    };
    let step = images.len().div_ceil(SAMPLE).max(1);
    let sample = (0..images.len()).step_by(step);
    2 * sample.clone().filter(has_light_border).count() > sample.len()
}

#[cfg(test)]
mod tests {
    use mnist_mlp::data::{Dataset, Identity, Part, synthetic};

    use super::are_dark_on_light;

    #[test]
    fn dark_on_light_is_known_by_the_border() {
        let mut pixels = vec![0; 20 * 784];
        for (image, index) in pixels.chunks_exact_mut(784).zip(0..) {
            synthetic::draw(0, Part::Training, index, image);
        }
        let images = |change: fn(u8) -> u8| {
            let pixels = pixels.iter().copied().map(change).collect();
            Dataset::new(pixels, vec![0; 20], (28, 28), 2, Identity::named("toy")).unwrap()
        };
        assert!(!are_dark_on_light(&images(|pixel| pixel), 128));
        assert!(are_dark_on_light(&images(|pixel| 255 - pixel), 128));
        assert!(are_dark_on_light(&images(|pixel| (255 - pixel) / 16), 8));
        assert!(!are_dark_on_light(&images(|_| 0), 0), "blank");
        assert!(!are_dark_on_light(&images(|_| 255).slice(0..0), 128), "none");
    }
}
