"""Figures that others worked out by hand and published.

Matt Mazur, "A Step by Step Backpropagation Example" (2015): two inputs, two hidden and two
output units, all sigmoid, the error ½ Σ (target − output)² of one sample, η = 0.5. The mean
over one sample and two outputs is that very error. Its biases are not trained.
"""

from typing import Any

import numpy as np
import pytest

from bptui.core.network import Network

X, Y = [[0.05, 0.10]], [[0.01, 0.99]]
DIGITS = 5.1e-10
"""Nine decimals were printed."""


@pytest.fixture
def network() -> Network:
    net = Network([2, 2, 2], activation="sigmoid", output="sigmoid", cost="mse")
    net.thetas[0][:] = [[0.35, 0.15, 0.20], [0.35, 0.25, 0.30]]
    net.thetas[1][:] = [[0.60, 0.40, 0.45], [0.60, 0.50, 0.55]]
    return net


def train_weights(net: Network, epochs: int) -> None:
    """Descend along the gradient, and leave the biases."""
    for _ in range(epochs):
        _, gradients = net.backprop(X, Y)
        for theta, gradient in zip(net.thetas, gradients, strict=True):
            theta[:, 1:] -= 0.5 * gradient[:, 1:]


def test_the_outputs_and_the_error(network: Network) -> None:
    assert network.predict(X)[0] == pytest.approx([0.75136507, 0.772928465], abs=6e-9)
    assert network.cost(X, Y) == pytest.approx(0.298371109, abs=DIGITS)


def test_the_weights_after_one_step(network: Network) -> None:
    train_weights(network, 1)
    expected: Any = [[0.35891648, 0.408666186], [0.511301270, 0.561370121]]
    np.testing.assert_allclose(network.thetas[1][:, 1:], expected, atol=6e-9, rtol=0)
    expected = [[0.149780716, 0.19956143], [0.24975114, 0.29950229]]
    np.testing.assert_allclose(network.thetas[0][:, 1:], expected, atol=6e-9, rtol=0)


def test_the_error_after_one_step(network: Network) -> None:
    train_weights(network, 1)
    # The printed 0.291027924 was computed from rounded weights, and is off in the seventh digit.
    assert network.cost(X, Y) == pytest.approx(0.291027924, abs=2e-7)


def test_the_error_and_the_outputs_after_ten_thousand_steps(network: Network) -> None:
    train_weights(network, 10_000)
    assert network.cost(X, Y) == pytest.approx(0.0000351085, rel=2e-3)
    assert network.predict(X)[0] == pytest.approx([0.015912196, 0.984065734], abs=2e-6)
