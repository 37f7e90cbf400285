"""The article that the project starts from: its printed numbers, and what they hide."""

from typing import Any

import numpy as np
import pytest

from bptui.core.data.datasets import load_dataset
from bptui.core.network import Network
from bptui.core.training import Trainer

Array = np.ndarray[Any, Any]

XOR = load_dataset("xor")
LEARNING_RATE = 0.2
"""The article's 0.1 on its Σ δ a, which is twice the gradient of its cost on XOR."""

PRINTED_THETAS = [
    [[0.30415074, 0.07023949, 0.60733568], [0.73401444, 0.70665241, 0.11534186]],
    [[0.19758304, 0.92769156, 0.57434092], [0.70676142, 0.53970987, 0.73346793]],
    [[0.63143623, 0.79592873, 0.89372267]],
]
PRINTED_BACKPROP = [[0.00351937, 0.00136117, 0.00141332], [0.00254422, 0.00088405, 0.00082788]]
PRINTED_NUMERICAL = [[0.00353115, 0.00136459, 0.00141917], [0.00255167, 0.00088687, 0.00082796]]
PRINTED_COST = "0.394289170795"


def network_of_the_article() -> Network:
    net = Network([2, 2, 2, 1])
    for theta, values in zip(net.thetas, PRINTED_THETAS, strict=True):
        theta[:] = values
    return net


def central_differences(net: Network, step: float) -> Array:
    """∂J/∂Θ⁰ from differences of the cost."""
    theta = net.thetas[0]
    numerical = np.empty_like(theta)
    for index, value in np.ndenumerate(theta):
        theta[index] = value + step
        above = net.cost(XOR.X, XOR.y)
        theta[index] = value - step
        below = net.cost(XOR.X, XOR.y)
        theta[index] = value
        numerical[index] = (above - below) / (2 * step)
    return numerical


def sum_of_delta_times_activation(net: Network, X: object, y: object) -> list[Array]:
    """What the article calls the gradient: Σ δ a with δ = (ŷ − y) φ′(z) at the output."""
    activations = [np.asarray(X, float)]
    for theta in net.thetas:
        z = activations[-1] @ theta[:, 1:].T + theta[:, 0]
        activations.append(1 / (1 + np.exp(-z)))
    delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
    sums = []
    for layer in reversed(range(len(net.thetas))):
        source = np.column_stack([np.ones(len(delta)), activations[layer]])
        sums.insert(0, delta.T @ source)
        a = activations[layer]
        delta = delta @ net.thetas[layer][:, 1:] * a * (1 - a)
    return sums


def trained(layers: list[int], seed: int, epochs: int = 10_000, init: str = "article") -> Trainer:
    net = Network(layers, init=init, seed=seed)
    trainer = Trainer(net, XOR, learning_rate=LEARNING_RATE, epoch_limit=epochs)
    trainer.advance(float("inf"))
    assert trainer.epoch == epochs
    return trainer


def test_the_printed_cost_is_reproduced_to_the_last_digit() -> None:
    assert f"{network_of_the_article().cost(XOR.X, XOR.y):.12f}" == PRINTED_COST


def test_the_first_printed_matrix_is_backprop_before_the_update() -> None:
    _, gradients = network_of_the_article().backprop(XOR.X, XOR.y)
    assert np.round(gradients[0], 8).tolist() == PRINTED_BACKPROP


def test_the_second_printed_matrix_is_central_differences_after_the_update() -> None:
    net = network_of_the_article()
    Trainer(net, XOR, learning_rate=LEARNING_RATE).advance(float("inf"), 1)
    assert np.round(central_differences(net, 0.01), 8).tolist() == PRINTED_NUMERICAL


@pytest.mark.parametrize(
    # The smaller the step, the more of the difference is rounding, which machines may share less.
    ("step", "worst", "spread"),
    [(1e-2, 6.5e-6, 0.02), (1e-4, 3.1e-10, 0.5), (1e-5, 2.5e-9, 1.0)],
)
def test_at_one_and_the_same_theta_the_two_agree(step: float, worst: float, spread: float) -> None:
    net = network_of_the_article()
    exact = net.backprop(XOR.X, XOR.y)[1][0]
    relative = np.abs(central_differences(net, step) - exact) / np.abs(exact)
    assert relative.max() == pytest.approx(worst, rel=spread)


@pytest.mark.parametrize(
    ("layers", "outputs"),
    [
        ([2, 2, 2, 1], "0.13263791 0.64769148 0.64765541 0.66083763"),
        ([2, 2, 1], "0.06085560 0.94199734 0.94197506 0.06381840"),
    ],
)
def test_seed_0_ends_where_the_article_ends(layers: list[int], outputs: str) -> None:
    trainer = trained(layers, seed=0)
    predicted = trainer.network.predict(XOR.X)[:, 0]
    assert " ".join(f"{value:.8f}" for value in predicted) == outputs


def test_which_seeds_solve_exclusive_or() -> None:
    # All of the first hundred are trained in test_sweep.py, where that takes a second.
    solved = []
    for seed in (2, 3, 4, 13, 14, 42, 43, 50, 74, 82, 83):
        predicted = trained([2, 2, 2, 1], seed).network.predict(XOR.X)
        if np.array_equal(predicted > 0.5, XOR.y > 0.5):
            solved.append(seed)
    assert solved == [3, 14, 43, 50, 74, 83]


@pytest.mark.parametrize(
    ("samples", "outputs", "factor"), [(4, 1, 2), (8, 1, 4), (16, 1, 8), (100, 1, 50), (4, 2, 4)]
)
def test_the_unexplained_factor_is_half_the_number_of_outputs_of_all_samples(
    samples: int, outputs: int, factor: float
) -> None:
    rng = np.random.default_rng(samples)
    X, y = rng.normal(size=(samples, 2)), rng.uniform(size=(samples, outputs))
    net = Network([2, 3, 2, outputs], init="article")
    _, gradients = net.backprop(X, y)
    for article, gradient in zip(sum_of_delta_times_activation(net, X, y), gradients, strict=True):
        np.testing.assert_allclose(article / gradient, factor, rtol=1e-9)


def test_equal_weights_stay_bit_identical_for_ever() -> None:
    trainer = trained([2, 2, 2, 1], seed=0, init="constant")
    first, second, last = trainer.network.thetas
    assert first[0].tobytes() == first[1].tobytes()
    assert second[0].tobytes() == second[1].tobytes()
    assert last[0, 1] == last[0, 2]
    assert not np.array_equal(first, np.full_like(first, 0.5))
    predicted = trainer.network.predict(XOR.X)
    assert not np.array_equal(predicted > 0.5, XOR.y > 0.5)
