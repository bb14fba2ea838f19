//! Artificial expansion of the data: images a second, beside those that a large network trains on. Results are checked
//! before they are timed.
//!
//! ```sh
//! cargo bench --bench augment
//! ```

mod common;

use common::{images, network};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mnist_mlp::data::Dataset;
use mnist_mlp::data::distort::{Affine, Distortion, Elastic};
use mnist_mlp::data::expand::shifts;
use mnist_mlp::engine::{Engine, EngineKind, Machine, evaluate};
use mnist_mlp::network::{Activation, Step};

/// So many images are expanded or distorted at a time.
const IMAGES: usize = 10_000;
/// So many of them are trained on at a time.
const TRAINED: usize = 2_000;
const BATCH_SIZE: usize = 100;

fn ink(data: &Dataset) -> f64 {
    data.pixels().iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / data.len() as f64
}

/// Every image and its shifts: five made of one.
fn expansion(criterion: &mut Criterion) {
    let data = images().0.slice(0..IMAGES);
    let expanded = shifts(&data, 1).expect("room for five times as many");
    assert_eq!((expanded.len(), expanded.image(5)), (5 * IMAGES, data.image(1)));
    assert_eq!(shifts(&data, 2).expect("as before").pixels(), expanded.pixels());
    let mut group = criterion.benchmark_group("shifts");
    group.throughput(Throughput::Elements(expanded.len() as u64));
    for threads in [1, 2] {
        let id = BenchmarkId::from_parameter(format!("{threads} threads"));
        group.bench_function(id, |bencher| bencher.iter(|| shifts(&data, threads)));
    }
    group.finish();
}

/// Every image distorted.
fn distortion(criterion: &mut Criterion) {
    let data = images().0.slice(0..IMAGES);
    let (affine, elastic) = (Some(Affine::default()), Some(Elastic::default()));
    let kinds = [("affine", affine, None), ("elastic", None, elastic), ("affine and elastic", affine, elastic)];
    let mut group = criterion.benchmark_group("distortion");
    group.throughput(Throughput::Elements(data.len() as u64));
    for (name, affine, elastic) in kinds {
        let distortion = Distortion { affine, elastic, ..Distortion::default() };
        let distorted = distortion.epoch(&data, 0, 1, 1);
        assert_eq!(distortion.epoch(&data, 0, 1, 2).pixels(), distorted.pixels());
        assert!(distortion.epoch(&data, 0, 2, 1).pixels() != distorted.pixels());
        let kept = ink(&distorted) / ink(&data);
        assert!((0.97..1.01).contains(&kept), "{name}: the ink is {kept} of what it was");
        for threads in [1, 2] {
            let id = BenchmarkId::new(name, format!("{threads} threads"));
            group.bench_function(id, |bencher| bencher.iter(|| distortion.epoch(&data, 0, 1, threads)));
        }
    }
    group.finish();
}

/// What eats the images.
fn training(criterion: &mut Criterion) {
    let (data, validation) = images();
    let step = Step { eta: 0.1, n_train: data.len(), ..Step::default() };
    let indices: Vec<u32> = (0..TRAINED as u32).collect();
    let mut group = criterion.benchmark_group("training");
    group.sample_size(10).throughput(Throughput::Elements(TRAINED as u64));
    for threads in [1, 2] {
        let machine = Machine { threads, ..Machine::default() };
        // Rectified, so that a few mini-batches teach it something.
        let start = network::<f32>(784, &[1000, 500], 10).with_activations(&[Activation::Relu]).unwrap();
        let mut engine = EngineKind::Fast.start(start, &data, data.slice(0..0), BATCH_SIZE, machine);
        let train = |engine: &mut dyn Engine<f32>| {
            indices.chunks(BATCH_SIZE).for_each(|mini_batch| engine.update(mini_batch, &[], step));
        };
        (0..5).for_each(|_| train(&mut *engine));
        let accuracy = evaluate(engine.state().result(), &validation, machine).unwrap().accuracy();
        assert!(accuracy > 0.5, "784-1000-500-10 reached {accuracy} only");
        let id = BenchmarkId::new(format!("784-1000-500-10, mini-batch {BATCH_SIZE}"), format!("{threads} threads"));
        group.bench_function(id, |bencher| bencher.iter(|| train(&mut *engine)));
    }
    group.finish();
}

criterion_group!(benches, expansion, distortion, training);
criterion_main!(benches);
