//! Back-propagation as in the book, one image at a time.
//!
//! This is the reference that all faster code is tested against. The four equations (chapter 2):
//!
//! ```text
//! (BP1)  delta^L = dC/dz^L                                     from the cost
//! (BP2)  delta^l = ((w^{l+1})^T delta^{l+1}) * sigma'(z^l)      * is element by element
//! (BP3)  dC/db^l = delta^l
//! (BP4)  dC/dw^l = delta^l (a^{l-1})^T
//! ```

use ndarray::{Array1, Array2, ArrayBase, ArrayView1, Axis};

use super::{Network, Step};
use crate::real::Real;

/// nabla C: the derivative of the cost with respect to each weight and bias, in the shapes of the network's own arrays.
#[derive(Debug, Clone)]
pub struct Gradient<F> {
    /// dC/dw^l, (n_l, n_{l-1}).
    pub nabla_w: Vec<Array2<F>>,
    /// dC/db^l, (n_l).
    pub nabla_b: Vec<Array1<F>>,
}

impl<F> Gradient<F> {
    /// The numbers as one slice per array: the weights of all layers, then the biases of all layers.
    pub(crate) fn parts(&mut self) -> Vec<&mut [F]> {
        let weights = self.nabla_w.iter_mut().map(ArrayBase::as_slice_memory_order_mut);
        let biases = self.nabla_b.iter_mut().map(ArrayBase::as_slice_memory_order_mut);
        weights.chain(biases).map(|part| part.expect("gradients have no gaps")).collect()
    }
}

impl<F: Real> Network<F> {
    /// nabla C_x for the single image `x`, (n_1), with target `y`, (n_L).
    ///
    /// # Panics
    /// If `x` or `y` has another length.
    #[must_use]
    pub fn backprop(&self, x: ArrayView1<F>, y: ArrayView1<F>) -> Gradient<F> {
        self.backprop_dropping(x, y, &[])
    }

    /// Back-propagation under dropout: a mask multiplies the activations of the input and of each hidden layer.
    fn backprop_dropping(&self, x: ArrayView1<F>, y: ArrayView1<F>, masks: &[Array1<F>]) -> Gradient<F> {
        let x = masks.first().map_or_else(|| x.to_owned(), |mask| &x * mask);
        let (zs, activations) = self.forward_dropping(x.view(), masks);
        let mut gradient = self.zero_gradient();
        let mut delta = self.output_error(&zs, &activations, y); // (BP1)
        for i in (0..self.biases.len()).rev() {
            let a_before = if i == 0 { x.view() } else { activations[i - 1].view() };
            gradient.nabla_w[i] = outer(delta.view(), a_before); // (BP4)
            let delta_before = (i > 0).then(|| {
                let back = self.weights[i].t().dot(&delta) * self.activations[i - 1].prime(zs[i - 1].view()); // (BP2)
                if let Some(mask) = masks.get(i) { back * mask } else { back }
            });
            gradient.nabla_b[i] = delta; // (BP3)
            match delta_before {
                Some(before) => delta = before,
                None => break,
            }
        }
        gradient
    }

    /// delta^L, the error of the output layer (BP1).
    fn output_error(&self, zs: &[Array1<F>], activations: &[Array1<F>], y: ArrayView1<F>) -> Array1<F> {
        let last = zs.len() - 1;
        let (z, a, y) = (zs[last].to_vec(), activations[last].to_vec(), y.to_vec());
        let mut delta = vec![F::zero(); z.len()];
        self.cost.delta(&z, &a, &y, &mut delta);
        Array1::from(delta)
    }

    /// One step of gradient descent on a mini-batch of m pairs (x, y), out of `n_train` training images:
    /// `w <- (1 - eta lambda/n) w - (eta/m) sum nabla_w`, `b <- b - (eta/m) sum nabla_b`.
    pub fn update_mini_batch(&mut self, mini_batch: &[(Array1<F>, Array1<F>)], eta: f64, lambda: f64, n_train: usize) {
        let step = Step { eta, lambda, n_train, ..Step::default() };
        if !mini_batch.is_empty() {
            self.gradient_descent(&self.summed_gradient(mini_batch, &[], step), mini_batch.len(), step);
        }
    }

