"""The checker catches itself: its numerical gradient is tied to the cost it belongs to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pane_app import shown
from snapshots import make_snapshot

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.check import (
    METHODS,
    VERDICTS,
    Report,
    complex_step,
    differences,
    network_check,
    replica,
)
from bptui.core.check.replica import Replica
from bptui.core.check.true_cost import true_cost
from bptui.core.costs import COSTS
from bptui.core.network import Network
from bptui.tui.cli import main
from bptui.tui.panes.gradient_check import GradientCheckPane

Array = np.ndarray[Any, Any]
Patch = pytest.MonkeyPatch

PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]


def problem(**options: Any) -> tuple[Network, Array, Array]:
    rng = np.random.default_rng(4)
    net = Network([3, 4, 4, 3, 2], **{"activation": "tanh", "l2": 0.2, "seed": 3} | options)
    return net, rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))


def shuffled(patch: Patch) -> None:
    """Units get the slopes of their neighbours."""
    right = complex_step._unit_sensitivities

    def wrong(*arguments: Any) -> list[Array]:
        return [np.roll(D, 1, axis=0) for D in right(*arguments)]

    patch.setattr(complex_step, "_unit_sensitivities", wrong)


def forgotten_layer(patch: Patch) -> None:
    """The first layer of Θ gets no gradient from the samples."""
    right = complex_step._unit_sensitivities

    def wrong(*arguments: Any) -> list[Array]:
        first, *others = right(*arguments)
        return [0.0 * first, *others]

    patch.setattr(complex_step, "_unit_sensitivities", wrong)


def one_unit(patch: Patch) -> None:
    """A single unit is a thousandth off."""
    right = complex_step._unit_sensitivities

    def wrong(*arguments: Any) -> list[Array]:
        found = right(*arguments)
        found[1][2] *= 1.001
        return found

    patch.setattr(complex_step, "_unit_sensitivities", wrong)


def forgotten_penalty(patch: Patch) -> None:
    patch.setattr(network_check, "add_penalty", lambda *arguments: None)


def transposed(patch: Patch) -> None:
    """The weights between layers of one size change places."""
    right = network_check.add_complex_step

    def wrong(gradients: Sequence[Array], *arguments: Any) -> None:
        right(gradients, *arguments)
        gradients[1][:, 1:] = gradients[1][:, 1:].T.copy()

    patch.setattr(network_check, "add_complex_step", wrong)


def doubled(patch: Patch) -> None:
    """The cost of a sample is taken without its mean over the outputs."""
    right = complex_step.sample_costs
    patch.setattr(complex_step, "sample_costs", lambda *arguments: 2.0 * right(*arguments))


def wrong_activation(patch: Patch) -> None:
    patch.setitem(replica.ACTIVATIONS, "tanh", lambda z: np.where(z.real > 0, z, 0.01 * z))


def steep_activation(patch: Patch) -> None:
    """φ is right and its slope is not."""
    patch.setitem(
        replica.ACTIVATIONS,
        "tanh",
        lambda z: np.tanh(z) + 0.5j * z.imag if z.imag.any() else np.tanh(z),
    )


def forgotten_slopes(patch: Patch) -> None:
    """Tangents are not multiplied by φ′ on their way forward."""
    right = complex_step._tangents

    def wrong(network: Replica, slopes: Sequence[Array], *arguments: Any) -> Array:
        return right(network, [slopes[0], *(np.ones_like(s) for s in slopes[1:])], *arguments)

    patch.setattr(complex_step, "_LARGEST_BATCH", 0)
    patch.setattr(complex_step, "_tangents", wrong)


def forgotten_block(patch: Patch) -> None:
    """Of the samples, all blocks but the first are left out."""
    right = Replica.blocks
    patch.setattr(replica, "_LARGEST_BLOCK", 8)
    patch.setattr(Replica, "blocks", lambda network: list(right(network))[:1])


FAULTS = [
    shuffled,
    forgotten_layer,
    one_unit,
    forgotten_penalty,
    transposed,
    doubled,
    wrong_activation,
    steep_activation,
    forgotten_slopes,
    forgotten_block,
]


def assert_nothing_is_said(report: Report) -> None:
    assert report.verdict == "unresolved"
    assert not report.passed
    assert report.tie is not None and not report.tie.holds
    unresolved = VERDICTS.index("unresolved")
    assert all((array.verdicts == unresolved).all() for array in report.arrays)
    assert [found.code for found in report.diagnosis] == ["numerical"]
    assert "The numerical gradient itself does not agree with the cost" in str(report)
    form = report.to_dict()
    assert form["tie"]["holds"] is False
    assert {array["verdict"] for array in form["arrays"]} == {"unresolved"}


@pytest.mark.parametrize("plant", FAULTS)
def test_a_fault_of_the_numerical_side_is_seen(
    plant: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    net, X, y = problem()
    assert net.check(X, y).passed
    plant(monkeypatch)
    assert_nothing_is_said(net.check(X, y))


@pytest.mark.parametrize("method", [name for name in METHODS if name != "complex"])
def test_so_is_one_of_differences(method: str, monkeypatch: Patch) -> None:
    right = differences.difference_gradient

    def wrong(*arguments: Any) -> tuple[Array, Array]:
        values, truncation = right(*arguments)
        values[7] *= 2.0
        return values, truncation

    net, X, y = problem()
    monkeypatch.setattr(network_check, "difference_gradient", wrong)
    assert_nothing_is_said(net.check(X, y, method))


def test_one_mistake_on_both_sides_is_no_pass(monkeypatch: Patch) -> None:
    net, X, y = problem(fault="l2-forgotten")
    assert net.check(X, y).verdict == "fail"
    forgotten_penalty(monkeypatch)
    assert_nothing_is_said(net.check(X, y))


def test_the_command_and_the_dashboard_say_unresolved(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    doubled(monkeypatch)
    assert main(["check"]) == 4
    out = capsys.readouterr().out
    assert "UNRESOLVED  0 of 15 agree" in out
    assert "does not agree with the cost" in out
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    snapshot = replace(make_snapshot(), report=Network([2, 2, 2, 1]).check(X, y))
    rows = shown(GradientCheckPane(), snapshot, (80, 12))
    assert "Gradient check  UNRESOLVED" in rows[0]
    assert "The numerical gradient itself does not agree with the cost" in rows[1]


def test_a_tie_that_holds_is_shown() -> None:
    net, X, y = problem()
    report = net.check(X, y)
    assert report.tie is not None and report.tie.holds
    line = str(report).splitlines()[-1]
    assert line.startswith("Tied to the cost: along a random direction both have slope ")
    assert f"{report.tie.cost:+.6e}" in line
    assert report.tie.bound < 1e-10 * abs(report.tie.cost)


@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_the_true_cost_is_the_cost_that_is_shown(activation: str, cost: str, output: str) -> None:
    rng = np.random.default_rng(7)
    net = Network([4, 5, 3, 2], activation=activation, output=output, cost=cost, l2=0.3, seed=2)
    X, y = rng.normal(size=(7, 4)), np.eye(2)[rng.integers(0, 2, 7)]
    network = Replica.of(net.loaded(X, y))
    direction = rng.normal(size=net.theta.size)
    there = true_cost(network, net.theta + 1e-30j * direction)
    assert there.real == pytest.approx(net.cost(X, y), rel=1e-14)
    before, after = [], []
    for sign, costs in ((-1e-6, before), (1e-6, after)):
        net.theta += sign * direction
        costs.append(net.cost(X, y))
        net.theta -= sign * direction
    slope = (after[0] - before[0]) / 2e-6
    assert there.imag * 1e30 == pytest.approx(slope, rel=1e-6)


def test_a_unit_that_rounding_puts_on_either_side_of_its_kink_does_not_break_the_tie() -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        net = Network([3, 4, 2], activation="relu", seed=seed)
        net.thetas[0][:] = rng.choice([-1.0, 1.0], (4, 1)) * [0.0, 1.0, 1.0, -1.0]
        X = rng.choice([0.1, 0.2, 0.3, 0.7], (16, 1)) * np.array([0.1, 0.2, 0.3])
        report = net.check(X, rng.uniform(size=(16, 2)))
        assert report.tie is None or report.tie.holds


def test_numbers_beyond_all_bounds_cannot_be_tied() -> None:
    net = Network([2, 3, 1], activation="linear", output="linear")
    net.theta[:] = 1e200
    report = net.check([[1.0, 2.0]], [[1.0]])
    assert report.tie is None
    assert report.to_dict()["tie"] is None
    assert report.verdict == "fail"
