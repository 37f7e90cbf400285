"""Mistakes that are hard to see: one entry, a few digits, or only now and then."""

import numpy as np

from bptui.core.backpropagation import Backpropagation
from bptui.core.faults.fault import Fault, Setting, nothing

LONGEST = 0.01
"""‖gradient‖ from which on it is clipped."""


class OneWeightOff(Backpropagation):
    """One entry is 1 % too large."""

    def backward(self) -> None:
        """Fill `gradient`, and spoil an entry that the sizes of the network draw."""
        super().backward()
        self.gradient[np.random.default_rng(self.layers).integers(self.gradient.size)] *= 1.01


class OneWeightZero(Backpropagation):
    """One entry is never written."""

    def backward(self) -> None:
        """Fill `gradient`, but for an entry that the sizes of the network draw."""
        super().backward()
        self.gradient[np.random.default_rng(self.layers).integers(self.gradient.size)] = 0.0


class Clipped(Backpropagation):
    """Gradient clipping was left on."""

    def backward(self) -> None:
        """Fill `gradient`, and shorten it where it is long."""
        super().backward()
        length = np.linalg.norm(self.gradient)
        if length > LONGEST:
            self.gradient *= LONGEST / length


class SinglePrecisionInside(Backpropagation):
    """One product is done in float32, in a network of float64."""

    def layer_gradient(self, layer: int) -> None:
        """δ aᵀ, rounded to 7 digits."""
        source = self._with_bias[layer - 1].T if layer else self.inputs
        delta = self.deltas[layer].astype(np.float32)
        self.gradients[layer][:] = delta @ source.astype(np.float32)


def _double_precision(setting: Setting) -> str | None:
    return None if setting.dtype == "float64" else "needs a network in float64"


SMALL = (
    Fault(
        "one-weight-off",
        "One entry of the gradient is 1 % too large",
        "A slip too small to be seen in training: it learns as well as the right one. One "
        "single entry is wrong in the check, by 1 %.",
        OneWeightOff,
        nothing,
        ("entries", "bias"),
    ),
    Fault(
        "one-weight-zero",
        "One entry of the gradient is never computed",
        "One weight keeps its initial value, and all others learn around it where they can. "
        "One single entry is wrong in the check: 0.",
        OneWeightZero,
        nothing,
        ("entries", "bias"),
    ),
    Fault(
        "clipped",
        "Gradient clipping was left on",
        "Steps are short while the cost is steep, so that it learns slowly but well. The "
        "ratio is the same everywhere, until the gradient is shorter than the limit of 0.01: "
        "then the check passes.",
        Clipped,
        nothing,
        ("scale",),
    ),
    Fault(
        "float32-inside",
        "float32 in one product of a float64 network",
        "It learns as well as the right one. The check fails in the eighth digit or so, which "
        "a tolerance of 1e-6 would let pass.",
        SinglePrecisionInside,
        _double_precision,
        ("precision",),
    ),
)
