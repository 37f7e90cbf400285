"""What calls of a gradient function keep from each other, and what the check makes of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptui.core import check_gradients
from bptui.core.check import Report

draw = np.random.default_rng(0)
X = draw.normal(size=(20, 3))
y = (X[:, :1] > 0).astype(float)
ZEROS = {"W": np.zeros((3, 1)), "b": np.zeros(1)}
Values = dict[str, Any]


def cost(p: Values) -> Any:
    z = X @ p["W"] + p["b"]
    return np.mean(np.log(1.0 + np.exp(z)) - y * z)


def right(p: Values) -> Values:
    delta = (1.0 / (1.0 + np.exp(-(X @ p["W"] + p["b"]))) - y) / len(X)
    return {"W": X.T @ delta, "b": delta.sum(0)}


class Mean:
    """The mean of all calls."""

    def __init__(self) -> None:
        self.calls, self.sums = 0, dict.fromkeys(ZEROS, 0.0)

    def __call__(self, p: Values) -> Values:
        self.calls += 1
        self.sums = {name: self.sums[name] + g for name, g in right(p).items()}
        return {name: total / self.calls for name, total in self.sums.items()}


class Momentum(Mean):
    """Adam's first moment, without its bias."""

    def __call__(self, p: Values) -> Values:
        self.calls += 1
        self.sums = {name: 0.9 * self.sums[name] + 0.1 * g for name, g in right(p).items()}
        return {name: total / (1.0 - 0.9**self.calls) for name, total in self.sums.items()}


class Before:
    """What the call before should have returned."""

    def __init__(self) -> None:
        self.kept = right(ZEROS)

    def __call__(self, p: Values) -> Values:
        before, self.kept = self.kept, right(p)
        return before


def assert_noise(report: Report) -> None:
    assert report.verdict == "unresolved", str(report)
    assert [found.code for found in report.diagnosis] == ["noise"]


@pytest.mark.parametrize("made", [Mean, Momentum, Before])
def test_what_is_kept_shows_where_all_parameters_are_0(made: Callable[[], Any]) -> None:
    assert check_gradients(cost, right, ZEROS).passed
    assert_noise(check_gradients(cost, made(), ZEROS))


def square(w: Any) -> Any:
    return (w**2).sum()


def test_a_function_that_raises_when_it_is_called_again_is_not_repeatable() -> None:
    calls = iter([1])

    def gradients(w: Any) -> Any:
        next(calls)
        return 2.0 * w

    report = check_gradients(square, gradients, np.ones(3))
    assert_noise(report)
    assert "or one of them fails" in report.diagnosis[0].message


def test_one_that_raises_elsewhere_is() -> None:
    def gradients(w: Any) -> Any:
        if not np.allclose(w, 1.0):
            raise ValueError("too far")
        return 2.0 * w

    assert check_gradients(square, gradients, np.ones(3)).passed


@pytest.mark.parametrize("first", [4, 5, 8, 10, 12])
def test_a_gradient_that_is_wrong_in_its_first_calls_does_not_pass(first: int) -> None:
    calls = [0]

    def gradients(w: Any) -> Any:
        calls[0] += 1
        return 2.0 * w * (1.0004 if calls[0] <= first else 1.0)

    assert_noise(check_gradients(square, gradients, np.arange(1.0, 6.0)))


class Kept:
    """A sum that is never set to zero, of some of the entries."""

    def __init__(self, added: Any) -> None:
        self.added, self.sums = added, np.zeros(np.shape(added))

    def __call__(self, w: Any) -> Any:
        self.sums[...] = np.where(self.added, self.sums, 0.0) + 2.0 * w
        return self.sums


@pytest.mark.parametrize(
    ("added", "place"),
    [
        (np.arange(6) < 3, "in part of parameters"),
        (np.arange(6).reshape(2, 3) % 3 > 0, "in part of parameters"),
        (np.ones(6, bool), "everywhere"),
    ],
)
def test_sums_in_part_of_an_array_are_told_from_noise(added: Any, place: str) -> None:
    w = np.random.default_rng(1).normal(size=added.shape)
    report = check_gradients(square, Kept(added), w)
    assert [found.code for found in report.diagnosis] == ["not-zeroed"]
    assert f"added up between calls, {place}:" in report.diagnosis[0].message
    assert (report.arrays[0].verdicts == 3).tolist() == added.tolist()


def test_tiny_entries_of_a_sum_belong_to_it() -> None:
    w = np.array([1.0, 1e-13, 1e-12, 2.0])
    kept = Kept(np.ones(4, bool))
    for _ in range(5):
        kept(w)
    report = check_gradients(square, kept, w)
    assert [found.code for found in report.diagnosis] == ["not-zeroed"]
    assert "plus the right gradient" in report.diagnosis[0].message


def test_noise_in_one_entry_beside_a_sum_is_noise() -> None:
    kept, generator = Kept(np.ones(4, bool)), np.random.default_rng(2)

    def gradients(w: Any) -> Any:
        return kept(w) + np.array([0.0, 0.0, 0.0, generator.normal()])

    assert_noise(check_gradients(square, gradients, np.ones(4)))


def test_an_empty_array_is_no_part_that_is_fresh() -> None:
    kept = Kept(np.ones((2, 3), bool))
    report = check_gradients(
        lambda p: (p["W"] ** 2).sum(),
        lambda p: {"W": kept(p["W"]), "b": np.zeros(0)},
        {"W": np.ones((2, 3)), "b": np.zeros(0)},
    )
    assert report.diagnosis[0].where == "everywhere"


def generated() -> Values:
    return {"W": draw.normal(size=(3, 1)), "b": np.zeros(1)}


def test_a_gradient_of_other_parameters_than_those_given_fails() -> None:
    mine = generated()
    report = check_gradients(cost, lambda p: right(mine), mine)
    assert report.verdict == "fail"
    assert [found.code for found in report.diagnosis] == ["stale-point"]
    assert "the same whatever parameters it is given" in report.diagnosis[0].message


def test_a_gradient_that_is_kept_for_ever_fails() -> None:
    kept: list[Values] = []

    def gradients(p: Values) -> Values:
        kept.append(kept[0] if kept else right(p))
        return kept[0]

    assert check_gradients(cost, gradients, generated()).verdict == "fail"


@pytest.mark.parametrize("function", [np.sum, lambda w: np.maximum(w, 0.0).sum()])
def test_a_gradient_that_is_the_same_all_around_is_right(function: Callable[[Any], Any]) -> None:
    w = np.array([1.0, 2.0, 5.0])
    assert check_gradients(function, np.ones_like, w).passed
    assert check_gradients(function, lambda w: 0.0 * w, w).verdict == "fail"


@pytest.mark.parametrize("power", [-2, -4, -6, -10])
@pytest.mark.parametrize("factor", [1.0, 1.0005])
def test_a_pole_at_0_hides_no_mistake(power: int, factor: float) -> None:
    def gradients(w: Any) -> Any:
        return factor * power * w ** (power - 1.0)

    report = check_gradients(lambda w: (w**power).sum(), gradients, np.array([1.0, 2.0, 3.0]))
    assert report.verdict == ("pass" if factor == 1.0 else "fail")
