"""A network in double precision, with its forward propagation written out again.

What the check computes, it computes from here. Neither this nor what is built on it
shares a line with the code that trains, which is what makes the comparison worth having.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation

Array = NDArray[Any]

KINKED = ("relu", "leaky-relu")
"""Activations without a derivative at 0."""
_LARGEST_BLOCK = 300_000
"""Numbers of one layer held at once; about 2 MB an array."""


def _sigmoid(z: Array) -> Array:
    positive = z.real >= 0
    decaying = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1.0, decaying) / (1.0 + decaying)


def _softplus(z: Array) -> Array:
    positive = z.real > 0
    return np.where(positive, z, 0.0) + np.log1p(np.exp(np.where(positive, -z, z)))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0.0),
    "leaky-relu": lambda z: np.where(z.real > 0, z, 0.01 * z),
    "softplus": _softplus,
    "linear": lambda z: z,
}
"""φ of real and of complex numbers; a kink is on the side of its real part."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some of the samples, propagated forward."""

    sources: list[Array]
    """[1, a] below every layer, (n, s_l + 1)."""
    pre_activations: list[Array]
    """z of every layer, (n, s_{l+1})."""
    targets: Array
    """(n, K)."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A network, its Θ and its samples, in double precision."""

    layers: tuple[int, ...]
    theta: Array
    """(P,)."""
    thetas: list[Array]
    """The same as Θ of each layer, (s_{l+1}, s_l + 1)."""
    inputs: Array
    """[1, X], (N, s_0 + 1)."""
    targets: Array
    """(N, K)."""
    activation: str
    output: str
    cost: str
    penalty: float
    """λ/N of the L2 penalty."""

    @classmethod
    def of(cls, work: Backpropagation, thetas: Sequence[Array] | None = None) -> "Replica":
        """Return the network of `work` with its samples, at `thetas` if it is not to be its own."""
        theta = work.theta
        if thetas is not None:
            theta = np.concatenate([array.ravel() for array in thetas])
        chosen = work.thetas if thetas is None else thetas
        return cls(
            work.layers,
            theta.astype(np.float64, copy=False),
            [array.astype(np.float64, copy=False) for array in chosen],
            work.inputs.astype(np.float64, copy=False),
            work.targets.T.astype(np.float64, copy=False),
            work.activation,
            work.output,
            work.cost_name,
            work.penalty,
        )

    @property
    def samples(self) -> int:
        """N."""
        return len(self.inputs)

    def blocks(self) -> Iterator[Block]:
        """Propagate the samples forward, as many at a time as need little memory."""
        size = max(1, _LARGEST_BLOCK // max(self.layers))
        for start in range(0, self.samples, size):
            yield self._block(slice(start, start + size))

    def _block(self, part: slice) -> Block:
        function = ACTIVATIONS[self.activation]
        source = self.inputs[part]
        sources, pre_activations = [source], []
        for theta in self.thetas[:-1]:
            z = source @ theta.T
            pre_activations.append(z)
            source = np.ones((len(z), z.shape[1] + 1))
            source[:, 1:] = function(z)
            sources.append(source)
        pre_activations.append(source @ self.thetas[-1].T)
        return Block(sources, pre_activations, self.targets[part])
