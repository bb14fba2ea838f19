//! Training: no dataset and no settings make it panic. It is refused with a typed error, it diverges with one, or what
//! comes out is finite, the same for any number of threads, and what an interrupted training comes to.

#![no_main]

use std::ops::ControlFlow;
use std::time::Duration;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mnist_mlp::data::distort::{Affine, Distortion, Elastic};
use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::engine::{EngineKind, InstructionSet, Machine, Trainable};
use mnist_mlp::model::{EpochRecord, Model};
use mnist_mlp::network::{Activation, Init, Network, Optimizer, costs};
use mnist_mlp::trainer::{Ending, Keep, Monitors, Observer, Progress, Schedule, Settings, Silent, Trained, resume};
use mnist_mlp_fuzz::{json_of, model_of};

fuzz_target!(|case: Case| {
    if case.in_double {
        check::<f64>(&case);
    } else {
        check::<f32>(&case);
    }
});

/// What is trained, on what, how.
#[derive(Debug)]
struct Case {
    in_double: bool,
    data: Dataset,
    /// How many of the images are for evaluation.
    evaluated: usize,
    hidden: Vec<usize>,
    cost: usize,
    activations: Vec<Activation>,
    init: Init,
    settings: Settings,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let data = data(u)?;
        let hidden = (0..u.int_in_range(0..=3)?).map(|_| u.int_in_range(1..=40)).collect::<Result<Vec<_>>>()?;
        Ok(Case {
            in_double: u.arbitrary()?,
            evaluated: u.int_in_range(0..=data.len())?,
            activations: (0..u.int_in_range(1..=3)?)
                .map(|_| u.choose(&Activation::ALL).copied())
                .collect::<Result<_>>()?,
            cost: u.choose_index(costs::<f64>().len())?,
            init: *u.choose(&[Init::Default, Init::Large, Init::He, Init::Xavier])?,
            settings: settings(u, data.len())?,
            hidden,
            data,
        })
    }
}

/// A few images: of one pixel or wide, all background, all ink or anything, of one class or of many.
fn data(u: &mut Unstructured) -> Result<Dataset> {
    let geometry = *u.choose(&[(1, 1), (1, 2), (3, 1), (2, 2), (5, 4), (28, 28), (1, 300), (64, 3)])?;
    let classes = *u.choose(&[2, 3, 10, 17, 256])?;
    let n = u.int_in_range(1..=24)?;
    let labels = match u.int_in_range(0..=2)? {
        0 => vec![u.int_in_range(0..=classes - 1)? as u8; n],
        1 => (0..n).map(|i| (i % classes) as u8).collect(),
        _ => (0..n).map(|_| Ok(u.int_in_range(0..=classes - 1)? as u8)).collect::<Result<_>>()?,
    };
    let size = geometry.0 * geometry.1;
    let pixels = match u.int_in_range(0..=4)? {
        0 => vec![0; n * size],
        1 => vec![255; n * size],
        2 => (0..n * size).map(|i| if i % 5 == 0 { (i * 37) as u8 } else { 0 }).collect(),
        3 => (0..n * size).map(|i| 1 + (i * 37 % 255) as u8).collect(),
        _ => {
            let some = u.bytes(u.len().min(40))?;
            (0..n * size).map(|i| if some.is_empty() { 0 } else { some[i % some.len()] }).collect()
        }
    };
    Ok(Dataset::new(pixels, labels, geometry, classes, Identity::named("tiny")).expect("a dataset"))
}

/// Mostly settings that can train, and some that cannot.
fn settings(u: &mut Unstructured, n: usize) -> Result<Settings> {
    let plain = Settings::default();
    Ok(Settings {
        epochs: u.int_in_range(0..=3)?,
        batch_size: u.int_in_range(0..=n + 1)?,
        eta: number(u, &[0.5, 0.01, 10.0, 1e3])?,
        lambda: number(u, &[0.0, 5.0, 1e3])?,
        l1: number(u, &[0.0, 0.0, 1.0])?,
        optimizer: match u.int_in_range(0..=3)? {
            0 => Optimizer::AdamW,
            1 => Optimizer::Sgd { momentum: number(u, &[0.5, 0.9])?, nesterov: u.arbitrary()? },
            _ => plain.optimizer,
        },
        dropout: number(u, &[0.0, 0.0, 0.5])?,
        input_dropout: number(u, &[0.0, 0.0, 0.2])?,
        max_norm: maybe(u, |u| number(u, &[0.1, 3.0]))?,
        tolerance: number(u, &[0.0, 0.0, 0.1])?,
        ema: maybe(u, |u| number(u, &[0.0, 0.5, 0.999]))?,
        augment: maybe(u, distortion)?,
        seed: u.arbitrary()?,
        shuffle: u.arbitrary()?,
        monitors: Monitors {
            training_cost: u.arbitrary()?,
            training_accuracy: u.arbitrary()?,
            evaluation_cost: u.arbitrary()?,
            evaluation_accuracy: u.arbitrary()?,
        },
        engine: *u.choose(&[EngineKind::Fast, EngineKind::Fast, EngineKind::Reference])?,
        machine: Machine { threads: u.int_in_range(1..=3)?, instructions: *u.choose(&InstructionSet::available())? },
        schedule: match u.int_in_range(0..=5)? {
            0 => Schedule::HalveOnPlateau { patience: u.int_in_range(0..=2)? },
            1 => Schedule::Cosine,
            2 => Schedule::OneCycle,
            _ => Schedule::Constant,
        },
        warm_up: maybe(u, |u| number(u, &[0.5, 1.0]))?,
        early_stop: maybe(u, |u| u.int_in_range(0..=2))?,
        keep: maybe(u, |u| u.choose(&[Keep::Best, Keep::Last]).copied())?,
    })
}

