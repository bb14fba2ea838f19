//! The evaluation of several models, each alone and all together.

use serde::Serialize;

use super::evaluation::{EvaluationReport, Json, Seen, json_line, tables};
use super::{decimal, percent, thousands};
use crate::evaluate::Evaluation;

/// The evaluations of several models on the same images, and that of their committee.
#[derive(Debug, Clone)]
pub struct CommitteeReport<'a> {
    /// The evaluation of each model.
    pub members: Vec<EvaluationReport<'a>>,
    /// The evaluation of the committee. Its cost is not reported, see
    /// [`Committee::evaluate`](crate::committee::Committee::evaluate).
    pub committee: &'a Evaluation,
    /// The images.
    pub seen: Seen,
}

#[derive(Serialize)]
struct JsonOfAll<'a> {
    models: Vec<Json<'a>>,
    committee: Json<'a>,
}

/// Right-aligned figures of one row: number of correct answers, accuracy, cost.
type Figures = [String; 3];

/// The columns of these figures.
const FIGURES: usize = 29;

impl CommitteeReport<'_> {
    /// One JSON object and a newline: `models`, each as in [`EvaluationReport::json`], and `committee`, which has
    /// neither `model` nor `cost`.
    #[must_use]
    pub fn json(&self) -> String {
        json_line(&JsonOfAll {
            models: self.members.iter().map(EvaluationReport::json_object).collect(),
            committee: Json::of(self.committee, &self.seen),
        })
    }

    /// Tables for a terminal of `width` columns, with colours.
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        let mut text = format!("{}\n\n", self.seen.in_words(self.committee.n()));
        text += &self.table(width);
        text += &format!("\n{} Its answers:\n\n", self.verdict());
        text += &tables(self.committee, &self.seen.names, width);
        text
    }

    /// A row for each model, then one for the committee. If the names leave no room for the figures, the figures come
    /// first, so that the terminal wraps only names.
    fn table(&self, width: usize) -> String {
        let figures = |evaluation: &Evaluation, cost: String| -> Figures {
            [evaluation.correct().to_string(), percent(Some(evaluation.accuracy())), cost]
        };
        let heading = ("model", "network".to_string(), ["right", "accuracy", "cost"].map(String::from));
        let members = self.members.iter().map(|member| {
            let figures = figures(member.evaluation, decimal(member.cost(), 6));
            (member.model.as_str(), member.description.clone(), figures)
        });
        let all = format!("{} models, outputs averaged", self.members.len());
        let committee = ("committee", all, figures(self.committee, "-".to_string()));
        let rows: Vec<_> = std::iter::once(heading).chain(members).chain([committee]).collect();
        let longest = |cells: &mut dyn Iterator<Item = &str>| cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        let model_width = longest(&mut rows.iter().map(|row| row.0));
        let network_width = longest(&mut rows.iter().map(|row| row.1.as_str()));
        let is_wide = model_width + 2 + network_width + FIGURES <= width;
        let mut text = String::new();
        for (model, network, [right, accuracy, cost]) in rows {
            let figures = format!("{right:>8}{accuracy:>10} {cost:>10}");
            text += &if is_wide {
                format!("{model:<model_width$}  {network:<network_width$}{figures}\n")
            } else {
                format!("{figures}  {model}  {network}\n")
            };
        }
        text
    }

    /// A sentence that compares the committee with its best member. Of equally good members the first counts.
    fn verdict(&self) -> String {
        let best = self.members.iter().rev().max_by_key(|member| member.evaluation.correct());
        let Some(best) = best else { return "The committee has no members.".to_string() };
        let (together, alone) = (self.committee.correct(), best.evaluation.correct());
        let difference = together.abs_diff(alone);
        let images = if difference == 1 { "image" } else { "images" };
        let difference = thousands(difference);
        let compared = match together.cmp(&alone) {
            std::cmp::Ordering::Greater => format!("{difference} more {images} than"),
            std::cmp::Ordering::Equal => "as many images as".to_string(),
            std::cmp::Ordering::Less => format!("{difference} fewer {images} than"),
        };
        format!("The committee is right on {compared} its best member, {}.", best.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ClassNames;

    /// An evaluation with this many of ten images right.
    fn evaluation(right: usize, cost: f64) -> Evaluation {
        let mut evaluation = Evaluation::new(2);
        (0..10).for_each(|i| evaluation.add(0, usize::from(i >= right), cost));
        evaluation
    }

    fn toys() -> Seen {
        Seen { dataset: "toy".to_string(), names: ClassNames::default(), split: "test", views: 1 }
    }

    fn report<'a>(members: &'a [(&str, Evaluation)], committee: &'a Evaluation) -> CommitteeReport<'a> {
        let member = |(model, evaluation): &'a (&str, Evaluation)| EvaluationReport {
            model: (*model).to_string(),
            description: "4-2, quadratic".to_string(),
            seen: toys(),
            lambda: 0.0,
            l1: 0.0,
            regularization: 0.25,
            evaluation,
        };
        CommitteeReport { members: members.iter().map(member).collect(), committee, seen: toys() }
    }

    #[test]
    fn columns_are_aligned_whatever_the_files_are_called() {
        let members = [("a.json", evaluation(7, 0.5)), ("größer/b.json", evaluation(10, 12.0))];
        let text = report(&members, &evaluation(9, f64::NAN)).text(80);
        let expected = "\
toy, 10 images of the test split

model          network                      right  accuracy       cost
a.json         4-2, quadratic                   7    70.00%   0.750000
größer/b.json  4-2, quadratic                  10   100.00%  12.250000
committee      2 models, outputs averaged       9    90.00%          -

The committee is right on 1 fewer image than its best member, größer/b.json. Its answers:

confusion matrix";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_large_cost_runs_into_nothing() {
        let text = report(&[("a", evaluation(7, 1e42))], &evaluation(9, f64::NAN)).text(80);
        assert!(text.contains("\na          4-2, quadratic                   7    70.00% 1.000000e42\n"), "{text}");
    }

    #[test]
    fn figures_come_first_where_there_is_no_room_for_names() {
        let members = [("a-model-of-a-long-name.json", evaluation(7, 0.5))];
        let all = evaluation(9, f64::NAN);
        let lines = |width| {
            let text = report(&members, &all).text(width);
            text.lines().skip(2).take(3).map(str::to_string).collect::<Vec<_>>()
        };
        let wide = lines(84);
        assert!(wide.iter().all(|line| line.chars().count() == 84), "{wide:?}");
        let narrow = [
            "   right  accuracy       cost  model  network",
            "       7    70.00%   0.750000  a-model-of-a-long-name.json  4-2, quadratic",
            "       9    90.00%          -  committee  1 models, outputs averaged",
        ];
        assert_eq!(lines(83), narrow);
    }

    #[test]
    fn the_committee_is_compared_with_the_first_of_the_best() {
        let members = [7, 8, 8].map(|right| evaluation(right, 0.0));
        let members: Vec<_> = ["a", "b", "c"].into_iter().zip(members).collect();
        for (together, words) in [(10, "2 more images than"), (8, "as many images as"), (5, "3 fewer images than")] {
            let verdict = report(&members, &evaluation(together, f64::NAN)).verdict();
            assert_eq!(verdict, format!("The committee is right on {words} its best member, b."));
        }
    }

    #[test]
    fn json_has_each_model_as_if_alone_and_the_committee_without_a_cost() {
        let (members, committee) = ([("a", evaluation(7, 0.5)), ("b", evaluation(8, 0.5))], evaluation(9, f64::NAN));
        let report = report(&members, &committee);
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        for (found, member) in json["models"].as_array().unwrap().iter().zip(&report.members) {
            assert_eq!(found, &serde_json::from_str::<serde_json::Value>(&member.json()).unwrap());
        }
        let keys: Vec<_> = json["committee"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["accuracy", "confusion", "correct", "dataset", "n", "per_class", "split"]);
        assert_eq!((&json["committee"]["n"], &json["committee"]["correct"]), (&10.into(), &9.into()));
    }
}
