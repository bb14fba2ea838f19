//! A saved model, of the precision that its file determines.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mnist_mlp::data::{ClassNames, Classes, Dataset};
use mnist_mlp::evaluate::Evaluation;
use mnist_mlp::export::{self, FileType, Input};
use mnist_mlp::model::{Model, ModelError, ModelRecord, TrainingRecord, precision_of, read_model_file};
use mnist_mlp::network::{Activation, MergeError, Network, Output, Unlike, sizes_in_words};
use mnist_mlp::printable::printable;
use mnist_mlp::report::{EvaluationReport, epochs};
use mnist_mlp::{Precision, Real};

use super::args::Split;
use super::train::summary::activations;
use super::{Failure, output, split};

/// The number of validation images of a model whose file does not say: the book's.
pub const DEFAULT_VALIDATION: usize = 10_000;

/// How many of `total` training images are for validation by default: the book's 10,000 or, if these were more than half
/// of the images, a sixth of the images, which is MNIST's share.
pub fn usual_validation(total: usize) -> usize {
    if total >= 2 * DEFAULT_VALIDATION { DEFAULT_VALIDATION } else { (total / 6).max(1) }
}

/// A model, its file, and how it is to look at images.
pub struct Member {
    pub path: String,
    model: AnyModel,
    /// It answers to all shifts of an image by at most this many steps together.
    shifts: u8,
}

/// A model of either precision.
enum AnyModel {
    F32(Model<f32>),
    F64(Model<f64>),
}

/// Evaluates the same expression for a model of either precision.
macro_rules! ask {
    ($member:expr, $model:ident => $answer:expr) => {
        match &$member.model {
            AnyModel::F32($model) => $answer,
            AnyModel::F64($model) => $answer,
        }
    };
}

mod answers; // after the macro, which it uses

