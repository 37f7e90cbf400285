"""Somebody's cost as a function of one flat vector, and the gradient that is under test."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.noise import estimated_noise
from bptui.core.check.parameters import Layout
from bptui.core.check.user_code import UserFunctions
from bptui.core.errors import InputError

Array = NDArray[Any]

STEP = 2.0**-100
UNIT_ROUNDOFF = 2.0**-53
_REPEATS = 4
_NOISE_SPACINGS = (1e-8, 1e-6, 1e-4, 1e-2)
_NUDGES = 5
_SHRUNK = (0.5, 0.1, 0.01)
_OWN_ROUNDINGS = 300.0
"""Roundings of the largest entry of an array that any entry of it may be off by."""
_UNIT_ROUNDINGS = 1000.0
"""The same, of the largest entry that there is at a point where no unit is saturated."""


@dataclass(frozen=True, slots=True)
class GivenGradient:
    """What the gradient function returned, and how far to trust its digits."""

    values: Array
    """Flat, (P,)."""
    rounding: Array
    """How far rounding alone may move each entry, (P,)."""
    changed: tuple[Array, ...] | None
    """The parameters as the function left them, where it changed them."""
    repeatable: bool
    """Whether it returns the same for the same parameters."""


@dataclass(frozen=True, slots=True)
class GivenCost:
    """What the cost function returned, and how far to trust its digits."""

    value: float
    noise: float
    """How far off a value near the given parameters may be."""
    spread: float
    """Largest minus smallest value at the very same parameters."""
    changes_parameters: bool

    @property
    def repeatable(self) -> bool:
        """Whether it returns the same for the same parameters, threads that round aside."""
        return self.spread <= 1e-12 * abs(self.value)


class Problem:
    """A cost as a function of one flat vector (P,), and the gradient under test."""

    def __init__(self, functions: UserFunctions, layout: Layout) -> None:
        """Take the parameters of `layout` as the point to look at."""
        self.functions, self.layout = functions, layout
        self.given = layout.arrays
        """The parameters in their own precision."""
        self.arrays = [array.astype(np.float64) for array in layout.arrays]
        self.flat = flattened(self.arrays)
        usual = max(map(_root_mean_square, self.arrays)) or 1.0
        self.scale = np.concatenate([_scales(array, usual) for array in self.arrays])
        """How large a change of each parameter is a change by its own size, (P,)."""
        starts = np.cumsum([0, *(array.size for array in self.arrays)])
        self.blocks = [slice(int(start), int(end)) for start, end in itertools.pairwise(starts)]
        """Where each array is in the flat vector."""

    def split(self, flat: Array) -> list[Array]:
        """Return views of `flat`, shaped as the parameters."""
        return [
            flat[block].reshape(array.shape)
            for block, array in zip(self.blocks, self.arrays, strict=True)
        ]

    def cost(self, flat: Array) -> float:
        """Return the cost; NaN where the function raises or returns no number."""
        try:
            return self.functions.cost(self.split(flat))
        except InputError:
            return float("nan")

    def complex_slope(self, point: Array, direction: Array) -> float:
        """Return the slope of the cost at `point` along `direction` by a complex step.

        Raises:
            InputError: the functions cannot take complex numbers.
        """
        moved = point + 1j * STEP * direction
        return self.functions.complex_cost(self.split(moved)).imag / STEP

    def given_cost(self) -> GivenCost:
        """Evaluate the cost at the parameters, and estimate its noise.

        Raises:
            InputError: it cannot be evaluated, or is no finite number.
        """
        changed = self.functions.cost_changes(self.arrays)
        values = [self.functions.cost(self.arrays) for _ in range(_REPEATS)]
        here = values[0]
        if not np.isfinite(here):
            raise InputError(f"cost: it is {here} at these parameters, so it has no gradient there")
        spread = max(values) - min(values)
        spread = spread if np.isfinite(spread) else float("inf")
        rounding = 4.0 * UNIT_ROUNDOFF * abs(here)
        noise = max(6.0 * self._noise(), 2.0 * spread, rounding, 1e-300)
        return GivenCost(here, noise, spread, changed)

    def _noise(self) -> float:
        """Return the standard deviation of the cost's noise near the parameters.

        It is measured beside them, because a kink at the very place would look like noise.
        """
        direction = self.scale * np.random.default_rng(1).choice((-1.0, 1.0), self.flat.size)
        for spacing in _NOISE_SPACINGS:
            # The middle of three: a kink near one of them looks like noise, and rounding on a
            # coarse grid may by chance look like none.
            measured = sorted(
                estimated_noise(lambda t: self.cost(self.flat + t * direction), spacing, around)
                for around in (
                    -max(3e-5, 6.0 * spacing),
                    max(2e-5, 5.0 * spacing),
                    max(7e-5, 15.0 * spacing),
                )
            )[1]
            # On such a grid the cost may not move at all in short steps.
            if measured > 0.0:
                break
        # Where the cost has no value nearby, that is for the differences to find.
        return measured if np.isfinite(measured) else 0.0

    def given_gradient(self, cost: float) -> GivenGradient:
        """Return the gradient under test.

        Rounding inside a function that cannot be seen into is estimated by calling it again at
        parameters that differ in their last bits; a floor below which no entry can be
        trusted comes from points where no unit is saturated, because a slope that is
        computed as a(1 − a) is off by a rounding of 1, however small it is.

        Raises:
            InputError: what it returns does not fit the parameters.
        """
        found, after = self.functions.gradients(self.given)
        changed = any(
            left.tobytes() != given.tobytes() for left, given in zip(after, self.given, strict=True)
        )
        values = flattened(found)
        again = self._gradient_at(self.given, values)
        repeatable = bool(np.array_equal(values, again, equal_nan=True))
        units = np.concatenate(
            [
                np.full(array.size, max(_unit_roundoff(array), _unit_roundoff(gradient)))
                for array, gradient in zip(self.given, found, strict=True)
            ]
        )
        with np.errstate(all="ignore"):
            rounding = 8.0 * self._spread(values, units)
            rounding += units * _UNIT_ROUNDINGS * self._largest_unsaturated(values)
            rounding += units * _UNIT_ROUNDINGS * abs(cost) / np.maximum(self.scale, 1.0)
            for block in self.blocks:
                rounding[block] += units[block] * _OWN_ROUNDINGS * largest(values[block])
            if not repeatable:
                rounding += 8.0 * np.nan_to_num(np.abs(again - values), nan=0.0)
        return GivenGradient(
            values, rounding + 1e-290, tuple(after) if changed else None, repeatable
        )

    def _gradient_at(self, arrays: Sequence[Array], otherwise: Array) -> Array:
        """Return the flat gradient at other parameters, or `otherwise` where it has none."""
        try:
            return flattened(self.functions.gradients(arrays)[0])
        except InputError:
            return otherwise

    def _spread(self, values: Array, units: Array) -> Array:
        """Return how far the entries of each array move with the last bits of the parameters."""
        generator = np.random.default_rng(0)
        spread = np.zeros_like(values)
        for _ in range(_NUDGES):
            signs = generator.choice((-1.0, 1.0), values.size)
            nudged = self._in_own_precision(self.flat * (1.0 + 8.0 * units * signs))
            moved = np.abs(self._gradient_at(nudged, values) - values)
            spread = np.maximum(spread, np.where(np.isfinite(moved), moved, 0.0))
        # So few draws may leave one entry of an array where it was by chance.
        for block in self.blocks:
            spread[block] = spread[block].max(initial=0.0)
        return spread

    def _largest_unsaturated(self, values: Array) -> Array:
        """Return for each entry the largest of its array, here or at smaller parameters."""
        most = np.zeros_like(values)
        for factor in (1.0, *_SHRUNK):
            smaller = self._in_own_precision(self.flat * factor)
            there = self._gradient_at(smaller, values) if factor != 1.0 else values
            for block in self.blocks:
                most[block] = np.maximum(most[block], largest(there[block]))
        return most

    def _in_own_precision(self, flat: Array) -> list[Array]:
        return [
            part.astype(given.dtype)
            for part, given in zip(self.split(flat), self.given, strict=True)
        ]


def flattened(arrays: Sequence[Array]) -> Array:
    """Return one vector of all entries, in double precision."""
    return np.concatenate([array.ravel() for array in arrays]).astype(np.float64)


def largest(values: Array) -> float:
    """Return the largest finite magnitude; 0 where there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _unit_roundoff(array: Array) -> float:
    return float(np.finfo(array.dtype).eps) / 2.0


def _scales(array: Array, otherwise: float) -> Array:
    """Return the size of each entry, but not below that of a usual one of its array.

    Args:
        array: of parameters.
        otherwise: the size where all of them are 0.
    """
    sizes: Array = np.abs(array.ravel())
    return np.maximum(sizes, _root_mean_square(array) or otherwise)


def _root_mean_square(array: Array) -> float:
    most = largest(array)
    return most * float(np.sqrt(np.mean((array / most) ** 2))) if most else 0.0
