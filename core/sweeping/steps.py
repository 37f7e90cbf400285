"""The steps of many networks at once: the optimizers of one, and the rules around them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.optimizers import OPTIMIZERS, Optimizer
from bptui.core.step_rules import RuledOptimizer

Array = NDArray[Any]


class StackedRules(RuledOptimizer):
    """Rules around an optimizer in which each network has a gradient of its own length."""

    def _shortened(self, gradient: Array) -> Array:
        largest = np.abs(gradient).max(axis=0)
        usual = (largest > 0.0) & (largest < np.inf)
        # In units of its largest entry no gradient is too long for its squares.
        np.divide(gradient, np.where(usual, largest, 1.0), self._clipped)
        length = np.sqrt(np.einsum("ps,ps->s", self._clipped, self._clipped))
        long = usual & (largest * length > self._clip_norm)
        shorter = self._clipped * (self._clip_norm / np.where(long, length, 1.0))
        return np.where(long, shorter, gradient)


def stacked_optimizer(setting: Configuration, theta: Array, is_weight: Array) -> Optimizer:
    """Return what steps all networks of a setting.

    Args:
        setting: chooses the optimizer and the rules.
        theta: parameters of every network, (P, S), changed in place.
        is_weight: 1 for weights and 0 for biases, (P, 1).

    Raises:
        InputError: a rule is impossible.
    """
    optimizer = OPTIMIZERS[setting.optimizer](theta)
    if setting.clip_norm is None and not setting.weight_decay:
        return optimizer
    return StackedRules(
        optimizer, is_weight, clip_norm=setting.clip_norm, weight_decay=setting.weight_decay
    )
