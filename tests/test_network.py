"""The network: its shapes, its gradient, and what it refuses."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import sweep
from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.costs import COSTS
from bptui.core.errors import InputError
from bptui.core.network import Network

Array = np.ndarray[Any, Any]

XOR_X = [[0, 0], [0, 1], [1, 0], [1, 1]]
XOR_Y = [[0], [1], [1], [0]]
LAYERS = [(3, 2), (3, 4, 2), (2, 3, 4, 2), (2, 3, 2, 4, 3)]
PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]
EVERYTHING = list(itertools.product(LAYERS, HIDDEN_ACTIVATIONS, PAIRS, (0.0, 0.7)))


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


TEXTBOOK: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: z * (z > 0), lambda z: 1.0 * (z > 0)),
    "leaky-relu": (lambda z: np.where(z > 0, z, z / 100), lambda z: np.where(z > 0, 1, 0.01)),
    "softplus": (lambda z: np.log(1 + np.exp(z)), sigmoid),
    "linear": (lambda z: z, np.ones_like),
}


def textbook(net: Network, X: Array, y: Array) -> tuple[Array, float, list[Array]]:
    """ŷ, J and ∂J/∂Θ, one row a sample, as a textbook writes them."""
    hidden, hidden_slope = TEXTBOOK[net.activation]
    samples, outputs = y.shape
    activations, pre_activations = [X], []
    for layer, theta in enumerate(net.thetas):
        bias, weights = theta[:, 0], theta[:, 1:]
        z = activations[-1] @ weights.T + bias
        pre_activations.append(z)
        if layer < len(net.thetas) - 1:
            activations.append(hidden(z))
    z = pre_activations[-1]
    y_hat = softmax(z) if net.output == "softmax" else TEXTBOOK[net.output][0](z)
    if net.cost_name == "mse":
        cost = np.mean((y_hat - y) ** 2)
        delta = 2 * (y_hat - y) / (samples * outputs)
        if net.output == "softmax":
            jacobians = np.array([np.diag(row) - np.outer(row, row) for row in y_hat])
            delta = (jacobians @ delta[..., np.newaxis])[..., 0]
        else:
            delta = delta * TEXTBOOK[net.output][1](z)
    else:
        cost = -np.sum(y * np.log(y_hat)) / samples
        if net.output == "sigmoid":
            cost -= np.sum((1 - y) * np.log(1 - y_hat)) / samples
        delta = (y_hat - y) / samples
    cost += net.l2 / (2 * samples) * sum(np.sum(theta[:, 1:] ** 2) for theta in net.thetas)
    gradients = []
    for layer in reversed(range(len(net.thetas))):
        weights = net.thetas[layer][:, 1:]
        weight_gradient = delta.T @ activations[layer] + net.l2 / samples * weights
        gradients.insert(0, np.column_stack([delta.sum(axis=0), weight_gradient]))
        if layer:
            delta = delta @ weights * hidden_slope(pre_activations[layer - 1])
    return y_hat, float(cost), gradients


def samples_for(net: Network, count: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng([seed, 77])
    X = rng.normal(size=(count, net.layers[0]))
    outputs = net.layers[-1]
    if net.output == "softmax":
        return X, np.eye(outputs)[rng.integers(0, outputs, count)]
    if net.cost_name == "cross-entropy":
        return X, rng.uniform(0, 1, (count, outputs))
    return X, rng.uniform(-1, 1, (count, outputs))


def norm(gradients: list[Array]) -> float:
    return float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))


def distance(some: list[Array], others: list[Array]) -> float:
    """The norm of the difference against the norm."""
    return norm([a - b for a, b in zip(some, others, strict=True)]) / max(norm(others), 1e-300)


@pytest.mark.parametrize(("layers", "activation", "pair", "l2"), EVERYTHING)
def test_forward_and_backprop_agree_with_the_textbook(
    layers: tuple[int, ...], activation: str, pair: tuple[str, str], l2: float
) -> None:
    cost, output = pair
    for seed, count in ((1, 1), (2, 7)):
        net = Network(layers, activation=activation, output=output, cost=cost, l2=l2, seed=seed)
        X, y = samples_for(net, count, seed)
        y_hat, J, expected = textbook(net, X, y)
        np.testing.assert_allclose(net.predict(X), y_hat, rtol=1e-12, atol=1e-14)
        value, gradients = net.backprop(X, y)
        assert value == pytest.approx(J, rel=1e-12)
        assert net.cost(X, y) == value
        assert distance(gradients, expected) < 1e-12


@settings(max_examples=100, deadline=None)
@given(
    layers=st.lists(st.integers(2, 5), min_size=2, max_size=5),
    activation=st.sampled_from(["sigmoid", "tanh", "softplus", "linear"]),
    pair=st.sampled_from(PAIRS),
    l2=st.sampled_from([0.0, 0.5]),
    init=st.sampled_from(["uniform", "article", "xavier", "he", "constant"]),
    count=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_backprop_is_the_slope_of_the_cost_by_central_differences(
    layers: list[int],
    activation: str,
    pair: tuple[str, str],
    l2: float,
    init: str,
    count: int,
    seed: int,
) -> None:
    cost, output = pair
    net = Network(
        layers, activation=activation, output=output, cost=cost, l2=l2, init=init, seed=seed
    )
    X, y = samples_for(net, count, seed)
    J, gradients = net.backprop(X, y)
    numerical = np.empty(net.theta.size)
    h = 1e-5
    for entry in range(net.theta.size):
        value = net.theta[entry]
        net.theta[entry] = value + h
        above = net.cost(X, y)
        net.theta[entry] = value - h
        numerical[entry] = (above - net.cost(X, y)) / (2 * h)
        net.theta[entry] = value
    flat = np.concatenate([gradient.ravel() for gradient in gradients])
    np.testing.assert_allclose(flat, numerical, rtol=1e-5, atol=1e-8 * max(1.0, J))


@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_float32_gives_the_float64_gradient_to_single_precision(
    activation: str, cost: str, output: str
) -> None:
    single, double = (
        Network([3, 4, 2], activation=activation, output=output, cost=cost, l2=0.1, dtype=dtype)
        for dtype in ("float32", "float64")
    )
    X, y = samples_for(double, 9, 4)
    J, gradients = single.backprop(X, y)
    assert single.theta.dtype == single.predict(X).dtype == np.float32
    assert {gradient.dtype for gradient in gradients} == {np.dtype(np.float32)}
    expected_J, expected = double.backprop(X, y)
    assert pytest.approx(expected_J, rel=1e-5) == J
    assert distance(gradients, expected) < 1e-5


@pytest.mark.parametrize("layers", LAYERS)
def test_thetas_are_views_of_theta_with_the_bias_in_column_0(layers: tuple[int, ...]) -> None:
    net = Network(layers)
    assert [theta.shape for theta in net.thetas] == [
        (above, below + 1) for below, above in itertools.pairwise(layers)
    ]
    assert net.theta.size == sum(theta.size for theta in net.thetas)
    assert all(np.shares_memory(theta, net.theta) for theta in net.thetas)
    assert np.array_equal(np.concatenate([theta.ravel() for theta in net.thetas]), net.theta)
    net.theta[:] = 0.0
    net.thetas[-1][0, 0] = 2.0
    outputs = net.predict(np.zeros((5, layers[0])))
    assert outputs.shape == (5, layers[-1])
    np.testing.assert_allclose(outputs[:, 0], 1 / (1 + np.exp(-2.0)))
    np.testing.assert_allclose(outputs[:, 1:], 0.5)


def test_theta_stays_the_same_memory_when_it_is_drawn_anew() -> None:
    net = Network([2, 3, 1], seed=4)
    theta, first = net.theta, net.theta.copy()
    net.initialize(5)
    assert net.theta is theta
    assert net.seed == 5
    assert not np.array_equal(theta, first)
    net.initialize(4)
    assert np.array_equal(theta, first)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nothing_is_changed_by_looking(dtype: str) -> None:
    net = Network([2, 3, 1], l2=0.1, dtype=dtype)
    X, y = np.array(XOR_X, np.float64), np.array(XOR_Y, np.float64)
    before = net.theta.copy(), X.copy(), y.copy()
    value, gradients = net.backprop(X, y)
    copies = [gradient.copy() for gradient in gradients]
    assert net.cost(X, y) == value
    again_value, again = net.backprop(X[:2], y[:2])
    assert again_value != value
    assert all(map(np.array_equal, gradients, copies))
    outputs = net.predict(X)
    outputs[:] = 9.0
    again[0][:] = 9.0
    assert net.backprop(X, y)[0] == value
    assert all(map(np.array_equal, (net.theta, X, y), before))


def test_the_penalty_of_a_minibatch_is_its_share_of_the_whole() -> None:
    net = Network([2, 3, 1], l2=0.8)
    bare = Network([2, 3, 1], l2=0.0)
    work, plain = net.backpropagation(2, 8), bare.backpropagation(2)
    for each in (work, plain):
        each.load(np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]), np.array([[1.0, 0.0]]))
    weights = sum(float(np.sum(theta[:, 1:] ** 2)) for theta in net.thetas)
    assert work.evaluate() - plain.evaluate() == pytest.approx(0.8 / (2 * 8) * weights)
    for gradient, other, theta in zip(work.gradients, plain.gradients, net.thetas, strict=True):
        np.testing.assert_allclose(gradient[:, 0], other[:, 0], rtol=1e-15)
        np.testing.assert_allclose((gradient - other)[:, 1:], 0.8 / 8 * theta[:, 1:], rtol=1e-12)


def test_lists_and_one_column_vectors_are_taken_as_samples() -> None:
    net = Network([1, 2, 1])
    column = net.backprop([[0.0], [1.0]], [[1], [0]])
    row = net.backprop([0.0, 1.0], [1, 0])
    assert column[0] == row[0]
    assert net.predict(np.array([0, 1], np.int8)).shape == (2, 1)


def refusal(make: Callable[[], Any]) -> str:
    with pytest.raises(InputError) as caught:
        make()
    message = str(caught.value)
    assert message.isprintable()
    assert not message.endswith(".")
    return message


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"layers": []}, "at least two sizes"),
        ({"layers": [3]}, "at least two sizes"),
        ({"layers": 5}, "sizes"),
        ({"layers": [2, 0, 1]}, "whole number from 1, not 0"),
        ({"layers": [2, -3, 1]}, "whole number from 1, not -3"),
        ({"layers": [2, 2.5, 1]}, "whole number from 1, not 2.5"),
        ({"layers": [2, float("nan"), 1]}, "whole number from 1, not nan"),
        ({"layers": [2, float("inf"), 1]}, "whole number from 1, not inf"),
        ({"layers": [2, "many", 1]}, "whole number from 1, not many"),
        ({"layers": [2, None, 1]}, "whole number from 1, not None"),
        ({"layers": [10**6, 10**6, 1]}, "parameters; the most is 50,000,000"),
        ({"activation": "sigmoidal"}, "did you mean 'sigmoid'"),
        ({"activation": "softmax"}, "activation: unknown name 'softmax'"),
        ({"activation": None}, "activation: unknown name 'None'"),
        ({"output": "relu"}, "output: unknown name 'relu'"),
        ({"cost": "\x1b[2J"}, r"cost: unknown name '\\x1b[2J'"),
        ({"cost": "cross-entropy", "output": "tanh"}, "not 'tanh'"),
        ({"cost": "cross-entropy", "output": "linear"}, "sigmoid or softmax, not 'linear'"),
        ({"l2": -1.0}, "l2: -1.0"),
        ({"l2": float("nan")}, "l2: nan"),
        ({"l2": float("inf")}, "l2: inf"),
        ({"init": "zeros"}, "init: unknown name 'zeros'"),
        ({"init_scale": float("nan")}, "init-scale: nan"),
        ({"seed": -1}, "seed: -1"),
        ({"seed": 0.5}, "seed: 0.5"),
        ({"dtype": "float16"}, "dtype: unknown name 'float16'"),
        ({"dtype": np.float32}, "choose one of float64, float32"),
    ],
)
def test_a_network_that_cannot_be_is_refused(options: dict[str, Any], part: str) -> None:
    choices: dict[str, Any] = {"layers": [2, 2, 1]} | options
    assert part in refusal(lambda: Network(**choices))


@pytest.mark.parametrize(
    ("X", "part"),
    [
        ([[1, 2, 3]], "X has shape (1, 3); a network of layers 2-3-1 needs (N, 2)"),
        ([1, 2], "X has shape (2,)"),
        ([[[1, 2]]], "X has shape (1, 1, 2)"),
        (np.empty((0, 2)), "N at least 1"),
        ([[1, float("nan")]], "X holds a value that is not finite"),
        ([[1, float("inf")]], "X holds a value that is not finite"),
        ([[1, None]], "X holds a value that is not finite"),
        ([["a", "b"]], "X needs numbers"),
        ([[1, 2], [3]], "X needs numbers"),
        ([[1, 10**400]], "X needs numbers"),
        ([[1, 2j]], "X needs numbers"),
        (np.array([[1, 2j]]), "X needs numbers"),
    ],
)
def test_samples_that_do_not_fit_are_refused(X: Any, part: str) -> None:
    net = Network([2, 3, 1])
    assert part in refusal(lambda: net.predict(X))
    assert part in refusal(lambda: net.backprop(X, [[1]]))


def test_a_value_too_large_for_single_precision_is_refused() -> None:
    net = Network([2, 3, 1], dtype="float32")
    assert "X holds a value" in refusal(lambda: net.predict([[0.0, 1e300]]))
    assert "y holds a value" in refusal(lambda: net.cost([[0.0, 1.0]], [[1e300]]))


def test_targets_that_do_not_fit_are_refused() -> None:
    net = Network([2, 3, 1])
    assert "X has 4 samples and y has 3" in refusal(lambda: net.cost(XOR_X, XOR_Y[:3]))
    assert "y has shape (4, 2)" in refusal(lambda: net.cost(XOR_X, XOR_X))
    assert "y holds a value" in refusal(lambda: net.cost([[0, 0]], [[float("nan")]]))
    net = Network([2, 3, 1], cost="cross-entropy")
    assert "between 0 and 1" in refusal(lambda: net.backprop([[0, 0]], [[2]]))
    net = Network([2, 3, 2], output="softmax", cost="cross-entropy")
    assert "sum to 1" in refusal(lambda: net.backprop([[0, 0]], [[1, 1]]))


def test_it_says_what_it_is() -> None:
    shown = repr(Network([2, 3, 1], seed=4))
    assert shown == (
        "Network([2, 3, 1], activation='sigmoid', output='sigmoid', cost='mse', seed=4)"
    )
    faulty = Network([2, 3, 1], output="linear", fault="not-zeroed")
    assert repr(faulty).endswith("output='linear', cost='mse', seed=0, fault='not-zeroed')")


@pytest.mark.parametrize("make", [Network, lambda layers: sweep(layers=layers, seeds=1)])
@pytest.mark.parametrize(
    "layers",
    [(2, *[10**6] * 1000, 1), (2, 10**4000, 10**4000, 1), ("9" * 5000, 1), (3, *[1] * 1000, 0)],
    ids=["many", "large", "text", "unfit"],
)
def test_what_is_said_of_layers_is_short(layers: Any, make: Callable[[Any], Any]) -> None:
    with pytest.raises(InputError) as caught:
        make(layers)
    assert len(str(caught.value)) < 200
