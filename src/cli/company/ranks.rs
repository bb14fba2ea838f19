//! All ranks of MPI: the first rank leads, and only it prints and writes; the others assist.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mnist_mlp::Real;
use mnist_mlp::cluster::{Term, World};
use mnist_mlp::data::Dataset;
use mnist_mlp::data::splits::Portion;
use mnist_mlp::engine::{Machine, Trainable};
use mnist_mlp::model::PROGRAM;
use mnist_mlp::network::Network;
use mnist_mlp::trainer::{Observer, Settings};
use mnist_mlp::tune::{Crew, Job, Outcome, threads};
use sha2::{Digest, Sha256};

use super::alone::Alone;
use crate::cli::Failure;
use crate::cli::signals::stop_signals;
use crate::cli::train::arguments::TrainArguments;
use crate::cli::train::task::Task;
use crate::cli::train::{self, begin};
use crate::cli::tune::{self, Found, Hunt, Trials, TuneArguments};

/// The ranks that a launcher started, seen from one of them; this process alone if there is no launcher.
pub enum Ranks {
    Alone(Alone),
    Together(World),
}

impl Ranks {
    pub fn join() -> Self {
        World::join().map_or_else(|| Ranks::Alone(Alone::join()), Ranks::Together)
    }

    /// Whether another process does the printing.
    pub fn is_quiet(&self) -> bool {
        match self {
            Ranks::Alone(alone) => alone.is_quiet(),
            Ranks::Together(world) => assists(world),
        }
    }

    /// The default number of threads: one, since launchers start a rank for each core.
    pub fn threads<T: From<u8>>(&self) -> Option<T> {
        match self {
            Ranks::Alone(alone) => alone.threads(),
            Ranks::Together(_) => Some(T::from(1)),
        }
    }

    /// The part of the images that this rank processes.
    pub fn portion(&self) -> Portion {
        match self {
            Ranks::Alone(alone) => alone.portion(),
            Ranks::Together(world) => world.portion(),
        }
    }

    /// Runs `work` only in the process that writes the results.
    pub fn if_writing<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<Option<T>, Failure> {
        match self {
            Ranks::Alone(alone) => alone.if_writing(work),
            Ranks::Together(world) if assists(world) => Ok(None),
            Ranks::Together(_) => work().map(Some),
        }
    }

    /// Trains on all ranks together, if every rank has prepared a job.
    pub fn train<F: Trainable>(
        self,
        job: Result<train::Job<F>, Failure>,
        arguments: &TrainArguments,
    ) -> Result<(), Failure> {
        let world = match self {
            Ranks::Alone(alone) => return alone.train(job, arguments),
            Ranks::Together(world) => world,
        };
        let terms = job.as_ref().ok().map(terms_of_job);
        if assists(&world) {
            if let Ok(job) = agree(&world, job, terms) {
                assist_training(&world, job);
            }
            return Ok(()); // what is wrong the first rank says
        }
        let begun = agree(&world, job.and_then(|job| begin(job, arguments)), terms)?;
        // MPI must stay up until everything is saved: a launcher that was asked to stop kills ranks that are still
        // leaving.
        train::carry_out(begun, arguments, |progress, task, config, watch| {
            world.resume(progress, task.training, task.evaluation, config, watch)
        })
    }

    /// Searches on all ranks together, if every rank is prepared.
    pub fn tune<F: Trainable>(self, hunt: Result<Hunt, Failure>, arguments: &TuneArguments) -> Result<(), Failure> {
        let world = match self {
            Ranks::Alone(alone) => return alone.tune::<F>(hunt, arguments),
            Ranks::Together(world) => world,
        };
        let terms = hunt.as_ref().ok().map(|hunt| terms_of_hunt(hunt, arguments));
        let hunt = agree(&world, hunt, terms);
        if assists(&world) {
            if let Ok(hunt) = hunt {
                assist_search::<F>(&world, &hunt, arguments);
            }
            return Ok(()); // what is wrong the first rank says
        }
        let hunt = hunt?;
        tune::carry_out::<F>(&hunt, arguments, Everywhere { world: &world, hunt: &hunt })
    }
}

/// Whether this rank is not the first.
fn assists(world: &World) -> bool {
    world.rank() > 0
}

/// Returns what this rank prepared, if all ranks have prepared something and their terms are the same.
fn agree<T>(world: &World, prepared: Result<T, Failure>, terms: Option<Vec<Term>>) -> Result<T, Failure> {
    let verdict = world.agree(prepared.as_ref().map(|_| terms.unwrap_or_default()));
    let prepared = prepared?;
    verdict?;
    Ok(prepared)
}

/// Trains with the other ranks. The first rank saves the result.
fn assist_training<F: Trainable>(world: &World, job: train::Job<F>) {
    let train::Job { settings, task, progress, .. } = job;
    if let Ok(config) = settings.check(task.training.len(), task.evaluation.len()) {
        let mut observer = Signals(stop_signals());
        // The first rank has the same result, even if it is an error.
        let _ = world.resume(progress, task.training, task.evaluation, &config, &mut observer);
    }
}

/// Watches for signals that ask to stop.
struct Signals(Arc<AtomicUsize>);

