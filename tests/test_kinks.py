"""The gradient check of code whose parameters stand at a kink of many units at once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptui.core import check_gradients
from bptui.core.check import Report

Values = dict[str, Any]


class Zeroed:
    """A ReLU network whose first layer is 0, so that every unit of every sample is at its kink."""

    def __init__(
        self, seed: int, *, symmetric: bool = False, xor: bool = False, at_zero: float = 0.0
    ) -> None:
        draw = np.random.default_rng(seed)
        X = draw.normal(size=(40, 3))
        self.X = np.vstack([X, -X]) if symmetric else X
        self.y = (self.X[:, :1] * (1.0 if symmetric else self.X[:, 1:2]) > 0).astype(float)
        if xor:
            self.X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
            self.y = np.array([[0.0], [1.0], [1.0], [0.0]])
        self.at_zero = at_zero
        self.parameters = {
            "W1": np.zeros((self.X.shape[1], 5)),
            "b1": np.zeros(5),
            "W2": draw.normal(size=(5, 1)),
            "b2": np.full(1, 0.3 if xor else 0.0),
        }

    def forward(self, p: Values) -> tuple[Any, Any, Any]:
        z = self.X @ p["W1"] + p["b1"]
        a = np.maximum(z, 0)
        return z, a, 1 / (1 + np.exp(-(a @ p["W2"] + p["b2"])))

    def cost(self, p: Values) -> Any:
        output = self.forward(p)[-1]
        return -np.mean(self.y * np.log(output) + (1 - self.y) * np.log(1 - output))

    def gradients(self, p: Values) -> Values:
        z, a, output = self.forward(p)
        delta = (output - self.y) / self.y.size
        slope = np.where(z == 0.0, self.at_zero, z > 0.0)
        below = delta @ p["W2"].T * slope
        return {
            "W1": self.X.T @ below,
            "b1": below.sum(0),
            "W2": a.T @ delta,
            "b2": delta.sum(0),
        }


def only(report: Report) -> str:
    assert [found.code for found in report.diagnosis] == ["kink"]
    return report.diagnosis[0].message


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("method", "at_zero"),
    # A central difference has the mean of both slopes for the slope at a kink.
    [("auto", 0.0), ("auto", 0.5), ("auto", 1.0), ("richardson", 0.0), ("central", 0.0)],
)
def test_a_right_gradient_of_a_first_layer_of_zeros_is_at_a_kink(
    seed: int, at_zero: float, method: str
) -> None:
    model = Zeroed(seed, at_zero=at_zero)
    report = check_gradients(model.cost, model.gradients, model.parameters, method=method)
    assert report.verdict == "at-kink", str(report)
    assert "beside these parameters every entry agrees" in only(report)


@pytest.mark.parametrize("seed", range(8))
def test_beside_the_kinks_of_whole_numbers_there_are_none(seed: int) -> None:
    model = Zeroed(seed, xor=True)
    report = check_gradients(model.cost, model.gradients, model.parameters)
    assert report.verdict == "at-kink", str(report)
    assert "beside these parameters every entry agrees" in only(report)


def test_a_kink_that_no_direction_shows_raises_no_alarm() -> None:
    x = np.linspace(-1.0, 1.0, 20)[:, None]
    y = np.sin(3.0 * x)

    def cost(p: Values) -> Any:
        return np.mean((np.maximum(x @ p["W1"], 0) @ p["W2"] - y) ** 2)

    def gradients(p: Values) -> Values:
        z = x @ p["W1"]
        a = np.maximum(z, 0)
        delta = 2.0 * (a @ p["W2"] - y) / y.size
        return {"W1": x.T @ (delta @ p["W2"].T * (z > 0)), "W2": a.T @ delta}

    draw = np.random.default_rng(0)
    report = check_gradients(
        cost, gradients, {"W1": np.zeros((1, 4)), "W2": draw.normal(size=(4, 1))}
    )
    assert report.verdict == "at-kink", str(report)
    assert "beside these parameters every entry agrees" in only(report)


@pytest.mark.parametrize("seed", range(4))
def test_a_kink_that_no_entry_shows_by_itself_raises_no_alarm(seed: int) -> None:
    model = Zeroed(seed, symmetric=True)
    report = check_gradients(model.cost, model.gradients, model.parameters)
    assert report.verdict == "at-kink", str(report)


@pytest.mark.parametrize("seed", range(4))
def test_a_cost_of_real_numbers_alone_raises_no_alarm(seed: int) -> None:
    model = Zeroed(seed)

    def cost(p: Values) -> float:
        return float(model.cost({name: np.asarray(v, float) for name, v in p.items()}))

    report = check_gradients(cost, model.gradients, model.parameters)
    assert (report.method, report.verdict) == ("richardson", "at-kink"), str(report)


def doubled(found: Values) -> Values:
    return {name: 2.0 * values for name, values in found.items()}


def without_first_layer(found: Values) -> Values:
    return found | {"W1": 0.0 * found["W1"], "b1": 0.0 * found["b1"]}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("xor", [False, True])
@pytest.mark.parametrize("mistake", [doubled, without_first_layer])
def test_a_wrong_gradient_is_told_beside_the_kink(
    seed: int, xor: bool, mistake: Callable[[Values], Values]
) -> None:
    model = Zeroed(seed, xor=xor)
    report = check_gradients(model.cost, lambda p: mistake(model.gradients(p)), model.parameters)
    assert report.verdict == "fail"
    kink, *found = report.diagnosis
    assert kink.code == "kink" and "beside these parameters the gradient is wrong" in kink.message
    assert [each.code for each in found] == ["scale"]
    assert found[0].message.startswith("Beside these parameters: ")


def test_a_wrong_entry_that_has_no_kink_still_fails() -> None:
    model = Zeroed(1)

    def gradients(p: Values) -> Values:
        found = model.gradients(p)
        return found | {"b2": 1.5 * found["b2"]}

    report = check_gradients(model.cost, gradients, model.parameters)
    assert report.verdict == "fail"
    assert report.arrays[3].verdict == "fail"


def test_what_is_wrong_here_alone_and_shows_no_kink_fails() -> None:
    model = Zeroed(1)

    def gradients(p: Values) -> Values:
        found = model.gradients(p)
        return found if p["b2"].any() else found | {"b2": np.zeros(1)}

    report = check_gradients(model.cost, gradients, model.parameters)
    assert [array.name for array in report.arrays if array.verdict == "fail"] == ["b2"]
    assert "beside these parameters every entry agrees" in only(report)


def test_code_that_cannot_go_beside_is_judged_where_it_is() -> None:
    def cost(w: Any) -> Any:
        if np.any(np.abs(w[1:]) > 1e-9) and np.count_nonzero(w) > 1:
            raise ValueError("here alone")
        return np.abs(w).sum()

    report = check_gradients(cost, lambda w: np.array([3.0, 0.0]), np.array([1.0, 0.0]))
    assert report.verdict == "fail"
