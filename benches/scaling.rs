//! How an epoch grows with the work: hidden width, mini-batch size, number of images, density of the images; each row
//! beside the dense version, on one thread and on two, and beside what a dense version would take if both cores did
//! nothing but multiply and add, at the most that this chip can do.
//!
//! ```sh
//! cargo bench --bench scaling              # all tables, some five minutes
//! cargo bench --bench scaling -- density   # one of: hidden, mini-batch, images, density
//! ```

mod common;

use common::peak::peak;
use common::{Dense, Product, agrees_with_the_reference, all_images, median, network, only_checking, seconds};
use mnist_mlp::data::batches::EpochOrder;
use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::engine::{Engine, EngineKind, Machine};
use mnist_mlp::network::Step;
use rand::{Rng, SeedableRng};

/// What is varied, one at a time.
#[derive(Clone, Copy)]
struct Work {
    hidden: usize,
    batch_size: usize,
    images: usize,
    /// Percent of the pixels that are not zero; the images as they are if absent.
    density: Option<usize>,
}

const USUAL: Work = Work { hidden: 100, batch_size: 10, images: 50_000, density: None };

fn main() {
    let training = all_images();
    agrees_with_the_reference(&network(784, &[100], 10), &training);
    if only_checking() {
        measure(Work { hidden: 10, images: 1_000, density: Some(50), ..USUAL }, &training, 1, peak(1));
        return;
    }
    let peak = [1, 2].map(peak);
    println!(
        "784-100-10, f32, 50,000 images, mini-batches of 10 (of 32 where the hidden width varies): medians of seconds\n\
         peak of one core {:.0} GF/s, of two {:.0} GF/s",
        peak[0] / 1e9,
        peak[1] / 1e9
    );
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let table = |title: &str, rows: Vec<(String, Work)>| {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| title.starts_with(wanted)) {
            return;
        }
        println!("\n{title:<14}  1 thread  2 threads  dense, best  dense/best  dense at peak");
        for (name, work) in rows {
            let rounds = if work.hidden >= 1_000 || work.batch_size == 1 { 3 } else { 5 };
            println!("{name:>14}{}", measure(work, &training, rounds, peak[1]));
        }
    };
    let rows = |values: &[usize], work: &dyn Fn(usize) -> Work| {
        values.iter().map(|&value| (mnist_mlp::report::thousands(value), work(value))).collect()
    };
    table("hidden", rows(&[10, 30, 100, 300, 1_000, 3_000], &|hidden| Work { hidden, batch_size: 32, ..USUAL }));
    table("mini-batch", rows(&[1, 10, 100, 1_000, 10_000], &|batch_size| Work { batch_size, ..USUAL }));
    table("images", rows(&[1_000, 10_000, 50_000, 60_000], &|images| Work { images, ..USUAL }));
    table("density, %", rows(&[1, 5, 10, 20, 40, 70, 100], &|d| Work { density: Some(d), ..USUAL }));
}

/// One row: medians of epochs that take turns, so that a machine that slows down slows all.
fn measure(work: Work, training: &Dataset, rounds: usize, peak: f64) -> String {
    let Work { hidden, batch_size, .. } = work;
    let training = match work.density {
        None => training.slice(0..work.images),
        Some(percent) => random_images(work.images, percent),
    };
    let network = network::<f32>(784, &[hidden], 10);
    let step = Step { eta: 0.5, lambda: 5.0, n_train: training.len(), ..Step::default() };
    let mut fast = [1, 2].map(|threads| {
        let machine = Machine { threads, ..Machine::default() };
        EngineKind::Fast.start(network.clone(), &training, training.slice(0..0), batch_size, machine)
    });
    let mut dense = Product::ALL.map(|product| Dense::new(&network, &training, batch_size, product));
    let mut times = vec![Vec::new(); fast.len() + dense.len()];
    let mut order = EpochOrder::new(training.len(), Some(0));
    for round in 1..=rounds {
        for (engine, times) in fast.iter_mut().zip(&mut times[..2]) {
            times.push(seconds(|| epoch(&mut **engine, &mut order, round, batch_size, step)));
        }
        for (dense, times) in dense.iter_mut().zip(&mut times[2..]) {
            let mini_batches = order.mini_batches(round, batch_size);
            times.push(seconds(|| mini_batches.for_each(|mini_batch| dense.update(mini_batch, step))));
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    let (one, two) = (medians[0], medians[1]);
    let dense = medians[2..].iter().copied().fold(f64::INFINITY, f64::min);
    // Forward, and the gradient of both layers, and the error of the hidden one: what a dense version has to do.
    let flops = 2.0 * training.len() as f64 * (2 * 784 * hidden + 3 * hidden * 10) as f64;
    let best = one.min(two);
    format!("{one:>12.4}{two:>11.4}{dense:>13.4}{:>12.1}{:>15.4}", dense / best, flops / peak)
}

fn epoch(engine: &mut dyn Engine<f32>, order: &mut EpochOrder, number: usize, batch_size: usize, step: Step) {
    let mut mini_batches = order.mini_batches(number, batch_size).peekable();
    while let Some(mini_batch) = mini_batches.next() {
        engine.update(mini_batch, mini_batches.peek().copied().unwrap_or_default(), step);
    }
}

/// Images of 28 x 28 random pixels, `percent` of them not zero.
fn random_images(n: usize, percent: usize) -> Dataset {
    let mut rng = rand_chacha::ChaCha8Rng::from_seed([7; 32]);
    let mut pixel = || if rng.random_range(0..100) < percent { rng.random_range(1..=255_u8) } else { 0 };
    let pixels = (0..n * 784).map(|_| pixel()).collect();
    let labels = (0..n).map(|i| (i % 10) as u8).collect();
    Dataset::new(pixels, labels, (28, 28), 10, Identity::named("random")).unwrap()
}
