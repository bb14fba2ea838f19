//! The evaluation of a model, as text and as JSON.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::{decimal, images_of_split, percent};
use crate::data::ClassNames;
use crate::evaluate::{ClassFigures, Confusion, Evaluation};

/// Number of the most frequent confusions that are listed and marked.
const WORST: usize = 5;

const MARK: Style = AnsiColor::Yellow.on_default().bold();
const HIT: Style = AnsiColor::Green.on_default();

/// The images of an evaluation.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The name of the dataset.
    pub dataset: String,
    /// The names of its classes.
    pub names: ClassNames,
    /// "test", "validation", "train", or "all" images to train on.
    pub split: &'static str,
    /// The number of places in which each image was seen; 1 if only as it is.
    pub views: usize,
}

impl Seen {
    /// "MNIST, 10,000 images of the test split", and in how many places each was seen, if in several.
    #[must_use]
    pub fn in_words(&self, n: usize) -> String {
        let places = if self.views == 1 { String::new() } else { format!(", each seen in {} places", self.views) };
        format!("{}, {}{places}", self.dataset, images_of_split(n, self.split))
    }
}

/// An evaluation, with its model and images.
#[derive(Debug, Clone)]
pub struct EvaluationReport<'a> {
    /// The model file.
    pub model: String,
    /// The network and its training, in a few words.
    pub description: String,
    /// The images.
    pub seen: Seen,
    /// The regularization parameters of the training: lambda for L2, lambda_1 for L1.
    pub lambda: f64,
    /// See `lambda`.
    pub l1: f64,
    /// The sum of the regularization terms of the cost.
    pub regularization: f64,
    /// The results.
    pub evaluation: &'a Evaluation,
}

/// The JSON of an evaluation. Figures that a committee does not have are omitted.
#[derive(Serialize)]
pub(super) struct Json<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<&'a str>,
    dataset: &'a str,
    split: &'a str,
    /// The number of places in which each image was seen; omitted if only as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<usize>,
    /// The names of the classes; omitted if they have only numbers.
    #[serde(skip_serializing_if = "ClassNames::is_empty")]
    classes: &'a ClassNames,
    n: usize,
    correct: usize,
    accuracy: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The part of the cost that is regularization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regularization: Option<f64>,
    per_class: Vec<ClassFigures>,
    confusion: Vec<Vec<usize>>,
}

impl<'a> Json<'a> {
    /// The figures without model and cost.
    pub fn of(evaluation: &Evaluation, seen: &'a Seen) -> Self {
        Json {
            model: None,
            dataset: &seen.dataset,
            split: seen.split,
            views: (seen.views > 1).then_some(seen.views),
            classes: &seen.names,
            n: evaluation.n(),
            correct: evaluation.correct(),
            accuracy: evaluation.accuracy(),
            cost: None,
            regularization: None,
            per_class: evaluation.per_class(),
            confusion: evaluation.confusion().rows().into_iter().map(|row| row.to_vec()).collect(),
        }
    }
}

impl EvaluationReport<'_> {
    /// The cost including regularization.
    pub(super) fn cost(&self) -> f64 {
        self.evaluation.mean_cost() + self.regularization
    }

    /// One JSON object and a newline. Figures of a class that would be 0/0 are `null`.
    #[must_use]
    pub fn json(&self) -> String {
        json_line(&self.json_object())
    }

    pub(super) fn json_object(&self) -> Json<'_> {
        let figures = Json::of(self.evaluation, &self.seen);
        let (cost, regularization) = (Some(self.cost()), Some(self.regularization));
        Json { model: Some(&self.model), cost, regularization, ..figures }
    }

    /// Tables for a terminal of `width` columns, with colours.
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        let evaluation = self.evaluation;
        let (n, correct) = (evaluation.n(), evaluation.correct());
        let mut text = format!("{}: {}\n", self.model, self.description);
        text += &format!("{}\n\n", self.seen.in_words(n));
        let accuracy = percent(Some(evaluation.accuracy()));
        text += &format!("accuracy  {accuracy}  ({correct} of {n} right, {} wrong)\n", n - correct);
        text += &format!("cost      {}", decimal(self.cost(), 6));
        let parameters = [("lambda", self.lambda), ("l1", self.l1)].into_iter().filter(|&(_, value)| value > 0.0);
        let parameters: Vec<_> = parameters.map(|(name, value)| format!("{name} {value}")).collect();
        if !parameters.is_empty() {
            let regularization = decimal(self.regularization, 6);
            text += &format!("  (including {regularization} for {})", parameters.join(" and "));
        }
        text += "\n\n";
        text += &tables(evaluation, &self.seen.names, width);
        text
    }
}

