//! Evaluation of a network on a dataset: cost, accuracy, confusion matrix, and figures derived from them.

use std::ops::Range;

use ndarray::Array2;
use serde::Serialize;
use thiserror::Error;

use crate::data::Dataset;
use crate::network::Network;
use crate::real::Real;
use crate::threads::share_out;

/// The number of images in a chunk. The costs within a chunk are summed first, then the sums of the chunks in order, so
/// that the total is the same for any number of threads.
const CHUNK: usize = 250;

/// A label is one byte.
const MAX_OUTPUTS: usize = 256;

/// The result of classifying a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The number of images of true class `row` with predicted class `column`, (classes, classes).
    confusion: Array2<usize>,
    /// The sum of C_x over all images.
    cost_sum: f64,
}

/// How well one class is recognized. A figure that would be 0/0 is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassFigures {
    /// The class.
    pub label: usize,
    /// The number of images of this class.
    pub support: usize,
    /// Of the images predicted as this class, the share that is of this class.
    pub precision: Option<f64>,
    /// Of the images of this class, the share that is predicted as this class.
    pub recall: Option<f64>,
    /// The harmonic mean of precision and recall: 2 hits / (images of this class + images predicted as this class).
    pub f1: Option<f64>,
}

impl Evaluation {
    /// An empty evaluation, for a network with `classes` outputs.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Evaluation { confusion: Array2::zeros((classes, classes)), cost_sum: 0.0 }
    }

    /// Adds one image with its true class, its predicted class and its cost C_x.
    ///
    /// # Panics
    /// If a class is not below the number of classes.
    pub fn add(&mut self, label: usize, predicted: usize, cost: f64) {
        self.confusion[[label, predicted]] += 1;
        self.cost_sum += cost;
    }

    /// Adds the images of another evaluation by the same network.
    pub fn merge(&mut self, other: &Evaluation) {
        self.confusion += &other.confusion;
        self.cost_sum += other.cost_sum;
    }

    /// The evaluation as a list of numbers: the confusion matrix, then the cost. Counts are exact below 2^53.
    #[cfg(feature = "mpi")]
    pub(crate) fn to_numbers(&self) -> Vec<f64> {
        self.confusion.iter().map(|&count| count as f64).chain([self.cost_sum]).collect()
    }

    /// The evaluation from its [`numbers`](Self::to_numbers), for a network with `classes` outputs.
    #[cfg(feature = "mpi")]
    pub(crate) fn of_numbers(classes: usize, numbers: &[f64]) -> Self {
        let mut evaluation = Evaluation::new(classes);
        evaluation.confusion.iter_mut().zip(numbers).for_each(|(count, &number)| *count = number as usize);
        evaluation.cost_sum = numbers[classes * classes];
        evaluation
    }

    /// Number of images.
    #[must_use]
    pub fn n(&self) -> usize {
        self.confusion.sum()
    }

    /// Number of images classified correctly.
    #[must_use]
    pub fn correct(&self) -> usize {
        self.confusion.diag().sum()
    }

    /// The share of images classified correctly, 0 to 1; 0 if there are no images.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        ratio(self.correct(), self.n()).unwrap_or(0.0)
    }

    /// The mean of C_x, without a regularization term; NaN if there are no images.
    #[must_use]
    pub fn mean_cost(&self) -> f64 {
        self.cost_sum / self.n() as f64
    }

    /// The confusion matrix: row = true class, column = predicted class.
    #[must_use]
    pub fn confusion(&self) -> &Array2<usize> {
        &self.confusion
    }

    /// The share of the most common class: the accuracy of always giving the same answer.
    #[must_use]
    pub fn chance(&self) -> f64 {
        let most = self.confusion.rows().into_iter().map(|row| row.sum()).max();
        ratio(most.unwrap_or(0), self.n()).unwrap_or(0.0)
    }

    /// Precision, recall and F1 of each class.
    #[must_use]
    pub fn per_class(&self) -> Vec<ClassFigures> {
        let figures = |label: usize| {
            let hits = self.confusion[[label, label]];
            let support = self.confusion.row(label).sum();
            let taken = self.confusion.column(label).sum();
            ClassFigures {
                label,
                support,
                precision: ratio(hits, taken),
                recall: ratio(hits, support),
                f1: ratio(2 * hits, support + taken),
            }
        };
        (0..self.confusion.nrows()).map(figures).collect()
    }

    /// The confusions that occurred, most frequent first.
    #[must_use]
    pub fn confusions(&self) -> Vec<Confusion> {
        let all = self.confusion.indexed_iter();
        let all = all.map(|((label, predicted), &count)| Confusion { label, predicted, count });
        let mut wrong: Vec<_> = all.filter(|one| one.label != one.predicted && one.count > 0).collect();
        wrong.sort_by_key(|one| (std::cmp::Reverse(one.count), one.label, one.predicted));
        wrong
    }
}

