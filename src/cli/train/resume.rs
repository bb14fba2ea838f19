//! `mnist train --resume`: continues a training as if it had never stopped.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{ArgMatches, Args, Command, CommandFactory, ValueEnum};
use mnist_mlp::data::ClassNames;
use mnist_mlp::data::known::are_pictures;
use mnist_mlp::data::splits::Portion;
use mnist_mlp::engine::Trainable;
use mnist_mlp::model::{EpochRecord, Model, PROGRAM, TrainingRecord, precision_of, read_model_file};
use mnist_mlp::trainer::{ConfigError, Progress, ResumeError, Settings};
use mnist_mlp::{Precision, Real};

use super::Job;
use super::arguments::{EvaluateOn, TrainArguments};
use super::images::ExpandName;
use super::outputs;
use super::task::{Choice, Task};
use crate::cli::args::Arguments;
use crate::cli::company::Company;
use crate::cli::idle::is_typed;
use crate::cli::machine::machine;
use crate::cli::member::of_model;
use crate::cli::split::shape_for;
use crate::cli::usage::Usage;
use crate::cli::{Failure, shell};

/// The heading of these options in the help.
const HEADING: &str = "Interrupting and resuming";

/// The options that are allowed with `--resume`. The model file determines all others.
const ALLOWED: &[&str] = &["resume", "epochs", "data", "threads", "out", "log", "quiet", "force", "checkpoint_every"];

/// How a training is saved on the way, and gone on with.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// Resume the training in a model file as if it had never stopped; --epochs may ask for more epochs.
    #[arg(help_heading = HEADING, long, value_name = "MODEL", conflicts_with = "from")]
    pub resume: Option<PathBuf>,

    /// Save the model after an epoch if this many seconds have passed; 0 for every epoch.
    ///
    /// Unless 0 is given, saving takes at most a twentieth of the time, however large the model is.
    #[arg(help_heading = HEADING, long, value_name = "SECONDS", default_value_t = 5)]
    pub checkpoint_every: u32,

    /// Overwrite the files of --out and --log even if they are not this program's.
    #[arg(help_heading = HEADING, long)]
    pub force: bool,
}

/// Resumes the training in the model file at `path`.
pub fn run(company: Company, arguments: &TrainArguments, path: &Path, matches: &ArgMatches) -> Result<(), Failure> {
    let portion = company.portion();
    let out = if is_typed(matches, "out") { &arguments.out } else { path };
    let checked = |model| company.if_writing(|| outputs::check(out, arguments)).map(|_| model);
    match read(path, matches).and_then(checked) {
        Ok((Precision::F32, json)) => {
            company.train(job::<f32>(arguments, (path, &json), out, matches, portion), arguments)
        }
        Ok((Precision::F64, json)) => {
            company.train(job::<f64>(arguments, (path, &json), out, matches, portion), arguments)
        }
        Err(failure) => company.train::<f32>(Err(failure), arguments),
    }
}

/// The precision and the contents of the model file.
fn read(path: &Path, matches: &ArgMatches) -> Result<(Precision, Vec<u8>), Failure> {
    check_typed(path, matches)?;
    let json = read_model_file(path).map_err(Failure::ModelFile)?;
    let precision = precision_of(&json).map_err(|error| of_model(path, error))?;
    Ok((precision, json))
}

/// Refuses options that would change the training.
fn check_typed(path: &Path, matches: &ArgMatches) -> Result<(), Failure> {
    let command = Arguments::command();
    let options = command.find_subcommand("train").into_iter().flat_map(Command::get_arguments);
    let mut fixed = options.filter(|option| !ALLOWED.contains(&option.get_id().as_str()));
    match fixed.find(|option| is_typed(matches, option.get_id().as_str())) {
        Some(option) => Err(Failure::Usage(Usage::FixedOption {
            option: option.get_long().unwrap_or_default().to_string(),
            path: path.display().to_string(),
        })),
        None => Ok(()),
    }
}