fn distortion(u: &mut Unstructured) -> Result<Distortion> {
    let affine = |u: &mut Unstructured| {
        Ok(Affine {
            rotation: number(u, &[15.0, 180.0])?,
            scale: number(u, &[0.15, 0.9])?,
            shear: number(u, &[0.2, 2.0])?,
            translation: number(u, &[0.1, 1.0])?,
        })
    };
    let elastic =
        |u: &mut Unstructured| Ok(Elastic { sigma: number(u, &[5.5, 1.0])?, alpha: number(u, &[37.0, 1000.0])? });
    let (affine, elastic) = (maybe(u, affine)?, maybe(u, elastic)?);
    Ok(Distortion { affine, elastic, fade_to: number(u, &[1.0, 0.25, 0.0])? })
}

/// One of the usual numbers, or one that nobody would think of.
fn number(u: &mut Unstructured, usual: &[f64]) -> Result<f64> {
    const UNUSUAL: [f64; 14] = [
        0.0,
        -0.0,
        -1.0,
        1e-300,
        5e-324,
        1e-40,
        0.999_999_999,
        1.0,
        1e10,
        3e38,
        1e300,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
    ];
    match u.int_in_range(0..=7)? {
        0 => u.choose(&UNUSUAL).copied(),
        1 => u.arbitrary(),
        _ => u.choose(usual).copied(),
    }
}

/// Something, once in four times.
fn maybe<'a, T>(u: &mut Unstructured<'a>, some: impl FnOnce(&mut Unstructured<'a>) -> Result<T>) -> Result<Option<T>> {
    if u.int_in_range(0..=3)? == 0 { some(u).map(Some) } else { Ok(None) }
}

fn check<F: Trainable>(case: &Case) {
    let Case { data, evaluated, hidden, settings, .. } = case;
    let sizes = [&[data.image_size()], &hidden[..], &[data.classes()]].concat();
    let network = Network::<F>::new(&sizes, costs()[case.cost], case.init, settings.seed).expect("sizes in range");
    let Ok(network) = network.with_activations(&case.activations) else { return };
    let evaluation = data.slice(data.len() - evaluated..data.len());
    let config = match settings.check(data.len(), evaluation.len()) {
        Ok(config) => config,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let start = Progress::start(network);
    let run = |progress: Progress<F>, settings: Settings, observer: &mut dyn Observer<F>| {
        let config = settings.check(data.len(), evaluation.len()).expect("only the machine is another");
        resume(progress, data, &evaluation, &config, observer).expect("the network is made for these images")
    };
    let whole = resume(start.clone(), data, &evaluation, &config, &mut Silent).expect("made for these images");
    check_result(&whole, settings);
    let expected = file(whole.clone(), settings, data.len());

    let threads = if settings.machine.threads == 1 { 3 } else { 1 };
    let other = Settings { machine: Machine { threads, ..settings.machine }, ..*settings };
    let trained = run(start.clone(), other, &mut Silent);
    assert!(file(trained, settings, data.len()) == expected, "{threads} threads make another model");

    // After its first epoch it is stopped, saved, read, and gone on with.
    let stopped = run(start, *settings, &mut StopAfterOneEpoch);
    if stopped.ending == Ending::Stopped {
        let saved = file(stopped, settings, data.len());
        let model = Model::<F>::from_json(&saved).expect("what was written can be read");
        let record = model.training.as_ref().expect("it was written");
        let again = Settings::of_record(record, &model.history, settings.machine);
        let again = again.expect("a record of this program");
        let progress = Progress::of_model(model, &again).expect("a training that was stopped can go on");
        let resumed = run(progress, again, &mut Silent);
        assert!(file(resumed, settings, data.len()) == expected, "the resumed training makes another model");
    }
}

fn check_result<F: Trainable>(trained: &Trained<F>, settings: &Settings) {
    trained.network.check_finite().expect("what comes out is finite");
    assert!(trained.history.len() <= settings.epochs && trained.epoch <= trained.history.len());
    for row in &trained.history {
        assert!([row.training_cost, row.evaluation_cost].into_iter().flatten().all(f64::is_finite));
    }
    match &trained.ending {
        Ending::Completed => assert_eq!(trained.history.len(), settings.epochs),
        Ending::Diverged(divergence) => assert!(!divergence.to_string().is_empty()),
        Ending::EarlyStopped | Ending::Plateau => assert!(trained.history.len() < settings.epochs),
        Ending::Stopped => panic!("nobody asked it to stop"),
    }
}

/// The model file, to the last byte.
fn file<F: Trainable>(trained: Trained<F>, settings: &Settings, n_train: usize) -> Vec<u8> {
    json_of(&model_of(&trained.into_progress(), settings, n_train))
}

struct StopAfterOneEpoch;

impl<F: Trainable> Observer<F> for StopAfterOneEpoch {
    fn epoch(&mut self, _: &EpochRecord, _: Duration, _: Option<usize>) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}
