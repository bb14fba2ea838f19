//! Where images come from: gzip files, plain files, the pen. Results are checked before they are timed.
//!
//! ```sh
//! cargo bench --bench loading
//! ```

use std::fs::File;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;
use mnist_mlp::data::idx::Idx;
use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part};

const DIGITS: Source = Source::Synthetic { seed: 0 };

/// Writes the built-in digits as four IDX files.
fn write_files(directory: &Path, gzip: bool) {
    for (part, prefix) in [(Part::Training, "train"), (Part::Test, "t10k")] {
        let data = DIGITS.load(part, 2).unwrap();
        let n = data.len() as u32;
        let images =
            Idx { dims: vec![n, 28, 28], bytes: (0..data.len()).flat_map(|i| data.image(i).to_vec()).collect() };
        let labels = Idx { dims: vec![n], bytes: data.labels().to_vec() };
        for (idx, name) in [(images, "images-idx3-ubyte"), (labels, "labels-idx1-ubyte")] {
            let path = directory.join(format!("{prefix}-{name}{}", if gzip { ".gz" } else { "" }));
            let file = File::create(path).unwrap();
            if gzip {
                let mut encoder = GzEncoder::new(file, Compression::default());
                idx.write(&mut encoder).unwrap();
                encoder.finish().unwrap();
            } else {
                idx.write(file).unwrap();
            }
        }
    }
}

fn assert_same(one: &Dataset, other: &Dataset) {
    assert_eq!(one.labels(), other.labels());
    assert!((0..one.len()).all(|i| one.image(i) == other.image(i)));
}

fn loading(criterion: &mut Criterion) {
    let expected = DIGITS.load(Part::Training, 2).unwrap();
    let mut group = criterion.benchmark_group("loading");
    group.sample_size(10).throughput(Throughput::Elements(expected.len() as u64));
    for (name, gzip) in [("gzip", true), ("plain", false)] {
        let directory = tempfile::tempdir().unwrap();
        write_files(directory.path(), gzip);
        let source = Source::Directory(directory.path().to_path_buf());
        assert_same(&source.load(Part::Training, 2).unwrap(), &expected);
        group.bench_function(name, |bencher| bencher.iter(|| source.load(Part::Training, 2).unwrap()));
    }
    assert_same(&DIGITS.load(Part::Training, 1).unwrap(), &expected);
    for threads in [1, 2] {
        group.bench_function(format!("built-in digits, {threads} threads"), |bencher| {
            bencher.iter(|| DIGITS.load(Part::Training, threads).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, loading);
criterion_main!(benches);