/// Images of one class that were taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confusion {
    /// Their class.
    pub label: usize,
    /// The class that was predicted.
    pub predicted: usize,
    /// How many they are.
    pub count: usize,
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Why a network cannot be used on a dataset.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FitError {
    /// The images have another size.
    #[error("the network takes {inputs} inputs, but the images have {rows} x {cols} = {} pixels", rows * cols)]
    Inputs {
        /// The network's inputs.
        inputs: usize,
        /// Height of the images.
        rows: usize,
        /// Width of the images.
        cols: usize,
    },
    /// The network has more outputs than any dataset has classes.
    #[error("the network has {0} outputs, more than the {MAX_OUTPUTS} classes that labels can tell apart")]
    TooManyOutputs(usize),
    /// The dataset has more classes than the network has outputs.
    #[error("the network has {outputs} outputs, but the labels name {classes} classes")]
    Outputs {
        /// The network's outputs.
        outputs: usize,
        /// The classes of the dataset.
        classes: usize,
    },
}

/// Checks that `network` can classify the images of `data`.
///
/// # Errors
/// A [`FitError`] if the network's inputs are not as many as the pixels of an image, or if it has fewer outputs than
/// the dataset has classes, or more than a label can distinguish.
pub fn check_fit<F: Real>(network: &Network<F>, data: &Dataset) -> Result<(), FitError> {
    let (rows, cols) = data.geometry();
    if network.inputs() != data.image_size() {
        return Err(FitError::Inputs { inputs: network.inputs(), rows, cols });
    }
    if network.outputs() > MAX_OUTPUTS {
        return Err(FitError::TooManyOutputs(network.outputs()));
    }
    if network.outputs() < data.classes() {
        return Err(FitError::Outputs { outputs: network.outputs(), classes: data.classes() });
    }
    Ok(())
}

/// Evaluates images `0..n` in chunks on up to `threads` threads, and adds up the chunks in order.
pub(crate) fn in_chunks(
    n: usize,
    classes: usize,
    threads: usize,
    evaluate_chunk: impl Fn(Range<usize>) -> Evaluation + Sync,
) -> Evaluation {
    let mut results = vec![None; n.div_ceil(CHUNK)];
    share_out(threads, results.iter_mut().enumerate(), |(chunk, result)| {
        *result = Some(evaluate_chunk(chunk * CHUNK..n.min((chunk + 1) * CHUNK)));
    });
    results.iter().flatten().fold(Evaluation::new(classes), |mut sum, chunk| {
        sum.merge(chunk);
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Evaluation {
        let mut evaluation = Evaluation::new(3);
        for (label, predicted) in [(0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (1, 0)] {
            evaluation.add(label, predicted, 0.5);
        }
        evaluation
    }

    #[test]
    fn figures_follow_from_the_confusion_matrix() {
        let evaluation = example();
        assert_eq!((evaluation.n(), evaluation.correct()), (6, 3));
        assert!((evaluation.accuracy() - 0.5).abs() < 1e-15 && (evaluation.chance() - 0.5).abs() < 1e-15);
        assert!((evaluation.mean_cost() - 0.5).abs() < 1e-15);
        let confusion = |label, predicted, count| Confusion { label, predicted, count };
        assert_eq!(evaluation.confusions(), [confusion(1, 0, 2), confusion(0, 1, 1)]);
        let zero = evaluation.per_class()[0];
        assert_eq!(
            (zero.support, zero.precision, zero.recall, zero.f1),
            (3, Some(0.5), Some(2.0 / 3.0), Some(4.0 / 7.0))
        );
        let absent = evaluation.per_class()[2];
        assert_eq!((absent.support, absent.precision, absent.recall, absent.f1), (0, None, None, None));
    }

    #[test]
    fn chunks_cover_every_image_once_for_any_number_of_threads() {
        let evaluate_chunk = |range: Range<usize>| {
            let mut evaluation = Evaluation::new(2);
            range.for_each(|i| evaluation.add(i % 2, 0, 1.0 / (i + 1) as f64));
            evaluation
        };
        let one = in_chunks(3 * CHUNK + 7, 2, 1, evaluate_chunk);
        assert_eq!(one.n(), 3 * CHUNK + 7);
        for threads in [0, 2, 3, 4, 5, 100] {
            assert_eq!(in_chunks(3 * CHUNK + 7, 2, threads, evaluate_chunk), one, "{threads} threads");
        }
        assert_eq!(in_chunks(0, 2, 4, evaluate_chunk).n(), 0);
    }
}
