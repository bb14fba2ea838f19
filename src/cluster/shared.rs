//! The engine of a rank: it has only its own images, but gets the gradient of all.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::World;
use super::ballot::Ballot;
use super::sum::Adder;
use crate::data::Dataset;
use crate::data::distort::Distortion;
use crate::engine::{Engine, State, Subset, Sum, Trainable};
use crate::evaluate::Evaluation;
use crate::network::Step;
use crate::trainer::Settings;

/// The time that the updates have taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// The number of updates.
    pub updates: usize,
    /// The time between sums: for the gradient of this rank's images, and for the step.
    pub computing: Duration,
    /// The time for the sums, including the wait for the slowest rank.
    pub communicating: Duration,
}

/// An engine on a part of the images that makes the same updates as an engine on all of them. Mini-batches are given as
/// indices into all training images. Every rank has one, and must call the same methods in the same order.
pub struct Shared<'w, F: Trainable> {
    world: &'w World,
    engine: Box<dyn Engine<F>>,
    /// The range of this rank's training images.
    range: Range<u32>,
    /// This rank's images of the mini-batch and of the next one, numbered from the start of `range`.
    picked: [Vec<u32>; 2],
    outputs: usize,
    adder: Adder<'w, F>,
    ballot: Option<&'w Ballot>,
    times: Times,
}

impl<'w, F: Trainable> Shared<'w, F> {
    /// Starts from `state`, which must be the same on all ranks, with this rank's [share](World::share) of the training
    /// images and the evaluation images.
    #[must_use]
    pub fn new(
        world: &'w World,
        state: State<F>,
        (training, evaluation): (Dataset, Dataset),
        settings: &Settings,
    ) -> Self {
        let first = training.first() as u32;
        Shared {
            world,
            range: first..first + training.len() as u32,
            picked: Default::default(),
            outputs: state.network.outputs(),
            // The full batch size, because all images of a mini-batch may be on this rank.
            engine: settings.engine.start(state, training, evaluation, settings.batch_size, settings.machine),
            adder: Adder::new(world),
            ballot: None,
            times: Times::default(),
        }
    }

    pub(super) fn voting(self, ballot: &'w Ballot) -> Self {
        Shared { ballot: Some(ballot), ..self }
    }

    /// The time that the updates have taken so far.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times
    }
}

impl<F: Trainable> Engine<F> for Shared<'_, F> {
    fn update(&mut self, mini_batch: &[u32], next: &[u32], step: Step) {
        let (start, mut communicating) = (Instant::now(), Duration::ZERO);
        let Shared { engine, range, picked, adder, ballot, times, .. } = self;
        for (picked, images) in picked.iter_mut().zip([mini_batch, next]) {
            picked.clear();
            picked.extend(images.iter().filter(|image| range.contains(image)).map(|image| image - range.start));
        }
        let wish = ballot.is_some_and(|ballot| ballot.wish.get());
        let mut votes = [F::of(f64::from(u8::from(wish)))];
        let sum: Sum<F> = &mut |parts: &mut [&mut [F]]| {
            let start = Instant::now();
            let mut all: Vec<&mut [F]> = parts.iter_mut().map(|part| &mut **part).collect();
            all.push(&mut votes);
            adder.add_up(&mut all);
            communicating += start.elapsed();
        };
        engine.update_share(&picked[0], &picked[1], (mini_batch.len(), sum), step);
        if let Some(ballot) = ballot {
            ballot.decided.set(votes[0] > F::zero());
        }
        times.updates += 1;
        times.communicating += communicating;
        times.computing += start.elapsed().saturating_sub(communicating);
    }

    fn update_share(&mut self, _: &[u32], _: &[u32], _: (usize, Sum<F>), _: Step) {
        unreachable!("the share of a rank is not shared again");
    }

    fn distort(&mut self, distortion: &Distortion, seed: u64, epoch: u64) {
        self.engine.distort(distortion, seed, epoch);
    }

    fn state(&mut self) -> State<F> {
        self.engine.state()
    }

    fn evaluate(&mut self, images: Subset) -> Evaluation {
        let share = self.engine.evaluate(images).to_numbers();
        let all = self.world.gather(&share);
        // Merged in the order of the images.
        let shares = all.chunks(share.len()).map(|share| Evaluation::of_numbers(self.outputs, share));
        shares.fold(Evaluation::new(self.outputs), |mut sum, share| {
            sum.merge(&share);
            sum
        })
    }
}
