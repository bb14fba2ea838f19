//! A model to be evaluated, whose precision only its file knows.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mnist_mlp::committee::Committee;
use mnist_mlp::data::{ClassNames, Classes, Dataset};
use mnist_mlp::engine::{Machine, evaluate, outputs};
use mnist_mlp::evaluate::Evaluation;
use mnist_mlp::export::{self, FileType, Input};
use mnist_mlp::model::{Model, ModelError, ModelRecord, TrainingRecord, precision_of, read_model_file};
use mnist_mlp::network::{Activation, MergeError, Network, Output, Unlike, sizes_in_words};
use mnist_mlp::printable::printable;
use mnist_mlp::report::{EvaluationReport, epochs};
use mnist_mlp::{Precision, Real};
use ndarray::Array2;

use super::args::Split;
use super::train::summary::activations;
use super::{Failure, output, split};

/// The validation images of a model that does not say: the book's split.
pub const DEFAULT_VALIDATION: usize = 10_000;

/// How many of `total` training images are for validation if nobody says: the book's 10,000 or, where there are no more
/// than these, the same share of them, a sixth.
pub fn usual_validation(total: usize) -> usize {
    if total > DEFAULT_VALIDATION { DEFAULT_VALIDATION } else { (total / 6).max(1) }
}

/// A model and its file.
pub struct Member {
    pub path: String,
    model: AnyModel,
}

/// A model of either precision.
enum AnyModel {
    F32(Model<f32>),
    F64(Model<f64>),
}

/// Asks the same of a model, whichever its precision.
macro_rules! ask {
    ($member:expr, $model:ident => $answer:expr) => {
        match &$member.model {
            AnyModel::F32($model) => $answer,
            AnyModel::F64($model) => $answer,
        }
    };
}

