"""The gradient check of anybody's NumPy code."""

from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model

from bptui.core import InputError, check_gradients
from bptui.core.check import GradientError, UserCodeError


class Subclass(np.ndarray[Any, Any]):
    """Somebody's own kind of array."""


Pair = namedtuple("Pair", "W b")
rng = np.random.default_rng(0)
w = rng.standard_normal(5)


def codes(report: Any) -> list[str]:
    return [found.code for found in report.diagnosis]


def square(p: Any) -> Any:
    """Sum the squares of everything in a structure."""
    if isinstance(p, dict):
        return sum(square(child) for child in p.values())
    if isinstance(p, list | tuple):
        return sum(square(child) for child in p)
    return (np.asarray(p) ** 2).sum()


def doubled(p: Any) -> Any:
    if isinstance(p, dict):
        return {key: doubled(child) for key, child in p.items()}
    if isinstance(p, list | tuple):
        return [doubled(child) for child in p]
    return 2 * np.asarray(p)


@pytest.mark.parametrize("seed", range(60))
def test_correct_models_never_fail(seed: int) -> None:
    model = random_model(seed)
    report = check_gradients(model.cost, model.gradients, model.parameters)
    assert report.verdict != "fail", (model.about, str(report))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("method", ["richardson", "central", "forward"])
def test_differences_do_not_accuse_correct_models(seed: int, method: str) -> None:
    model = random_model(seed)
    report = check_gradients(model.cost, model.gradients, model.parameters, method=method)
    assert report.verdict != "fail", (model.about, str(report))


@pytest.mark.parametrize(
    ("cost", "gradients", "method"),
    [
        (lambda w: (w**2).sum(), lambda w: 2 * w, "complex"),
        (lambda w: np.abs(w).sum(), np.sign, "richardson"),
        (lambda w: np.linalg.norm(w) ** 2, lambda w: 2 * w, "richardson"),
        (lambda w: np.vdot(w, w), lambda w: 2 * w, "richardson"),
        (lambda w: (w * np.conj(w)).real.sum(), lambda w: 2 * w, "richardson"),
        (lambda w: (w.astype(float) ** 2).sum(), lambda w: 2 * w, "richardson"),
        (lambda w: (np.sign(w) * w).sum(), np.sign, "richardson"),
        (lambda w: np.logaddexp(0, w).sum(), lambda w: 1 / (1 + np.exp(-w)), "richardson"),
        (lambda w: np.heaviside(w, 0) @ w, lambda w: np.heaviside(w, 0), "richardson"),
        (
            lambda w: (w**2).sum() + 1e-7 * np.abs(w).sum(),
            lambda w: 2 * w + 1e-7 * np.sign(w),
            "richardson",
        ),
        (lambda w: np.maximum(w, 0).sum(), lambda w: (w > 0) * 1.0, "complex"),
    ],
)
def test_the_complex_step_is_used_only_where_it_is_right(
    cost: Callable[[Any], Any], gradients: Callable[[Any], Any], method: str
) -> None:
    report = check_gradients(cost, gradients, w)
    assert (report.method, report.verdict) == (method, "pass")
    wrong = check_gradients(cost, lambda w: 1.001 * gradients(w), w)
    assert wrong.verdict == "fail"


def test_a_part_that_is_not_analytic_is_found_in_one_array_of_many() -> None:
    parameters = {"W": 1e3 * w, "V": w}
    report = check_gradients(
        lambda p: (p["W"] ** 2).sum() + np.abs(p["V"]).sum(),
        lambda p: {"W": 2 * p["W"], "V": np.sign(p["V"])},
        parameters,
    )
    assert (report.method, report.verdict) == ("richardson", "pass")


@pytest.mark.parametrize("slope", [-1.0, -0.3, 0.0, 1.0])
def test_a_slope_between_those_of_a_kink_is_undecided(slope: float) -> None:
    def gradients(w: Any) -> Any:
        return np.where(w == 0.0, slope, np.sign(w))

    assert check_gradients(lambda w: np.abs(w).sum(), gradients, np.zeros(3)).verdict == "at-kink"


@pytest.mark.parametrize("slope", [-1.1, -0.3, 2.0])
def test_a_slope_that_is_wrong_beside_a_kink_is_wrong(slope: float) -> None:
    report = check_gradients(lambda w: np.abs(w).sum(), lambda w: slope + 0 * w, np.zeros(3))
    assert report.verdict == "fail"


