#!/usr/bin/env python3
"""Golden numbers for a trainer that follows Nielsen's network2.py (chapter 3).

    python3 tests/golden/golden.py

rewrites the files beside this script (standard library only, Python 3.9+):

    idx/*-ubyte           64 training and 13 test images of 5 rows x 4 columns
    NAME.start.json       a start model in network2.py's save format
    NAME.expected.json    what training it must give: monitors, final model, test
    neuron.expected.json  the one-neuron "learning slowdown" of chapter 3

It is an oracle: plain loops over lists, written apart from the program it checks.
The first 53 images of the train files train, the last 11 are for evaluation.
Batches are taken in file order (no shuffling). Nothing is random: the data and the
weights come from the small generator `Lcg`. Costs and weights should be compared with
a tolerance (exp and log may differ in the last bit, sums may be taken in another
order); the counts are exact, as no prediction is a close call (see MARGIN).
"""
import json
import math
import struct
from pathlib import Path
from typing import Any, Dict, Iterable, List, Sequence, Tuple

Vector = List[float]
Matrix = List[Vector]
Sample = Tuple[Vector, int]                      # pixels / 255, label
HERE = Path(__file__).resolve().parent
ROWS, COLS, CLASSES = 5, 4, 4
N_TRAIN, N_EVAL, N_TEST = 53, 11, 13
MARGIN = 1e-5                                    # least lead of a predicted class
QUADRATIC, CROSS_ENTROPY, LOG_LIKELIHOOD = "QuadraticCost", "CrossEntropyCost", "LogLikelihoodCost"

# name: (sizes, cost, epochs, eta, lambda, batch size, seed); seeds picked so that the accuracies move
CASES: Dict[str, Tuple[List[int], str, int, float, float, int, int]] = {
    "two_layer_cross_entropy": ([20, 4], CROSS_ENTROPY, 5, 0.5, 0.0, 10, 185),
    "two_layer_quadratic_l2": ([20, 4], QUADRATIC, 5, 1.5, 0.5, 7, 184),
    "three_layer_quadratic": ([20, 6, 4], QUADRATIC, 6, 3.0, 0.0, 10, 30),
    "three_layer_cross_entropy_l2": ([20, 6, 4], CROSS_ENTROPY, 6, 0.5, 5.0, 10, 62),
    "four_layer_cross_entropy_l2": ([20, 7, 5, 4], CROSS_ENTROPY, 6, 0.4, 0.3, 8, 81),
    "four_layer_quadratic_full_batch": ([20, 7, 5, 4], QUADRATIC, 6, 2.0, 1.0, 53, 16),
    "three_layer_cross_entropy_single": ([20, 6, 4], CROSS_ENTROPY, 4, 0.2, 0.0, 1, 241),
    "softmax_three_layer_l2": ([20, 6, 4], LOG_LIKELIHOOD, 6, 0.8, 0.5, 10, 167),
    "softmax_two_layer": ([20, 4], LOG_LIKELIHOOD, 5, 0.5, 0.0, 9, 128),
}


def total(values: Iterable[float]) -> float:
    """From left to right: the built-in sum rounds differently from Python 3.12 on."""
    result = 0.0
    for value in values:
        result += value
    return result


