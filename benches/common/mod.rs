//! What the benches share: the images, and the dense formulation that the fast engine is compared with.

#![allow(dead_code, reason = "each bench uses its part")]

pub mod peak;

use std::path::PathBuf;
use std::time::Instant;

use gemm::Parallelism;
use mnist_mlp::Real;
use mnist_mlp::data::source::Source;
use mnist_mlp::data::{Dataset, Part, splits};
use mnist_mlp::engine::{EngineKind, Machine, Trainable};
use mnist_mlp::network::{CrossEntropy, Init, Network, Step};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// The 60,000 training images: MNIST where `MNIST_DATA_DIR` names it, else the built-in digits, which
/// have as many non-zero pixels.
pub fn all_images() -> Dataset {
    let directory = std::env::var_os("MNIST_DATA_DIR").filter(|value| !value.is_empty());
    let source = directory.map_or(Source::Synthetic { seed: 0 }, |path| Source::Directory(PathBuf::from(path)));
    source.load(Part::Training, 2).unwrap()
}

/// 50,000 of them to train on and 10,000 for validation.
pub fn images() -> (Dataset, Dataset) {
    splits::split(&all_images(), None, 10_000).unwrap()
}

/// A fresh sigmoid network with the cross-entropy cost.
pub fn network<F: Real>(inputs: usize, hidden: &[usize], classes: usize) -> Network<F> {
    Network::new(&[&[inputs], hidden, &[classes]].concat(), &CrossEntropy, Init::Default, 0).unwrap()
}

/// Whether the bench is only to check its results (`cargo bench -- --test`).
pub fn only_checking() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// Panics unless twenty mini-batches of each dense version and of the reference come to the same.
pub fn agrees_with_the_reference(network: &Network<f32>, training: &Dataset) {
    let step = Step { eta: 0.5, lambda: 5.0, n_train: training.len(), ..Step::default() };
    let order: Vec<u32> = (0..140).collect();
    for product in Product::ALL {
        let mut dense = Dense::new(network, &training.slice(0..140), 7, product);
        let (learned, nothing) = (training.slice(0..140), training.slice(0..0));
        let mut reference = EngineKind::Reference.start(network.clone(), learned, nothing, 7, Machine::default());
        for mini_batch in order.chunks(7) {
            dense.update(mini_batch, step);
            reference.update(mini_batch, &[], step);
        }
        agree(&dense.network(), reference.state().result());
    }
}

/// Panics if two networks that learned the same differ by more than rounding.
fn agree(found: &Network<f32>, expected: &Network<f32>) {
    let layers = |network: &Network<f32>| -> Vec<Vec<f32>> {
        let weights = network.weights().iter().map(|w| w.iter().copied().collect());
        weights.chain(network.biases().iter().map(|b| b.to_vec())).collect()
    };
    for (found, expected) in layers(found).into_iter().zip(layers(expected)) {
        let largest = expected.iter().fold(1e-3_f32, |largest, number| largest.max(number.abs()));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4 * largest, "{found} instead of {expected}, the largest {largest}");
        }
    }
}

pub fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Who multiplies the matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// ndarray's own, `matrixmultiply`, on one thread.
    Ndarray,
    /// The `gemm` crate with AVX-512, on so many threads.
    Gemm(usize),
}

impl Product {
    pub const ALL: [Product; 3] = [Product::Ndarray, Product::Gemm(1), Product::Gemm(2)];

    pub fn name(self) -> &'static str {
        match self {
            Product::Ndarray => "dense Rust, ndarray",
            Product::Gemm(_) => "dense Rust, gemm",
        }
    }

    pub fn threads(self) -> usize {
        match self {
            Product::Ndarray => 1,
            Product::Gemm(threads) => threads,
        }
    }

    /// The first m rows of c <- beta c + alpha a b.
    fn run<F: Real>(self, c: &mut Array2<F>, m: usize, beta: F, alpha: F, a: ArrayView2<F>, b: ArrayView2<F>) {
        let mut c = c.slice_mut(s![..m, ..]);
        match self {
            Product::Ndarray => general_mat_mul(alpha, &a, &b, beta, &mut c),
            Product::Gemm(threads) => {
                let parallelism = if threads == 1 { Parallelism::None } else { Parallelism::Rayon(threads) };
                let (read, n, k) = (beta != F::zero(), b.ncols(), a.ncols());
                let strides = |of: &[isize]| (of[1], of[0]);
                let ((cc, cr), (ac, ar), (bc, br)) = (strides(c.strides()), strides(a.strides()), strides(b.strides()));
                let (c, a, b) = (c.as_mut_ptr(), a.as_ptr(), b.as_ptr());
                #[allow(unsafe_code, reason = "the library's only interface")]
                // SAFETY: the strides are those of the three arrays, whose shapes agree, and c overlaps neither a nor
                // b.
                unsafe {
                    gemm::gemm(
                        m,
                        n,
                        k,
                        c,
                        cc,
                        cr,
                        read,
                        a,
                        ac,
                        ar,
                        b,
                        bc,
                        br,
                        beta,
                        alpha,
                        false,
                        false,
                        false,
                        parallelism,
                    );
                }
            }
        }
    }
}

