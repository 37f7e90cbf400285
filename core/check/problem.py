"""Somebody's cost as a function of one flat vector, and how far to trust its digits."""

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
    """A cost as a function of one flat vector (P,), at some parameters."""

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

    def in_own_precision(self, flat: Array) -> list[Array]:
        """Return copies of the parts of `flat`, as precise as the given parameters are."""
        return [
            part.astype(given.dtype)
            for part, given in zip(self.split(flat), self.given, strict=True)
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


def flattened(arrays: Sequence[Array]) -> Array:
    """Return one vector of all entries, in double precision."""
    return np.concatenate([array.ravel() for array in arrays]).astype(np.float64)


def largest(values: Array) -> float:
    """Return the largest finite magnitude; 0 where there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


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
