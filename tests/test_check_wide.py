"""Checks of wide networks: tangents pushed forward, blocks, and draws from what is too much."""

import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.backpropagation import Backpropagation
from bptui.core.check import Report, check_backpropagation, complex_step, replica, true_cost
from bptui.core.check.draw import MOST_BY_COMPLEX_STEP, MOST_DIFFERENCES, single_entries, whole_rows
from bptui.core.costs import COSTS
from bptui.core.network import Network

Array = np.ndarray[Any, Any]

PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]


def problem(layers: list[int], samples: int = 8, **options: Any) -> tuple[Network, Array, Array]:
    rng = np.random.default_rng(2)
    net = Network(layers, init="xavier", seed=1, **options)
    X = rng.normal(size=(samples, layers[0]))
    return net, X, np.eye(layers[-1])[rng.integers(0, layers[-1], samples)]


def numerical(report: Report) -> Array:
    return np.concatenate([array.numerical.ravel() for array in report.arrays])


@pytest.mark.parametrize("layers", [[3, 2], [3, 4, 2], [4, 5, 6, 3], [4, 2, 2, 9]])
@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_tangents_pushed_forward_give_what_perturbed_units_give(
    activation: str, cost: str, output: str, layers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    net, X, y = problem(layers, activation=activation, cost=cost, output=output, l2=0.1)
    perturbed = net.check(X, y)
    monkeypatch.setattr(complex_step, "_LARGEST_BATCH", 0)
    pushed = net.check(X, y)
    assert perturbed.verdict == pushed.verdict == "pass"
    np.testing.assert_allclose(numerical(pushed), numerical(perturbed), rtol=1e-11, atol=1e-17)


@pytest.mark.parametrize("largest", [1, 100, 10**9])
@pytest.mark.parametrize("batch", [0, 10**9])
def test_the_complex_step_does_not_depend_on_its_blocks(
    largest: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, X, y = problem([4, 5, 6, 3], samples=9, activation="tanh", l2=0.2)
    whole = net.check(X, y)
    monkeypatch.setattr(complex_step, "_LARGEST_BATCH", batch)
    monkeypatch.setattr(complex_step, "_LARGEST_TANGENTS", largest)
    for module in (replica, true_cost):
        monkeypatch.setattr(module, "_LARGEST_BLOCK", largest)
    report = net.check(X, y)
    assert report.passed
    np.testing.assert_allclose(numerical(report), numerical(whole), rtol=1e-11)


@pytest.mark.parametrize("method", ["complex", "central"])
def test_a_draw_is_the_same_check_of_some_entries(method: str) -> None:
    net, X, y = problem([6, 30, 20, 4], l2=0.1)
    whole = net.check(X, y, method)
    work = net.loaded(X, y)
    report = check_backpropagation(work, method=method, most_entries=100)
    assert report.passed
    assert report.parameters == whole.parameters == net.theta.size
    assert report.tie is not None and report.tie.holds
    assert f"{report.entries} of {report.entries} agree (drawn from 914)" in str(report)
    assert report.to_dict()["entries"] == report.entries <= 110
    for part, array in zip(report.arrays, whole.arrays, strict=True):
        assert part.drawn is not None
        assert part.backprop.size == len(set(part.drawn.tolist())) > 0
        assert part.shape == array.shape
        np.testing.assert_array_equal(part.backprop, array.backprop.flat[part.drawn])
        np.testing.assert_allclose(
            part.numerical, array.numerical.flat[part.drawn], rtol=1e-6, atol=1e-9
        )
    again = check_backpropagation(work, method=method, most_entries=100)
    other = check_backpropagation(work, method=method, most_entries=100, seed=1)
    drawn, redrawn, differently = (
        [array.drawn.tolist() for array in one.arrays if array.drawn is not None]
        for one in (report, again, other)
    )
    assert drawn == redrawn != differently


class DoubledUnit(Backpropagation):
    """One row of the second Θ is twice what it should be."""

    def layer_gradient(self, layer: int) -> None:
        super().layer_gradient(layer)
        if layer == 1:
            self.gradients[1][7] *= 2.0


def test_a_wrong_entry_of_a_draw_is_named_by_its_place_in_the_array() -> None:
    net, X, y = problem([6, 30, 20, 4])
    work = DoubledUnit(
        net.theta, net.layers, activation="sigmoid", output="sigmoid", cost="mse", samples=len(X)
    )
    right = net.loaded(X, y)
    work.load(right.inputs, right.targets)
    report = check_backpropagation(work, method="central", most_entries=300)
    assert report.verdict == "fail"
    assert (report.worst.parameter, report.worst.index[0]) == ("Θ²", 7)
    assert [array.verdict for array in report.arrays] == ["pass", "fail", "pass"]


@pytest.mark.parametrize(
    ("layers", "samples"),
    [
        ((2, 2, 2, 1), 4),
        ((64, 32, 10), 64),
        ((784, 128, 10), 32),
        ((784, 1024, 1024, 10), 32),
        ((100, 1500, 1500, 10), 32),
        ((784, 128, 784), 64),
        ((2, 4000, 1), 32),
        ((1000, 1000), 10_000),
    ],
)
def test_every_array_has_its_share_in_a_draw(layers: tuple[int, ...], samples: int) -> None:
    shapes = [(b, a + 1) for a, b in pairwise(layers)]
    total = sum(a * b for a, b in shapes)
    by_rows = whole_rows(layers, "softmax", samples, None, 0)
    singly = single_entries(layers, samples, None, 0)
    assert (by_rows.entries is None) or by_rows.count < total
    assert by_rows.count <= MOST_BY_COMPLEX_STEP + sum(columns for _, columns in shapes)
    assert singly.count <= MOST_DIFFERENCES + len(shapes)
    assert (singly.entries is None) == (total <= MOST_DIFFERENCES)
    for draw in (by_rows, singly):
        assert len(draw.parts) == len(shapes)
        assert all(part.stop > part.start for part, _ in draw.parts)
        if draw.entries is not None:
            assert len(np.unique(draw.entries)) == draw.count
            assert draw.entries.min() >= 0
            assert draw.entries.max() < total


def test_a_check_of_a_wide_network_takes_little_memory() -> None:
    net, X, y = problem([784, 1024, 1024, 10], 32, cost="cross-entropy", output="softmax")
    work = net.loaded(X, y)
    tracemalloc.start()
    try:
        report = check_backpropagation(work)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.passed
    assert f"drawn from {net.theta.size:,}" in str(report)
    assert all(array.backprop.size for array in report.arrays)
    assert peak < 200e6
