//! The library alone: images made in memory, trained on, evaluated, saved. No file is read, no terminal needed.
//!
//! ```sh
//! cargo run --release --example train_from_memory
//! ```
//!
//! The images are bars: class 0 has a bright row, class 1 a bright column, class 2 a bright diagonal.

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Duration;

use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::engine::{Machine, evaluate};
use mnist_mlp::model::{EpochRecord, Model};
use mnist_mlp::network::{CrossEntropy, Init, Network};
use mnist_mlp::trainer::{Observer, Settings, train};

const SIDE: usize = 8;

/// `n` images of the three kinds in turn, the bar at another place in each.
fn bars(n: usize) -> Result<Dataset, Box<dyn Error>> {
    let mut pixels = vec![0; n * SIDE * SIDE];
    let mut labels = Vec::with_capacity(n);
    for (i, image) in pixels.chunks_exact_mut(SIDE * SIDE).enumerate() {
        let (class, at) = (i % 3, i / 3 % SIDE);
        for k in 0..SIDE {
            let (row, col) = [(at, k), (k, at), (k, (k + at) % SIDE)][class];
            image[row * SIDE + col] = 255 - (i * 7 % 100) as u8;
        }
        labels.push(class as u8);
    }
    Ok(Dataset::new(pixels, labels, (SIDE, SIDE), 3, Identity::named("bars"))?)
}

/// Prints each epoch, and stops when everything is right.
struct UntilPerfect;

impl Observer<f32> for UntilPerfect {
    fn epoch(&mut self, record: &EpochRecord, training: Duration, _patience: Option<usize>) -> ControlFlow<()> {
        let correct = record.evaluation_accuracy.unwrap_or(0);
        println!("epoch {}: {correct} of {} right, {training:.1?}", record.epoch, record.n_evaluation);
        if correct == record.n_evaluation { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (training, test) = (bars(600)?, bars(90)?);
    let network = Network::<f32>::new(&[SIDE * SIDE, 12, 3], &CrossEntropy, Init::Default, 1)?;
    let settings = Settings { epochs: 100, eta: 1.0, lambda: 0.1, ..Settings::default() };
    let config = settings.check(training.len(), test.len())?;
    let trained = train(network, &training, &test, &config, &mut UntilPerfect)?;

    let evaluation = evaluate(&trained.network, &test, Machine::default())?;
    println!("accuracy {:.1}% after {} epochs", 100.0 * evaluation.accuracy(), trained.history.len());
    let path = std::env::temp_dir().join("bars.json");
    Model { history: trained.history, ..Model::from(trained.network) }.save(&path)?;
    println!("saved {}", path.display());
    Ok(())
}
