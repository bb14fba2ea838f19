//! Compares the fast engine with the reference, for all kinds of networks and datasets.

use proptest::prelude::*;

use super::fast::Fast;
use super::reference::Reference;
use super::*;
use crate::data::Identity;
use crate::network::{Activation, Dropout, Init, Optimizer, costs};

mod share;

/// A training: network, images and settings.
#[derive(Debug, Clone)]
struct Case {
    sizes: Vec<usize>,
    classes: usize,
    n: usize,
    /// The percentage of pixels that are not zero, in the training images and in the evaluation images.
    density: usize,
    watched_density: usize,
    batch_size: usize,
    cost: usize,
    /// One per hidden layer, repeated cyclically if there are fewer.
    activations: Vec<Activation>,
    eta: f64,
    lambda: f64,
    l1: f64,
    optimizer: Optimizer,
    dropout: Dropout,
    max_norm: Option<f64>,
    tolerance: f64,
    ema: Option<f64>,
    /// The number of epochs at the start that use plain steps without a running average, whatever the other fields say.
    plain_epochs: usize,
    epochs: usize,
    seed: u64,
}

impl Case {
    fn network<F: Real>(&self) -> Network<F> {
        let network = Network::new(&self.sizes, costs()[self.cost], Init::Default, self.seed).unwrap();
        let hidden = self.sizes.len() - 2;
        let activations: Vec<_> = self.activations.iter().copied().cycle().take(hidden).collect();
        network.with_activations(&activations).unwrap()
    }

    /// The case without rectified linear units. Their derivative jumps at 0, and in single precision rounding can move
    /// a z across it.
    fn bounded(mut self) -> Case {
        self.activations.iter_mut().filter(|unit| **unit == Activation::Relu).for_each(|unit| *unit = Activation::Tanh);
        self
    }

    fn data(&self) -> Dataset {
        self.images(self.density)
    }

    fn images(&self, density: usize) -> Dataset {
        let mut state = self.seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let pixel = |next: &mut dyn FnMut() -> usize| {
            if next() % 100 < density { 1 + (next() % 255) as u8 } else { 0 }
        };
        let pixels = (0..self.n * self.sizes[0]).map(|_| pixel(&mut next)).collect();
        let labels = (0..self.n).map(|_| (next() % self.classes) as u8).collect();
        Dataset::new(pixels, labels, (1, self.sizes[0]), self.classes, Identity::named("random")).unwrap()
    }

    /// Trains with an engine. Returns the resulting network and its evaluation on the training images.
    fn train<F: Real>(&self, engine: &mut dyn Engine<F>) -> (Network<F>, Evaluation) {
        (0..self.epochs).for_each(|epoch| self.train_epoch(engine, epoch));
        (engine.state().result().clone(), engine.evaluate(Subset::Training))
    }

    fn train_epoch<F: Real>(&self, engine: &mut dyn Engine<F>, epoch: usize) {
        // Units steeper than the sigmoid learn faster: a large step would amplify rounding errors too much.
        let sigmoid = self.activations.iter().all(|&unit| unit == Activation::Sigmoid);
        let eta = if sigmoid { self.eta } else { self.eta / 10.0 };
        // With momentum, eta is reduced so that the accumulated steps do not exceed plain ones.
        let eta = if let Optimizer::Sgd { momentum, .. } = self.optimizer { eta * (1.0 - momentum) } else { eta };
        let step = Step {
            eta,
            lambda: self.lambda,
            n_train: self.n,
            l1: self.l1,
            optimizer: self.optimizer,
            dropout: Dropout { seed: self.seed, epoch: 1, ..self.dropout },
            max_norm: self.max_norm,
            tolerance: self.tolerance,
            ema: self.ema,
        };
        let plain = Step { l1: 0.0, optimizer: Optimizer::default(), max_norm: None, ema: None, ..step };
        let step = if epoch < self.plain_epochs { plain } else { step };
        let mut order: Vec<u32> = (0..self.n as u32).rev().collect();
        order.rotate_left(epoch % self.n);
        let mut mini_batches = order.chunks(self.batch_size).peekable();
        while let Some(mini_batch) = mini_batches.next() {
            engine.update(mini_batch, mini_batches.peek().copied().unwrap_or_default(), step);
        }
    }

