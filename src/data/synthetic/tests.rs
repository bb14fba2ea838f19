use super::skeletons::STYLES;
use super::{PIXELS, Part, SIDE, TEST_COUNT, TooMany, dataset, draw, draw_many, draw_wanted, hand, label_and_dice};

/// For each digit, the ink (sum of pixels) and the number of pixels that are not 0: means over the 60,000 training
/// images of MNIST, measured from its files.
const MNIST_INK: [(f64, f64); 10] = [
    (34_666.0, 192.0),
    (15_194.0, 85.8),
    (29_783.1, 168.8),
    (28_294.7, 163.3),
    (24_263.4, 141.8),
    (25_739.6, 152.3),
    (27_449.4, 156.9),
    (22_896.4, 131.4),
    (30_019.2, 173.3),
    (24_508.2, 143.0),
];
/// Standard deviation of the ink divided by its mean: the least and the greatest of MNIST's ten digits.
const MNIST_INK_SPREAD: (f64, f64) = (0.24, 0.29);

/// FNV-1a, 64 bits.
fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[test]
fn the_bytes_are_the_same_whatever_the_threads() {
    let one = draw_many(3, Part::Training, 100, 1);
    for threads in [0, 2, 3, 1000] {
        assert!(one == draw_many(3, Part::Training, 100, threads), "{threads} threads");
    }
    assert_eq!(draw_many(3, Part::Training, 0, 2), (vec![], vec![]));
}

#[test]
fn there_are_as_many_as_one_likes_and_the_first_stay_the_same() {
    let dataset = |part, count| dataset(0, part, (count, &|n| std::iter::once(0..n).collect()), 2);
    let usual = dataset(Part::Test, 9).unwrap();
    let more = dataset(Part::Test, TEST_COUNT + 7).unwrap();
    assert_eq!((usual.len(), more.len()), (TEST_COUNT, TEST_COUNT + 7));
    assert!(more.slice(0..TEST_COUNT).pixels() == usual.pixels());
    for count in [1 << 33, usize::MAX] {
        assert_eq!(dataset(Part::Training, count).unwrap_err(), TooMany { count, pixels: PIXELS });
    }
}

#[test]
fn only_what_is_wanted_is_drawn_but_all_have_labels() {
    let (pixels, labels) = draw_many(0, Part::Training, 1_200, 2);
    let (some, all_labels) = draw_wanted(0, Part::Training, 1_200, &[3..5, 1_000..1_200], 2);
    assert_eq!(all_labels, labels);
    for (index, (image, whole)) in some.chunks(PIXELS).zip(pixels.chunks(PIXELS)).enumerate() {
        let is_wanted = (3..5).contains(&index) || index >= 1_000;
        assert!(if is_wanted { image == whole } else { image.iter().all(|&pixel| pixel == 0) }, "{index}");
    }
}

#[test]
fn the_bytes_are_the_same_on_every_machine() {
    // Change these hashes only together with the digits themselves.
    for (part, expected) in [(Part::Training, 0xb0ce_e987_91fe_478e), (Part::Test, 0xbacb_0dc9_10b7_7b81)] {
        let (images, labels) = draw_many(0, part, 100, 1);
        assert_eq!(digest(images.into_iter().chain(labels)), expected, "{part:?}");
    }
}

#[test]
fn any_image_can_be_drawn_by_itself() {
    let (images, labels) = draw_many(5, Part::Test, 10, 2);
    for (index, (image, label)) in (0..).zip(images.chunks(PIXELS).zip(labels)) {
        // The former contents of the image do not matter.
        let mut alone = [77; PIXELS];
        assert_eq!(draw(5, Part::Test, index, &mut alone), label);
        assert_eq!(alone, image);
    }
    let mut last = [0; PIXELS];
    assert!(draw(u64::MAX, Part::Training, u64::MAX, &mut last) < 10);
    assert!(last.contains(&255));
}

#[test]
fn images_of_the_wrong_size_do_no_harm() {
    for size in [0, 1, SIDE - 1, PIXELS - 1, PIXELS + 1] {
        assert!(draw(0, Part::Training, 0, &mut vec![0; size]) < 10);
    }
}

