"""The gradient check of functions that keep something from one call to the next."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core import check_gradients
from bptui.core.check import GradientError, Report
from bptui.tui.cli import main

Values = dict[str, Any]

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = (X[:, :1] > 0).astype(float)
start = {
    "W1": rng.normal(size=(3, 4)),
    "b1": rng.normal(size=4),
    "W2": rng.normal(size=(4, 1)),
    "b2": rng.normal(size=1),
}


def codes(report: Report) -> list[str]:
    return [found.code for found in report.diagnosis]


def outputs(p: Values) -> tuple[Any, Any]:
    a = np.tanh(X @ p["W1"] + p["b1"])
    return a, a @ p["W2"] + p["b2"]


def cost(p: Values) -> Any:
    return np.mean((outputs(p)[1] - y) ** 2)


def right(p: Values) -> Values:
    a, output = outputs(p)
    delta = 2 * (output - y) / y.size
    below = delta @ p["W2"].T * (1 - a**2)
    return {"W1": X.T @ below, "b1": below.sum(0), "W2": a.T @ delta, "b2": delta.sum(0)}


class Accumulating:
    """Adds each gradient to those before, of all arrays or of some."""

    def __init__(
        self,
        gradients: Callable[[Values], Values] = right,
        *,
        same_buffers: bool = True,
        names: tuple[str, ...] = tuple(start),
        calls: int = 0,
    ) -> None:
        self.gradients, self.same_buffers, self.names = gradients, same_buffers, names
        self.sum = {name: np.zeros_like(value) for name, value in start.items()}
        for _ in range(calls):
            self(start)

    def __call__(self, p: Values) -> Values:
        found = self.gradients(p)
        for name in self.names:
            self.sum[name] += found[name]
        found |= {name: self.sum[name] for name in self.names}
        return found if self.same_buffers else {name: g.copy() for name, g in found.items()}


@pytest.mark.parametrize("same_buffers", [True, False])
@pytest.mark.parametrize("calls", [0, 1, 7, 300])
@pytest.mark.parametrize("method", ["auto", "central"])
def test_gradients_that_are_added_up_fail_and_are_named(
    calls: int, same_buffers: bool, method: str
) -> None:
    gradients = Accumulating(calls=calls, same_buffers=same_buffers)
    report = check_gradients(cost, gradients, start, method=method)
    assert (report.verdict, codes(report)) == ("fail", ["not-zeroed"])
    (found,) = report.diagnosis
    assert "plus the right gradient; set them to zero first" in found.message
    assert found.where == "everywhere"
    with pytest.raises(GradientError, match="added up between calls"):
        report.raise_if_failed()
    ratios = report.arrays[0].backprop / report.arrays[0].numerical
    np.testing.assert_allclose(ratios, calls + 2.0, rtol=1e-6)


def test_buffers_that_are_used_again_and_set_to_zero_are_no_sum() -> None:
    gradients = Accumulating()

    def zeroed(p: Values) -> Values:
        for values in gradients.sum.values():
            values[...] = 0.0
        return gradients(p)

    report = check_gradients(cost, zeroed, start)
    assert report.passed and not report.diagnosis


def test_gradients_that_the_cost_sets_to_zero_are_right() -> None:
    gradients = Accumulating()

    def zeroing(p: Values) -> Any:
        for values in gradients.sum.values():
            values[...] = 0.0
        return cost(p)

    report = check_gradients(zeroing, gradients, start)
    assert report.passed and not report.diagnosis


def test_the_arrays_that_are_added_up_are_named() -> None:
    report = check_gradients(cost, Accumulating(names=("W1", "b1")), start)
    assert [array.verdict for array in report.arrays] == ["fail", "fail", "pass", "pass"]
    assert [(found.code, found.where) for found in report.diagnosis] == [
        ("not-zeroed", "W1 and b1")
    ]


def test_a_sum_that_is_right_by_chance_does_not_pass() -> None:
    gradients = Accumulating()
    for name, values in right(start).items():
        gradients.sum[name] -= values
    report = check_gradients(cost, gradients, start)
    assert (report.verdict, codes(report)) == ("unresolved", ["not-zeroed"])


def test_a_sum_of_calls_to_which_this_one_adds_nothing_is_named() -> None:
    saturated = start | {"W1": 1e6 * start["W1"]}
    gradients = Accumulating(calls=3)
    report = check_gradients(cost, gradients, saturated)
    assert not right(saturated)["W1"].any()
    assert (report.verdict, codes(report)) == ("fail", ["not-zeroed"])
    assert report.diagnosis[0].where == "everywhere"
    assert "plus the right gradient" in report.diagnosis[0].message


def test_what_an_earlier_call_left_does_not_pass() -> None:
    kept = right(start)

    def gradients(p: Values) -> Values:
        nonlocal kept
        before, kept = kept, right(p)
        return before

    report = check_gradients(cost, gradients, start)
    assert report.verdict != "pass" and codes(report) == ["noise"]


def test_a_second_mistake_is_told_apart() -> None:
    def doubled(p: Values) -> Values:
        return {name: 2.0 * values for name, values in right(p).items()}

    report = check_gradients(cost, Accumulating(doubled), start)
    assert (report.verdict, codes(report)) == ("fail", ["not-zeroed", "scale"])
    assert "plus a gradient that is wrong too" in report.diagnosis[0].message
    assert report.diagnosis[1].ratio == pytest.approx(2.0)
    assert report.diagnosis[1].message.startswith("Of what one call adds: A constant factor")


def test_float32_sums_are_named() -> None:
    halves = {name: values.astype(np.float32) for name, values in start.items()}
    gradients = Accumulating()
    gradients.sum = {name: np.zeros_like(values) for name, values in halves.items()}
    report = check_gradients(cost, gradients, halves)
    assert (report.verdict, codes(report)) == ("fail", ["not-zeroed"])


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_noise_is_noise_and_never_passes(seed: int, size: float) -> None:
    noise = np.random.default_rng(seed)

    def noisy(p: Values) -> Values:
        return {
            name: values * (1.0 + size * noise.standard_normal(values.shape))
            for name, values in right(p).items()
        }

    report = check_gradients(cost, noisy, start)
    assert (report.verdict, codes(report)) == ("unresolved", ["noise"])
    with pytest.raises(GradientError, match="not repeatable"):
        report.raise_if_failed()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("in_cost", [True, False])
def test_dropout_with_a_mask_of_its_own_for_every_call_is_noise(seed: int, in_cost: bool) -> None:
    draws = np.random.default_rng(seed)

    def dropped(p: Values, *, drop: bool) -> tuple[Any, Any, Any]:
        a = np.tanh(X @ p["W1"] + p["b1"])
        mask = (draws.random(a.shape) < 0.5) * 2.0 if drop else np.ones(a.shape)
        return a, mask, a * mask @ p["W2"] + p["b2"]

    def its_cost(p: Values) -> Any:
        return np.mean((dropped(p, drop=in_cost)[-1] - y) ** 2)

    def gradients(p: Values) -> Values:
        a, mask, output = dropped(p, drop=True)
        delta = 2 * (output - y) / y.size
        below = delta @ p["W2"].T * mask * (1 - a**2)
        g2 = (a * mask).T @ delta
        return {"W1": X.T @ below, "b1": below.sum(0), "W2": g2, "b2": delta.sum(0)}

    report = check_gradients(its_cost, gradients, start)
    assert report.verdict != "pass"
    assert set(codes(report)) == {"noise"}


def test_a_cost_with_a_little_noise_does_not_pass() -> None:
    noise = np.random.default_rng(0)
    report = check_gradients(lambda p: cost(p) * (1 + 1e-10 * noise.normal()), right, start)
    assert (report.verdict, codes(report)) == ("unresolved", ["noise"])


def test_threads_that_round_otherwise_are_no_noise() -> None:
    order = np.random.default_rng(0)

    def gradients(p: Values) -> Values:
        a, output = outputs(p)
        chosen = order.permutation(len(X))
        delta = 2 * (output - y) / y.size
        below = delta @ p["W2"].T * (1 - a**2)
        return {
            "W1": X[chosen].T @ below[chosen],
            "b1": below[chosen].sum(0),
            "W2": a[chosen].T @ delta[chosen],
            "b2": delta[chosen].sum(0),
        }

    report = check_gradients(cost, gradients, start)
    assert report.passed and not report.diagnosis


def test_a_momentum_inside_the_gradient_does_not_pass() -> None:
    kept = {name: np.zeros_like(values) for name, values in start.items()}

    def gradients(p: Values) -> Values:
        for name, values in right(p).items():
            kept[name] = 0.9 * kept[name] + values
        return kept

    report = check_gradients(cost, gradients, start)
    assert report.verdict != "pass" and codes(report) == ["noise"]
    assert "keep nothing from one call to the next" in report.diagnosis[0].message


MODEL = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = (X[:, :1] > 0).astype(float)
G = {"W": np.zeros((3, 1)), "b": np.zeros(1)}
def parameters(seed):
    draw = np.random.default_rng(seed)
    return {"W": draw.normal(size=(3, 1)), "b": draw.normal(size=1)}
def cost(p):
    return np.mean((np.tanh(X @ p["W"] + p["b"]) - y) ** 2)
def gradients(p):
    a = np.tanh(X @ p["W"] + p["b"])
    d = 2 * (a - y) / y.size * (1 - a**2)
    G["W"] += X.T @ d
    G["b"] += d.sum(0)
    return G
"""


@pytest.mark.parametrize("words", [(), ("--seed", "3"), ("--after", "300")])
def test_the_command_names_the_sum_at_any_time(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MODEL, "utf-8")
    assert main(["check", str(path), "--json", *words]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [found["code"] for found in report["diagnosis"]] == ["not-zeroed"]
