//! Compares a training that is interrupted, saved, loaded and resumed with one that is not interrupted.

use std::ops::ControlFlow;

use super::*;
use crate::data::distort::Distortion;
use crate::data::{ClassNames, Dataset, Identity};
use crate::engine::{EngineKind, Machine};
use crate::network::{CrossEntropy, Init, Optimizer};
use crate::real::Precision;
use crate::trainer::{Background, Ending, Keep, Monitors, Observer, Schedule, Silent, Trained, resume, train};

/// Images of 4 x 4 pixels that are learned slowly.
fn images(n: usize) -> Dataset {
    let pixel = |i: usize| if (i * i / 7 + i / 16).is_multiple_of(3) { (i * 37 % 256) as u8 } else { 0 };
    let pixels = (0..16 * n).map(pixel).collect();
    Dataset::new(pixels, (0..n).map(|i| (i % 3) as u8).collect(), (4, 4), 3, Identity::named("toy")).unwrap()
}

fn settings() -> Settings {
    let monitors = Monitors::default();
    Settings { epochs: 6, batch_size: 4, eta: 0.3, lambda: 0.1, monitors, ..Settings::default() }
}

fn network() -> Network<f32> {
    Network::new(&[16, 5, 3], &CrossEntropy, Init::Default, 4).unwrap()
}

fn run(progress: Progress<f32>, settings: Settings, observer: &mut dyn Observer<f32>) -> Trained<f32> {
    let (training, evaluation) = (images(30), images(9));
    resume(progress, &training, &evaluation, &settings.check(30, 9).unwrap(), observer).unwrap()
}

/// The bytes of the model file.
fn file(progress: &Progress<f32>, settings: &Settings) -> Vec<u8> {
    let record = settings.record(Background {
        dataset: "toy".to_string(),
        classes: ClassNames::default(),
        geometry: (1, 1),
        n_train: 30,
        n_validation: 9,
        evaluate_on: "validation".to_string(),
        init: "default".to_string(),
        expand: None,
        deskew: false,
        precision: Precision::F32,
    });
    let mut file = Vec::new();
    progress.model(&record, settings).write_json(&mut file).unwrap();
    file
}

/// Reads the file without any other knowledge of the training.
fn read(file: &[u8], epochs: usize) -> Result<(Progress<f32>, Settings), ResumeError> {
    let model = Model::<f32>::from_json(file).unwrap();
    let settings = Settings::of_record(model.training.as_ref().unwrap(), &model.history, Machine::default())?;
    let settings = Settings { epochs, ..settings };
    Ok((Progress::of_model(model, &settings)?, settings))
}

/// Stops in epoch `stop_in`, and keeps the model file of every progress report.
struct Interruption {
    settings: Settings,
    stop_in: usize,
    files: Vec<Vec<u8>>,
}

impl Observer<f32> for Interruption {
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        if epoch == self.stop_in && done > 8 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn progress(&mut self, progress: &Progress<f32>) {
        self.files.push(file(progress, &self.settings));
    }
}

/// Interrupts the training in every epoch but the first, saves it and resumes it; also resumes it from every file saved
/// on the way. The final file must always be the same as without an interruption.
fn check(settings: Settings) {
    let whole = run(Progress::start(network()), settings, &mut Silent);
    let epochs = whole.history.len();
    let expected = file(&whole.into_progress(), &settings);
    for stop_in in 2..=epochs {
        let mut interruption = Interruption { settings, stop_in, files: Vec::new() };
        let trained = run(Progress::start(network()), settings, &mut interruption);
        assert_eq!((&trained.ending, trained.history.len()), (&Ending::Stopped, stop_in - 1));
        let last = file(&trained.into_progress(), &settings);
        assert_eq!(interruption.files.len(), stop_in - 1);
        assert!(interruption.files.last() == Some(&last), "what is saved on the way is what is saved at the end");
        for saved in interruption.files {
            let (progress, again) = read(&saved, settings.epochs).unwrap();
            let stop_in = progress.history.len() + 1;
            let mut at_once = Interruption { settings, stop_in, files: Vec::new() };
            let stopped = run(progress.clone(), again, &mut at_once).into_progress();
            assert!(file(&stopped, &settings) == saved, "stopped before another epoch was complete: {settings:?}");
            let resumed = run(progress, again, &mut Silent).into_progress();
            assert!(file(&resumed, &settings) == expected, "interrupted in epoch {stop_in}: {settings:?}");
        }
    }
}

