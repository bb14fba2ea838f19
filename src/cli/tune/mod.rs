//! `mnist tune`: arguments to a search, the search to a table and a command line.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mnist_mlp::engine::{Machine, Trainable};
use mnist_mlp::report::{TuningReport, thousands};
use mnist_mlp::tune::{self, Job, Limit, Rungs, Search, Trial};

use super::args::{Format, PrecisionName, TrainArguments};
use super::machine::machine;
use super::outputs::check_model_file;
use super::task::Task;
use super::watch::stop_signals;
use super::{Failure, output};
use arguments::words;
use progress::Progress;
use space::{extremes, space};
use trainer::{Trainer, command_line, parse};

mod arguments;
mod progress;
mod space;
mod trainer;

pub use arguments::TuneArguments;
pub use space::SearchError;

/// How long the search goes on if nothing else is said.
const DEFAULT_BUDGET: Duration = Duration::from_secs(60);

pub fn run(arguments: &TuneArguments) -> Result<(), Failure> {
    let mut common = parse(arguments.fixed.words_without(&[]).collect())?;
    common.quiet = arguments.quiet;
    if common.validation == 0 {
        return Err(SearchError::NoValidation.into());
    }
    if let Some(out) = &arguments.out {
        check_model_file(out)?;
    }
    match common.precision {
        PrecisionName::F32 => run_in::<f32>(arguments, &common),
        PrecisionName::F64 => run_in::<f64>(arguments, &common),
    }
}

fn run_in<F: Trainable>(arguments: &TuneArguments, common: &TrainArguments) -> Result<(), Failure> {
    let start = Instant::now();
    let machine = machine(arguments.threads.map(usize::from))?;
    let task = Task::of(common, machine.threads)?;
    let space = space(&arguments.search, &arguments.fixed, &common.descent, task.training.len())?;
    let mut search = Search::new(space.clone(), Rungs::up_to(common.epochs), common.seed);
    let trainer = Trainer::<F>::new(&arguments.fixed, &space, &task, Machine { threads: 1, ..machine });
    check(&trainer, &search)?;
    if !arguments.quiet {
        output::aside(introduction(&search, &task, machine.threads));
    }

    let signal = stop_signals();
    let progress = Progress::new(!arguments.quiet, task.evaluation.len());
    let watch = |search: &Search, share: f64| {
        progress.show(search, share);
        if signal.load(Ordering::Relaxed) == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let train = |job: &Job, stop: &AtomicBool| trainer.train(job, stop);
    let searched = tune::threads(machine.threads, train, |crew| tune::run(&mut search, crew, limit(arguments), watch));
    progress.finish();
    searched.map_err(Failure::NoThread)?;
    let signal = signal.load(Ordering::Relaxed) as u8;
    let failure = trainer.finish(arguments.out.as_deref())?;
    let Some(best) = search.best() else { return Err(nothing(&search, signal, failure)) };
    if let Some(failure) = failure {
        output::warning(format_args!("some trials could not be trained; the first of them: {failure}"));
    }
    let report = TuningReport {
        search: &search,
        dataset: task.training.identity().to_string(),
        n_train: task.training.len(),
        n_validation: task.evaluation.len(),
        command: train_command(arguments, &search, best),
        repeat: repeat_command(arguments, &search),
    };
    output::result(if arguments.format == Format::Json { report.json() } else { report.text() })?;
    if !arguments.quiet {
        output::aside(farewell(arguments, start.elapsed()));
    }
    if signal == 0 {
        return Ok(());
    }
    Err(Failure::Interrupted { signal, saved: "the best so far is printed".to_string() })
}

/// Refuses settings that make no sense, before any work: those that all trials have, and both ends of what is searched.
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
        return Failure::Interrupted { signal, saved: "no trial was over".to_string() };
    }
    let lost = search.trials().iter().filter(|trial| trial.lost).count();
    failure.unwrap_or(if lost > 0 { Failure::AllLost(lost) } else { Failure::NoTrial })
}

/// What is searched, on what, and how.
fn introduction(search: &Search, task: &Task, threads: usize) -> String {
    let rungs = search.rungs();
    let trials = rungs.trials(rungs.round());
    let steps: Vec<_> = trials.iter().zip(rungs.epochs()).map(|(n, epochs)| format!("{n} for {epochs}")).collect();
    format!(
        "data      {}: {} images to train on, {} for validation, by which trials are chosen\n\
         search    {}\n\
         rounds    {} epochs; {threads} at a time\n",
        task.training.identity(),
        thousands(task.training.len()),
        thousands(task.evaluation.len()),
        space::introduction(search.space()),
        steps.join(", the best "),
    )
}

/// `mnist train` with the settings of a trial.
fn train_command(arguments: &TuneArguments, search: &Search, best: &Trial) -> String {
    let epochs = best.best.map_or(0, |best| best.epochs);
    command("train", command_line(&arguments.fixed, search.space(), &best.values, epochs))
}

/// The command that draws as many trials again.
fn repeat_command(arguments: &TuneArguments, search: &Search) -> String {
    let trials = search.trials().len().to_string();
    let searched = arguments.search.iter().flat_map(|text| words("search", OsStr::new(text)));
    let all = words("trials", OsStr::new(&trials)).into_iter().chain(arguments.fixed.words_without(&[]));
    command("tune", all.chain(searched))
}

fn command(name: &str, words: impl IntoIterator<Item = OsString>) -> String {
    let words = words.into_iter().map(|word| format!(" {}", output::quoted(&word)));
    format!("{} {name}{}", output::program(), words.collect::<String>())
}

/// What else there is to say.
fn farewell(arguments: &TuneArguments, time: Duration) -> String {
    let mut text = format!("\ntime      {:.1} s\n", time.as_secs_f64());
    if let Some(out) = &arguments.out {
        let (program, out) = (output::program(), output::quoted(out.as_os_str()));
        let data = arguments.fixed.words_of("data").map(|word| format!(" {}", output::quoted(word)));
        text += &format!("saved     {out}\nevaluate  {program} eval {out}{}\n", data.collect::<String>());
    }
    text + "The test set was not looked at. The best of many is a little flattered by the choice."
}
