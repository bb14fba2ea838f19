//! Whole mini-batches at once: the sums over images become matrix products.
//!
//! With the images of a mini-batch as the rows of A^{l-1}, (m, n_{l-1}), and their errors as the rows of D^l, (m, n_l):
//!
//! ```text
//! Z^l = A^{l-1} (w^l)^T + b^l                      every row is w a + b of one image
//! D^{l-1} = (D^l w^l) * sigma'(Z^{l-1})            (BP2), row by row
//! sum nabla_b = column sums of D^l                 (BP3), summed over the mini-batch
//! sum nabla_w = (D^l)^T A^{l-1}                    (BP4), summed over the mini-batch
//! ```

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, Axis, Zip, s};

use super::Engine;
use crate::data::{Dataset, unit_interval};
use crate::evaluate::{Evaluation, in_chunks};
use crate::network::{Network, Step, prediction};
use crate::real::Real;

/// Trains with matrix products over the mini-batch.
pub struct Fast<F: Real> {
    network: Network<F>,
    training: Dataset,
    threads: usize,
    workspace: Workspace<F>,
}

impl<F: Real> Fast<F> {
    /// Trains `network` on `training`; only evaluation uses more than one thread.
    #[must_use]
    pub fn new(network: Network<F>, training: Dataset, threads: usize) -> Self {
        let workspace = Workspace::new(&network, 0);
        Fast { network, training, threads, workspace }
    }
}

impl<F: Real> Engine<F> for Fast<F> {
    fn update(&mut self, mini_batch: &[u32], step: Step) {
        let m = mini_batch.len();
        if m == 0 {
            return;
        }
        if self.workspace.rows() < m {
            self.workspace = Workspace::new(&self.network, m);
        }
        let images = mini_batch.iter().map(|&i| i as usize);
        self.workspace.load(&self.training, images);
        self.workspace.forward(&self.network, m);
        self.workspace.backward(&self.network, m);
        self.workspace.descend(&mut self.network, m, step);
    }

    fn network(&self) -> Network<F> {
        self.network.clone()
    }

    fn evaluate(&self, data: &Dataset) -> Evaluation {
        evaluate(&self.network, data, self.threads)
    }
}

/// Classifies all images of `data`, which must fit `network`, on up to `threads` threads.
pub(crate) fn evaluate<F: Real>(network: &Network<F>, data: &Dataset, threads: usize) -> Evaluation {
    in_chunks(data.len(), network.outputs(), threads, |range| evaluate_chunk(network, data, range))
}

fn evaluate_chunk<F: Real>(network: &Network<F>, data: &Dataset, range: Range<usize>) -> Evaluation {
    let m = range.len();
    let mut workspace = Workspace::new(network, m);
    workspace.load(data, range.clone());
    workspace.forward(network, m);
    let mut evaluation = Evaluation::new(network.outputs());
    let last = workspace.z.len() - 1;
    for (row, i) in range.enumerate() {
        let z = workspace.z[last].row(row).to_vec();
        let a = workspace.a[last + 1].row(row).to_vec();
        let y = workspace.y.row(row).to_vec();
        evaluation.add(data.label(i), prediction(&a), network.cost().value(&z, &a, &y));
    }
    evaluation
}

/// Room for a mini-batch on its way through the network, a row an image.
struct Workspace<F> {
    /// pixel / 255.
    scale: [F; 256],
    /// A^1 (the images) to A^L, (rows, n_l).
    a: Vec<Array2<F>>,
    /// Z^2 to Z^L, (rows, n_l).
    z: Vec<Array2<F>>,
    /// D^2 to D^L, (rows, n_l).
    delta: Vec<Array2<F>>,
    /// The one-hot targets, (rows, n_L).
    y: Array2<F>,
}

impl<F: Real> Workspace<F> {
    fn new(network: &Network<F>, rows: usize) -> Self {
        let sizes = network.sizes();
        let layers = |sizes: &[usize]| sizes.iter().map(|&n| Array2::zeros((rows, n))).collect::<Vec<_>>();
        Workspace {
            scale: unit_interval(),
            a: layers(&sizes),
            z: layers(&sizes[1..]),
            delta: layers(&sizes[1..]),
            y: Array2::zeros((rows, network.outputs())),
        }
    }

    fn rows(&self) -> usize {
        self.y.nrows()
    }

    /// Puts the images and their targets into the first rows.
    fn load(&mut self, data: &Dataset, images: impl Iterator<Item = usize>) {
        self.y.fill(F::zero());
        for (row, image) in images.enumerate() {
            for (x, &pixel) in self.a[0].row_mut(row).iter_mut().zip(data.image(image)) {
                *x = self.scale[usize::from(pixel)];
            }
            self.y[[row, data.label(image)]] = F::one();
        }
    }

    /// Z^l and A^l of the first m rows for every layer.
    fn forward(&mut self, network: &Network<F>, m: usize) {
        let last = self.z.len() - 1;
        for (i, (w, b)) in network.weights().iter().zip(network.biases()).enumerate() {
            let mut z = self.z[i].slice_mut(s![..m, ..]);
            general_mat_mul(F::one(), &self.a[i].slice(s![..m, ..]), &w.t(), F::zero(), &mut z);
            z += b;
            for (z, mut a) in z.rows().into_iter().zip(self.a[i + 1].rows_mut()) {
                a.assign(&if i == last { network.cost().output().of(z) } else { network.activation().of(z) });
            }
        }
    }

