//! Whatever bytes a file holds, reading it gives a value or an error, never a panic, and never more memory than the
//! file can account for. Whatever a training is asked for, it is refused, or it diverges, or what comes out is finite.
//!
//! `fuzz/` tries the same with chosen bytes instead of random ones. Pickles, archives of arrays and tables are in
//! `formats.rs`.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mnist_mlp::Precision;
use mnist_mlp::data::idx::Idx;
use mnist_mlp::data::source::Source;
use mnist_mlp::data::unlabelled::{self, Unlabelled};
use mnist_mlp::data::{ClassNames, Dataset, Identity, Part};
use mnist_mlp::engine::{EngineKind, InstructionSet, Machine, Trainable};
use mnist_mlp::model::{EpochRecord, Model, precision_of};
use mnist_mlp::network::{Activation, CrossEntropy, Init, Network, Optimizer, costs};
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::file::png;
use mnist_mlp::picture::normalize::normalized;
use mnist_mlp::picture::read::read;
use mnist_mlp::trainer::{
    Background, Ending, Monitors, Progress, Schedule, Settings, Silent, resume as resumed, train,
};
use proptest::prelude::*;

/// An IDX header for any dimensions, followed by any bytes.
fn idx_like() -> impl Strategy<Value = Vec<u8>> {
    let dims = prop::collection::vec(prop_oneof![0_u32..9, any::<u32>()], 0..5);
    (prop_oneof![Just(8_u8), any::<u8>()], dims, prop::collection::vec(any::<u8>(), 0..600)).prop_map(
        |(type_code, dims, data)| {
            let header = [0, 0, type_code, dims.len() as u8];
            let dims = dims.iter().flat_map(|dim| dim.to_be_bytes());
            header.into_iter().chain(dims).chain(data).collect()
        },
    )
}

fn model() -> Vec<u8> {
    let network = Network::<f64>::new(&[3, 2, 2], &CrossEntropy, Init::Default, 0).unwrap();
    let mut json = Vec::new();
    Model { history: vec![EpochRecord::default()], ..Model::from(network) }.write_json(&mut json).unwrap();
    json
}

/// The file of a training that stands after its second epoch of three, with all that a checkpoint may hold.
fn unfinished() -> Vec<u8> {
    let settings = Settings {
        epochs: 3,
        batch_size: 2,
        optimizer: Optimizer::AdamW,
        ema: Some(0.5),
        schedule: Schedule::HalveOnPlateau { patience: 5 },
        ..Settings::default()
    };
    let data = tiny();
    let two = Settings { epochs: 2, ..settings }.check(data.len(), data.len()).unwrap();
    let network = Network::<f32>::new(&[2, 2, 2], &CrossEntropy, Init::Default, 0).unwrap();
    let progress = train(network, &data, &data, &two, &mut Silent).unwrap().into_progress();
    let record = settings.record(Background {
        dataset: "tiny".to_string(),
        classes: ClassNames::default(),
        geometry: data.geometry(),
        n_train: data.len(),
        n_validation: 0,
        evaluate_on: "test".to_string(),
        init: "default".to_string(),
        expand: None,
        deskew: false,
        precision: Precision::F32,
    });
    let mut json = Vec::new();
    progress.model(&record, &settings).write_json(&mut json).unwrap();
    json
}

/// Four images of two pixels.
fn tiny() -> Dataset {
    let pixels = vec![0, 9, 200, 255, 0, 77, 3, 80];
    Dataset::new(pixels, vec![0, 1, 1, 0], (1, 2), 2, Identity::named("tiny")).unwrap()
}

/// Goes on with the training in a model file, if it can be gone on with. Whether it could.
fn resume(json: &[u8]) -> bool {
    let Ok(model) = Model::<f32>::from_json(json) else { return false };
    let Some(record) = &model.training else { return false };
    let Ok(settings) = Settings::of_record(record, &model.history, Machine::default()) else { return false };
    let (data, most) = (tiny(), settings.epochs > 50);
    let Ok(progress) = Progress::of_model(model, &settings) else { return false };
    let Ok(config) = settings.check(data.len(), data.len()) else { return false };
    if !most && let Ok(trained) = resumed(progress, &data, &data, &config, &mut Silent) {
        assert!(trained.network.check_finite().is_ok());
        return true;
    }
    false
}

