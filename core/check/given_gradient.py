"""The gradient under test: what calls of it return, what they keep, and how far to trust it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.problem import Problem, flattened, largest
from bptui.core.errors import InputError

Array = NDArray[Any]

_UNEVEN = 4096.0
"""Roundings of the largest entry of an array that repeated calls may differ by."""
_CLEAR = 16.0
"""How much more than that a sum has to grow."""
_NUDGES = 5
_SHRUNK = (0.5, 0.1, 0.01)
_TOWARDS_0 = (1e-2, 1e-4)
_POLE = 1e3
"""How much larger the cost is at the second of these than at the first, where it has a pole."""
_OWN_ROUNDINGS = 300.0
"""Roundings of the largest entry of an array that any entry of it may be off by."""
_UNIT_ROUNDINGS = 1000.0
"""The same, of the largest entry that there is at a point where no unit is saturated."""


@dataclass(frozen=True, slots=True)
class GivenGradient:
    """What the gradient function gives, and how far to trust its digits."""

    values: Array
    """What one call gives, whatever calls before it have left, (P,)."""
    rounding: Array
    """How far rounding alone may move each entry, (P,)."""
    changed: tuple[Array, ...] | None
    """The parameters as the function left them, where it changed them."""
    repeatable: bool
    """Whether a call gives the same for the same parameters, but for rounding."""
    returned: Array
    """What a call returned: more than `values` where calls are added up, (P,)."""
    adds_up: NDArray[np.bool_]
    """The entries to which each call adds, (P,)."""
    same_at: tuple[Array, ...] | None
    """Other parameters where a call gave the same to the last bit, if it did, and not all 0."""
    coarse: tuple[str | None, ...]
    """Of each array the dtype it came in, where that has fewer digits than the parameters."""


class _Calls:
    """Calls of the gradient function, freed of what they add to the calls before."""

    def __init__(self, problem: Problem) -> None:
        """Call nothing yet."""
        self._problem = problem
        self.last = np.zeros_like(problem.flat)
        """What the last call returned, (P,)."""
        self.adds_up = np.zeros(problem.flat.size, bool)

    def raw(self, arrays: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Return the gradients as they come, and what became of the parameters meanwhile.

        Raises:
            InputError: they do not fit the parameters, or the function raised.
        """
        # Directly after a cost of the same parameters, as code with a cache expects.
        with suppress(InputError):
            self._problem.functions.cost(arrays)
        found, after = self._problem.functions.gradients(arrays)
        self.last = flattened(found)
        return found, after

    def here(self) -> Array:
        """Return what one call gives at the parameters, (P,); NaN where it fails."""
        return self.elsewhere(self._problem.given, np.full_like(self.last, np.nan))

    def elsewhere(self, arrays: Sequence[Array], otherwise: Array) -> Array:
        """Return what one call gives at `arrays`, (P,), or `otherwise` where it fails."""
        before = self.last
        try:
            self.raw(arrays)
        except InputError:
            return otherwise
        return np.where(self.adds_up, self.last - before, self.last)


def given_gradient(problem: Problem, cost: float) -> GivenGradient:
    """Return the gradient under test at the parameters of `problem`.

    Rounding inside a function that cannot be seen into is estimated by calling it again at
    parameters that differ in their last bits; a floor below which no entry can be
    trusted comes from points where no unit is saturated, because a slope that is
    computed as a(1 − a) is off by a rounding of 1, however small it is.

    Args:
        problem: whose gradient it claims to be.
        cost: J there.

    Raises:
        InputError: what it returns does not fit the parameters.
    """
    given, calls = problem.given, _Calls(problem)
    found, after = calls.raw(given)
    changed = any(
        left.tobytes() != before.tobytes() for left, before in zip(after, given, strict=True)
    )
    units = np.concatenate(
        [
            np.full(array.size, max(_unit_roundoff(array), _unit_roundoff(gradient)))
            for array, gradient in zip(given, found, strict=True)
        ]
    )
    values = returned = flattened(found)
    with np.errstate(all="ignore"):
        # Moved first, so that zeros become other parameters too.
        moved = problem.flat + 0.1 * problem.scale
        elsewhere = problem.in_own_precision(moved / (1.0 + np.abs(moved)))
        repeats, steps, there = _repeated(calls, values, elsewhere)
        calls.adds_up = _adding(repeats, steps, units, problem.blocks)
        if calls.adds_up.any():
            # The first sum is of one call, and as good as what that call adds.
            returned = repeats[1]
            values = np.where(calls.adds_up, steps[0], values)
            repeats = np.where(calls.adds_up, values, repeats)
        rounding = units * _UNIT_ROUNDINGS * _largest_unsaturated(problem, calls, values)
        rounding += units * _UNIT_ROUNDINGS * abs(cost) / np.maximum(problem.scale, 1.0)
        for block in problem.blocks:
            most = max(largest(values[block]), largest(returned[block]))
            rounding[block] += units[block] * _OWN_ROUNDINGS * most
        spread = _spread(problem, calls, values, units)
        # Only if it still gives the same do the calls meanwhile tell of rounding.
        repeats = np.vstack([repeats, calls.here()])
        apart = np.abs(repeats - values).max(axis=0)
        same = (apart <= rounding) | ~np.isfinite(repeats).any(axis=0)
        rounding += 8.0 * (spread + np.nan_to_num(apart))
    return GivenGradient(
        values,
        rounding + 1e-290,
        tuple(after) if changed else None,
        bool(same.all()),
        returned,
        calls.adds_up,
        tuple(elsewhere) if values.any() and np.array_equal(there, values) else None,
        tuple(
            gradient.dtype.name if _unit_roundoff(gradient) > _unit_roundoff(array) else None
            for array, gradient in zip(given, found, strict=True)
        ),
    )


