//! The backward pass of a mini-batch, by the book's four equations: delta of every layer, and the resulting updates.

use super::drop::Mask;
use super::gather::{BLOCK, Block, Transpose};
use super::optimize::Optimize;
use super::packed::{Activity, Moments, Packed, Panel, Workspace};
use super::pass::{Context, Counts};
use super::pool::MAX_POOL_THREADS;
use super::simd::Vectors;
use super::{dense, sparse};
use crate::network::{Activation, Rule, Step};

impl Context<'_> {
    /// BP1: delta^L of every image, as the cost defines it. The threads share the images.
    pub fn output_deltas<'y, F: Vectors>(
        &self,
        network: &Packed<F>,
        work: &mut Workspace<F>,
        target: impl Fn(usize) -> &'y [F] + Sync,
        m: usize,
    ) {
        if m == 0 {
            return;
        }
        let (n_out, width, cost) = (network.n_out(), network.output_bias.len(), network.cost);
        let per_thread = m.div_ceil(self.threads);
        let (z, a) = (work.z[..m * width].chunks_mut(per_thread * width), work.a.chunks_mut(per_thread * width));
        let mut parts = z.zip(a).zip(work.delta.chunks_mut(per_thread * width));
        let mut parts: [_; MAX_POOL_THREADS] = std::array::from_fn(|_| parts.next());
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

    /// From the output layer down to the first layer: computes the deltas of a layer, then at once updates the weights
    /// that leave it, since nothing else needs their old values any more. The threads share the panels of a layer.
    ///
    /// `updates` is the number of this step. If it is `None`, nothing is updated: the gradient is left in
    /// `Moments::nabla`, to be completed.
    pub fn backward<F: Vectors>(
        &self,
        network: &mut Packed<F>,
        work: &mut Workspace<F>,
        Counts { here, whole }: Counts,
        step: Step,
        updates: Option<u64>,
    ) {
        let Workspace { blocks, layers, delta: output_delta, mask, .. } = work;
        if blocks.first().is_some_and(|block| block.transposed.is_some()) {
            self.for_each(&mut blocks[..here.div_ceil(BLOCK)], |_, block| self.instructions.run(Transpose(block)));
        }
        if network.sparse && step.is_plain() && updates.is_some() {
            network.decay(step.weight_decay());
        } else {
            network.fold_scale();
        }
        let descent = Descent::new(Counts { here, whole }, step, updates, network.scale);
        let (first_layer, sizes) = (usize::from(network.sparse), &network.sizes[..]);
        let output =
            Above { delta: output_delta, width: network.output_bias.len(), first: 0, neurons: network.n_out() };
        let delta = &output.delta[..here * output.width];
        self.step_bias(&mut network.output_bias, network.output_moments.as_mut(), delta, &descent);
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
                    let mask = Mask::of(mask, sizes, step.dropout, l + first_layer, panel.first);
                    self.error(panel, activity, (activation, mask), above(), here);
                    let width = panel.width();
                    let moments = panel.moments.as_mut().map(|moments| &mut moments.bias);
                    self.step_bias(&mut panel.bias, moments, &activity.delta[..here * width], &descent);
                }
                self.step_outgoing(panel, activity, above(), &descent);
                self.step_incoming(panel, activity, blocks, &descent);
            });
        }
    }

    /// BP2: delta^l = (W^{l+1}^T delta^{l+1}) * sigma'(z^l), where sigma is the activation of the layer
    fn error<'a, F: Vectors>(
        &self,
        panel: &Panel<F>,
        activity: &mut Activity<F>,
        (activation, mask): (Activation, Option<Mask<F>>),
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
        // Dropout multiplied the kept activations; the derivative needs the activation before that.
        let unscale = mask.as_ref().map_or(one, |mask| one / mask.factor);
        self.instructions.run(dense::TimesSlope { activation, delta, a, unscale });
        self.drop_out(delta, width, panel.neurons, mask);
    }

    /// Updates some numbers as `mode` says. `add` must replace the slice that it is given by `keep` times the slice
    /// plus `rate` times the sum of the derivatives over the images.
    fn step<F: Vectors>(
        &self,
        numbers: &mut [F],
        moments: Option<&mut Moments<F>>,
        mode: Mode<F>,
        add: impl FnOnce(&mut [F], Terms<F>),
    ) {
        let (share, rule) = match mode {
            Mode::Plain(terms) => return add(numbers, terms),
            Mode::Gradient { share } => (share, None),
            Mode::Optimize { share, rule } => (share, Some(rule)),
        };
        let moments = moments.expect("there is room to remember whenever a step is not plain");
        moments.nabla.fill(F::zero());
        add(&mut moments.nabla, Terms { keep: F::one(), rate: share });
        if let Some(rule) = rule {
            self.instructions.run(Optimize { numbers, moments, rule });
        }
    }

    /// BP3: nabla_b^l = delta^l
    fn step_bias<F: Vectors>(
        &self,
        bias: &mut [F],
        moments: Option<&mut Moments<F>>,
        delta: &[F],
        descent: &Descent<F>,
    ) {
        self.step(bias, moments, descent.biases, |bias, Terms { rate, .. }| {
            self.instructions.run(dense::StepBias { bias, rate, delta });
        });
    }

    /// BP4: nabla_w^{l+1} = delta^{l+1} (a^l)^T
    fn step_outgoing<'a, F: Vectors>(
        &self,
        panel: &mut Panel<F>,
        activity: &Activity<F>,
        above: impl Iterator<Item = Above<'a, F>>,
        descent: &Descent<F>,
    ) {
        let width = panel.width();
        let b = &activity.a[..descent.here * width];
        let moments = panel.moments.as_mut().map(|moments| &mut moments.outgoing);
        self.step(&mut panel.outgoing, moments, descent.outgoing, |rows, Terms { keep, rate: factor }| {
            for Above { delta: s, width: s_width, first, neurons } in above {
                let c = &mut rows[first * width..][..neurons * width];
                let s_strides = (1, s_width);
                self.instructions.run(dense::AddRows { c, c_width: width, keep, factor, b, width, s, s_strides });
            }
        });
    }

    /// BP4 for sparse images: nabla_w^2 = delta^2 x^T
    fn step_incoming<F: Vectors>(
        &self,
        panel: &mut Panel<F>,
        activity: &Activity<F>,
        blocks: &[Block<F>],
        descent: &Descent<F>,
    ) {
        if panel.incoming.is_empty() {
            return;
        }
        let width = panel.width();
        let moments = panel.moments.as_mut().map(|moments| &mut moments.incoming);
        self.step(&mut panel.incoming, moments, descent.incoming, |rows, Terms { rate, .. }| {
            for (block, delta) in blocks.iter().zip(activity.delta[..descent.here * width].chunks(BLOCK * width)) {
                let rows = &mut *rows;
                if let Some(images) = &block.transposed {
                    self.instructions.run(sparse::DescendTransposed { images, delta, width, rate, rows });
                } else {
                    let images = &block.gathered;
                    self.instructions.run(sparse::Descend { images, delta, width, rate, rows });
                }
            }
        });
    }
}

