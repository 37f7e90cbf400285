"""Optimizers: each turns a gradient into a step of the flat Θ, in place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.calls import Calls, constant, run

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
        self._rate = constant(0.0, theta)
        self._learning_rate = 0.0
        self._gradient: Array | None = None
        self._calls: Calls = ()

    def reset(self) -> None:
        """Forget every earlier step."""
        for values in self.state.values():
            values.fill(0.0)

    def step(self, gradient: Array, learning_rate: float) -> None:
        """Change θ in place by one step along `gradient`, (P,), which stays as it is."""
        if gradient is not self._gradient:
            self._gradient, self._calls = gradient, self.calls(gradient)
        if learning_rate != self._learning_rate:
            self._learning_rate = learning_rate
            self._rate[()] = learning_rate
        run(self._calls)

    def calls(self, gradient: Array) -> Calls:
        """Return the NumPy calls that make a step along `gradient`."""
        return (
            (np.multiply, (gradient, self._rate, self._step)),
            (np.subtract, (self.theta, self._step, self.theta)),
        )

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

    def calls(self, gradient: Array) -> Calls:
        """Return the NumPy calls that make a step along `gradient`."""
        return (*self._faster(gradient), *super().calls(self._velocity))

    def _faster(self, gradient: Array) -> Calls:
        velocity = self._velocity
        return (
            (np.multiply, (velocity, constant(self.decay, velocity), velocity)),
            (np.add, (velocity, gradient, velocity)),
        )


class Nesterov(Momentum):
    """Nesterov momentum (Sutskever et al. 2013): v ← μ v + g, θ ← θ − η (g + μ v)."""

    def calls(self, gradient: Array) -> Calls:
        """Return the NumPy calls that make a step along `gradient`."""
        velocity, ahead = self._velocity, np.empty_like(self.theta)
        return (
            *self._faster(gradient),
            (np.multiply, (velocity, constant(self.decay, velocity), ahead)),
            (np.add, (ahead, gradient, ahead)),
            *Optimizer.calls(self, ahead),
        )


class RMSProp(Optimizer):
    """RMSProp (Hinton 2012): s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + ε), ρ = 0.9, ε = 1e-8."""

    learning_rate = 0.01
    decay = 0.9
    epsilon = 1e-8

    def __init__(self, theta: Array) -> None:
        """Start with no squares seen."""
        super().__init__(theta)
        self._squares = self._remember("squares")

    def calls(self, gradient: Array) -> Calls:
        """Return the NumPy calls that make a step along `gradient`."""
        squares, scaled = self._squares, np.empty_like(self.theta)
        return (
            (np.multiply, (gradient, gradient, scaled)),
            (np.multiply, (scaled, constant(1.0 - self.decay, scaled), scaled)),
            (np.multiply, (squares, constant(self.decay, squares), squares)),
            (np.add, (squares, scaled, squares)),
            (np.sqrt, (squares, scaled)),
            (np.add, (scaled, constant(self.epsilon, scaled), scaled)),
            (np.divide, (gradient, scaled, scaled)),
            *super().calls(scaled),
        )


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
        self._correction = constant(1.0, theta)

    def calls(self, gradient: Array) -> Calls:
        """Return the NumPy calls that make a step along `gradient`."""
        mean, squares, scaled = self._mean, self._squares, np.empty_like(self.theta)
        return (
            (self._count, ()),
            (np.multiply, (mean, constant(self.decay, mean), mean)),
            (np.multiply, (gradient, constant(1.0 - self.decay, scaled), scaled)),
            (np.add, (mean, scaled, mean)),
            (np.multiply, (squares, constant(self.square_decay, squares), squares)),
            (np.multiply, (gradient, gradient, scaled)),
            (np.multiply, (scaled, constant(1.0 - self.square_decay, scaled), scaled)),
            (np.add, (squares, scaled, squares)),
            (np.sqrt, (squares, scaled)),
            (np.multiply, (scaled, self._correction, scaled)),
            (np.add, (scaled, constant(self.epsilon, scaled), scaled)),
            (np.divide, (mean, scaled, scaled)),
            *super().calls(scaled),
        )

    def _count(self) -> None:
        """Count the step, and make up for the averages' having started from 0."""
        steps = self._steps.item() + 1.0
        self._steps[0] = steps
        self._rate[()] = self._learning_rate / (1.0 - self.decay**steps)
        self._correction[()] = (1.0 - self.square_decay**steps) ** -0.5


def can_be_steps(steps: Array) -> bool:
    """Return whether an optimizer can have taken so many steps; a file may say anything."""
    return bool(((steps >= 0.0) & (steps < np.inf)).all())


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Optimizer,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adam": Adam,
}
