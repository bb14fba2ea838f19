"""JAX: one compiled call an epoch, a `lax.scan` over its mini-batches, gradients by `jax.grad`.

The images are on the device before the clock starts, the permutation is drawn inside the compiled
function, the parameters are donated, so that they are updated in place. Weights as (n_out, n_in)
are a third faster here than as (n_in, n_out). Gradients by hand take the same time.
"""

import functools

import common

task = common.task()  # before JAX is loaded: sets its threads

import jax
import jax.numpy as jnp

params = [(jnp.array(w.T), jnp.array(b)) for w, b in task.start_weights()]
x, y = jnp.array(task.x), jnp.array(task.y)
key = jax.random.key(task.seed)


def loss(params, x, y):
    """Cross-entropy of sigmoid outputs: summed over outputs, mean over the mini-batch."""
    for w, b in params[:-1]:
        x = jax.nn.sigmoid(x @ w.T + b)
    w, b = params[-1]
    z = x @ w.T + b
    # ln(1 + exp(z)) - y z, written so that exp does not overflow; faster than jax.nn.softplus.
    return jnp.sum(jnp.maximum(z, 0) + jnp.log1p(jnp.exp(-jnp.abs(z))) - y * z) / len(x)


def step(params, x, y):
    gradients = jax.grad(loss)(params, x, y)
    return [(task.decay * w - task.eta * nabla_w, b - task.eta * nabla_b)
            for (w, b), (nabla_w, nabla_b) in zip(params, gradients)]


@functools.partial(jax.jit, donate_argnums=0)
def run_epoch(params, key, x, y):
    order = jax.random.permutation(key, task.n)
    whole = task.n - task.n % task.batch_size
    batches = order[:whole].reshape(-1, task.batch_size)
    params, _ = jax.lax.scan(lambda p, rows: (step(p, x[rows], y[rows]), None), params, batches)
    if whole < task.n:  # the short last mini-batch
        params = step(params, x[order[whole:]], y[order[whole:]])
    return params


def epoch():
    global params, key
    key, now = jax.random.split(key)
    params = jax.block_until_ready(run_epoch(params, now, x, y))


seconds = task.time(epoch)
task.report(f"JAX {jax.__version__}, jitted scan", seconds,
            task.accuracy((w.T, b) for w, b in params))
