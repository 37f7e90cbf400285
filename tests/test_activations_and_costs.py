"""Activations, costs and their derivatives, against formulae in 50-digit decimals."""

import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.activations import ACTIVATIONS, HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from bptui.core.calls import run
from bptui.core.costs import COSTS, check_targets, find_cost
from bptui.core.errors import InputError
from bptui.core.network import Network

ELEMENTWISE = [name for name in ACTIVATIONS if name != "softmax"]
POINTS = [-1000.0, -745.0, -40.0, -20.0, -3.0, -0.7, -1e-9, 1e-9, 0.3, 2.0, 19.0, 40.0, 709.0, 1e3]
PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]
LOGITS = [-1000.0, -50.0, -3.0, -0.5, 0.0, 0.5, 3.0, 50.0, 1000.0]


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with localcontext() as context:
        context.prec = 60
        yield


def exact_sigmoid(z: Decimal) -> Decimal:
    return 1 / (1 + (-z).exp())


def exact_tanh(z: Decimal) -> Decimal:
    return 2 * exact_sigmoid(2 * z) - 1


def exact_softplus(z: Decimal) -> Decimal:
    if z > 100:
        return z + (-z).exp()
    if z < -100:
        return z.exp()
    return (1 + z.exp()).ln()


LEAK = Decimal("0.01")

EXACT: dict[str, tuple[Callable[[Decimal], Decimal], Callable[[Decimal], Decimal]]] = {
    "sigmoid": (exact_sigmoid, lambda z: exact_sigmoid(z) * exact_sigmoid(-z)),
    "tanh": (exact_tanh, lambda z: 4 * exact_sigmoid(2 * z) * exact_sigmoid(-2 * z)),
    "relu": (lambda z: max(z, Decimal(0)), lambda z: Decimal(z > 0)),
    "leaky-relu": (
        lambda z: z if z > 0 else z * LEAK,
        lambda z: Decimal(1) if z > 0 else LEAK,
    ),
    "softplus": (exact_softplus, exact_sigmoid),
    "linear": (lambda z: z, lambda z: Decimal(1)),
}


def activate(name: str, z: Any, dtype: str = "float64") -> np.ndarray[Any, Any]:
    array = np.atleast_2d(np.array(z, dtype))
    out = np.empty_like(array)
    with np.errstate(over="ignore", under="ignore"):
        ACTIVATIONS[name].value(array, out)
    return out


