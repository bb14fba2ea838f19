//! A mini-batch on its way through the network: forward, then back by the book's four equations.

use pulp::{Simd, WithSimd};

use super::images::Images;
use super::packed::{Activity, Packed, Panel, Workspace};
use super::pairs::{self, BLOCK, Block};
use super::pool::{MOST_THREADS, Pool};
use super::simd::InstructionSet;
use super::simd::Vectors;
use super::{dense, panels};
use crate::network::{Activation, Cost, Output, Step};

/// Where a mini-batch is computed.
pub(super) struct On<'a> {
    pub instructions: InstructionSet,
    pub pool: &'a Pool,
    pub threads: usize,
}

impl On<'_> {
    /// z^l = W^l a^{l-1} + b^l and a^l = sigmoid(z^l), for all images of the mini-batch, layer by layer.
    pub fn forward<F: Vectors>(
        &self,
        network: &Packed<F>,
        work: &mut Workspace<F>,
        images: &Images,
        batch: &[u32],
        next: &[u32],
    ) {
        let m = batch.len();
        if network.sparse {
            let blocks = &mut work.blocks[..m.div_ceil(BLOCK)];
            self.for_each(blocks, |b, block| {
                let part = |all| <[u32]>::chunks(all, BLOCK).nth(b).unwrap_or_default();
                self.instructions.run(pairs::Gather { block, images, batch: part(batch), next: part(next) });
            });
            let (blocks, scale) = (&*blocks, F::of(network.scale));
            self.for_each(&mut work.layers[0], |p, activity| {
                let Panel { incoming: rows, bias, .. } = &network.layers[0][p];
                let z = &mut activity.a[..m * bias.len()];
                for (block, z) in blocks.iter().zip(z.chunks_mut(BLOCK * bias.len())) {
                    self.instructions.run(panels::Forward { images: &block.gathered, rows, scale, bias, z });
                }
                self.instructions.run(dense::Activate { activation: network.activation(0), z });
            });
        } else {
            self.instructions.run(Spread { images, batch, panels: &network.layers[0], input: &mut work.layers[0] });
        }
        for l in 1..network.layers.len() {
            let (below, above) = work.layers.split_at_mut(l);
            self.for_each(&mut above[0], |p, activity| {
                let Panel { first, neurons, bias, .. } = &network.layers[l][p];
                let z = &mut activity.a[..m * bias.len()];
                let (panels, below) = (&network.layers[l - 1], &below[l - 1]);
                let (first_neuron, neurons) = (*first, *neurons);
                self.instructions.run(dense::Forward { panels, below, first_image: 0, first_neuron, neurons, bias, z });
                self.instructions.run(dense::Activate { activation: network.activation(l), z });
            });
        }
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
        self.instructions.run(dense::Forward { panels, below, first_image, first_neuron: 0, neurons, bias, z });
        a.copy_from_slice(z);
        match output {
            Output::Sigmoid => self.instructions.run(dense::Activate { activation: Activation::Sigmoid, z: a }),
            Output::Softmax => self.instructions.run(dense::Softmax { z: a, width: bias.len(), n: neurons }),
        }
    }

    /// BP1: delta^L of every image, as the cost defines it. Threads share out the images.
    pub fn output_deltas<'y, F: Vectors>(
        &self,
        network: &Packed<F>,
        work: &mut Workspace<F>,
        cost: &dyn Cost<F>,
        target: impl Fn(usize) -> &'y [F] + Sync,
        m: usize,
    ) {
        let (n_out, width) = (network.n_out(), network.output_bias.len());
        let per_thread = m.div_ceil(self.threads);
        let (z, a) = (work.z[..m * width].chunks_mut(per_thread * width), work.a.chunks_mut(per_thread * width));
        let mut parts = z.zip(a).zip(work.delta.chunks_mut(per_thread * width));
        let mut parts: [_; MOST_THREADS] = std::array::from_fn(|_| parts.next());
        self.for_each(&mut parts[..self.threads], |t, part| {
            let Some(((z, a), delta)) = part else { return };
            let a = &mut a[..z.len()];
            self.outputs(network, &work.layers, cost.output(), t * per_thread, z, a);
            for (k, ((z, a), delta)) in z.chunks(width).zip(a.chunks(width)).zip(delta.chunks_mut(width)).enumerate() {
                cost.delta(&z[..n_out], &a[..n_out], target(t * per_thread + k), &mut delta[..n_out]);
            }
        });
    }

    /// From the output layer down to the first: the deltas of a layer, then at once the step of the weights that leave
    /// it, for nobody else needs them any more. Threads share out the panels of a layer.
    pub fn backward<F: Vectors>(&self, network: &mut Packed<F>, work: &mut Workspace<F>, m: usize, step: Step) {
        let Workspace { blocks, layers, delta: output_delta, .. } = work;
        if network.sparse {
            network.decay(step.weight_decay());
        }
        let rate = -step.eta / m as f64;
        let descent = Descent {
            m,
            keep: F::of(step.weight_decay()),
            rate: F::of(rate),
            scaled_rate: F::of(rate / network.scale),
        };
        let output =
            Above { delta: output_delta, width: network.output_bias.len(), first: 0, neurons: network.n_out() };
        self.step_bias(&mut network.output_bias, &output.delta[..m * output.width], &descent);
        for l in (0..network.layers.len()).rev() {
            let error = (l > 0 || network.sparse).then(|| network.activation(l)); // the pixels of dense images have none
            let (here, above) = layers.split_at_mut(l + 1);
            let (panels, panels_above) = network.layers.split_at_mut(l + 1);
            let above = || {
                let hidden = above.first().into_iter().flatten().zip(panels_above.first().into_iter().flatten());
                hidden.map(|(activity, panel)| Above::of(activity, panel)).chain(above.is_empty().then_some(output))
            };
            self.pool.for_each(self.threads, &mut panels[l], &mut here[l], |_, panel, activity| {
                if let Some(activation) = error {
                    self.error(panel, activity, activation, above(), m);
                    let width = panel.width();
                    self.step_bias(&mut panel.bias, &activity.delta[..m * width], &descent);
                }
                self.step_outgoing(panel, activity, above(), &descent);
                self.step_incoming(panel, activity, blocks, &descent);
            });
        }
    }

    /// BP2: delta^l = (W^{l+1}^T delta^{l+1}) * sigmoid'(z^l)
    fn error<'a, F: Vectors>(
        &self,
        panel: &Panel<F>,
        activity: &mut Activity<F>,
        activation: Activation,
        above: impl Iterator<Item = Above<'a, F>>,
        m: usize,
    ) {
        let (width, one) = (panel.width(), F::one());
        let (a, delta) = (&activity.a[..m * width], &mut activity.delta[..m * width]);
        delta.fill(F::zero());
        for Above { delta: s, width: s_width, first, neurons } in above {
            let b = &panel.outgoing[first * width..][..neurons * width];
            let s_strides = (s_width, 1);
            self.instructions.run(dense::AddRows { c: delta, keep: one, factor: one, b, width, s, s_strides });
        }
        self.instructions.run(dense::TimesSlope { activation, delta, a });
    }

    /// BP3: nabla_b^l = delta^l
    fn step_bias<F: Vectors>(&self, bias: &mut [F], delta: &[F], descent: &Descent<F>) {
        self.instructions.run(dense::StepBias { bias, rate: descent.rate, delta });
    }

    /// BP4: nabla_w^{l+1} = delta^{l+1} (a^l)^T
    fn step_outgoing<'a, F: Vectors>(
        &self,
        panel: &mut Panel<F>,
        activity: &Activity<F>,
        above: impl Iterator<Item = Above<'a, F>>,
        &Descent { m, keep, rate: factor, .. }: &Descent<F>,
    ) {
        let width = panel.width();
        let b = &activity.a[..m * width];
        for Above { delta: s, width: s_width, first, neurons } in above {
            let c = &mut panel.outgoing[first * width..][..neurons * width];
            let s_strides = (1, s_width);
            self.instructions.run(dense::AddRows { c, keep, factor, b, width, s, s_strides });
        }
    }

    /// BP4 of a sparse first layer: nabla_w^1 = delta^1 x^T
    fn step_incoming<F: Vectors>(
        &self,
        panel: &mut Panel<F>,
        activity: &Activity<F>,
        blocks: &[Block<F>],
        &Descent { m, scaled_rate: rate, .. }: &Descent<F>,
    ) {
        if panel.incoming.is_empty() {
            return;
        }
        let width = panel.width();
        for (block, delta) in blocks.iter().zip(activity.delta[..m * width].chunks(BLOCK * width)) {
            let rows = &mut *panel.incoming;
            match &block.turned {
                None => self.instructions.run(panels::Descend { images: &block.gathered, delta, width, rate, rows }),
                Some(images) => self.instructions.run(panels::DescendTurned { images, delta, width, rate, rows }),
            }
        }
    }

    fn for_each<T: Send>(&self, items: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        let nothing = &mut vec![(); items.len()]; // which allocates nothing
        self.pool.for_each(self.threads, items, nothing, |i, item, ()| f(i, item));
    }
}