def test_a_relu_at_zero_is_at_a_kink_and_one_beside_it_is_not() -> None:
    point = np.array([0.0, 1e-5, 1.0, -1.0])
    report = check_gradients(lambda w: np.maximum(w, 0).sum(), lambda w: (w > 0) * 1.0, point)
    assert report.arrays[0].verdicts.tolist() == [2, 0, 0, 0]


def test_float32_is_judged_by_its_own_roundoff() -> None:
    W, X = w.astype(np.float32), rng.standard_normal((9, 5)).astype(np.float32)
    report = check_gradients(
        lambda w: (np.tanh(X @ w) ** 2).mean(),
        lambda w: X.T @ (2 * np.tanh(X @ w) * (1 - np.tanh(X @ w) ** 2)) / np.float32(9),
        W,
    )
    assert report.verdict == "pass"
    assert float(report.arrays[0].relative_error.max()) > 1e-9


def test_a_cost_that_is_not_repeatable_is_named() -> None:
    noise = np.random.default_rng(0)
    report = check_gradients(lambda w: (w**2).sum() + noise.normal(0, 0.1), lambda w: 2 * w, w)
    assert report.verdict == "unresolved"
    assert codes(report) == ["noise"]
    assert "not repeatable" in str(report)


def test_a_gradient_that_is_not_repeatable_is_named() -> None:
    noise = np.random.default_rng(0)
    report = check_gradients(lambda w: (w**2).sum(), lambda w: 2 * w + noise.normal(0, 1, 5), w)
    assert codes(report) == ["noise"]


def test_functions_that_change_their_parameters_are_named_and_change_nothing() -> None:
    def gradients(w: Any) -> Any:
        gradient = 2 * w
        w -= 0.1 * gradient
        return gradient

    def cost(w: Any) -> Any:
        w *= 1.0 + 1e-3
        return (w**2).sum()

    mine = w.copy()
    assert codes(check_gradients(lambda w: (w**2).sum(), gradients, mine)) == ["mutation"]
    assert "mutation" in codes(check_gradients(cost, lambda w: 2 * 1.001**2 * w, mine))
    assert mine.tobytes() == w.tobytes()


def test_an_update_before_the_gradient_is_a_stale_point() -> None:
    def gradients(w: Any) -> Any:
        w -= 0.1 * 4 * w**3
        return 4 * w**3

    report = check_gradients(lambda w: (w**4).sum(), gradients, w)
    assert codes(report) == ["mutation", "stale-point"]


def test_arrays_that_share_memory_are_parameters_of_their_own() -> None:
    shared = w.copy()
    parameters = {"A": shared, "B": shared[:2], "C": shared}
    report = check_gradients(square, doubled, parameters)
    assert report.passed and report.parameters == 12
    assert shared.tobytes() == w.tobytes()


def test_what_functions_keep_is_not_what_is_checked() -> None:
    kept: list[Any] = []

    def gradients(w: Any) -> Any:
        kept.append(w)
        for old in kept[:-1]:
            old[:] = np.nan
        kept.append(2 * w)
        return kept[-1]

    assert check_gradients(lambda w: (w**2).sum(), gradients, w).passed


@pytest.mark.parametrize(
    "parameters",
    [
        w,
        1.5,
        3,
        np.float32(2.0),
        np.arange(4),
        np.asfortranarray(rng.standard_normal((3, 4))),
        rng.standard_normal((6, 4))[::2, ::-1],
        [w, [w, (w, 2.0)]],
        {"a": {"b": w}, 3: np.empty((0, 2))},
        OrderedDict(W=w),
        Pair(w, 0.5),
        rng.standard_normal((2, 2)).view(Subclass),
        np.array(2.0),
        np.array([True, False]),
    ],
)
def test_parameters_of_any_shape(parameters: Any) -> None:
    def cost(p: Any) -> Any:
        assert type(p) is type(parameters) or np.isscalar(parameters)
        return square(p)

    report = check_gradients(cost, doubled, parameters)
    assert report.verdict == "pass"


def test_course_keys() -> None:
    report = check_gradients(
        square, lambda p: {"dW1": 2 * p["W1"], "b1": 2 * p["b1"], "dA": 0}, {"W1": w, "b1": w[:1]}
    )
    assert report.passed
    assert [array.name for array in report.arrays] == ["W1", "b1"]


