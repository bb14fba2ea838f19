//! A single HTML page with all that is known about a model; it needs no internet and no other file.
//!
//! `page.html` is the template, filled in here; askama escapes every inserted text. `style.css` and the scripts are
//! embedded unchanged, and the page's security policy blocks everything else: texts of a model file are shown but never
//! executed. Pictures are data URIs.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::plot::{Choice, Figure, Run, Theme, learning_curves};
use super::{EvaluationReport, decimal, percent, thousands};
use crate::Precision;
use crate::data::known::are_in_mnists_form;
use crate::data::{ClassNames, Dataset};
use crate::evaluate::{ClassFigures, Confusion, Evaluation};
use crate::mistakes::Mistake;
use crate::model::ModelRecord;
use crate::network::Network;
use crate::picture::Picture;
use crate::picture::file::png;

mod confusion;
mod history;
mod neurons;
mod pad;
mod settings;

use confusion::Heat;
use history::History;
use neurons::Neurons;
use pad::{NoPad, Pad};
use settings::{settings, settings_in_one};

/// The beginning of every page that [`page`] makes.
pub const START: &str = "<!doctype html>\n<!-- mnist report -->\n";

const STYLE: &str = include_str!("style.css");

/// The scripts, in an order in which each uses only earlier ones. They share the scope of a module.
const SCRIPT: &str = concat!(
    include_str!("normalize.js"),
    "\n",
    include_str!("deskew.js"),
    "\n",
    include_str!("network.js"),
    "\n",
    include_str!("answer.js"),
    "\n",
    include_str!("pad.js")
);

/// Number of the most frequent confusions that are listed.
const WORST: usize = 5;

/// Number of the most confident mistakes that are shown.
const MISTAKES: usize = 24;

/// The contents of a page.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The model and its evaluation.
    pub report: EvaluationReport<'a>,
    /// The images on which it was evaluated.
    pub images: &'a Dataset,
    /// Its mistakes, the most confident first.
    pub mistakes: &'a [Mistake],
    /// The network in double precision, whatever the precision of its training.
    pub network: &'a Network<f64>,
    /// The precision of its training.
    pub precision: Precision,
    /// The contents of the model file other than the weights.
    pub record: ModelRecord,
}

/// An HTML page about a model: settings, learning curves, figures of each class, confusion matrix, mistakes, weights of
/// the neurons as pictures, and a pad to draw a digit on.
#[must_use]
pub fn page(subject: Subject) -> String {
    let Subject { report, images, mistakes, network, precision, record } = subject;
    let evaluation = report.evaluation;
    let training = record.training.as_ref();
    let names = images.identity().classes();
    let mistake = |&mistake: &Mistake| {
        (mistake, [mistake.label, mistake.predicted].map(|class| names.of(class)), picture_of(mistake, images))
    };
    let page = Page {
        security_policy: security_policy(),
        accuracy: percent(Some(evaluation.accuracy())),
        cost: decimal(report.cost(), 4),
        regularization: (report.regularization > 0.0).then(|| decimal(report.regularization, 4)),
        correct: thousands(evaluation.correct()),
        wrong: thousands(evaluation.n() - evaluation.correct()),
        n: thousands(evaluation.n()),
        pad: Pad::new(network, names, images.geometry(), record.sees_deskewed()),
        is_of_digits: record.trainings().all(|t| are_in_mnists_form(&t.dataset)),
        is_rounded: precision == Precision::F64,
        history: History::of(&record.history, training.map_or("evaluation", |training| &training.evaluate_on)),
        curves: curves(&record),
        classes: evaluation.per_class().iter().map(|class| (names.of(class.label), class_figures(class))).collect(),
        confusion: Heat::of(evaluation, names),
        worst: worst(evaluation, names),
        geometry: images.geometry(),
        mistakes: mistakes.iter().take(MISTAKES).map(mistake).collect(),
        images,
        neurons: Neurons::of(network, names, images.geometry()),
        settings: training.map_or_else(|| settings_in_one(&record.members), settings),
        report,
    };
    page.render().expect("memory can be written to")
}

/// The data for the template `page.html`.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    security_policy: String,
    report: EvaluationReport<'a>,
    /// The accuracy, the cost, and numbers of images.
    accuracy: String,
    cost: String,
    /// The part of the cost that is regularization; `None` if it is 0.
    regularization: Option<String>,
    correct: String,
    wrong: String,
    n: String,
    /// The pad, or why there is none.
    pad: Result<Pad, NoPad>,
    /// Whether the network was trained only on images in MNIST's form, which the pad gives to drawings, as far as is
    /// known.
    is_of_digits: bool,
    /// Whether the pad's weights are rounded.
    is_rounded: bool,
    history: History,
    /// The learning curves as SVG; `None` if nothing was monitored.
    curves: Option<String>,
    /// Each class with its number of images, precision, recall and F1.
    classes: Vec<(String, [String; 4])>,
    confusion: Option<Heat>,
    /// Label, predicted label, number of images.
    worst: Vec<(String, String, usize)>,
    /// Height and width of the images.
    geometry: (usize, usize),
    /// Mistakes, the names of the true and the predicted class, and the picture.
    mistakes: Vec<(Mistake, [String; 2], String)>,
    /// The evaluated images.
    images: &'a Dataset,
    neurons: Neurons,
    settings: Vec<(&'static str, String)>,
}

/// A policy that allows only the page's own pictures, style and script; nothing else is loaded or run.
fn security_policy() -> String {
    let sum = |text: &str| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text)));
    let (style, script) = (sum(STYLE), sum(SCRIPT));
    format!(
        "default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    )
}

/// The most frequent confusions, with the names of classes.
fn worst(evaluation: &Evaluation, names: &ClassNames) -> Vec<(String, String, usize)> {
    let named = |Confusion { label, predicted, count }| (names.of(label), names.of(predicted), count);
    evaluation.confusions().into_iter().take(WORST).map(named).collect()
}

/// The learning curves, without a title, since the page has one.
fn curves(record: &ModelRecord) -> Option<String> {
    let run = Run { name: String::new(), model: Some(record.clone()), history: record.history.clone() };
    let figure = learning_curves(&[run], &Choice::default()).ok()?;
    Some(Figure { title: String::new(), subtitle: String::new(), ..figure }.svg(Theme::Page))
}

fn class_figures(class: &ClassFigures) -> [String; 4] {
    [thousands(class.support), percent(class.precision), percent(class.recall), percent(class.f1)]
}

fn picture_of(mistake: Mistake, images: &Dataset) -> String {
    let (height, width) = images.geometry();
    let pixels = images.image(mistake.index).to_vec();
    data_uri("image/png", &png(&Picture::new(height, width, pixels).expect("an image has its size")))
}

/// A file as a data URI.
fn data_uri(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", BASE64.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Activation;

    #[test]
    fn the_script_knows_every_activation() {
        for name in Activation::ALL.map(Activation::name).into_iter().chain(["softmax"]) {
            assert!(include_str!("network.js").contains(&format!("\n  {name}: z => ")), "{name}");
        }
    }

    #[test]
    fn no_script_or_style_ends_itself() {
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
        assert!(include_str!("page.html").starts_with(START), "by which a page of ours is known");
    }
}
