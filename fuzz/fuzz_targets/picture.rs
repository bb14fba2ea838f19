//! Pictures for `mnist predict`: whatever a file holds, a digit is found in it, or it is refused with a typed error.
//!
//! A test case is a file. If it begins with "grey", it is a picture without a file: its width and the side of the digit
//! that is wanted, a byte each, then its pixels.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mnist_mlp::picture::Picture;
use mnist_mlp::picture::find::find;
use mnist_mlp::picture::normalize::{centre, normalized};
use mnist_mlp::picture::read::read;

fuzz_target!(|bytes: &[u8]| {
    match bytes {
        [b'g', b'r', b'e', b'y', width, side, pixels @ ..] => {
            let (width, side) = (usize::from(*width).max(1), usize::from(*side).clamp(1, 64));
            let whole_rows = &pixels[..pixels.len() / width * width];
            if let Ok(picture) = Picture::new(whole_rows.len() / width, width, whole_rows.to_vec()) {
                check(&picture, side);
            }
        }
        file => match read(file) {
            Ok(picture) => check(&picture, 28),
            // What a user would be shown.
            Err(error) => assert!(!error.to_string().is_empty()),
        },
    }
});

fn check(seen: &Picture, side: usize) {
    assert_eq!(seen.pixels().len(), seen.height() * seen.width());
    match find(seen) {
        Ok(ink) => assert!(ink.pixels().iter().any(|&pixel| pixel > 0)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for digit in [normalized(seen, side).ok(), centre(seen, side)].into_iter().flatten() {
        assert_eq!((digit.height(), digit.width()), (side, side));
    }
}
