"""scikit-learn's MLPClassifier, an epoch a call of `partial_fit`.

It differs from the others in two ways that cannot be switched off: its output layer is softmax with
log-loss, and its start weights are its own (Glorot). The sums are as many, the gradients alike.
"""

import common

task = common.task()  # before NumPy is loaded: sets its threads

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

model = MLPClassifier(
    task.sizes[1:-1], activation="logistic", solver="sgd", momentum=0.0, nesterovs_momentum=False,
    batch_size=task.batch_size, learning_rate_init=task.eta, learning_rate="constant",
    # It adds alpha / (2m) * sum of w^2 to the cost of m images; lambda / (2n) is meant.
    alpha=task.weight_decay * task.batch_size, shuffle=True, random_state=task.seed)
classes = np.arange(task.sizes[-1])


def epoch():
    model.partial_fit(task.x, task.labels, classes=classes)


seconds = task.time(epoch)
task.report(f"scikit-learn {sklearn.__version__}, MLPClassifier", seconds,
            float(model.score(task.x_validation, task.labels_validation)))
