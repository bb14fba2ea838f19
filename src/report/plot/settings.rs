//! Settings that runs have in common, and settings that distinguish them.

use std::fmt;

use super::Against;
use crate::data::distort::Distortion;
use crate::model::{CourseRecord, ModelRecord, TrainingRecord};
use crate::network::{Activation, sizes_in_words};
use crate::report::{epochs, thousands};

/// A setting as text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub words: String,
    pub weight: Weight,
    /// The axis that shows it, if there is one.
    pub axis: Option<Against>,
}

/// How important a setting is if all runs have it in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Part of the title.
    Main,
    /// Worth mentioning.
    Minor,
    /// Not worth mentioning.
    Usual,
    /// Random, such as the seed: any value is as good.
    Chance,
}

use Weight::{Chance, Main, Minor, Usual};

/// All settings of a model, in the same order for all models; `None` if the model file has no training record.
pub(super) fn settings(model: &ModelRecord) -> Option<Vec<Setting>> {
    let training = model.training.as_ref()?;
    // List all fields, so that no new field can be forgotten.
    let TrainingRecord {
        program: _,
        dataset,
        classes: _,
        image: _,
        n_train: _,
        n_validation,
        evaluate_on,
        init,
        epochs: asked,
        batch_size,
        eta,
        lambda,
        l1,
        optimizer,
        dropout,
        input_dropout,
        max_norm,
        tolerance,
        ema,
        expand,
        deskew,
        augment,
        seed,
        shuffle,
        precision,
        engine,
        epochs_done: _,
        course,
    } = training;
    let CourseRecord { schedule, warm_up, patience, early_stop, keep, epoch: _, diverged: _ } = course;
    let is_plain = optimizer.known().is_ok_and(|optimizer| optimizer.moments() == 0);
    let fading = augment.filter(Distortion::fades).map(|distortion| format!("to {}", distortion.fade_to));
    Some(vec![
        Setting { axis: Some(Against::Hidden), ..main(sizes_in_words(&model.sizes)) },
        activation(&model.activations),
        main(model.cost),
        main(dataset),
        on(Against::TrainSize, format!("{} images", thousands(training.images_of_file()))),
        setting(format!("{init} start weights"), if init == "default" { Usual } else { Minor }),
        on(Against::Eta, format!("eta {eta}")),
        on(Against::Lambda, format!("lambda {lambda}")),
        on(Against::BatchSize, format!("mini-batches of {batch_size}")),
        setting(optimizer, if is_plain { Usual } else { Minor }),
        option("schedule", schedule.as_ref()),
        option("patience", *patience),
        option("warm-up", *warm_up),
        share("l1", *l1),
        share("dropout", *dropout),
        share("input dropout", *input_dropout),
        option("max-norm", *max_norm),
        share("tolerance", *tolerance),
        option("ema", *ema),
        option("expand", expand.as_ref()),
        if *deskew { setting("deskewed", Minor) } else { usual("not deskewed") },
        // Each kind separately, so that only the kind that differs distinguishes runs.
        kind("affine", augment.and_then(|distortion| distortion.affine)),
        kind("elastic", augment.and_then(|distortion| distortion.elastic)),
        option("fading", fading),
        usual(epochs(*asked as f64)),
        option("early stop", *early_stop),
        usual(format!("keep {}", keep.as_deref().unwrap_or("last"))),
        usual(if *shuffle { "shuffled" } else { "not shuffled" }),
        usual(format!("evaluated on {evaluate_on}")),
        usual(format!("{} validation images", thousands(*n_validation))),
        usual(precision),
        usual(format!("{engine} engine")),
        setting(format!("seed {seed}"), Chance),
    ])
}

fn setting(words: impl fmt::Display, weight: Weight) -> Setting {
    Setting { words: words.to_string(), weight, axis: None }
}

fn main(words: impl fmt::Display) -> Setting {
    setting(words, Main)
}

fn usual(words: impl fmt::Display) -> Setting {
    setting(words, Usual)
}

/// A setting that is worth mentioning, unless the axis shows it.
fn on(axis: Against, words: String) -> Setting {
    Setting { axis: Some(axis), ..setting(words, Minor) }
}

/// A setting that usually has no value.
fn option(name: &str, value: Option<impl fmt::Display>) -> Setting {
    value.map_or_else(|| usual(format!("no {name}")), |value| setting(format!("{name} {value}"), Minor))
}

/// A setting that is usually 0.
fn share(name: &str, share: f64) -> Setting {
    option(name, Some(share).filter(|&share| share != 0.0))
}

/// A kind of distortion.
fn kind(name: &str, kind: Option<impl fmt::Display>) -> Setting {
    kind.map_or_else(|| usual(format!("no {name} distortion")), |kind| setting(kind, Minor))
}

fn activation(activations: &[Activation]) -> Setting {
    let is_usual = activations.iter().all(|&activation| activation == Activation::default());
    setting(Activation::in_words(activations), if is_usual { Usual } else { Main })
}

/// The title and subtitle for these runs: the important and the less important settings that they have in common.
/// `None` if a model file has no training record.
pub(super) fn in_common(models: &[&ModelRecord]) -> Option<(String, String)> {
    let (common, _) = compared(models)?;
    let join = |weight| {
        let words = common.iter().filter(|setting| setting.weight == weight).map(|setting| setting.words.as_str());
        words.collect::<Vec<_>>().join(", ")
    };
    Some((join(Main), join(Minor)))
}

/// A name for each run, made of the settings that differ; its own name if none differs or a file has no training
/// record.
pub(super) fn names(runs: &[(&str, Option<&ModelRecord>)]) -> Vec<String> {
    let models: Option<Vec<_>> = runs.iter().map(|(_, model)| *model).collect();
    let different = models.and_then(|models| compared(&models)).map(|(_, different)| different).unwrap_or_default();
    let names: Vec<_> = (0..runs.len())
        .map(|run| different.iter().map(|words| words[run].as_str()).collect::<Vec<_>>().join(", "))
        .collect();
    let unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let own = |(name, (file, _)): (&String, &(&str, _))| match name.as_str() {
        "" => (*file).to_string(),
        _ if unique(name) => name.clone(),
        _ => format!("{name} ({file})"),
    };
    names.iter().zip(runs).map(own).collect()
}

/// The settings that all models share and, for each setting that differs, its text in each model.
fn compared(models: &[&ModelRecord]) -> Option<(Vec<Setting>, Vec<Vec<String>>)> {
    let all: Vec<Vec<Setting>> = models.iter().map(|model| settings(model)).collect::<Option<_>>()?;
    let first = all.first()?;
    let (mut common, mut different) = (Vec::new(), Vec::new());
    for (place, setting) in first.iter().enumerate() {
        let words: Vec<_> = all.iter().map(|list| list[place].words.clone()).collect();
        if words.iter().all(|other| *other == setting.words) {
            common.push(setting.clone());
        } else {
            different.push(words);
        }
    }
    Some((common, different))
}
