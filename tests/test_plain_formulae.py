"""The code that trains, against the formulae written plainly: one sample a row, biases apart."""

import itertools
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.backpropagation import Backpropagation, with_ones
from bptui.core.costs import COSTS
from bptui.core.data.dataset import Dataset
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.training import Trainer
from bptui.core.training.steppers import MinibatchStepper, Stepper

Array = np.ndarray[Any, Any]

PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]
SAMPLES, LAYERS, RATE, L2 = 7, (3, 4, 2, 2), 0.05, 0.3
STEPS = 6


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


VALUES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky-relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "linear": lambda z: z,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}
SLOPES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
    "leaky-relu": lambda z: np.where(z > 0, 1.0, 0.01),
    "softplus": sigmoid,
    "linear": np.ones_like,
}


def plain_gradient(
    thetas: list[Array], X: Array, y: Array, activation: str, output: str, cost: str
) -> tuple[float, list[Array]]:
    """J and its gradient, the penalty of `SAMPLES` samples included."""
    a, z = [X], []
    for theta in thetas:
        z.append(a[-1] @ theta[:, 1:].T + theta[:, 0])
        a.append(VALUES[activation if len(z) < len(thetas) else output](z[-1]))
    outputs = a[-1]
    if cost == "mse":
        J = np.mean((outputs - y) ** 2)
        slope = 2 * (outputs - y) / y.size
        if output == "softmax":
            delta = outputs * (slope - (slope * outputs).sum(axis=1, keepdims=True))
        else:
            delta = slope * SLOPES[output](z[-1])
    else:
        terms = y * np.log(outputs)
        if output == "sigmoid":
            terms = terms + (1 - y) * np.log(1 - outputs)
        J = -terms.sum() / len(y)
        delta = (outputs - y) / len(y)
    gradients: list[Array] = []
    for layer in range(len(thetas) - 1, -1, -1):
        weights = delta.T @ a[layer] + L2 / SAMPLES * thetas[layer][:, 1:]
        gradients.insert(0, np.column_stack([delta.sum(axis=0), weights]))
        if layer:
            delta = delta @ thetas[layer][:, 1:] * SLOPES[activation](z[layer - 1])
    J += L2 / (2 * SAMPLES) * sum(np.sum(theta[:, 1:] ** 2) for theta in thetas)
    return float(J), gradients


def plain_step(name: str, theta: Array, g: Array, memory: dict[str, Array], t: int) -> Array:
    if name in ("momentum", "nesterov"):
        memory["v"] = v = 0.9 * memory.get("v", 0) + g
        return theta - RATE * (v if name == "momentum" else g + 0.9 * v)
    if name == "rmsprop":
        memory["s"] = s = 0.9 * memory.get("s", 0) + 0.1 * g**2
        return theta - RATE * g / (np.sqrt(s) + 1e-8)
    if name == "adam":
        memory["m"] = m = 0.9 * memory.get("m", 0) + 0.1 * g
        memory["s"] = s = 0.999 * memory.get("s", 0) + 0.001 * g**2
        return theta - RATE * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    return theta - RATE * g


def dataset_for(output: str) -> Dataset:
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(SAMPLES, 3)), rng.uniform(0.1, 0.9, (SAMPLES, 2))
    if output == "softmax":
        y = np.eye(2)[rng.integers(0, 2, SAMPLES)]
    return Dataset("random", X, y, ("p", "q", "r"), ("s", "t"), "regression")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_training_is_what_the_plain_formulae_give(
    activation: str, cost: str, output: str, dtype: str
) -> None:
    dataset = dataset_for(output)
    tolerance = 1e-12 if dtype == "float64" else 2e-4
    for optimizer, batch_size in itertools.product(OPTIMIZERS, (1, 3, SAMPLES)):
        network = Network(
            LAYERS,
            activation=activation,
            output=output,
            cost=cost,
            l2=L2,
            init="xavier",
            seed=1,
            dtype=dtype,
        )
        own = OPTIMIZERS[optimizer](network.theta)
        stepper = Stepper(network, dataset, own)
        if batch_size < SAMPLES:
            stepper = MinibatchStepper(network, dataset, own, batch_size)
        thetas = [theta.astype(np.float64) for theta in network.thetas]
        memories: list[dict[str, Array]] = [{} for _ in thetas]
        for step in range(1, STEPS + 1):
            work = stepper.next_work()
            X, y = work.inputs[:, 1:].astype(float), work.targets.T.astype(float)
            J, gradients = plain_gradient(thetas, X, y, activation, output, cost)
            assert work.evaluate() == pytest.approx(J, rel=tolerance)
            stepper.take(1, RATE)
            thetas = [
                plain_step(optimizer, *each, step)
                for each in zip(thetas, gradients, memories, strict=True)
            ]
            for found, expected in zip(network.thetas, thetas, strict=True):
                np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
            assert network.theta.dtype == dtype


