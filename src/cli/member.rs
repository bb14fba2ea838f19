//! A model to be evaluated, whose precision only its file knows.

use std::io::{self, Write};
use std::path::Path;

use mnist_mlp::Precision;
use mnist_mlp::committee::{Committee, JoinError};
use mnist_mlp::data::Dataset;
use mnist_mlp::engine::{Machine, Trainable, evaluate, outputs};
use mnist_mlp::evaluate::{Evaluation, FitError};
use mnist_mlp::export::{self, FileType, Input};
use mnist_mlp::network::{
    Activation, Model, ModelError, ModelRecord, Network, Output, TrainingRecord, precision_of, read_model_file,
};
use mnist_mlp::printable::printable;
use mnist_mlp::report::{EvaluationReport, epochs};
use ndarray::Array2;

use super::args::Split;
use super::summary::activations;
use super::{Failure, split};

/// The validation images of a model that does not say: the book's split.
pub const DEFAULT_VALIDATION: usize = 10_000;

/// A model and its file.
pub struct Member {
    pub path: String,
    model: Box<dyn AnyModel>,
}

impl Member {
    /// Reads a model file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let in_model = |error| of_model(path, error);
        let json = read_model_file(path).map_err(Failure::ModelFile)?;
        let model: Box<dyn AnyModel> = match precision_of(&json).map_err(in_model)? {
            Precision::F32 => Box::new(Model::<f32>::from_json(&json).map_err(in_model)?),
            Precision::F64 => Box::new(Model::<f64>::from_json(&json).map_err(in_model)?),
        };
        Ok(Member { path: printable(path.display()), model })
    }

    /// The name of the dataset that it was trained on.
    pub fn dataset(&self) -> Option<&str> {
        self.model.training().map(|training| training.dataset.as_str())
    }

    /// How many images its training set aside for validation.
    pub fn validation(&self) -> usize {
        self.model.training().map_or(DEFAULT_VALIDATION, |training| training.n_validation)
    }

    /// How many images it was trained on, if its file says so.
    pub fn train_size(&self) -> Option<usize> {
        self.model.training().map(TrainingRecord::images_of_file)
    }

    /// What its file says beside the weights.
    pub fn record(&self) -> ModelRecord {
        self.model.record()
    }

    /// The network, whatever its precision: double holds single exactly.
    pub fn network_in_double(&self) -> Network<f64> {
        self.model.network_in_double()
    }

    pub fn precision(&self) -> Precision {
        self.model.precision()
    }

    fn lambda(&self) -> f64 {
        self.model.training().map_or(0.0, |training| training.lambda)
    }

    fn l1(&self) -> f64 {
        self.model.training().map_or(0.0, |training| training.l1)
    }

    /// Pixels of the images that it is for.
    pub fn inputs(&self) -> usize {
        self.model.inputs()
    }

    /// What its outputs are.
    pub fn output_layer(&self) -> Output {
        self.model.output_layer()
    }

    /// "784-30-10, cross-entropy".
    pub fn network(&self) -> String {
        self.model.network()
    }

    /// "784-30-10, cross-entropy, 30 epochs of MNIST".
    pub fn description(&self) -> String {
        match self.model.training() {
            Some(training) => {
                let (done, data) = (training.epochs_done, &training.dataset);
                match training.course.epoch {
                    Some(epoch) => format!("{}, epoch {epoch} of {done} on {data}", self.network()),
                    None => format!("{}, {} of {data}", self.network(), epochs(done as f64)),
                }
            }
            None => format!("{}, training unknown", self.network()),
        }
    }

    pub fn evaluate(&self, data: &Dataset, machine: Machine) -> Result<Evaluation, Failure> {
        self.model.evaluate(data, machine).map_err(|error| Failure::Fit { path: self.path.clone(), error })
    }

    /// What is said of an evaluation on these images of the split.
    pub fn report<'a>(&self, images: &Dataset, split: Split, evaluation: &'a Evaluation) -> EvaluationReport<'a> {
        EvaluationReport {
            model: self.path.clone(),
            description: self.description(),
            dataset: images.identity().to_string(),
            split: split::name(split),
            lambda: self.lambda(),
            l1: self.l1(),
            regularization: self.model.regularization(self.lambda(), self.l1(), images.len()),
            evaluation,
        }
    }

    /// a^L of every image, (n, n_L).
    pub fn outputs(&self, data: &Dataset, machine: Machine) -> Result<Array2<f64>, Failure> {
        self.model.outputs(data, machine).map_err(|error| Failure::Fit { path: self.path.clone(), error })
    }

    /// The number of its outputs.
    pub fn classes(&self) -> usize {
        self.model.classes()
    }

    /// Writes it in a form that other programs read.
    pub fn export(&self, file_type: FileType, input: Input, writer: &mut dyn Write) -> io::Result<()> {
        self.model.export(file_type, input, writer)
    }

    pub fn join(&self, committee: &mut Committee, machine: Machine) -> Result<(), Failure> {
        self.model.join(committee, machine).map_err(|error| Failure::Join { path: self.path.clone(), error })
    }
}

