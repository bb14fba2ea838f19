//! The table that grows during training: a row for each epoch.

use std::time::Duration;

use super::{decimal, percent};
use crate::model::EpochRecord;
use crate::trainer::Monitors;

/// The columns of the table: those of the monitors that are on, and the remaining patience if training may stop early.
#[derive(Debug, Clone, Copy)]
pub struct EpochTable {
    monitors: Monitors,
    early_stop: bool,
}

impl EpochTable {
    /// A table for these monitors, with the remaining patience if `early_stop`.
    #[must_use]
    pub fn new(monitors: Monitors, early_stop: bool) -> Self {
        EpochTable { monitors, early_stop }
    }

    /// The two heading lines; `evaluated_on` ("validation" or "test") is above the evaluation figures.
    #[must_use]
    pub fn heading(&self, evaluated_on: &str) -> String {
        let m = self.monitors;
        let (mut groups, mut columns) = (" ".repeat(5), "epoch".to_string());
        for (group, cost, accuracy) in [
            ("training", m.training_cost, m.training_accuracy),
            (evaluated_on, m.evaluation_cost, m.evaluation_accuracy),
        ] {
            if cost {
                columns += "        cost";
            }
            if accuracy {
                columns += "    accuracy";
            }
            let width = columns.len() - groups.len();
            groups += &format!("{:>width$}", if cost || accuracy { group } else { "" });
        }
        if self.early_stop {
            columns += "    patience";
        }
        format!("{}\n{columns}        time", groups.trim_end())
    }

    /// The row of an epoch; `training` is its time without the monitors, `patience` the number of epochs that early
    /// stopping still waits.
    #[must_use]
    pub fn row(&self, record: &EpochRecord, training: Duration, patience: Option<usize>) -> String {
        let mut row = format!("{:>5}", record.epoch);
        let halves = [
            (record.training_cost, record.training_accuracy, record.n_training),
            (record.evaluation_cost, record.evaluation_accuracy, record.n_evaluation),
        ];
        for (cost, accuracy, n) in halves {
            if let Some(cost) = cost {
                row += &format!("{:>12}", decimal(cost, 5));
            }
            if let Some(correct) = accuracy {
                row += &format!("{:>12}", percent(Some(correct as f64 / n as f64)));
            }
        }
        if let Some(patience) = patience {
            row += &format!("{patience:>12}");
        }
        row += &format!("{:>10.3} s", training.as_secs_f64());
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_stand_over_their_columns() {
        let record = EpochRecord {
            epoch: 3,
            training_cost: Some(0.25),
            training_accuracy: Some(45),
            evaluation_cost: Some(0.5),
            evaluation_accuracy: Some(8),
            n_training: 50,
            n_evaluation: 10,
            eta: None,
        };
        let table = EpochTable::new(Monitors::ALL, false);
        let row = table.row(&record, Duration::from_millis(125), None);
        assert_eq!(row, "    3     0.25000      90.00%     0.50000      80.00%     0.125 s");
        let heading = table.heading("validation");
        let lines: Vec<_> = heading.lines().collect();
        assert_eq!(lines[0], "                     training              validation");
        assert_eq!(lines[1], "epoch        cost    accuracy        cost    accuracy        time");
        assert_eq!(lines[1].len(), row.len());
    }

    #[test]
    fn monitors_that_are_off_have_no_column() {
        let none = EpochTable::new(Monitors::NONE, false);
        assert_eq!(none.heading("test"), "\nepoch        time");
        let record = EpochRecord { epoch: 1, ..EpochRecord::default() };
        assert_eq!(none.row(&record, Duration::ZERO, None), "    1     0.000 s");
    }

    #[test]
    fn the_patience_left_has_a_column() {
        let table = EpochTable::new(Monitors { evaluation_accuracy: true, ..Monitors::NONE }, true);
        let heading = table.heading("test");
        let record = EpochRecord { evaluation_accuracy: Some(5), n_evaluation: 10, ..EpochRecord::default() };
        assert_eq!(table.row(&record, Duration::ZERO, Some(12)), "    0      50.00%          12     0.000 s");
        assert_eq!(heading.lines().last(), Some("epoch    accuracy    patience        time"));
    }
}
