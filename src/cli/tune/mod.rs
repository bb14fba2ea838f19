//! `mnist tune`: turns arguments into a search, and its result into a table and a command line.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mnist_mlp::Precision;
use mnist_mlp::claim::Claim;
use mnist_mlp::data::splits::Portion;
use mnist_mlp::engine::{Machine, Trainable};
use mnist_mlp::report::{TuningReport, thousands};
use mnist_mlp::tune::{self, Crew, Job, Limit, Outcome, Rungs, Search, Space, Trial};

use super::args::Format;
use super::company::Company;
use super::machine::machine;
use super::outputs::{check_model_file, claim_model_file};
use super::shell::{file_and_data, words};
use super::signals::stop_signals;
use super::train::arguments::TrainArguments;
use super::train::task::Task;
use super::train::{images, settings};
use super::{Failure, interrupted, output, shell};
use keeper::Keeper;
use progress::Progress;
use space::{extremes, space};
use trainer::{command_line, parse};

mod arguments;
mod keeper;
mod progress;
mod space;
mod trainer;

pub use arguments::{TuneArguments, why_not};
pub use space::SearchError;
pub use trainer::{Found, Trainer};

/// The default duration of a search.
const DEFAULT_BUDGET: Duration = Duration::from_secs(60);

/// The part of a search that all trials share.
pub struct Hunt {
    pub common: TrainArguments,
    pub machine: Machine,
    pub task: Task,
    pub space: Space,
}

pub fn run(mut arguments: TuneArguments) -> Result<(), Failure> {
    let company = Company::join();
    arguments.quiet |= company.is_quiet();
    arguments.threads = arguments.threads.or(company.threads());
    let claimed = company.if_writing(|| arguments.out.as_deref().map(claim).transpose());
    let (_claim, common) = match claimed {
        Ok(claim) => (claim, common(&arguments)),
        Err(failure) => (None, Err(failure)),
    };
    let kept = |hunt: Hunt| {
        let keep = |out| interrupted::keep(out, Some((&hunt.task.dataset, &hunt.common.data)));
        company.if_writing(|| arguments.out.as_deref().map_or(Ok(()), keep))?;
        Ok(hunt)
    };
    if common.as_ref().is_ok_and(|common| common.precision == Precision::F64) {
        let hunt = common.and_then(|common| Hunt::new::<f64>(&arguments, common)).and_then(kept);
        company.tune::<f64>(hunt, &arguments)
    } else {
        let hunt = common.and_then(|common| Hunt::new::<f32>(&arguments, common)).and_then(kept);
        company.tune::<f32>(hunt, &arguments)
    }
}

/// Refuses, before any work, a file that cannot be written or is not a model, and keeps other processes from writing
/// it.
fn claim(out: &Path) -> Result<Claim, Failure> {
    check_model_file(out)?;
    claim_model_file(out)
}

/// The options of `mnist train` that apply to all trials.
fn common(arguments: &TuneArguments) -> Result<TrainArguments, Failure> {
    let (common, _) = parse(arguments.fixed.words_without(&[]).collect())?;
    if common.validation == Some(0) {
        return Err(SearchError::NoValidation.into());
    }
    Ok(TrainArguments { quiet: arguments.quiet, ..common })
}

impl Hunt {
    fn new<F: Trainable>(arguments: &TuneArguments, common: TrainArguments) -> Result<Self, Failure> {
        let machine = machine(arguments.threads.map(usize::from))?;
        // Every trial uses all images.
        let task = Task::of(&common, common.images.deskew, Portion::WHOLE, machine.threads)?;
        let space = space(&arguments.search, &arguments.fixed, &common.descent, task.training.len())?;
        let hunt = Hunt { common, machine, task, space };
        check(&hunt.trainer::<F>(arguments), &hunt.search())?;
        Ok(hunt)
    }

