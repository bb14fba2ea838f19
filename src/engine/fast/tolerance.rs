//! Removes images that are within the tolerance from a mini-batch before its backward pass.

use super::drop::Mask;
use super::packed::{Packed, Workspace};
use super::pass::{Batch, Context};
use super::simd::Vectors;
use crate::network::Step;

impl Context<'_> {
    /// Compacts the parts of `work` that the backward pass reads to the images that the step does not leave out, and
    /// returns their number. `target` returns y of image k of the mini-batch.
    pub fn leave_out_within_tolerance<'y, F: Vectors>(
        &self,
        network: &Packed<F>,
        work: &mut Workspace<F>,
        batch: Batch,
        target: impl Fn(usize) -> &'y [F],
        step: Step,
    ) -> usize {
        if step.tolerance <= 0.0 {
            return batch.indices.len();
        }
        let (n_out, width) = (network.n_out(), network.output_bias.len());
        let Workspace { blocks, remaining, remaining_images, layers, mask, a, delta, .. } = work;
        let outputs = a.chunks(width).map(|a| &a[..n_out]).take(batch.indices.len()).enumerate();
        remaining.clear();
        remaining.extend(outputs.filter(|(k, a)| !step.is_within_tolerance(*a, target(*k))).map(|(k, _)| k));
        if remaining.len() == batch.indices.len() {
            return batch.indices.len();
        }
        remaining_images.clear();
        remaining_images.extend(remaining.iter().map(|&k| batch.indices[k]));
        let remaining = &**remaining;
        keep_rows(delta, width, remaining);
        for (layer, panels) in layers.iter_mut().zip(&network.layers) {
            self.for_each(layer, |p, activity| keep_rows(&mut activity.a, panels[p].width(), remaining));
        }
        if !step.dropout.is_off() {
            keep_rows(mask, network.sizes[..network.sizes.len() - 1].iter().sum(), remaining);
        }
        if network.sparse {
            let mask = Mask::of(mask, &network.sizes, step.dropout, 0, 0);
            self.gather(blocks, Batch { indices: remaining_images, next: &[], ..batch }, mask);
        }
        remaining_images.len()
    }
}

/// Moves these rows of `numbers`, (m, width), to its beginning.
fn keep_rows<T: Copy>(numbers: &mut [T], width: usize, rows: &[usize]) {
    for (to, &from) in rows.iter().enumerate() {
        numbers.copy_within(from * width..(from + 1) * width, to * width);
    }
}
