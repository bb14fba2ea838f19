//! ONNX: the network as a graph of operators, with its weights.
//!
//! ```text
//! images (n, n_1) ─ [Cast ─ Div by 255] ─ Gemm ─ Sigmoid, Tanh or Relu ─ … ─ Gemm ─ Sigmoid or Softmax ─ outputs (n, n_L)
//! ```
//!
//! The number n of images is free. Gemm computes a w^T + b for all images at once.

use prost::Message;
use serde_json::Value;

use super::{Input, about, bias_name, little_endian, tensors, weight_name};
use crate::model::Model;
use crate::network::{Activation, Network, Output};
use crate::real::{Precision, Real};

mod messages;

use messages::{
    ATTRIBUTE_INT, AttributeProto, DOUBLE, Dimension, DimensionValue, FLOAT, GraphProto, IR_VERSION, ModelProto,
    NodeProto, OPSET_VERSION, OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TypeProto,
    TypeProtoTensor, UINT8, ValueInfoProto,
};

/// The version of the format and the name of the program: the first two fields of a file.
pub(super) const MARK: (usize, &[u8]) = (0, b"\x08\x07\x12\x05mnist");

/// The names of the input, the output and the constant by which pixels are divided.
const IMAGES: &str = "images";
const OUTPUTS: &str = "outputs";
const FULL_INK: &str = "full_ink";

pub(super) fn bytes<F: Real>(model: &Model<F>, input: Input) -> Vec<u8> {
    let words = |value: Value| match value {
        Value::String(words) => words,
        other => other.to_string(),
    };
    let metadata = about(model, input).into_iter();
    let file = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "mnist".to_string(),
        producer_version: env!("CARGO_PKG_VERSION").to_string(),
        doc_string: "A fully connected network for images of digits.".to_string(),
        graph: Some(graph(&model.network, input)),
        opset_import: vec![OperatorSetIdProto { version: OPSET_VERSION }],
        metadata_props: metadata.map(|(key, value)| StringStringEntryProto { key, value: words(value) }).collect(),
    };
    file.encode_to_vec()
}

fn graph<F: Real>(network: &Network<F>, input: Input) -> GraphProto {
    let number = number::<F>();
    let mut constants: Vec<_> = tensors(network)
        .map(|tensor| TensorProto {
            dims: tensor.shape.into_iter().map(long).collect(),
            data_type: number,
            name: tensor.name,
            raw_data: tensor.data,
        })
        .collect();
    if input == Input::Pixels {
        let raw_data = little_endian([F::of(255.0)].into_iter());
        constants.push(TensorProto { dims: Vec::new(), data_type: number, name: FULL_INK.to_string(), raw_data });
    }
    let (images, scaling) = match input {
        Input::Pixels => (UINT8, "pixels from 0, the background, to 255, full ink"),
        Input::Unit => (number, "pixel/255: 0 for the background, 1 for full ink"),
    };
    GraphProto {
        node: nodes(network, input),
        name: "network".to_string(),
        initializer: constants,
        input: vec![value(
            IMAGES,
            images,
            network.inputs(),
            &format!("A row for each image, row by row from its top left: {scaling}."),
        )],
        output: vec![value(
            OUTPUTS,
            number,
            network.outputs(),
            "A row for each image, a number for each class: the largest is the answer.",
        )],
    }
}

/// The operators, in the order of computation.
fn nodes<F: Real>(network: &Network<F>, input: Input) -> Vec<NodeProto> {
    let mut nodes = Vec::new();
    let mut a = IMAGES.to_string();
    if input == Input::Pixels {
        nodes.push(node("Cast", &[&a], "pixels", Some(("to", i64::from(number::<F>())))));
        nodes.push(node("Div", &["pixels", FULL_INK], "layer1.a", None));
        a = "layer1.a".to_string();
    }
    let hidden = network.activations().iter().map(|&activation| match activation {
        Activation::Sigmoid => "Sigmoid",
        Activation::Tanh => "Tanh",
        Activation::Relu => "Relu",
    });
    let output = match network.cost().output() {
        Output::Sigmoid => "Sigmoid",
        Output::Softmax => "Softmax",
    };
    let last = network.biases().len() + 1;
    for (layer, operator) in (2..).zip(hidden.chain([output])) {
        let z = format!("layer{layer}.z");
        nodes.push(node("Gemm", &[&a, &weight_name(layer), &bias_name(layer)], &z, Some(("transB", 1))));
        a = if layer == last { OUTPUTS.to_string() } else { format!("layer{layer}.a") };
        nodes.push(node(operator, &[&z], &a, None));
    }
    nodes
}

