//! A network in the engine's own layout, and the scratch space of one mini-batch.

use super::buffer::Buffer;
use super::dense::fill;
use super::gather::{BLOCK, Block};
use super::simd::Vectors;
use crate::network::{Activation, Cost, Network, shrink};

/// The largest number of vectors of neurons in a panel: with more, the registers could not hold their sums.
pub(super) const MAX_VECTORS: usize = 4;
/// The numbers in the widest vector of any instruction set.
const MAX_LANES: usize = 16;
/// The largest number of neurons in a panel.
pub(super) const WIDEST: usize = MAX_VECTORS * MAX_LANES;

/// For larger mini-batches than this, the gradient is summed before it is added to the weights: added image by image,
/// small steps would be rounded away.
const MAX_ONE_BY_ONE: usize = 128;

/// The largest size in bytes of a band of rows of a panel. It is more than the nearest cache holds, but rarely are more
/// than half of the rows in use, because most pixels are zero.
const BAND_BYTES: usize = 128 << 10;

/// Some neighbouring neurons of a layer in whole vectors, padded with neurons whose a is always 0.
pub(super) struct Panel<F> {
    pub first: usize,
    pub neurons: usize,
    pub bias: Buffer<F>,     // (width)
    pub incoming: Buffer<F>, // (n_in, width), in the first layer of a network for sparse images; elsewhere empty
    pub outgoing: Buffer<F>, // (n_out, width): the columns of the next layer's weights that these neurons feed
    pub moments: Option<Box<PanelMoments<F>>>,
}

/// The gradient and moments of the numbers of a panel.
pub(super) struct PanelMoments<F> {
    pub bias: Moments<F>,
    pub incoming: Moments<F>,
    pub outgoing: Moments<F>,
}

/// The gradient of some numbers, and the optimizer's moments of it; each is as long as the numbers.
pub(super) struct Moments<F> {
    pub nabla: Buffer<F>,
    pub first: Buffer<F>,
    pub second: Buffer<F>,
}

impl<F: Vectors> Moments<F> {
    fn of(numbers: &[F]) -> Self {
        let [nabla, first, second] = std::array::from_fn(|_| Buffer::zeros(numbers.len()));
        Moments { nabla, first, second }
    }
}

impl<F: Vectors> Panel<F> {
    /// Neurons whose activation is 0, with space for the weights from `n_in` neurons and to `n_out` neurons.
    fn new(Cut { first, neurons, width }: Cut, fill: F, n_in: usize, n_out: usize) -> Self {
        let mut bias = Buffer::zeros(width);
        bias.fill(fill);
        let [incoming, outgoing] = [n_in, n_out].map(|n| Buffer::zeros(n * width));
        Panel { first, neurons, bias, incoming, outgoing, moments: None }
    }

    /// The number of neurons, padding included.
    #[inline(always)]
    pub fn width(&self) -> usize {
        self.bias.len()
    }
}

/// The activations and deltas of a panel for a mini-batch.
pub(super) struct Activity<F> {
    pub a: Buffer<F>,     // (m, width)
    pub delta: Buffer<F>, // (m, width)
}

/// The network, cut into panels.
pub(super) struct Packed<F: Vectors> {
    /// The panels of each hidden layer, preceded by those of the input if the images are dense.
    pub layers: Vec<Vec<Panel<F>>>,
    pub(super) activations: Vec<Activation>,
    pub cost: &'static dyn Cost<F>,
    /// The weights of a sparse first layer are `scale` times `incoming`, so that decay is a single multiplication.
    pub scale: f64,
    pub output_bias: Buffer<F>, // (n_L in whole vectors)
    pub output_moments: Option<Moments<F>>,
    pub sizes: Vec<usize>,
    pub sparse: bool,
    lanes: usize,
}

/// The part of a layer that goes into one panel.
struct Cut {
    first: usize,
    neurons: usize,
    /// The number of neurons, padding included.
    width: usize,
}

/// Cuts `n` neurons into panels. If there is more than one panel, their number is even, so that two threads share them
/// evenly. The cut does not depend on the number of threads, so neither do the results.
fn cut(n: usize, lanes: usize) -> impl Iterator<Item = Cut> {
    let vectors = n.div_ceil(lanes);
    let panels = match vectors.div_ceil(MAX_VECTORS) {
        1 => 1,
        many => many.next_multiple_of(2),
    };
    (0..panels).map(move |p| {
        let (first, end) = (p * vectors / panels * lanes, (p + 1) * vectors / panels * lanes);
        Cut { first, neurons: end.min(n) - first, width: end - first }
    })
}

impl<F: Vectors> Packed<F> {
    /// Packs a network whose weights are in the book's layout.
    pub fn new(network: Network<F>, sparse: bool, lanes: usize) -> Self {
        let (sizes, activations, cost) = (network.sizes(), network.activations().to_vec(), network.cost());
        let n_out = sizes[sizes.len() - 1];
        let panels = |l: usize| {
            let fill = if l > 0 { fill(activations[l - 1]) } else { F::zero() };
            let n_in = if sparse && l == 1 { sizes[0] } else { 0 };
            cut(sizes[l], lanes).map(|cut| Panel::new(cut, fill, n_in, sizes[l + 1])).collect()
        };
        let layers = (usize::from(sparse)..sizes.len() - 1).map(panels).collect();
        let mut output_bias = Buffer::zeros(n_out.next_multiple_of(lanes));
        output_bias.fill(F::min_value());
        let (scale, output_moments) = (1.0, None);
        let mut packed = Packed { layers, activations, cost, scale, output_bias, output_moments, sizes, sparse, lanes };
        packed.set_numbers(network);
        packed
    }