    /// An engine that resumes from the state after each epoch must end in the same state as one that runs through.
    fn check_going_on<F: Trainable>(&self) {
        let data = self.data();
        let mut kinds = InstructionSet::available().into_iter().map(|set| (EngineKind::Fast, set)).collect::<Vec<_>>();
        kinds.push((EngineKind::Reference, InstructionSet::fastest()));
        for (kind, instructions) in kinds {
            let start = |state: State<F>| {
                let machine = Machine { threads: 1, instructions };
                kind.start(state, data.clone(), data.slice(0..1), self.batch_size, machine)
            };
            let mut whole = start(self.network().into());
            for epoch in 0..self.epochs {
                self.train_epoch(&mut *whole, epoch);
                whole.state(); // as the trainer asks for it
            }
            let mut resumed = start(self.network().into());
            for epoch in 0..self.epochs {
                self.train_epoch(&mut *resumed, epoch);
                resumed = start(resumed.state());
            }
            assert!(bits(&resumed.state()) == bits(&whole.state()), "{kind:?}, {instructions:?}");
        }
    }

    /// Compares the fast engine with the reference, for each instruction set and 1 to 3 threads.
    fn check<F: Trainable>(&self, tolerance: f64) {
        let data = self.data();
        let network = self.network::<F>();
        // Sometimes more images than one thread takes at a time, and in a different layout than the training images.
        let watched = self.images(self.watched_density).slice(0..self.n.min(70));
        let mut reference = Reference::new(network.clone().into(), data.clone(), watched.clone(), 1);
        let (expected, expected_training) = self.train(&mut reference);
        let expected_watched = reference.evaluate(Subset::Evaluation);
        for instructions in InstructionSet::available() {
            let run = |threads| {
                let machine = Machine { threads, instructions };
                let mut fast =
                    Fast::new(network.clone().into(), (&data).into(), (&watched).into(), self.batch_size, machine);
                fast.always_use_all_threads();
                let (network, evaluation) = self.train(&mut fast);
                (network, evaluation, fast.evaluate(Subset::Evaluation))
            };
            let (found, training, watched) = run(1);
            let difference = difference(&expected, &found);
            assert!(difference <= tolerance, "{instructions:?}: the networks differ by {difference:e}");
            for (found, expected) in [(&training, &expected_training), (&watched, &expected_watched)] {
                let [cost, expected_cost] = [found, expected].map(Evaluation::mean_cost);
                // A cost is a sum over outputs of functions whose derivative in z is below 1, and z is a sum over
                // inputs.
                let error = (cost - expected_cost).abs() / expected_cost.max(1.0);
                assert!(error <= 10.0 * tolerance, "{instructions:?}: costs {cost} and {expected_cost}");
                assert_eq!(found.n(), expected.n());
            }
            for threads in [2, 3] {
                let (network, other_training, other_watched) = run(threads);
                assert!(
                    network.weights() == found.weights() && network.biases() == found.biases(),
                    "{threads} threads"
                );
                assert_eq!((&other_training, &other_watched), (&training, &watched), "{threads} threads");
            }
        }
    }
}

impl Case {
    fn check_outputs<F: Trainable>(&self, tolerance: f64) {
        let data = self.data();
        let network = Network::<F>::new(&self.sizes, costs()[self.cost], Init::Default, self.seed).unwrap();
        for instructions in InstructionSet::available() {
            let found = outputs(&network, &data, Machine { threads: 1, instructions }).unwrap();
            assert_eq!(found.dim(), (self.n, network.outputs()));
            for (i, found) in found.outer_iter().enumerate() {
                let expected = network.feedforward(data.input(i).view());
                // Outputs are between 0 and 1, and their derivative in z is below 1.
                let near = expected.iter().zip(found).all(|(a, b)| (a.to_double() - b).abs() <= tolerance);
                assert!(near, "{instructions:?}, image {i}: {found} instead of {expected}");
            }
            for threads in [2, 3] {
                assert_eq!(outputs(&network, &data, Machine { threads, instructions }).unwrap(), found);
            }
        }
    }
}

