"""A numerical gradient of somebody's cost that a verdict can rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.analytic import Smoothness, contradicts, smoothness
from bptui.core.check.differences import difference_gradient
from bptui.core.check.given_gradient import GivenGradient
from bptui.core.check.methods import choose_method
from bptui.core.check.problem import STEP, UNIT_ROUNDOFF, GivenCost, Problem, flattened
from bptui.core.check.ridders import Derivative, Kink, ridders_derivative
from bptui.core.errors import InputError

Array = NDArray[Any]
Entries = NDArray[np.intp]

_SECOND_OPINIONS = 8
_MOST_REPAIRS = 500
_FIRST_STEP = 0.3
"""The longest step of a difference, in units of the parameter's size."""
_EXACT = 300.0 * UNIT_ROUNDOFF
"""How far off a complex step may be, relative to the slope, by the rounding of the cost."""


@dataclass(frozen=True, slots=True)
class Numerical:
    """Numerical derivatives of some entries."""

    values: Array
    errors: Array
    at_kinks: NDArray[np.bool_]
    """Where the gradient under test is one of the slopes of a kink, or between them."""


class Comparison:
    """Chooses a numerical gradient that the verdict can rest on."""

    def __init__(
        self, problem: Problem, here: GivenCost, given: GivenGradient, entries: Entries
    ) -> None:
        """Prepare to differentiate `problem` by `entries`, indices of its flat vector."""
        self.problem, self.here, self.given, self.entries = problem, here, given, entries

    def numerical(self, method: str, epsilon: float | None) -> tuple[str, float | None, Numerical]:
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

    def _complex_step(self) -> Numerical | None:
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
            found = Numerical(values, errors, np.zeros(len(values), bool))
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

    def _between(self, below: Array, above: Array) -> Numerical:
        """Return the middle of the slopes of both sides, and which entries are at a kink."""
        backprop = self.given.values[self.entries]
        errors = _EXACT * np.maximum(np.abs(below), np.abs(above))
        slack = errors + self.given.rounding[self.entries]
        low, high = np.minimum(below, above), np.maximum(below, above)
        apart = high - low > slack
        inside = (low - slack <= backprop) & (backprop <= high + slack)
        return Numerical(np.where(apart, 0.5 * (low + high), above), errors, apart & inside)

    def _extrapolated(self) -> Numerical:
        derivatives = [self._ridders(place) for place in range(len(self.entries))]
        backprop = self.given.values[self.entries]
        values = np.array([derivative.value for derivative in derivatives])
        errors = 2.0 * np.array([derivative.error for derivative in derivatives])
        at_kinks = np.zeros(len(values), bool)
        found = Numerical(values, errors, at_kinks)
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

        step = _FIRST_STEP * float(problem.scale[entry])
        return ridders_derivative(along, self.here.value, step, self.here.noise)

    def _differences(self, method: str, epsilon: float) -> Numerical:
        moved = self.problem.flat.copy()
        values, truncation = difference_gradient(
            lambda: self.problem.cost(moved), moved, method, epsilon, self.entries
        )
        errors = 4.0 * np.maximum(truncation, 0.25 * truncation.max(initial=0.0))
        errors = errors + self.here.noise / epsilon
        found = Numerical(values, errors, np.zeros(len(values), bool))
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

    def _failing(self, numerical: Numerical) -> NDArray[np.intp]:
        """Return the places of the entries that disagree, the worst first."""
        backprop, rounding = self.given.values[self.entries], self.given.rounding[self.entries]
        bounds = rounding + numerical.errors
        apart = np.abs(backprop - numerical.values)
        ratios = np.where(np.isfinite(apart), apart / bounds, 0.0)
        failing = np.flatnonzero(ratios > 1.0)
        return failing[np.argsort(-ratios[failing], kind="stable")]

    def gradient_at(self, arrays: Sequence[Array], *, exact: bool) -> list[Array]:
        """Return the numerical gradient at other parameters, quickly, for a diagnosis.

        Args:
            arrays: those parameters.
            exact: whether complex steps may be trusted.
        """
        slopes = np.empty_like(self.problem.flat)
        point, direction = flattened(arrays), np.zeros_like(slopes)
        for entry in range(point.size):
            direction[entry] = 1.0
            slopes[entry] = self._slope(point, direction, exact)
            direction[entry] = 0.0
        return self.problem.split(slopes)

    def slope_at(
        self, arrays: Sequence[Array], direction: Sequence[Array], *, exact: bool
    ) -> float:
        """Return the numerical slope of the cost at other parameters along a direction."""
        along = flattened(direction)
        size = float(np.abs(along).max(initial=0.0)) or 1.0
        return size * self._slope(flattened(arrays), along / size, exact)

    def _slope(self, point: Array, direction: Array, exact: bool) -> float:
        problem = self.problem
        if exact:
            try:
                return problem.complex_slope(point, direction)
            except InputError:
                return float("nan")
        value = problem.cost(point)
        return ridders_derivative(
            lambda offset: problem.cost(point + offset * direction), value, 0.1, self.here.noise
        ).value