/// What to do with the gradient of some numbers.
#[derive(Clone, Copy)]
enum Mode<F> {
    /// Add it to the numbers directly: the book's step.
    Plain(Terms<F>),
    /// Store it separately, with each image weighted by `share`, until it is complete.
    Gradient { share: F },
    /// Let an optimizer with moments make a step from it.
    Optimize { share: F, rule: Rule<F> },
}

/// The constants of a sum: the factor `keep` on the old value, and the factor `rate` on what each image adds.
#[derive(Clone, Copy)]
struct Terms<F> {
    keep: F,
    rate: F,
}

/// What to do with the gradient of `here` images.
struct Descent<F> {
    here: usize,
    biases: Mode<F>,
    outgoing: Mode<F>,
    incoming: Mode<F>,
}

impl<F: Vectors> Descent<F> {
    /// `updates` is the number of the update, or `None` if only the gradient is wanted. The incoming weights are stored
    /// divided by `scale`, and their decay applies to `scale`.
    fn new(Counts { here, whole }: Counts, step: Step, updates: Option<u64>, scale: f64) -> Self {
        let share = F::of(1.0 / whole as f64);
        let mode = |is_weight, keep: f64, rate: f64| match updates {
            None => Mode::Gradient { share },
            Some(_) if step.is_plain() => Mode::Plain(Terms { keep: F::of(keep), rate: F::of(rate) }),
            Some(updates) => Mode::Optimize { share, rule: Rule::new(&step, updates, is_weight) },
        };
        let rate = -step.eta / whole as f64;
        Descent {
            here,
            biases: mode(false, 1.0, rate),
            outgoing: mode(true, step.weight_decay(), rate),
            incoming: mode(true, 1.0, rate / scale),
        }
    }
}

/// The deltas of some neurons of the layer above: one panel, or the whole output layer.
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