    /// One step of gradient descent from `sum`, the sum of the gradients of `m` images.
    pub(crate) fn gradient_descent(&mut self, sum: &Gradient<F>, m: usize, step: Step) {
        let (decay, rate) = (F::of(step.weight_decay()), F::of(step.eta / m as f64));
        for (w, nabla_w) in self.weights.iter_mut().zip(&sum.nabla_w) {
            w.zip_mut_with(nabla_w, |w, &nabla_w| *w = decay * *w - rate * nabla_w);
        }
        for (b, nabla_b) in self.biases.iter_mut().zip(&sum.nabla_b) {
            b.scaled_add(-rate, nabla_b);
        }
    }

    /// The sum of nabla C_x over pairs (x, y). `masks` holds the dropout masks of each pair, or nothing. Images whose
    /// outputs are within the step's tolerance add nothing.
    pub(crate) fn summed_gradient(
        &self,
        mini_batch: &[(Array1<F>, Array1<F>)],
        masks: &[Vec<Array1<F>>],
        step: Step,
    ) -> Gradient<F> {
        let mut sum = self.zero_gradient();
        for (k, (x, y)) in mini_batch.iter().enumerate() {
            let masks = masks.get(k).map_or(&[][..], Vec::as_slice);
            if step.tolerance > 0.0 && self.knows(x, y, masks, step) {
                continue;
            }
            let gradient = self.backprop_dropping(x.view(), y.view(), masks);
            sum.nabla_w.iter_mut().zip(&gradient.nabla_w).for_each(|(sum, nabla_w)| *sum += nabla_w);
            sum.nabla_b.iter_mut().zip(&gradient.nabla_b).for_each(|(sum, nabla_b)| *sum += nabla_b);
        }
        sum
    }

    /// Whether the outputs for `x` are so close to the target `y` that the step leaves the image out.
    fn knows(&self, x: &Array1<F>, y: &Array1<F>, masks: &[Array1<F>], step: Step) -> bool {
        let x = masks.first().map_or_else(|| x.clone(), |mask| x * mask);
        let (_, activations) = self.forward_dropping(x.view(), masks);
        activations.last().is_some_and(|a| step.is_within_tolerance(a, y))
    }

    /// Zeros in the shape of the weights and biases.
    pub(crate) fn zero_gradient(&self) -> Gradient<F> {
        Gradient {
            nabla_w: self.weights.iter().map(|w| Array2::zeros(w.dim())).collect(),
            nabla_b: self.biases.iter().map(|b| Array1::zeros(b.dim())).collect(),
        }
    }
}