    /// The activation of `layers[l]`, which must not be the input.
    pub fn activation(&self, l: usize) -> Activation {
        self.activations[l + usize::from(self.sparse) - 1]
    }

    /// Allocates the moments of an optimizer, unless that has been done.
    pub fn remember(&mut self) {
        if self.output_moments.is_some() {
            return;
        }
        self.output_moments = Some(Moments::of(&self.output_bias));
        for panel in self.layers.iter_mut().flatten() {
            let [bias, incoming, outgoing] = [&panel.bias, &panel.incoming, &panel.outgoing].map(|b| Moments::of(b));
            panel.moments = Some(Box::new(PanelMoments { bias, incoming, outgoing }));
        }
    }

    /// The stored gradient, part by part.
    pub fn gradient(&mut self) -> Vec<&mut [F]> {
        let moments = self.layers.iter_mut().flatten().filter_map(|panel| panel.moments.as_deref_mut());
        let parts = moments.flat_map(|PanelMoments { bias, incoming, outgoing }| [bias, incoming, outgoing]);
        parts.chain(&mut self.output_moments).map(|moments| &mut *moments.nabla).collect()
    }

    /// The number of values in a vector.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Scales the weights into each hidden neuron down to norm `most`, if their norm exceeds it.
    pub fn limit_norms(&mut self, most: f64) {
        let last = self.layers.len() - 1;
        for Panel { incoming, bias, .. } in &mut self.layers[0] {
            let width = bias.len();
            let mut squares = [F::zero(); WIDEST];
            for row in incoming.chunks_exact(width) {
                squares.iter_mut().zip(row).for_each(|(sum, &w)| *sum += w * w);
            }
            let factors = squares.map(|squares| shrink(squares, most));
            for row in incoming.chunks_exact_mut(width).filter(|_| factors.iter().any(|&factor| factor != F::one())) {
                row.iter_mut().zip(&factors).for_each(|(w, &factor)| *w *= factor);
            }
        }
        for (layer, &n) in self.layers[..last].iter_mut().zip(&self.sizes[1 + usize::from(self.sparse)..]) {
            for j in 0..n {
                let row = |panel: &Panel<F>| j * panel.width()..(j + 1) * panel.width();
                let mut squares = F::zero();
                for panel in &*layer {
                    squares += panel.outgoing[row(panel)].iter().map(|&w| w * w).sum::<F>();
                }
                let factor = shrink(squares, most);
                for panel in layer.iter_mut().filter(|_| factor != F::one()) {
                    let row = row(panel);
                    panel.outgoing[row].iter_mut().for_each(|w| *w *= factor);
                }
            }
        }
    }

    /// The number of outputs, n_L.
    pub fn n_out(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    /// Multiplies the first layer's weights by `factor`, by changing `scale`. The scale is folded into the weights only
    /// when it becomes very small or very large.
    pub fn decay(&mut self, factor: f64) {
        self.scale *= factor;
        if !(1e-6..1e6).contains(&self.scale.abs()) {
            self.fold_scale();
        }
    }

    /// Multiplies the first layer's weights by `scale` and sets it to 1.
    pub fn fold_scale(&mut self) {
        if self.scale.to_bits() == 1.0_f64.to_bits() {
            return; // nothing to fold
        }
        let scale = F::of(self.scale);
        for panel in &mut self.layers[0] {
            panel.incoming.iter_mut().for_each(|w| *w *= scale);
        }
        self.scale = 1.0;
    }
}

/// All intermediate results for one mini-batch, allocated once.
pub(super) struct Workspace<F> {
    pub blocks: Vec<Block<F>>,         // of sparse images; empty for dense ones
    pub layers: Vec<Vec<Activity<F>>>, // as in `Packed`
    pub mask: Vec<u8>,                 // (m, neurons but those of the output): 1 = kept; empty without dropout
    pub remaining: Vec<usize>,         // with a tolerance: which images of the mini-batch are not left out
    pub remaining_images: Vec<u32>,    // and their numbers among the training images, if any are left out
    pub z: Buffer<F>,                  // (m, width): z^L
    pub a: Buffer<F>,                  // (m, width): a^L
    pub delta: Buffer<F>,              // (m, width): delta^L
}

impl<F: Vectors> Workspace<F> {
    /// For mini-batches of up to `m` images; `train` says whether to train, or only to evaluate.
    pub fn new(network: &Packed<F>, m: usize, train: bool) -> Self {
        let activity = |panel: &Panel<F>| Activity {
            a: Buffer::zeros(m * panel.width()),
            delta: Buffer::zeros(m * panel.width()),
        };
        let output = || Buffer::zeros(m * network.output_bias.len());
        // Transposing the pairs of a mini-batch pays off from about a dozen vectors of neurons on.
        let vectors = network.layers[0].iter().map(Panel::width).sum::<usize>() / network.lanes();
        let transposed = train && (m >= 24 && vectors >= 12 || m > MAX_ONE_BY_ONE);
        let n_in = network.sizes[0];
        let widest = network.layers[0].iter().map(Panel::width).max().unwrap_or(1);
        let bands = (n_in * widest * size_of::<F>()).div_ceil(BAND_BYTES);
        let block = |start| Block::new(BLOCK.min(m - start), (n_in, bands), transposed);
        Workspace {
            blocks: (0..if network.sparse { m } else { 0 }).step_by(BLOCK).map(block).collect(),
            layers: network.layers.iter().map(|layer| layer.iter().map(activity).collect()).collect(),
            mask: Vec::new(),
            remaining: Vec::with_capacity(m),
            remaining_images: Vec::with_capacity(m),
            z: output(),
            a: output(),
            delta: output(),
        }
    }
}
