"""Stopping when the validation cost no longer falls, with the best Θ kept (Prechelt 1998)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class EarlyStopping:
    """Remembers the Θ of the lowest validation cost, and how long ago that was."""

    def __init__(self, theta: Array, patience: int) -> None:
        """Have seen nothing yet.

        Args:
            theta: the flat parameters (P,).
            patience: epochs to wait for a lower cost.
        """
        self.patience = patience
        self._theta = theta
        self.best_theta = theta.copy()
        """Θ at the lowest cost, (P,)."""
        self.restart()

    def restart(self) -> None:
        """Forget everything seen."""
        self.cost = np.inf
        """The lowest so far."""
        self.epoch = self.seen = 0
        """When the cost was the lowest, and when it was looked at last."""
        self.taken = False
        """Whether training has ended with the best Θ."""
        self.best_theta[:] = self._theta

    def see(self, epoch: int, cost: float) -> None:
        """Take note of the validation cost of Θ as it is, at `epoch`."""
        self.seen = epoch
        if cost < self.cost:
            self.cost, self.epoch = cost, epoch
            self.best_theta[:] = self._theta

    @property
    def exhausted(self) -> bool:
        """Whether patience is at its end."""
        return self.seen - self.epoch >= self.patience

    def take_best(self) -> None:
        """Give Θ the values it had at the lowest cost."""
        self._theta[:] = self.best_theta
        self.taken = True

    def restore(self, cost: float, epoch: int, seen: int, best_theta: Array) -> None:
        """Take up what was seen in an earlier run."""
        self.cost, self.epoch, self.seen = cost, epoch, seen
        self.best_theta[:] = best_theta
