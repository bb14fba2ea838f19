//! Makes figures of the histories of trainings.

use std::ops::RangeInclusive;

use thiserror::Error;

use super::against::{Against, curves_of_models};
use super::settings::{in_common, names};
use super::{Axis, Figure, Panel, Scale, Series, Unit};
use crate::model::{EpochRecord, ModelRecord, Monitor};

/// A training to plot.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its name, used where its settings do not distinguish it.
    pub name: String,
    /// Its model, if known, with the settings of the training.
    pub model: Option<ModelRecord>,
    /// A row for each epoch.
    pub history: Vec<EpochRecord>,
}

/// The contents and axes of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The monitors; empty for all that were on.
    pub metrics: Vec<Monitor>,
    /// The horizontal axis.
    pub against: Against,
    /// The range of epochs, if epochs are the horizontal axis.
    pub epochs: RangeInclusive<usize>,
    /// The scale of x.
    pub x: Scale,
    /// The scale of y.
    pub y: Scale,
}

impl Default for Choice {
    fn default() -> Self {
        let (x, y) = Default::default();
        Choice { metrics: Vec::new(), against: Against::default(), epochs: 0..=usize::MAX, x, y }
    }
}

/// Why a figure cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlotError {
    /// The run recorded nothing.
    #[error("'{run}' has no epochs with figures: train with --monitor, as in --monitor all")]
    Empty {
        /// Name of the run.
        run: String,
    },
    /// The run was merged from several networks, so it has no history.
    #[error("'{run}' was merged from {networks} networks and has no epochs: name the models that it was merged from")]
    Merged {
        /// Name of the run.
        run: String,
        /// Number of networks.
        networks: usize,
    },
    /// The monitor was off.
    #[error("'{run}' has no {metric}: that monitor was off (train with --monitor all)", metric = metric.name())]
    NotMonitored {
        /// Name of the run.
        run: String,
        /// The missing monitor.
        metric: Monitor,
    },
    /// No epoch in the range was trained and monitored.
    #[error("none of the epochs {} was trained and monitored: there are {first} to {last}", range(asked))]
    NoEpochs {
        /// The range asked for.
        asked: RangeInclusive<usize>,
        /// The first epoch available.
        first: usize,
        /// The last epoch available.
        last: usize,
    },
    /// The settings of the run, which the axis shows, are unknown.
    #[error("'{run}' does not say how it was trained: only model files of this program can be drawn against {against}")]
    NoSettings {
        /// Name of the run.
        run: String,
        /// The axis.
        against: &'static str,
    },
    /// A logarithmic axis has no value above 0.
    #[error("the {axis} has no value above 0, which a logarithmic axis needs")]
    NothingPositive {
        /// The label of the axis.
        axis: String,
    },
}

/// The figure of one or more trainings: costs in one panel, accuracies in another.
///
/// The title lists what the trainings have in common, the legend how they differ.
///
/// # Errors
/// A [`PlotError`] if nothing can be drawn.
pub fn learning_curves(runs: &[Run], choice: &Choice) -> Result<Figure, PlotError> {
    let (monitored, empty): (Vec<_>, Vec<_>) = runs.iter().partition(|run| has_any(run, asked(choice)));
    if let (true, Some(run)) = (monitored.is_empty(), empty.first()) {
        return Err(why_empty(run, choice));
    }
    let others: Vec<Run>;
    let runs = if empty.is_empty() {
        runs
    } else {
        others = monitored.into_iter().cloned().collect();
        &others
    };
    let metrics = metrics(runs, choice)?;
    let (curves, notes) = match choice.against {
        Against::Epoch => (curves_of_epochs(runs, choice), Vec::new()),
        _ => curves_of_models(runs, choice.against)?,
    };
    let mut missing = missing(runs, &metrics, choice)?;
    missing.extend(empty.iter().map(|run| format!("left out: {}", why_empty(run, choice))));
    let (title, subtitle) = title(runs);
    let evaluated_on = evaluated_on(runs);
    let (several, both) = (curves.len() > 1, have_both(&metrics));
    let mut panels = Vec::new();
    for (is_cost, kind, unit) in [(true, "cost", Unit::Number), (false, "accuracy", Unit::Percent)] {
        let metrics: Vec<_> = metrics.iter().filter(|metric| metric.is_cost() == is_cost).copied().collect();
        let label = match metrics[..] {
            [] => continue,
            [only] => format!("{} {kind}", only.images(evaluated_on)),
            _ => kind.to_string(),
        };
        // A curve has the same name and place in all panels, even if other curves have no points in this one.
        let series = curves.iter().enumerate().flat_map(|(i, curve)| {
            metrics.iter().map(move |metric| {
                let many = [(several, curve.name.as_str()), (both, metric.images(evaluated_on))];
                let name = many.iter().filter(|(many, _)| *many).map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
                let place = if both { 2 * i + usize::from(metric.is_of_evaluation()) } else { i };
                Series { name, place, points: curve.points(*metric) }
            })
        });
        let series: Vec<_> = series.filter(|series| !series.points.is_empty()).collect();
        if series.is_empty() {
            continue; // monitored, but in other epochs
        }
        panels.push(Panel {
            series,
            x: Axis { label: choice.against.label().to_string(), scale: choice.x, unit: choice.against.unit() },
            y: Axis { label, scale: choice.y, unit },
        });
    }
    check_drawable(&panels)?;
    Ok(Figure { title, subtitle, panels, missing, notes })
}

