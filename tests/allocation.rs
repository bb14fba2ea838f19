//! Nothing is allocated by the thread that learns mini-batches, alone or with others: the room that they need is made
//! before the first. And a tall picture takes no more room than its pixels.

use mnist_mlp::data::batches::EpochOrder;
use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part};
use mnist_mlp::engine::{EngineKind, Machine};
use mnist_mlp::network::{CrossEntropy, Dropout, Init, Network, Optimizer, Step};
use mnist_mlp::picture::Picture;

fn digits(n: usize) -> Dataset {
    Source::Synthetic { seed: 0 }.load(Part::Training, 2).unwrap().slice(0..n)
}

/// Allocations of this thread in the second epoch; in the first, optimizers make room for what they remember.
fn allocations(hidden: &[usize], batch_size: usize, step: Step, threads: usize) -> u64 {
    let training = digits(1_000);
    let sizes = [&[784], hidden, &[10]].concat();
    let network = Network::<f32>::new(&sizes, &CrossEntropy, Init::Default, 0).unwrap();
    let mut order = EpochOrder::new(training.len(), Some(0));
    let machine = Machine { threads, ..Machine::default() };
    let mut engine = EngineKind::Fast.start(network, &training, training.slice(0..0), batch_size, machine);
    let step = Step { n_train: training.len(), ..step };
    let mut epoch = |number| {
        let mut mini_batches = order.mini_batches(number, batch_size).peekable();
        while let Some(mini_batch) = mini_batches.next() {
            engine.update(mini_batch, mini_batches.peek().copied().unwrap_or_default(), step);
        }
    };
    epoch(1);
    allocation_counter::measure(|| epoch(2)).count_total
}

#[test]
fn learning_allocates_nothing() {
    let plain = Step { eta: 0.01, lambda: 5.0, ..Step::default() };
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: false };
    let dropout = Dropout { hidden: 0.5, input: 0.2, ..Dropout::default() };
    for step in [
        plain,
        Step { optimizer: momentum, ..plain },
        Step { optimizer: Optimizer::AdamW, l1: 0.1, ..plain },
        Step { dropout, max_norm: Some(1.0), ..plain },
        Step { ema: Some(0.99), ..plain },
        Step { dropout, tolerance: 0.5, ..plain },
    ] {
        for (hidden, batch_size, threads) in [(&[30][..], 10, 1), (&[100, 50], 64, 1), (&[100, 50], 64, 2)] {
            let allocations = allocations(hidden, batch_size, step, threads);
            assert_eq!(allocations, 0, "784-{hidden:?}-10, {step:?}, {threads} threads");
        }
    }
}

#[test]
fn a_picture_of_many_rows_is_reduced_in_no_more_room_than_its_own() {
    const HEIGHT: usize = 1_000_000;
    let tall = Picture::new(HEIGHT, 1, vec![7; HEIGHT]).unwrap();
    let mut reduced = None;
    let allocated = allocation_counter::measure(|| reduced = Some(tall.reduced(5_000)));
    assert_eq!(reduced, Some(Picture::new(200, 1, vec![7; 200]).unwrap()));
    assert!(allocated.bytes_max <= HEIGHT as u64, "{} bytes", allocated.bytes_max);
}

#[test]
fn the_counter_counts() {
    assert!(allocation_counter::measure(|| drop(digits(10))).count_total > 0);
}
