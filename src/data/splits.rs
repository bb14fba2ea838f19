//! The book's split: the last training images are set aside for validation.

use std::ops::Range;

use thiserror::Error;

use super::Dataset;

/// Why the training images cannot be split as asked.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SplitError {
    /// The validation set would take all training images.
    #[error(
        "validation {asked} leaves nothing to train on: of {available} training images choose 0 to {}, such as {}",
        available.saturating_sub(1), available / 6
    )]
    Validation {
        /// Number of validation images asked for.
        asked: usize,
        /// Number of training images.
        available: usize,
    },
    /// More training images are asked for than there are.
    #[error(
        "train size {asked} is out of range: choose 1 to {available}, the training images beside {validation} for validation"
    )]
    TrainSize {
        /// Number of training images asked for.
        asked: usize,
        /// Number of training images that remain beside the validation set.
        available: usize,
        /// Number of validation images.
        validation: usize,
    },
}

/// Splits the training images: the last `validation` images are the validation set. Of the rest, the first `train_size`
/// images are the training set, or all of them if `train_size` is `None`.
///
/// # Errors
/// A [`SplitError`] if no training images would be left, or fewer than asked for.
pub fn split(all: &Dataset, train_size: Option<usize>, validation: usize) -> Result<(Dataset, Dataset), SplitError> {
    let (training, validation) = ranges(all.len(), train_size, validation)?;
    Ok((all.slice(training), all.slice(validation)))
}

/// The index ranges of the training set and the validation set in [`split`] of `total` images.
///
/// # Errors
/// As for [`split`].
pub fn ranges(
    total: usize,
    train_size: Option<usize>,
    validation: usize,
) -> Result<(Range<usize>, Range<usize>), SplitError> {
    let available = total.checked_sub(validation).filter(|&rest| rest > 0);
    let available = available.ok_or(SplitError::Validation { asked: validation, available: total })?;
    let asked = train_size.unwrap_or(available);
    if !(1..=available).contains(&asked) {
        return Err(SplitError::TrainSize { asked, available, validation });
    }
    Ok((0..asked, available..total))
}

/// One of several equal parts of a range of images, for one of several processes that divide it among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Index of the part, from 0.
    pub number: usize,
    /// Number of parts, at least 1.
    pub count: usize,
}

impl Portion {
    /// The whole range, for a single process.
    pub const WHOLE: Portion = Portion { number: 0, count: 1 };

    /// The images of `range` that belong to this part.
    #[must_use]
    pub fn of(self, range: Range<usize>) -> Range<usize> {
        let start = |number: usize| range.start + (number as u128 * range.len() as u128 / self.count as u128) as usize;
        start(self.number)..start(self.number + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Identity;

    #[test]
    fn the_last_images_are_for_validation_and_the_first_for_training() {
        let all = Dataset::new((0..10).collect(), vec![0; 10], (1, 1), 2, Identity::named("toy")).unwrap();
        let (train, validation) = split(&all, Some(4), 3).unwrap();
        assert_eq!((train.len(), train.image(3)), (4, &[3][..]));
        assert_eq!((validation.len(), validation.image(0)), (3, &[7][..]));
        assert_eq!(split(&all, None, 0).unwrap().0.len(), 10);
        assert_eq!(split(&all, None, 10).unwrap_err(), SplitError::Validation { asked: 10, available: 10 });
        let error = split(&all, Some(8), 3).unwrap_err();
        assert_eq!(error, SplitError::TrainSize { asked: 8, available: 7, validation: 3 });
        assert!(split(&all, Some(0), 3).is_err());
    }

    #[test]
    fn portions_are_even_and_leave_nothing_out() {
        for (n, count) in [(0, 1), (1, 4), (10, 3), (50_000, 7)] {
            let portions: Vec<_> = (0..count).map(|number| Portion { number, count }.of(5..5 + n)).collect();
            assert_eq!((portions[0].start, portions[count - 1].end), (5, 5 + n));
            assert!(portions.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert!(portions.iter().all(|portion| (n / count..=n.div_ceil(count)).contains(&portion.len())));
        }
        assert_eq!(Portion::WHOLE.of(3..9), 3..9);
    }
}
