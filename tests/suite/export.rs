//! `mnist export`: what is written is what the model file holds.

use std::fs::{self, File};
use std::io::Read;

use crate::common::{Run, Sandbox, golden};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use zip::ZipArchive;

const EVERY_ENDING: [&str; 4] = ["onnx", "safetensors", "npz", "csv"];

/// A sandbox with a model of two hidden layers in `model.json`.
fn sandbox(precision: &str) -> Sandbox {
    let sandbox = Sandbox::with_tiny_data();
    let train = "train --data idx --validation 11 --epochs 2 --hidden 6,5 --activation tanh,relu --cost log-likelihood";
    sandbox.line(&format!("{train} --precision {precision} --quiet")).success();
    sandbox
}

fn export(sandbox: &Sandbox, out: &str) -> Run {
    sandbox.run(["export", "model.json", "-o", out])
}

/// Every number under `value`, in the order of the file.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// What `layer2.weight`, `layer2.bias`, … must hold, with their shapes.
fn expected(sandbox: &Sandbox) -> Vec<(String, Vec<usize>, Vec<f64>)> {
    let model = sandbox.json("model.json");
    let mut all = Vec::new();
    for (layer, sizes) in [20, 6, 5, 4].windows(2).enumerate() {
        let name = |kind| format!("layer{}.{kind}", layer + 2);
        all.push((name("weight"), vec![sizes[1], sizes[0]], numbers(&model["weights"][layer])));
        all.push((name("bias"), vec![sizes[1]], numbers(&model["biases"][layer])));
    }
    all
}

fn singles(bytes: &[u8]) -> Vec<f64> {
    // Shortest decimal digits are those of the single-precision number, not of its double.
    let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap()).to_string().parse().unwrap();
    bytes.chunks_exact(4).map(number).collect()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn safetensors_hold_the_numbers_of_the_model_and_say_what_they_are() {
    for (precision, number, read) in
        [("f32", Dtype::F32, singles as fn(&[u8]) -> Vec<f64>), ("f64", Dtype::F64, doubles)]
    {
        let sandbox = sandbox(precision);
        export(&sandbox, "model.safetensors").success();
        let bytes = fs::read(sandbox.path("model.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.len(), 6);
        for (name, shape, expected) in expected(&sandbox) {
            let tensor = file.tensor(&name).unwrap();
            assert_eq!((tensor.dtype(), tensor.shape()), (number, &shape[..]), "{name}");
            assert_eq!(read(tensor.data()), expected, "{name}");
        }
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let about: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["mnist"]).unwrap();
        assert_eq!(about["activation"], serde_json::json!(["tanh", "relu"]));
        assert_eq!((&about["output"], &about["input"]), (&"softmax".into(), &"unit".into()));
        assert_eq!(about["class_labels"], serde_json::json!(["0", "1", "2", "3"]));
        assert_eq!(about["training"]["epochs_done"], 2);
    }
}

#[test]
fn npz_holds_the_numbers_of_the_model() {
    for (precision, number, read) in [("f32", "<f4", singles as fn(&[u8]) -> Vec<f64>), ("f64", "<f8", doubles)] {
        let sandbox = sandbox(precision);
        export(&sandbox, "model.npz").success();
        let mut archive = ZipArchive::new(File::open(sandbox.path("model.npz")).unwrap()).unwrap();
        assert_eq!(archive.len(), 6);
        for (name, shape, expected) in expected(&sandbox) {
            let mut npy = Vec::new();
            archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut npy).unwrap();
            let data = 10 + usize::from(u16::from_le_bytes([npy[8], npy[9]]));
            let header = String::from_utf8_lossy(&npy[10..data]).into_owned();
            let shape: Vec<_> = shape.iter().map(ToString::to_string).collect();
            let shape = format!("'shape': ({},)", shape.join(", "));
            assert!(header.contains(number) && header.contains(&shape), "{name}: {header}");
            assert_eq!(read(&npy[data..]), expected, "{name}");
        }
    }
}