/// The rows of one curve: x and the monitored values there. Several rows at one x are drawn as their mean.
pub(super) struct Curve<'a> {
    pub name: String,
    pub rows: Vec<(f64, &'a EpochRecord)>,
}

impl Curve<'_> {
    fn points(&self, metric: Monitor) -> Vec<(f64, f64)> {
        let mut points: Vec<_> = self.rows.iter().filter_map(|(x, record)| Some((*x, metric.of(record)?))).collect();
        points.sort_by(|(x, _), (other, _)| x.total_cmp(other));
        let mean = |points: &[(f64, f64)]| points.iter().map(|(_, y)| y).sum::<f64>() / points.len() as f64;
        points.chunk_by(|(x, _), (other, _)| x == other).map(|equal| (equal[0].0, mean(equal))).collect()
    }
}

fn has(run: &Run, metric: Monitor) -> bool {
    run.history.iter().any(|record| metric.of(record).is_some())
}

fn has_any(run: &Run, metrics: &[Monitor]) -> bool {
    metrics.iter().any(|&metric| has(run, metric))
}

/// The monitors that were asked for; all if none were.
fn asked(choice: &Choice) -> &[Monitor] {
    if choice.metrics.is_empty() { &Monitor::ALL } else { &choice.metrics }
}

/// Why a run has no epoch with the monitors asked for.
fn why_empty(run: &Run, choice: &Choice) -> PlotError {
    let (networks, name) = (run.model.as_ref().map_or(0, |model| model.members.len()), run.name.clone());
    match choice.metrics.first() {
        _ if networks > 0 => PlotError::Merged { run: name, networks },
        Some(&metric) if has_any(run, &Monitor::ALL) => PlotError::NotMonitored { run: name, metric },
        _ => PlotError::Empty { run: name },
    }
}

/// The monitors that were asked for or, if none were, all that were on. One that was asked for and is in no run is an
/// error.
fn metrics(runs: &[Run], choice: &Choice) -> Result<Vec<Monitor>, PlotError> {
    let is_in_a_run = |metric: &Monitor| runs.iter().any(|run| has(run, *metric));
    if let (Some(&metric), Some(run)) = (choice.metrics.iter().find(|metric| !is_in_a_run(metric)), runs.first()) {
        return Err(PlotError::NotMonitored { run: run.name.clone(), metric });
    }
    Ok(Monitor::ALL.into_iter().filter(|metric| asked(choice).contains(metric) && is_in_a_run(metric)).collect())
}

/// Whether any panel shows both training and evaluation images. If so, all panels distinguish them.
fn have_both(metrics: &[Monitor]) -> bool {
    metrics.iter().any(|one| metrics.iter().any(|other| one != other && one.is_cost() == other.is_cost()))
}