impl Member {
    /// Reads a model file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let in_model = |error| of_model(path, error);
        let json = read_model_file(path).map_err(Failure::ModelFile)?;
        let model = match precision_of(&json).map_err(in_model)? {
            Precision::F32 => AnyModel::F32(Model::from_json(&json).map_err(in_model)?),
            Precision::F64 => AnyModel::F64(Model::from_json(&json).map_err(in_model)?),
        };
        Ok(Member { path: printable(path.display()), model })
    }

    /// Reads the model files of those who vote together.
    pub fn read_all(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        warn_of_repetition(paths);
        paths.iter().map(|path| Member::read(path)).collect()
    }

    /// The models merged into one, in single precision if all of them are, to be saved at `path`.
    pub fn merged(members: &[Member], path: &Path) -> Result<Self, Failure> {
        let singles: Option<Vec<_>> = members.iter().map(Member::in_single).collect();
        let model = if let Some(models) = singles {
            Model::merged(&models).map(AnyModel::F32)
        } else {
            let models: Vec<_> = members.iter().map(|member| ask!(member, model => model.in_double())).collect();
            Model::merged(&models.iter().collect::<Vec<_>>()).map(AnyModel::F64)
        };
        let path_of = |unlike: &Unlike| members[unlike.network].path.clone();
        let model = model.map_err(|error| match error {
            MergeError::OtherTask(unlike) => Failure::OtherTask { path: path_of(&unlike), unlike },
            MergeError::OtherKind(unlike) => Failure::OtherKind { path: path_of(&unlike), unlike },
            other => Failure::Merge(other),
        })?;
        Ok(Member { path: printable(path.display()), model })
    }

    /// The model, if it is of single precision.
    fn in_single(&self) -> Option<&Model<f32>> {
        match &self.model {
            AnyModel::F32(model) => Some(model),
            AnyModel::F64(_) => None,
        }
    }

    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        ask!(self, model => model.save(path)).map_err(Failure::ModelFile)
    }

    fn training(&self) -> Option<&TrainingRecord> {
        ask!(self, model => model.training.as_ref())
    }

    /// The trainings behind it: several if it was merged from several networks, nothing for one that is unknown.
    fn trainings(&self) -> Vec<Option<&TrainingRecord>> {
        ask!(self, model => model.trainings())
    }

    /// The names of the datasets that it was trained on, as far as they are known: several if networks were merged into
    /// it that were trained on different ones.
    pub fn datasets(&self) -> Vec<&str> {
        let mut datasets = Vec::new();
        for training in self.trainings().into_iter().flatten() {
            if !datasets.contains(&training.dataset.as_str()) {
                datasets.push(&training.dataset);
            }
        }
        datasets
    }

    /// What its classes are called.
    pub fn class_names(&self) -> ClassNames {
        ask!(self, model => model.class_names())
    }

    /// What is known of its classes.
    pub fn known_classes(&self) -> Classes {
        ask!(self, model => model.classes())
    }

    /// How many images were set aside for validation; of several networks in one the fewest, so that none was trained
    /// on them.
    pub fn validation(&self) -> usize {
        let of =
            |training: Option<&TrainingRecord>| training.map_or(DEFAULT_VALIDATION, |training| training.n_validation);
        self.trainings().into_iter().map(of).min().unwrap_or(DEFAULT_VALIDATION)
    }

    /// How many images it was trained on, if its file says so; of several networks in one the fewest, which all were
    /// trained on.
    pub fn train_size(&self) -> Option<usize> {
        let sizes = self.trainings().into_iter().map(|training| training.map(TrainingRecord::images_of_file));
        sizes.collect::<Option<Vec<_>>>().and_then(|sizes| sizes.into_iter().min())
    }

    /// How many images there must have been to train it, those for validation among them.
    pub fn images(&self) -> usize {
        let of = |training: Option<&TrainingRecord>| {
            training
                .map_or(DEFAULT_VALIDATION, |training| training.images_of_file().saturating_add(training.n_validation))
        };
        self.trainings().into_iter().map(of).max().unwrap_or(0)
    }

    /// What its file says beside the weights.
    pub fn record(&self) -> ModelRecord {
        ask!(self, model => ModelRecord {
            sizes: model.network.sizes(),
            cost: model.network.cost().name(),
            activations: model.network.activations().to_vec(),
            training: model.training.clone(),
            members: model.members.clone(),
            history: model.history.clone(),
        })
    }

    /// The network, whatever its precision: double holds single exactly.
    pub fn network_in_double(&self) -> Network<f64> {
        ask!(self, model => model.network.in_double())
    }

    pub fn precision(&self) -> Precision {
        match self.model {
            AnyModel::F32(_) => Precision::F32,
            AnyModel::F64(_) => Precision::F64,
        }
    }

    /// Pixels of the images that it is for.
    pub fn inputs(&self) -> usize {
        ask!(self, model => model.network.inputs())
    }

    /// The number of its outputs.
    pub fn classes(&self) -> usize {
        ask!(self, model => model.network.outputs())
    }

    /// What its outputs are.
    pub fn output_layer(&self) -> Output {
        ask!(self, model => model.network.cost().output())
    }

    /// "784-30-10, cross-entropy".
    pub fn network(&self) -> String {
        ask!(self, model => described(&model.network))
    }

    /// "784-30-10, cross-entropy, 30 epochs of MNIST".
    pub fn description(&self) -> String {
        match self.training() {
            Some(training) => {
                let deskewed = if training.deskew { ", deskewed" } else { "" };
                let (done, data) = (training.epochs_done, format!("{}{deskewed}", without_sums(&training.dataset)));
                match training.course.epoch {
                    Some(epoch) => format!("{}, epoch {epoch} of {done} on {data}", self.network()),
                    None => format!("{}, {} of {data}", self.network(), epochs(done as f64)),
                }
            }
            None => match ask!(self, model => model.members.len()) {
                0 => format!("{}, training unknown", self.network()),
                networks => {
                    let datasets: Vec<_> = self.datasets().into_iter().map(without_sums).collect();
                    let on = if datasets.is_empty() { "" } else { ", trained on " };
                    format!("{}, {networks} networks in one{on}{}", self.network(), datasets.join(" and "))
                }
            },
        }
    }

    /// Whether the network sees deskewed images.
    pub fn sees_deskewed(&self) -> bool {
        ask!(self, model => model.sees_deskewed())
    }

    /// What the network sees of these images.
    pub fn seen(&self, data: &Dataset, machine: Machine) -> Result<Dataset, Failure> {
        Ok(if self.sees_deskewed() { data.deskewed(machine.threads)? } else { data.clone() })
    }

    pub fn evaluate(&self, data: &Dataset, machine: Machine) -> Result<Evaluation, Failure> {
        let data = &self.seen(data, machine)?;
        let evaluation = ask!(self, model => evaluate(&model.network, data, machine));
        let evaluation = evaluation.map_err(|error| Failure::Fit { path: self.path.clone(), error })?;
        if evaluation.mean_cost().is_nan() {
            // Of an infinite z there is no cost, but it may be a sigmoid's certain answer.
            self.outputs_of_seen(data, machine)?;
        }
        Ok(evaluation)
    }

    /// What is said of an evaluation on these images of the split.
    pub fn report<'a>(&self, images: &Dataset, split: Split, evaluation: &'a Evaluation) -> EvaluationReport<'a> {
        let (lambda, l1) = self.training().map_or((0.0, 0.0), |training| (training.lambda, training.l1));
        EvaluationReport {
            model: self.path.clone(),
            description: self.description(),
            dataset: images.identity().to_string(),
            names: images.identity().classes().clone(),
            split: split::name(split),
            lambda,
            l1,
            regularization: ask!(self, model => model.network.regularization(lambda, l1, images.len())),
            evaluation,
        }
    }

    /// a^L of every image, (n, n_L).
    pub fn outputs(&self, data: &Dataset, machine: Machine) -> Result<Array2<f64>, Failure> {
        self.outputs_of_seen(&self.seen(data, machine)?, machine)
    }

    /// The same of images as the network sees them.
    pub fn outputs_of_seen(&self, seen: &Dataset, machine: Machine) -> Result<Array2<f64>, Failure> {
        let outputs = ask!(self, model => outputs(&model.network, seen, machine));
        let outputs = outputs.map_err(|error| Failure::Fit { path: self.path.clone(), error })?;
        if outputs.iter().any(|output| output.is_nan()) {
            return Err(Failure::NoAnswer { model: self.path.clone(), images: "some of these images".to_string() });
        }
        Ok(outputs)
    }

    /// Writes it in a form that other programs read.
    pub fn export(&self, file_type: FileType, input: Input, writer: &mut dyn Write) -> io::Result<()> {
        ask!(self, model => export::write(model, file_type, input, writer))
    }

    pub fn join(&self, committee: &mut Committee, machine: Machine) -> Result<(), Failure> {
        let seen = &self.seen(committee.images(), machine)?;
        let joined = ask!(self, model => committee.join_seeing(seen, &model.network, machine));
        joined.map_err(|error| Failure::Join { path: self.path.clone(), error })
    }
}

/// "784-30-10, cross-entropy".
fn described<F: Real>(network: &Network<F>) -> String {
    let sizes = sizes_in_words(&network.sizes());
    let sigmoid = network.activations().iter().all(|&activation| activation == Activation::Sigmoid);
    let activations = if sigmoid { String::new() } else { format!(" {}", activations(network)) };
    format!("{sizes}{activations}, {}", network.cost().name())
}

/// The name of a dataset without the sums that tell it from others: "unknown images".
fn without_sums(dataset: &str) -> &str {
    dataset.split(" (SHA-256").next().unwrap_or(dataset)
}

/// A fault of a model file, with its path.
pub fn of_model(path: &Path, error: ModelError) -> Failure {
    Failure::Model { path: path.display().to_string(), error }
}

/// A model that is named twice has two votes: hardly ever what was meant, and easily typed with a `*`.
fn warn_of_repetition(paths: &[PathBuf]) {
    let file = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let files: Vec<_> = paths.iter().map(file).collect();
    for (i, path) in paths.iter().enumerate() {
        if files[..i].contains(&files[i]) {
            output::warning(format_args!("{} is named more than once and has a vote each time", path.display()));
        }
    }
}
