#!/usr/bin/env python3
"""What `mnist export` writes, in the programs that it is for.

    python3 -m venv target/onnx && target/onnx/bin/pip install -r tests/onnx/requirements.txt
    target/onnx/bin/python tests/onnx/check.py target/release/mnist [DIR]

DIR is a directory with MNIST's four .gz files; the default network is trained on them too, if it is given. Trains
networks of every kind on images made here and exports each. onnx's checker must pass the .onnx files, and onnxruntime
must compute from them what the weights in the model file say, and what `mnist eval` reports; the other files must hold
the very numbers of the model file. Where the network sees deskewed images, the function in docs/guide.md makes them.
"""
import csv
import gzip
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import safetensors.numpy
from safetensors import safe_open

# name: options of the training.
NETWORKS = {
    "cross_entropy": "--hidden 30",
    "quadratic_tanh": "--hidden 20 --activation tanh --cost quadratic --eta 0.5",
    "softmax_relu": "--hidden 300,100 --activation relu --init he --cost log-likelihood --eta 0.1",
    "mixed": "--hidden 40,30,20 --activation tanh,relu,sigmoid --init xavier --eta 0.5",
    "deskewed": "--hidden 30 --deskew",
}
# Outputs are at most 1. Rounding moves a z by some units of its last place, and an output by a quarter of that.
TOLERANCE = {"f32": 1e-6, "f64": 1e-12}
# On MNIST some z of the default network are larger than 40, so that a unit of the last place is 4e-6.
TOLERANCE_ON_MNIST = {"f32": 5e-6, "f64": 1e-12}
ONNX_TYPE = {"f32": "tensor(float)", "f64": "tensor(double)"}
CLASSES, SIDE, N_TRAIN, N_TEST = 10, 28, 600, 203


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(header + array.tobytes())


def make_data(directory):
    """A pattern a class under much noise, most pixels 0, as in MNIST. Gives the test images and their labels."""
    random = np.random.default_rng(0)
    directory.mkdir()
    patterns = random.random((CLASSES, SIDE, SIDE)) < 0.2
    for part, n in (("train", N_TRAIN), ("t10k", N_TEST)):
        labels = np.concatenate([np.arange(CLASSES), random.integers(0, CLASSES, n - CLASSES)]).astype(np.uint8)
        seen = np.where(random.random((n, SIDE, SIDE)) < 0.3, patterns[labels], random.random((n, SIDE, SIDE)) < 0.2)
        images = (seen * random.integers(0, 256, seen.shape)).astype(np.uint8)
        write_idx(directory / f"{part}-images-idx3-ubyte", images)
        write_idx(directory / f"{part}-labels-idx1-ubyte", labels)
    return images.reshape(n, -1), labels


