//! The result of a search for settings: a table of the best trials, and the command that trains the best one.

use serde::Serialize;

use super::evaluation::json_line;
use super::{percent, thousands};
use crate::tune::{Search, Trial, Value};

/// The maximum number of rows of the table.
const ROWS: usize = 10;

/// The result of a search.
#[derive(Debug, Clone)]
pub struct TuningReport<'a> {
    /// The search, finished or stopped.
    pub search: &'a Search,
    /// The name of the dataset.
    pub dataset: String,
    /// Number of training images.
    pub n_train: usize,
    /// Number of validation images.
    pub n_validation: usize,
    /// The command that trains the best trial.
    pub command: String,
    /// The command that repeats the search.
    pub repeat: String,
}

#[derive(Serialize)]
struct Json<'a> {
    dataset: &'a str,
    n_train: usize,
    n_validation: usize,
    seed: u64,
    /// The epochs of each rung.
    rungs: &'a [usize],
    n_trials: usize,
    n_lost: usize,
    complete: bool,
    command: &'a str,
    repeat: &'a str,
    trials: Vec<JsonTrial>,
}

#[derive(Serialize)]
struct JsonTrial {
    trial: usize,
    correct: Option<usize>,
    accuracy: Option<f64>,
    epochs: Option<usize>,
    lost: bool,
    parameters: serde_json::Map<String, serde_json::Value>,
}

impl TuningReport<'_> {
    /// One JSON object and a newline. `trials` begins with the trials that have a result, from best to worst; the
    /// others have no `accuracy`.
    #[must_use]
    pub fn json(&self) -> String {
        let search = self.search;
        let unranked = search.trials().iter().filter(|trial| trial.best.is_none());
        json_line(&Json {
            dataset: &self.dataset,
            n_train: self.n_train,
            n_validation: self.n_validation,
            seed: search.seed(),
            rungs: search.rungs().epochs(),
            n_trials: search.trials().len(),
            n_lost: self.n_lost(),
            complete: search.is_complete(),
            command: &self.command,
            repeat: &self.repeat,
            trials: search.ranking().into_iter().chain(unranked).map(|trial| self.json_trial(trial)).collect(),
        })
    }

    fn json_trial(&self, trial: &Trial) -> JsonTrial {
        let parameters = self.search.space().parameters.iter().zip(&trial.values);
        JsonTrial {
            trial: trial.number,
            correct: trial.best.map(|best| best.correct),
            accuracy: trial.best.map(|best| self.share(best.correct)),
            epochs: trial.best.map(|best| best.epochs),
            lost: trial.lost,
            parameters: parameters.map(|(parameter, value)| (parameter.name.clone(), json_value(value))).collect(),
        }
    }

    /// The ten best trials, the number of lost trials, and the commands.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.table();
        let search = self.search;
        text += &format!("\ntrials    {}", thousands(search.trials().len()));
        if self.n_lost() > 0 {
            text += &format!(", of which {} could not be trained to the end", thousands(self.n_lost()));
        }
        text += if search.is_complete() { "\n" } else { "; the last of them were stopped before their end\n" };
        if let Some((trial, best)) = search.best().and_then(|trial| Some((trial, trial.best?))) {
            text += &format!(
                "best      {} ({} of {}) on the validation images, trial {}\n",
                percent(Some(self.share(best.correct))),
                best.correct,
                self.n_validation,
                trial.number
            );
        }
        text += &format!("train it  {}\n", self.command);
        let again = if search.is_complete() { "repeat  " } else { "complete" };
        text + &format!("{again}  {}\n", self.repeat)
    }

    fn table(&self) -> String {
        let names = self.search.space().parameters.iter().map(|parameter| parameter.name.as_str());
        let heading = ["trial", "accuracy", "epochs"].into_iter().chain(names).map(String::from).collect();
        let row = |trial: &&Trial| -> Vec<String> {
            let accuracy = percent(trial.best.map(|best| self.share(best.correct)));
            let epochs = trial.best.map_or(0, |best| best.epochs);
            let values = trial.values.iter().map(cell);
            [trial.number.to_string(), accuracy, epochs.to_string()].into_iter().chain(values).collect()
        };
        let rows: Vec<Vec<String>> =
            std::iter::once(heading).chain(self.search.ranking().iter().take(ROWS).map(row)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
        let line = |row: &Vec<String>| -> String {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
            cells.collect::<Vec<_>>().join("  ") + "\n"
        };
        rows.iter().map(line).collect()
    }

    fn n_lost(&self) -> usize {
        self.search.trials().iter().filter(|trial| trial.lost).count()
    }

    fn share(&self, correct: usize) -> f64 {
        correct as f64 / self.n_validation as f64
    }
}

