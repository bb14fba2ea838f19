//! `mnist eval`: how well a saved model does.

use std::path::Path;

use mnist_mlp::data::{Dataset, Part, splits};
use mnist_mlp::engine::{Trainable, evaluate};
use mnist_mlp::network::{Model, ModelError, precision_of, read_model_file};
use mnist_mlp::report::EvaluationReport;
use mnist_mlp::{Precision, Real};

use super::args::{EvalArguments, Format, Split};
use super::machine::machine;
use super::{Failure, dataset, output};

/// The validation images of a model that does not say: the book's split.
const DEFAULT_VALIDATION: usize = 10_000;

pub fn run(arguments: &EvalArguments) -> Result<(), Failure> {
    let json = read_model_file(&arguments.model).map_err(Failure::Save)?;
    match precision_of(&json).map_err(|error| of_model(&arguments.model, error))? {
        Precision::F32 => run_in::<f32>(arguments, &json),
        Precision::F64 => run_in::<f64>(arguments, &json),
    }
}

fn run_in<F: Trainable>(arguments: &EvalArguments, json: &[u8]) -> Result<(), Failure> {
    let model = Model::<F>::from_json(json).map_err(|error| of_model(&arguments.model, error))?;
    let machine = machine(None)?;
    let data = load(arguments, &model, machine.threads)?;
    warn_of_other_data(&model, &data);
    let evaluation = evaluate(&model.network, &data, machine)
        .map_err(|error| Failure::Fit { path: arguments.model.display().to_string(), error })?;
    let lambda = model.training.as_ref().map_or(0.0, |training| training.lambda);
    let report = EvaluationReport {
        model: arguments.model.display().to_string(),
        description: describe(&model),
        dataset: data.identity().to_string(),
        split: name(arguments.split),
        lambda,
        regularization: model.network.regularization(lambda, evaluation.n()),
        evaluation: &evaluation,
    };
    match arguments.format {
        Format::Text => output::result(report.text(output::width())),
        Format::Json => output::result(report.json()),
    }
}

/// A fault of a model file, with its path.
pub fn of_model(path: &Path, error: ModelError) -> Failure {
    Failure::Model { path: path.display().to_string(), error }
}

/// The images of the split, cut as they were when the model was trained.
fn load<F: Real>(arguments: &EvalArguments, model: &Model<F>, threads: usize) -> Result<Dataset, Failure> {
    let source = dataset::source(&arguments.data, false)?;
    let part = if arguments.split == Split::Test { Part::Test } else { Part::Training };
    let all = source.load(part, threads)?;
    let recorded = model.training.as_ref();
    let validation = recorded.map_or(DEFAULT_VALIDATION, |training| training.n_validation);
    let train_size = recorded.map(|training| training.n_train);
    let cut = |train_size| {
        splits::split(&all, train_size, validation).map_err(|_| Failure::OtherSplit {
            split: name(arguments.split),
            validation,
            images: all.len(),
        })
    };
    let data = match arguments.split {
        Split::Test => all,
        Split::Validation => cut(None)?.1,
        Split::Train => cut(train_size)?.0,
    };
    if data.is_empty() {
        return Err(Failure::EmptySplit { split: name(arguments.split), validation });
    }
    Ok(data)
}

fn warn_of_other_data<F: Real>(model: &Model<F>, data: &Dataset) {
    if let Some(training) = &model.training
        && training.dataset != data.identity().name()
    {
        output::warning(format_args!("the model was trained on {}, these are {}", training.dataset, data.identity()));
    }
}

fn name(split: Split) -> &'static str {
    match split {
        Split::Test => "test",
        Split::Validation => "validation",
        Split::Train => "train",
    }
}

/// "784-30-10, cross-entropy, 30 epochs of MNIST".
fn describe<F: Real>(model: &Model<F>) -> String {
    let sizes: Vec<_> = model.network.sizes().iter().map(ToString::to_string).collect();
    let trained = match &model.training {
        Some(training) => {
            let (done, data) = (training.epochs_done, &training.dataset);
            match training.course.epoch {
                Some(epoch) => format!("epoch {epoch} of {done} on {data}"),
                None => format!("{done} epochs of {data}"),
            }
        }
        None => "training unknown".to_string(),
    };
    format!("{}, {}, {trained}", sizes.join("-"), model.network.cost().name())
}
