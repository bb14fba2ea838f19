//! What a mini-batch takes on one of several ranks, computing and communicating apart.
//!
//! ```sh
//! cargo build --release --features mpi --example ranks
//! mpirun -n 2 target/release/examples/ranks 784,30,10 10 200
//! ```
//!
//! measures 25 times 200 mini-batches and prints the layers, the size of a mini-batch, the number of ranks (0 for one
//! process without MPI), and the median microseconds that a mini-batch takes to compute and to communicate on rank 0.

use std::time::{Duration, Instant};

use mnist_mlp::cluster::{Shared, World};
use mnist_mlp::data::batches::EpochOrder;
use mnist_mlp::data::{Dataset, Identity, Part, synthetic};
use mnist_mlp::engine::Engine;
use mnist_mlp::network::{CrossEntropy, Init, Network, Step};
use mnist_mlp::trainer::Settings;

/// Images to learn from.
const IMAGES: usize = 10_000;
/// The median of so many is little disturbed by what else the machine does.
const BLOCKS: usize = 25;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [sizes, batch_size, updates] = &words[..] else { return Err("call it as: ranks 784,30,10 10 200".into()) };
    let layers = sizes.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let (batch_size, updates) = (batch_size.parse()?, updates.parse()?);
    let settings = Settings { batch_size, ..Settings::default() };
    let network = Network::<f32>::new(&layers, &CrossEntropy, Init::Default, 0)?;
    let (pixels, labels) = synthetic::draw_many(0, Part::Training, IMAGES, 1);
    let digits =
        Dataset::new(pixels, labels, (synthetic::SIDE, synthetic::SIDE), 10, Identity::named("built-in digits"))?;
    let nothing = digits.slice(0..0);

    let (rank, size, times) = if let Some(world) = World::join() {
        let data = (world.share(&digits), world.share(&nothing));
        let mut engine = Shared::new(&world, network.into(), data, &settings);
        let times = |engine: &Shared<f32>| (engine.times().computing, engine.times().communicating);
        (world.rank(), world.size(), measure(&mut engine, batch_size, updates, times))
    } else {
        let mut engine = settings.engine.start(network, digits, nothing, batch_size, settings.machine);
        let start = Instant::now();
        (0, 0, measure(&mut *engine, batch_size, updates, |_| (start.elapsed(), Duration::ZERO)))
    };
    if rank == 0 {
        let [computing, communicating] = times;
        println!("{},{batch_size},{size},{computing:.2},{communicating:.2}", sizes.replace(',', "-"));
    }
    Ok(())
}

/// The median microseconds of a mini-batch, by what `times` says of all so far: computing and communicating.
fn measure<E: Engine<f32> + ?Sized>(
    engine: &mut E,
    batch_size: usize,
    updates: usize,
    times: impl Fn(&E) -> (Duration, Duration),
) -> [f64; 2] {
    let step = Step { n_train: IMAGES, lambda: 5.0, eta: 0.01, ..Step::default() };
    let mut order = EpochOrder::new(IMAGES, Some(0));
    let mini_batches: Vec<_> = order.mini_batches(1, batch_size).filter(|batch| batch.len() == batch_size).collect();
    let mut endless = mini_batches.iter().cycle().zip(mini_batches.iter().cycle().skip(1));
    let mut run = || {
        let before = times(engine);
        endless.by_ref().take(updates).for_each(|(mini_batch, next)| engine.update(mini_batch, next, step));
        let after = times(engine);
        let times = [after.0.saturating_sub(before.0), after.1.saturating_sub(before.1)];
        times.map(|time| 1e6 * time.as_secs_f64() / updates as f64)
    };
    run(); // what is cold is warm afterwards
    let blocks: Vec<_> = (0..BLOCKS).map(|_| run()).collect();
    [0, 1].map(|what| {
        let mut figures: Vec<_> = blocks.iter().map(|block| block[what]).collect();
        figures.sort_by(f64::total_cmp);
        figures[BLOCKS / 2]
    })
}