    /// D^l of the first m rows for every layer, the last one first.
    fn backward(&mut self, network: &Network<F>, m: usize) {
        let last = self.z.len() - 1;
        output_error(network, (&self.z[last], &self.a[last + 1], &self.y), self.delta[last].slice_mut(s![..m, ..]));
        for i in (0..last).rev() {
            let (before, after) = self.delta.split_at_mut(i + 1);
            let mut delta = before[i].slice_mut(s![..m, ..]);
            let delta_after = after[0].slice(s![..m, ..]);
            general_mat_mul(F::one(), &delta_after, &network.weights()[i + 1], F::zero(), &mut delta);
            for (mut delta, z) in delta.rows_mut().into_iter().zip(self.z[i].rows()) {
                delta *= &network.activation().prime(z);
            }
        }
    }

    /// `w <- (1 - eta lambda/n) w - (eta/m) sum nabla_w`, `b <- b - (eta/m) sum nabla_b`.
    fn descend(&self, network: &mut Network<F>, m: usize, step: Step) {
        let (decay, rate) = (F::of(step.weight_decay()), F::of(step.eta / m as f64));
        for (i, (w, b)) in network.weights.iter_mut().zip(&mut network.biases).enumerate() {
            let delta = self.delta[i].slice(s![..m, ..]);
            general_mat_mul(-rate, &delta.t(), &self.a[i].slice(s![..m, ..]), decay, w);
            b.scaled_add(-rate, &delta.sum_axis(Axis(0)));
        }
    }
}

/// (BP1), row by row.
fn output_error<F: Real>(
    network: &Network<F>,
    (z, a, y): (&Array2<F>, &Array2<F>, &Array2<F>),
    mut delta: ArrayViewMut2<F>,
) {
    let m = delta.nrows();
    let rows = |array: &Array2<F>| array.slice(s![..m, ..]).to_owned();
    Zip::from(delta.rows_mut()).and(rows(z).rows()).and(rows(a).rows()).and(rows(y).rows()).for_each(
        |mut delta, z, a, y| {
            let (z, a, y) = (z.as_slice(), a.as_slice(), y.as_slice());
            if let (Some(z), Some(a), Some(y), Some(delta)) = (z, a, y, delta.as_slice_mut()) {
                network.cost().delta(z, a, y, delta);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::Identity;
    use crate::engine::EngineKind;
    use crate::network::{Init, costs};

    /// Images of which about `density` percent of the pixels are not zero.
    fn dataset(n: usize, size: usize, classes: usize, density: usize, seed: u64) -> Dataset {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let pixels = (0..n * size).map(|_| if next() % 100 < density { 1 + (next() % 255) as u8 } else { 0 }).collect();
        let labels = (0..n).map(|_| (next() % classes) as u8).collect();
        Dataset::new(pixels, labels, (1, size), classes, Identity::named("random")).unwrap()
    }

    /// The largest difference between two networks, relative to the largest weight or bias.
    fn difference<F: Real>(one: &Network<F>, other: &Network<F>) -> f64 {
        let numbers = |network: &Network<F>| -> Vec<f64> {
            let weights = network.weights().iter().flatten();
            weights.chain(network.biases().iter().flatten()).map(|number| number.to_double()).collect()
        };
        let (one, other) = (numbers(one), numbers(other));
        let largest = one.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
        one.iter().zip(&other).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs())) / largest
    }

    /// Trains both engines on the same mini-batches and compares weights, costs and predictions.
    fn compare<F: Real>(sizes: &[usize], cost: usize, batch_size: usize, step: Step, data: &Dataset, tolerance: f64) {
        let network = Network::<F>::new(sizes, costs()[cost], Init::Default, 1).unwrap();
        let start = |kind: EngineKind| kind.start(network.clone(), data.clone(), 2);
        let (mut fast, mut reference) = (start(EngineKind::Fast), start(EngineKind::Reference));
        let order: Vec<u32> = (0..data.len() as u32).rev().collect();
        for mini_batch in order.chunks(batch_size).chain(order.chunks(batch_size)) {
            fast.update(mini_batch, step);
            reference.update(mini_batch, step);
        }
        let found = difference(&reference.network(), &fast.network());
        assert!(found <= tolerance, "weights differ by {found}");
        let (fast, reference) = (fast.evaluate(data).mean_cost(), reference.evaluate(data).mean_cost());
        assert!((fast - reference).abs() <= tolerance * reference.abs().max(1.0), "costs {fast} and {reference}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn both_engines_compute_the_same(
            hidden in prop::collection::vec(1_usize..40, 0..3),
            size in 1_usize..70,
            classes in 2_usize..13,
            more_outputs in 0_usize..3,
            n in 1_usize..60,
            batch_size in 1_usize..25,
            cost in 0..costs::<f64>().len(),
            density in 0_usize..=100,
            lambda in prop_oneof![Just(0.0), 0.0..2.0],
            eta in 0.01..2.0,
            seed in any::<u64>(),
        ) {
            let data = dataset(n, size, classes, density, seed);
            let sizes = [&[size], &hidden[..], &[classes + more_outputs]].concat();
            let step = Step { eta, lambda, n_train: n };
            compare::<f64>(&sizes, cost, batch_size, step, &data, 1e-12);
            compare::<f32>(&sizes, cost, batch_size, step, &data, 1e-4);
        }
    }

    #[test]
    fn evaluation_is_the_same_for_any_number_of_threads() {
        let data = dataset(1_003, 20, 5, 40, 9);
        let network = Network::<f32>::new(&[20, 8, 5], costs()[0], Init::Default, 2).unwrap();
        let one = evaluate(&network, &data, 1);
        assert_eq!(one.n(), 1_003);
        for threads in 2..5 {
            assert_eq!(evaluate(&network, &data, threads), one);
        }
    }
}
