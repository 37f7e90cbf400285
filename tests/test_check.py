"""The gradient check: how exact each method is, and what it finds."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.backpropagation import Backpropagation, with_ones
from bptui.core.check import (
    METHOD_NAMES,
    METHODS,
    VERDICTS,
    GradientError,
    Report,
    check_backpropagation,
    entry_name,
)
from bptui.core.check.reporting import make_array_report
from bptui.core.costs import COSTS
from bptui.core.errors import InputError
from bptui.core.network import Network

Array = np.ndarray[Any, Any]

PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]
XOR_X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
XOR_Y = np.array([[0.0], [1], [1], [0]])
every_method = pytest.mark.parametrize("method", METHODS)
every_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


def targets_for(net: Network, rng: np.random.Generator, count: int) -> Array:
    outputs = net.layers[-1]
    if net.output == "softmax":
        return np.eye(outputs)[rng.integers(0, outputs, count)]
    if net.cost_name == "cross-entropy":
        return rng.integers(0, 2, (count, outputs)).astype(float)
    return rng.uniform(-1, 1, (count, outputs))


def smooth_problem() -> tuple[Network, Array, Array]:
    rng = np.random.default_rng(8)
    net = Network([3, 5, 4, 2], activation="tanh", l2=0.1, seed=8)
    return net, rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))


def flat(report: Report, of: str) -> Array:
    return np.concatenate([getattr(array, of).ravel() for array in report.arrays])


def norm_error(report: Report, exact: Array) -> float:
    return float(np.linalg.norm(flat(report, "numerical") - exact) / np.linalg.norm(exact))


@pytest.mark.parametrize(
    ("method", "order", "steps"),
    [
        ("forward", 1, np.logspace(-5, -2, 7)),
        ("central", 2, np.logspace(-3.5, -1.5, 7)),
        ("richardson", 4, np.logspace(-2, -1.2, 7)),
    ],
)
def test_the_error_falls_as_the_step_to_the_order_of_the_method(
    method: str, order: int, steps: Array
) -> None:
    net, X, y = smooth_problem()
    _, gradients = net.backprop(X, y)
    exact = np.concatenate([gradient.ravel() for gradient in gradients])
    errors = [norm_error(net.check(X, y, method, float(step)), exact) for step in steps]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.1)
    assert METHODS[method].order == order


def test_each_method_at_its_own_step_has_the_accuracy_that_theory_promises() -> None:
    net, X, y = smooth_problem()
    _, gradients = net.backprop(X, y)
    exact = np.concatenate([gradient.ravel() for gradient in gradients])
    errors = {method: norm_error(net.check(X, y, method), exact) for method in METHODS}
    assert errors["complex"] < 1e-13
    assert errors["richardson"] < 1e-11
    assert errors["central"] < 1e-9
    assert errors["forward"] < 1e-5


@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_the_complex_step_agrees_to_the_last_digits(
    activation: str, cost: str, output: str
) -> None:
    rng = np.random.default_rng(3)
    net = Network([4, 5, 3, 2], activation=activation, output=output, cost=cost, l2=0.3, seed=2)
    X = rng.normal(size=(7, 4))
    report = net.check(X, targets_for(net, rng, 7))
    assert report.verdict == "pass"
    assert report.method == "complex"
    assert report.epsilon is None
    assert norm_error(report, flat(report, "backprop")) < 1e-13


@every_dtype
@every_method
@pytest.mark.parametrize(("cost", "output"), PAIRS)
def test_theta_and_the_samples_stay_bit_identical(
    cost: str, output: str, method: str, dtype: str
) -> None:
    rng = np.random.default_rng(1)
    net = Network([2, 3, 2], output=output, cost=cost, l2=0.2, dtype=dtype)
    X = rng.normal(size=(5, 2))
    y = targets_for(net, rng, 5)
    theta, inputs, targets = net.theta.tobytes(), X.tobytes(), y.tobytes()
    report = net.check(X, y, method)
    assert (net.theta.tobytes(), X.tobytes(), y.tobytes()) == (theta, inputs, targets)
    assert report.cost == net.cost(X, y)
    assert report.verdict != "fail"


def test_theta_is_put_back_when_the_cost_breaks_off() -> None:
    class Breaking(Backpropagation):
        calls = 0

        def cost(self) -> float:
            self.calls += 1
            if self.calls > 7:
                raise KeyboardInterrupt
            return super().cost()

    work = loaded(Breaking, Network([2, 3, 1]), XOR_X, XOR_Y)
    before = work.theta.tobytes()
    with pytest.raises(KeyboardInterrupt):
        check_backpropagation(work, method="central")
    assert work.theta.tobytes() == before


@every_method
def test_single_precision_is_judged_by_its_own_rounding(method: str) -> None:
    net = Network([2, 4, 3, 1], dtype="float32", seed=6)
    report = net.check(XOR_X, XOR_Y, method, None if method == "complex" else 1e-2)
    # Differences lose half of the few digits that there are; a complex step loses none.
    assert report.verdict in ("pass",) if method == "complex" else ("pass", "unresolved")
    assert 1e-9 < np.median(flat(report, "relative_error")) < 0.1


def test_a_difference_too_fine_for_the_arithmetic_is_unresolved_not_passed() -> None:
    net = Network([2, 4, 3, 1], seed=6)
    assert net.check(XOR_X, XOR_Y, "central", 1e-13).verdict == "unresolved"
    single = Network([2, 4, 3, 1], seed=6, dtype="float32")
    assert single.check(XOR_X, XOR_Y, "central", 1e-6).verdict == "unresolved"


@every_method
@pytest.mark.parametrize("activation", ["relu", "leaky-relu"])
def test_a_unit_exactly_at_its_kink_is_called_that(activation: str, method: str) -> None:
    net = Network([2, 3, 1], activation=activation, seed=1)
    net.thetas[0][0] = 0.0  # z of the first unit is 0 in every sample
    report = net.check(XOR_X, XOR_Y, method)
    assert report.verdict == "at-kink"
    assert not report.passed
    assert report.worst.parameter == "Θ¹"
    assert report.worst.index[0] == 0


def test_only_entries_that_move_a_unit_off_its_kink_are_called_that() -> None:
    net = Network([2, 3, 1], activation="relu", init="he", seed=1)  # every bias is 0
    report = net.check(XOR_X, XOR_Y)
    kinks = report.arrays[0].verdicts == VERDICTS.index("at-kink")
    assert kinks[:, 0].all() and not kinks[:, 1:].any()
    assert report.arrays[1].verdict == "pass"


def test_a_unit_that_leads_nowhere_has_no_kink() -> None:
    net = Network([2, 3, 1], activation="relu", init="constant", init_scale=0.0)
    assert net.check(XOR_X, XOR_Y).verdict == "pass"


def test_a_relu_away_from_its_kinks_passes_by_differences() -> None:
    net = Network([2, 3, 1], activation="relu", seed=1)
    net.thetas[0][:, 0] += 5.0
    for method in METHODS:
        assert net.check(XOR_X, XOR_Y, method).verdict == "pass"


def loaded(kind: type[Backpropagation], net: Network, X: Array, y: Array, **options: Any) -> Any:
    work = kind(
        net.theta,
        net.layers,
        activation=net.activation,
        output=net.output,
        cost=net.cost_name,
        samples=len(X),
        l2=net.l2,
        **options,
    )
    work.load(with_ones(X, net.dtype), np.ascontiguousarray(y.T.astype(net.dtype)))
    return work


LAYERS = (3, 4, 3, 2)
ENTRIES = [
    (layer, (row, column))
    for layer, (below, above) in enumerate(itertools.pairwise(LAYERS))
    for row, column in itertools.product(range(above), range(below + 1))
]


@every_dtype
@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.0, 1.001])
def test_one_wrong_entry_fails_and_is_the_worst_wherever_it_is(factor: float, dtype: str) -> None:
    rng = np.random.default_rng(0)
    net = Network(LAYERS, l2=0.1, seed=5, dtype=dtype)
    X, y = rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))
    for layer, index in ENTRIES:

        class Faulty(Backpropagation):
            def layer_gradient(self, at: int, layer: int = layer, index: Any = index) -> None:
                super().layer_gradient(at)
                if at == layer:
                    self.gradients[at][index] *= factor

        report = check_backpropagation(loaded(Faulty, net, X, y))
        assert report.verdict == "fail", (layer, index)
        assert report.worst.parameter == report.arrays[layer].name
        assert report.worst.index == index
        assert [array.verdict for array in report.arrays] == [
            "fail" if place == layer else "pass" for place in range(3)
        ]
        assert report.arrays[layer].worst_index == index
        assert int((report.arrays[layer].verdicts > 0).sum()) == 1


class NoDerivative(Backpropagation):
    def hidden_delta(self, layer: int) -> None:
        self._slopes[layer - 1][:] = 1.0
        super().hidden_delta(layer)


class WrongSign(Backpropagation):
    def layer_gradient(self, layer: int) -> None:
        super().layer_gradient(layer)
        if layer == 2:
            self.gradients[layer] *= -1.0


class ForgottenBias(Backpropagation):
    def layer_gradient(self, layer: int) -> None:
        super().layer_gradient(layer)
        self.gradients[layer][:, 0] = 0.0


class PenalizedBias(Backpropagation):
    def add_penalty(self) -> None:
        self.gradient += self.penalty * self.theta


class NoPenalty(Backpropagation):
    def add_penalty(self) -> None:
        pass


class NoAverage(Backpropagation):
    def output_delta(self) -> None:
        super().output_delta()
        self.deltas[-1] *= self.samples


class HalfTheSquare(Backpropagation):
    def output_delta(self) -> None:
        super().output_delta()
        self.deltas[-1] *= 0.5


@every_method
@pytest.mark.parametrize(
    ("fault", "wrong_layers"),
    [
        (NoDerivative, [0, 1]),
        (WrongSign, [2]),
        (ForgottenBias, [0, 1, 2]),
        (PenalizedBias, [0, 1, 2]),
        (NoPenalty, [0, 1, 2]),
        (NoAverage, [0, 1, 2]),
        (HalfTheSquare, [0, 1, 2]),
    ],
)
def test_a_planted_mistake_fails_in_the_layers_that_it_spoils(
    fault: type[Backpropagation], wrong_layers: list[int], method: str
) -> None:
    rng = np.random.default_rng(4)
    net = Network(LAYERS, l2=0.5, seed=3)
    X, y = rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))
    report = check_backpropagation(loaded(fault, net, X, y), method=method)
    assert report.verdict == "fail"
    wrong = [place for place, array in enumerate(report.arrays) if array.verdict == "fail"]
    assert wrong == wrong_layers
    assert check_backpropagation(loaded(Backpropagation, net, X, y), method=method).passed


def test_a_sign_error_in_the_last_layer_does_not_hide_behind_the_first() -> None:
    net = Network(LAYERS, seed=3)
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))
    report = check_backpropagation(loaded(WrongSign, net, X, y))
    assert [array.verdict for array in report.arrays] == ["pass", "pass", "fail"]
    worst = report.worst
    assert worst.parameter == "Θ³"
    assert worst.backprop == pytest.approx(-worst.numerical)
    assert worst.relative_error == pytest.approx(2.0)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_a_finite_number_fails(wrong: float) -> None:
    class Spoiled(Backpropagation):
        def layer_gradient(self, layer: int) -> None:
            super().layer_gradient(layer)
            if layer == 1:
                self.gradients[layer][0, 1] = wrong

    work = loaded(Spoiled, Network(LAYERS), np.ones((2, 3)), np.ones((2, 2)))
    report = check_backpropagation(work)
    assert report.verdict == "fail"
    assert (report.worst.parameter, report.worst.index) == ("Θ²", (0, 1))
    assert report.worst.relative_error == np.inf
    form = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert form["worst"]["backprop"] is None
    assert form["worst"]["relative_error"] is None
    assert "x Θ²[0,1]" in str(report)


def test_a_network_beyond_all_numbers_fails_without_a_warning() -> None:
    net = Network([2, 3, 1], activation="linear", output="linear", init_scale=1e30)
    for _ in range(7):
        net.theta *= 1e30
    net.theta *= 1e30
    report = net.check(XOR_X, XOR_Y)
    assert report.verdict == "fail"
    assert report.to_dict()["cost"] is None
    assert str(report).startswith("FAIL")


def random_problem(seed: int, dtype: str = "float64") -> tuple[Network, Array, Array]:
    rng = np.random.default_rng([seed, 5])
    cost, output = PAIRS[int(rng.integers(len(PAIRS)))]
    layers = [int(size) for size in rng.integers(1, 7, int(rng.integers(2, 6)))]
    layers[-1] += output == "softmax"
    net = Network(
        layers,
        activation=HIDDEN_ACTIVATIONS[int(rng.integers(len(HIDDEN_ACTIVATIONS)))],
        output=output,
        cost=cost,
        l2=float(rng.choice([0.0, 0.3])),
        init_scale=float(rng.choice([0.01, 0.5, 1.0, 3.0, 10.0])),
        seed=seed,
        dtype=dtype,
    )
    count = int(rng.integers(1, 9))
    X = rng.normal(size=(count, layers[0])) * float(rng.choice([0.1, 1.0, 10.0]))
    return net, X, targets_for(net, rng, count)


@every_dtype
def test_correct_networks_of_any_kind_never_fail(dtype: str) -> None:
    for seed in range(600):
        net, X, y = random_problem(seed, dtype)
        report = net.check(X, y)
        assert report.verdict != "fail", (seed, net.layers, net.activation, net.output)
        assert report.tie is None or report.tie.holds, (seed, net.layers, net.activation)


@pytest.mark.parametrize("method", ["central", "richardson", "forward"])
def test_correct_networks_never_fail_by_differences(method: str) -> None:
    for seed in range(100):
        net, X, y = random_problem(seed)
        assert net.check(X, y, method).verdict != "fail", (seed, net.layers, net.activation)


def test_networks_of_ordinary_weights_pass() -> None:
    for seed in range(100):
        net, X, y = random_problem(seed)
        net.theta[:] = np.random.default_rng(seed).normal(size=net.theta.size)
        assert net.check(X / 10.0, y).verdict == "pass", seed


def test_soft_labels_kept_in_single_precision_are_no_mistake() -> None:
    labels = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], np.float32)
    rounded = np.array([[0.33333, 0.33333, 0.33333], [0.1, 0.2, 0.7]])
    for cost in COSTS:
        net = Network([2, 4, 3], output="softmax", cost=cost)
        for y in (labels, rounded):
            assert net.check(XOR_X[:2], y).verdict == "pass"


def failed_report() -> Report:
    net = Network(LAYERS, seed=3)
    rng = np.random.default_rng(4)
    work = loaded(WrongSign, net, rng.normal(size=(6, 3)), rng.uniform(size=(6, 2)))
    return check_backpropagation(work)


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("make", [failed_report, None])
def test_the_json_form_has_exactly_the_documented_keys(
    make: Callable[[], Report] | None, method: str
) -> None:
    report = make() if make else Network([2, 2, 1]).check(XOR_X, XOR_Y, method)
    form = report.to_dict()
    assert list(form) == [
        "verdict",
        "method",
        "epsilon",
        "cost",
        "parameters",
        "worst",
        "arrays",
        "diagnosis",
        "entries",
        "tie",
    ]
    assert list(form["tie"]) == ["cost", "gradient", "bound", "holds"]
    assert list(form["worst"]) == ["parameter", "index", "backprop", "numerical", "relative_error"]
    for array in form["arrays"]:
        assert list(array) == ["name", "shape", "verdict", "worst_index", "max_relative_error"]
    for diagnosis in form["diagnosis"]:
        assert list(diagnosis) == ["code", "where", "ratio", "fault", "message"]
    assert json.loads(json.dumps(form, allow_nan=False)) == form


def test_the_json_form_says_what_was_found() -> None:
    net = Network([2, 3, 1], seed=7)
    form = net.check(XOR_X, XOR_Y, "richardson").to_dict()
    assert form["verdict"] == "pass"
    assert form["method"] == "richardson"
    assert form["epsilon"] == 1e-3
    assert form["cost"] == net.cost(XOR_X, XOR_Y)
    assert form["parameters"] == net.theta.size == 13
    assert [array["name"] for array in form["arrays"]] == ["Θ¹", "Θ²"]
    assert [array["shape"] for array in form["arrays"]] == [[3, 3], [1, 4]]
    assert {array["verdict"] for array in form["arrays"]} == {"pass"}


def test_the_table_shows_every_entry_of_a_small_network() -> None:
    net = Network([2, 3, 1], seed=7)
    lines = str(net.check(XOR_X, XOR_Y)).splitlines()
    assert lines[0] == "PASS  13 of 13 agree · complex step"
    assert lines[2].split() == ["entry", "backprop", "numerical", "relative", "error"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[3:] if "[" in line}
    names = [entry_name("Θ¹", index) for index in itertools.product(range(3), range(3))]
    names += [entry_name("Θ²", (0, column)) for column in range(4)]
    assert sorted(rows) == sorted(names)
    _, gradients = net.backprop(XOR_X, XOR_Y)
    assert float(rows["Θ¹[2,1]"][0]) == pytest.approx(gradients[0][2, 1], rel=1e-15)
    assert float(rows["Θ²[0,3]"][1]) == pytest.approx(gradients[1][0, 3], rel=1e-12)


def test_the_table_puts_what_is_wrong_first_and_marks_it() -> None:
    lines = str(failed_report()).splitlines()
    assert lines[0].startswith("FAIL  31 of 39 agree · ")
    entries = [line for line in lines if "Θ" in line and "[" in line and "e" in line][:20]
    assert [line.startswith("x Θ³[") for line in entries[:8]] == [True] * 8
    assert not any(line.startswith("x") for line in entries[8:])
    assert any("19 more" in line for line in lines)


def test_the_headline_names_the_step_of_a_difference() -> None:
    report = Network([2, 3, 1]).check(XOR_X, XOR_Y, "central", 1e-4)
    assert str(report).splitlines()[0].endswith("central difference, ε = 0.0001")


def test_raise_if_failed_raises_the_table_unless_all_agree() -> None:
    Network([2, 3, 1]).check(XOR_X, XOR_Y).raise_if_failed()
    report = failed_report()
    with pytest.raises(GradientError) as caught:
        report.raise_if_failed()
    assert str(caught.value) == str(report)
    assert isinstance(caught.value, AssertionError)
    unresolved = Network([2, 3, 1]).check(XOR_X, XOR_Y, "central", 1e-13)
    assert unresolved.verdict == "unresolved"
    with pytest.raises(GradientError):
        unresolved.raise_if_failed()


def test_auto_is_the_complex_step_unless_a_step_is_given() -> None:
    net = Network([2, 3, 1])
    assert net.check(XOR_X, XOR_Y).method == "complex"
    report = net.check(XOR_X, XOR_Y, epsilon=1e-4)
    assert (report.method, report.epsilon) == ("central", 1e-4)


@pytest.mark.parametrize(
    ("method", "epsilon", "part"),
    [
        ("centrl", None, "did you mean 'central'"),
        ("", None, f"choose one of {', '.join(METHOD_NAMES)}"),
        ("complex", 1e-5, "leave it out"),
        ("central", 0.0, "epsilon: 0.0 is not a number between 0 and 1"),
        ("central", -1e-5, "epsilon: -1e-05"),
        ("forward", 1.0, "epsilon: 1.0"),
        ("richardson", float("nan"), "epsilon: nan"),
        ("auto", float("inf"), "epsilon: inf"),
    ],
)
def test_an_impossible_method_or_step_is_refused(
    method: str, epsilon: float | None, part: str
) -> None:
    with pytest.raises(InputError) as caught:
        Network([2, 3, 1]).check(XOR_X, XOR_Y, method, epsilon)
    assert part in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("bound", [1e-4, 1e-2])
def test_a_wrong_sign_within_a_loose_bound_is_not_passed(bound: float) -> None:
    numerical = np.array([2.0, 2e-5])
    report = make_array_report("w", numerical * [1.0, -1.0], numerical, np.full(2, bound))
    assert report.verdict == "unresolved"


def test_what_is_zero_but_for_rounding_passes() -> None:
    numerical = np.array([2.0, 3e-17])
    report = make_array_report("w", numerical * [1.0, -1.0], numerical, np.full(2, 1e-15))
    assert report.verdict == "pass"


def test_large_logits_leave_a_saturated_softmax_known() -> None:
    """An output near 0 or 1 hardly moves with z, however much z itself is rounded."""
    rng = np.random.default_rng(0)
    network = Network([3, 4, 3], activation="relu", output="softmax", init="xavier", seed=1)
    network.theta[:16:4] = -1e-3
    network.thetas[-1][:] *= 1e3
    network.thetas[-1][:, 0] = [0.3, 0.0, -0.2]
    X = rng.normal(size=(6, 3))
    X[0] = 0.0
    report = network.check(X, np.eye(3)[rng.integers(0, 3, 6)])
    assert report.verdict == "pass"
    assert max(array.error_bound.max() for array in report.arrays) < 1e-10