def slope(name: str, a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    derivative = ACTIVATIONS[name].derivative
    assert derivative is not None
    out = np.full_like(a, np.nan)
    with np.errstate(over="ignore", under="ignore"):
        derivative(a, out)
    return out


def test_there_is_a_reference_for_every_elementwise_activation() -> None:
    assert sorted(EXACT) == sorted(ELEMENTWISE)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_are_right_to_the_last_digits_from_minus_to_plus_1000(name: str) -> None:
    exact = [float(EXACT[name][0](Decimal(z))) for z in POINTS]
    np.testing.assert_allclose(activate(name, POINTS)[0], exact, rtol=1e-15, atol=1e-300)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_are_right_to_a_few_roundings(name: str) -> None:
    exact = [float(EXACT[name][1](Decimal(z))) for z in POINTS]
    found = slope(name, activate(name, POINTS))[0]
    np.testing.assert_allclose(found, exact, rtol=0, atol=5e-16)
    # On the side where a is small nothing cancels, and every digit is right.
    if name in ("sigmoid", "softplus"):
        low = [place for place, z in enumerate(POINTS) if -40 <= z < 0]
        np.testing.assert_allclose(found[low], np.array(exact)[low], rtol=1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(z=st.floats(-30, 30).filter(lambda z: abs(z) > 1e-3))
def test_the_derivative_is_the_slope_of_the_value(name: str, z: float) -> None:
    h = 1e-4
    above, below = activate(name, [z + h, z - h])[0]
    assert slope(name, activate(name, [z]))[0, 0] == pytest.approx(
        (above - below) / (2 * h), abs=1e-7
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_the_output_may_be_the_input_and_keeps_its_type(name: str, dtype: str) -> None:
    z = np.array([[-2.0, 0.0, 3.0], [1.0, -1.0, 0.5]], dtype)
    apart, before = np.empty_like(z), z.copy()
    ACTIVATIONS[name].value(z, apart)
    assert np.array_equal(z, before)
    ACTIVATIONS[name].value(z, z)
    assert z.dtype == dtype
    assert np.array_equal(z, apart)


@pytest.mark.parametrize("name", ["relu", "leaky-relu"])
def test_the_derivative_at_the_kink_is_that_of_the_left(name: str) -> None:
    expected = 0.0 if name == "relu" else 0.01
    assert slope(name, activate(name, [0.0, -0.0])).tolist() == [[expected, expected]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@given(
    z=st.lists(st.lists(st.floats(-1000, 1000, width=32), min_size=2, max_size=2), min_size=1),
    shift=st.sampled_from([-512.0, 0.0, 256.0]),
)
def test_softmax_is_positive_sums_to_1_and_ignores_a_shift(
    dtype: str, z: list[list[float]], shift: float
) -> None:
    outputs = activate("softmax", z, dtype)
    tolerance = len(z) * np.finfo(dtype).eps
    assert (outputs >= 0).all()
    np.testing.assert_allclose(outputs.sum(axis=0), 1.0, rtol=0, atol=tolerance)
    if dtype == "float64":
        shifted = activate("softmax", np.array(z) + shift)
        np.testing.assert_allclose(shifted, outputs, rtol=1e-11, atol=1e-300)


def test_softmax_of_known_logits() -> None:
    outputs = activate("softmax", [[0.0], [np.log(2.0)], [np.log(5.0)]])
    np.testing.assert_allclose(outputs[:, 0], [1 / 8, 2 / 8, 5 / 8], rtol=1e-15)


def test_the_tables_are_complete() -> None:
    assert set(OUTPUT_ACTIVATIONS) == {output for outputs in COSTS.values() for output in outputs}
    assert set(HIDDEN_ACTIVATIONS) <= set(ELEMENTWISE)
    assert set(HIDDEN_ACTIVATIONS) | set(OUTPUT_ACTIVATIONS) == set(ACTIVATIONS)
    assert set(COSTS["mse"]) == set(OUTPUT_ACTIVATIONS)
    for name, activation in ACTIVATIONS.items():
        assert (activation.derivative is None) == (name == "softmax")


def evaluate_cost(cost: str, output: str, z: Any, y: Any) -> tuple[float, np.ndarray[Any, Any]]:
    """J and ∂J/∂z for logits and targets of shape (K, N)."""
    entry = find_cost(cost, output)
    logits, targets = np.array(z, np.float64), np.array(y, np.float64)
    outputs, error, delta, derivative = (np.ones_like(logits) for _ in range(4))
    total = np.array(0.0)
    output_calls, cost_calls = entry.calls(logits, outputs, targets, error, total)
    with np.errstate(over="ignore", under="ignore"):
        run(output_calls)
        if entry.needs_derivative:
            derivative = slope(output, outputs)
        np.subtract(outputs, targets, error)
        run(cost_calls)
        run(entry.delta_calls(error, outputs, derivative, delta))
    return total.item() / entry.terms(error), delta


def exact_cost(cost: str, output: str, z: list[list[Decimal]], y: list[list[Decimal]]) -> Decimal:
    """J as design documents define it, of logits and targets (K, N)."""
    samples = list(zip(zip(*z, strict=True), zip(*y, strict=True), strict=True))
    total = Decimal(0)
    for logits, targets in samples:
        if output == "softmax":
            scale = sum(value.exp() for value in logits)
            outputs = [value.exp() / scale for value in logits]
        else:
            outputs = [EXACT[output][0](value) for value in logits]
        for logit, y_hat, target in zip(logits, outputs, targets, strict=True):
            if cost == "mse":
                total += (y_hat - target) ** 2 / len(logits)
            elif output == "softmax":
                total -= target * y_hat.ln() if target else 0
            else:
                total -= target * y_hat.ln() if target else 0
                # 1 − σ(z) = σ(−z)
                total -= (1 - target) * exact_sigmoid(-logit).ln() if target != 1 else 0
    return total / len(samples)


@pytest.mark.parametrize(("cost", "output"), PAIRS)
def test_the_cost_and_its_delta_match_the_definition_in_decimals(cost: str, output: str) -> None:
    z = [[0.3, -2.0, 1.7], [-1.1, 0.4, 6.0]]
    y = [[0.0, 1.0, 0.25], [1.0, 0.0, 0.75]]
    value, delta = evaluate_cost(cost, output, z, y)
    logits = [[Decimal(entry) for entry in row] for row in z]
    targets = [[Decimal(entry) for entry in row] for row in y]
    assert value == pytest.approx(float(exact_cost(cost, output, logits, targets)), rel=1e-14)
    h = Decimal("1e-20")
    for unit in range(2):
        for sample in range(3):
            ends = []
            for sign in (1, -1):
                moved = [row[:] for row in logits]
                moved[unit][sample] += sign * h
                ends.append(exact_cost(cost, output, moved, targets))
            exact = float((ends[0] - ends[1]) / (2 * h))
            assert delta[unit, sample] == pytest.approx(exact, rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("z", LOGITS)
def test_sigmoid_cross_entropy_is_exact_for_any_logit(z: float, target: float) -> None:
    value, delta = evaluate_cost("cross-entropy", "sigmoid", [[z]], [[target]])
    away = Decimal(z) if target == 0 else -Decimal(z)
    assert value == pytest.approx(float(exact_softplus(away)), rel=1e-15, abs=1e-300)
    assert delta[0, 0] == pytest.approx(float(exact_sigmoid(Decimal(z))) - target, abs=2e-16)


@pytest.mark.parametrize("z", LOGITS)
def test_softmax_cross_entropy_is_exact_for_any_logit(z: float) -> None:
    value, _ = evaluate_cost("cross-entropy", "softmax", [[z], [0.0]], [[1.0], [0.0]])
    assert value == pytest.approx(float(exact_softplus(-Decimal(z))), rel=1e-15, abs=2e-16)


def test_cross_entropy_of_a_hopeless_logit_is_the_logit() -> None:
    assert evaluate_cost("cross-entropy", "sigmoid", [[1000.0]], [[0.0]])[0] == 1000.0
    assert evaluate_cost("cross-entropy", "sigmoid", [[-1000.0]], [[1.0]])[0] == 1000.0
    assert evaluate_cost("cross-entropy", "sigmoid", [[1000.0]], [[1.0]])[0] == 0.0
    logits = [[1000.0], [-1000.0]]
    assert evaluate_cost("cross-entropy", "softmax", logits, [[0.0], [1.0]])[0] == 2000.0
    assert evaluate_cost("cross-entropy", "softmax", logits, [[1.0], [0.0]])[0] == 0.0


@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_with_logits_of_1000_stays_finite_and_quiet(
    dtype: str, activation: str, cost: str, output: str
) -> None:
    net = Network([2, 2, 2], activation=activation, output=output, cost=cost, dtype=dtype)
    net.thetas[0][:] = [[0, 1000, 0], [0, 0, -1000]]
    net.thetas[1][:] = [[0, 1000, 0], [0, 0, 1000]]
    X = [[1, 1], [-1, 1], [1, -1], [-1, -1], [0, 0]]
    y = [[1, 0], [0, 1], [1, 0], [0, 1], [1, 0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradients = net.backprop(X, y)
        assert np.isfinite(net.predict(X)).all()
        assert np.isfinite(net.cost(X, y))
    assert np.isfinite(value)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_a_cost_is_the_same_however_often_it_is_asked_for() -> None:
    net = Network([2, 3, 3], output="softmax", cost="cross-entropy")
    X, y = np.array([[0.3, -2.0], [1.0, 0.5]]), np.array([[0.0, 1.0, 0.0], [0.25, 0.75, 0.0]])
    work = net.backpropagation(len(X))
    work.load(*net.samples(X, y))
    work.forward()
    first = work.cost()
    assert work.cost() == work.cost() == first
    assert first == pytest.approx(-float((y * np.log(net.predict(X))).sum()) / 2, rel=1e-14)


def test_targets_outside_the_range_of_cross_entropy_are_refused() -> None:
    with pytest.raises(InputError, match=r"between 0 and 1.*from -1 to 3.*choose mse"):
        check_targets("cross-entropy", "sigmoid", np.array([[-1.0], [3.0]]))
    with pytest.raises(InputError, match="sum to 1"):
        check_targets("cross-entropy", "softmax", np.array([[1.0, 1.0]]))
    check_targets("mse", "linear", np.array([[-1.0, 3.0]]))
    check_targets("cross-entropy", "softmax", np.array([[0.25, 0.75]]))


def test_a_cost_that_does_not_go_with_the_output_is_refused() -> None:
    with pytest.raises(InputError, match="needs an output of sigmoid or softmax, not 'linear'"):
        find_cost("cross-entropy", "linear")
    with pytest.raises(InputError, match="did you mean 'mse'"):
        find_cost("msee", "linear")
