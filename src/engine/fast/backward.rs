//! A mini-batch on its way back down, by the book's four equations: delta of every layer, and the steps that follow.

use super::drop::Kept;
use super::gather::{BLOCK, Block, Turn};
use super::optimize::{Follow, Optimize};
use super::packed::{Activity, Moments, Packed, Panel, Workspace};
use super::pass::On;
use super::pool::MOST_THREADS;
use super::simd::Vectors;
use super::{dense, panels};
use crate::network::{Activation, Cost, Rule, Step};

impl On<'_> {
    /// BP1: delta^L of every image, as the cost defines it. Threads share out the images.
    pub fn output_deltas<'y, F: Vectors>(
        &self,
        network: &Packed<F>,
        work: &mut Workspace<F>,
        cost: &dyn Cost<F>,
        target: impl Fn(usize) -> &'y [F] + Sync,
        m: usize,
    ) {
        if m == 0 {
            return;
        }
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
                let delta = &mut delta[..n_out];
                cost.delta(&z[..n_out], &a[..n_out], target(t * per_thread + k), delta);
                for delta in delta {
                    *delta = dense::flushed(*delta);
                }
            }
        });
    }

    /// From the output layer down to the first: the deltas of a layer, then at once the step of the weights that leave
    /// it, for nobody else needs them any more. Threads share out the panels of a layer.
    ///
    /// These are `here` of the `m` images of a mini-batch. If `updates`, the number of this step, is not given, nothing is
    /// stepped: the gradient stays where an optimizer keeps it, to be completed.
    pub fn backward<F: Vectors>(
        &self,
        network: &mut Packed<F>,
        work: &mut Workspace<F>,
        (here, m): (usize, usize),
        step: Step,
        updates: Option<u64>,
    ) {
        let Workspace { blocks, layers, delta: output_delta, kept, .. } = work;
        if blocks.first().is_some_and(|block| block.turned.is_some()) {
            self.for_each(&mut blocks[..here.div_ceil(BLOCK)], |_, block| self.instructions.run(Turn(block)));
        }
        let plain = step.is_plain() && updates.is_some();
        if network.sparse && plain {
            network.decay(step.weight_decay());
        } else {
            network.fold_scale();
        }
        let rate = -step.eta / m as f64;
        let rule = |is_weight| updates.filter(|_| !plain).map(|updates| Rule::new(&step, updates, is_weight));
        let descent = Descent {
            m: here,
            keep: F::of(step.weight_decay()),
            rate: F::of(rate),
            scaled_rate: F::of(rate / network.scale),
            share: F::of(1.0 / m as f64),
            weights: rule(true),
            biases: rule(false),
        };
        let (first_layer, sizes) = (usize::from(network.sparse), &network.sizes[..]);
        let output =
            Above { delta: output_delta, width: network.output_bias.len(), first: 0, neurons: network.n_out() };
        let moments = network.output_moments.as_mut().filter(|_| !plain);
        self.step_bias(&mut network.output_bias, moments, &output.delta[..here * output.width], &descent);
        for l in (0..network.layers.len()).rev() {
            let error = (l > 0 || network.sparse).then(|| network.activation(l)); // the pixels of dense images have none
            let (below, above) = layers.split_at_mut(l + 1);
            let (panels, panels_above) = network.layers.split_at_mut(l + 1);
            let above = || {
                let hidden = above.first().into_iter().flatten().zip(panels_above.first().into_iter().flatten());
                hidden.map(|(activity, panel)| Above::of(activity, panel)).chain(above.is_empty().then_some(output))
            };
            self.pool.for_each(self.threads, &mut panels[l], &mut below[l], |_, panel, activity| {
                if let Some(activation) = error {
                    let kept = Kept::of(kept, sizes, step.dropout, l + first_layer, panel.first);
                    self.error(panel, activity, (activation, kept), above(), here);
                    let width = panel.width();
                    let moments = panel.moments.as_mut().filter(|_| !plain).map(|moments| &mut moments.bias);
                    self.step_bias(&mut panel.bias, moments, &activity.delta[..here * width], &descent);
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
            self.instructions.run(dense::AddRows {
                c: delta,
                c_width: width,
                keep: one,
                factor: one,
                b,
                width,
                s,
                s_strides,
            });
        }
        // What was kept was multiplied; the slope is that of the activation before.
        let unscale = kept.as_ref().map_or(one, |kept| one / kept.factor);
        self.instructions.run(dense::TimesSlope { activation, delta, a, unscale });
        self.drop_out(delta, width, panel.neurons, kept);
    }

    /// Steps some numbers. A plain step goes straight into them: `add` is told what to keep of them and at which rate to
    /// add. An optimizer that remembers wants the gradient first, and without a rule it is all that is wanted.
    fn step<F: Vectors>(
        &self,
        numbers: &mut [F],
        moments: Option<&mut Moments<F>>,
        (keep, rate, share, rule): (F, F, F, Option<Rule<F>>),
        add: impl FnOnce(&mut [F], F, F),
    ) {
        let Some(moments) = moments else { return add(numbers, keep, rate) };
        moments.nabla.fill(F::zero());
        add(&mut moments.nabla, F::one(), share);
        if let Some(rule) = rule {
            self.instructions.run(Optimize { numbers, moments, rule });
        }
    }

    /// Steps all numbers by the gradient that [`backward`](Self::backward) left: the step with this number.
    pub fn descend<F: Vectors>(&self, network: &mut Packed<F>, step: Step, updates: u64) {
        let [weights, biases] = [true, false].map(|is_weight| Rule::new(&step, updates, is_weight));
        let optimize = |numbers: &mut [F], moments: &mut Moments<F>, rule| {
            self.instructions.run(Optimize { numbers, moments, rule });
        };
        if let Some(moments) = &mut network.output_moments {
            optimize(&mut network.output_bias, moments, biases);
        }
        for layer in &mut network.layers {
            self.for_each(layer, |_, panel| {
                let Some(moments) = &mut panel.moments else { return };
                optimize(&mut panel.bias, &mut moments.bias, biases);
                optimize(&mut panel.incoming, &mut moments.incoming, weights);
                optimize(&mut panel.outgoing, &mut moments.outgoing, weights);
            });
        }
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
                self.instructions.run(dense::AddRows { c, c_width: width, keep, factor, b, width, s, s_strides });
            }
        });
    }

    /// BP4 where the images are sparse: nabla_w^2 = delta^2 x^T
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
    /// Of an optimizer that remembers; none for a plain step, or if the gradient is not whole yet.
    weights: Option<Rule<F>>,
    biases: Option<Rule<F>>,
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
