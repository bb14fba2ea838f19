//! What the targets share: how a training is saved, as `mnist train` does it.

use mnist_mlp::Real;
use mnist_mlp::data::ClassNames;
use mnist_mlp::model::Model;
use mnist_mlp::trainer::{Background, Progress, Settings};

/// The model file of a training so far.
pub fn model_of<F: Real>(progress: &Progress<F>, settings: &Settings, n_train: usize) -> Model<F> {
    let record = settings.record(Background {
        dataset: "tiny".to_string(),
        classes: ClassNames::default(),
        geometry: (1, 1),
        n_train,
        n_validation: 0,
        evaluate_on: "test".to_string(),
        init: "default".to_string(),
        expand: None,
        deskew: false,
        precision: F::PRECISION,
    });
    progress.model(&record, settings)
}

/// The bytes of a model file.
pub fn json_of<F: Real>(model: &Model<F>) -> Vec<u8> {
    let mut json = Vec::new();
    model.write_json(&mut json).expect("room in memory");
    json
}