def test_a_single_layer_is_trained_too() -> None:
    network = Network([3, 2], output="linear", seed=2)
    dataset = dataset_for("linear")
    J, (gradient,) = network.backprop(dataset.X, dataset.y)
    theta = network.thetas[0]
    error = dataset.X @ theta[:, 1:].T + theta[:, 0] - dataset.y
    assert pytest.approx(np.mean(error**2), rel=1e-14) == J
    expected = 2 * error.T @ with_ones(dataset.X, float) / error.size
    np.testing.assert_allclose(gradient, expected, rtol=1e-13)


def test_the_steps_one_by_one_are_the_whole_evaluation_to_the_bit() -> None:
    dataset = dataset_for("sigmoid")
    network = Network(LAYERS, l2=L2, seed=3)
    whole = network.loaded(dataset.X, dataset.y)
    cost = whole.evaluate()
    parts = network.loaded(dataset.X, dataset.y)
    parts.forward()
    assert parts.cost() == cost
    parts.backward()
    assert parts.gradient.tobytes() == whole.gradient.tobytes()


def test_an_overridden_step_takes_the_place_of_its_calls_and_no_other() -> None:
    class Silent(Backpropagation):
        def layer_gradient(self, layer: int) -> None:
            if layer == 1:
                self.gradients[1].fill(7.0)
            else:
                super().layer_gradient(layer)

    dataset = dataset_for("sigmoid")
    network = Network(LAYERS, seed=3)
    right = network.loaded(dataset.X, dataset.y)
    wrong = Silent(
        network.theta, LAYERS, activation="sigmoid", output="sigmoid", cost="mse", samples=SAMPLES
    )
    wrong.load(right.inputs, right.targets)
    assert wrong.evaluate() == right.evaluate()
    assert (wrong.gradients[1] == 7.0).all()
    for layer in (0, 2):
        assert np.array_equal(wrong.gradients[layer], right.gradients[layer])


def test_other_samples_in_the_same_arrays_and_other_arrays_count_at_once() -> None:
    dataset = dataset_for("sigmoid")
    network = Network(LAYERS, seed=3)
    work = network.loaded(dataset.X[:3], dataset.y[:3])
    first = work.evaluate()
    work.inputs[:, 1:] = dataset.X[3:6]
    work.targets[:] = dataset.y[3:6].T
    assert work.evaluate() == network.cost(dataset.X[3:6], dataset.y[3:6]) != first
    work.load(with_ones(dataset.X[:3], float), dataset.y[:3].T.copy())
    assert work.evaluate() == first
    work.penalty = 0.5
    assert work.evaluate() > first
    work.penalty = 0.0
    assert work.evaluate() == first


@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_long_run_needs_no_more_memory_than_a_short_one(batch_size: int | None) -> None:
    trainer = Trainer(
        Network((3, 2, 2), seed=1), dataset_for("sigmoid"), batch_size=batch_size, optimizer="adam"
    )
    trainer.advance(60.0, 4_200)  # the history is full, and has merged its buckets once
    tracemalloc.start()
    try:
        trainer.advance(60.0, 300)
        short = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        trainer.advance(60.0, 2_500)
        long = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert trainer.history.epochs == 7_000
    assert len(trainer.history.columns()) <= 4096
    assert long < short + 200_000


def test_samples_are_not_copied_for_every_epoch() -> None:
    rng = np.random.default_rng(0)
    many = Dataset(
        "many", rng.normal(size=(20_000, 50)), np.zeros((20_000, 1)), (), ("y",), "regression"
    )
    trainer = Trainer(Network((50, 20, 1)), many, batch_size=100)
    tracemalloc.start()
    try:
        trainer.advance(0.0)
        assert tracemalloc.get_traced_memory()[1] < many.X.nbytes / 10
    finally:
        tracemalloc.stop()