class Lcg:
    """x <- 6364136223846793005 x + 1442695040888963407 mod 2^64; the top 53 bits count."""

    def __init__(self, seed: int) -> None:
        self.x = seed

    def uniform(self) -> float:
        """In [0, 1)."""
        self.x = (6364136223846793005 * self.x + 1442695040888963407) % 2**64
        return (self.x >> 11) / 2**53

    def integer(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def bell(self) -> float:
        """Mean 0, variance 1: twelve uniforms less 6."""
        return total(self.uniform() for _ in range(12)) - 6.0


PATTERNS = (".##." "#..#" "#..#" "#..#" ".##.",  # one 5 x 4 drawing for each class
            "..#." ".##." "..#." "..#." ".###",
            "###." "...#" ".##." "#..." "####",
            "#..#" "#..#" "####" "...#" "...#")


def make_image(rng: Lcg, label: int) -> bytes:
    """The class's drawing, some of it missing, with a few fainter specks."""
    pixels = []
    for cell in PATTERNS[label]:
        inked = rng.uniform() < (0.76 if cell == "#" else 0.08)
        ink = rng.integer(90, 290) if cell == "#" else rng.integer(1, 170)
        pixels.append(min(ink, 255) if inked else 0)
    return bytes(pixels)


def make_data() -> Tuple[List[bytes], List[int]]:
    """Training, evaluation and test images, one after the other."""
    rng = Lcg(1)
    labels = [rng.integer(0, CLASSES - 1) for _ in range(N_TRAIN + N_EVAL + N_TEST)]
    images = [make_image(rng, label) for label in labels]
    images[5] = bytes(ROWS * COLS)                              # no ink at all
    images[12] = bytes(max(pixel, 1) for pixel in images[12])   # no zero at all
    pixels = b"".join(images)
    assert 0.55 < pixels.count(0) / len(pixels) < 0.65 and max(pixels) == 255
    return images, labels


def write_idx(name: str, images: Sequence[bytes], labels: Sequence[int]) -> None:
    (HERE / "idx").mkdir(exist_ok=True)
    head = struct.pack(">IIII", 0x00000803, len(images), ROWS, COLS)
    (HERE / "idx" / f"{name}-images-idx3-ubyte").write_bytes(head + b"".join(images))
    head = struct.pack(">II", 0x00000801, len(labels))
    (HERE / "idx" / f"{name}-labels-idx1-ubyte").write_bytes(head + bytes(labels))


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


class Network:
    """weights[l][j][k] leads from neuron k of layer l to neuron j of layer l + 1."""

    def __init__(self, sizes: List[int], cost: str, rng: Lcg) -> None:
        self.sizes, self.cost = sizes, cost
        self.biases: List[Vector] = [[rng.bell() for _ in range(n)] for n in sizes[1:]]
        self.weights: List[Matrix] = [
            [[rng.bell() / math.sqrt(n_in) for _ in range(n_in)] for _ in range(n_out)]
            for n_in, n_out in zip(sizes, sizes[1:])]

    def layers(self, pixels: Vector) -> List[Vector]:
        """The activations of every layer, the input's first."""
        out = [pixels]
        for depth, (matrix, bias) in enumerate(zip(self.weights, self.biases)):
            z = [total(w * a for w, a in zip(row, out[-1])) + b for row, b in zip(matrix, bias)]
            if self.cost == LOG_LIKELIHOOD and depth == len(self.weights) - 1:
                powers = [math.exp(value - max(z)) for value in z]
                out.append([power / total(powers) for power in powers])
            else:
                out.append([sigmoid(value) for value in z])
        return out

    def sample_cost(self, output: Vector, label: int) -> float:
        if self.cost == LOG_LIKELIHOOD:
            return -math.log(output[label])
        if self.cost == QUADRATIC:
            return total((a - (j == label)) ** 2 for j, a in enumerate(output)) / 2
        return total(-math.log(a if j == label else 1.0 - a) for j, a in enumerate(output))

    def backprop(self, sample: Sample) -> Tuple[List[Vector], List[Matrix]]:
        """One sample's gradient by the biases and by the weights."""
        pixels, label = sample
        acts = self.layers(pixels)
        delta = [a - (j == label) for j, a in enumerate(acts[-1])]
        if self.cost == QUADRATIC:
            delta = [d * a * (1.0 - a) for d, a in zip(delta, acts[-1])]
        deltas = [delta]                         # of the layers after the input, built from the last
        for depth in range(len(self.weights) - 1, 0, -1):
            deltas.insert(0, [total(row[k] * d for row, d in zip(self.weights[depth], deltas[0])) * a * (1.0 - a)
                              for k, a in enumerate(acts[depth])])
        return deltas, [[[d * a for a in act] for d in delta] for delta, act in zip(deltas, acts)]

    def update(self, batch: Sequence[Sample], eta: float, lmbda: float, n: int) -> None:
        """One step: weights decay by eta lambda / n, biases do not."""
        gradients = [self.backprop(sample) for sample in batch]
        rate, decay = eta / len(batch), 1.0 - eta * lmbda / n
        for depth, (matrix, bias) in enumerate(zip(self.weights, self.biases)):
            for j, row in enumerate(matrix):
                bias[j] -= rate * total(by_bias[depth][j] for by_bias, _ in gradients)
                for k in range(len(row)):
                    row[k] = decay * row[k] - rate * total(by_weight[depth][j][k] for _, by_weight in gradients)

    def total_cost(self, data: Sequence[Sample], lmbda: float) -> float:
        """Mean cost of a sample, plus lambda / 2N times the sum of the squared weights."""
        mean = total(self.sample_cost(self.layers(x)[-1], label) for x, label in data) / len(data)
        squares = total(w * w for matrix in self.weights for row in matrix for w in row)
        return mean + lmbda / (2 * len(data)) * squares

    def predict(self, pixels: Vector) -> int:
        output = self.layers(pixels)[-1]
        best, second = sorted(output, reverse=True)[:2]
        assert best - second > MARGIN, "too close a call for a golden count"
        return output.index(best)

    def correct(self, data: Sequence[Sample]) -> int:
        return sum(self.predict(pixels) == label for pixels, label in data)

    def parameters(self) -> Dict[str, Any]:
        return {"weights": self.weights, "biases": [[[b] for b in bias] for bias in self.biases]}


def write_json(name: str, value: Dict[str, Any]) -> None:
    """One line for each top-level key; floats in full (repr)."""
    lines = (f"{json.dumps(key)}: {json.dumps(part, allow_nan=False)}" for key, part in value.items())
    (HERE / name).write_text("{" + ",\n ".join(lines) + "}\n", encoding="ascii")


def run_case(name: str, train: List[Sample], evaluation: List[Sample], test: List[Sample]) -> None:
    sizes, cost, epochs, eta, lmbda, size, seed = CASES[name]
    net = Network(sizes, cost, Lcg(seed))
    write_json(f"{name}.start.json", {"sizes": sizes, **net.parameters(), "cost": cost})
    print(f"{name}: {sizes} {cost} eta {eta} lambda {lmbda} batch {size}, "
          f"starts at {net.total_cost(train, lmbda):.6f} {net.correct(train)}/{len(train)}")
    rows: List[Dict[str, float]] = []
    for epoch in range(1, epochs + 1):
        for k in range(0, len(train), size):
            net.update(train[k:k + size], eta, lmbda, len(train))
        rows.append({"epoch": epoch})
        for part, data in (("training", train), ("evaluation", evaluation)):
            rows[-1][part + "_cost"] = net.total_cost(data, lmbda)
            rows[-1][part + "_accuracy"] = net.correct(data)
        print("  {epoch}  training {training_cost:.6f} {training_accuracy:2}  "
              "evaluation {evaluation_cost:.6f} {evaluation_accuracy:2}".format(**rows[-1]))
    confusion = [[0] * CLASSES for _ in range(CLASSES)]
    for pixels, label in test:
        confusion[label][net.predict(pixels)] += 1
    write_json(f"{name}.expected.json", {
        "case": {"sizes": sizes, "cost": cost, "epochs": epochs, "eta": eta, "lambda": lmbda, "batch_size": size},
        "epochs": rows, "final": net.parameters(),
        "test": {"correct": net.correct(test), "cost_without_regularization": net.total_cost(test, 0.0),
                 "confusion": confusion, "outputs_of_first_image": net.layers(test[0][0])[-1]}})


def check_gradients(train: List[Sample]) -> None:
    """Is a full-batch step of eta 1 the gradient of total_cost, going by central differences?"""
    lmbda, h = 0.7, 1e-5
    for cost in (QUADRATIC, CROSS_ENTROPY, LOG_LIKELIHOOD):
        net, moved = (Network([20, 7, 5, 4], cost, Lcg(99)) for _ in range(2))
        moved.update(train, 1.0, lmbda, len(train))
        worst = 0.0
        for depth in range(len(net.weights)):
            pairs = list(zip(net.weights[depth], moved.weights[depth]))
            for group in (pairs, [(net.biases[depth], moved.biases[depth])]):
                exact, error = 0.0, 0.0
                for row, moved_row in group:
                    for k, value in enumerate(row):
                        costs = []
                        for row[k] in (value + h, value - h):
                            costs.append(net.total_cost(train, lmbda))
                        row[k] = value
                        exact = max(exact, abs(value - moved_row[k]))
                        error = max(error, abs(value - moved_row[k] - (costs[0] - costs[1]) / (2 * h)))
                worst = max(worst, error / exact)
        print(f"gradient check, {cost}: relative error {worst:.1e}")
        assert worst < 1e-6, cost


def run_neuron() -> None:
    """Chapter 3's neuron: input 1, target 0, one update an epoch; `known` holds outputs found elsewhere."""
    runs: List[Dict[str, Any]] = []
    eta, epochs = 0.15, 300
    for cost, start, known in (
            (QUADRATIC, (0.6, 0.9), {0: 0.817574, 300: 0.093956}),
            (QUADRATIC, (2.0, 2.0), {0: 0.982014, 150: 0.933417, 300: 0.202848}),
            (CROSS_ENTROPY, (0.6, 0.9), {0: 0.817574, 300: 0.011638}),
            (CROSS_ENTROPY, (2.0, 2.0), {0: 0.982014, 300: 0.012009})):
        weight, bias = start
        curve = []
        for epoch in range(epochs + 1):
            a = sigmoid(weight + bias)
            if epoch in (0, 1, 10, 50, 100, 150, 200, 300):
                curve.append([epoch, a, a * a / 2 if cost == QUADRATIC else -math.log(1.0 - a), weight, bias])
            assert abs(a - known.get(epoch, a)) <= 5e-7, (cost, start, epoch, a)
            delta = a * a * (1.0 - a) if cost == QUADRATIC else a
            weight, bias = weight - eta * delta, bias - eta * delta
        print(f"neuron, {cost} from {start}: {curve[0][1]:.6f} -> {curve[-1][1]:.6f}")
        runs.append({"cost": cost, "weight": start[0], "bias": start[1],
                     "eta": eta, "epochs": epochs, "curve": curve})
    write_json("neuron.expected.json", {"runs": runs})


def main() -> None:
    images, labels = make_data()
    write_idx("train", images[:-N_TEST], labels[:-N_TEST])
    write_idx("t10k", images[-N_TEST:], labels[-N_TEST:])
    samples = [([pixel / 255 for pixel in image], label) for image, label in zip(images, labels)]
    train, evaluation, test = samples[:N_TRAIN], samples[N_TRAIN:-N_TEST], samples[-N_TEST:]
    check_gradients(train)
    for name in CASES:
        run_case(name, train, evaluation, test)
    run_neuron()


if __name__ == "__main__":
    main()