def _repeated(
    calls: _Calls, values: Array, elsewhere: Sequence[Array]
) -> tuple[Array, Array, Array]:
    """Call it again at the same parameters, directly and after a call at others.

    Where units are saturated a call may add nothing to a sum, and elsewhere it does.

    Returns:
        What calls at these parameters returned, the first included, how much more each of the
        others is than what the call before it returned, and what the call elsewhere returned,
        (n, P), (n - 1, P) and (P,).
    """
    repeats, steps = [values], []
    there = np.full_like(values, np.nan)
    for direct in (True, False, True):
        if not direct:
            there = calls.elsewhere(elsewhere, there)
        before = calls.last
        repeats.append(calls.here())
        steps.append(repeats[-1] - before)
    return np.array(repeats), np.array(steps), there


def _adding(
    repeats: Array, steps: Array, units: Array, blocks: Sequence[slice]
) -> NDArray[np.bool_]:
    """Return the entries to which every call adds the same.

    There are none where an entry neither grows so nor stays as it is: that is noise.

    Args:
        repeats: what calls at the same parameters returned, (n, P).
        steps: how much more each but the first is than the call before, (n - 1, P).
        units: unit roundoff of each entry, (P,).
        blocks: where each array is.
    """
    adding = np.zeros(repeats.shape[1], bool)
    finite = np.isfinite(repeats)
    if (finite != finite[0]).any():
        return adding
    repeats, steps = np.where(finite, repeats, 0.0), np.where(finite[1:], steps, 0.0)
    for block in blocks:
        slack = _UNEVEN * units[block].max(initial=0.0) * largest(repeats[:, block])
        moved = np.abs(repeats[1:, block] - repeats[0, block]).max(axis=0)
        grows = moved > slack
        if not grows.any():
            continue
        uneven = np.abs(steps[:, block] - steps[0, block])[:, grows] > slack
        if uneven.any() or moved.max() <= _CLEAR * slack:
            return np.zeros_like(adding)
        # Beside large sums small ones count too, and those of nothing but 0.
        adding[block] = moved >= _UNEVEN * units[block] * np.abs(repeats[:, block]).max(axis=0)
    return adding


def _spread(problem: Problem, calls: _Calls, values: Array, units: Array) -> Array:
    """Return how far the entries of each array move with the last bits of the parameters."""
    generator = np.random.default_rng(0)
    spread = np.zeros_like(values)
    for _ in range(_NUDGES):
        signs = generator.choice((-1.0, 1.0), values.size)
        nudged = problem.in_own_precision(problem.flat * (1.0 + 8.0 * units * signs))
        moved = np.abs(calls.elsewhere(nudged, values) - values)
        spread = np.maximum(spread, np.where(np.isfinite(moved), moved, 0.0))
    # So few draws may leave one entry of an array where it was by chance.
    for block in problem.blocks:
        spread[block] = spread[block].max(initial=0.0)
    return spread


def _largest_unsaturated(problem: Problem, calls: _Calls, values: Array) -> Array:
    """Return for each entry the largest of its array, here or at smaller parameters.

    Near a pole at 0, as of 1/σ², the gradient grows without bound and tells nothing of rounding.
    """
    most = np.zeros_like(values)
    far, near = (abs(problem.cost(problem.flat * factor)) for factor in _TOWARDS_0)
    shrunk = _SHRUNK[:1] if near > _POLE * far else _SHRUNK
    for factor in (1.0, *shrunk):
        smaller = problem.in_own_precision(problem.flat * factor)
        there = calls.elsewhere(smaller, values) if factor != 1.0 else values
        for block in problem.blocks:
            most[block] = np.maximum(most[block], largest(there[block]))
    return most


def _unit_roundoff(array: Array) -> float:
    return float(np.finfo(array.dtype).eps) / 2.0
