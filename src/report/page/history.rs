//! The history of the monitors, as a table and as a sentence.

use crate::model::{EpochRecord, Monitor};
use crate::report::{decimal, percent};

/// The history of a training: a column for each monitor that was on, a row for each epoch.
pub struct History {
    /// The headings of the columns.
    pub headings: Vec<String>,
    /// The epoch, and the text of each column.
    pub rows: Vec<(usize, Vec<String>)>,
    /// The first and the last row as a sentence; empty if no monitor was on.
    pub summary: String,
}

impl History {
    /// The history of a training that was evaluated on `evaluate_on`, "validation" or "test".
    pub fn of(records: &[EpochRecord], evaluate_on: &str) -> Self {
        let is_on = |monitor: &Monitor| records.iter().any(|record| monitor.of(record).is_some());
        let monitors: Vec<_> = Monitor::ALL.into_iter().filter(is_on).collect();
        let heading = |monitor: &Monitor| {
            format!("{} {}", monitor.images(evaluate_on), if monitor.is_cost() { "cost" } else { "accuracy" })
        };
        let headings: Vec<_> = monitors.iter().map(heading).collect();
        let cells = |record| monitors.iter().map(|&monitor| cell(monitor, record)).collect();
        let rows: Vec<(_, Vec<_>)> = records.iter().map(|record| (record.epoch, cells(record))).collect();
        let summary = summary(&headings, &rows);
        History { headings, rows, summary }
    }
}

/// The value of a monitor as text.
fn cell(monitor: Monitor, record: &EpochRecord) -> String {
    match monitor.of(record) {
        None => "–".to_string(),
        Some(cost) if monitor.is_cost() => decimal(cost, 4),
        share => percent(share),
    }
}

fn summary(headings: &[String], rows: &[(usize, Vec<String>)]) -> String {
    let ([(from, first), ..], [.., (to, last)]) = (rows, rows) else { return String::new() };
    let is_one = rows.len() == 1;
    let course = |(what, (first, last)): (&String, (&String, &String))| {
        if is_one { format!("{what} {first}") } else { format!("{what} from {first} to {last}") }
    };
    let courses: Vec<_> = headings.iter().zip(first.iter().zip(last)).map(course).collect();
    let epochs = if is_one { format!("Epoch {from}") } else { format!("Epochs {from} to {to}") };
    if courses.is_empty() { String::new() } else { format!("{epochs}: {}.", courses.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_that_were_off_have_no_column() {
        let record = |epoch, training_cost, evaluation_accuracy| EpochRecord {
            epoch,
            training_cost,
            evaluation_accuracy,
            n_evaluation: 4,
            ..Default::default()
        };
        let history = History::of(&[record(1, Some(2.0), None), record(2, Some(1e7), Some(3))], "test");
        assert_eq!(history.headings, ["training cost", "test accuracy"]);
        assert_eq!(history.rows[0], (1, vec!["2.0000".to_string(), "–".to_string()]));
        assert_eq!(
            history.summary,
            "Epochs 1 to 2: training cost from 2.0000 to 1.0000e7, test accuracy from – to 75.00%."
        );
        let one = History::of(&[record(1, Some(2.0), Some(1))], "test");
        assert_eq!(one.summary, "Epoch 1: training cost 2.0000, test accuracy 25.00%.");
        assert_eq!(History::of(&[record(1, None, None)], "test").summary, "");
        assert_eq!(History::of(&[], "test").summary, "");
    }
}