/// A value as text; a dash if the setting is left out.
fn cell(value: &Value) -> String {
    Some(value.to_string()).filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_string())
}

fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Real(number) => (*number).into(),
        Value::Whole(number) => (*number).into(),
        Value::Word(word) if word.is_empty() => serde_json::Value::Null,
        Value::Word(word) => word.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{Kind, Outcome, Parameter, Rungs, Space, Values};

    /// Three rounds of four trials, one of which is lost.
    fn search() -> Search {
        let parameter =
            |name: &str, text| Parameter { name: name.to_string(), values: Values::parse(text, Kind::Real).unwrap() };
        let parameters = vec![parameter("eta", "0.5"), parameter("augment", "|affine")];
        let mut search = Search::new(Space { parameters }, Rungs::up_to(3), 0);
        search.open_round(3);
        search.open_round(1);
        while let Some(job) = search.next_job() {
            let outcome = if job.number == 2 { Outcome::Lost } else { Outcome::Correct(job.number + job.epochs) };
            search.report(&job, outcome);
        }
        search
    }

    fn report(search: &Search) -> TuningReport<'_> {
        TuningReport {
            search,
            dataset: "toy".to_string(),
            n_train: 50,
            n_validation: 10,
            command: "mnist train --eta 0.5 --epochs 3".to_string(),
            repeat: "mnist tune --trials 4".to_string(),
        }
    }

    #[test]
    fn the_table_has_the_best_first_and_columns_as_wide_as_their_cells() {
        let search = search();
        let text = report(&search).text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "trial  accuracy  epochs  eta  augment");
        assert!(lines[1].starts_with("    4    70.00%       3  0.5  "), "{text}");
        assert!(lines[2].starts_with("    3    60.00%       3  0.5  "), "{text}");
        assert!(lines[3].starts_with("    1    20.00%       1  0.5  "), "{text}");
        assert!(lines[1..4].iter().all(|line| line.ends_with("      -") || line.ends_with(" affine")), "{text}");
        let rest = "
trials    4, of which 1 could not be trained to the end
best      70.00% (7 of 10) on the validation images, trial 4
train it  mnist train --eta 0.5 --epochs 3
repeat    mnist tune --trials 4
";
        assert!(text.ends_with(rest), "{text}");
    }

    #[test]
    fn json_has_all_trials_with_values_of_their_kind() {
        let mut search = search();
        search.open_round(1);
        let json: serde_json::Value = serde_json::from_str(&report(&search).json()).unwrap();
        assert_eq!((&json["n_trials"], &json["n_lost"], &json["complete"]), (&5.into(), &1.into(), &false.into()));
        assert_eq!(json["rungs"], serde_json::json!([1, 3]));
        let trials = json["trials"].as_array().unwrap();
        let numbers: Vec<_> = trials.iter().map(|trial| trial["trial"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [4, 3, 1, 2, 5]);
        assert_eq!((&trials[0]["accuracy"], &trials[3]["accuracy"]), (&0.7.into(), &serde_json::Value::Null));
        assert!(trials.iter().all(|trial| trial["parameters"]["eta"] == 0.5));
        let augments: Vec<_> = trials.iter().map(|trial| &trial["parameters"]["augment"]).collect();
        assert!(augments.iter().all(|augment| augment.is_null() || *augment == "affine"), "{augments:?}");
    }
}
