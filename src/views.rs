//! A network that looks at each image in several places: as it is and shifted.
//!
//! The weighted inputs z^L of its outputs are averaged over all views, and the outputs are the activations of that mean.
//! The network answers as several copies of it would, [merged](crate::model::Model::merged) into one, of which each sees
//! another shift. Averaging predictions over views was made known by Krizhevsky, Sutskever, Hinton 2012, "ImageNet
//! Classification with Deep Convolutional Neural Networks"; it is often called test-time augmentation.

use ndarray::{Array2, Axis};
use thiserror::Error;

use crate::data::Dataset;
use crate::data::memory::TooMany;
use crate::data::shift::Shift;
use crate::engine::{Machine, Trainable, weighted_inputs};
use crate::evaluate::{Evaluation, FitError, check_fit};
use crate::network::{Cost, Network, prediction};

/// Number of images that are shifted at a time. All of them may be more than fit into memory.
const CHUNK: usize = 50_000;

/// Why a network cannot look at images in several places.
#[derive(Debug, Error)]
pub enum ViewError {
    /// The network does not fit the images.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The shifted images do not fit into memory.
    #[error(transparent)]
    Memory(#[from] TooMany),
}

/// What a network answers to images that it has seen in all their views.
///
/// ```
/// use mnist_mlp::data::{Part, source::Source};
/// use mnist_mlp::engine::Machine;
/// use mnist_mlp::network::{CrossEntropy, Init, Network};
/// use mnist_mlp::views::Answers;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let digits = Source::Synthetic { seed: 0 }.load(Part::Test, 1)?.slice(0..100);
/// // An untrained network, for brevity.
/// let network = Network::<f32>::new(&[784, 30, 10], &CrossEntropy, Init::Default, 0)?;
/// let answers = Answers::of(&network, &digits, 1, Machine::default())?;
/// assert_eq!(answers.evaluation(&digits).n(), 100);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Answers {
    /// The mean of z^L over all views of each image, (n, n_L).
    z: Array2<f64>,
    /// a^L of each image, (n, n_L).
    pub outputs: Array2<f64>,
    cost: &'static dyn Cost<f64>,
}

impl Answers {
    /// Shows the network all [shifts](Shift::within) of each image of `data` by at most `reach` steps.
    ///
    /// # Errors
    /// A [`ViewError`] if the network does not fit the images, or the shifted images do not fit into memory.
    pub fn of<F: Trainable>(
        network: &Network<F>,
        data: &Dataset,
        reach: u8,
        machine: Machine,
    ) -> Result<Self, ViewError> {
        check_fit(network, data)?;
        let shifts = Shift::within(reach);
        let mut z = Array2::zeros((data.len(), network.outputs()));
        for (chunk, mut z) in z.axis_chunks_iter_mut(Axis(0), CHUNK).enumerate() {
            let images = data.slice(chunk * CHUNK..chunk * CHUNK + z.nrows());
            for &shift in &shifts {
                z += &weighted_inputs(network, &images.shifted(shift, machine.threads)?, machine)?;
            }
        }
        z /= shifts.len() as f64;
        let cost = network.cost().in_double();
        let mut outputs = z.clone();
        for (mut a, z) in outputs.outer_iter_mut().zip(z.outer_iter()) {
            a.assign(&cost.output().of(z));
        }
        Ok(Answers { z, outputs, cost })
    }

    /// The answers compared with the labels of `data`, the images that were shown.
    ///
    /// # Panics
    /// If `data` does not have as many images.
    #[must_use]
    pub fn evaluation(&self, data: &Dataset) -> Evaluation {
        assert_eq!(data.len(), self.z.nrows(), "the same images");
        let mut evaluation = Evaluation::new(self.z.ncols());
        for ((z, a), &label) in self.z.outer_iter().zip(self.outputs.outer_iter()).zip(data.labels()) {
            let (z, a) = (z.to_vec(), a.to_vec());
            let mut y = vec![0.0; a.len()];
            y[usize::from(label)] = 1.0;
            evaluation.add(usize::from(label), prediction(&a), self.cost.value(&z, &a, &y));
        }
        evaluation
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::Identity;
    use crate::engine;
    use crate::network::{Init, costs};

    fn images(n: usize, (rows, cols): (usize, usize)) -> Dataset {
        let pixels = (0..n * rows * cols).map(|i| (i * i * 37 % 256) as u8).collect();
        let labels = (0..n).map(|i| (i * 7 % 3) as u8).collect();
        Dataset::new(pixels, labels, (rows, cols), 3, Identity::named("toy")).unwrap()
    }

    proptest! {
        #[test]
        fn merged_copies_that_see_shifts_answer_alike(
            cost in 0..costs::<f64>().len(), rows in 1_usize..5, cols in 1_usize..5, reach in 0_u8..4,
            hidden in prop::option::of(1_usize..5), n in 1_usize..20, seed in any::<u64>(),
        ) {
            let data = images(n, (rows, cols));
            let sizes: Vec<_> = [Some(rows * cols), hidden, Some(3)].into_iter().flatten().collect();
            let network = Network::<f64>::new(&sizes, costs()[cost], Init::Default, seed).unwrap();
            // A copy that sees the image shifted has the weights of each pixel where that pixel comes from.
            let copies: Vec<_> = Shift::within(reach).into_iter().map(|Shift { down, right }| {
                let mut copy = network.clone();
                copy.weights[0].fill(0.0);
                for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
                    let to_row = row.checked_add_signed(down).filter(|&to| to < rows);
                    let to_col = col.checked_add_signed(right).filter(|&to| to < cols);
                    if let Some((to_row, to_col)) = to_row.zip(to_col) {
                        let weights = network.weights[0].column(to_row * cols + to_col);
                        copy.weights[0].column_mut(row * cols + col).assign(&weights);
                    }
                }
                copy
            }).collect();
            let voters: Vec<_> = copies.iter().map(|copy| (copy, 1)).collect();
            let merged = if reach == 0 { network.clone() } else { Network::merged(&voters).unwrap() };

            // The sums are in another order: the tolerance is a thousand times the rounding error.
            let answers = Answers::of(&network, &data, reach, Machine::default()).unwrap();
            let expected = engine::outputs(&merged, &data, Machine::default()).unwrap();
            prop_assert!(answers.outputs.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
            let (found, expected) =
                (answers.evaluation(&data), engine::evaluate(&merged, &data, Machine::default()).unwrap());
            prop_assert!((found.mean_cost() - expected.mean_cost()).abs() < 1e-12);
            prop_assert_eq!(found.confusion(), expected.confusion());
        }
    }

    #[test]
    fn a_network_of_other_images_is_refused() {
        let network = Network::<f32>::new(&[5, 3], costs()[0], Init::Default, 0).unwrap();
        let refused = Answers::of(&network, &images(2, (2, 2)), 1, Machine::default());
        assert!(matches!(refused, Err(ViewError::Fit(FitError::Inputs { inputs: 5, rows: 2, cols: 2 }))));
    }
}
