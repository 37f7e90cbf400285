"""Minibatches of a training set, in an order drawn anew every epoch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_STREAM = 1
"""Keeps the shuffling apart from the initialization, which draws from the seed alone."""


def shuffling_generator(seed: int) -> np.random.Generator:
    """Return what draws the orders of the samples, an epoch after the other."""
    return np.random.default_rng([seed, _STREAM])


class Batches:
    """The training set, put in a new order every epoch and cut into pieces of `size` samples.

    The samples themselves stay where they are: a batch is copied when its turn comes.
    """

    def __init__(self, inputs: Array, targets: Array, size: int, seed: int) -> None:
        """Prepare to shuffle.

        Args:
            inputs: (N, s_0 + 1), a column of ones first.
            targets: (K, N).
            size: samples a batch, at most N; the last batch of an epoch may be smaller.
            seed: of the order.
        """
        self._inputs, self._targets = inputs, targets
        self._order = np.arange(len(inputs))
        self._pieces = [self._order[start : start + size] for start in range(0, len(inputs), size)]
        self.sizes = [len(piece) for piece in self._pieces]
        """How many samples each batch has."""
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Go back to the first epoch of `seed`."""
        self.generator = shuffling_generator(seed)
        self.start_epoch()

    def start_epoch(self) -> None:
        """Draw the order of the next epoch."""
        self.drawn_from: dict[str, Any] = dict(self.generator.bit_generator.state)
        self._order[:] = self.generator.permutation(len(self._order))

    def restart_epoch(self, drawn_from: dict[str, Any]) -> None:
        """Draw the order again that was drawn from this state of the generator."""
        self.generator.bit_generator.state = drawn_from
        self.start_epoch()

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self._pieces)

    def copy(self, index: int, inputs: Array, targets: Array) -> None:
        """Write a batch to `inputs`, (n, s_0 + 1), and `targets`, (K, n)."""
        rows = self._pieces[index]
        # The mode spares NumPy a copy that would keep `out` whole if a row did not exist.
        self._inputs.take(rows, 0, inputs, "clip")
        self._targets.take(rows, 1, targets, "clip")
