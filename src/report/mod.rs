//! Reports of results: tables, CSV, JSON, images side by side. This module does not train, evaluate or query the
//! terminal.

mod answers;
mod bars;
mod committee;
mod epochs;
mod evaluation;
mod gallery;
mod neuron;
mod page;
pub mod plot;
mod prediction;
mod tuning;

pub use answers::{ANSWERS_START, answers};
pub use bars::bars;
pub use committee::CommitteeReport;
pub use epochs::EpochTable;
pub use evaluation::{EvaluationReport, Seen};
pub use gallery::{Exhibit, Gallery, Version};
pub use neuron::{NEURON_CSV_HEADING, neuron_csv_line};
pub use page::{START as PAGE_START, Subject, page};
pub use prediction::{PredictionReport, json_of_failure};
pub use tuning::TuningReport;

pub use crate::numbers::thousands;

/// A fraction as "96.42%"; a dash for `None`.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_string(), |share| format!("{:.2}%", 100.0 * share))
}

/// A number with this many decimals; from 100,000 on in scientific notation, such as 1.0000e42.
fn decimal(number: f64, decimals: usize) -> String {
    if number < 1e5 { format!("{number:.decimals$}") } else { format!("{number:.decimals$e}") }
}

/// "1 epoch", "2.5 epochs".
#[must_use]
pub fn epochs(n: f64) -> String {
    let n = (n * 1e6).round() / 1e6;
    format!("{n} {}", if (n - 1.0).abs() < 1e-9 { "epoch" } else { "epochs" })
}

/// "10,000 images of the test split", or "all 600 images to train on".
#[must_use]
pub fn images_of_split(n: usize, split: &str) -> String {
    let n = thousands(n);
    if split == "all" { format!("all {n} images to train on") } else { format!("{n} images of the {split} split") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([0.25, 99_999.0, 1e42].map(|number| decimal(number, 3)), ["0.250", "99999.000", "1.000e42"]);
        assert_eq!((percent(Some(0.96424)), percent(None)), ("96.42%".to_string(), "-".to_string()));
    }
}
