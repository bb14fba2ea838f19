//! Checksums of files: SHA-256, computed on another thread while the file is read, and MD5.

use std::io::{self, Read};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use md5::Md5;
use sha2::{Digest, Sha256};

use super::idx::Idx;

/// Number of bytes that are sent to the other thread at a time.
const PIECE: usize = 1 << 18;
/// Number of pieces that may wait for the other thread.
const WAITING: usize = 16;

/// Calls `read` with a reader of the same bytes as `reader`. Returns its result and the SHA-256 of all bytes that it
/// read, as lower-case hexadecimal digits. Since hashing takes half as long as decompressing, another thread does it in
/// parallel, if the system can start one.
pub fn with_sha256<R: Read, T>(reader: R, read: impl FnOnce(&mut Summed<R>) -> T) -> (T, String) {
    let (sender, pieces) = sync_channel::<Vec<u8>>(WAITING);
    thread::scope(|scope| {
        let add_up = move || {
            let mut hash = Sha256::new();
            for piece in pieces {
                hash.update(piece);
            }
            hash
        };
        let other = thread::Builder::new().spawn_scoped(scope, add_up).ok();
        let piece = Vec::with_capacity(PIECE);
        // Without the other thread nothing receives from the sender.
        let mut summed = Summed { reader, piece, sender: other.is_some().then_some(sender), hash: Sha256::new() };
        let result = read(&mut summed);
        summed.hand_on();
        let Summed { sender, hash, .. } = summed;
        drop(sender); // so that the other thread ends
        let hash = other.map_or(hash, |other| other.join().expect("adding up cannot fail"));
        (result, digits(&hash.finalize()))
    })
}

/// The SHA-256 of the IDX file with these contents, as lower-case hexadecimal digits.
pub fn sha256_of_idx(idx: &Idx) -> String {
    let mut hash = Sha256::new();
    hash.update(idx.header());
    hash.update(&idx.bytes);
    digits(&hash.finalize())
}

/// The SHA-256 of some bytes, as lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

/// The MD5 of all bytes of `reader`, as lower-case hexadecimal digits.
pub fn md5(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Md5::new();
    let mut piece = vec![0; PIECE];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(digits(&hash.finalize())),
            Ok(count) => hash.update(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn digits(sum: &[u8]) -> String {
    sum.iter().fold(String::with_capacity(2 * sum.len()), |digits, byte| digits + &format!("{byte:02x}"))
}

/// A reader that passes on the bytes it has read for hashing.
pub struct Summed<R> {
    reader: R,
    piece: Vec<u8>,
    /// The sender to the other thread, if there is one.
    sender: Option<SyncSender<Vec<u8>>>,
    /// The hash so far, if there is no other thread.
    hash: Sha256,
}

impl<R> Summed<R> {
    fn hand_on(&mut self) {
        if let Some(sender) = &self.sender {
            // The receiver lives as long as this reader, so sending cannot fail.
            let _ = sender.send(std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE)));
        } else {
            self.hash.update(&self.piece);
            self.piece.clear();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_all_bytes() {
        let sum = |bytes: &[u8]| {
            let (copy, sum) = with_sha256(bytes, |reader| {
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

    #[test]
    fn without_another_thread_the_sum_is_the_same() {
        let bytes = vec![b'a'; 1_000_000];
        let mut alone = Summed { reader: &bytes[..], piece: Vec::new(), sender: None, hash: Sha256::new() };
        io::copy(&mut alone, &mut io::sink()).unwrap();
        alone.hand_on();
        let beside = with_sha256(&bytes[..], |reader| io::copy(reader, &mut io::sink()).unwrap()).1;
        assert_eq!(digits(&alone.hash.finalize()), beside);
    }

    #[test]
    fn the_sum_of_an_idx_is_that_of_its_file() {
        let idx = Idx { dims: vec![2, 1, 3], bytes: vec![1, 2, 3, 4, 5, 6] };
        let mut file = Vec::new();
        idx.write(&mut file).unwrap();
        assert_eq!(sha256_of_idx(&idx), with_sha256(&file[..], |reader| io::copy(reader, &mut io::sink())).1);
    }

    #[test]
    fn md5_is_that_of_rfc_1321() {
        // The test suite of RFC 1321, appendix A.5.
        assert_eq!(md5(&b""[..]).unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5(&b"message digest"[..]).unwrap(), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
