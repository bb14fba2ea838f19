//! Tests of the epoch loop on data small enough to reason about.

use super::*;
use crate::data::distort::Distortion;
use crate::data::{Dataset, Identity};
use crate::engine::{EngineKind, Machine};
use crate::network::{CrossEntropy, Init, Quadratic};

/// Two classes that one pixel distinguishes.
fn easy(n: usize) -> Dataset {
    let pixels = (0..n).flat_map(|i| if i % 2 == 0 { [255, 0] } else { [0, 255] }).collect();
    Dataset::new(pixels, (0..n).map(|i| (i % 2) as u8).collect(), (1, 2), 2, Identity::named("easy")).unwrap()
}

fn network() -> Network<f64> {
    Network::new(&[2, 3, 2], &CrossEntropy, Init::Default, 4).unwrap()
}

fn settings() -> Settings {
    Settings { epochs: 5, batch_size: 3, lambda: 0.0, monitors: Monitors::ALL, ..Settings::default() }
}

fn run(settings: Settings, observer: &mut dyn Observer<f64>) -> Trained<f64> {
    let (training, evaluation) = (easy(20), easy(6));
    let config = settings.check(20, 6).unwrap();
    train(network(), &training, &evaluation, &config, observer).unwrap()
}

/// An observer that records its calls and stops the training where it is told to.
#[derive(Default)]
struct Recorder {
    mini_batches: Vec<(usize, usize)>,
    epochs: Vec<EpochRecord>,
    /// The remaining patience after each epoch.
    patience: Vec<usize>,
    warnings: Vec<Warning>,
    stop_after_epoch: Option<usize>,
    stop_in_epoch: Option<usize>,
    /// The epoch, and the number of its images learned, at which to stop.
    stop_at: Option<(usize, usize)>,
}

