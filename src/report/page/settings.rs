//! The settings of a training, one per line.

use crate::Precision;
use crate::model::{CourseRecord, TrainingRecord};
use crate::report::{epochs, thousands};

/// Names and values of all settings, except for options that were not used.
pub fn settings(record: &TrainingRecord) -> Vec<(&'static str, String)> {
    // List all fields, so that no new field can be forgotten.
    let TrainingRecord {
        program,
        dataset,
        classes: _,
        image,
        n_train,
        n_validation,
        evaluate_on,
        init,
        epochs,
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
        epochs_done,
        course,
    } = record;
    let expansion = expand.as_ref().map(|how| format!(", expanded by {how} to {}", thousands(*n_train)));
    let above_zero = |share: f64| (share > 0.0).then(|| share.to_string());
    let rows = [
        ("dataset", Some(dataset.clone())),
        ("pixels of an image", image.map(|(height, width)| format!("{height} x {width}"))),
        ("training images", Some(thousands(record.images_of_file()) + &expansion.unwrap_or_default())),
        ("validation images", Some(thousands(*n_validation))),
        ("deskewed", deskew.then(|| "yes".to_string())),
        ("distorted in every epoch by", augment.map(|distortion| distortion.to_string())),
        ("watched on", Some(format!("the {evaluate_on} images"))),
        ("start weights", Some(init.clone())),
        ("epochs", Some(format!("{epochs_done} of {epochs}"))),
        ("weights of epoch", course.epoch.map(|epoch| epoch.to_string())),
        ("diverged", course.diverged.map(|epoch| format!("in epoch {epoch}"))),
        ("images in a mini-batch", Some(batch_size.to_string())),
        ("optimizer", Some(optimizer.to_string())),
        ("learning rate η", Some(eta.to_string())),
        ("schedule", schedule(course)),
        ("stopping", stopping(course)),
        ("L2 regularization λ", Some(lambda.to_string())),
        ("L1 regularization", above_zero(*l1)),
        ("dropout", above_zero(*dropout)),
        ("dropout of inputs", above_zero(*input_dropout)),
        ("largest norm", max_norm.map(|norm| norm.to_string())),
        ("tolerance", above_zero(*tolerance)),
        ("running average", ema.map(|share| share.to_string())),
        ("seed", Some(seed.to_string())),
        ("order of the images", Some(if *shuffle { "new in every epoch" } else { "that of the file" }.to_string())),
        (
            "precision",
            Some(match precision.known() {
                Ok(Precision::F32) => "32 bits".to_string(),
                Ok(Precision::F64) => "64 bits".to_string(),
                Err(_) => precision.to_string(),
            }),
        ),
        ("engine", Some(engine.clone())),
        ("program", Some(program.clone())),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Names and values of the settings of networks merged into one. Where they differ, each value is listed once, with
/// "none" if some networks lack the setting.
pub fn settings_in_one(members: &[Option<TrainingRecord>]) -> Vec<(&'static str, String)> {
    if members.is_empty() {
        return Vec::new();
    }
    let known: Vec<_> = members.iter().flatten().map(settings).collect();
    let mut all = vec![("networks in one", members.len().to_string())];
    for &(name, _) in known.iter().flatten() {
        if all.iter().any(|&(there, _)| there == name) {
            continue;
        }
        let mut values = Vec::new();
        for rows in &known {
            let value = rows.iter().find(|row| row.0 == name).map_or("none", |row| row.1.as_str());
            if !values.contains(&value) {
                values.push(value);
            }
        }
        all.push((name, in_words(&values)));
    }
    let unknown = members.len() - known.len();
    if unknown > 0 {
        all.push(("of unknown training", unknown.to_string()));
    }
    all
}

/// Joins values as in "0, 1 or 2".
fn in_words(values: &[&str]) -> String {
    match values {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => values.concat(),
    }
}

fn schedule(CourseRecord { schedule, warm_up, patience, .. }: &CourseRecord) -> Option<String> {
    let warm_up = warm_up.map(|n| format!("warm-up {}", epochs(n)));
    let patience = patience.map(|n| format!("patience {}", epochs(n as f64)));
    let parts: Vec<_> = schedule.clone().into_iter().chain(patience).chain(warm_up).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn stopping(CourseRecord { early_stop, keep, .. }: &CourseRecord) -> Option<String> {
    let stop = early_stop.map(|n| format!("after {} without a better accuracy", epochs(n as f64)));
    let keep = keep.as_ref().map(|epoch| format!("the {epoch} epoch is kept"));
    let parts: Vec<_> = stop.into_iter().chain(keep).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