/// A fault of a model file, with its path.
pub fn of_model(path: &Path, error: ModelError) -> Failure {
    Failure::Model { path: path.display().to_string(), error }
}

/// What is asked of a model of either precision.
trait AnyModel {
    fn training(&self) -> Option<&TrainingRecord>;
    fn inputs(&self) -> usize;
    fn classes(&self) -> usize;
    fn output_layer(&self) -> Output;
    fn record(&self) -> ModelRecord;
    fn network_in_double(&self) -> Network<f64>;
    fn precision(&self) -> Precision;
    fn network(&self) -> String;
    fn regularization(&self, lambda: f64, l1: f64, n: usize) -> f64;
    fn evaluate(&self, data: &Dataset, machine: Machine) -> Result<Evaluation, FitError>;
    fn outputs(&self, data: &Dataset, machine: Machine) -> Result<Array2<f64>, FitError>;
    fn export(&self, file_type: FileType, input: Input, writer: &mut dyn Write) -> io::Result<()>;
    fn join(&self, committee: &mut Committee, machine: Machine) -> Result<(), JoinError>;
}

impl<F: Trainable> AnyModel for Model<F> {
    fn training(&self) -> Option<&TrainingRecord> {
        self.training.as_ref()
    }

    fn inputs(&self) -> usize {
        self.network.inputs()
    }

    fn classes(&self) -> usize {
        self.network.outputs()
    }

    fn output_layer(&self) -> Output {
        self.network.cost().output()
    }

    fn record(&self) -> ModelRecord {
        ModelRecord {
            sizes: self.network.sizes(),
            cost: self.network.cost().name(),
            activations: self.network.activations().to_vec(),
            training: self.training.clone(),
            history: self.history.clone(),
        }
    }

    fn network_in_double(&self) -> Network<f64> {
        self.network.in_double()
    }

    fn precision(&self) -> Precision {
        F::PRECISION
    }

    fn network(&self) -> String {
        let sizes: Vec<_> = self.network.sizes().iter().map(ToString::to_string).collect();
        let sigmoid = self.network.activations().iter().all(|&activation| activation == Activation::Sigmoid);
        let activations = if sigmoid { String::new() } else { format!(" {}", activations(&self.network)) };
        format!("{}{activations}, {}", sizes.join("-"), self.network.cost().name())
    }

    fn regularization(&self, lambda: f64, l1: f64, n: usize) -> f64 {
        self.network.regularization(lambda, l1, n)
    }

    fn evaluate(&self, data: &Dataset, machine: Machine) -> Result<Evaluation, FitError> {
        evaluate(&self.network, data, machine)
    }

    fn outputs(&self, data: &Dataset, machine: Machine) -> Result<Array2<f64>, FitError> {
        outputs(&self.network, data, machine)
    }

    fn export(&self, file_type: FileType, input: Input, writer: &mut dyn Write) -> io::Result<()> {
        export::write(self, file_type, input, writer)
    }

    fn join(&self, committee: &mut Committee, machine: Machine) -> Result<(), JoinError> {
        committee.join(&self.network, machine)
    }
}
