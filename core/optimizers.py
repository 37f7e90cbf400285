"""Optimizers: each turns a gradient into a step of the flat Θ, in place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Optimizer:
    """Gradient descent: θ ← θ − η g."""

    learning_rate = 0.5
    """A learning rate to start from where none is given."""

    def __init__(self, theta: Array) -> None:
        """Prepare to step `theta`, the flat (P,) vector that every `step` changes."""
        self.theta = theta
        self.state: dict[str, Array] = {}
        """Everything remembered between steps, by name; what a checkpoint has to keep."""
        self._step = np.empty_like(theta)
        self.reset()

    def reset(self) -> None:
        """Forget every earlier step."""
        for values in self.state.values():
            values.fill(0.0)

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step along `gradient`, (P,), which stays as it is."""
        np.multiply(gradient, learning_rate, self._step)
        np.subtract(self.theta, self._step, self.theta)

    def _remember(self, name: str) -> Array:
        return self.state.setdefault(name, np.zeros_like(self.theta))


class Momentum(Optimizer):
    """Heavy ball (Polyak 1964): v ← μ v + g, θ ← θ − η v, μ = 0.9."""

    learning_rate = 0.05
    decay = 0.9

    def __init__(self, theta: Array) -> None:
        """Start at rest."""
        super().__init__(theta)
        self._velocity = self._remember("velocity")

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step."""
        velocity = self._velocity
        np.multiply(velocity, self.decay, velocity)
        np.add(velocity, gradient, velocity)
        super().step(velocity, learning_rate)


class Nesterov(Momentum):
    """Nesterov momentum (Sutskever et al. 2013): v ← μ v + g, θ ← θ − η (g + μ v)."""

    def __init__(self, theta: Array) -> None:
        """Start at rest."""
        super().__init__(theta)
        self._ahead = np.empty_like(theta)

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step."""
        velocity, ahead = self._velocity, self._ahead
        np.multiply(velocity, self.decay, velocity)
        np.add(velocity, gradient, velocity)
        np.multiply(velocity, self.decay, ahead)
        np.add(ahead, gradient, ahead)
        Optimizer.step(self, ahead, learning_rate)


class RMSProp(Optimizer):
    """RMSProp (Hinton 2012): s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + ε), ρ = 0.9, ε = 1e-8."""

    learning_rate = 0.01
    decay = 0.9
    epsilon = 1e-8

    def __init__(self, theta: Array) -> None:
        """Start with no squares seen."""
        super().__init__(theta)
        self._squares = self._remember("squares")
        self._scaled = np.empty_like(theta)

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step."""
        squares, scaled = self._squares, self._scaled
        np.multiply(gradient, gradient, scaled)
        np.multiply(scaled, 1.0 - self.decay, scaled)
        np.multiply(squares, self.decay, squares)
        np.add(squares, scaled, squares)
        np.sqrt(squares, scaled)
        np.add(scaled, self.epsilon, scaled)
        np.divide(gradient, scaled, scaled)
        super().step(scaled, learning_rate)


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, algorithm 1): β₁ = 0.9, β₂ = 0.999, ε = 1e-8."""

    learning_rate = 0.01
    decay = 0.9
    square_decay = 0.999
    epsilon = 1e-8

    def __init__(self, theta: Array) -> None:
        """Start at step 0."""
        super().__init__(theta)
        self._mean = self._remember("mean")
        self._squares = self._remember("squares")
        self._steps = self.state.setdefault("steps", np.zeros(1))
        self._scaled = np.empty_like(theta)

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step."""
        mean, squares, scaled = self._mean, self._squares, self._scaled
        self._steps += 1.0
        steps = float(self._steps[0])
        np.multiply(mean, self.decay, mean)
        np.multiply(gradient, 1.0 - self.decay, scaled)
        np.add(mean, scaled, mean)
        np.multiply(squares, self.square_decay, squares)
        np.multiply(gradient, gradient, scaled)
        np.multiply(scaled, 1.0 - self.square_decay, scaled)
        np.add(squares, scaled, squares)
        np.sqrt(squares, scaled)
        np.multiply(scaled, 1.0 / (1.0 - self.square_decay**steps) ** 0.5, scaled)
        np.add(scaled, self.epsilon, scaled)
        np.divide(mean, scaled, scaled)
        super().step(scaled, learning_rate / (1.0 - self.decay**steps))


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Optimizer,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adam": Adam,
}
