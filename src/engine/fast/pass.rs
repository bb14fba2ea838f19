//! A mini-batch on its way through the network: forward, then back by the book's four equations.

use pulp::{Simd, WithSimd};

use super::drop::{DropOut, Kept};
use super::images::Images;
use super::optimize::{Follow, Optimize};
use super::packed::{Activity, Moments, Packed, Panel, Workspace};
use super::pairs::{self, BLOCK, Block};
use super::pool::{MOST_THREADS, Pool};
use super::simd::InstructionSet;
use super::simd::Vectors;
use super::{dense, panels};
use crate::network::{Activation, Cost, Dropout, Output, Rule, Step};

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
        (batch, next): (&[u32], &[u32]),
        dropout: Dropout,
    ) {
        let m = batch.len();
        self.choose_kept(network, &mut work.kept, batch, dropout);
        let Workspace { layers, blocks, kept, .. } = work;
        let kept = |layer, first| Kept::of(kept, &network.sizes, dropout, layer, first);
        if network.sparse {
            let blocks = &mut blocks[..m.div_ceil(BLOCK)];
            self.for_each(blocks, |b, block| {
                let part = |all| <[u32]>::chunks(all, BLOCK).nth(b).unwrap_or_default();
                let kept = kept(0, 0).map(|kept| kept.skip(b * BLOCK));
                self.instructions.run(pairs::Gather { block, images, batch: part(batch), next: part(next), kept });
            });
            let (blocks, scale) = (&*blocks, F::of(network.scale));
            self.for_each(&mut layers[0], |p, activity| {
                let Panel { incoming: rows, bias, first, neurons, .. } = &network.layers[0][p];
                let z = &mut activity.a[..m * bias.len()];
                for (block, z) in blocks.iter().zip(z.chunks_mut(BLOCK * bias.len())) {
                    self.instructions.run(panels::Forward { images: &block.gathered, rows, scale, bias, z });
                }
                let width = bias.len();
                self.instructions.run(dense::Activate { activation: network.activation(0), z });
                self.drop_out(z, width, *neurons, kept(1, *first));
            });
        } else {
            self.instructions.run(Spread { images, batch, panels: &network.layers[0], input: &mut layers[0] });
            for (panel, activity) in network.layers[0].iter().zip(&mut layers[0]) {
                let width = panel.width();
                self.drop_out(&mut activity.a[..m * width], width, panel.neurons, kept(0, panel.first));
            }
        }
        for l in 1..network.layers.len() {
            let (below, above) = layers.split_at_mut(l);
            self.for_each(&mut above[0], |p, activity| {
                let Panel { first, neurons, bias, .. } = &network.layers[l][p];
                let z = &mut activity.a[..m * bias.len()];
                let (panels, below) = (&network.layers[l - 1], &below[l - 1]);
                let (first_neuron, neurons) = (*first, *neurons);
                self.instructions.run(dense::Forward { panels, below, first_image: 0, first_neuron, neurons, bias, z });
                let width = bias.len();
                self.instructions.run(dense::Activate { activation: network.activation(l), z });
                self.drop_out(z, width, neurons, kept(l + usize::from(network.sparse), first_neuron));
            });
        }
    }

    /// Chooses the neurons that each image of the mini-batch keeps. Threads share out the images.
    fn choose_kept<F: Vectors>(&self, network: &Packed<F>, kept: &mut Vec<u8>, batch: &[u32], dropout: Dropout) {
        if dropout.is_off() {
            return;
        }
        let sizes = &network.sizes[..network.sizes.len() - 1];
        let neurons: usize = sizes.iter().sum();
        kept.resize(batch.len() * neurons, 0);
        let per_thread = batch.len().div_ceil(self.threads);
        let mut parts = batch.chunks(per_thread).zip(kept.chunks_mut(per_thread * neurons));
        let mut parts: [_; MOST_THREADS] = std::array::from_fn(|_| parts.next());
        self.for_each(&mut parts[..self.threads], |_, part| {
            let Some((images, kept)) = part else { return };
            images.iter().zip(kept.chunks_mut(neurons)).for_each(|(&image, kept)| dropout.choose(image, sizes, kept));
        });
    }

    fn drop_out<F: Vectors>(&self, numbers: &mut [F], width: usize, neurons: usize, kept: Option<Kept<F>>) {
        if let Some(kept) = kept {
            self.instructions.run(DropOut { numbers, width, neurons, kept });
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
    pub fn backward<F: Vectors>(
        &self,
        network: &mut Packed<F>,
        work: &mut Workspace<F>,
        m: usize,
        step: Step,
        updates: u64,
    ) {
        let Workspace { blocks, layers, delta: output_delta, kept, .. } = work;
        let plain = step.is_plain();
        if network.sparse && plain {
            network.decay(step.weight_decay());
        } else {
            network.fold_scale();
        }
        let rate = -step.eta / m as f64;
        let descent = Descent {
            m,
            keep: F::of(step.weight_decay()),
            rate: F::of(rate),
            scaled_rate: F::of(rate / network.scale),
            share: F::of(1.0 / m as f64),
            weights: Rule::new(&step, updates, true),
            biases: Rule::new(&step, updates, false),
        };
        let (first_layer, sizes) = (usize::from(network.sparse), &network.sizes[..]);
        let output =
            Above { delta: output_delta, width: network.output_bias.len(), first: 0, neurons: network.n_out() };
        let moments = network.output_moments.as_mut().filter(|_| !plain);
        self.step_bias(&mut network.output_bias, moments, &output.delta[..m * output.width], &descent);
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
                    let kept = Kept::of(kept, sizes, step.dropout, l + first_layer, panel.first);
                    self.error(panel, activity, (activation, kept), above(), m);
                    let width = panel.width();
                    let moments = panel.moments.as_mut().filter(|_| !plain).map(|moments| &mut moments.bias);
                    self.step_bias(&mut panel.bias, moments, &activity.delta[..m * width], &descent);
                }
                self.step_outgoing(panel, plain, activity, above(), &descent);
                self.step_incoming(panel, plain, activity, blocks, &descent);
            });
        }
    }

    /// BP2: delta^l = (W^{l+1}^T delta^{l+1}) * sigmoid'(z^l)
    fn error<'a, F: Vectors>(
        &self,
        panel: &Panel<F>,
        activity: &mut Activity<F>,
        (activation, kept): (Activation, Option<Kept<F>>),
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
        // What was kept was multiplied; the slope is that of the activation before.
        let unscale = kept.as_ref().map_or(one, |kept| one / kept.factor);
        self.instructions.run(dense::TimesSlope { activation, delta, a, unscale });
        self.drop_out(delta, width, panel.neurons, kept);
    }

    /// Steps some numbers. A plain step goes straight into them: `add` is told what to keep of them and at which rate to
    /// add. An optimizer that remembers wants the gradient first.
    fn step<F: Vectors>(
        &self,
        numbers: &mut [F],
        moments: Option<&mut Moments<F>>,
        (keep, rate, share, rule): (F, F, F, Rule<F>),
        add: impl FnOnce(&mut [F], F, F),
    ) {
        let Some(moments) = moments else { return add(numbers, keep, rate) };
        moments.nabla.fill(F::zero());
        add(&mut moments.nabla, F::one(), share);
        self.instructions.run(Optimize { numbers, moments, rule });
    }

    /// BP3: nabla_b^l = delta^l
    fn step_bias<F: Vectors>(
        &self,
        bias: &mut [F],
        moments: Option<&mut Moments<F>>,
        delta: &[F],
        &Descent { rate, share, biases, .. }: &Descent<F>,
    ) {
        self.step(bias, moments, (F::one(), rate, share, biases), |bias, _, rate| {
            self.instructions.run(dense::StepBias { bias, rate, delta });
        });
    }

    /// BP4: nabla_w^{l+1} = delta^{l+1} (a^l)^T
    fn step_outgoing<'a, F: Vectors>(
        &self,
        panel: &mut Panel<F>,
        plain: bool,
        activity: &Activity<F>,
        above: impl Iterator<Item = Above<'a, F>>,
        &Descent { m, keep, rate, share, weights, .. }: &Descent<F>,
    ) {
        let width = panel.width();
        let b = &activity.a[..m * width];
        let moments = panel.moments.as_mut().filter(|_| !plain).map(|moments| &mut moments.outgoing);
        self.step(&mut panel.outgoing, moments, (keep, rate, share, weights), |rows, keep, factor| {
            for Above { delta: s, width: s_width, first, neurons } in above {
                let c = &mut rows[first * width..][..neurons * width];
                let s_strides = (1, s_width);
                self.instructions.run(dense::AddRows { c, keep, factor, b, width, s, s_strides });
            }
        });
    }

    /// BP4 of a sparse first layer: nabla_w^1 = delta^1 x^T
    fn step_incoming<F: Vectors>(
        &self,
        panel: &mut Panel<F>,
        plain: bool,
        activity: &Activity<F>,
        blocks: &[Block<F>],
        &Descent { m, scaled_rate, share, weights, .. }: &Descent<F>,
    ) {
        if panel.incoming.is_empty() {
            return;
        }
        let width = panel.width();
        let moments = panel.moments.as_mut().filter(|_| !plain).map(|moments| &mut moments.incoming);
        self.step(&mut panel.incoming, moments, (F::one(), scaled_rate, share, weights), |rows, _, rate| {
            for (block, delta) in blocks.iter().zip(activity.delta[..m * width].chunks(BLOCK * width)) {
                let rows = &mut *rows;
                if let Some(images) = &block.turned {
                    self.instructions.run(panels::DescendTurned { images, delta, width, rate, rows });
                } else {
                    let images = &block.gathered;
                    self.instructions.run(panels::Descend { images, delta, width, rate, rows });
                }
            }
        });
    }

    /// Moves the average by `share` of the way to the network.
    pub fn follow<F: Vectors>(&self, average: &mut Packed<F>, network: &Packed<F>, share: f64) {
        let (share, scale) = (F::of(share), F::of(network.scale));
        let follow = |average: &mut [F], numbers: &[F], scale: F| {
            self.instructions.run(Follow { average, numbers, scale, share });
        };
        follow(&mut average.output_bias, &network.output_bias, F::one());
        for (average, panels) in average.layers.iter_mut().zip(&network.layers) {
            self.for_each(average, |p, average| {
                follow(&mut average.bias, &panels[p].bias, F::one());
                follow(&mut average.incoming, &panels[p].incoming, scale);
                follow(&mut average.outgoing, &panels[p].outgoing, F::one());
            });
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
    /// 1 / m
    share: F,
    /// Of an optimizer that remembers.
    weights: Rule<F>,
    biases: Rule<F>,
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