def deskewed(images):
    """The images, each deskewed by the function that docs/guide.md gives to its readers."""
    guide = pathlib.Path(__file__).parents[2] / "docs" / "guide.md"
    blocks = re.findall(r"^```python\n(.*?)^```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if "def deskew(" in block]
    names = {"images": images}
    exec(block, names)
    return names["images"]


def answers(mnist, folder, data):
    """The outputs of the model in the folder for each image, as `mnist eval` writes them."""
    mnist("eval", "model.json", "--data", data, "--answers", "answers.csv")
    with open(folder / "answers.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[f"output{label}"]) for label in range(CLASSES)] for row in rows])


def feedforward(model, activations, a):
    """What the numbers in the model file say, in double precision."""
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    functions = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
    layers = list(zip(model["weights"], model["biases"]))
    for (w, b), activation in zip(layers, [*activations, "output"]):
        z = a @ np.array(w).T + np.array(b).T
        if activation != "output":
            a = functions[activation](z)
        elif model["cost"] == "LogLikelihoodCost":
            e = np.exp(z - z.max(axis=1, keepdims=True))
            a = e / e.sum(axis=1, keepdims=True)
        else:
            a = sigmoid(z)
    return a


def cost(model, a, labels):
    y = np.eye(CLASSES)[labels]
    a = a.astype(float)
    if model["cost"] == "QuadraticCost":
        each = 0.5 * (a - y) ** 2
    elif model["cost"] == "CrossEntropyCost":
        each = -np.log(np.where(y == 1, a, 1 - a))
    else:
        each = -np.log(np.where(y == 1, a, 1))
    squares = sum((np.array(w) ** 2).sum() for w in model["weights"])
    return (each.sum() + model.get("training", {}).get("lambda", 0) / 2 * squares) / len(labels)


def check_onnx(mnist, folder, model, tolerance, images, labels, evaluation):
    precision = model.get("training", {}).get("precision", "f64")
    activations = model.get("activation", "sigmoid")
    if isinstance(activations, str):
        activations = [activations] * (len(model["sizes"]) - 2)
    expected = feedforward(model, activations, images / 255.0)
    worst = 0.0
    for option in ("pixels", "unit"):
        path = folder / f"{option}.onnx"
        mnist("export", "model.json", "-o", path, "--input", option)
        file = onnx.load(path)
        onnx.checker.check_model(file, full_check=True)
        said = {entry.key: entry.value for entry in file.metadata_props}
        assert json.loads(said["class_labels"]) == [str(label) for label in range(CLASSES)], said
        assert said["input"] == option and "255" in said["input_scaling"], said
        assert json.loads(said["sizes"]) == model["sizes"] and json.loads(said["activation"]) == activations, said

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        [given], [got] = session.get_inputs(), session.get_outputs()
        number = np.float32 if precision == "f32" else np.float64
        batch = images if option == "pixels" else images.astype(number) / number(255)
        assert given.type == ("tensor(uint8)" if option == "pixels" else ONNX_TYPE[precision]), given
        assert (given.shape, got.shape, got.type) == (["n", SIDE * SIDE], ["n", CLASSES], ONNX_TYPE[precision])
        run = lambda batch: session.run(["outputs"], {"images": batch})[0]
        outputs = run(batch)
        assert outputs.dtype == number and outputs.shape == expected.shape
        # The number of images is free: none, one, some.
        assert run(batch[:0]).shape == (0, CLASSES)
        for some in (batch[:1], batch[:7]):
            assert np.abs(run(some) - expected[: len(some)]).max() < tolerance
        worst = max(worst, np.abs(outputs - expected).max())
        assert worst < tolerance, worst

        confusion = np.zeros((CLASSES, CLASSES), int)
        np.add.at(confusion, (labels, outputs.argmax(axis=1)), 1)
        assert confusion.tolist() == evaluation["confusion"], "onnxruntime's answers are not those of mnist eval"
        assert abs(cost(model, outputs, labels) - evaluation["cost"]) < 1e-6
    return worst


def check_arrays(mnist, folder, model, precision):
    number = np.float32 if precision == "f32" else np.float64
    expected = {}
    for layer, (w, b) in enumerate(zip(model["weights"], model["biases"]), start=2):
        expected[f"layer{layer}.weight"] = np.array(w, number)
        expected[f"layer{layer}.bias"] = np.array(b, number).ravel()
    for ending, load in (("safetensors", safetensors.numpy.load_file), ("npz", lambda path: dict(np.load(path)))):
        path = folder / f"model.{ending}"
        mnist("export", "model.json", "-o", path)
        arrays = load(path)
        assert arrays.keys() == expected.keys(), arrays.keys()
        for name, array in arrays.items():
            assert array.dtype == number and np.array_equal(array, expected[name]), (ending, name)
    with safe_open(folder / "model.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["mnist"])["sizes"] == model["sizes"]

    mnist("export", "model.json", "-o", folder / "model.csv")
    with open(folder / "model.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(array.size for array in expected.values())
    for row in rows:
        place = (int(row["neuron"]), int(row["input"])) if row["kind"] == "weight" else int(row["neuron"])
        assert number(row["value"]) == expected[f"layer{row['layer']}.{row['kind']}"][place], row


def check(mnist, folder, name, precision, images, labels, data="data", tolerance=TOLERANCE):
    """The model in the folder, in every file that it can be exported to."""
    model = json.loads((folder / "model.json").read_text())
    evaluation = json.loads(mnist("eval", "model.json", "--data", data, "--format", "json"))
    if model.get("training", {}).get("deskew"):
        images = deskewed(images)
        # A single pixel that is off by one grey level moves most outputs by far more than this.
        worst = np.abs(feedforward(model, [model["activation"]], images / 255.0) - answers(mnist, folder, data)).max()
        assert worst < tolerance[precision], f"the guide's deskewing is not that of mnist: {worst}"
    worst = check_onnx(mnist, folder, model, tolerance[precision], images, labels, evaluation)
    check_arrays(mnist, folder, model, precision)
    print(f"{name} {precision}: {evaluation['correct']} of {len(labels)} right, "
          f"outputs within {worst:.1e} in onnxruntime {onnxruntime.__version__}")


def check_on_mnist(mnist, folder, data):
    contents = lambda name, header: np.frombuffer(gzip.decompress((data / name).read_bytes())[header:], np.uint8)
    images = contents("t10k-images-idx3-ubyte.gz", 16).reshape(-1, SIDE * SIDE)
    labels = contents("t10k-labels-idx1-ubyte.gz", 8)
    for name, precision, options in (("MNIST", "f32", []), ("MNIST", "f64", []), ("MNIST, deskewed", "f64", ["--deskew"])):
        mnist("train", "--data", data, "--quiet", "--precision", precision, *options)
        check(mnist, folder, name, precision, images, labels, data, TOLERANCE_ON_MNIST)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        images, labels = make_data(folder / "data")
        mnist = lambda *words: subprocess.run([program, *words], cwd=folder, check=True, stdout=subprocess.PIPE).stdout
        for name, options in NETWORKS.items():
            for precision in ("f32", "f64"):
                mnist("train", "--data", "data", "--validation", "100", "--epochs", "5", "--lambda", "0", "--quiet",
                      "--precision", precision, *options.split())
                check(mnist, folder, name, precision, images, labels)
        # A file of network2.py, without a hidden layer and without a word of ours.
        weights = np.random.default_rng(1).normal(0, 0.1, (CLASSES, SIDE * SIDE))
        theirs = {"sizes": [SIDE * SIDE, CLASSES], "weights": [weights.tolist()], "biases": [[[0.1]] * CLASSES],
                  "cost": "CrossEntropyCost"}
        (folder / "model.json").write_text(json.dumps(theirs))
        check(mnist, folder, "network2.py's, no hidden layer", "f64", images, labels)
        if len(sys.argv) > 2:
            check_on_mnist(mnist, folder, pathlib.Path(sys.argv[2]).resolve())


if __name__ == "__main__":
    main()
