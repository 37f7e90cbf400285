"""When each network of a stack was solved, or diverged."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.training.scores import classified_right

Array = NDArray[Any]


class Outcomes:
    """What is known of each network so far, from looking at it now and then.

    Without a cost to reach, a network is solved from the first look from which on all samples
    were classified right at every look. With one, it is solved at the first look whose cost
    is not above it, and ends there, as training does.
    """

    ARRAYS = ("solved_at", "cost", "diverged", "ended")
    """What it remembers, each (S,) and changed in place."""

    def __init__(self, y: NDArray[np.float64], networks: int, until_cost: float | None) -> None:
        """Nothing has been looked at.

        Args:
            y: targets, (N, K).
            networks: S.
            until_cost: the cost to reach.
        """
        self._y, self._until_cost = y, until_cost
        self.solved_at = np.full(networks, -1, np.int64)
        """The epoch from which on each is solved; -1 if it is not."""
        self.cost = np.full(networks, np.nan)
        """The last finite cost of each."""
        self.diverged = np.zeros(networks, bool)
        self.ended = np.zeros(networks, bool)
        """Those that are not looked at any more."""

    def look(self, epoch: int, costs: Array, outputs: Array) -> None:
        """Look at all networks: their costs, (S,), and outputs ŷ, (K, N, S)."""
        finite = np.isfinite(costs)
        going = finite & ~self.ended
        np.copyto(self.cost, costs, where=going)
        broken = ~finite & ~self.ended
        self.diverged |= broken
        self.ended |= broken
        if self._until_cost is not None:
            reached = going & (self.cost <= self._until_cost)
            self.solved_at[reached] = epoch
            self.ended |= reached
            return
        right = classified_right(outputs.transpose(2, 1, 0), self._y).all(axis=-1) & going
        np.copyto(self.solved_at, epoch, where=right & (self.solved_at < 0))
        np.copyto(self.solved_at, -1, where=~right)
