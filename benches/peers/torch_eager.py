"""PyTorch, eager. Gradients by autograd; with --by-hand written out, as in numpy_batched.py.

The update is written with `torch._foreach_*`: torch.optim.SGD (plain, foreach or fused) takes about
a half longer at 784-30-10. torch.set_flush_denormal does not help.
"""

import os
import sys

import common

by_hand = "--by-hand" in sys.argv and sys.argv.remove("--by-hand") is None
task = common.task()  # before PyTorch is loaded: sets its threads

# install.py leaves CUDA's libraries empty; bind their functions when called, that is never.
sys.setdlopenflags(os.RTLD_LAZY)
import torch
import torch.nn.functional as F

torch.set_num_threads(task.threads)
torch.manual_seed(task.seed)
x, y = torch.from_numpy(task.x), torch.from_numpy(task.y)
weights = [torch.from_numpy(w.T.copy()).requires_grad_(not by_hand) for w, _ in task.start_weights()]
biases = [torch.from_numpy(b).requires_grad_(not by_hand) for _, b in task.start_weights()]


def step_by_autograd(x, y):
    for w, b in zip(weights[:-1], biases[:-1]):
        x = torch.sigmoid(F.linear(x, w, b))
    z = F.linear(x, weights[-1], biases[-1])
    loss = F.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(x)
    gradients = torch.autograd.grad(loss, weights + biases)
    with torch.no_grad():
        torch._foreach_mul_(weights, task.decay)
        torch._foreach_add_(weights + biases, gradients, alpha=-task.eta)


@torch.inference_mode()
def step_by_hand(x, y):
    activations = [x]                                                # (m, n_l) each
    for w, b in zip(weights, biases):
        activations.append(torch.addmm(b, activations[-1], w.t()).sigmoid_())
    delta = activations.pop().sub_(y)                                # (m, n_l)
    scale = -task.eta / len(x)
    for w, b, a in zip(weights[::-1], biases[::-1], activations[::-1]):
        below = (delta @ w).mul_(a).mul_(1 - a) if w is not weights[0] else None
        w.addmm_(delta.t(), a, beta=task.decay, alpha=scale)
        b.add_(delta.sum(0), alpha=scale)
        delta = below


def epoch():
    step = step_by_hand if by_hand else step_by_autograd
    for rows in torch.randperm(task.n).split(task.batch_size):
        step(x[rows], y[rows])


seconds = task.time(epoch)
version = torch.__version__.split("+")[0]
task.report(f"PyTorch {version}, {'by hand' if by_hand else 'autograd'}", seconds,
            task.accuracy((w.detach().t(), b.detach()) for w, b in zip(weights, biases)))
