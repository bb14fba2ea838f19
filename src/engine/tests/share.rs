//! Compares engines that share mini-batches, one per thread, with one engine that has all the images.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::*;
use crate::data::distort::Distortion;

/// Channels from one thread to all threads, itself included, and back. If a thread is gone, no other waits for it.
struct Wires {
    to: Vec<Sender<Vec<f64>>>,
    from: Vec<Receiver<Vec<f64>>>,
}

impl Wires {
    /// The channels between `n` threads.
    fn between(n: usize) -> Vec<Self> {
        let mut all: Vec<_> = (0..n).map(|_| Wires { to: Vec::new(), from: Vec::new() }).collect();
        for (sender, receiver) in (0..n).flat_map(|sender| (0..n).map(move |receiver| (sender, receiver))) {
            let (to, from) = channel();
            all[sender].to.push(to);
            all[receiver].from.push(from);
        }
        all
    }

    /// Adds up the numbers over all threads, in their order.
    fn add_up(&self, numbers: &mut [&mut [f64]]) {
        self.to.iter().for_each(|to| to.send(numbers.concat()).unwrap());
        let parts: Vec<_> = self.from.iter().map(|from| from.recv().unwrap()).collect();
        let mut sums = (0..parts[0].len()).map(|i| parts.iter().map(|part| part[i]).sum::<f64>());
        numbers.iter_mut().flat_map(|part| part.iter_mut()).for_each(|number| *number = sums.next().unwrap());
    }
}

/// An engine that has one part of the images, with the interface of one that has them all.
struct Part {
    engine: Box<dyn Engine<f64>>,
    images: std::ops::Range<u32>,
    wires: Wires,
}

impl Engine<f64> for Part {
    fn update(&mut self, mini_batch: &[u32], next: &[u32], step: Step) {
        let mine = |all: &[u32]| -> Vec<u32> {
            all.iter().filter(|i| self.images.contains(i)).map(|i| i - self.images.start).collect()
        };
        let (here, next) = (mine(mini_batch), mine(next));
        let sum: Sum<f64> = &mut |numbers: &mut [&mut [f64]]| self.wires.add_up(numbers);
        self.engine.update_share(&here, &next, (mini_batch.len(), sum), step);
    }

    fn update_share(&mut self, _: &[u32], _: &[u32], _: (usize, Sum<f64>), _: Step) {
        unreachable!("it shares already")
    }

    fn distort(&mut self, distortion: &Distortion, seed: u64, epoch: u64) {
        self.engine.distort(distortion, seed, epoch);
    }

    fn state(&mut self) -> State<f64> {
        self.engine.state()
    }

    fn evaluate(&mut self, images: Subset) -> Evaluation {
        self.engine.evaluate(images)
    }
}

impl Case {
    /// Trains with `n` engines that have one part each, and returns all their states.
    fn train_in_parts(&self, kind: EngineKind, n: usize, distortion: Option<&Distortion>) -> Vec<State<f64>> {
        let data = self.data();
        let ink = data.pixels().iter().filter(|&&pixel| pixel > 0).count() as f64 / data.pixels().len() as f64;
        let part = |rank: usize, wires: Wires| {
            let images = rank * self.n / n..(rank + 1) * self.n / n;
            let (share, nothing) = (data.share(images.clone(), ink), data.slice(0..0));
            let engine = kind.start(self.network::<f64>(), share, nothing, self.batch_size, Machine::default());
            let images = images.start as u32..images.end as u32;
            let mut part = Part { engine, images, wires };
            if let Some(distortion) = distortion {
                part.distort(distortion, self.seed, 1);
            }
            (0..self.epochs).for_each(|epoch| self.train_epoch(&mut part, epoch));
            part.state()
        };
        thread::scope(|scope| {
            let wires = Wires::between(n).into_iter().enumerate();
            let parts: Vec<_> = wires.map(|(rank, wires)| scope.spawn(move || part(rank, wires))).collect();
            parts.into_iter().map(|part| part.join().unwrap()).collect()
        })
    }

    fn check_in_parts(&self, tolerance: f64, distortion: Option<&Distortion>) {
        for kind in [EngineKind::Fast, EngineKind::Reference] {
            let data = self.data();
            let mut alone =
                kind.start(self.network::<f64>(), data.clone(), data.slice(0..0), self.batch_size, Machine::default());
            if let Some(distortion) = distortion {
                alone.distort(distortion, self.seed, 1);
            }
            (0..self.epochs).for_each(|epoch| self.train_epoch(&mut *alone, epoch));
            let alone = alone.state();
            for n in 1..=4 {
                let parts = self.train_in_parts(kind, n, distortion);
                assert!(parts.iter().all(|part| bits(part) == bits(&parts[0])), "{kind:?}, {n} parts: not equal");
                let difference = difference(&alone.network, &parts[0].network);
                assert!(difference <= tolerance, "{kind:?}, {n} parts: off by {difference:e}");
                assert_eq!((parts[0].updates, parts[0].moments.len()), (alone.updates, alone.moments.len()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// The tolerances are the same as between the two kinds of engine, for the same reasons.
    #[test]
    fn engines_that_share_mini_batches_compute_what_one_does(case in any_case()) {
        let plain = Case { dropout: Dropout::default(), optimizer: Optimizer::default(), max_norm: None, ema: None, ..case.clone() };
        plain.check_in_parts(1e-12, None);
        case.check_in_parts(1e-8, None);
        Case { tolerance: 0.5, ..case }.check_in_parts(1e-8, None);
    }

    /// With AdamW, both moments and the decay need the whole gradient.
    #[test]
    fn adamw_too(case in any_case()) {
        let case = Case {
            optimizer: Optimizer::AdamW, eta: case.eta / 100.0, density: 20, activations: vec![Activation::Sigmoid], ..case
        };
        case.check_in_parts(1e-6, None);
    }

    /// The random distortion of an image depends on its number among all images.
    #[test]
    fn distorted_images_too(case in any_case()) {
        let distortion = Distortion { elastic: None, ..Distortion::default() };
        let case = Case { optimizer: Optimizer::default(), max_norm: None, ema: None, ..case };
        case.check_in_parts(1e-8, Some(&distortion));
    }
}