@pytest.mark.parametrize(
    ("cost", "gradients", "parameters", "said"),
    [
        (square, doubled, None, "parameters: arrays of real numbers"),
        (square, doubled, "W", "parameters: arrays of real numbers"),
        (square, doubled, {}, "no number"),
        (square, doubled, [np.array([1j])], r"parameters of \[0\]"),
        (square, doubled, {"W": [1.0, np.nan]}, r"parameters of W\[1\]: a value .* not finite"),
        (lambda p: w, doubled, w, r"cost: a single number .* shape \(5,\)"),
        (lambda p: None, doubled, w, "cost: a single number .* NoneType"),
        (lambda p: "1", doubled, w, "cost: a single number .* str"),
        (lambda p: 1j, doubled, w, "cost: a real number"),
        (lambda p: np.nan, doubled, w, "cost: it is nan"),
        (square, lambda p: None, w, "gradients: arrays of real numbers"),
        (square, lambda p: p[:2], w, r"gradients: the shape for parameters is \(2,\)"),
        (square, lambda p: object(), w, "gradients: arrays"),
        (square, lambda p: p, {"W": w, "b": w}, None),
        (square, lambda p: {"W": w}, {"W": w, "b": w}, "none for b"),
        (square, lambda p: [w], [w, w], "1 came back for 2"),
        (square, lambda p: w, {"W": w}, "a dict is needed"),
        ("cost", doubled, w, "cost: a function"),
        (square, None, w, "gradients: a function"),
    ],
)
def test_what_cannot_be_used_is_said(cost: Any, gradients: Any, parameters: Any, said: str) -> None:
    if said is None:
        assert check_gradients(cost, gradients, parameters).verdict == "fail"
        return
    with pytest.raises(InputError, match=said):
        check_gradients(cost, gradients, parameters)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "magic"},
        {"epsilon": 2.0},
        {"method": "complex", "epsilon": 1e-3},
        {"most_entries": 0},
        {"most_entries": "many"},
        {"seed": -1},
        {"seed": 1.5},
    ],
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        check_gradients(square, doubled, w, **options)


def test_the_complex_step_is_refused_where_it_is_wrong() -> None:
    with pytest.raises(InputError, match="choose auto"):
        check_gradients(lambda w: np.abs(w).sum(), np.sign, w, method="complex")


def test_an_exception_of_theirs_comes_with_its_line() -> None:
    def cost(w: Any) -> Any:
        return 1 / 0

    line = cost.__code__.co_firstlineno + 1
    place = f"cost raised ZeroDivisionError at test_check_gradients.py, line {line}: division"
    with pytest.raises(UserCodeError, match=place):
        check_gradients(cost, doubled, w)


def test_sys_exit_in_their_code_is_an_error() -> None:
    def gradients(w: Any) -> Any:
        raise SystemExit(3)

    with pytest.raises(UserCodeError, match="gradients left the program"):
        check_gradients(square, gradients, w)


def test_code_that_raises_away_from_its_parameters_can_be_checked() -> None:
    def cost(w: Any) -> Any:
        if np.abs(w).max() > 1.05:
            raise ValueError("too far")
        return np.abs(w).sum() + (w**2).sum()

    point = np.array([0.9, -0.4])
    assert check_gradients(cost, lambda w: np.sign(w) + 2 * w, point).passed


def test_large_models_are_sampled_from_every_array() -> None:
    parameters = {"W": rng.standard_normal((40, 50)), "b": rng.standard_normal(3)}
    report = check_gradients(square, doubled, parameters, most_entries=100, seed=3)
    assert report.passed and report.parameters == 2003
    assert [array.backprop.size for array in report.arrays] == [99, 1]
    assert "drawn from 2,003" in str(report)
    again = check_gradients(square, doubled, parameters, most_entries=100, seed=3)
    assert np.array_equal(report.arrays[0].drawn, again.arrays[0].drawn)  # type: ignore[arg-type]


def test_the_worst_entry_is_a_wrong_one() -> None:
    point = np.array([0.0, 1.0])
    report = check_gradients(lambda w: np.abs(w).sum(), lambda w: np.array([0.0, 1.001]), point)
    assert report.verdict == "fail" and report.worst.index == (1,)
    with pytest.raises(GradientError, match="parameters\\[1\\]"):
        report.raise_if_failed()


def test_the_table_says_what_its_rows_are_in_order_of() -> None:
    table = str(check_gradients(square, doubled, w))
    assert "worst first: by the error against what rounding explains" in table
    assert "worst first" not in str(check_gradients(square, doubled, 2.0))


