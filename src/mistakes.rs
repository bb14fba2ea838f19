//! The mistakes of a network, and how confident it was of them.

use ndarray::ArrayView2;

use crate::network::prediction;

/// An image that was classified wrongly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mistake {
    /// The index of the image.
    pub index: usize,
    /// Its true class.
    pub label: usize,
    /// Its predicted class.
    pub predicted: usize,
    /// The output of the predicted class, which is the largest output.
    pub confidence: f64,
    /// The output of the true class.
    pub of_label: f64,
}

/// The mistakes of `outputs` (n, n_L) on images with these `labels` (n), the most confident first. Equally confident
/// mistakes are ordered by the output of the true class, the smallest first, and then by index.
///
/// # Panics
/// If there are not as many labels as rows of outputs, or if a label is not below n_L.
#[must_use]
pub fn mistakes(outputs: ArrayView2<f64>, labels: &[u8]) -> Vec<Mistake> {
    assert_eq!(outputs.nrows(), labels.len(), "rows of outputs and labels");
    let mistake = |(index, (a, &label)): (usize, (ndarray::ArrayView1<f64>, &u8))| {
        let (label, predicted) = (usize::from(label), prediction(&a.to_vec()));
        let (confidence, of_label) = (a[predicted], a[label]);
        (predicted != label).then_some(Mistake { index, label, predicted, confidence, of_label })
    };
    let mut mistakes: Vec<_> = outputs.outer_iter().zip(labels).enumerate().filter_map(mistake).collect();
    // The sort is stable, so ties stay in the order of the images.
    mistakes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.of_label.total_cmp(&b.of_label)));
    mistakes
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_most_confident_mistake_comes_first() {
        let outputs = array![
            [0.6, 0.2, 0.1],
            [0.9, 0.2, 0.1],
            [0.1, 0.2, 0.9],
            [0.1, 0.0, 0.9],
            [0.1, 0.2, 0.9],
            // A tie goes to the lower class, as in every prediction.
            [0.3, 0.3, 0.3],
        ];
        let found = mistakes(outputs.view(), &[1, 0, 1, 1, 1, 2]);
        let order: Vec<_> = found.iter().map(|mistake| (mistake.index, mistake.predicted)).collect();
        assert_eq!(order, [(3, 2), (2, 2), (4, 2), (0, 0), (5, 0)]);
        assert_eq!(found[1], Mistake { index: 2, label: 1, predicted: 2, confidence: 0.9, of_label: 0.2 });
        assert!(mistakes(outputs.slice(ndarray::s![1..2, ..]), &[0]).is_empty());
    }
}
