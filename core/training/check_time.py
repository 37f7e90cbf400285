"""How much of a gradient can be checked in a given time."""

from math import log2

from bptui.core.check.methods import METHODS, MOST_COMPARED
from bptui.core.errors import InputError

_STEPS = 30
"""How many steps of training a check takes besides the entries: noise, rounding, smoothness."""
_COMPLEX_COSTS = 3
"""A cost of complex numbers, in costs of real ones."""
_EXTRAPOLATED_COSTS = 20
"""Costs that an entry takes by extrapolated differences."""
_SLOWER = 1.05
"""How much slower a step is believed to have become at once."""
_PATIENCE = 4.0
"""How many times longer than it should the shortest check may take."""


def entries_to_draw(most: int, parameters: int) -> int:
    """Return how many of all entries to check where there is time for `most`.

    Where that is not for all of them it is a power of two, so that the draw seldom changes.
    """
    if most >= parameters:
        return most
    return 2 ** int(log2(most)) if most else 0


class CheckTime:
    """Watches how long somebody's own functions take, and turns seconds into entries."""

    def __init__(self, cost_seconds: float, step_seconds: float) -> None:
        """Take the time of the first cost, and of that and the first gradient together."""
        self._cost, self._step = cost_seconds, step_seconds
        self._found = ""

    def took(self, cost_seconds: float, step_seconds: float) -> None:
        """Take note of another step: what is usual counts, not one that something held up."""
        self._cost = min(cost_seconds, _SLOWER * self._cost)
        self._step = min(step_seconds, _SLOWER * self._step)

    def found(self, method: str) -> None:
        """Take note of the method that `auto` came to."""
        self._found = method

    def most_entries(self, method: str, seconds: float, arrays: int, parameters: int) -> int:
        """Return how many entries a check may compare.

        Args:
            method: of the check.
            seconds: that it should take at most.
            arrays: how many there are; one entry of each is the least.
            parameters: how many there are in all.

        Raises:
            InputError: even the least would take far longer.
        """
        entry, besides = self._costs_an_entry(method) * self._cost, _STEPS * self._step
        shortest = besides + arrays * entry
        if shortest > _PATIENCE * seconds:
            raise InputError(
                f"a check of this model takes {shortest:.1f} s or more, too long to watch; "
                "bptui check takes its time"
            )
        left = max(seconds - besides, seconds / 2.0)
        most = max(arrays, min(MOST_COMPARED, int(left / entry)))
        return max(arrays, entries_to_draw(most, parameters))

    def _costs_an_entry(self, method: str) -> int:
        if method == "auto":
            method = self._found or method
        if method == "complex":
            return _COMPLEX_COSTS
        return METHODS[method].costs_an_entry if method in METHODS else _EXTRAPOLATED_COSTS