arrays = st.builds(
    lambda shape, kind, seed, scale: (
        np.random.default_rng(seed).standard_normal(shape) * scale
    ).astype(kind),
    st.lists(st.integers(0, 3), max_size=3),
    st.sampled_from(["float64", "float32", "float16", "int32", "bool", "complex128", "object"]),
    st.integers(0, 99),
    st.sampled_from([1e-6, 1.0, 100.0]),
)
leaves = arrays | st.floats() | st.integers(-9, 9) | st.none() | st.text(max_size=2)
structures = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(structures, structures, st.one_of(leaves, st.none()))
@settings(max_examples=150, deadline=None)
def test_nothing_but_input_errors_is_raised(parameters: Any, gradient: Any, value: Any) -> None:
    for cost, gradients in (
        (square, doubled),
        (square, lambda p: gradient),
        (lambda p: value, doubled),
    ):
        try:
            check_gradients(cost, gradients, parameters, most_entries=20)
        except InputError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("size", [1e5, 1e7])
def test_a_cost_that_rounds_to_a_coarse_grid_raises_no_alarm(size: float) -> None:
    w = np.random.default_rng(0).standard_normal(4)

    def cost(w: Any) -> Any:
        return (size + 1e-2 * (np.abs(w) ** 2).sum()) - size

    assert check_gradients(cost, lambda w: 2e-2 * w, w).verdict in ("pass", "unresolved")


@pytest.mark.parametrize("seed", [1029, 1069])
def test_nearly_learned_networks_raise_no_alarm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(40, 3)), rng.normal(size=(3, 5))
    y = np.tanh(X @ W) + 1e-8 * rng.normal(size=(40, 5))

    def cost(p: Any) -> Any:
        return ((np.tanh(X @ p) - y) ** 2).mean()

    def gradients(p: Any) -> Any:
        a = np.tanh(X @ p)
        return X.T @ (2 * (a - y) / y.size * (1 - a * a))

    assert check_gradients(cost, gradients, W).verdict != "fail"


@pytest.mark.parametrize(
    ("wrong", "others"),
    [
        (0, "30 more, and all of them agree"),
        (20, "30 more, and all of them agree"),
        (30, "30 more, of which 20 agree"),
        (49, "30 more, of which 1 agrees"),
        (50, "30 more, and none of them agrees"),
    ],
)
def test_the_table_says_of_what_it_leaves_out_whether_it_agrees(wrong: int, others: str) -> None:
    w = np.arange(1.0, 51.0)
    factors = np.where(np.arange(50) < wrong, 3.0, 2.0)
    report = check_gradients(lambda w: float(w @ w), lambda w: factors * w, w)
    assert f"\n  … {others}\n" in str(report)


def test_a_gradient_of_fewer_digits_than_its_parameters_is_said_to_be_judged_by_those() -> None:
    w = {"a": np.array([1.0, 2.0]), "b": np.array([0.3])}

    def cost(w: Any) -> float:
        return float(w["a"] @ w["a"] + w["b"] @ w["b"])

    def of(w: Any, *names: str) -> Any:
        return {key: (2 * w[key]).astype("f4" if key in names else "f8") for key in w}

    report = check_gradients(cost, lambda w: of(w, "b"), w)
    (found,) = report.diagnosis
    assert report.passed and (found.code, found.where) == ("precision", "b")
    assert found.message.startswith("The gradient of b comes in float32, with fewer digits than")
    both = check_gradients(cost, lambda w: of(w, "a", "b"), w)
    assert [each.where for each in both.diagnosis] == ["everywhere"]
    single = {key: array.astype("f4") for key, array in w.items()}
    assert not check_gradients(cost, lambda w: of(w, "a", "b"), single).diagnosis
    assert not check_gradients(cost, lambda w: of(w), single).diagnosis


def test_a_failure_that_no_known_mistake_explains_says_where_it_is() -> None:
    w = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([0.3, 0.4]), "c": np.array([1.0, 5.0])}

    def cost(w: Any) -> float:
        return float(sum(array @ array for array in w.values()))

    def wrong(*names: str) -> Any:
        return lambda w: {key: 2 * w[key] + (w[key] ** 3 if key in names else 0.0) for key in w}

    some, all_of_it = check_gradients(cost, wrong("a", "c"), w), check_gradients(cost, wrong(*w), w)
    assert not some.diagnosis and not all_of_it.diagnosis
    said = "No known mistake gives these numbers. There are wrong entries in "
    assert f"{said}a, c, and none in b; begin with what is nearest to the cost." in str(some)
    assert f"{said}a, b, c; begin with what is nearest to the cost." in str(all_of_it)
    assert str(check_gradients(cost, wrong("a"), w)).count("\n\n") == 2