#[test]
fn parts_and_seeds_have_no_image_in_common() {
    let mut images = Vec::new();
    for (seed, part) in [(0, Part::Training), (0, Part::Test), (1, Part::Training)] {
        images.extend(draw_many(seed, part, 2000, 2).0.chunks(PIXELS).map(<[u8]>::to_vec));
    }
    images.sort_unstable();
    images.dedup();
    assert_eq!(images.len(), 6000);
}

#[test]
fn every_label_comes_up_about_as_often() {
    let (_, labels) = draw_many(0, Part::Training, 20_000, 2);
    let mut counts = [0; 10];
    for label in labels {
        counts[usize::from(label)] += 1;
    }
    // 2000 are expected; 200 are almost five standard deviations.
    assert!(counts.iter().all(|count| (1800..2200).contains(count)), "{counts:?}");
}

#[test]
fn every_style_is_written() {
    let mut written = STYLES.map(|styles| vec![false; styles.len()]);
    for index in 0..5000 {
        let (digit, mut dice) = label_and_dice(0, Part::Training, index);
        let picked = hand::pick_style(digit, &mut dice);
        let digit = usize::from(digit);
        for (written, style) in written[digit].iter_mut().zip(STYLES[digit]) {
            *written |= std::ptr::eq(picked, style);
        }
    }
    assert!(written.iter().flatten().all(|&written| written), "{written:?}");
}

#[test]
fn images_have_the_geometry_of_mnist() {
    let (images, _) = draw_many(0, Part::Test, 5000, 2);
    let mut far_off = 0;
    for image in images.chunks(PIXELS) {
        let (mut mass, mut centre) = (0.0, [0.0; 2]);
        let (mut first, mut last) = ([SIDE; 2], [0; 2]);
        for (at, &level) in image.iter().enumerate().filter(|&(_, &level)| level > 0) {
            mass += f64::from(level);
            for (axis, place) in [at / SIDE, at % SIDE].into_iter().enumerate() {
                centre[axis] += f64::from(level) * place as f64;
                first[axis] = first[axis].min(place);
                last[axis] = last[axis].max(place);
            }
        }
        for axis in 0..2 {
            assert!(first[axis] >= 1 && last[axis] <= SIDE - 2, "touches the border");
            assert!(last[axis] - first[axis] < 20, "larger than the box");
            let off = (centre[axis] / mass - 14.0).abs();
            assert!(off < 2.5, "centre of mass off by {off}");
            far_off += usize::from(off > 0.51);
        }
        let size = (0..2).map(|axis| last[axis] + 1 - first[axis]).max();
        assert!(size >= Some(19), "smaller than the box");
    }
    // Digits that would touch the border if they were centred, as 1 in 70 in MNIST.
    assert!(far_off < 200, "{far_off} are off the middle");
}

#[test]
fn digits_have_the_ink_of_mnist() {
    let (images, labels) = draw_many(0, Part::Training, 20_000, 2);
    for (digit, (mnist_ink, mnist_pixels)) in (0..).zip(MNIST_INK) {
        let (mut count, mut sum, mut squares, mut pixels) = (0.0, 0.0, 0.0, 0.0);
        for (image, _) in images.chunks(PIXELS).zip(&labels).filter(|&(_, &label)| label == digit) {
            let ink: f64 = image.iter().map(|&level| f64::from(level)).sum();
            count += 1.0;
            sum += ink;
            squares += ink * ink;
            pixels += image.iter().filter(|&&level| level > 0).count() as f64;
        }
        let (ink, pixels) = (sum / count, pixels / count);
        let spread = (squares / count - ink * ink).sqrt() / ink;
        assert!((ink / mnist_ink - 1.0).abs() < 0.04, "digit {digit}: ink {ink}");
        assert!((pixels / mnist_pixels - 1.0).abs() < 0.04, "digit {digit}: {pixels} pixels");
        let (least, greatest) = MNIST_INK_SPREAD;
        assert!((0.9 * least..1.2 * greatest).contains(&spread), "digit {digit}: spread {spread}");
    }
}
