//! Model files: whatever the text, it is a model that works, or it is refused with a typed error.
//!
//! What is accepted is written and read again, evaluated, exported, and its training goes on for a few mini-batches.

#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use mnist_mlp::data::{Dataset, Identity};
use mnist_mlp::engine::{InstructionSet, Machine, Trainable, evaluate, outputs};
use mnist_mlp::export::{self, FileType, Input};
use mnist_mlp::model::{Model, precision_of};
use mnist_mlp::trainer::{Observer, Progress, Settings, resume as resumed};
use mnist_mlp_fuzz::json_of;

fuzz_target!(|json: &[u8]| {
    let is_ours = precision_of(json).is_ok();
    let accepted = [check::<f32>(json), check::<f64>(json)];
    assert!(is_ours || accepted == [false; 2], "a model without a precision");
});

/// Whether it is a model.
fn check<F: Trainable>(json: &[u8]) -> bool {
    let model = match Model::<F>::from_json(json) {
        Ok(model) => model,
        Err(error) => {
            assert!(!error.to_string().is_empty()); // what a user would be shown
            return false;
        }
    };
    let network = &model.network;
    network.check_finite().expect("what was read is finite");
    let written = json_of(&model);
    let again = Model::<F>::from_json(&written).expect("what was written can be read");
    assert!(json_of(&again) == written, "what was read again is the same");
    for file_type in [FileType::Onnx, FileType::Safetensors, FileType::Npz, FileType::Csv] {
        export::write(&model, file_type, Input::Pixels, Vec::new()).expect("room in memory");
    }

    let data = data(network.inputs(), network.outputs());
    for instructions in InstructionSet::available() {
        let machine = Machine { threads: 2, instructions };
        if let Ok(evaluation) = evaluate(network, &data, machine) {
            assert_eq!(evaluation.n(), data.len());
            assert_eq!(outputs(network, &data, machine).expect("it fits").nrows(), data.len());
        }
    }
    resume(model, &data);
    true
}

/// A few images of `inputs` pixels.
fn data(inputs: usize, outputs: usize) -> Dataset {
    let classes = outputs.clamp(2, 256);
    let labels: Vec<_> = (0..4).map(|i| (i * 5 % classes) as u8).collect();
    let pixels = (0..labels.len() * inputs).map(|i| if i % 3 == 0 { 0 } else { (i * 31) as u8 }).collect();
    Dataset::new(pixels, labels, (1, inputs), classes, Identity::named("tiny")).expect("a dataset")
}

/// Goes on with the training behind a model, as `mnist train --resume` does.
fn resume<F: Trainable>(model: Model<F>, data: &Dataset) {
    let Some(record) = &model.training else { return };
    let Ok(settings) = Settings::of_record(record, &model.history, Machine { threads: 2, ..Machine::default() }) else {
        return;
    };
    let Ok(progress) = Progress::of_model(model, &settings) else { return };
    let Ok(config) = settings.check(data.len(), data.len()) else { return };
    if let Ok(trained) = resumed(progress, data, data, &config, &mut AFewMiniBatches(6)) {
        trained.network.check_finite().expect("what comes out is finite");
    }
}

struct AFewMiniBatches(usize);

impl<F: Trainable> Observer<F> for AFewMiniBatches {
    fn mini_batch(&mut self, _: usize, _: usize) -> ControlFlow<()> {
        self.0 -= 1;
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
