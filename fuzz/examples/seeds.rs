//! Makes the seeds anew, by the writers of this program and of its tests: `cargo run --example seeds` in `fuzz/`.

use std::error::Error;
use std::fs;
use std::path::Path;

use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::engine::Trainable;
use mnist_mlp::model::Model;
use mnist_mlp::network::{Activation, Init, Network, Optimizer, cost_named};
use mnist_mlp::picture::{Picture, file::png};
use mnist_mlp::trainer::{Keep, Monitors, Progress, Schedule, Settings, Silent, resume};
use mnist_mlp_fuzz::{json_of, model_of};

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/common/formats.rs"]
mod formats;

use formats::{Digits, Python, gzip, npy, npz, pickle};

fn main() -> Result<(), Box<dyn Error>> {
    data()?;
    models()?;
    pictures()?;
    trainings()
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&directory)?;
    fs::write(directory.join(name), bytes)?;
    Ok(())
}

fn data() -> Result<(), Box<dyn Error>> {
    let (training, test) = (Digits::toy(5, 1), Digits::toy(2, 2));
    let images = |digits: &Digits| idx(&[digits.len(), 4, 4], &digits.pixels);
    let labels = |digits: &Digits| idx(&[digits.len()], &digits.labels);
    let four = [images(&training), labels(&training), images(&test), labels(&test)];
    write("data", "idx", &layout("idx:", &four))?;
    write("data", "idx.gz", &layout("idx.gz:", &four))?;
    let letters = |digits: &Digits| idx(&[digits.len()], &digits.labels.iter().map(|l| l + 1).collect::<Vec<_>>());
    write(
        "data",
        "emnist",
        &layout("emnist:", &[images(&training), letters(&training), images(&test), letters(&test)]),
    )?;
    let rows = |digits: &Digits| -> Vec<u8> {
        let header = [0, 0, 0x0c, 2, 0, 0, 0, digits.len() as u8, 0, 0, 0, 8];
        let row = |&label: &u8| [[0, 0, 0, label], [0; 4], [0; 4], [0; 4], [0; 4], [0; 4], [0; 4], [0; 4]].concat();
        header.into_iter().chain(digits.labels.iter().flat_map(row)).collect()
    };
    write("data", "qmnist", &layout("qmnist:", &[images(&training), rows(&training), images(&test), rows(&test)]))?;
    let [parts @ .., _] = [&training, &test, &test, &test];
    write("data", "pickle2", &pickle(Python::Two, parts))?;
    write("data", "pickle1", &pickle(Python::TwoOld, parts))?;
    write("data", "pickle4", &pickle(Python::Three, parts))?;
    write("data", "pickle.gz", &gzip(&pickle(Python::Two, parts)))?;
    write("data", "pickle-in-gz", &layout("gz:", &[pickle(Python::Two, parts)]))?;
    write("data", "npz", &npz(&training, &test))?;
    let floats = |digits: &Digits| npy("<f4", &[digits.len(), 16], &digits.floats(255.0));
    let long = |digits: &Digits| npy("<i8", &[digits.len()], &digits.long_labels());
    write("data", "npy", &layout("npz:", &[floats(&training), long(&training), floats(&test), long(&test)]))?;
    let pictures = [0, 1, 2, 3].map(|index| png(&training.picture(index)));
    write("data", "pictures", &layout("pictures:", &pictures))?;
    let tables = [training.csv(true).into_bytes(), test.csv(false).into_bytes()];
    write("data", "csv", &layout("csv:", &tables))?;
    write("data", "csv-alone", &tables[0])
}

fn layout(name: &str, files: &[Vec<u8>]) -> Vec<u8> {
    [name.as_bytes(), &files.join(&b"\nNEXT\n"[..])].concat()
}

fn idx(dims: &[usize], bytes: &[u8]) -> Vec<u8> {
    let header = [0, 0, 8, dims.len() as u8].into_iter();
    header.chain(dims.iter().flat_map(|&dim| (dim as u32).to_be_bytes())).chain(bytes.iter().copied()).collect()
}

