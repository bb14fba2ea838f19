//! Training and evaluation on real shapes: a step, an epoch, an evaluation. Results are checked before they are timed.
//!
//! ```sh
//! cargo bench --bench training
//! ```
//!
//! It runs on the built-in digits, which have as many non-zero pixels as MNIST's, so it needs no files.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part, splits};
use mnist_mlp::engine::{EngineKind, Machine, evaluate};
use mnist_mlp::network::{CrossEntropy, Init, Network, Step};
use mnist_mlp::trainer::{Monitors, Settings, Silent, train};

/// Hidden neurons and mini-batch size.
const SHAPES: [(usize, usize); 3] = [(30, 10), (100, 10), (800, 128)];

fn digits() -> (Dataset, Dataset) {
    let all = Source::Synthetic { seed: 0 }.load(Part::Training, 2).unwrap();
    splits::split(&all, None, 10_000).unwrap()
}

fn network(hidden: usize) -> Network<f32> {
    Network::new(&[784, hidden, 10], &CrossEntropy, Init::Default, 0).unwrap()
}

fn settings(batch_size: usize, engine: EngineKind) -> Settings {
    Settings { epochs: 1, batch_size, engine, monitors: Monitors::NONE, ..Settings::default() }
}

/// One mini-batch.
fn step(criterion: &mut Criterion) {
    let (training, _) = digits();
    let mut group = criterion.benchmark_group("step");
    for (hidden, batch_size) in SHAPES {
        let mini_batch: Vec<u32> = (0..batch_size as u32).map(|i| i * 390).collect();
        let step = Step { eta: 0.5, lambda: 5.0, n_train: training.len(), ..Step::default() };
        let mut engines = [EngineKind::Fast, EngineKind::Reference]
            .map(|kind| kind.start(network(hidden), &training, training.slice(0..0), batch_size, Machine::default()));
        for engine in &mut engines {
            engine.update(&mini_batch, &[], step);
        }
        let [fast, reference] = engines.each_mut().map(|engine| engine.state().network.weights()[0][[0, 400]]);
        assert!((fast - reference).abs() < 1e-4 * reference.abs().max(0.1), "{fast} and {reference}");
        group.throughput(Throughput::Elements(batch_size as u64));
        let [fast, reference] = &mut engines;
        for (name, engine) in [("fast", fast), ("reference", reference)] {
            let id = BenchmarkId::new(name, format!("784-{hidden}-10, mini-batch {batch_size}"));
            group.bench_function(id, |bencher| bencher.iter(|| engine.update(&mini_batch, &[], step)));
        }
    }
    group.finish();
}

/// An epoch of 50,000 images, monitors off.
fn epoch(criterion: &mut Criterion) {
    let (training, validation) = digits();
    let mut group = criterion.benchmark_group("epoch");
    group.sample_size(10).throughput(Throughput::Elements(training.len() as u64));
    for (hidden, batch_size) in SHAPES {
        let config = settings(batch_size, EngineKind::Fast).check(training.len(), validation.len()).unwrap();
        let run = |network| train(network, &training, &validation, &config, &mut Silent).unwrap();
        let accuracy = evaluate(&run(network(hidden)).network, &validation, Machine::default()).unwrap().accuracy();
        assert!(accuracy > 0.8, "784-{hidden}-10 reached {accuracy} only");
        let id = BenchmarkId::new("fast", format!("784-{hidden}-10, mini-batch {batch_size}"));
        group.bench_function(id, |bencher| {
            bencher.iter_batched(|| network(hidden), run, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// The validation set of 10,000 images.
fn evaluation(criterion: &mut Criterion) {
    let (_, validation) = digits();
    let mut group = criterion.benchmark_group("evaluation");
    group.throughput(Throughput::Elements(validation.len() as u64));
    for (hidden, _) in SHAPES {
        let network = network(hidden);
        let machine = |threads| Machine { threads, ..Machine::default() };
        assert_eq!(evaluate(&network, &validation, machine(1)), evaluate(&network, &validation, machine(2)));
        for threads in [1, 2] {
            let id = BenchmarkId::new(format!("{threads} threads"), format!("784-{hidden}-10"));
            group.bench_function(id, |bencher| {
                bencher.iter(|| evaluate(&network, &validation, machine(threads)).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, step, epoch, evaluation);
criterion_main!(benches);
