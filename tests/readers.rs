//! Whatever bytes a file holds, reading it gives a value or an error, never a panic, and never more memory than the file
//! can account for.

use flate2::Compression;
use flate2::write::GzEncoder;
use mnist_mlp::data::Part;
use mnist_mlp::data::idx::Idx;
use mnist_mlp::data::source::Source;
use mnist_mlp::network::{CrossEntropy, EpochRecord, Init, Model, Network, precision_of};
use proptest::prelude::*;
use std::fs;
use std::io::Write;

/// An IDX header for any dimensions, followed by any bytes.
fn idx_like() -> impl Strategy<Value = Vec<u8>> {
    let dims = prop::collection::vec(prop_oneof![0_u32..9, any::<u32>()], 0..5);
    (prop_oneof![Just(8_u8), any::<u8>()], dims, prop::collection::vec(any::<u8>(), 0..600)).prop_map(
        |(type_code, dims, data)| {
            let header = [0, 0, type_code, dims.len() as u8];
            let dims = dims.iter().flat_map(|dim| dim.to_be_bytes());
            header.into_iter().chain(dims).chain(data).collect()
        },
    )
}

fn model() -> Vec<u8> {
    let network = Network::<f64>::new(&[3, 2, 2], &CrossEntropy, Init::Default, 0).unwrap();
    let mut json = Vec::new();
    Model { network, training: None, history: vec![EpochRecord::default()], checkpoint: None }
        .write_json(&mut json)
        .unwrap();
    json
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_idx_or_refused(bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..64), idx_like()], rank in 0_u8..4) {
        if let Ok(idx) = Idx::read(bytes.as_slice(), rank, u64::MAX) {
            let mut again = Vec::new();
            idx.write(&mut again).unwrap();
            prop_assert_eq!(again, bytes, "what was accepted is what is written");
        }
    }

    #[test]
    fn any_bytes_are_read_as_a_model_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(Model::<f32>::from_json(&bytes).is_err());
        let _ = precision_of(&bytes);
    }

    #[test]
    fn a_model_with_changed_bytes_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(&b"[]{},:\"0e-."[..])]), 1..6)
    ) {
        let mut json = model();
        for (place, byte) in changes {
            let place = place.index(json.len());
            json[place] = byte;
        }
        if let Ok(model) = Model::<f64>::from_json(&json) {
            prop_assert!(model.network.check_finite().is_ok());
            prop_assert_eq!(model.network.sizes().len(), 3);
        }
    }

    #[test]
    fn any_files_are_loaded_or_refused(
        images in prop_oneof![prop::collection::vec(any::<u8>(), 0..64), idx_like()],
        labels in prop_oneof![prop::collection::vec(any::<u8>(), 0..64), idx_like()],
        gzip in any::<bool>(),
        cut in any::<prop::sample::Index>(),
        flip in any::<Option<prop::sample::Index>>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        for prefix in ["train", "t10k"] {
            for (name, bytes) in [("images-idx3-ubyte", &images), ("labels-idx1-ubyte", &labels)] {
                let mut file = bytes.clone();
                if gzip {
                    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                    encoder.write_all(bytes).unwrap();
                    file = encoder.finish().unwrap();
                    file.truncate(cut.index(file.len() * 4).max(1));
                    if let Some(flip) = flip {
                        let place = flip.index(file.len());
                        file[place] ^= 0x10;
                    }
                }
                fs::write(directory.path().join(format!("{prefix}-{name}")), file).unwrap();
            }
        }
        if let Ok(data) = Source::Directory(directory.path().to_path_buf()).load(Part::Training, 1) {
            prop_assert!(!data.is_empty());
            prop_assert!(data.labels().iter().all(|&label| usize::from(label) < data.classes()));
            prop_assert_eq!(data.image(data.len() - 1).len(), data.image_size());
        }
    }
}