/// A sentence for each run that cannot be drawn, and for each monitor that was asked for and that a run lacks; an error
/// if no run can be drawn.
fn missing(runs: &[Run], metrics: &[Monitor], choice: &Choice) -> Result<Vec<String>, PlotError> {
    let is_seen = |record: &EpochRecord| metrics.iter().any(|metric| metric.of(record).is_some());
    let is_drawn = |run: &Run| match choice.against {
        Against::Epoch => run.history.iter().any(|record| choice.epochs.contains(&record.epoch) && is_seen(record)),
        _ => run.model.as_ref().and_then(ModelRecord::kept).is_some_and(is_seen),
    };
    if !runs.iter().any(is_drawn) {
        return Err(nothing(runs, metrics, choice));
    }
    let place = match choice.against {
        Against::Epoch => format!("in the epochs {}", range(&choice.epochs)),
        _ => "of the epoch that it holds".to_string(),
    };
    let words = |run: &Run| format!("{} has nothing {place}: it is left out", run.name);
    let lacks = |run: &Run, metric: Monitor| PlotError::NotMonitored { run: run.name.clone(), metric }.to_string();
    let lacking = runs.iter().flat_map(|run| {
        choice.metrics.iter().filter(|&&metric| !has(run, metric)).map(move |&metric| lacks(run, metric))
    });
    Ok(runs.iter().filter(|run| !is_drawn(run)).map(words).chain(lacking).collect())
}

/// Why no run can be drawn.
fn nothing(runs: &[Run], metrics: &[Monitor], choice: &Choice) -> PlotError {
    if let (Some(run), Some(&metric), true) = (runs.first(), metrics.first(), choice.against != Against::Epoch) {
        return PlotError::NotMonitored { run: run.name.clone(), metric };
    }
    let seen = |record: &&EpochRecord| metrics.iter().any(|metric| metric.of(record).is_some());
    let epochs = || runs.iter().flat_map(|run| &run.history).filter(seen).map(|record| record.epoch);
    let (first, last) = (epochs().min().unwrap_or(0), epochs().max().unwrap_or(0));
    PlotError::NoEpochs { asked: choice.epochs.clone(), first, last }
}

/// Makes a curve of each run.
fn curves_of_epochs<'a>(runs: &'a [Run], choice: &Choice) -> Vec<Curve<'a>> {
    let named: Vec<_> = runs.iter().map(|run| (run.name.as_str(), run.model.as_ref())).collect();
    let rows = |run: &'a Run| {
        let wanted = run.history.iter().filter(|record| choice.epochs.contains(&record.epoch));
        wanted.map(|record| (record.epoch as f64, record)).collect()
    };
    names(&named).into_iter().zip(runs).map(|(name, run)| Curve { name, rows: rows(run) }).collect()
}

/// "5 to 10", or "from 5 on".
fn range(epochs: &RangeInclusive<usize>) -> String {
    match (epochs.start(), epochs.end()) {
        (first, &usize::MAX) => format!("from {first} on"),
        (first, last) => format!("{first} to {last}"),
    }
}

fn check_drawable(panels: &[Panel]) -> Result<(), PlotError> {
    for panel in panels {
        for (axis, x) in [(&panel.x, true), (&panel.y, false)] {
            let mut values = panel.series.iter().flat_map(|series| &series.points).map(|p| if x { p.0 } else { p.1 });
            if axis.scale == Scale::Log && !values.any(|value| value > 0.0) {
                return Err(PlotError::NothingPositive { axis: axis.label.clone() });
            }
        }
    }
    Ok(())
}

/// What all runs have in common; for a single run without known settings, its name.
fn title(runs: &[Run]) -> (String, String) {
    let models: Option<Vec<_>> = runs.iter().map(|run| run.model.as_ref()).collect();
    let name = if let [only] = runs { only.name.clone() } else { String::new() };
    models.and_then(|models| in_common(&models)).unwrap_or((name, String::new()))
}

/// The name of the evaluation images.
fn evaluated_on(runs: &[Run]) -> &str {
    let mut names = runs.iter().map(|run| Some(run.model.as_ref()?.training.as_ref()?.evaluate_on.as_str()));
    let first = names.next().flatten();
    first.filter(|first| names.all(|name| name == Some(*first))).unwrap_or("evaluation")
}