/// A value as a line of JSON.
pub(super) fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers and names always make JSON") + "\n"
}

/// The confusion matrix, the most frequent confusions and the figures of each class.
pub(super) fn tables(evaluation: &Evaluation, names: &ClassNames, width: usize) -> String {
    let worst: Vec<_> = evaluation.confusions().into_iter().take(WORST).collect();
    let matrix = confusion_matrix(evaluation, names, &worst, width);
    let marked = if matrix.is_ok() { " (*)" } else { "" };
    matrix.unwrap_or_else(|left_out| left_out)
        + &worst_confusions(&worst, names, marked)
        + &per_class(evaluation, names)
}

/// The matrix with the worst confusions marked or, as an error, a line that says that it is wider than the terminal.
/// Columns are headed by class names if all are short; otherwise by class numbers, which then precede the names in the
/// rows.
fn confusion_matrix(
    evaluation: &Evaluation,
    names: &ClassNames,
    worst: &[Confusion],
    width: usize,
) -> Result<String, String> {
    let confusion = evaluation.confusion();
    let classes = confusion.nrows();
    let digits = confusion.iter().max().map_or(1, |count| count.to_string().len());
    let cell = digits.max(classes.to_string().len()) + 2;
    let name = names.width(classes);
    let are_short = name < cell;
    let column_name = |class: usize| if are_short { names.of(class) } else { class.to_string() };
    let short = name.max(4);
    let row_name = |class: usize| {
        if are_short {
            format!("{:>short$}  ", names.of(class))
        } else {
            format!("{class:>4} {:<name$}  ", names.short(class))
        }
    };
    let needed = row_name(0).chars().count() + classes * cell;
    if needed > width {
        return Err(format!("(the confusion matrix needs {needed} columns, here are {width})\n\n"));
    }
    let numbered = if are_short || names.is_empty() { "" } else { ", by its number" };
    let mut text =
        format!("confusion matrix: a row for each true label, a column for each predicted label{numbered}\n");
    text += &" ".repeat(needed - classes * cell);
    for column in 0..classes {
        text += &format!("{:>width$} ", column_name(column), width = cell - 1);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    for row in 0..classes {
        let mut line = row_name(row);
        for column in 0..classes {
            let marked = worst.iter().any(|one| (one.label, one.predicted) == (row, column));
            let style = if marked {
                MARK
            } else if row == column {
                HIT
            } else {
                Style::new()
            };
            let (number, mark) = (confusion[[row, column]], if marked { '*' } else { ' ' });
            let number = if number == 0 { "·".to_string() } else { number.to_string() };
            line += &format!("{style}{number:>width$}{style:#}{mark}", width = cell - 1);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text.push('\n');
    Ok(text)
}

fn per_class(evaluation: &Evaluation, names: &ClassNames) -> String {
    let width = names.width(evaluation.confusion().nrows()).max("label".len());
    let mut text = format!("{:>width$}  images  precision    recall        F1\n", "label");
    for class in evaluation.per_class() {
        let [precision, recall, f1] = [class.precision, class.recall, class.f1].map(percent);
        let (name, images) = (names.short(class.label), class.support);
        text += &format!("{name:>width$}{images:>8}{precision:>11}{recall:>10}{f1:>10}\n");
    }
    text
}

/// The worst confusions; `marked` says how the matrix marks them.
fn worst_confusions(worst: &[Confusion], names: &ClassNames, marked: &str) -> String {
    if worst.is_empty() {
        return String::new();
    }
    let mut text = format!("most frequent confusions{marked}\n");
    for &Confusion { label, predicted, count } in worst {
        let times = if count == 1 { "time" } else { "times" };
        let (label, predicted) = (names.of(label), names.of(predicted));
        text += &format!("  {label} taken for {predicted}: {count} {times}\n");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation() -> Evaluation {
        let mut evaluation = Evaluation::new(3);
        for (label, predicted) in [(0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (1, 0)] {
            evaluation.add(label, predicted, 0.5);
        }
        evaluation
    }

    fn toys() -> Seen {
        Seen { dataset: "toy".to_string(), names: ClassNames::default(), split: "test", views: 1 }
    }

    fn called(names: &[&str]) -> Seen {
        Seen { names: names.iter().collect(), ..toys() }
    }

    fn report(evaluation: &Evaluation) -> EvaluationReport<'_> {
        EvaluationReport {
            model: "model.json".to_string(),
            description: "4-3, quadratic".to_string(),
            seen: toys(),
            lambda: 2.0,
            l1: 0.0,
            regularization: 0.25,
            evaluation,
        }
    }

    #[test]
    fn json_has_the_promised_keys() {
        let json: serde_json::Value = serde_json::from_str(&report(&evaluation()).json()).unwrap();
        assert_eq!((&json["n"], &json["correct"], &json["cost"]), (&6.into(), &3.into(), &0.75.into()));
        assert_eq!(json["confusion"][1], serde_json::json!([2, 1, 0]));
        let class = serde_json::json!({"label": 2, "support": 0, "precision": null, "recall": null, "f1": null});
        assert_eq!(json["per_class"][2], class);
    }

    #[test]
    fn what_the_regularization_is_for_is_said() {
        let evaluation = evaluation();
        let line = |lambda, l1| {
            let text = EvaluationReport { lambda, l1, ..report(&evaluation) }.text(80);
            text.lines().find(|line| line.starts_with("cost")).unwrap().to_string()
        };
        assert_eq!(line(2.0, 0.0), "cost      0.750000  (including 0.250000 for lambda 2)");
        assert_eq!(line(0.0, 0.1), "cost      0.750000  (including 0.250000 for l1 0.1)");
        assert_eq!(line(2.0, 0.1), "cost      0.750000  (including 0.250000 for lambda 2 and l1 0.1)");
        assert_eq!(line(0.0, 0.0), "cost      0.750000");
    }

    #[test]
    fn classes_that_have_names_are_called_by_them() {
        let evaluation = evaluation();
        let text = |names: [&str; 3]| {
            let text = EvaluationReport { seen: called(&names), ..report(&evaluation) }.text(80);
            anstream::adapter::strip_str(&text).to_string()
        };
        let letters = text(["A", "B", "C"]);
        assert!(letters.contains("\n       A  B  C\n   A   2  1* ·\n   B   2* 1  ·\n"), "{letters}");
        assert!(letters.contains("\n  B taken for A: 2 times\n"), "{letters}");
        assert!(letters.contains("\n    B       3     50.00%    33.33%    40.00%\n"), "{letters}");
        let clothes = text(["T-shirt", "Bag", "Ankle boot"]);
        assert!(
            clothes.contains("predicted label, by its number\n                  0  1  2\n   0 T-shirt      2  1* ·\n   1 Bag          2* 1  ·\n")
        );
        assert!(clothes.contains("\n     label  images  precision"), "{clothes}");
        let mut many = Evaluation::new(2);
        (0..1234).for_each(|_| many.add(1, 1, 0.5));
        let text = EvaluationReport { seen: called(&["one", "three"]), ..report(&many) }.text(80);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.contains("\n         one three\n  one      ·     ·\nthree      ·  1234\n"), "{text}");
        let json = EvaluationReport { seen: called(&["A", "B", "C"]), ..report(&evaluation) }.json();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["classes"], serde_json::json!(["A", "B", "C"]));
    }

    #[test]
    fn the_matrix_is_left_out_where_it_does_not_fit() {
        let evaluation = evaluation();
        let plain = |width| anstream::adapter::strip_str(&report(&evaluation).text(width)).to_string();
        assert!(plain(80).contains("   1   2* 1  ·\n"), "{}", plain(80));
        assert!(plain(10).contains("matrix needs 15 columns") && plain(10).contains("1 taken for 0: 2 times"));
        assert!(plain(80).contains("\nmost frequent confusions (*)\n"));
        assert!(plain(10).contains("\nmost frequent confusions\n") && !plain(10).contains('*'), "{}", plain(10));
        assert!(plain(80).lines().all(|line| line.chars().count() <= 80));
    }
}