fn models() -> Result<(), Box<dyn Error>> {
    let plain = Settings { epochs: 2, batch_size: 2, monitors: Monitors::ALL, ..Settings::default() };
    let momentum = Optimizer::Sgd { momentum: 0.5, nesterov: true };
    let json = trained::<f32>(plain, &[], Activation::Sigmoid, "cross-entropy")?;
    write("model", "plain", &json)?;
    let model = Model::<f32>::from_json(&json)?;
    write("model", "merged", &json_of(&Model::merged(&[&model, &model])?))?;
    write("model", "double", &trained::<f64>(plain, &[2], Activation::Tanh, "quadratic")?)?;
    let adamw = Settings { optimizer: Optimizer::AdamW, ema: Some(0.5), dropout: 0.25, ..plain };
    write("model", "adamw", &trained::<f32>(adamw, &[2], Activation::Relu, "log-likelihood")?)?;
    let course = Settings {
        schedule: Schedule::HalveOnPlateau { patience: 1 },
        warm_up: Some(0.5),
        early_stop: Some(3),
        keep: Some(Keep::Best),
        optimizer: momentum,
        augment: Some(mnist_mlp::data::distort::Distortion::default()),
        ..plain
    };
    write("model", "course", &trained::<f32>(course, &[2, 1], Activation::Sigmoid, "cross-entropy")?)?;
    write(
        "model",
        "network2",
        br#"{"sizes": [2, 1, 2], "weights": [[[0.5, -1e-3]], [[1.5], [2]]], "biases": [[[0]], [[1], [-2.25]]], "cost": "CrossEntropyCost"}"#,
    )
}

/// The model file of a training on tiny data.
fn trained<F: Trainable>(
    settings: Settings,
    hidden: &[usize],
    unit: Activation,
    cost: &str,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let data = Dataset::new(vec![0, 9, 200, 255, 0, 77, 3, 80], vec![0, 1, 1, 0], (1, 2), 2, Identity::named("tiny"))?;
    let cost = cost_named(cost).ok_or("a cost")?;
    let network =
        Network::<F>::new(&[&[2], hidden, &[2]].concat(), cost, Init::Default, 1)?.with_activations(&[unit])?;
    // One epoch more is recorded as wanted, so that there is something to go on with.
    let config = settings.check(data.len(), data.len())?;
    let trained = resume(Progress::start(network), &data, &data, &config, &mut Silent)?;
    let wanted = Settings { epochs: settings.epochs + 1, ..settings };
    Ok(json_of(&model_of(&trained.into_progress(), &wanted, data.len())))
}

fn pictures() -> Result<(), Box<dyn Error>> {
    let seven = |x: usize, y: usize| {
        if y == 4 && (4..13).contains(&x) || (5..14).contains(&y) && x == 16 - y { 20 } else { 230 }
    };
    let pixels: Vec<u8> = (0..18 * 18).map(|at| seven(at % 18, at / 18)).collect();
    let picture = Picture::new(18, 18, pixels.clone())?;
    write("picture", "png", &png(&picture))?;
    write("picture", "grey", &[&b"grey\x12\x1c"[..], &pixels].concat())?;
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode(&pixels, 18, 18, image::ExtendedColorType::L8)?;
    write("picture", "jpeg", &jpeg)?;
    let colours: Vec<u8> = pixels.iter().flat_map(|&pixel| [pixel, 30, 255 - pixel, pixel]).collect();
    let mut rgba = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut rgba,
        &colours,
        18,
        18,
        image::ExtendedColorType::Rgba8,
        image::ImageFormat::Png,
    )?;
    write("picture", "rgba", &rgba.into_inner())
}

/// Bytes without a meaning: a training is drawn from them.
fn trainings() -> Result<(), Box<dyn Error>> {
    for seed in 1..=8_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let byte = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        write("train", &seed.to_string(), &(0..200).map(byte).collect::<Vec<_>>())?;
    }
    Ok(())
}
