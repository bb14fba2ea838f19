//! The built-in digits measured against MNIST: ink and non-zero pixels, and how well one teaches the other.
//!
//! ```sh
//! MNIST_DATA_DIR=data cargo run --release --example digits
//! ```
//!
//! `EPOCHS` (default 30) and `SEEDS` (default 5, from 0 on) set the length of the second part. Without MNIST, only the
//! built-in digits are measured.

use std::error::Error;

use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part, splits};
use mnist_mlp::engine::{Machine, evaluate};
use mnist_mlp::network::{CrossEntropy, Init, Network};
use mnist_mlp::trainer::{Monitors, Settings, Silent, train};

const DIGITS: Source = Source::Synthetic { seed: 0 };

fn main() -> Result<(), Box<dyn Error>> {
    let named = std::env::var_os("MNIST_DATA_DIR").filter(|value| !value.is_empty());
    let mnist = named.map(|value| Source::named(&value)).transpose()?;
    if mnist.is_none() {
        println!("MNIST_DATA_DIR is not set: the built-in digits are measured on their own\n");
    }
    println!("ink and non-zero pixels of the training images, mean ± standard deviation");
    let sources: Vec<&Source> = std::iter::once(&DIGITS).chain(&mnist).collect();
    let data = sources.iter().map(|source| source.load(Part::Training, 2)).collect::<Result<Vec<_>, _>>()?;
    for digit in 0..10 {
        let figures: Vec<String> = data.iter().map(|data| ink(data, digit)).collect();
        println!("{digit}  {}", figures.join("   MNIST "));
    }

    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (epochs, seeds) = (number("EPOCHS", 30), number("SEEDS", 5).max(1) as u64);
    println!("\naccuracy of networks trained on built-in digits, {epochs} epochs, {seeds} seeds");
    let tests = sources.iter().map(|source| source.load(Part::Test, 2)).collect::<Result<Vec<_>, _>>()?;
    for hidden in [100, 30] {
        let mut accuracies = vec![Vec::new(); tests.len()];
        for seed in 0..seeds {
            let network = trained(&data[0], hidden, epochs, seed)?;
            for (test, accuracies) in tests.iter().zip(&mut accuracies) {
                accuracies.push(100.0 * evaluate(&network, test, Machine::default())?.accuracy());
            }
        }
        for (test, mut accuracies) in tests.iter().zip(accuracies) {
            accuracies.sort_by(f64::total_cmp);
            let (least, most) = (accuracies[0], accuracies[accuracies.len() - 1]);
            let median = accuracies[accuracies.len() / 2];
            println!("784-{hidden}-10 on the test set of {}: {median:.2}% ({least:.2} to {most:.2})", test.identity());
        }
    }
    Ok(())
}

fn ink(data: &Dataset, digit: usize) -> String {
    let images: Vec<&[u8]> = (0..data.len()).filter(|&i| data.label(i) == digit).map(|i| data.image(i)).collect();
    let figure = |of: fn(&[u8]) -> usize| {
        let n = images.len() as f64;
        let mean = images.iter().map(|image| of(image) as f64).sum::<f64>() / n;
        let variance = images.iter().map(|image| (of(image) as f64 - mean).powi(2)).sum::<f64>() / n;
        format!("{mean:>6.0} ± {:<5.0}", variance.sqrt())
    };
    let sum = figure(|image| image.iter().map(|&pixel| usize::from(pixel)).sum());
    format!("{sum} {}", figure(|image| image.iter().filter(|&&pixel| pixel > 0).count()))
}

fn trained(digits: &Dataset, hidden: usize, epochs: usize, seed: u64) -> Result<Network<f32>, Box<dyn Error>> {
    let (training, validation) = splits::split(digits, None, 10_000)?;
    let network = Network::new(&[784, hidden, 10], &CrossEntropy, Init::Default, seed)?;
    let settings = Settings { epochs, seed, monitors: Monitors::NONE, ..Settings::default() };
    let config = settings.check(training.len(), validation.len())?;
    Ok(train(network, &training, &validation, &config, &mut Silent)?.network)
}