#[test]
fn a_resumed_training_is_the_uninterrupted_one() {
    let momentum = |nesterov| Optimizer::Sgd { momentum: 0.9, nesterov };
    let plain = settings();
    for settings in [
        plain,
        Settings { optimizer: momentum(false), eta: 0.05, ..plain },
        Settings { optimizer: momentum(true), eta: 0.05, keep: Some(Keep::Best), ..plain },
        Settings { optimizer: Optimizer::AdamW, eta: 0.01, dropout: 0.3, ..plain },
        Settings { ema: Some(0.9), ..plain },
        Settings { ema: Some(0.9), keep: Some(Keep::Best), optimizer: Optimizer::AdamW, eta: 0.02, ..plain },
        Settings { keep: Some(Keep::Best), augment: Some(Distortion::default()), ..plain },
        Settings { epochs: 30, early_stop: Some(4), ..plain },
        Settings { epochs: 30, schedule: Schedule::HalveOnPlateau { patience: 1 }, warm_up: Some(1.5), ..plain },
        Settings { schedule: Schedule::OneCycle, ema: Some(0.5), ..plain },
        Settings { schedule: Schedule::Cosine, optimizer: momentum(false), seed: 3, ..plain },
    ] {
        check(settings);
        check(Settings { engine: EngineKind::Reference, ..settings });
        check(Settings { machine: Machine { threads: 2, ..Machine::default() }, ..settings });
    }
}

#[test]
fn epochs_can_be_added_as_if_they_had_been_asked_for() {
    let adamw = Settings { optimizer: Optimizer::AdamW, eta: 0.01, ..settings() };
    for settings in [settings(), adamw, Settings { keep: Some(Keep::Best), ema: Some(0.9), ..adamw }] {
        let whole = file(&run(Progress::start(network()), settings, &mut Silent).into_progress(), &settings);
        let short = Settings { epochs: 3, ..settings };
        let short_file = file(&run(Progress::start(network()), short, &mut Silent).into_progress(), &short);
        let (progress, again) = read(&short_file, settings.epochs).unwrap();
        assert!(file(&run(progress, again, &mut Silent).into_progress(), &settings) == whole);
    }
}

#[test]
fn nothing_is_stored_that_the_network_says_or_that_nobody_can_use() {
    let checkpoint = |settings| run(Progress::start(network()), settings, &mut Silent).into_progress().checkpoint();
    assert_eq!(checkpoint(settings()), None);
    let adamw = Settings { optimizer: Optimizer::AdamW, eta: 0.01, ..settings() };
    let stored = checkpoint(adamw).unwrap();
    assert_eq!((stored.network, stored.average, stored.moments.len()), (None, None, 2));
    let averaged = checkpoint(Settings { ema: Some(0.9), ..settings() }).unwrap();
    assert!(averaged.network.is_some() && averaged.average.is_none() && averaged.moments.is_empty());
    // No epoch can be added to these trainings.
    assert_eq!(checkpoint(Settings { schedule: Schedule::Cosine, ..adamw }), None);
    assert_eq!(checkpoint(Settings { epochs: 100, early_stop: Some(2), ..adamw }), None);
}

