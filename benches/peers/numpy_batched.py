"""NumPy, a whole mini-batch at once, gradients by hand; the products by SciPy's sgemm.

sgemm does w <- decay * w + a @ delta.T in place, in one pass over w. With NumPy's own products
(w *= decay; w += a @ delta.T) an epoch takes a fifth to a third longer. Both kinds in one program
would not do: NumPy and SciPy bring an OpenBLAS each, whose threads then fight for the cores.
"""

import common

task = common.task()  # before NumPy is loaded: sets its threads

import numpy as np
from scipy.linalg.blas import sgemm

# Everything is in Fortran order, so that sgemm copies nothing; an image is a column.
weights = [np.asfortranarray(w) for w, _ in task.start_weights()]    # (n_in, n_out)
biases = [b[:, None] for _, b in task.start_weights()]               # (n_out, 1)
rng = np.random.default_rng(task.seed)


def epoch():
    order = rng.permutation(task.n)
    for start in range(0, task.n, task.batch_size):
        step(order[start:start + task.batch_size])


def step(rows):
    activations = [task.x.take(rows, axis=0).T]                      # (n_l, m)
    for w, b in zip(weights, biases):
        z = sgemm(1.0, w, activations[-1], trans_a=True)             # w.T @ a
        z += b
        activations.append(sigmoid(z))
    delta = activations.pop() - task.y.take(rows, axis=0).T          # (n_l, m)
    delta *= -task.eta / len(rows)
    for w, b, a in zip(weights[::-1], biases[::-1], activations[::-1]):
        b += delta.sum(axis=1, keepdims=True)
        below = None if w is weights[0] else sgemm(1.0, w, delta) * a * (1 - a)
        sgemm(1.0, a, delta, beta=task.decay, c=w, trans_b=True, overwrite_c=True)
        delta = below


def sigmoid(z):
    """1 / (1 + exp(-z)), in place."""
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    return np.reciprocal(z, out=z)


with np.errstate(over="ignore"):  # exp(-z) = inf gives 0, as it should
    seconds = task.time(epoch)
task.report(f"NumPy {np.__version__}, batched by hand", seconds,
            task.accuracy((w, b[:, 0]) for w, b in zip(weights, biases)))
