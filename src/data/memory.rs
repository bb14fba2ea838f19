//! Checks that there is memory for a number of images. If an allocation failed later, the program would abort.

use thiserror::Error;

/// The images do not fit into memory, or their number does not fit in 32 bits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "{count} images of {pixels} pixels would take {} of memory, more than can be had",
    in_words(*count as u128 * *pixels as u128)
)]
pub struct TooMany {
    /// Number of images.
    pub count: usize,
    /// Pixels per image.
    pub pixels: usize,
}

fn in_words(bytes: u128) -> String {
    match bytes >> 30 {
        0 => format!("{} MiB", bytes >> 20),
        gib => format!("{gib} GiB"),
    }
}

/// Checks that memory for `count` images of `pixels` pixels each can be reserved, and releases it.
///
/// # Errors
/// [`TooMany`] if it cannot, or if `count` does not fit in 32 bits.
pub(super) fn check(count: usize, pixels: usize) -> Result<(), TooMany> {
    let room = count.checked_mul(pixels).filter(|_| u32::try_from(count).is_ok());
    match room {
        Some(room) if Vec::<u8>::new().try_reserve_exact(room).is_ok() => Ok(()),
        _ => Err(TooMany { count, pixels }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_refused_with_its_size() {
        assert_eq!(check(1_000, 784), Ok(()));
        assert_eq!(check(0, 784), Ok(()));
        assert!(TooMany { count: 1_000_000, pixels: 784 }.to_string().contains(" 747 MiB "));
        assert_eq!(check(1 << 32, 0), Err(TooMany { count: 1 << 32, pixels: 0 }));
        for count in [1 << 33, usize::MAX] {
            let refused = check(count, 784).unwrap_err();
            assert_eq!(refused, TooMany { count, pixels: 784 });
            let gib = count as u128 * 784 / (1 << 30); // which 64 bits do not always hold
            assert!(refused.to_string().contains(&format!(" {gib} GiB")), "{refused}");
        }
    }
}
