//! The SHA-256 of a file that is being read, computed meanwhile on another thread.

use std::io::{self, Read};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use sha2::{Digest, Sha256};

/// Bytes that go to the other thread at a time.
const PIECE: usize = 1 << 18;
/// Pieces that may wait for it.
const WAITING: usize = 16;

/// Gives `read` a reader of the same bytes as `reader`, and returns what it returns with the sum of all bytes that it
/// read, as lower-case hexadecimal digits. Adding up takes as long as half of unpacking, so it is done side by side.
pub fn with_sha256<R: Read, T>(reader: R, read: impl FnOnce(Summed<R>) -> T) -> (T, String) {
    let (sender, pieces) = sync_channel::<Vec<u8>>(WAITING);
    thread::scope(|scope| {
        let hash = scope.spawn(move || {
            let mut hash = Sha256::new();
            for piece in pieces {
                hash.update(piece);
            }
            hash.finalize().iter().fold(String::with_capacity(64), |digits, byte| digits + &format!("{byte:02x}"))
        });
        let result = read(Summed { reader, piece: Vec::with_capacity(PIECE), sender });
        (result, hash.join().expect("adding up cannot fail"))
    })
}

/// Reads on, and hands on what was read.
pub struct Summed<R> {
    reader: R,
    piece: Vec<u8>,
    sender: SyncSender<Vec<u8>>,
}

impl<R> Summed<R> {
    fn hand_on(&mut self) {
        // Nobody stops listening while this lives.
        let _ = self.sender.send(std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE)));
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.piece.extend_from_slice(&buffer[..count]);
        if self.piece.len() >= PIECE {
            self.hand_on();
        }
        Ok(count)
    }
}

impl<R> Drop for Summed<R> {
    fn drop(&mut self) {
        self.hand_on();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_all_bytes() {
        let sum = |bytes: &[u8]| {
            let (copy, sum) = with_sha256(bytes, |mut reader| {
                let mut copy = Vec::new();
                reader.read_to_end(&mut copy).unwrap();
                copy
            });
            assert_eq!(copy, bytes);
            sum
        };
        // The examples of FIPS 180-2: "abc", and a million times "a".
        assert_eq!(sum(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let million = sum(&vec![b'a'; 1_000_000]);
        assert_eq!(million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}
