//! Reads histories of trainings from files.

use thiserror::Error;

use super::Run;
use crate::model::{EpochRecord, ModelError, ModelRecord};
use crate::report::NEURON_CSV_HEADING;

/// Why a file does not contain a training.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file is of no known kind.
    #[error("neither a model file, nor a log of train --log, nor the output of slowdown ({0})")]
    Unknown(ModelError),
    /// A line of a log or of a CSV differs from the expected format.
    #[error("line {line} is no epoch: {why}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

impl Run {
    /// Reads a training from the text of a model file, of a log (a line of JSON for each epoch) or of the CSV of the
    /// single neuron, whose cost is that of its only training image. The kind of file is recognized by its content.
    ///
    /// # Errors
    /// A [`ReadError`] that describes the problem.
    pub fn read(name: &str, text: &[u8]) -> Result<Self, ReadError> {
        let run = |history, model| Run { name: name.to_string(), history, model };
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
        if first == NEURON_CSV_HEADING.as_bytes() {
            return Ok(run(records(text, 1, neuron)?, None));
        }
        if serde_json::from_slice::<EpochRecord>(first).is_ok() || first.starts_with(b"{\"epoch\":") {
            return Ok(run(records(text, 0, |line| serde_json::from_str(line).map_err(without_place))?, None));
        }
        let model = ModelRecord::from_json(text).map_err(ReadError::Unknown)?;
        Ok(run(model.history.clone(), Some(model)))
    }
}

/// Reads an epoch from each non-empty line after the first `heading` lines.
fn records(
    text: &[u8],
    heading: usize,
    record: impl Fn(&str) -> Result<EpochRecord, String>,
) -> Result<Vec<EpochRecord>, ReadError> {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().enumerate().skip(heading).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(i, line)| record(line).map_err(|why| ReadError::Line { line: i + 1, why })).collect()
}

/// The error message without its position, which is always in the first line of a record.
fn without_place(error: serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_string()
}

fn neuron(line: &str) -> Result<EpochRecord, String> {
    let mut fields = line.split(',');
    let (epoch, cost) = (fields.next().unwrap_or_default(), fields.nth(1).unwrap_or_default());
    Ok(EpochRecord {
        epoch: epoch.parse().map_err(|_| format!("'{epoch}' is not a number of updates"))?,
        training_cost: Some(
            cost.parse().ok().filter(|cost: &f64| cost.is_finite()).ok_or_else(|| format!("'{cost}' is not a cost"))?,
        ),
        n_training: 1,
        ..EpochRecord::default()
    })
}