/// The best that dense products can do: a mini-batch at once, every product by a library, the rest vectorized, nothing
/// allocated in the loop, decay and step in one product.
pub struct Dense<F> {
    weights: Vec<Array2<F>>,
    biases: Vec<Array1<F>>,
    /// All training images, (n, n_1).
    images: Array2<F>,
    labels: Vec<u8>,
    a: Vec<Array2<F>>,
    delta: Vec<Array2<F>>,
    product: Product,
    arch: pulp::Arch,
}

impl<F: Trainable> Dense<F> {
    pub fn new(network: &Network<F>, training: &Dataset, batch_size: usize, product: Product) -> Self {
        let pixels = training.pixels().iter().map(|&pixel| F::of(f64::from(pixel)) / F::of(255.0)).collect();
        let layer = |&n: &usize| Array2::zeros((batch_size, n));
        Dense {
            weights: network.weights().to_vec(),
            biases: network.biases().to_vec(),
            images: Array2::from_shape_vec((training.len(), training.image_size()), pixels).unwrap(),
            labels: training.labels().to_vec(),
            a: network.sizes().iter().map(layer).collect(),
            delta: network.sizes().iter().map(layer).collect(),
            product,
            arch: pulp::Arch::new(),
        }
    }

    pub fn network(&self) -> Network<F> {
        Network::from_parts(self.weights.clone(), self.biases.clone(), &CrossEntropy).unwrap()
    }

    /// One mini-batch.
    pub fn update(&mut self, mini_batch: &[u32], step: Step) {
        let (m, last) = (mini_batch.len(), self.weights.len());
        for (mut row, &i) in self.a[0].outer_iter_mut().zip(mini_batch) {
            row.assign(&self.images.row(i as usize));
        }
        for l in 0..last {
            let (below, above) = self.a.split_at_mut(l + 1);
            above[0].slice_mut(s![..m, ..]).assign(&self.biases[l]);
            let (a, w) = (below[l].slice(s![..m, ..]), self.weights[l].t());
            self.product.run(&mut above[0], m, F::one(), F::one(), a, w);
            let z = above[0].as_slice_mut().unwrap();
            self.arch.dispatch(|| z.iter_mut().for_each(|z| *z = F::fast_sigmoid(*z)));
        }
        for (k, &i) in mini_batch.iter().enumerate() {
            let mut delta = self.delta[last].row_mut(k);
            delta.assign(&self.a[last].row(k));
            delta[usize::from(self.labels[i as usize])] -= F::one();
        }
        let (decay, rate) = (F::of(step.weight_decay()), F::of(step.eta / m as f64));
        for l in (0..last).rev() {
            let (below, above) = self.delta.split_at_mut(l + 1);
            let delta = above[0].slice(s![..m, ..]);
            if l > 0 {
                self.product.run(&mut below[l], m, F::zero(), F::one(), delta, self.weights[l].view());
                let slopes = self.a[l].as_slice().unwrap();
                let delta = below[l].as_slice_mut().unwrap();
                self.arch.dispatch(|| delta.iter_mut().zip(slopes).for_each(|(d, &a)| *d *= a * (F::one() - a)));
            }
            let (n, a) = (delta.ncols(), self.a[l].slice(s![..m, ..]));
            self.product.run(&mut self.weights[l], n, decay, -rate, delta.t(), a);
            self.biases[l].scaled_add(-rate, &delta.sum_axis(Axis(0)));
        }
    }
}