/// An operator, named after its output.
fn node(operator: &str, inputs: &[&str], output: &str, attribute: Option<(&str, i64)>) -> NodeProto {
    let attribute = attribute.map(|(name, i)| AttributeProto { name: name.to_string(), i, r#type: ATTRIBUTE_INT });
    NodeProto {
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.to_string()],
        name: output.to_string(),
        op_type: operator.to_string(),
        attribute: attribute.into_iter().collect(),
    }
}

/// An input or output: any number of rows of `n` numbers.
fn value(name: &str, elem_type: i32, n: usize, doc_string: &str) -> ValueInfoProto {
    let dim = [DimensionValue::DimParam("n".to_string()), DimensionValue::DimValue(long(n))];
    let shape = TensorShapeProto { dim: dim.map(|value| Dimension { value: Some(value) }).to_vec() };
    let tensor_type = TypeProtoTensor { elem_type, shape: Some(shape) };
    ValueInfoProto {
        name: name.to_string(),
        r#type: Some(TypeProto { tensor_type: Some(tensor_type) }),
        doc_string: doc_string.to_string(),
    }
}

/// A size as the messages represent it.
fn long(n: usize) -> i64 {
    i64::try_from(n).expect("what is in memory can be counted")
}

fn number<F: Real>() -> i32 {
    match F::PRECISION {
        Precision::F32 => FLOAT,
        Precision::F64 => DOUBLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{CrossEntropy, Init, LogLikelihood};

    fn exported<F: Real>(network: Network<F>, input: Input) -> ModelProto {
        let bytes = bytes(&Model::from(network), input);
        ModelProto::decode(&bytes[..]).unwrap()
    }

    fn operators(file: &ModelProto) -> Vec<&str> {
        file.graph.as_ref().unwrap().node.iter().map(|node| node.op_type.as_str()).collect()
    }

    #[test]
    fn the_operators_are_those_of_the_network_and_each_takes_what_the_one_before_makes() {
        let network = Network::<f32>::new(&[6, 5, 4, 3], &LogLikelihood, Init::Default, 0).unwrap();
        let network = network.with_activations(&[Activation::Tanh, Activation::Relu]).unwrap();
        let file = exported(network, Input::Pixels);
        assert_eq!(operators(&file), ["Cast", "Div", "Gemm", "Tanh", "Gemm", "Relu", "Gemm", "Softmax"]);
        let graph = file.graph.unwrap();
        let mut made = IMAGES;
        for node in &graph.node {
            assert_eq!(node.input[0], made);
            made = &node.output[0];
        }
        assert_eq!((made, graph.input.len(), graph.output.len()), (OUTPUTS, 1, 1));
    }

    #[test]
    fn numbers_between_0_and_1_are_taken_as_they_are() {
        let network = Network::<f64>::new(&[6, 3], &CrossEntropy, Init::Default, 0).unwrap();
        let weights = little_endian(network.weights()[0].iter().copied());
        let file = exported(network, Input::Unit);
        assert_eq!(operators(&file), ["Gemm", "Sigmoid"]);
        let graph = file.graph.unwrap();
        let tensor = graph.input[0].r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
        assert_eq!(tensor.elem_type, DOUBLE);
        assert_eq!((&graph.initializer[0].dims[..], &graph.initializer[0].raw_data), (&[3, 6][..], &weights));
        let said = |key: &str| file.metadata_props.iter().find(|entry| entry.key == key).unwrap().value.as_str();
        assert_eq!((said("class_labels"), said("input")), (r#"["0","1","2"]"#, "unit"));
    }
}
