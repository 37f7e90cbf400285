"""Two ways to lay out the arrays of many networks in memory, and the products of each.

Whichever it is, the last axis of every array is the network: Θ is (J, I + 1, S), what feeds a
layer (I + 1, N, S), what comes out of it (J, N, S). No product mixes networks, and none depends
on how many there are beside each other, so that a network's bits are those of its seed alone.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bptui.core.layers import layer_shapes

Array = NDArray[Any]
Product = Callable[[], object]
Fill = Callable[[Array], object]


def _find_einsum() -> Callable[..., Any]:
    """Return what `np.einsum` calls once it has looked at its arguments.

    That look takes a microsecond, of a product of tiny networks a fifth; where a NumPy keeps
    the inner function elsewhere, `np.einsum` does as well.
    """
    for home in ("numpy._core.multiarray", "numpy.core.multiarray"):
        try:
            return import_module(home).c_einsum
        except (ImportError, AttributeError):
            continue
    return np.einsum


_einsum = _find_einsum()

LARGEST_TINY = 300
"""Multiplications in a layer of one network, all samples together, from which on BLAS wins."""
FEWEST_NETWORKS = 2
"""With one alone, NumPy would add in another order than beside others."""


class Layout(Protocol):
    """A layout in memory, and its products, each as a function that carries it out.

    Arrays have the network last. They are views of the same memory for ever, so that whatever
    can be settled about a product is settled once.
    """

    def ones(self, shape: Sequence[int], networks: int, dtype: Any) -> Array:
        """Return a new array of `shape` for each network, (*shape, S)."""

    def rows(self, values: Array, samples: int, networks: int) -> tuple[Array, Fill]:
        """Return an array for so many rows of `values`, (N, F), and what copies them there.

        The array is (F, n, S); the copying is told which rows each network has, (S, n).
        """

    def feed(self, theta: Array, source: Array, out: Array) -> Product:
        """z of a layer: Θ a."""

    def feed_first(self, theta: Array, inputs: Array, out: Array) -> Product:
        """z of the first layer, whose inputs (N, I + 1) all networks share."""

    def propagate(self, theta: Array, delta: Array, out: Array) -> Product:
        """Θᵀ δ, for the units below; the bias column is left out."""

    def gradient(self, delta: Array, source: Array, out: Array) -> Product:
        """δ aᵀ, summed over the samples."""

    def gradient_first(self, delta: Array, inputs: Array, out: Array) -> Product:
        """δ aᵀ of the first layer."""


class NetworksAdjacent:
    """The network is the innermost axis: one instruction works on many networks.

    For tiny networks, where a product of matrices would be all overhead.
    """

    def ones(self, shape: Sequence[int], networks: int, dtype: Any) -> Array:
        """Return (*shape, S), contiguous."""
        return np.ones((*shape, networks), dtype)

    def rows(self, values: Array, samples: int, networks: int) -> tuple[Array, Fill]:
        """Return (F, n, S), contiguous."""
        columns = np.ascontiguousarray(values.T)
        copy = np.empty((len(columns), samples, networks), values.dtype)
        # The mode spares NumPy a copy that would keep `out` whole if a row did not exist.
        return copy, lambda rows: columns.take(rows.T, 1, copy, "clip")

    def feed(self, theta: Array, source: Array, out: Array) -> Product:
        """z of a layer."""
        return partial(_einsum, "jis,ins->jns", theta, source, out=out)

    def feed_first(self, theta: Array, inputs: Array, out: Array) -> Product:
        """z of the first layer, one product of matrices a unit."""
        return partial(np.matmul, inputs, theta, out)

    def propagate(self, theta: Array, delta: Array, out: Array) -> Product:
        """Θᵀ δ."""
        if len(delta) == 1:
            return _propagated_by_one(theta, delta, out)
        return partial(_einsum, "jis,jns->ins", theta[:, 1:], delta, out=out)

    def gradient(self, delta: Array, source: Array, out: Array) -> Product:
        """δ aᵀ."""
        return partial(_einsum, "jns,ins->jis", delta, source, out=out)

    def gradient_first(self, delta: Array, inputs: Array, out: Array) -> Product:
        """δ aᵀ, one product of matrices a unit."""
        return partial(np.matmul, inputs.T, delta, out)


class NetworksApart:
    """The network is the outermost axis: one product of matrices a network."""

    def ones(self, shape: Sequence[int], networks: int, dtype: Any) -> Array:
        """Return (*shape, S), a view of (S, *shape), contiguous."""
        return np.moveaxis(np.ones((networks, *shape), dtype), 0, -1)

    def rows(self, values: Array, samples: int, networks: int) -> tuple[Array, Fill]:
        """Return (F, n, S), a view of (S, n, F), contiguous."""
        copy = np.empty((networks, samples, values.shape[1]), values.dtype)
        return copy.transpose(2, 1, 0), lambda rows: values.take(rows, 0, copy, "clip")

    def feed(self, theta: Array, source: Array, out: Array) -> Product:
        """z of a layer."""
        return partial(np.matmul, _matrices(theta), _matrices(source), _matrices(out))

    def feed_first(self, theta: Array, inputs: Array, out: Array) -> Product:
        """z of the first layer."""
        return partial(np.matmul, _matrices(theta), inputs.T, _matrices(out))

    def propagate(self, theta: Array, delta: Array, out: Array) -> Product:
        """Θᵀ δ."""
        if len(delta) == 1:
            return _propagated_by_one(theta, delta, out)
        columns = _matrices(theta[:, 1:]).swapaxes(1, 2)
        return partial(np.matmul, columns, _matrices(delta), _matrices(out))

    def gradient(self, delta: Array, source: Array, out: Array) -> Product:
        """δ aᵀ."""
        return partial(
            np.matmul, _matrices(delta), _matrices(source).swapaxes(1, 2), _matrices(out)
        )

    def gradient_first(self, delta: Array, inputs: Array, out: Array) -> Product:
        """δ aᵀ."""
        return partial(np.matmul, _matrices(delta), inputs, _matrices(out))


def _propagated_by_one(theta: Array, delta: Array, out: Array) -> Product:
    """Θᵀ δ of a single unit: a sum of one, over which NumPy takes long as a product."""
    return partial(np.multiply, theta[0, 1:, np.newaxis], delta, out)


def _matrices(array: Array) -> Array:
    """Return (J, I, S) as S matrices, (S, J, I)."""
    return array.transpose(2, 0, 1)


def layout_for(layers: Sequence[int], samples: int) -> Layout:
    """Return the faster layout for networks of these layers, with so many samples."""
    largest = max(rows * columns for rows, columns in layer_shapes(layers))
    return NetworksAdjacent() if samples * largest <= LARGEST_TINY else NetworksApart()