#[test]
fn csv_holds_the_numbers_of_the_model() {
    for precision in ["f32", "f64"] {
        let sandbox = sandbox(precision);
        export(&sandbox, "model.csv").success();
        let csv = sandbox.read("model.csv");
        let (heading, lines) = csv.split_once('\n').unwrap();
        assert_eq!(heading, "layer,kind,neuron,input,value");
        for (name, _, expected) in expected(&sandbox) {
            let (layer, kind) = name.strip_prefix("layer").unwrap().split_once('.').unwrap();
            let start = format!("{layer},{kind},");
            let values =
                lines.lines().filter(|line| line.starts_with(&start)).map(|line| line.rsplit(',').next().unwrap());
            assert_eq!(values.map(|value| value.parse().unwrap()).collect::<Vec<f64>>(), expected, "{name}");
        }
        assert_eq!(lines.lines().count(), 6 * 20 + 6 + 5 * 6 + 5 + 4 * 5 + 4);
    }
}

#[test]
fn equal_models_give_equal_files_and_an_export_may_be_written_again() {
    let sandbox = sandbox("f32");
    for ending in EVERY_ENDING {
        let name = format!("model.{ending}");
        let run = export(&sandbox, &name).success();
        assert!(
            run.stdout.contains(&format!("{name}: 20-6-5-4 tanh and relu, log-likelihood, 2 epochs of ")),
            "{}",
            run.stdout
        );
        let first = fs::read(sandbox.path(&name)).unwrap();
        export(&sandbox, &name).success();
        assert!(first == fs::read(sandbox.path(&name)).unwrap(), "{ending}");
    }
    export(&sandbox, "bytes.onnx").success();
    sandbox.line("export model.json -o unit.onnx --input unit").success();
    assert_ne!(fs::read(sandbox.path("bytes.onnx")).unwrap(), fs::read(sandbox.path("unit.onnx")).unwrap());
}

#[test]
fn models_of_network2_py_are_exported_too() {
    let sandbox = Sandbox::new();
    fs::copy(golden("three_layer_quadratic.start.json"), sandbox.path("model.json")).unwrap();
    for ending in EVERY_ENDING {
        export(&sandbox, &format!("model.{ending}")).success();
    }
}

#[test]
fn files_of_others_are_not_overwritten() {
    let sandbox = sandbox("f32");
    for ending in EVERY_ENDING {
        let name = format!("other.{ending}");
        fs::write(sandbox.path(&name), "somebody's work").unwrap();
        export(&sandbox, &name).failure(1, &[&name, "not an export of this program", "not overwritten"]);
        assert_eq!(sandbox.read(&name), "somebody's work");
    }
    fs::copy(sandbox.path("model.json"), sandbox.path("model.onnx")).unwrap();
    export(&sandbox, "model.onnx").failure(1, &["not overwritten"]);
}

#[test]
fn what_cannot_be_exported_is_explained() {
    let sandbox = sandbox("f32");
    for out in ["model", "out.json", "out.pt", "onnx"] {
        export(&sandbox, out).failure(2, &[out, ".onnx, .safetensors, .npz, .csv", "that does not deskew: it reads"]);
    }
    sandbox.line("export model.json -o w.npz --input pixels").failure(2, &["--input is for .onnx", ".npz"]);
    export(&sandbox, "nowhere/model.onnx").failure(1, &["nowhere/model.onnx", "no such directory"]);
    sandbox.line("export absent.json -o a.onnx").failure(1, &["absent.json"]);
    fs::write(sandbox.path("bad.json"), "{}").unwrap();
    sandbox.line("export bad.json -o bad.onnx").failure(1, &["bad.json", "not a model file"]);
    sandbox.line("export model.json").failure(2, &["--out"]);
    assert!(!sandbox.path("bad.onnx").exists() && !sandbox.path("out.json").exists());
}
