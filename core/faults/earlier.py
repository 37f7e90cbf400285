"""Mistakes of order: something from the step before is still there.

What is remembered changes when Θ has, and not with every call, so that a check or a drawing
between two steps changes nothing. All works of one network share it through `memory`, and a
checkpoint keeps it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.faults.fault import Fault, hidden_layer, nothing

Array = NDArray[Any]

_STEP = 0.1
"""The learning rate of a step made up for the time before the first."""


class _Remembering(Backpropagation):
    """Has a right backpropagation at hand for Θ as it was before the last update."""

    def __init__(self, theta: Array, layers: Sequence[int], **settings: Any) -> None:
        """Make that second backpropagation."""
        super().__init__(theta, layers, **settings)
        self.before = Backpropagation(theta.copy(), layers, **settings)

    def recall(self) -> None:
        """Bring `before` to Θ as it was one update ago, and its gradient on these samples."""
        memory = self.memory
        if not {"now", "before"} <= memory.keys():
            memory["before"] = self.made_up()
            memory["now"] = self.theta.copy()
        elif not np.array_equal(memory["now"], self.theta):
            memory["before"] = memory["now"]
            memory["now"] = self.theta.copy()
        self.go_back(memory["before"])

    def made_up(self) -> Array:
        """Return a Θ from which one step of gradient descent might have led here.

        Before the first update nothing is old yet, and the fault could not be seen.
        """
        self.go_back(self.theta)
        return self.theta + _STEP * self.before.gradient

    def go_back(self, theta: Array) -> None:
        """Bring `before` to `theta`, and its gradient on these samples."""
        np.copyto(self.before.theta, theta)
        self.before.penalty = self.penalty
        self.before.load(self.inputs, self.targets)
        self.before.evaluate()


class StaleActivations(_Remembering):
    """The activations were kept from before the last update."""

    def backward(self) -> None:
        """Fill `gradient`, once the old activations are at hand."""
        self.recall()
        super().backward()

    def layer_gradient(self, layer: int) -> None:
        """δ aᵀ, with a of the Θ before."""
        source = self.before._with_bias[layer - 1].T if layer else self.inputs
        self.deltas[layer].dot(source, self.gradients[layer])


class UpdateBeforeCheck(_Remembering):
    """The gradient belongs to Θ before the last update."""

    def backward(self) -> None:
        """Fill `gradient` with that of the Θ before."""
        self.recall()
        np.copyto(self.gradient, self.before.gradient)


class NotZeroed(_Remembering):
    """Gradients are added to those of all steps before."""

    def backward(self) -> None:
        """Add the gradient to what is there."""
        super().backward()
        memory = self.memory
        if not {"now", "sum", "last"} <= memory.keys():
            self.go_back(self.made_up())
            memory["sum"] = self.before.gradient.copy()
        elif not np.array_equal(memory["now"], self.theta):
            memory["sum"] = memory["sum"] + memory["last"]
        memory["now"], memory["last"] = self.theta.copy(), self.gradient.copy()
        self.gradient += memory["sum"]


EARLIER = (
    Fault(
        "stale-activations",
        "Activations from before the last update",
        "Backpropagation runs on activations that were cached too early. It learns as well as "
        "the right one, since one step changes little; the weights above hidden layers are "
        "slightly wrong.",
        StaleActivations,
        hidden_layer,
        ("entries",),
    ),
    Fault(
        "update-before-check",
        "The gradient of Θ before the last update",
        "A right gradient, one step too old; the article's check has this mistake. It learns "
        "as well as the right one, and the difference grows with the learning rate; every "
        "entry is slightly wrong.",
        UpdateBeforeCheck,
        nothing,
        ("stale-point",),
    ),
    Fault(
        "not-zeroed",
        "Gradients are added up over the steps",
        "Like momentum without any friction: the network overshoots for ever and seldom "
        "learns. Every entry is wrong, and by more with every step.",
        NotZeroed,
        nothing,
        (None, "scale"),
    ),
)