impl Member {
    /// Reads a model file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let in_model = |error| of_model(path, error);
        let json = read_model_file(path).map_err(Failure::ModelFile)?;
        let model = match precision_of(&json).map_err(in_model)? {
            Precision::F32 => AnyModel::F32(Model::from_json(&json).map_err(in_model)?),
            Precision::F64 => AnyModel::F64(Model::from_json(&json).map_err(in_model)?),
        };
        Ok(Member { path: printable(path.display()), model, shifts: 0 })
    }

    /// The model as it sees each image in all shifts by at most `shifts` steps.
    pub fn seeing_shifts(self, shifts: u8) -> Self {
        Member { shifts, ..self }
    }

    /// Reads several model files; warns if a file is named twice.
    pub fn read_all(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        warn_of_repetition(paths);
        paths.iter().map(|path| Member::read(path)).collect()
    }

    /// The models merged into one, to be saved at `path`. The result is in single precision if all models are.
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
        Ok(Member { path: printable(path.display()), model, shifts: 0 })
    }

    /// The model, if it is in single precision.
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

    /// The trainings of the model: several if it was merged from several networks, `None` for an unknown training.
    fn trainings(&self) -> Vec<Option<&TrainingRecord>> {
        ask!(self, model => model.trainings())
    }

    /// The names of the datasets on which the model was trained, as far as they are known; several if it was merged
    /// from networks that were trained on different datasets.
    pub fn datasets(&self) -> Vec<&str> {
        let mut datasets = Vec::new();
        for training in self.trainings().into_iter().flatten() {
            if !datasets.contains(&training.dataset.as_str()) {
                datasets.push(&training.dataset);
            }
        }
        datasets
    }

    /// The names of its classes.
    pub fn class_names(&self) -> ClassNames {
        ask!(self, model => model.class_names())
    }

    /// Its classes.
    pub fn known_classes(&self) -> Classes {
        ask!(self, model => model.classes())
    }

    /// How many of `total` images were set aside for validation. For merged networks this is the minimum, so that no
    /// network was trained on them.
    pub fn validation(&self, total: usize) -> usize {
        let of = |training: Option<&TrainingRecord>| {
            training.map_or_else(|| usual_validation(total), |training| training.n_validation)
        };
        self.trainings().into_iter().map(of).min().unwrap_or_else(|| usual_validation(total))
    }

    /// The number of images on which the model was trained; `None` if its file does not say. For merged networks this
    /// is the minimum, so that all were trained on these images.
    pub fn train_size(&self) -> Option<usize> {
        let sizes = self.trainings().into_iter().map(|training| training.map(TrainingRecord::images_of_file));
        sizes.collect::<Option<Vec<_>>>().and_then(|sizes| sizes.into_iter().min())
    }

    /// The number of images that its training must have had, including those for validation.
    pub fn images(&self) -> usize {
        let of = |training: Option<&TrainingRecord>| {
            training
                .map_or(DEFAULT_VALIDATION, |training| training.images_of_file().saturating_add(training.n_validation))
        };
        self.trainings().into_iter().map(of).max().unwrap_or(0)
    }

    /// The contents of the model file other than the weights.
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

    /// The network in double precision, which represents single precision exactly.
    pub fn network_in_double(&self) -> Network<f64> {
        ask!(self, model => model.network.in_double())
    }

    pub fn precision(&self) -> Precision {
        match self.model {
            AnyModel::F32(_) => Precision::F32,
            AnyModel::F64(_) => Precision::F64,
        }
    }

    /// Number of pixels of the images that the network takes.
    pub fn inputs(&self) -> usize {
        ask!(self, model => model.network.inputs())
    }

    /// Number of outputs.
    pub fn classes(&self) -> usize {
        ask!(self, model => model.network.outputs())
    }

    /// The kind of its output layer.
    pub fn output_layer(&self) -> Output {
        ask!(self, model => model.network.cost().output())
    }

    /// A short description: "784-30-10, cross-entropy".
    pub fn network(&self) -> String {
        ask!(self, model => described(&model.network))
    }

    /// A longer description: "784-30-10, cross-entropy, 30 epochs of MNIST".
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
                    let unknown = match self.trainings().iter().filter(|training| training.is_none()).count() {
                        n if n == 0 || n == networks => String::new(),
                        1 => "; of one the data are unknown".to_string(),
                        n => format!("; of {n} the data are unknown"),
                    };
                    format!("{}, {networks} networks in one{on}{}{unknown}", self.network(), datasets.join(" and "))
                }
            },
        }
    }

    /// The report of an evaluation on these images of the split.
    pub fn report<'a>(&self, images: &Dataset, split: Split, evaluation: &'a Evaluation) -> EvaluationReport<'a> {
        let (lambda, l1) = self.training().map_or((0.0, 0.0), |training| (training.lambda, training.l1));
        EvaluationReport {
            model: self.path.clone(),
            description: self.description(),
            seen: split::seen(images, split, self.views()),
            lambda,
            l1,
            regularization: ask!(self, model => model.network.regularization(lambda, l1, images.len())),
            evaluation,
        }
    }

    /// Writes the model in a format for other programs.
    pub fn export(&self, file_type: FileType, input: Input, writer: &mut dyn Write) -> io::Result<()> {
        ask!(self, model => export::write(model, file_type, input, writer))
    }
}

/// A short description: "784-30-10, cross-entropy".
fn described<F: Real>(network: &Network<F>) -> String {
    let sizes = sizes_in_words(&network.sizes());
    let sigmoid = network.activations().iter().all(|&activation| activation == Activation::Sigmoid);
    let activations = if sigmoid { String::new() } else { format!(" {}", activations(network)) };
    format!("{sizes}{activations}, {}", network.cost().name())
}

/// The name of a dataset without the checksum that distinguishes it: "unknown images".
fn without_sums(dataset: &str) -> &str {
    dataset.split(" (SHA-256").next().unwrap_or(dataset)
}

/// An error of a model file, with its path.
pub fn of_model(path: &Path, error: ModelError) -> Failure {
    Failure::Model { path: path.display().to_string(), error }
}

/// Warns of a model that is named twice and so has two votes: this is rarely intended, and easily typed with a `*`.
fn warn_of_repetition(paths: &[PathBuf]) {
    let file = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let files: Vec<_> = paths.iter().map(file).collect();
    for (i, path) in paths.iter().enumerate() {
        if files[..i].contains(&files[i]) {
            output::warning(format_args!("{} is named more than once and has a vote each time", path.display()));
        }
    }
}
