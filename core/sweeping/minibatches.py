"""Minibatches of many networks at once, each in the order that its own seed draws."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.training.batches import shuffling_generator

Array = NDArray[Any]

_HALF = 2**64


class Minibatches:
    """The steps of an epoch, each with a few samples, other ones for each network."""

    STATE = 4
    """Whole numbers that hold the state of a generator."""

    def __init__(
        self, whole: StackedBackpropagation, seeds: Sequence[int], samples: int, size: int
    ) -> None:
        """Stand before the first epoch.

        Args:
            whole: the networks, on all samples.
            seeds: of the networks.
            samples: N.
            size: samples a batch, less than N; the last batch of an epoch may be smaller.
        """
        self._generators = [shuffling_generator(seed) for seed in seeds]
        self._order = np.empty((len(seeds), samples), np.intp)
        pieces = [self._order[:, start : start + size] for start in range(0, samples, size)]
        works = {each: whole.batch(each) for each in {piece.shape[1] for piece in pieces}}
        self._batches = [(piece, works[piece.shape[1]]) for piece in pieces]
        self._states: NDArray[np.uint64] = np.zeros((len(seeds), self.STATE), np.uint64)
        self.generators = self._states.view(np.int64)
        """Of each network the state of what draws its orders, as of the last `remember`."""

    def train(self, step: Callable[[Array, float], None], learning_rate: float) -> None:
        """Take the steps of one epoch."""
        for order, generator in zip(self._order, self._generators, strict=True):
            order[:] = generator.permutation(len(order))
        for rows, work in self._batches:
            work.load(rows)
            work.forward()
            work.backward()
            step(work.gradient, learning_rate)

    def remember(self) -> None:
        """Write the state of the generators to `generators`."""
        for row, generator in zip(self._states, self._generators, strict=True):
            state: Any = generator.bit_generator.state
            row[:2] = divmod(state["state"]["state"], _HALF)
            row[2:] = state["has_uint32"], state["uinteger"]

    def recall(self) -> None:
        """Take the state of the generators from `generators`."""
        for row, generator in zip(self._states.tolist(), self._generators, strict=True):
            state: Any = generator.bit_generator.state
            state["state"]["state"] = row[0] * _HALF + row[1]
            state["has_uint32"], state["uinteger"] = row[2:]
            generator.bit_generator.state = state
