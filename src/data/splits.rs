//! The book's split: the last training images are set aside for validation.

use thiserror::Error;

use super::Dataset;

/// Why the training images cannot be split as asked.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SplitError {
    /// Validation would take everything.
    #[error("validation {asked} leaves nothing to train on: of {available} training images choose 0 to {}", available.saturating_sub(1))]
    Validation {
        /// The validation images asked for.
        asked: usize,
        /// All training images.
        available: usize,
    },
    /// More training images than there are.
    #[error(
        "train size {asked} is out of range: choose 1 to {available}, the training images beside {validation} for validation"
    )]
    TrainSize {
        /// The training images asked for.
        asked: usize,
        /// Those that remain beside the validation set.
        available: usize,
        /// The validation images.
        validation: usize,
    },
}

/// Splits training images: the last `validation` are the validation set, of the rest the first `train_size` (all if
/// not given) are trained on.
///
/// # Errors
/// A [`SplitError`] if nothing would be left to train on, or less than asked for.
pub fn split(all: &Dataset, train_size: Option<usize>, validation: usize) -> Result<(Dataset, Dataset), SplitError> {
    let total = all.len();
    let available = total.checked_sub(validation).filter(|&rest| rest > 0);
    let available = available.ok_or(SplitError::Validation { asked: validation, available: total })?;
    let asked = train_size.unwrap_or(available);
    if !(1..=available).contains(&asked) {
        return Err(SplitError::TrainSize { asked, available, validation });
    }
    Ok((all.slice(0..asked), all.slice(available..total)))
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
}
