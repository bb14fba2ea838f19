"""What all peers share: the command line, the data, the start weights, the clock and the result.

A peer calls `common.task()` before it imports its library, because libraries read their thread
counts from the environment when they are loaded. It prints one line of JSON when it is done.
"""

import argparse
import gzip
import json
import math
import os
import pathlib
import sys
import time

ETA = 0.5        # learning rate
LAMBDA = 5.0     # L2 regularization, as in the book: weights shrink by eta * lambda / n a step
N_TRAIN = 50_000
N_VALIDATION = 10_000


class Task:
    """What a peer has to do: this network, these mini-batches, these images."""

    def __init__(self, sizes, batch_size, epochs, threads, seed):
        import numpy as np
        self.sizes, self.batch_size, self.epochs = sizes, batch_size, epochs
        self.threads, self.seed = threads, seed
        self.eta, self.n = ETA, N_TRAIN
        self.weight_decay = LAMBDA / N_TRAIN
        self.decay = 1 - ETA * LAMBDA / N_TRAIN  # w <- decay * w - (eta / m) * sum of gradients

        images, labels = read_training_set(os.environ.get("MNIST_DATA_DIR", "data"))
        if len(images) != N_TRAIN + N_VALIDATION or len(labels) != len(images):
            sys.exit(f"expected {N_TRAIN + N_VALIDATION} training images, found {len(images)}")
        x = images.astype(np.float32) / np.float32(255)
        self.x, self.x_validation = x[:N_TRAIN], x[N_TRAIN:]             # (n, 784)
        self.labels, self.labels_validation = labels[:N_TRAIN], labels[N_TRAIN:]
        self.y = np.eye(sizes[-1], dtype=np.float32)[self.labels]        # (n, 10), one-hot

    def start_weights(self):
        """A list of (w, b) a layer: w (n_in, n_out) ~ N(0, 1/n_in), b (n_out) ~ N(0, 1)."""
        import numpy as np
        rng = np.random.default_rng(self.seed)
        return [(rng.standard_normal((n_in, n_out), np.float32) / np.float32(math.sqrt(n_in)),
                 rng.standard_normal(n_out, np.float32))
                for n_in, n_out in zip(self.sizes, self.sizes[1:])]

    def time(self, epoch):
        """Calls `epoch()` once for warming up (and compiling), then `epochs` times by the clock."""
        epoch()
        seconds = []
        for _ in range(self.epochs):
            start = time.perf_counter()
            epoch()
            seconds.append(time.perf_counter() - start)
        return seconds

    def accuracy(self, layers):
        """The share of validation images whose largest output is the right one."""
        import numpy as np
        a = self.x_validation
        for w, b in layers:
            # The sigmoid; tanh does not overflow.
            a = np.tanh((a @ np.asarray(w) + np.asarray(b)) / 2) / 2 + np.float32(0.5)
        return float((a.argmax(axis=1) == self.labels_validation).mean())

    def report(self, name, seconds, accuracy):
        print(json.dumps({"name": name, "threads": self.threads, "seconds": seconds,
                          "accuracy": accuracy}))


def task():
    """Parses the command line, sets the thread count, loads the data."""
    args = parse()
    limit_threads(args.threads)
    sizes, batch_size = args.shape
    return Task(sizes, batch_size, args.epochs, args.threads, args.seed)


def parse():
    parser = argparse.ArgumentParser(description="Train on MNIST, print seconds an epoch as JSON.")
    parser.add_argument("--shape", type=shape, default="784-30-10:10",
                        help="layer sizes and mini-batch size [default: %(default)s]")
    parser.add_argument("--epochs", type=int, default=5, help="epochs by the clock, after one more")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def shape(text):
    """'784-30-10:10' -> ([784, 30, 10], 10)"""
    try:
        sizes, batch_size = text.split(":")
        sizes, batch_size = [int(size) for size in sizes.split("-")], int(batch_size)
    except ValueError:
        sizes, batch_size = [], 0
    if len(sizes) < 3 or sizes[0] != 784 or sizes[-1] != 10 or min(sizes) < 1 \
            or not 1 <= batch_size <= N_TRAIN:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not of the form 784-30-10:10 (784 inputs, hidden layers, 10 outputs, "
            f"a colon, the mini-batch size)")
    return sizes, batch_size


def limit_threads(threads):
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    os.environ["NPROC"] = str(threads)  # the size of XLA's thread pools
    # Some machines force an old OpenBLAS kernel by these; a peer shall run its best one.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)


def read_training_set(folder):
    """The images (n, 784) and labels (n) as bytes, from plain or gzipped IDX files."""
    images, labels = read_idx(folder, "train-images", 3), read_idx(folder, "train-labels", 1)
    return images.reshape(len(images), -1), labels


def read_idx(folder, name, dimensions):
    import numpy as np
    names = [f"{name}{separator}idx{dimensions}-ubyte{end}"
             for separator in "-." for end in ("", ".gz")]
    found = [path for path in (pathlib.Path(folder, name) for name in names) if path.exists()]
    if not found:
        sys.exit(f"no {names[0]} (nor .gz) in '{folder}'; set MNIST_DATA_DIR to MNIST's folder")
    data = (gzip.open if found[0].suffix == ".gz" else open)(found[0], "rb").read()
    # Two zero bytes, 8 for 'unsigned byte', the number of dimensions; then each as 4 bytes.
    sizes = [int.from_bytes(data[4 + 4 * d:8 + 4 * d], "big") for d in range(dimensions)]
    start = 4 + 4 * dimensions
    if data[:4] != bytes([0, 0, 8, dimensions]) or len(data) != start + math.prod(sizes):
        sys.exit(f"{found[0]} is not an IDX file of {dimensions} dimensions, or is cut short")
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)