#[test]
fn a_training_that_has_ended_ends_again() {
    let settings = Settings { epochs: 100, early_stop: Some(2), ..settings() };
    let whole = run(Progress::start(network()), settings, &mut Silent);
    assert_eq!(whole.ending, Ending::EarlyStopped);
    let done = whole.history.len();
    let whole_file = file(&whole.into_progress(), &settings);
    for epochs in [done, 100, 200] {
        let (progress, again) = read(&whole_file, epochs).unwrap();
        let resumed = run(progress, again, &mut Silent);
        assert_eq!(resumed.ending, Ending::EarlyStopped);
        assert!(epochs != 100 || file(&resumed.into_progress(), &settings) == whole_file);
    }
    // If the last epoch is the one in which early stopping applies, asking for exactly that many epochs changes
    // nothing.
    let adamw = Settings { optimizer: Optimizer::AdamW, eta: 0.3, ..settings };
    let done = run(Progress::start(network()), adamw, &mut Silent).history.len();
    assert!(done < 100);
    let short = Settings { epochs: done, ..adamw };
    let whole = file(&run(Progress::start(network()), short, &mut Silent).into_progress(), &short);
    let (progress, again) = read(&whole, done).unwrap();
    assert!(file(&run(progress, again, &mut Silent).into_progress(), &short) == whole);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let adamw = Settings { optimizer: Optimizer::AdamW, eta: 0.01, ..settings() };
    let saved = file(&run(Progress::start(network()), adamw, &mut Silent).into_progress(), &adamw);
    let saved = String::from_utf8(saved).unwrap();
    let error = |from: &str, to: &str| {
        assert!(saved.contains(from), "{from} is not in {saved}");
        read(saved.replacen(from, to, 1).as_bytes(), 9).map(|_| ()).unwrap_err()
    };
    let checkpoint = &saved[saved.find(r#","checkpoint""#).unwrap()..saved.trim_end().len() - 1];
    assert_eq!(error(checkpoint, ""), ResumeError::Missing(MOMENTS));
    assert!(matches!(error(r#""moments":[""#, r#""moments":["AAAA"#), ResumeError::Damaged { what: MOMENTS, .. }));
    assert_eq!(error(r#""epochs_done":6"#, r#""epochs_done":7"#), ResumeError::History { epoch: 6 });
    assert_eq!(error(r#"[{"epoch":1"#, r#"[{"epoch":2"#), ResumeError::History { epoch: 1 });
    let unknown = |what, name: &str| ResumeError::Unknown { what, name: name.to_string() };
    assert_eq!(error(r#""engine":"fast""#, r#""engine":"steam""#), unknown("engine", "steam"));
    let no_rows = &saved[saved.find(r#""history":[{"#).unwrap()..saved.find(r#","checkpoint""#).unwrap()];
    assert_eq!(error(no_rows, r#""history":[]"#), ResumeError::NoEpoch);
    let untrained = Model::from(network());
    assert_eq!(Progress::of_model(untrained, &adamw).unwrap_err(), ResumeError::NoTraining);
}

#[test]
fn no_row_may_follow_the_end_whatever_comes_after_it() {
    let settings = Settings { epochs: 100, early_stop: Some(2), ..settings() };
    let check = |right: &[usize]| {
        let row = |(&right, epoch)| EpochRecord { epoch, evaluation_accuracy: Some(right), ..EpochRecord::default() };
        check_history(&right.iter().zip(1..).map(row).collect::<Vec<_>>(), &settings)
    };
    assert_eq!(check(&[5, 5, 5]), Ok(())); // it ends with the last row
    assert_eq!(check(&[5, 5, 5, 5]), Err(ResumeError::History { epoch: 4 }));
    assert_eq!(check(&[5, 5, 5, 5, 9, 9]), Err(ResumeError::History { epoch: 4 }));
    assert_eq!(check(&[5, 5, 6, 6, 7, 7]), Ok(()));
}

#[test]
fn train_is_to_go_on_from_the_start() {
    let (training, evaluation) = (images(30), images(9));
    let config = settings().check(30, 9).unwrap();
    let trained = train(network(), &training, &evaluation, &config, &mut Silent).unwrap();
    let other = run(Progress::start(network()), settings(), &mut Silent);
    assert_eq!(trained.network.weights(), other.network.weights());
}
