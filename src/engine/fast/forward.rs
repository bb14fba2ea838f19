//! The forward pass of a mini-batch: z and a of every layer.

use pulp::{Simd, WithSimd};

use super::drop::Mask;
use super::gather::{BLOCK, Block, Gather};
use super::packed::{Activity, Packed, Panel, Workspace};
use super::pass::{Batch, Context};
use super::pool::MAX_POOL_THREADS;
use super::simd::Vectors;
use super::{dense, product, sparse};
use crate::network::{Activation, Dropout, Output};

impl Context<'_> {
    /// z^l = W^l a^{l-1} + b^l and a^l = sigma(z^l) for all images of the mini-batch, layer by layer. sigma is the
    /// activation of the layer.
    pub fn forward<F: Vectors>(&self, network: &Packed<F>, work: &mut Workspace<F>, batch: Batch, dropout: Dropout) {
        let m = batch.indices.len();
        self.choose_mask(network, &mut work.mask, batch, dropout);
        let Workspace { layers, blocks, mask, .. } = work;
        let mask = |layer, first| Mask::of(mask, &network.sizes, dropout, layer, first);
        if network.sparse {
            let blocks = &*self.gather(blocks, batch, mask(0, 0));
            let scale = F::of(network.scale);
            self.for_each(&mut layers[0], |p, activity| {
                let Panel { incoming: rows, bias, first, neurons, .. } = &network.layers[0][p];
                let z = &mut activity.a[..m * bias.len()];
                for (block, z) in blocks.iter().zip(z.chunks_mut(BLOCK * bias.len())) {
                    self.instructions.run(sparse::Forward { images: &block.gathered, rows, scale, bias, z });
                }
                let width = bias.len();
                self.instructions.run(dense::Activate { activation: network.activation(0), z });
                self.drop_out(z, width, *neurons, mask(1, *first));
            });
        } else {
            self.instructions.run(Spread { batch, panels: &network.layers[0], input: &mut layers[0] });
            for (panel, activity) in network.layers[0].iter().zip(&mut layers[0]) {
                let width = panel.width();
                self.drop_out(&mut activity.a[..m * width], width, panel.neurons, mask(0, panel.first));
            }
        }
        for l in 1..network.layers.len() {
            let (below, above) = layers.split_at_mut(l);
            self.for_each(&mut above[0], |p, activity| {
                let Panel { first, neurons, bias, .. } = &network.layers[l][p];
                let z = &mut activity.a[..m * bias.len()];
                let (panels, below) = (&network.layers[l - 1], &below[l - 1]);
                let (first_neuron, neurons) = (*first, *neurons);
                self.product(product::Forward { panels, below, first_image: 0, first_neuron, neurons, bias, z });
                let width = bias.len();
                self.instructions.run(dense::Activate { activation: network.activation(l), z });
                self.drop_out(z, width, neurons, mask(l + usize::from(network.sparse), first_neuron));
            });
        }
    }

    fn product<F: Vectors>(&self, product: product::Forward<F>) {
        if self.transpose { product.sums_of_rows(self.instructions) } else { product.dot_products(self.instructions) }
    }

    /// Gathers the pairs of sparse images into blocks, and returns the blocks.
    pub fn gather<'b, F: Vectors>(
        &self,
        blocks: &'b mut [Block<F>],
        batch: Batch,
        mask: Option<Mask<F>>,
    ) -> &'b mut [Block<F>] {
        let blocks = &mut blocks[..batch.indices.len().div_ceil(BLOCK)];
        self.for_each(blocks, |b, block| {
            let part = |all| <[u32]>::chunks(all, BLOCK).nth(b).unwrap_or_default();
            let batch = Batch { indices: part(batch.indices), next: part(batch.next), ..batch };
            let mask = mask.map(|mask| mask.skip(b * BLOCK));
            self.instructions.run(Gather { block, batch, mask });
        });
        blocks
    }

    /// Chooses the neurons that are kept for each image of the mini-batch. The threads share the images.
    fn choose_mask<F: Vectors>(
        &self,
        network: &Packed<F>,
        mask: &mut Vec<u8>,
        Batch { images, indices, .. }: Batch,
        dropout: Dropout,
    ) {
        if dropout.is_off() || indices.is_empty() {
            return;
        }
        let first = images.data.first() as u32; // of this engine, among the images of all engines
        let sizes = &network.sizes[..network.sizes.len() - 1];
        let neurons: usize = sizes.iter().sum();
        mask.resize(indices.len() * neurons, 0);
        let per_thread = indices.len().div_ceil(self.threads);
        let mut parts = indices.chunks(per_thread).zip(mask.chunks_mut(per_thread * neurons));
        let mut parts: [_; MAX_POOL_THREADS] = std::array::from_fn(|_| parts.next());
        self.for_each(&mut parts[..self.threads], |_, part| {
            let Some((indices, mask)) = part else { return };
            let each = indices.iter().zip(mask.chunks_mut(neurons));
            each.for_each(|(&image, mask)| dropout.choose(first + image, sizes, mask));
        });
    }

    /// z^L and a^L of the images from `first_image` on.
    pub fn outputs<F: Vectors>(
        &self,
        network: &Packed<F>,
        layers: &[Vec<Activity<F>>],
        output: Output,
        first_image: usize,
        z: &mut [F],
        a: &mut [F],
    ) {
        let bias = &network.output_bias;
        let (panels, below, neurons) = (&network.layers[layers.len() - 1], &layers[layers.len() - 1], network.n_out());
        self.product(product::Forward { panels, below, first_image, first_neuron: 0, neurons, bias, z });
        a.copy_from_slice(z);
        match output {
            Output::Sigmoid => self.instructions.run(dense::Activate { activation: Activation::Sigmoid, z: a }),
            Output::Softmax => self.instructions.run(dense::Softmax { z: a, width: bias.len(), n: neurons }),
        }
    }
}

/// Writes dense images as the activations of an input layer.
struct Spread<'a, F> {
    batch: Batch<'a>,
    panels: &'a [Panel<F>],
    input: &'a mut [Activity<F>],
}

impl<F: Vectors> WithSimd for Spread<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let scale = F::of(1.0 / 255.0);
        for (panel, activity) in self.panels.iter().zip(self.input) {
            for (a, &image) in activity.a.chunks_exact_mut(panel.width()).zip(self.batch.indices) {
                let pixels = &self.batch.images.data.image(image as usize)[panel.first..][..panel.neurons];
                for (a, &pixel) in a.iter_mut().zip(pixels) {
                    *a = F::from_byte(pixel) * scale;
                }
            }
        }
    }
}
