use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::affine::{Movement, sin_cos};
use super::elastic::bell;
use super::*;
use crate::data::{Identity, Part, synthetic};
use crate::engine::InstructionSet;

const STILL: Movement = Movement { degrees: 0.0, scale: (1.0, 1.0), shear: 0.0, shift: (0.0, 0.0) };
const NOTHING: Distortion = Distortion { affine: None, elastic: None, fade_to: 1.0 };
const ZERO: Affine = Affine { rotation: 0.0, scale: 0.0, shear: 0.0, translation: 0.0 };

/// Images of random pixels.
fn noise(count: usize, (rows, cols): (usize, usize)) -> Dataset {
    let mut pixels = vec![0; count * rows * cols];
    stream_of_image(1, Purpose::Distortion, 0, 0).fill_bytes(&mut pixels);
    Dataset::new(pixels, vec![0; count], (rows, cols), 2, Identity::named("noise")).unwrap()
}

fn digits(count: usize) -> Dataset {
    let (pixels, labels) = synthetic::draw_many(0, Part::Training, count, 1);
    Dataset::new(pixels, labels, (28, 28), 10, Identity::named("digits")).unwrap()
}

/// `image` moved by `movement`.
fn moved(image: &[u8], geometry: (usize, usize), movement: Movement) -> Vec<u8> {
    let distorter = Distorter::new(NOTHING, geometry);
    let Workspace { displacements, mut original } = Workspace::new(&distorter);
    let mut result = vec![77; image.len()];
    original.set(image);
    distorter.arch.dispatch(original.resample(&movement.source(geometry), &displacements, &mut result));
    result
}

fn ink(image: &[u8]) -> f64 {
    image.iter().map(|&pixel| f64::from(pixel)).sum()
}

#[test]
fn no_strength_changes_nothing() {
    let flat = Elastic { alpha: 0.0, ..Elastic::default() };
    for geometry in [(28, 28), (8, 8), (1, 5), (5, 1), (1, 1), (40, 20)] {
        let data = noise(3, geometry);
        for (affine, elastic) in [(None, None), (Some(ZERO), None), (None, Some(flat)), (Some(ZERO), Some(flat))] {
            let distorted = Distortion { affine, elastic, ..NOTHING }.epoch(&data, 0, 1, 1);
            assert!(distorted.pixels() == data.pixels(), "{geometry:?}, {affine:?}, {elastic:?}");
        }
    }
}

#[test]
#[rustfmt::skip]
fn whole_pixels_move_exactly() {
    let image = [
        1, 2, 3, 4,
        5, 6, 7, 8,
        9, 10, 11, 12,
    ];
    assert_eq!(moved(&image, (3, 4), Movement { shift: (1.0, -2.0), ..STILL }), [
        0, 9, 10, 11,
        0, 0, 0, 0,
        0, 0, 0, 0,
    ]);
    assert_eq!(moved(&image, (3, 4), Movement { shift: (0.5, 0.0), ..STILL }), [
        // 0.5, 1.5, 2.5, 3.5 and so on: halves are rounded to the even number.
        0, 2, 2, 4,
        2, 6, 6, 8,
        4, 10, 10, 12,
    ]);
}