fn job<F: Trainable>(
    arguments: &TrainArguments,
    (path, json): (&Path, &[u8]),
    out: &Path,
    matches: &ArgMatches,
    portion: Portion,
) -> Result<Job<F>, Failure> {
    let start = Instant::now();
    let refuse = |error| Failure::Resume { path: path.display().to_string(), error };
    let mut model = Model::<F>::from_json(json).map_err(|error| of_model(path, error))?;
    let untrained = ResumeError::untrained(&model);
    let record = model.training.as_mut().ok_or(refuse(untrained))?;
    let machine = machine(arguments.threads)?;
    let settings = Settings::of_record(record, &model.history, machine).map_err(refuse)?;
    if is_typed(matches, "epochs") {
        let done = model.history.len();
        record.epochs = epochs(&settings, arguments.epochs, done)?;
    }
    record.program = PROGRAM.to_string();
    let (mut record, settings) = (record.clone(), Settings { epochs: record.epochs, ..settings });
    let of_file = |error| match error {
        ConfigError::Threads(_) => Failure::from(error), // the only one that is typed
        error => Failure::Settings { path: path.display().to_string(), error },
    };
    settings.check_beforehand().map_err(of_file)?;
    let choice = choice(&record).map_err(refuse)?;
    let task = Task::load(&arguments.data, arguments.quiet, &choice, portion, machine.threads);
    let task = task.map_err(|failure| match failure {
        Failure::Usage(Usage::Split(_)) => other_data(path, &record, "fewer images".to_string()),
        other => other,
    })?;
    // A training that began with another model (--from) has the labels and class names of that model. If the file has
    // no names, the labels are those of the dataset, which may have got its names since.
    let task = if record.classes.is_empty() {
        task
    } else {
        let counted = task.in_classes(&model.classes(), &path.display().to_string());
        counted.map_err(|_| other_data(path, &record, found(&task, true)))?
    };
    check_data(path, &record, &model, &task)?;
    shape_for(&path.display().to_string(), model.image(), task.training.geometry())?;
    if record.classes.is_empty() {
        record.classes = task.training.identity().classes().clone();
    }
    settings.check(task.training.len(), task.evaluation.len()).map_err(of_file)?;
    let progress = Progress::of_model(model, &settings).map_err(refuse)?;
    Ok(Job { settings, task, progress, record, out: out.to_path_buf(), start })
}

/// The requested number of epochs, if the training can have that many.
fn epochs(settings: &Settings, asked: usize, done: usize) -> Result<usize, Failure> {
    if let Some(cause) = settings.depends_on_epochs().filter(|_| asked != settings.epochs) {
        return Err(Failure::Usage(Usage::FixedEpochs { cause, epochs: settings.epochs }));
    }
    if asked < done {
        return Err(Failure::Usage(Usage::EpochsDone { asked, done }));
    }
    Ok(asked)
}

/// The images that the training used.
fn choice(record: &TrainingRecord) -> Result<Choice, ResumeError> {
    let unknown = |what, name: &str| ResumeError::Unknown { what, name: name.to_string() };
    let expand = record.expand.as_deref().map(|name| ExpandName::from_str(name, false).map_err(|_| name));
    Ok(Choice {
        train_size: Some(record.images_of_file()),
        validation: Some(record.n_validation),
        evaluate_on: EvaluateOn::from_str(&record.evaluate_on, false)
            .map_err(|_| unknown("evaluation set", &record.evaluate_on))?,
        deskew: record.deskew,
        expand: expand.transpose().map_err(|name| unknown("expansion", name))?,
    })
}

/// Checks that the images are those of the training.
fn check_data<F: Real>(path: &Path, record: &TrainingRecord, model: &Model<F>, task: &Task) -> Result<(), Failure> {
    let (training, evaluation) = (task.training.len(), task.evaluation.len());
    let same = |row: &EpochRecord| (row.n_training, row.n_evaluation) == (training, evaluation);
    let names = task.training.identity().classes();
    // Some models are older than the class names of their datasets, but none is older than those of directories of
    // pictures.
    let are_older = record.classes.is_empty() && !are_pictures(&record.dataset);
    let same_names = are_older || record.classes == *names;
    if task.dataset == record.dataset && same_names && model.history.iter().all(same) {
        return Ok(());
    }
    Err(other_data(path, record, found(task, !same_names)))
}

/// A description of the images found, for a message.
fn found(task: &Task, with_classes: bool) -> String {
    let Task { dataset, training, evaluation, .. } = task;
    let called = classes(training.identity().classes());
    let called = if with_classes { format!(", of {called}") } else { String::new() };
    format!("{dataset}, {} and {} images{called}", training.len(), evaluation.len())
}

/// A description of the classes, for a message.
fn classes(names: &ClassNames) -> String {
    if names.is_empty() { "classes without names".to_string() } else { format!("the classes {}", names.in_words()) }
}

fn other_data(path: &Path, record: &TrainingRecord, found: String) -> Failure {
    let TrainingRecord { dataset, n_train, n_validation, .. } = record;
    let expected =
        format!("{dataset}, {n_train} images beside {n_validation} for validation, of {}", classes(&record.classes));
    Failure::OtherData { path: path.display().to_string(), expected, found }
}

/// The introduction's line about a resumed training.
pub fn introduction<F: Real>(path: &Path, progress: &Progress<F>, settings: &Settings) -> String {
    let (done, epochs) = (progress.history.len(), settings.epochs);
    let path = shell::quoted(path.as_os_str());
    let all = match settings.depends_on_epochs() {
        _ if settings.has_stopped_early(&progress.history) => {
            format!(
                ": it has stopped early, so nothing more is to be done ({} train --from {path} goes on)",
                shell::program()
            )
        }
        _ if done < epochs => String::new(),
        Some(_) => ": all are done".to_string(),
        None => ": all are done (--epochs asks for more)".to_string(),
    };
    format!("resumed   {path}, after epoch {done} of {epochs}{all}\n")
}
