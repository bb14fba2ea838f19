//! safetensors: named arrays, with a description as JSON.

use std::collections::HashMap;

use safetensors::{Dtype, serialize, tensor::TensorView};
use serde_json::Value;

use super::{Input, about, tensors};
use crate::model::Model;
use crate::real::{Precision, Real};

/// The description comes first, after the length of the header.
pub(super) const MARK: (usize, &[u8]) = (8, b"{\"__metadata__\":{\"mnist\":");

pub(super) fn bytes<F: Real>(model: &Model<F>) -> Vec<u8> {
    let number = match F::PRECISION {
        Precision::F32 => Dtype::F32,
        Precision::F64 => Dtype::F64,
    };
    let tensors: Vec<_> = tensors(&model.network).collect();
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(number, tensor.shape.clone(), &tensor.data);
        (&tensor.name, view.expect("the shape is that of the data"))
    });
    // Use a single metadata key: the library writes several keys in an order that changes from run to run.
    let words = Value::Object(about(model, Input::Unit)).to_string();
    let metadata = HashMap::from([("mnist".to_string(), words)]);
    serialize(views, Some(metadata)).expect("names, shapes and offsets are sound")
}