/// The largest difference between the weights or biases of a layer, relative to the largest of them.
fn difference<F: Real>(expected: &Network<F>, found: &Network<F>) -> f64 {
    let layers = |network: &Network<F>| -> Vec<Vec<f64>> {
        let weights = network.weights().iter().map(|w| w.iter().map(|w| w.to_double()).collect());
        weights.chain(network.biases().iter().map(|b| b.iter().map(|b| b.to_double()).collect())).collect()
    };
    let layer = |(expected, found): (Vec<f64>, Vec<f64>)| {
        let largest = expected.iter().fold(1e-3_f64, |largest, number| largest.max(number.abs()));
        let differences = expected.iter().zip(&found).map(|(expected, found)| (expected - found).abs());
        // Unlike `max`, this lets a NaN through.
        differences.fold(0.0, |worst, d| if d <= worst { worst } else { d }) / largest
    };
    layers(expected).into_iter().zip(layers(found)).map(layer).fold(0.0, |worst, d| if d <= worst { worst } else { d })
}

/// Everything in a state, to the last bit.
fn bits<F: Real>(state: &State<F>) -> (Vec<u64>, u64) {
    let networks = [Some(&state.network), state.average.as_ref()].into_iter().flatten();
    let networks = networks.map(|network| (network.weights(), network.biases()));
    let moments = state.moments.iter().map(|moments| (&moments.nabla_w[..], &moments.nabla_b[..]));
    let numbers = networks.chain(moments).flat_map(|(w, b)| w.iter().flatten().chain(b.iter().flatten()));
    (numbers.map(|number| number.to_double().to_bits()).collect(), state.updates)
}

/// Plain gradient descent half of the time. L1 and AdamW, which are discontinuous at 0, are tested separately.
fn any_descent() -> impl Strategy<Value = Optimizer> {
    let momentum = (0.0..0.95, any::<bool>()).prop_map(|(momentum, nesterov)| Optimizer::Sgd { momentum, nesterov });
    prop_oneof![Just(Optimizer::default()), momentum]
}

fn any_density() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), Just(100), 0_usize..100]
}

prop_compose! {
    fn any_case()(
        hidden in prop::collection::vec(1_usize..70, 0..4),
        inputs in 1_usize..80,
        (classes, more_outputs) in (prop_oneof![4 => 2_usize..13, 1 => 2_usize..60], 0_usize..3),
        n in 1_usize..70,
    )(
        sizes in Just([&[inputs], &hidden[..], &[classes + more_outputs]].concat()),
        classes in Just(classes),
        n in Just(n),
        (density, watched_density) in (any_density(), any_density()),
        batch_size in 1..=n.min(33),
        cost in 0..costs::<f64>().len(),
        activations in prop::collection::vec(prop::sample::select(&Activation::ALL[..]), 1..4),
        eta in 0.05..1.05,
        lambda in prop_oneof![Just(0.0), 0.0..(n as f64 / 2.0)],
        optimizer in any_descent(),
        max_norm in prop_oneof![2 => Just(None), 1 => (0.1..3.0).prop_map(Some)],
        average in prop_oneof![2 => Just(None), 1 => (0.0..1.0).prop_map(Some)],
        dropout in prop_oneof![
            Just(Dropout::default()),
            (prop_oneof![Just(0.0), 0.0..0.6], prop_oneof![Just(0.0), 0.0..0.6])
                .prop_map(|(hidden, input)| Dropout { hidden, input, ..Dropout::default() }),
        ],
        epochs in 1_usize..4,
        seed in any::<u64>(),
    ) -> Case {
        Case { sizes, classes, n, density, watched_density, batch_size, cost, activations, eta, lambda, l1: 0.0, optimizer, dropout, max_norm, tolerance: 0.0, ema: average, plain_epochs: 0, epochs, seed }
    }
}

