"""Minibatches of a training set, in an order drawn anew every epoch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_STREAM = 1
"""Keeps the shuffling apart from the initialization, which draws from the seed alone."""


class Batches:
    """The training set, shuffled once an epoch and cut into pieces of `size` samples."""

    def __init__(self, inputs: Array, targets: Array, size: int, seed: int) -> None:
        """Prepare to shuffle.

        Args:
            inputs: (N, s_0 + 1), a column of ones first.
            targets: (N, K).
            size: samples a batch, at most N; the last batch of an epoch may be smaller.
            seed: of the order.
        """
        self._inputs, self._targets = inputs, targets
        self._shuffled_inputs = np.empty_like(inputs)
        self._shuffled_targets = np.empty_like(targets)
        self._pieces = [
            slice(start, min(start + size, len(inputs))) for start in range(0, len(inputs), size)
        ]
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Go back to the first epoch of `seed`."""
        self.generator = np.random.default_rng([seed, _STREAM])
        self.start_epoch()

    def start_epoch(self) -> None:
        """Draw the order of the next epoch."""
        self.drawn_from: dict[str, Any] = dict(self.generator.bit_generator.state)
        order = self.generator.permutation(len(self._inputs))
        np.take(self._inputs, order, axis=0, out=self._shuffled_inputs)
        np.take(self._targets, order, axis=0, out=self._shuffled_targets)

    def restart_epoch(self, drawn_from: dict[str, Any]) -> None:
        """Draw the order again that was drawn from this state of the generator."""
        self.generator.bit_generator.state = drawn_from
        self.start_epoch()

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self._pieces)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        """Return the inputs (n, s_0 + 1) and targets (K, n) of a batch, as views."""
        piece = self._pieces[index]
        return self._shuffled_inputs[piece], self._shuffled_targets[piece].T
