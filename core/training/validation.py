"""The cost and the score of samples that are never trained on, watched at fixed epochs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Dataset
from bptui.core.network import Network
from bptui.core.training.scores import score

Array = NDArray[Any]

MOST_COSTS = 4096
"""So many are kept; of more, every other one is forgotten, and from then on not kept at all."""


class ValidationWatch:
    """Validation costs at every `interval`th epoch, whatever the slices of training."""

    def __init__(self, network: Network, validation: Dataset | None, interval: int) -> None:
        """Watch `validation`; with `None` there is nothing to see."""
        self._interval = interval
        self._costs: list[tuple[int, float]] = []
        self._spacing = interval
        """Epochs between two costs that are kept."""
        self._last: tuple[int, float] | None = None
        self._work = None
        self._validation = validation
        if validation is not None:
            self._work = network.loaded(validation.X, validation.y)
            # The penalty belongs to what is minimized, not to how good the network is.
            self._work.penalty = 0.0

    @property
    def last(self) -> float | None:
        """The last cost, without a penalty; `None` before the first."""
        return None if self._last is None else self._last[1]

    def score(self) -> float | None:
        """Return accuracy or R² at the last look; `None` before the first, and of no samples."""
        if self._validation is None or self._work is None or self._last is None:
            return None
        outputs = self._work.outputs.T.astype(np.float64)
        return score(self._validation.task, outputs, self._validation.y)

    def look_again(self) -> None:
        """Let the score be of Θ as it is now, which was changed from outside."""
        if self._work is not None:
            with np.errstate(all="ignore"):
                self._work.forward()

    def next_epoch(self, epoch: int) -> int | None:
        """Return the first epoch after `epoch` at which to look."""
        return None if self._work is None else (epoch // self._interval + 1) * self._interval

    def look(self, epoch: int) -> float | None:
        """Return the cost of Θ as it is at `epoch`, if it is one to look at and was not yet."""
        if self._work is None or epoch % self._interval:
            return None
        if self._last is not None and self._last[0] == epoch:
            return None
        with np.errstate(all="ignore"):
            self._work.forward()
            cost = self._work.cost()
        self._last = epoch, cost
        self._keep(epoch, cost)
        return cost

    def _keep(self, epoch: int, cost: float) -> None:
        if epoch % self._spacing == 0:
            self._costs.append((epoch, cost))
        if len(self._costs) > MOST_COSTS:
            self._spacing *= 2
            self._costs = [seen for seen in self._costs if seen[0] % self._spacing == 0]

    def forget_after(self, epoch: int) -> None:
        """Forget the costs of later epochs, which were undone."""
        self._costs = [seen for seen in self._costs if seen[0] <= epoch]
        if self._last is not None and self._last[0] > epoch:
            self._last = self._costs[-1] if self._costs else None

    def history(self) -> Array:
        """Return epochs and costs, (n, 2)."""
        costs = self._costs
        if self._last is not None and (not costs or costs[-1][0] != self._last[0]):
            costs = [*costs, self._last]
        return np.array(costs, np.float64).reshape(-1, 2)

    def restore(self, history: Array) -> None:
        """Take up the costs of an earlier run.

        Raises:
            ValueError: they are no costs.
        """
        if history.dtype.kind != "f":
            raise ValueError("its validation costs are not real numbers")
        costs = [(int(epoch), float(cost)) for epoch, cost in history]
        self._spacing, self._costs, self._last = self._interval, [], None
        if len(costs) > 1:
            # As the run that saved them did: it had its own spacing, a power of 2 of intervals.
            while self._spacing < costs[1][0] - costs[0][0]:
                self._spacing *= 2
        for epoch, cost in costs:
            self._keep(epoch, cost)
            self._last = epoch, cost