/// The outer product u v^T: (n) and (m) give (n, m).
fn outer<F: Real>(u: ArrayView1<F>, v: ArrayView1<F>) -> Array2<F> {
    u.insert_axis(Axis(1)).dot(&v.insert_axis(Axis(0)))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::network::{Activation, Dropout, Init, costs};

    /// The cost C of one image, as a function of the network's weights and biases.
    fn cost_of(network: &Network<f64>, x: &Array1<f64>, y: &Array1<f64>) -> f64 {
        let (zs, activations) = network.forward(x.view());
        let last = zs.len() - 1;
        network.cost.value(&zs[last].to_vec(), &activations[last].to_vec(), &y.to_vec())
    }

    /// The central difference of the cost in the one weight or bias that `pick` selects.
    fn slope(
        network: &Network<f64>,
        (x, y): (&Array1<f64>, &Array1<f64>),
        pick: impl Fn(&mut Network<f64>) -> &mut f64,
    ) -> f64 {
        let h = 1e-5;
        let mut moved = network.clone();
        *pick(&mut moved) += h;
        let up = cost_of(&moved, x, y);
        *pick(&mut moved) -= 2.0 * h;
        (up - cost_of(&moved, x, y)) / (2.0 * h)
    }

    #[test]
    fn gradients_agree_with_central_differences() {
        let x = array![0.0, 0.3, 1.0, 0.7, 0.1];
        let y = array![0.0, 0.0, 1.0];
        for cost in costs::<f64>() {
            for sizes in [&[5, 3][..], &[5, 4, 3], &[5, 4, 6, 3]] {
                for activation in Activation::ALL {
                    let network = Network::new(sizes, cost, Init::Default, 11).unwrap();
                    let network = network.with_activations(&[activation]).unwrap();
                    let gradient = network.backprop(x.view(), y.view());
                    // A central difference has an error of h^2 C''' plus rounding/h, here about 1e-10. The test allows
                    // 1e-7, relative to the largest derivative of the layer.
                    for layer in 0..sizes.len() - 1 {
                        let largest = gradient.nabla_w[layer].iter().fold(0.0_f64, |m, w| m.max(w.abs()));
                        for ((j, k), &found) in gradient.nabla_w[layer].indexed_iter() {
                            let expected = slope(&network, (&x, &y), |n| &mut n.weights[layer][[j, k]]);
                            let error = (found - expected).abs();
                            assert!(error < 1e-7 * largest, "{} {sizes:?} w[{layer}][{j},{k}]: {error}", cost.name());
                        }
                        let largest = gradient.nabla_b[layer].iter().fold(0.0_f64, |m, b| m.max(b.abs()));
                        for (j, &found) in gradient.nabla_b[layer].indexed_iter() {
                            let expected = slope(&network, (&x, &y), |n| &mut n.biases[layer][j]);
                            let error = (found - expected).abs();
                            assert!(error < 1e-7 * largest, "{} {sizes:?} b[{layer}][{j}]: {error}", cost.name());
                        }
                    }
                }
            }
        }
    }

    /// With masks the network is a different function of the same weights; backprop must give the gradient of that
    /// function.
    #[test]
    fn gradients_under_dropout_agree_with_central_differences() {
        let (x, y) = (array![0.0, 0.3, 1.0, 0.7, 0.1], array![0.0, 0.0, 1.0]);
        let dropout = Dropout { hidden: 0.4, input: 0.3, seed: 1, epoch: 1 };
        let masks = dropout.masks(2, &[5, 4, 6]);
        assert!(masks.iter().all(|mask| mask.iter().any(|&m| m < 0.5) && mask.iter().any(|&m| m > 1.0)));
        let network = Network::<f64>::new(&[5, 4, 6, 3], costs()[0], Init::Default, 11).unwrap();
        let gradient = network.backprop_dropping(x.view(), y.view(), &masks);
        let cost_of = |network: &Network<f64>| {
            let (zs, activations) = network.forward_dropping((&x * &masks[0]).view(), &masks);
            network.cost.value(&zs[2].to_vec(), &activations[2].to_vec(), &y.to_vec())
        };
        for layer in 0..3 {
            for ((j, k), &found) in gradient.nabla_w[layer].indexed_iter() {
                let moved = |h: f64| {
                    let mut moved = network.clone();
                    moved.weights[layer][[j, k]] += h;
                    cost_of(&moved)
                };
                let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((found - expected).abs() < 1e-9, "w[{layer}][{j},{k}]: {found} and {expected}");
            }
        }
    }

    #[test]
    fn an_update_goes_down_the_mean_gradient_and_shrinks_weights_only() {
        let start = Network::new(&[2, 2], costs()[0], Init::Default, 3).unwrap();
        let batch = [(array![0.1, 0.9], array![1.0, 0.0]), (array![0.5, 0.4], array![0.0, 1.0])];
        let mut network = start.clone();
        network.update_mini_batch(&batch, 0.5, 2.0, 10);
        let [first, second] = batch.map(|(x, y)| start.backprop(x.view(), y.view()));
        let w = &start.weights[0] * 0.9 - (&first.nabla_w[0] + &second.nabla_w[0]) * 0.25;
        let b = &start.biases[0] - (&first.nabla_b[0] + &second.nabla_b[0]) * 0.25;
        assert!((&network.weights[0] - &w).iter().all(|d: &f64| d.abs() < 1e-15));
        assert!((&network.biases[0] - &b).iter().all(|d| d.abs() < 1e-15));
        let before = network.clone();
        network.update_mini_batch(&[], 0.5, 2.0, 10);
        assert_eq!((network.weights, network.biases), (before.weights, before.biases), "no image, no change");
    }
}
