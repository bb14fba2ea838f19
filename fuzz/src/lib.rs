//! What the targets share: how a training is saved, as `mnist train` does it.

use mnist_mlp::Real;
use mnist_mlp::network::{Model, TrainingRecord};
use mnist_mlp::trainer::{Progress, Settings};

/// The model file of a training so far.
pub fn model_of<F: Real>(progress: &Progress<F>, settings: &Settings, n_train: usize) -> Model<F> {
    let epochs_done = progress.history.len();
    let training = TrainingRecord {
        program: "mnist".to_string(),
        dataset: "tiny".to_string(),
        n_train,
        n_validation: 0,
        evaluate_on: "test".to_string(),
        init: "default".to_string(),
        epochs: settings.epochs,
        batch_size: settings.batch_size,
        eta: settings.eta,
        lambda: settings.lambda,
        l1: settings.l1,
        optimizer: settings.optimizer,
        dropout: settings.dropout,
        input_dropout: settings.input_dropout,
        max_norm: settings.max_norm,
        ema: settings.average,
        expand: None,
        augment: settings.augment,
        seed: settings.seed,
        shuffle: settings.shuffle,
        precision: F::PRECISION,
        engine: settings.engine.name().to_string(),
        epochs_done,
        course: settings.course_record(progress.epoch, epochs_done),
    };
    Model {
        network: progress.network.clone(),
        training: Some(training),
        history: progress.history.clone(),
        checkpoint: progress.checkpoint(),
    }
}

/// The bytes of a model file.
pub fn json_of<F: Real>(model: &Model<F>) -> Vec<u8> {
    let mut json = Vec::new();
    model.write_json(&mut json).expect("room in memory");
    json
}
