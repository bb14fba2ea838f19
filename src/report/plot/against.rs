//! Trainings as points against a setting, and their division into curves.

use super::Unit;
use super::curves::{Curve, PlotError, Run};
use super::settings::{Setting, Weight, settings};
use crate::model::ModelRecord;
use crate::network::sizes_in_words;

/// The quantity on the horizontal axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Against {
    /// Epochs: each training is a curve.
    #[default]
    Epoch,
    /// The number of training images before expansion. Each training is a point, as with all further axes.
    TrainSize,
    /// The number of hidden neurons.
    Hidden,
    /// Images in a mini-batch.
    BatchSize,
    /// The learning rate.
    Eta,
    /// The L2 regularization parameter.
    Lambda,
}

impl Against {
    /// All axes.
    pub const ALL: [Against; 6] =
        [Against::Epoch, Against::TrainSize, Against::Hidden, Against::BatchSize, Against::Eta, Against::Lambda];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Against::Epoch => "epoch",
            Against::TrainSize => "train-size",
            Against::Hidden => "hidden",
            Against::BatchSize => "batch-size",
            Against::Eta => "eta",
            Against::Lambda => "lambda",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Against::Epoch => "epoch",
            Against::TrainSize => "training images",
            Against::Hidden => "hidden neurons",
            Against::BatchSize => "mini-batch size",
            Against::Eta => "eta",
            Against::Lambda => "lambda",
        }
    }

    pub(super) fn unit(self) -> Unit {
        if matches!(self, Against::Eta | Against::Lambda) { Unit::Number } else { Unit::Count }
    }

    /// The position of a model on this axis; `None` if its file does not record it.
    fn of(self, model: &ModelRecord) -> Option<f64> {
        let training = model.training.as_ref()?;
        Some(match self {
            Against::Epoch => model.kept()?.epoch as f64,
            Against::TrainSize => training.images_of_file() as f64,
            Against::Hidden => hidden(model) as f64,
            Against::BatchSize => training.batch_size as f64,
            Against::Eta => training.eta,
            Against::Lambda => training.lambda,
        })
    }
}

/// Makes a point of each run. Runs at the same position of the axis belong to different curves if any setting other
/// than the seed differs. Settings that differ only between positions, as the number of epochs may, do not divide a
/// curve; a sentence for each such curve says which they are.
pub fn curves_of_models(runs: &[Run], against: Against) -> Result<(Vec<Curve<'_>>, Vec<String>), PlotError> {
    let models: Vec<_> = runs.iter().filter_map(|run| run.model.as_ref()).collect();
    let unknown = |run: &Run| PlotError::NoSettings { run: run.name.clone(), against: against.label() };
    let mut points = Vec::new();
    for run in runs {
        let model = run.model.as_ref().ok_or_else(|| unknown(run))?;
        let (mut settings, x) = settings(model).zip(against.of(model)).ok_or_else(|| unknown(run))?;
        if against == Against::Hidden {
            let sizes = settings.iter_mut().filter(|setting| setting.axis == Some(against));
            sizes.for_each(|sizes| sizes.words = layers(model, &models));
        }
        let record = model.kept().ok_or_else(|| PlotError::Empty { run: run.name.clone() })?;
        points.push((x, record, settings));
    }
    let divides = |place: &usize| {
        points.iter().any(|(x, _, one)| {
            let differs = |other: &[Setting]| one[*place].words != other[*place].words;
            one[*place].weight != Weight::Chance && points.iter().any(|(at, _, other)| at == x && differs(other))
        })
    };
    let places = points.first().map_or(0, |(_, _, settings)| settings.len());
    let dividing: Vec<_> = (0..places).filter(divides).collect();
    let mut curves: Vec<Curve> = Vec::new();
    let mut joined: Vec<Vec<&[Setting]>> = Vec::new();
    for (x, record, settings) in &points {
        let words: Vec<_> = dividing.iter().map(|&place| settings[place].words.as_str()).collect();
        let name = words.join(", ");
        if let Some(curve) = curves.iter().position(|curve| curve.name == name) {
            curves[curve].rows.push((*x, record));
            joined[curve].push(settings);
        } else {
            curves.push(Curve { name, rows: vec![(*x, record)] });
            joined.push(vec![settings]);
        }
    }
    let differences = joined.iter().filter_map(|settings| differences(settings, against)).collect();
    Ok((curves, differences))
}

/// A sentence that lists the settings, other than the axis and the seed, in which the trainings of one curve differ.
fn differences(trainings: &[&[Setting]], against: Against) -> Option<String> {
    /// The most values of a setting that are listed.
    const SOME: usize = 4;
    let first = trainings.first()?;
    let different = first.iter().enumerate().filter_map(|(place, setting)| {
        let mut words: Vec<_> = trainings.iter().map(|settings| settings[place].words.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        // Networks at one position of the axis may have different numbers of hidden layers.
        let is_axis = setting.axis == Some(against) && !words.iter().all(|words| words.contains("hidden layer"));
        if words.len() < 2 || setting.weight == Weight::Chance || is_axis {
            return None;
        }
        let more = if words.len() > SOME { " or others" } else { "" };
        words.truncate(SOME);
        Some(words.join(" or ") + more)
    });
    let different: Vec<_> = different.collect();
    let (label, several) = (against.label(), different.join("; "));
    (!different.is_empty()).then(|| format!("models on one curve differ in more than the {label}: {several}"))
}

/// Describes the sizes of a model plotted against its number of hidden neurons: by the number of hidden layers or, if
/// another model at the same position has as many layers of other sizes, by the sizes themselves.
fn layers(model: &ModelRecord, models: &[&ModelRecord]) -> String {
    let is_another = |other: &ModelRecord| {
        let alike = hidden(other) == hidden(model) && other.sizes.len() == model.sizes.len();
        alike && other.sizes != model.sizes
    };
    match model.sizes.len().saturating_sub(2) {
        _ if models.iter().any(|other| is_another(other)) => sizes_in_words(&model.sizes),
        0 => "no hidden layer".to_string(),
        1 => "1 hidden layer".to_string(),
        n => format!("{n} hidden layers"),
    }
}

/// The number of hidden neurons.
fn hidden(model: &ModelRecord) -> usize {
    model.sizes.iter().skip(1).rev().skip(1).sum()
}