/// One of the usual numbers, or one that nobody would think of.
fn number(usual: &'static [f64]) -> impl Strategy<Value = f64> {
    const UNUSUAL: [f64; 11] = [0.0, -1.0, 5e-324, 1e-40, 1.0, 1e10, 3e38, 1e300, f64::MAX, f64::INFINITY, f64::NAN];
    prop_oneof![10 => prop::sample::select(usual), 1 => prop::sample::select(&UNUSUAL[..])]
}

prop_compose! {
    fn any_settings()(
        (epochs, batch_size, seed) in (1_usize..3, 0_usize..5, any::<u64>()),
        eta in number(&[0.5, 10.0, 1e3]),
        lambda in number(&[0.0, 5.0]),
        l1 in number(&[0.0, 1.0]),
        optimizer in prop_oneof![
            Just(Optimizer::AdamW),
            (number(&[0.0, 0.9]), any::<bool>()).prop_map(|(momentum, nesterov)| Optimizer::Sgd { momentum, nesterov }),
        ],
        (dropout, input_dropout) in (number(&[0.0, 0.5]), number(&[0.0, 0.2])),
        max_norm in prop::option::of(number(&[3.0])),
        (tolerance, ema) in (number(&[0.0, 0.1]), prop::option::of(number(&[0.5]))),
        schedule in prop::sample::select(&[Schedule::Constant, Schedule::Cosine, Schedule::OneCycle][..]),
        engine in prop::sample::select(&[EngineKind::Fast, EngineKind::Reference][..]),
        instructions in prop::sample::select(InstructionSet::available()),
        threads in 1_usize..4,
    ) -> Settings {
        let machine = Machine { threads, instructions };
        Settings {
            epochs, batch_size, eta, lambda, l1, optimizer, dropout, input_dropout, max_norm, tolerance, ema, seed, monitors: Monitors::ALL,
            engine, machine, schedule, ..Settings::default()
        }
    }
}

/// Trains on `n` images of `pixel`s, if these settings can train.
fn train_on<F: Trainable>(
    pixel: u8,
    labels: &[u8],
    sizes: &[usize],
    cost: usize,
    unit: Activation,
    settings: Settings,
) {
    let pixels = vec![pixel; labels.len() * sizes[0]];
    let data = Dataset::new(pixels, labels.to_vec(), (1, sizes[0]), 3, Identity::named("hostile")).unwrap();
    let Ok(config) = settings.check(data.len(), data.len()) else { return };
    let network = Network::<F>::new(sizes, costs()[cost], Init::Large, settings.seed).unwrap();
    let network = network.with_activations(&[unit]).unwrap();
    let trained = train(network, &data, &data, &config, &mut Silent).unwrap();
    assert!(trained.network.check_finite().is_ok());
    let costs = trained.history.iter().flat_map(|row| [row.training_cost, row.evaluation_cost]).flatten();
    assert!(costs.into_iter().all(f64::is_finite));
    let is_whole = trained.history.len() == settings.epochs;
    assert_eq!(is_whole, trained.ending == Ending::Completed, "{:?}", trained.ending);
}

#[test]
fn the_file_to_be_damaged_can_be_gone_on_with() {
    assert!(resume(&unfinished()));
}

