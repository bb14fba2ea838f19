//! The dense formulation on its own, as a peer: seconds an epoch, a JSON line for each library and thread count.
//!
//! ```sh
//! cargo bench --bench dense -- --hidden 300,100 --batch-size 32 --epochs 5
//! ```

mod common;

use common::{Dense, Product, agrees_with_the_reference, images, network, only_checking, seconds};
use mnist_mlp::data::batches::EpochOrder;
use mnist_mlp::engine::{Machine, evaluate};
use mnist_mlp::network::Step;

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
