"""What is done to a gradient before an optimizer's step, and to the weights beside it."""

import numpy as np

from bptui.core.errors import InputError
from bptui.core.optimizers import Array, Optimizer


class RuledOptimizer(Optimizer):
    """An optimizer whose gradient is clipped, or whose weights decay, or both."""

    def __init__(
        self,
        optimizer: Optimizer,
        is_weight: Array,
        *,
        clip_norm: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        """Put rules around the steps of `optimizer`.

        Args:
            optimizer: takes the steps; its memory is the only one.
            is_weight: 1 for weights and 0 for biases, which do not decay, (P,).
            clip_norm: a gradient that is longer is shortened to this length
                (Pascanu, Mikolov & Bengio 2013).
            weight_decay: λ of θ ← θ − η λ θ beside every step (Loshchilov & Hutter 2019).

        Raises:
            InputError: a length that is not above 0, or a decay below 0.
        """
        if clip_norm is not None and not 0.0 < clip_norm < np.inf:
            raise InputError(f"clip_norm: {clip_norm} is not a finite number above 0")
        if not 0.0 <= weight_decay < np.inf:
            raise InputError(f"weight_decay: {weight_decay} is not a number of 0 or more")
        self._inner = optimizer
        super().__init__(optimizer.theta)
        self.state = optimizer.state
        self._clip_norm = np.inf if clip_norm is None else clip_norm
        self._weight_decay = weight_decay
        self._is_weight = is_weight
        self._clipped = np.empty_like(optimizer.theta)

    def reset(self) -> None:
        """Forget every earlier step."""
        self._inner.reset()

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step along `gradient`, (P,), which stays as it is."""
        if self._clip_norm < np.inf:
            gradient = self._shortened(gradient)
        if self._weight_decay:
            np.multiply(self.theta, self._is_weight, self._step)
            np.multiply(self._step, learning_rate * self._weight_decay, self._step)
            np.subtract(self.theta, self._step, self.theta)
        self._inner.step(gradient, learning_rate)

    def _shortened(self, gradient: Array) -> Array:
        largest = float(np.abs(gradient).max())
        if not 0.0 < largest < np.inf:
            return gradient
        # In units of its largest entry no gradient is too long for its squares.
        np.divide(gradient, largest, self._clipped)
        length = float(self._clipped.dot(self._clipped)) ** 0.5
        if largest * length <= self._clip_norm:
            return gradient
        return np.multiply(self._clipped, self._clip_norm / length, self._clipped)
