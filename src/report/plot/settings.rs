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

/// The index of the layer sizes among the settings.
pub(super) const SIZES: usize = 0;

/// All settings of a model, in the same order for all models; `None` if the model file has no training record.
pub(super) fn settings(model: &ModelRecord) -> Option<Vec<Setting>> {
    let training = model.training.as_ref()?;
    // List all fields, so that no new field can be forgotten.
    let TrainingRecord {
        program: _,
        dataset,
        classes: _,
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
    let mut list =
        vec![(sizes_in_words(&model.sizes), Main), activation(&model.activations), (model.cost.to_string(), Main)];
    list.push((dataset.clone(), Main));
    let mut axes = vec![(SIZES, Against::Hidden), (list.len(), Against::TrainSize)];
    list.push((format!("{} images", thousands(training.images_of_file())), Minor));
    list.push((format!("{init} start weights"), if init == "default" { Usual } else { Minor }));
    axes.extend((list.len()..).zip([Against::Eta, Against::Lambda, Against::BatchSize]));
    list.push((format!("eta {eta}"), Minor));
    list.push((format!("lambda {lambda}"), Minor));
    list.push((format!("mini-batches of {batch_size}"), Minor));
    let is_plain = optimizer.known().is_ok_and(|optimizer| optimizer.moments() == 0);
    list.push((optimizer.to_string(), if is_plain { Usual } else { Minor }));
    let option = |name: &str, value: Option<String>| match value {
        Some(value) => (format!("{name} {value}"), Minor),
        None => (format!("no {name}"), Usual),
    };
    let share = |name: &str, share: f64| option(name, (share != 0.0).then(|| share.to_string()));
    list.push(option("schedule", schedule.clone()));
    list.push(option("patience", patience.map(|epochs| epochs.to_string())));
    list.push(option("warm-up", warm_up.map(|epochs| epochs.to_string())));
    list.push(share("l1", *l1));
    list.push(share("dropout", *dropout));
    list.push(share("input dropout", *input_dropout));
    list.push(option("max-norm", max_norm.map(|norm| norm.to_string())));
    list.push(share("tolerance", *tolerance));
    list.push(option("ema", ema.map(|share| share.to_string())));
    list.push(option("expand", expand.clone()));
    list.push(if *deskew { ("deskewed".to_string(), Minor) } else { ("not deskewed".to_string(), Usual) });
    // List each kind separately, so that only the kind that differs distinguishes runs.
    list.push(kind("affine", augment.and_then(|distortion| distortion.affine)));
    list.push(kind("elastic", augment.and_then(|distortion| distortion.elastic)));
    let fading = augment.filter(Distortion::fades).map(|distortion| format!("to {}", distortion.fade_to));
    list.push(option("fading", fading));
    list.push((epochs(*asked as f64), Usual));
    list.push(option("early stop", early_stop.map(|epochs| epochs.to_string())));
    list.push((format!("keep {}", keep.as_deref().unwrap_or("last")), Usual));
    list.push((if *shuffle { "shuffled" } else { "not shuffled" }.to_string(), Usual));
    list.push((format!("evaluated on {evaluate_on}"), Usual));
    list.push((format!("{} validation images", thousands(*n_validation)), Usual));
    list.push((precision.to_string(), Usual));
    list.push((format!("{engine} engine"), Usual));
    list.push((format!("seed {seed}"), Chance));
    let axis = |place| axes.iter().find(|&&(at, _)| at == place).map(|&(_, axis)| axis);
    let all = list.into_iter().enumerate();
    Some(all.map(|(place, (words, weight))| Setting { words, weight, axis: axis(place) }).collect())
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

fn activation(activations: &[Activation]) -> (String, Weight) {
    let is_usual = activations.iter().all(|&activation| activation == Activation::default());
    (Activation::in_words(activations), if is_usual { Usual } else { Main })
}

/// A kind of distortion.
fn kind<K: fmt::Display>(name: &str, kind: Option<K>) -> (String, Weight) {
    kind.map_or_else(|| (format!("no {name} distortion"), Usual), |kind| (kind.to_string(), Minor))
}
