"""J of a network and its right gradient, as functions of a flat Θ."""

from typing import Any

import numpy as np

from bptui.core.backpropagation import Backpropagation
from bptui.core.network import Network

Array = np.ndarray[Any, Any]


class Function:
    """J and its backpropagated gradient as functions of a flat Θ."""

    def __init__(self, work: Backpropagation) -> None:
        """Use `work`, whose Θ is overwritten with every call."""
        self.work = work

    def cost(self, theta: Array) -> float:
        """Return J."""
        np.copyto(self.work.theta, theta)
        self.work.forward()
        return float(self.work.cost())

    def gradient(self, theta: Array) -> Array:
        """Return ∂J/∂Θ, flat."""
        np.copyto(self.work.theta, theta)
        self.work.evaluate()
        return self.work.gradient.copy()


def right_function(network: Network, X: Array, y: Array) -> Function:
    """Return J of `network` with a Θ of its own, without any planted fault."""
    twin = Network(
        network.layers,
        activation=network.activation,
        output=network.output,
        cost=network.cost_name,
        l2=network.l2,
    )
    return Function(twin.loaded(X, y))