    /// The trainer of the trials, which uses one thread for each.
    pub fn trainer<'a, F: Trainable>(&'a self, arguments: &'a TuneArguments) -> Trainer<'a, F> {
        Trainer::new(&arguments.fixed, &self.space, &self.task, Machine { threads: 1, ..self.machine })
    }

    fn search(&self) -> Search {
        Search::new(self.space.clone(), Rungs::up_to(self.common.epochs), self.common.seed)
    }
}

/// Runs trials, and collects their results.
pub trait Trials<F: Trainable> {
    /// Calls `body` with a crew that trains with `train`.
    fn crew(
        &mut self,
        train: &(dyn Fn(&Job, &AtomicBool) -> Outcome + Sync),
        body: &mut dyn FnMut(&mut dyn Crew),
    ) -> Result<(), Failure>;

    /// The model file of the best trial, if `is_wanted`, and the failure of a trial that could not be trained.
    fn best(&mut self, found: Found<F>, is_wanted: bool) -> (Option<Vec<u8>>, Option<Failure>);
}

/// Searches with `trials` and prints the result.
pub fn carry_out<F: Trainable>(
    hunt: &Hunt,
    arguments: &TuneArguments,
    mut trials: impl Trials<F>,
) -> Result<(), Failure> {
    let start = Instant::now();
    let Hunt { task, machine, .. } = hunt;
    let mut search = hunt.search();
    let trainer = hunt.trainer::<F>(arguments);
    if !arguments.quiet {
        output::aside(introduction(arguments, &search, task, machine.threads));
    }
    task.warn(arguments.quiet);
    if !arguments.quiet {
        images::note_of_size(&settings(&hunt.common, *machine), task.training.geometry());
    }

    let signal = stop_signals();
    let progress = Progress::new(!arguments.quiet, task.evaluation.len());
    let mut keeper = arguments.out.as_deref().map(Keeper::new);
    let mut watch = |search: &Search, share: f64| {
        progress.show(search, share);
        if let Some(Err(error)) = keeper.as_mut().map(|keeper| keeper.offer(&trainer)) {
            progress.warning(format_args!("{error} (the search goes on, and saving is tried again)"));
        }
        if signal.load(Ordering::Relaxed) == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let train = |job: &Job, stop: &AtomicBool| trainer.train(job, stop);
    let searched = trials.crew(&train, &mut |crew| tune::run(&mut search, crew, limit(arguments), &mut watch));
    progress.finish();
    searched?;
    let signal = signal.load(Ordering::Relaxed) as u8;
    let (model, failure) = trials.best(trainer.finish(), arguments.out.is_some());
    let saved = match (model, &arguments.out) {
        (Some(model), Some(out)) => keeper::save_last(out, &model),
        _ => Ok(()),
    };
    let Some(best) = search.best() else { return Err(nothing(&search, signal, failure)) };
    if let Some(failure) = failure {
        output::warning(format_args!("some trials could not be trained; the first of them: {failure}"));
    }
    print(arguments, task, &search, best)?;
    saved?; // what was found is printed all the same
    if !arguments.quiet {
        output::aside(farewell(arguments, hunt, start.elapsed()));
    }
    if signal == 0 {
        return Ok(());
    }
    let model = arguments.out.as_ref().map(|out| format!(", and {} holds its model", out.display()));
    let saved = format!("the best so far is printed{}", model.unwrap_or_default());
    Err(Failure::Interrupted { signal, saved })
}

/// Prints what was found.
fn print(arguments: &TuneArguments, task: &Task, search: &Search, best: &Trial) -> Result<(), Failure> {
    let report = TuningReport {
        search,
        dataset: task.training.identity().to_string(),
        n_train: task.training.len(),
        n_validation: task.evaluation.len(),
        command: train_command(arguments, search, best),
        repeat: repeat_command(arguments, search),
    };
    output::result(if arguments.format == Format::Json { report.json() } else { report.text() })
}

/// Refuses invalid settings before any work: those that all trials have, and both ends of the searched ranges.
fn check<F: Trainable>(trainer: &Trainer<F>, search: &Search) -> Result<(), Failure> {
    let epochs = search.rungs().epochs();
    let (first, last) = (epochs[0], epochs[epochs.len() - 1]);
    for point in extremes(search.space()) {
        trainer.check(&point, last)?;
        trainer.check(&point, first).map_err(|cause| SearchError::FirstRung { epochs: first, cause: cause.into() })?;
    }
    Ok(())
}

fn limit(arguments: &TuneArguments) -> Limit {
    match arguments.trials {
        Some(trials) => Limit::Trials(trials as usize),
        None => Limit::Time(arguments.budget.unwrap_or(DEFAULT_BUDGET)),
    }
}

/// Why there is no best trial.
fn nothing(search: &Search, signal: u8, failure: Option<Failure>) -> Failure {
    if signal > 0 {
        return Failure::Interrupted { signal, saved: "no trial had finished".to_string() };
    }
    let lost = search.trials().iter().filter(|trial| trial.lost).count();
    failure.unwrap_or(if lost > 0 && lost == search.trials().len() { Failure::AllLost(lost) } else { Failure::NoTrial })
}

/// Describes the data and the search.
fn introduction(arguments: &TuneArguments, search: &Search, task: &Task, threads: usize) -> String {
    let rungs = search.rungs();
    let round = arguments.trials.map_or(rungs.round(), |trials| rungs.round().min(trials as usize));
    let trials = rungs.trials(round);
    let steps: Vec<_> = trials.iter().zip(rungs.epochs()).map(|(n, epochs)| format!("{n} for {epochs}")).collect();
    format!(
        "data      {}: {} images to train on, {} for validation, by which trials are chosen\n\
         search    {}\n\
         rounds    {} {}; {threads} at a time\n",
        task.training.identity(),
        thousands(task.training.len()),
        thousands(task.evaluation.len()),
        space::introduction(search.space()),
        steps.join(", the best "),
        if rungs.epochs().last() == Some(&1) { "epoch" } else { "epochs" },
    )
}

/// The `mnist train` command with the settings of a trial.
fn train_command(arguments: &TuneArguments, search: &Search, best: &Trial) -> String {
    let epochs = best.best.map_or(0, |best| best.epochs);
    command("train", command_line(&arguments.fixed, search.space(), &best.values, epochs))
}

/// The command that repeats the search with the requested number of trials or, if a time was given, with the number
/// drawn.
fn repeat_command(arguments: &TuneArguments, search: &Search) -> String {
    let trials = arguments.trials.map_or(search.trials().len(), |trials| trials as usize).to_string();
    let searched = arguments.search.iter().flat_map(|text| words("search", OsStr::new(text)));
    let out = arguments.out.iter().flat_map(|out| words("out", out.as_os_str()));
    let all = words("trials", OsStr::new(&trials)).into_iter().chain(arguments.fixed.words_without(&[]));
    command("tune", all.chain(searched).chain(out))
}

fn command(name: &str, words: impl IntoIterator<Item = OsString>) -> String {
    format!("{} {name}{}", shell::program(), shell::typed(words))
}

/// The closing text: the time, and how to use the saved model.
fn farewell(arguments: &TuneArguments, hunt: &Hunt, time: Duration) -> String {
    let mut text = format!("\ntime      {:.1} s\n", time.as_secs_f64());
    if let Some(out) = &arguments.out {
        let (program, file) = (shell::program(), shell::quoted(out.as_os_str()));
        let split = hunt.task.split_to_evaluate().unwrap_or_default(); // a search has validation images
        text +=
            &format!("saved     {file}\nevaluate  {program} eval {}{split}\n", file_and_data(out, &hunt.common.data));
    }
    text + "The test set was not used. The best of many trials looks slightly better than it is."
}
