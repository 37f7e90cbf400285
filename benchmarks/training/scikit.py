"""scikit-learn's `fit`, plain gradient descent. It trains in the dtype of X, and keeps its losses.

Its regressor has a linear output and half of the squared error, so for a squared error it trains
a network that differs in the last activation: the work is nearly the same, the costs are not.
"""

import warnings

from benchmarks.training.workloads import Workload


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last loss."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = workload.data()
    classes = workload.output == "softmax"
    targets = y.argmax(axis=1) if classes else y[:, 0]

    def train(epochs: int) -> float:
        model = (MLPClassifier if classes else MLPRegressor)(
            hidden_layer_sizes=workload.layers[1:-1],
            activation={"sigmoid": "logistic"}.get(workload.activation, workload.activation),
            solver="sgd",
            alpha=0.0,
            batch_size=workload.batch_size,
            learning_rate_init=workload.learning_rate,
            max_iter=epochs,
            shuffle=not workload.full_batch,
            tol=0.0,
            n_iter_no_change=epochs + 1,
            momentum=0.0,
            nesterovs_momentum=False,
            random_state=0,
        )
        model.fit(X, targets)
        assert model.n_iter_ == epochs
        return float(model.loss_)

    return train


def prepare_many(workload: Workload) -> None:
    """Take no part: to begin a fit takes as long as some hundred epochs of a small network."""