impl<F: Real> Observer<F> for Signals {
    fn mini_batch(&mut self, _epoch: usize, _done: usize) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Trains trials for the first rank.
fn assist_search<F: Trainable>(world: &World, hunt: &Hunt, arguments: &TuneArguments) {
    let _signals = stop_signals(); // the first rank gets them too, and asks for an end
    let trainer = hunt.trainer::<F>(arguments);
    let train = |job: &Job, stop: &AtomicBool| trainer.train(job, stop);
    let draw = |number| hunt.space.draw(hunt.common.seed, number);
    // The first rank reports what keeps a rank from training.
    if with_crew(world, hunt, train, |local| world.serve(local, draw)).is_ok() {
        best_of_all(world, hunt, trainer.finish(), arguments.out.is_some());
    }
}

/// Calls `body` with the threads of this rank, once every rank has threads: otherwise the others would wait for ever.
fn with_crew<R>(
    world: &World,
    hunt: &Hunt,
    train: impl Fn(&Job, &AtomicBool) -> Outcome + Sync,
    body: impl FnOnce(&mut dyn Crew) -> R,
) -> Result<R, Failure> {
    let ready = || agree(world, Ok(()), None);
    let done = threads(hunt.machine.threads, train, |local| ready().map(|()| body(local)));
    done.unwrap_or_else(|error| agree(world, Err(Failure::NoThread(error)), None))
}

/// Trials on all ranks.
struct Everywhere<'a> {
    world: &'a World,
    hunt: &'a Hunt,
}

impl<F: Trainable> Trials<F> for Everywhere<'_> {
    fn crew(
        &mut self,
        train: &(dyn Fn(&Job, &AtomicBool) -> Outcome + Sync),
        body: &mut dyn FnMut(&mut dyn Crew),
    ) -> Result<(), Failure> {
        with_crew(self.world, self.hunt, train, |local| self.world.spread(local, |crew| body(crew)))
    }

    fn best(&mut self, found: Found<F>, is_wanted: bool) -> (Option<Vec<u8>>, Option<Failure>) {
        best_of_all(self.world, self.hunt, found, is_wanted)
    }
}

/// On the first rank, the text of the best model's file and the failure of a trial. All ranks must call this.
fn best_of_all<F: Trainable>(
    world: &World,
    hunt: &Hunt,
    found: Found<F>,
    is_wanted: bool,
) -> (Option<Vec<u8>>, Option<Failure>) {
    let Found { best, failure } = found;
    let text = failure.as_ref().map(ToString::to_string).unwrap_or_default();
    let elsewhere = world.texts(&text).into_iter().find(|text| !text.is_empty());
    let failure = failure.or(elsewhere.map(Failure::OtherRank));
    let best = best.filter(|_| is_wanted);
    let standing = best.as_ref().map(|best| best.standing);
    (world.best_text(standing, || best.map(|best| best.json(&hunt.task)).unwrap_or_default()), failure)
}

/// What must be the same on all ranks for them to train together.
fn terms_of_job<F: Trainable>(job: &train::Job<F>) -> Vec<Term> {
    let train::Job { settings, task, progress, record, .. } = job;
    // The number of threads may differ between ranks, and the instructions are a term of their own.
    let machine = Machine { threads: 1, ..settings.machine };
    let options = format!("{:?} {record:?}", Settings { machine, ..*settings });
    let mut start = Sha256::new();
    let mut add = |network: &Network<F>| {
        let numbers = network.weights().iter().flatten().chain(network.biases().iter().flatten());
        numbers.for_each(|number| start.update(number.to_double().to_le_bytes()));
    };
    add(&progress.network);
    if let Some(state) = &progress.state {
        add(&state.network);
    }
    let start = format!("{} {:?} {:x?}", progress.history.len(), progress.network.sizes(), start.finalize());
    terms(settings.machine, options, task).into_iter().chain([term("start weights", start, false)]).collect()
}

/// What must be the same on all ranks for them to search together.
fn terms_of_hunt(hunt: &Hunt, arguments: &TuneArguments) -> Vec<Term> {
    let TuneArguments { budget, trials, search, out, fixed, .. } = arguments;
    terms(hunt.machine, format!("{budget:?} {trials:?} {search:?} {out:?} {fixed:?}"), &hunt.task)
}

fn terms(machine: Machine, options: String, task: &Task) -> Vec<Term> {
    let images = format!("{} {} {}", task.dataset, fingerprint(&task.training), fingerprint(&task.evaluation));
    vec![
        term("versions", PROGRAM.to_string(), true),
        // Other instructions would round differently, and weights would drift apart.
        term("instructions, which MNIST_SIMD can set,", machine.instructions.name().to_string(), true),
        term("images", images, false),
        term("options", options, false),
    ]
}

fn term(what: &str, text: String, is_shown: bool) -> Term {
    Term { what: what.to_string(), text, is_shown }
}

/// Distinguishes datasets by their labels, since no rank looks at all images.
fn fingerprint(data: &Dataset) -> String {
    format!("{:?} {} {:x?}", data.geometry(), data.classes(), Sha256::digest(data.labels()))
}
