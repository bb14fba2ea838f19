//! The order of the training images in an epoch, divided into mini-batches.

use rand::seq::SliceRandom;

use crate::random::{Purpose, stream};

/// The order of the images in each epoch.
#[derive(Debug, Clone)]
pub struct EpochOrder {
    seed: Option<u64>,
    indices: Vec<u32>,
}

impl EpochOrder {
    /// Shuffles `n_train` images with `seed`; without a seed, every epoch keeps the order of the file.
    ///
    /// # Panics
    /// If `n_train` is 2^32 or more.
    #[must_use]
    pub fn new(n_train: usize, seed: Option<u64>) -> Self {
        let n_train = u32::try_from(n_train).expect("less than 2^32 images");
        EpochOrder { seed, indices: (0..n_train).collect() }
    }

    /// Number of images in an epoch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether an epoch has no images.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The mini-batches of `epoch` (1 for the first), each a list of image indices; the last may be shorter.
    ///
    /// The order depends only on the seed and the epoch, not on earlier epochs.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn mini_batches(&mut self, epoch: usize, batch_size: usize) -> std::slice::Chunks<'_, u32> {
        if let Some(seed) = self.seed {
            (0..).zip(&mut self.indices).for_each(|(i, index)| *index = i);
            self.indices.shuffle(&mut stream(seed, Purpose::Order, epoch as u64));
        }
        self.indices.chunks(batch_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(order: &mut EpochOrder, epoch: usize) -> Vec<u32> {
        order.mini_batches(epoch, 4).flatten().copied().collect()
    }

    #[test]
    fn every_epoch_visits_every_image_once_in_another_order() {
        let mut order = EpochOrder::new(10, Some(3));
        let (first, second) = (epoch(&mut order, 1), epoch(&mut order, 2));
        assert_ne!(first, second);
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        assert_eq!(order.mini_batches(1, 4).map(<[u32]>::len).collect::<Vec<_>>(), [4, 4, 2]);
    }

    /// The expected numbers were printed by this program when the test was written. If they change, resumed trainings
    /// and all results published with a seed can no longer be reproduced.
    #[test]
    fn the_order_of_a_seed_stays_what_it_is() {
        let mut order = EpochOrder::new(10, Some(0));
        assert_eq!(epoch(&mut order, 1), [1, 5, 2, 7, 9, 4, 3, 6, 8, 0]);
    }

    #[test]
    fn the_order_needs_no_earlier_epochs() {
        let mut one = EpochOrder::new(100, Some(3));
        let mut other = EpochOrder::new(100, Some(3));
        epoch(&mut one, 1);
        assert_eq!(epoch(&mut one, 7), epoch(&mut other, 7));
    }

    #[test]
    fn without_a_seed_the_files_order_is_kept() {
        let mut order = EpochOrder::new(5, None);
        assert_eq!(epoch(&mut order, 2), [0, 1, 2, 3, 4]);
    }
}