/// The constants of a step of gradient descent.
struct Descent<F> {
    m: usize,
    /// 1 - eta lambda / n
    keep: F,
    /// -eta / m
    rate: F,
    /// The same for weights that have the scale of a sparse first layer beside them.
    scaled_rate: F,
}

/// The deltas of some neurons of the layer above, in panels as they were computed.
struct Above<'a, F> {
    delta: &'a [F], // (m, width)
    width: usize,
    first: usize,
    neurons: usize,
}

impl<F> Clone for Above<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Above<'_, F> {}

impl<'a, F: Vectors> Above<'a, F> {
    fn of(activity: &'a Activity<F>, panel: &Panel<F>) -> Self {
        Above { delta: &activity.delta, width: panel.width(), first: panel.first, neurons: panel.neurons }
    }
}

/// Lays dense images out as the activations of an input layer.
struct Spread<'a, F> {
    images: &'a Images,
    batch: &'a [u32],
    panels: &'a [Panel<F>],
    input: &'a mut [Activity<F>],
}

impl<F: Vectors> WithSimd for Spread<'_, F> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let scale = F::of(1.0 / 255.0);
        for (panel, activity) in self.panels.iter().zip(self.input) {
            for (a, &image) in activity.a.chunks_exact_mut(panel.width()).zip(self.batch) {
                let pixels = &self.images.data.image(image as usize)[panel.first..][..panel.neurons];
                for (a, &pixel) in a.iter_mut().zip(pixels) {
                    *a = F::from_byte(pixel) * scale;
                }
            }
        }
    }
}
