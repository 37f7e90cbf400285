"""Where the Θ of every layer stands in one flat vector."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def layer_shapes(layers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the shape (s_{l+1}, s_l + 1) of every matrix, from the sizes s of all layers."""
    return [(outputs, inputs + 1) for inputs, outputs in itertools.pairwise(layers)]


def parameter_count(layers: Sequence[int]) -> int:
    """Return P, how many parameters a network of such layers has, biases included."""
    return sum(rows * columns for rows, columns in layer_shapes(layers))


def layer_views(flat: Array, layers: Sequence[int]) -> list[Array]:
    """Return the matrices that share memory with `flat`.

    Args:
        flat: (P,), or (P, S) of S networks.
        layers: sizes of all layers, input and output included.

    Returns:
        For each layer (s_{l+1}, s_l + 1), or (s_{l+1}, s_l + 1, S).
    """
    views, start = [], 0
    for rows, columns in layer_shapes(layers):
        end = start + rows * columns
        views.append(flat[start:end].reshape(rows, columns, *flat.shape[1:]))
        start = end
    return views


def weight_mask(layers: Sequence[int], dtype: Any) -> Array:
    """Return 1 for every weight and 0 for every bias, (P,)."""
    mask = np.ones(parameter_count(layers), dtype)
    for matrix in layer_views(mask, layers):
        matrix[:, 0] = 0.0
    return mask
