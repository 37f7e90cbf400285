"""The gradient check of anybody's NumPy code: a cost, and what claims to be its gradient.

The numerical side is a complex step where a test shows the cost to be analytic, and
Ridders' extrapolated differences elsewhere. The caller's arrays are never handed out,
only copies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import index
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.analytic import Smoothness, contradicts, smoothness
from bptui.core.check.differences import difference_gradient
from bptui.core.check.methods import METHOD_NAMES, choose_method
from bptui.core.check.parameters import Layout
from bptui.core.check.problem import (
    STEP,
    UNIT_ROUNDOFF,
    GivenCost,
    GivenGradient,
    Problem,
)
from bptui.core.check.report import ArrayReport, Report, make_array_report, make_report
from bptui.core.check.ridders import Derivative, Kink, ridders_derivative
from bptui.core.check.user_code import UserFunctions
from bptui.core.errors import InputError, check_choice

Array = NDArray[Any]
Entries = NDArray[np.intp]

MOST_ENTRIES = 10_000
_SECOND_OPINIONS = 8
_MOST_REPAIRS = 500
_FIRST_STEP = 0.1
_EXACT = 300.0 * UNIT_ROUNDOFF
"""How far off a complex step may be, relative to the slope, by the rounding of the cost."""


@dataclass(frozen=True, slots=True)
class _Numerical:
    """Numerical derivatives of some entries."""

    values: Array
    errors: Array
    at_kinks: NDArray[np.bool_]
    """Where the gradient under test is one of the slopes of a kink, or between them."""


def check_gradients(
    cost: Callable[[Any], Any],
    gradients: Callable[[Any], Any],
    parameters: Any,
    method: str = "auto",
    epsilon: float | None = None,
    *,
    most_entries: int = MOST_ENTRIES,
    seed: int = 0,
) -> Report:
    """Check whether `gradients` is the gradient of `cost`, entry by entry.

    Args:
        cost: `cost(parameters)` returns a number.
        gradients: `gradients(parameters)` returns the same structure as `parameters`; a dict
            may have the key `dW1` for `W1`.
        parameters: an array, a number, or lists, tuples and dicts of them; never changed.
            Arrays that share memory are taken as parameters of their own.
        method: `auto` is the complex step where the cost turns out to be analytic, and
            extrapolated differences elsewhere. `complex`, `central`, `forward` and
            `richardson` insist.
        epsilon: the step of `central`, `forward` or `richardson`.
        most_entries: with more than these, as many are drawn at random, from every array.
        seed: of that draw.

    Raises:
        InputError: parameters, functions or what they return cannot be used; the message
            says which and what is needed. Exceptions of the functions themselves come
            as `UserCodeError`.

    Examples:
        >>> report = check_gradients(lambda w: (w**2).sum(), lambda w: 2 * w, np.ones(3))
        >>> report.verdict
        'pass'
    """
    started = perf_counter()
    check_choice("method", method, METHOD_NAMES)
    if epsilon is not None:
        method, epsilon = choose_method(method, epsilon)
    most = _whole_number("most_entries", most_entries, 1)
    layout = Layout(parameters)
    problem = Problem(UserFunctions(cost, gradients, layout), layout)
    # The gradient directly after a cost of the same parameters, as code with a cache expects.
    here = problem.given_cost()
    problem.cost(problem.flat)
    given = problem.given_gradient(here.value)
    entries = _entries_to_check(problem, most, _whole_number("seed", seed, 0))
    comparison = _Comparison(problem, here, given, entries)
    with np.errstate(all="ignore"):
        name, epsilon, numerical = comparison.numerical(method, epsilon)
        arrays = _reports(problem, given, entries, numerical)
    return make_report(name, epsilon, here.value, arrays, perf_counter() - started)


class _Comparison:
    """Chooses a numerical gradient that the verdict can rest on."""

    def __init__(
        self, problem: Problem, here: GivenCost, given: GivenGradient, entries: Entries
    ) -> None:
        self.problem, self.here, self.given, self.entries = problem, here, given, entries

    def numerical(self, method: str, epsilon: float | None) -> tuple[str, float | None, _Numerical]:
        """Return the method that was used, its step, and the derivatives.

        Raises:
            InputError: the complex step was asked for and does not suit the cost.
        """
        if method in ("auto", "complex"):
            exact = self._complex_step()
            if exact is not None:
                return "complex", None, exact
            if method == "complex":
                raise InputError(
                    "method: the complex step does not give this cost's slope (it may use abs, a "
                    "conversion to float, or a function that takes real numbers alone, or have a "
                    "kink here); choose auto"
                )
        elif method != "richardson" or epsilon is not None:
            method, epsilon = choose_method(method, epsilon)
            assert epsilon is not None
            return method, epsilon, self._differences(method, epsilon)
        return "richardson", None, self._extrapolated()

    @cached_property
    def smoothness(self) -> Smoothness:
        """Whether complex steps may be trusted; never with a cost that is not repeatable."""
        if not self.here.repeatable:
            return Smoothness.OTHER
        return smoothness(self.problem, self.here.value, self.here.noise)

    def _complex_step(self) -> _Numerical | None:
        """Return derivatives by complex steps; `None` where they cannot be trusted."""
        smooth = self.smoothness
        if smooth in (Smoothness.OTHER, Smoothness.KINKS_NEARBY):
            return None
        try:
            values = self._complex_slopes(STEP)
            below = self._complex_slopes(-STEP) if smooth is Smoothness.KINKED else values
        except InputError:
            return None
        if smooth is Smoothness.ANALYTIC:
            errors = _EXACT * np.abs(values)
            found = _Numerical(values, errors, np.zeros(len(values), bool))
        else:
            found = self._between(below, values)
        # A disagreement may also be the complex step's fault: the worst are looked at twice.
        doubts = self._failing(found)[:_SECOND_OPINIONS]
        if any(contradicts(self._ridders(k), below[k], values[k]) for k in doubts.tolist()):
            return None
        return found

    def _complex_slopes(self, step: float) -> Array:
        problem, values = self.problem, np.empty(len(self.entries))
        moved = problem.flat.astype(np.complex128)
        parts = problem.split(moved)
        for place, entry in enumerate(self.entries):
            moved[entry] = complex(problem.flat[entry], step)
            values[place] = problem.functions.complex_cost(parts).imag / step
            moved[entry] = problem.flat[entry]
        return values

    def _between(self, below: Array, above: Array) -> _Numerical:
        """Return the middle of the slopes of both sides, and which entries are at a kink."""
        backprop = self.given.values[self.entries]
        errors = _EXACT * np.maximum(np.abs(below), np.abs(above))
        slack = errors + self.given.rounding[self.entries]
        low, high = np.minimum(below, above), np.maximum(below, above)
        apart = high - low > slack
        inside = (low - slack <= backprop) & (backprop <= high + slack)
        return _Numerical(np.where(apart, 0.5 * (low + high), above), errors, apart & inside)

    def _extrapolated(self) -> _Numerical:
        derivatives = [self._ridders(place) for place in range(len(self.entries))]
        backprop = self.given.values[self.entries]
        values = np.array([derivative.value for derivative in derivatives])
        errors = 2.0 * np.array([derivative.error for derivative in derivatives])
        at_kinks = np.zeros(len(values), bool)
        found = _Numerical(values, errors, at_kinks)
        for place, derivative in enumerate(derivatives):
            kink = derivative.kink
            at_kinks[place] = kink is not None and kink.allows(float(backprop[place]))
        for place in self._failing(found).tolist():
            if not at_kinks[place] and self._is_complex_slope(place):
                at_kinks[place] = derivatives[place].kink is not None
                errors[place] = 2.0 * abs(backprop[place] - values[place])
        return found

    def _is_complex_slope(self, place: int) -> bool:
        """Return whether the gradient under test is what complex steps give, or between them.

        Kinks that are nearer than any step that is of use look like one at the very place.
        """
        if self.smoothness is Smoothness.OTHER:
            return False
        entry = self.entries[place]
        direction = np.zeros_like(self.problem.flat)
        direction[entry] = 1.0
        try:
            above = self.problem.complex_slope(self.problem.flat, direction)
            below = -self.problem.complex_slope(self.problem.flat, -direction)
        except InputError:
            return False
        slack = self.given.rounding[entry] + _EXACT * max(abs(above), abs(below))
        return Kink(below, above, float(slack)).allows(float(self.given.values[entry]))

    def _ridders(self, place: int) -> Derivative:
        problem, entry = self.problem, self.entries[place]
        moved = problem.flat.copy()
        value = problem.flat[entry]

        def along(offset: float) -> float:
            moved[entry] = value + offset
            return problem.cost(moved)

        step = _FIRST_STEP * max(float(problem.scale[entry]), 0.1)
        return ridders_derivative(along, self.here.value, step, self.here.noise)

    def _differences(self, method: str, epsilon: float) -> _Numerical:
        moved = self.problem.flat.copy()
        values, truncation = difference_gradient(
            lambda: self.problem.cost(moved), moved, method, epsilon, self.entries
        )
        errors = 4.0 * np.maximum(truncation, 0.25 * truncation.max(initial=0.0))
        errors = errors + self.here.noise / epsilon
        found = _Numerical(values, errors, np.zeros(len(values), bool))
        # A step across a kink, or one that is too long, is no fault of the gradient.
        for place in self._failing(found)[:_MOST_REPAIRS].tolist():
            better = self._ridders(place)
            backprop = float(self.given.values[self.entries[place]])
            allowed = better.kink is not None and better.kink.allows(backprop)
            agrees = abs(backprop - better.value) <= 2.0 * better.error
            if allowed or agrees or self._is_complex_slope(place):
                errors[place] = 2.0 * abs(backprop - values[place])
                found.at_kinks[place] = allowed
        return found

    def _failing(self, numerical: _Numerical) -> NDArray[np.intp]:
        """Return the places of the entries that disagree, the worst first."""
        backprop, rounding = self.given.values[self.entries], self.given.rounding[self.entries]
        bounds = rounding + numerical.errors
        apart = np.abs(backprop - numerical.values)
        ratios = np.where(np.isfinite(apart), apart / bounds, 0.0)
        failing = np.flatnonzero(ratios > 1.0)
        return failing[np.argsort(-ratios[failing], kind="stable")]


def _whole_number(name: str, value: Any, least: int) -> int:
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name}: a whole number from {least} is needed")
    return number


def _entries_to_check(problem: Problem, most: int, seed: int) -> Entries:
    """Return the flat indices to check: all of them, or a draw from every array."""
    total = problem.flat.size
    if total <= most:
        return np.arange(total)
    generator = np.random.default_rng(seed)
    chosen = []
    for block in problem.blocks:
        size = block.stop - block.start
        share = min(size, max(1, most * size // total))
        chosen.append(block.start + np.sort(generator.choice(size, share, replace=False)))
    return np.concatenate(chosen).astype(np.intp)


def _reports(
    problem: Problem, given: GivenGradient, entries: Entries, numerical: _Numerical
) -> Sequence[ArrayReport]:
    reports: list[ArrayReport] = []
    for name, array, block in zip(
        problem.layout.names, problem.arrays, problem.blocks, strict=True
    ):
        mine = slice(*np.searchsorted(entries, (block.start, block.stop)))
        chosen = entries[mine]
        whole = len(chosen) == array.size
        shape = array.shape if whole else (len(chosen),)
        bounds = given.rounding[chosen] + numerical.errors[mine]
        reports.append(
            make_array_report(
                name,
                given.values[chosen].reshape(shape),
                numerical.values[mine].reshape(shape),
                bounds.reshape(shape),
                at_kinks=numerical.at_kinks[mine].reshape(shape),
                shape=array.shape,
                drawn=None if whole else chosen - block.start,
            )
        )
    return reports