fn stop_if(stop: bool) -> ControlFlow<()> {
    if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Observer<f64> for Recorder {
    fn mini_batch(&mut self, epoch: usize, done: usize) -> ControlFlow<()> {
        self.mini_batches.push((epoch, done));
        stop_if(self.stop_in_epoch == Some(epoch) || self.stop_at == Some((epoch, done)))
    }

    fn epoch(&mut self, record: &EpochRecord, _training: Duration, patience: Option<usize>) -> ControlFlow<()> {
        self.epochs.push(record.clone());
        self.patience.extend(patience);
        stop_if(self.stop_after_epoch == Some(record.epoch))
    }

    fn warning(&mut self, warning: &Warning) {
        self.warnings.push(warning.clone());
    }
}

#[test]
fn every_image_is_learned_in_every_epoch_the_short_mini_batch_too() {
    let mut recorder = Recorder::default();
    let trained = run(settings(), &mut recorder);
    assert_eq!(trained.ending, Ending::Completed);
    assert_eq!(recorder.epochs, trained.history);
    let first: Vec<_> = recorder.mini_batches.iter().filter(|(epoch, _)| *epoch == 1).map(|(_, done)| *done).collect();
    assert_eq!(first, [3, 6, 9, 12, 15, 18, 20]);
}

#[test]
fn the_easy_problem_is_learned() {
    let trained = run(Settings { epochs: 30, eta: 3.0, ..settings() }, &mut Silent);
    let last = trained.history.last().unwrap();
    assert_eq!((last.training_accuracy, last.evaluation_accuracy), (Some(20), Some(6)));
    assert!(last.training_cost.unwrap() < 0.1 && last.training_cost < trained.history[0].training_cost);
}

#[test]
fn monitors_that_are_off_leave_no_figures_and_change_nothing() {
    let watched = run(settings(), &mut Silent);
    let unwatched = run(Settings { monitors: Monitors::NONE, ..settings() }, &mut Silent);
    assert_eq!(watched.network.weights(), unwatched.network.weights());
    let record = &unwatched.history[0];
    assert_eq!((record.training_cost, record.evaluation_accuracy, record.n_training), (None, None, 20));
}

#[test]
fn the_seed_decides() {
    let run = |seed| run(Settings { seed, ..settings() }, &mut Silent).network;
    assert_eq!(run(1).weights(), run(1).weights());
    assert_ne!(run(1).weights(), run(2).weights());
}

#[test]
fn the_regularization_term_is_counted_once_with_the_size_of_its_own_set() {
    let free = run(Settings { epochs: 1, ..settings() }, &mut Silent);
    let network = free.network;
    let costs = |lambda: f64| {
        let settings = Settings { lambda, ..settings() };
        let mut engine = settings.engine.start(network.clone(), easy(20), easy(6), 1, settings.machine);
        let looked = engine.watch(&network, Monitors::ALL.watched()).wait();
        let record = figures(&looked, &network, &settings);
        (record.training_cost.unwrap(), record.evaluation_cost.unwrap())
    };
    let squares: f64 = network.weights().iter().flatten().map(|w| w * w).sum();
    let ((training, evaluation), (training_free, evaluation_free)) = (costs(2.0), costs(0.0));
    assert!((training - training_free - 2.0 / 40.0 * squares).abs() < 1e-12);
    assert!((evaluation - evaluation_free - 2.0 / 12.0 * squares).abs() < 1e-12);
}

#[test]
fn whoever_watches_can_stop_it_and_the_last_whole_epoch_is_kept() {
    let whole = run(Settings { epochs: 2, ..settings() }, &mut Silent);
    let after = run(settings(), &mut Recorder { stop_after_epoch: Some(2), ..Recorder::default() });
    let within = run(settings(), &mut Recorder { stop_in_epoch: Some(3), ..Recorder::default() });
    for stopped in [after, within] {
        assert_eq!(stopped.ending, Ending::Stopped);
        assert_eq!(stopped.history, whole.history);
        assert_eq!(stopped.network.weights(), whole.network.weights());
    }
    let at_the_end = run(settings(), &mut Recorder { stop_after_epoch: Some(5), ..Recorder::default() });
    assert_eq!(at_the_end.ending, Ending::Completed);
}

/// After the last mini-batch all images of the epoch are learned: only the monitors are missing.
#[test]
fn an_epoch_is_not_thrown_away_when_its_last_mini_batch_is_learned() {
    for (batch_size, threads) in [(3, 1), (2, 2), (20, 1)] {
        let machine = Machine { threads, ..Machine::default() };
        let settings = Settings { batch_size, engine: EngineKind::Fast, machine, ..settings() };
        let stopped = |epoch| run(settings, &mut Recorder { stop_at: Some((epoch, 20)), ..Recorder::default() });
        for epochs in [1, 3] {
            let whole = run(Settings { epochs, ..settings }, &mut Silent);
            let stopped = stopped(epochs);
            assert_eq!((&stopped.ending, stopped.epoch), (&Ending::Stopped, epochs));
            assert_eq!(stopped.history, whole.history);
            assert_eq!(stopped.network.weights(), whole.network.weights());
        }
        assert_eq!(stopped(5).ending, Ending::Completed, "there was nothing left to stop");
    }
}

#[test]
fn divergence_stops_the_run_and_keeps_the_last_good_epoch() {
    // Each update multiplies the weights by 1 - eta lambda/n = -49, so they overflow within 200 epochs.
    let settings = Settings { epochs: 1_000, batch_size: 20, eta: 1.0, lambda: 1_000.0, ..settings() };
    for engine in [EngineKind::Fast, EngineKind::Reference] {
        let trained = run(Settings { engine, ..settings }, &mut Silent);
        let Ending::Diverged(divergence) = &trained.ending else { panic!("{:?}", trained.ending) };
        assert_eq!(divergence.epoch, trained.history.len() + 1);
        assert!(!trained.history.is_empty() && trained.network.check_finite().is_ok());
        assert!(divergence.to_string().ends_with("a smaller lambda, such as 8"), "{divergence}");
    }
}

#[test]
fn accuracy_at_chance_is_warned_of_once() {
    // Identical images cannot be told apart.
    let alike =
        Dataset::new(vec![0; 20], (0..20).map(|i| i % 2).collect(), (1, 1), 2, Identity::named("alike")).unwrap();
    let network = Network::<f64>::new(&[1, 2], &Quadratic, Init::Default, 1).unwrap();
    let config = settings().check(20, 20).unwrap();
    let mut recorder = Recorder::default();
    train(network, &alike, &alike, &config, &mut recorder).unwrap();
    assert_eq!(recorder.warnings, [Warning::AtChance { epochs: 3, chance: 0.5, eta: 0.5 }]);
    let mut learning = Recorder::default();
    run(Settings { eta: 3.0, ..settings() }, &mut learning);
    assert_eq!(learning.warnings, []);
}

#[test]
fn a_network_for_other_images_is_refused() {
    let config = settings().check(20, 6).unwrap();
    let wide = Network::<f64>::new(&[3, 2], &Quadratic, Init::Default, 0).unwrap();
    let error = train(wide, easy(20), easy(6), &config, &mut Silent).unwrap_err();
    assert_eq!(error, FitError::Inputs { inputs: 3, rows: 1, cols: 2 });
    let narrow = Network::<f64>::new(&[2, 1], &Quadratic, Init::Default, 0).unwrap();
    let error = train(narrow, easy(20), easy(6), &config, &mut Silent).unwrap_err();
    assert_eq!(error, FitError::Outputs { outputs: 1, classes: 2 });
}

#[test]
fn the_learning_rate_follows_the_schedule() {
    let plain = run(settings(), &mut Silent);
    assert!(plain.history.iter().all(|record| record.eta.is_none()));
    let cosine = run(Settings { schedule: Schedule::Cosine, ..settings() }, &mut Silent);
    assert_ne!(cosine.network.weights(), plain.network.weights());
    // The last mini-batch of an epoch has 2 of the 20 images, so its middle is 0.05 epochs before the end.
    for record in &cosine.history {
        let expected = 0.25 * (1.0 + (std::f64::consts::PI * (record.epoch as f64 - 0.05) / 5.0).cos());
        assert!((record.eta.unwrap() - expected).abs() < 1e-12, "{record:?}");
    }
}

#[test]
fn the_warm_up_is_felt_by_each_mini_batch() {
    // There is one mini-batch per epoch. Its middle is half-way through the warm-up epoch, so it is learned with half
    // of eta.
    let whole = Settings { epochs: 2, batch_size: 20, ..settings() };
    let warmed = run(Settings { warm_up: Some(1.0), ..whole }, &mut Silent);
    assert_eq!(warmed.history.iter().map(|record| record.eta).collect::<Vec<_>>(), [Some(0.25), Some(0.5)]);
    let half = run(Settings { eta: 0.25, epochs: 1, ..whole }, &mut Silent);
    assert_eq!(warmed.history[0].training_cost, half.history[0].training_cost);
}

#[test]
fn the_best_epoch_is_kept_exactly_and_no_row_is_lost() {
    let best_of = |trained: &Trained<f64>| {
        trained.history.iter().rev().max_by_key(|record| record.evaluation_accuracy).unwrap().epoch
    };
    let learning = Settings { epochs: 12, eta: 3.0, ..settings() };
    let last = run(learning, &mut Silent);
    let best = run(Settings { keep: Some(Keep::Best), ..learning }, &mut Silent);
    assert_eq!((last.epoch, best.epoch), (12, best_of(&last)));
    assert!(best.epoch < 12, "the test needs a best epoch before the last");
    assert_eq!(best.history, last.history);
    let short = run(Settings { epochs: best.epoch, ..learning }, &mut Silent);
    assert_eq!(best.network.weights(), short.network.weights());
    assert_eq!(best.network.biases(), short.network.biases());

    let mut recorder = Recorder::default();
    let stopped = run(Settings { early_stop: Some(2), ..learning }, &mut recorder);
    assert_eq!(recorder.patience[stopped.epoch - 1..], [2, 1, 0]);
    assert_eq!(stopped.ending, Ending::EarlyStopped);
    assert_eq!(stopped.history.len(), stopped.epoch + 2);
    assert_eq!(stopped.history, last.history[..stopped.epoch + 2]);
    let all = run(Settings { early_stop: Some(2), keep: Some(Keep::Last), ..learning }, &mut Silent);
    assert_eq!(all.epoch, stopped.history.len());
}

#[test]
fn a_plateau_halves_eta_and_ends_the_training() {
    // Identical images are never told apart better than in the first epoch.
    let alike =
        Dataset::new(vec![0; 20], (0..20).map(|i| i % 2).collect(), (1, 1), 2, Identity::named("alike")).unwrap();
    let network = Network::<f64>::new(&[1, 2], &Quadratic, Init::Default, 1).unwrap();
    let settings = Settings { epochs: 100, schedule: Schedule::HalveOnPlateau { patience: 1 }, ..settings() };
    let trained = train(network, &alike, &alike, &settings.check(20, 20).unwrap(), &mut Silent).unwrap();
    assert_eq!(trained.ending, Ending::Plateau);
    let etas: Vec<_> = trained.history.iter().map(|record| 0.5 / record.eta.unwrap()).collect();
    assert_eq!(etas, [1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]);
    assert_eq!(trained.epoch, 9);
}

#[test]
fn looking_beside_the_training_sees_and_keeps_the_same() {
    // With mini-batches of 2 the second thread only runs the monitors; with early stopping, training must wait for
    // them.
    let threads = |threads| Machine { threads, ..Machine::default() };
    let plain = Settings { epochs: 6, batch_size: 2, monitors: Monitors::ALL, ..settings() };
    let mut engine = EngineKind::Fast.start(network(), easy(20), easy(6), plain.batch_size, threads(2));
    assert!(
        matches!(engine.watch(&network(), plain.monitors.watched()), PendingEvaluations::Underway(_)),
        "nobody looks beside it"
    );
    for settings in [
        plain,
        Settings { keep: Some(Keep::Best), ..plain },
        Settings { early_stop: Some(2), ..plain },
        Settings { ema: Some(0.9), ..plain },
    ] {
        let run = |machine| {
            let mut recorder = Recorder::default();
            let trained = run(Settings { engine: EngineKind::Fast, machine, ..settings }, &mut recorder);
            (trained.network.weights().to_vec(), trained.epoch, trained.history, recorder.epochs)
        };
        let alone = run(threads(1));
        assert!(!alone.2.is_empty() && alone.2.len() == alone.3.len());
        assert_eq!(run(threads(2)), alone);
    }
}

#[test]
fn stopping_beside_a_look_keeps_the_last_whole_epoch() {
    let settings = Settings {
        engine: EngineKind::Fast,
        machine: Machine { threads: 2, ..Machine::default() },
        monitors: Monitors::ALL,
        ..settings()
    };
    let whole = run(Settings { epochs: 2, ..settings }, &mut Silent);
    let stopped = run(settings, &mut Recorder { stop_in_epoch: Some(3), ..Recorder::default() });
    assert_eq!((stopped.ending, stopped.epoch), (Ending::Stopped, 2));
    assert_eq!(stopped.history, whole.history);
    assert_eq!(stopped.network.weights(), whole.network.weights());
}

#[test]
fn distortions_that_fade_to_nothing_end_with_the_images_themselves() {
    let weights = |epochs, augment| {
        let trained = run(Settings { epochs, augment, monitors: Monitors::NONE, ..settings() }, &mut Silent);
        trained.network.weights().to_vec()
    };
    let (steady, fading) = (Distortion::default(), Distortion { fade_to: 0.0, ..Distortion::default() });
    // The only epoch is also the last one, so it is not distorted.
    assert_eq!(weights(1, Some(fading)), weights(1, None));
    assert_ne!(weights(1, Some(steady)), weights(1, None));
    // The first of two epochs is not faded at all, the last one completely.
    assert_ne!(weights(2, Some(fading)), weights(2, None));
    assert_ne!(weights(2, Some(fading)), weights(2, Some(steady)));
}
