//! The dense formulation on its own, as a peer: seconds an epoch, a JSON line for each library and thread count.
//!
//! ```sh
//! cargo bench --bench dense -- --hidden 300,100 --batch-size 32 --epochs 5
//! ```

mod common;

use common::{Dense, Product, agree, images, network, only_checking, seconds};
use mnist_mlp::data::Dataset;
use mnist_mlp::data::batches::EpochOrder;
use mnist_mlp::engine::{EngineKind, Machine, evaluate};
use mnist_mlp::network::{Network, Step};

fn main() {
    let (training, validation) = images();
    let (mut hidden, mut batch_size, mut epochs) = (vec![30], 10, 5);
    let arguments: Vec<String> = std::env::args().collect();
    for pair in arguments.windows(2) {
        match pair[0].as_str() {
            "--hidden" => hidden = pair[1].split(',').map(|n| n.parse().expect("--hidden N,N")).collect(),
            "--batch-size" => batch_size = pair[1].parse().expect("--batch-size M"),
            "--epochs" => epochs = pair[1].parse().expect("--epochs N"),
            _ => {}
        }
    }
    let network = network::<f32>(training.image_size(), &hidden, training.classes());
    agrees_with_the_reference(&network, &training);
    if only_checking() {
        return;
    }
    for product in Product::ALL {
        let mut dense = Dense::new(&network, &training, batch_size, product);
        let mut order = EpochOrder::new(training.len(), Some(0));
        let step = Step { eta: 0.5, lambda: 5.0, n_train: training.len(), ..Step::default() };
        let mut epoch = |number| {
            seconds(|| order.mini_batches(number, batch_size).for_each(|mini_batch| dense.update(mini_batch, step)))
        };
        epoch(1); // the first one warms up
        let seconds: Vec<f64> = (2..=epochs + 1).map(&mut epoch).collect();
        let accuracy = evaluate(&dense.network(), &validation, Machine::default()).unwrap().accuracy();
        let (name, threads) = (product.name(), product.threads());
        println!(r#"{{"name":"{name}","threads":{threads},"seconds":{seconds:?},"accuracy":{accuracy}}}"#);
    }
}

/// Twenty mini-batches of the dense version and of the reference come to the same.
fn agrees_with_the_reference(network: &Network<f32>, training: &Dataset) {
    let step = Step { eta: 0.5, lambda: 5.0, n_train: training.len(), ..Step::default() };
    let order: Vec<u32> = (0..140).collect();
    for product in Product::ALL {
        let mut dense = Dense::new(network, &training.slice(0..140), 7, product);
        let data = (training.slice(0..140), training.slice(0..0));
        let mut reference = EngineKind::Reference.start(network.clone(), data, 7, Machine::default());
        for mini_batch in order.chunks(7) {
            dense.update(mini_batch, step);
            reference.update(mini_batch, &[], step);
        }
        agree(&dense.network(), &reference.network());
    }
}