#[test]
fn a_file_of_more_images_than_can_be_counted_is_not_gone_on_with() {
    let json = String::from_utf8(unfinished()).unwrap();
    let many = json.replace("\"n_train\":4", &format!("\"n_train\":{}", u64::MAX));
    assert!(many.len() > json.len() && !resume(many.as_bytes()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_idx_or_refused(bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..64), idx_like()], rank in 0_u8..4) {
        if let Ok(idx) = Idx::read(bytes.as_slice(), rank, u64::MAX) {
            let mut again = Vec::new();
            idx.write(&mut again).unwrap();
            prop_assert_eq!(again, bytes, "what was accepted is what is written");
        }
    }

    #[test]
    fn any_bytes_are_read_as_a_model_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(Model::<f32>::from_json(&bytes).is_err());
        let _ = precision_of(&bytes);
    }

    #[test]
    fn a_model_with_changed_bytes_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(&b"[]{},:\"0e-."[..])]), 1..6)
    ) {
        let mut json = model();
        for (place, byte) in changes {
            let place = place.index(json.len());
            json[place] = byte;
        }
        if let Ok(model) = Model::<f64>::from_json(&json) {
            prop_assert!(model.network.check_finite().is_ok());
            prop_assert_eq!(model.network.sizes().len(), 3);
        }
    }

    #[test]
    fn a_training_in_a_damaged_file_goes_on_or_is_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&b"[]{},:\"019e-.A"[..])), 1..3)
    ) {
        let mut json = unfinished();
        // The numbers of an ordinary file are tried above; here the interest is in what stands beside them.
        let start = json.windows(8).position(|window| window == b"\"format\"").unwrap();
        for (place, byte) in changes {
            let place = start + place.index(json.len() - start);
            json[place] = byte;
        }
        resume(&json);
    }

    #[test]
    fn any_picture_has_a_digit_or_is_refused(
        (width, side, is_file) in (1_usize..40, 1_usize..40, any::<bool>()),
        ground in any::<u8>(),
        ink in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        // Ink in the middle of an even ground.
        let mut pixels = vec![ground; 3 * width * 20];
        pixels[width * 20..].iter_mut().zip(&ink).for_each(|(pixel, ink)| *pixel = *ink);
        let mut picture = Picture::new(60, width, pixels).unwrap();
        if is_file {
            picture = read(&png(&picture)[..]).unwrap();
        }
        if let Ok(digit) = normalized(&picture, side) {
            prop_assert_eq!((digit.height(), digit.width()), (side, side));
        }
    }

    #[test]
    fn any_training_is_refused_or_diverges_or_ends_with_finite_numbers(
        settings in any_settings(),
        pixel in prop::sample::select(&[0_u8, 1, 255][..]),
        labels in prop_oneof![prop::collection::vec(0_u8..3, 1..9), prop::collection::vec(Just(0_u8), 1..9)],
        (inputs, hidden) in (1_usize..30, prop::collection::vec(1_usize..20, 0..3)),
        cost in 0..costs::<f64>().len(),
        unit in prop::sample::select(&Activation::ALL[..]),
    ) {
        let sizes = [&[inputs], &hidden[..], &[3]].concat();
        train_on::<f32>(pixel, &labels, &sizes, cost, unit, settings);
        train_on::<f64>(pixel, &labels, &sizes, cost, unit, settings);
    }

    #[test]
    fn any_files_are_loaded_or_refused(
        images in prop_oneof![prop::collection::vec(any::<u8>(), 0..64), idx_like()],
        labels in prop_oneof![prop::collection::vec(any::<u8>(), 0..64), idx_like()],
        gzip in any::<bool>(),
        cut in any::<prop::sample::Index>(),
        flip in any::<Option<prop::sample::Index>>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        for prefix in ["train", "t10k"] {
            for (name, bytes) in [("images-idx3-ubyte", &images), ("labels-idx1-ubyte", &labels)] {
                let mut file = bytes.clone();
                if gzip {
                    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                    encoder.write_all(bytes).unwrap();
                    file = encoder.finish().unwrap();
                    file.truncate(cut.index(file.len() * 4).max(1));
                    if let Some(flip) = flip {
                        let place = flip.index(file.len());
                        file[place] ^= 0x10;
                    }
                }
                fs::write(directory.path().join(format!("{prefix}-{name}")), file).unwrap();
            }
        }
        if let Ok(data) = Source::Directory(directory.path().to_path_buf()).load(Part::Training, 1) {
            prop_assert!(!data.is_empty());
            prop_assert!(data.labels().iter().all(|&label| usize::from(label) < data.classes()));
            prop_assert_eq!(data.image(data.len() - 1).len(), data.image_size());
        }
        for name in ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
            is_answerable_or_refused(&directory.path().join(name))?;
        }
    }

    #[test]
    fn any_table_is_answered_or_refused(text in "[0-9a,.\"\n]{0,40}", other in prop::collection::vec(any::<u8>(), 0..64)) {
        let file = tempfile::NamedTempFile::new().unwrap();
        for bytes in [text.as_bytes(), &other] {
            fs::write(file.path(), bytes).unwrap();
            is_answerable_or_refused(file.path())?;
        }
    }
}

/// Images without labels are read as whole images, or refused.
fn is_answerable_or_refused(path: &Path) -> Result<(), TestCaseError> {
    for inputs in [1, 2, 4, 9] {
        if let Ok(Some(Unlabelled { pixels, geometry })) = unlabelled::read(path, inputs) {
            prop_assert!(!pixels.is_empty() && pixels.len() % inputs == 0);
            prop_assert!(geometry.is_none_or(|(height, width)| height * width == inputs));
        }
    }
    Ok(())
}