#[test]
#[rustfmt::skip]
fn turns_by_right_angles_are_exact() {
    let image = [
        1, 2, 3,
        4, 5, 6,
        7, 8, 9,
    ];
    let turned = |degrees| moved(&image, (3, 3), Movement { degrees, ..STILL });
    assert_eq!(turned(90.0), [
        7, 4, 1,
        8, 5, 2,
        9, 6, 3,
    ]);
    assert_eq!(turned(180.0), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(turned(-180.0), turned(180.0));
    let data = noise(1, (28, 28));
    let back = Movement { degrees: -90.0, ..STILL };
    let there = moved(data.pixels(), (28, 28), Movement { degrees: 90.0, ..STILL });
    assert!(there != data.pixels() && moved(&there, (28, 28), back) == data.pixels());
}

#[test]
#[rustfmt::skip]
fn an_image_leans_and_grows_about_its_centre() {
    let upright = [
        0, 9, 0,
        0, 9, 0,
        0, 9, 0,
    ];
    assert_eq!(moved(&upright, (3, 3), Movement { shear: 1.0, ..STILL }), [
        9, 0, 0,
        0, 9, 0,
        0, 0, 9,
    ]);
    let dot = [
        0, 0, 0,
        0, 8, 0,
        0, 0, 0,
    ];
    assert_eq!(moved(&dot, (3, 3), Movement { scale: (2.0, 1.0), ..STILL }), [
        0, 0, 0,
        4, 8, 4,
        0, 0, 0,
    ]);
}

#[test]
fn the_most_that_is_drawn_is_what_was_asked_for() {
    let affine = Affine { rotation: 90.0, scale: 0.25, shear: 0.5, translation: 0.5 };
    let only = |affine: Affine, chance| affine.draw([chance; 6], (4, 8));
    let turned = only(Affine { rotation: affine.rotation, ..ZERO }, 1.0);
    assert_eq!(turned, Movement { degrees: 90.0, ..STILL }.source((4, 8)));
    let scaled = only(Affine { scale: affine.scale, ..ZERO }, -1.0);
    assert_eq!(scaled, Movement { scale: (0.75, 0.75), ..STILL }.source((4, 8)));
    let leant = only(Affine { shear: affine.shear, ..ZERO }, -1.0);
    assert_eq!(leant, Movement { shear: -0.5, ..STILL }.source((4, 8)));
    let shifted = only(Affine { translation: affine.translation, ..ZERO }, 1.0);
    assert_eq!(shifted, Movement { shift: (4.0, 2.0), ..STILL }.source((4, 8)));
    assert_eq!((either_way(0), either_way(u32::MAX)), (-either_way(u32::MAX), 1.0 - 0.5 / 2_147_483_648.0));
}

#[test]
fn power_series_are_the_functions() {
    for i in -180..=180 {
        let angle = f64::from(i).to_radians();
        let (sin, cos) = sin_cos(angle);
        // A dozen terms of up to 8.2 are added, each off by 1e-16 of itself at most.
        assert!((sin - angle.sin()).abs() < 4e-15 && (cos - angle.cos()).abs() < 4e-15, "{i} degrees");
        let x = f64::from(i) / 60.0;
        assert!((bell(x) - (-x * x / 2.0).exp()).abs() < 4e-15, "{x}");
    }
    assert_eq!((sin_cos(0.0), bell(0.0), bell(3.01)), ((0.0, 1.0), 1.0, 0.0));
}

/// Displacements of `count` images of `rows` x `cols` pixels, one after the other, without the padding of rows.
fn displacements(elastic: Elastic, count: u64, (rows, cols): (usize, usize)) -> Vec<[Vec<f64>; 2]> {
    let distorter = Distorter::new(Distortion { elastic: Some(elastic), ..NOTHING }, (rows, cols));
    let mut displacements = Workspace::new(&distorter).displacements;
    let smoothing = distorter.smoothing.as_ref().unwrap();
    let one = |image| {
        let mut rng = stream_of_image(0, Purpose::Distortion, 1, image);
        distorter.arch.dispatch(displacements.draw(smoothing, &mut rng));
        [&displacements.x, &displacements.y].map(|field| {
            let rows = field.as_flattened().chunks(cols.div_ceil(LANES) * LANES);
            rows.flat_map(|row| row[..cols].iter().map(|&d| f64::from(d))).collect()
        })
    };
    (0..count).map(one).collect()
}

#[test]
fn displacements_spread_as_simards_do() {
    let mean = |products: Vec<f64>| products.iter().sum::<f64>() / products.len() as f64;
    for (sigma, alpha) in [(1.0, 2.0), (3.0, 20.0), (4.0, 34.0), (5.5, 37.0), (8.0, 60.0)] {
        let fields = displacements(Elastic { sigma, alpha }, 3_000, (28, 28));
        // The variance of a uniform number from -1 to 1 is 1/3. The squared weights of a two-dimensional Gaussian sum
        // to 1 / (4 pi sigma^2); the products with the weights d pixels beside them sum to e^(-d^2 / (4 sigma^2)) times
        // that.
        let deviation = alpha / (sigma * (12.0 * std::f64::consts::PI).sqrt());
        let flat = || fields.iter().flatten();
        let first = mean(flat().flatten().copied().collect());
        let product = |from: fn(usize) -> bool, step: usize| {
            let pairs = flat().flat_map(|field| (0..784 - step).filter(|&at| from(at)).map(move |at| (field, at)));
            mean(pairs.map(|(field, at)| field[at] * field[at + step]).collect())
        };
        // The widest fields have little more than one independent number each, so there are 6,000: the error of the
        // mean is 1.3% of the deviation, that of the deviation 0.9%. Cutting off at 3 sigma makes the deviation 0.5%
        // greater.
        assert!(first.abs() < 0.05 * deviation, "sigma {sigma}: mean {first}");
        let all = product(|_| true, 0).sqrt();
        assert!((all / deviation - 1.0).abs() < 0.04, "sigma {sigma}: {all}, not {deviation}");
        let corner = product(|at| at == 0, 0).sqrt();
        assert!((corner / deviation - 1.0).abs() < 0.05, "sigma {sigma}: {corner} in the corner, not {deviation}");
        let step = sigma.round() as usize;
        let alike = (step as f64 / sigma).powi(2) / -4.0;
        for (direction, step) in [("right", step), ("down", 28 * step)] {
            let beside = product(|at| at % 28 < 20, step) / (all * all);
            assert!((beside - alike.exp()).abs() < 0.03, "sigma {sigma}, {direction}: {beside}");
        }
    }
}

/// A distorted image, computed pixel by pixel in f64 with the formulas of the documentation.
fn plain(distortion: Distortion, image: &[u8], (rows, cols): (usize, usize), rng: &mut ChaCha8Rng) -> Vec<f64> {
    let chance = std::array::from_fn(|_| either_way(rng.next_u32()));
    let affine = distortion.affine.unwrap_or(ZERO).draw(chance, (rows, cols));
    let distorter = Distorter::new(distortion, (rows, cols));
    let mut workspace = Workspace::new(&distorter);
    if let Some(smoothing) = &distorter.smoothing {
        pulp::Arch::Scalar.dispatch(workspace.displacements.draw(smoothing, rng));
    }
    let Displacements { x: dx, y: dy, .. } = &workspace.displacements;
    let width = cols.div_ceil(LANES) * LANES;
    let at = |row: f64, col: f64| {
        let inside = (0.0..rows as f64).contains(&row) && (0.0..cols as f64).contains(&col);
        if inside { f64::from(image[row as usize * cols + col as usize]) } else { 0.0 }
    };
    let pixel = |place: usize| {
        let (row, col) = (place / cols, place % cols);
        let along = |[by_col, by_row, start]: [f32; 3], d: &[Lanes]| {
            let [by_col, by_row, start] = [by_col, by_row, start].map(f64::from);
            by_col * col as f64 + by_row * row as f64 + start + f64::from(d.as_flattened()[row * width + col])
        };
        let (x, y) = (along(affine.x, dx), along(affine.y, dy));
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = (x - left, y - top);
        let across = |row: f64| (1.0 - right) * at(row, left) + right * at(row, left + 1.0);
        (1.0 - down) * across(top) + down * across(top + 1.0)
    };
    (0..image.len()).map(pixel).collect()
}

fn strengths() -> impl Strategy<Value = Distortion> {
    let affine = (0.0..=180.0, 0.0..=0.9, 0.0..=2.0, 0.0..=1.0)
        .prop_map(|(rotation, scale, shear, translation)| Affine { rotation, scale, shear, translation });
    let sigma = prop_oneof![0.01..10.0, Just(f64::MIN_POSITIVE), Just(100.0)];
    let elastic = (sigma, 0.0..=1000.0).prop_map(|(sigma, alpha)| Elastic { sigma, alpha });
    (prop::option::of(affine), prop::option::of(elastic)).prop_map(|(affine, elastic)| Distortion {
        affine,
        elastic,
        ..NOTHING
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_kernels_compute_what_the_formulas_say(
        distortion in strengths(),
        geometry in (1..50_usize, 1..50_usize),
        index in 0..u64::MAX,
    ) {
        prop_assert_eq!(distortion.check(), Ok(()));
        let data = noise(1, geometry);
        let kernels = distortion.image(data.pixels(), geometry, 3, 2, index);
        let mut rng = stream_of_image(3, Purpose::Distortion, 2, index);
        let plain = plain(distortion, data.pixels(), geometry, &mut rng);
        for (at, (&kernels, plain)) in kernels.iter().zip(plain).enumerate() {
            // Half a grey level is due to rounding. Places are numbers of 24 bits up to some hundreds (a thousand with
            // extreme displacements), so their error is at most 1e-4, while the grey changes by up to 255 per pixel
            // along each axis.
            prop_assert!((f64::from(kernels) - plain).abs() < 0.55, "pixel {at}: {kernels}, not {plain}");
        }
    }
}

#[test]
fn threads_and_instruction_sets_change_nothing() {
    let data = digits(2 * JOB + 1);
    let distortion = Distortion::default();
    let one = distortion.epoch(&data, 1, 2, 1);
    for threads in [0, 2, 3] {
        assert!(distortion.epoch(&data, 1, 2, threads).pixels() == one.pixels(), "{threads} threads");
    }
    // The fastest instruction set drew `one`; older machines have these.
    let others = [
        Some(pulp::Arch::Scalar),
        #[cfg(target_arch = "x86_64")]
        pulp::x86::V3::try_new().map(pulp::Arch::V3),
    ];
    for arch in others.into_iter().flatten() {
        let mut plain = Distorter::new(distortion, (28, 28));
        plain.arch = arch;
        let mut workspace = Workspace::new(&plain);
        for index in 0..data.len() {
            let mut image = vec![0; 784];
            let rng = stream_of_image(1, Purpose::Distortion, 2, index as u64);
            plain.distort(data.image(index), rng, &mut workspace, &mut image);
            assert!(image == one.image(index), "image {index}, {arch:?}");
            assert!(distortion.image(data.image(index), (28, 28), 1, 2, index as u64) == image, "image {index} alone");
        }
    }
}

#[test]
fn distortions_run_on_the_instructions_of_the_engine() {
    // pulp silently omits instruction sets that are not enabled; without its feature, a name here does not compile.
    let found = match Distorter::new(Distortion::default(), (28, 28)).arch {
        #[cfg(target_arch = "x86_64")]
        pulp::Arch::V4(_) => "avx512",
        #[cfg(target_arch = "x86_64")]
        pulp::Arch::V3(_) => "avx2",
        #[cfg(target_arch = "aarch64")]
        pulp::Arch::Neon(_) => "neon",
        _ => "portable",
    };
    assert_eq!(found, InstructionSet::fastest().name());
}

#[test]
fn the_bytes_are_the_same_on_every_machine() {
    // Change this hash only together with the distortions or the built-in digits. FNV-1a, 64 bits.
    let distorted = Distortion::default().epoch(&digits(100), 0, 1, 1);
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    assert_eq!(distorted.pixels().iter().fold(0xcbf2_9ce4_8422_2325, step), 0x7e56_b91a_009b_62d6);
}

#[test]
fn epochs_images_and_seeds_all_differ() {
    let image = digits(1);
    let distorted = |seed, epoch, index| Distortion::default().image(image.pixels(), (28, 28), seed, epoch, index);
    let mut all: Vec<_> = (0..60).map(|i| distorted(i / 30, i / 6 % 5, i % 6)).collect();
    all.push(image.pixels().to_vec());
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 61);
}

#[test]
fn waves_are_the_same_whether_or_not_the_image_is_turned() {
    let data = digits(1);
    let still = Distortion { affine: Some(ZERO), ..Distortion::default() };
    let waves = Distortion { affine: None, ..still };
    assert_eq!(still.epoch(&data, 0, 1, 1).pixels(), waves.epoch(&data, 0, 1, 1).pixels());
}

#[test]
fn digits_keep_their_ink_and_what_belongs_to_them() {
    let data = digits(2_000).slice(500..2_000);
    let distortion = Distortion::default();
    for distortion in
        [distortion, Distortion { affine: None, ..distortion }, Distortion { elastic: None, ..distortion }]
    {
        let distorted = distortion.epoch(&data, 0, 1, 2);
        assert_eq!((distorted.labels(), distorted.geometry()), (data.labels(), data.geometry()));
        assert_eq!((distorted.classes(), distorted.identity()), (data.classes(), data.identity()));
        // Little ink is moved out; of the rest, about as much grows as shrinks.
        let kept = ink(distorted.pixels()) / ink(data.pixels());
        assert!((0.97..1.01).contains(&kept), "{distortion:?}: {kept}");
    }
    assert!(distortion.epoch(&data.slice(0..0), 0, 1, 2).is_empty());
}

#[test]
fn strengths_out_of_range_are_refused() {
    use DistortionError as E;
    let affine = |change: fn(&mut Affine, f64), value| {
        let mut affine = Affine::default();
        change(&mut affine, value);
        Distortion { affine: Some(affine), ..NOTHING }.check()
    };
    let elastic = |sigma, alpha| Distortion { elastic: Some(Elastic { sigma, alpha }), ..NOTHING }.check();
    assert_eq!(Distortion::default().check(), Ok(()));
    assert_eq!(affine(|a, v| a.rotation = v, 181.0), Err(E::Rotation(181.0)));
    assert_eq!(affine(|a, v| a.scale = v, 1.0), Err(E::Scale(1.0)));
    assert_eq!(affine(|a, v| a.shear = v, 2.1), Err(E::Shear(2.1)));
    assert_eq!(affine(|a, v| a.translation = v, 1.1), Err(E::Translation(1.1)));
    assert_eq!(elastic(0.0, 1.0), Err(E::Sigma(0.0)));
    assert_eq!(elastic(101.0, 1.0), Err(E::Sigma(101.0)));
    assert_eq!(elastic(1.0, 1001.0), Err(E::Alpha(1001.0)));
    let fading = |fade_to| Distortion { fade_to, ..NOTHING }.check();
    assert_eq!((fading(0.0), fading(1.1)), (Ok(()), Err(E::FadeTo(1.1))));
    for nonsense in [-0.1, f64::INFINITY, f64::NAN] {
        assert!(matches!(fading(nonsense), Err(E::FadeTo(_))), "{nonsense}");
        assert!(matches!(affine(|a, v| a.rotation = v, nonsense), Err(E::Rotation(_))), "{nonsense}");
        assert!(matches!(affine(|a, v| a.scale = v, nonsense), Err(E::Scale(_))), "{nonsense}");
        assert!(matches!(affine(|a, v| a.shear = v, nonsense), Err(E::Shear(_))), "{nonsense}");
        assert!(matches!(affine(|a, v| a.translation = v, nonsense), Err(E::Translation(_))), "{nonsense}");
        assert!(matches!(elastic(nonsense, 1.0), Err(E::Sigma(_))), "{nonsense}");
        assert!(matches!(elastic(1.0, nonsense), Err(E::Alpha(_))), "{nonsense}");
    }
}

#[test]
fn distortions_fade_in_the_second_half() {
    let affine = Affine { rotation: 8.0, scale: 0.25, shear: 0.5, translation: 0.125 };
    let fading = Distortion { affine: Some(affine), elastic: Some(Elastic { sigma: 4.0, alpha: 32.0 }), fade_to: 0.5 };
    let whole = Distortion { fade_to: 1.0, ..fading };
    assert_eq!([1, 2, 3, 4].map(|epoch| fading.faded(epoch, 8)), [whole; 4]);
    // Sigma, the smoothness, is not a strength and does not fade.
    let last = Distortion {
        affine: Some(Affine { rotation: 4.0, scale: 0.125, shear: 0.25, translation: 0.0625 }),
        elastic: Some(Elastic { sigma: 4.0, alpha: 16.0 }),
        fade_to: 1.0,
    };
    assert_eq!(fading.faded(8, 8), last);
    assert_eq!(fading.faded(6, 8).elastic, Some(Elastic { sigma: 4.0, alpha: 24.0 }));
    assert!(fading.to_string().ends_with(", elastic sigma 4, alpha 32, fading to 0.5"), "{fading}");
    // A training of one epoch has no second half in which to fade; it uses the final strengths.
    assert_eq!(fading.faded(1, 1), last);
    // Fading to 0 ends with the original images.
    let data = noise(2, (8, 8));
    let faded = Distortion { fade_to: 0.0, ..Distortion::default() }.faded(4, 4);
    assert!(faded.epoch(&data, 0, 4, 1).pixels() == data.pixels());
}

#[test]
fn a_distortion_can_be_written_down_and_read_back() {
    let distortion = Distortion { elastic: Some(Elastic { sigma: 4.0, alpha: 34.0 }), ..NOTHING };
    let json = serde_json::to_string(&distortion).unwrap();
    assert_eq!(json, r#"{"affine":null,"elastic":{"sigma":4.0,"alpha":34.0}}"#);
    assert_eq!(serde_json::from_str::<Distortion>(&json).unwrap(), distortion);
    let fading = Distortion { fade_to: 0.25, ..distortion };
    let json = serde_json::to_string(&fading).unwrap();
    assert_eq!(json, r#"{"affine":null,"elastic":{"sigma":4.0,"alpha":34.0},"fade_to":0.25}"#);
    assert_eq!(serde_json::from_str::<Distortion>(&json).unwrap(), fading);
}