prop_compose! {
    /// Wide enough to use every kernel, with mini-batches of several blocks.
    fn wide_case()(
        case in any_case(),
        (inputs, hidden, n) in (1_usize..200, 100_usize..350, 100_usize..300),
        // A second hidden layer, or more outputs than a panel has neurons: both need products of two dense layers.
        second in prop_oneof![Just(None), (1_usize..150).prop_map(Some)],
        more_outputs in prop_oneof![Just(0), 0_usize..150],
    )(
        batch_size in 20..=n,
        density in 10_usize..40,
        case in Just(case),
        sizes in Just((inputs, hidden, second, more_outputs)),
        n in Just(n),
    ) -> Case {
        let (inputs, hidden, second, more_outputs) = sizes;
        let outputs = case.sizes[case.sizes.len() - 1] + more_outputs;
        let sizes = [inputs, hidden].into_iter().chain(second).chain([outputs]).collect();
        Case { sizes, n, batch_size, density, epochs: 1, ..case }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn both_engines_compute_the_same(case in any_case()) {
        let case = Case {
            optimizer: Optimizer::default(), dropout: Dropout::default(), max_norm: None, ema: None, ..case
        };
        case.check::<f64>(1e-12);
        case.bounded().check::<f32>(1e-4);
    }

    /// Momentum accumulates rounding errors and dropout multiplies them, so the tolerance is larger by several powers
    /// of ten.
    #[test]
    fn with_momentum_dropout_norms_and_averages_too(case in any_case()) {
        case.check::<f64>(1e-8);
    }

    /// The pairs may be stored from the start, or found anew for every mini-batch, as for a memory-mapped file.
    #[test]
    fn pairs_may_be_found_anew_for_every_mini_batch(case in any_case()) {
        let images = Images::from(case.data());
        for instructions in InstructionSet::available() {
            let learned = |images: Images| {
                let machine = Machine { threads: 1, instructions };
                let network = case.network::<f32>();
                let mut engine = EngineKind::Fast.start(network, images.clone(), images, case.batch_size, machine);
                let (_, evaluation) = case.train(&mut *engine);
                (bits(&engine.state()), evaluation)
            };
            prop_assert!(learned(images.without_pairs()) == learned(images.clone()), "{instructions:?}");
        }
    }

    /// The running average starts from the current network, and updates are counted whatever their kind.
    #[test]
    fn steps_may_change_on_the_way(case in any_case(), plain_epochs in 1_usize..3, average in 0.5..0.99) {
        let epochs = case.epochs + plain_epochs;
        let case = Case { plain_epochs, epochs, ema: Some(average), ..case };
        case.check::<f64>(1e-8);
        // As in `adamw_too`, for the same reasons.
        Case {
            optimizer: Optimizer::AdamW, eta: case.eta / 100.0, density: 20, activations: vec![Activation::Sigmoid], ..case
        }.check::<f64>(1e-6);
    }

    /// With L1 and AdamW too: rounding is the same in both runs.
    #[test]
    fn to_go_on_from_a_state_is_to_go_on(
        case in any_case(), l1 in prop_oneof![Just(0.0), Just(1e-2)], adamw in any::<bool>(),
    ) {
        let optimizer = if adamw { Optimizer::AdamW } else { case.optimizer };
        let case = Case { epochs: case.epochs + 1, l1, optimizer, ..case };
        case.check_going_on::<f64>();
        case.check_going_on::<f32>();
    }

    #[test]
    fn outputs_are_those_of_the_feedforward_on_any_number_of_threads(case in any_case()) {
        // More images than one thread takes at a time.
        let case = Case { n: 5 * case.n, ..case };
        case.check_outputs::<f64>(1e-12);
        case.check_outputs::<f32>(1e-4);
    }

    /// L1 moves a weight near 0 back and forth, in a direction that depends on rounding: by 1e-4 per step here, of
    /// which a few add up.
    #[test]
    fn l1_too(case in any_case()) {
        let case = Case { optimizer: Optimizer::default(), dropout: Dropout::default(), ..case };
        Case { l1: 1e-4 * case.n as f64, ..case }.check::<f64>(1e-3);
    }

    /// Where a derivative is only a rounding error of 0, AdamW makes a whole step of it, in an arbitrary direction.
    /// Images of moderate density, bounded units and double precision avoid that.
    #[test]
    fn adamw_too(case in any_case()) {
        let case = Case {
            optimizer: Optimizer::AdamW, eta: case.eta / 100.0, density: 20, activations: vec![Activation::Sigmoid], ..case
        };
        case.check::<f64>(1e-6);
    }

    /// Only in double precision: in single precision, rounding would sometimes leave out a different image.
    #[test]
    fn images_that_are_known_are_left_out_by_both(case in any_case(), tolerance in 0.1..0.9) {
        Case { tolerance, ..case }.check::<f64>(1e-8);
    }

    #[test]
    fn decay_may_vanish_or_change_the_sign(case in any_case(), keep in prop_oneof![Just(0.0), Just(-0.5), Just(1e-7)]) {
        let lambda = (1.0 - keep) * case.n as f64 / case.eta;
        // Only with bounded units: with others, growing weights would let the activations grow without bound.
        Case { lambda, l1: 0.0, optimizer: Optimizer::default(), density: 20, activations: vec![Activation::Sigmoid], ..case }.check::<f64>(1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    #[test]
    fn wide_layers_and_large_mini_batches_too(case in wide_case()) {
        case.check::<f64>(1e-8);
        Case { tolerance: 0.5, ..case.clone() }.check::<f64>(1e-8);
        let case = Case { optimizer: Optimizer::default(), dropout: Dropout::default(), ..case };
        case.bounded().check::<f32>(1e-3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    /// Enough pixels for several bands per panel with every instruction set: a row of a panel has at least 48 bytes.
    #[test]
    fn large_images_too(case in any_case(), pixels in 3_000_usize..5_000, hidden in 16_usize..70, density in 5_usize..33) {
        let outputs = case.sizes[case.sizes.len() - 1];
        let optimizer = Optimizer::default();
        let case = Case { sizes: vec![pixels, hidden, outputs], n: case.n.min(20), batch_size: case.batch_size.min(20), optimizer, density, ..case };
        for instructions in InstructionSet::available() {
            let machine = Machine { threads: 1, instructions };
            let (network, data) = (case.network::<f32>().into(), case.data());
            let fast = Fast::new(network, (&data).into(), data.slice(0..0).into(), case.batch_size, machine);
            assert!(fast.bands() > 1, "{instructions:?}, {pixels} pixels, {hidden} neurons");
        }
        case.check::<f64>(1e-8);
        let case = Case { dropout: Dropout::default(), ..case };
        case.bounded().check::<f32>(1e-3);
    }
}

#[test]
fn an_empty_mini_batch_changes_nothing() {
    let data = Dataset::new(vec![9; 12], vec![0, 1, 1], (2, 2), 2, Identity::named("toy")).unwrap();
    let network = Network::<f64>::new(&[4, 3, 2], costs()[0], Init::Default, 1).unwrap();
    let step = Step { eta: 0.5, lambda: 1.0, n_train: 3, ..Step::default() };
    for kind in [EngineKind::Fast, EngineKind::Reference] {
        let start = State::from(network.clone());
        let mut engine = kind.start(start.clone(), data.clone(), data.slice(0..1), 2, Machine::default());
        engine.update(&[], &[], step);
        assert!(bits(&engine.state()) == bits(&start), "{kind:?}");
    }
}

/// The outputs of a new network are within 0.999 of every target, but not within 0.1.
#[test]
fn where_every_image_is_known_nothing_but_decay_is_left() {
    let data = Dataset::new(vec![9; 12], vec![0, 1, 1], (2, 2), 2, Identity::named("toy")).unwrap();
    let network = Network::<f64>::new(&[4, 3, 2], costs()[0], Init::Default, 1).unwrap();
    let step = Step { eta: 0.5, lambda: 1.5, n_train: 3, ..Step::default() };
    let mut decayed = network.clone();
    decayed.weights.iter_mut().for_each(|w| *w *= step.weight_decay());
    let kinds = InstructionSet::available().into_iter().map(|set| (EngineKind::Fast, set));
    for (kind, instructions) in kinds.chain([(EngineKind::Reference, InstructionSet::fastest())]) {
        let learned = |tolerance| {
            let machine = Machine { threads: 1, instructions };
            let mut engine = kind.start(network.clone(), data.clone(), data.slice(0..1), 3, machine);
            engine.update(&[2, 0, 1], &[], Step { tolerance, ..step });
            engine.state().network
        };
        assert!(difference(&decayed, &learned(0.999)) < 1e-15, "{kind:?}, {instructions:?}");
        let from_all = learned(0.0);
        assert!(difference(&decayed, &from_all) > 1e-3, "{kind:?}, {instructions:?}");
        assert!(difference(&from_all, &learned(0.1)) < 1e-15, "{kind:?}, {instructions:?}");
    }
}

/// If one thread does all the training, the others can evaluate.
#[test]
fn a_spare_thread_looks_beside_the_training() {
    let data = Dataset::new(vec![9; 12], vec![0, 1, 1], (2, 2), 2, Identity::named("toy")).unwrap();
    let network = Network::<f64>::new(&[4, 3, 2], costs()[0], Init::Default, 1).unwrap();
    let sets = [Subset::Training, Subset::Evaluation];
    for threads in [1, 2, 3] {
        let machine = Machine { threads, ..Machine::default() };
        let start = |kind: EngineKind| kind.start(network.clone(), data.clone(), data.slice(0..2), 2, machine);
        let mut engine = start(EngineKind::Fast);
        let looking = engine.watch(&network, &sets);
        assert_eq!(matches!(looking, PendingEvaluations::Underway(_)), threads > 1, "{threads} threads");
        // The update below must not affect the evaluation.
        engine.update(&[0, 2], &[], Step { n_train: 3, ..Step::default() });
        let looked = looking.wait();
        let before = |set| start(EngineKind::Reference).evaluate(set);
        let seen = [looked.training, looked.evaluation].map(Option::unwrap);
        for (seen, set) in seen.iter().zip(sets) {
            assert!((seen.mean_cost() - before(set).mean_cost()).abs() < 1e-12 && seen.n() == before(set).n());
        }
        assert!(matches!(engine.watch(&network, &[]), PendingEvaluations::Done(_)), "there is nothing to look at");
    }
}

#[test]
fn unknown_instructions_are_refused_with_the_list_of_those_there_are() {
    let error = InstructionSet::named("mmx").unwrap_err();
    assert_eq!(error.asked, "mmx");
    assert_eq!(error.available.last(), Some(&"portable"));
    assert_eq!(InstructionSet::named("portable").unwrap().name(), "portable");
}

/// One large mini-batch makes small steps. In single precision they must not be rounded away image by image. The
/// changes are compared with those in double precision, relative to the largest change.
#[test]
fn small_steps_of_large_mini_batches_are_not_lost() {
    let case = Case {
        sizes: vec![30, 12, 5],
        classes: 5,
        n: 3_000,
        density: 20,
        watched_density: 20,
        batch_size: 3_000,
        cost: 0,
        activations: vec![Activation::Sigmoid],
        eta: 0.01,
        lambda: 0.0,
        l1: 0.0,
        optimizer: Optimizer::default(),
        dropout: Dropout::default(),
        max_norm: None,
        tolerance: 0.0,
        ema: None,
        plain_epochs: 0,
        epochs: 3,
        seed: 5,
    };
    for instructions in InstructionSet::available() {
        let (single, double) = (changes::<f32>(&case, instructions), changes::<f64>(&case, instructions));
        for (single, double) in single.iter().zip(&double) {
            let largest = double.iter().fold(0.0_f64, |largest, change| largest.max(change.abs()));
            for (single, double) in single.iter().zip(double) {
                let off = (single - double).abs();
                // There are 47 blocks of 64 images. Each is rounded once, by 6e-8 of a weight near 1; the changes are
                // 1e-3 or more.
                assert!(off < 5e-3 * largest, "{instructions:?}: changes of {largest:e} are off by {off:e}");
            }
        }
    }
}

/// The change that training makes to each layer's weights and biases.
fn changes<F: Trainable>(case: &Case, instructions: InstructionSet) -> Vec<Vec<f64>> {
    let data = case.data();
    let start = case.network::<F>();
    let machine = Machine { threads: 1, instructions };
    let mut fast = Fast::new(start.clone().into(), (&data).into(), data.slice(0..0).into(), case.batch_size, machine);
    let (end, _) = case.train(&mut fast);
    let change = |(end, start): (&F, &F)| end.to_double() - start.to_double();
    let weights = end.weights().iter().zip(start.weights());
    let biases = end.biases().iter().zip(start.biases());
    weights
        .map(|(end, start)| end.iter().zip(start).map(change).collect())
        .chain(biases.map(|(end, start)| end.iter().zip(start).map(change).collect()))
        .collect()
}
