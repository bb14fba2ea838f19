//! Stub.
use super::{Dataset, Identity, Part};
/// Stub
pub fn dataset(seed: u64, part: Part, _threads: usize) -> Dataset {
    let n = if part == Part::Training { 60_000 } else { 10_000 };
    let labels: Vec<u8> = (0..n).map(|i| (i % 10) as u8).collect();
    let pixels =
        (0..n).flat_map(|i| (0..784).map(move |p| if p / 78 == i % 10 { (p * 7 + i) as u8 } else { 0 })).collect();
    Dataset::new(pixels, labels, (28, 28), 10, Identity::named(format!("built-in digits (seed {seed})"))).unwrap()
}
