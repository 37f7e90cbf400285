"""The parameters as matrices with names for their rows and columns."""

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.snapshot import Description, Snapshot
from bptui.tui.drawing.symbols import Symbols, subscript

_NUMBERED = re.compile(r"([A-Za-z])_?(\d+)")


@dataclass(frozen=True, slots=True)
class Matrix:
    """One array of parameters, as two dimensions."""

    name: str
    values: NDArray[Any]
    """(rows, columns)."""
    shape: str
    """Its shape as people write it: `2×3`."""
    biased: bool
    """Whether column 0 is the bias."""
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    """Names; empty where there would be too many to be read."""


def matrices(snapshot: Snapshot, symbols: Symbols, most_names: int = 200) -> list[Matrix]:
    """Return all parameters; rows and columns beyond `most_names` get no names.

    The last axis makes the columns, and all others together the rows.
    """
    biased = snapshot.description.bias_column
    found = []
    for layer, (name, theta) in enumerate(
        zip(snapshot.description.array_names, snapshot.thetas, strict=True)
    ):
        values = theta.reshape(math.prod(theta.shape[:-1]), theta.shape[-1] if theta.ndim else 1)
        rows, columns = values.shape
        found.append(
            Matrix(
                symbols.text(name),
                values,
                symbols.text("×".join(map(str, theta.shape))),
                biased,
                _row_names(snapshot, layer, theta.shape, symbols) if rows <= most_names else (),
                _column_names(snapshot, layer, columns, symbols) if columns <= most_names else (),
            )
        )
    return found


def pretty_name(name: str, symbols: Symbols) -> str:
    """Return a name for the screen: `x1` is `x₁`, and control characters are written out."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return symbols.text(subscript(numbered[1], int(numbered[2])))
    return symbols.text(name)


def _units(letter: str, count: int, symbols: Symbols) -> tuple[str, ...]:
    return tuple(symbols.text(subscript(letter, unit)) for unit in range(1, count + 1))


def unit_names(description: Description, layer: int, symbols: Symbols) -> tuple[str, ...]:
    """Return the names of the units of a layer, 0 the input."""
    units, last = description.layers[layer], len(description.layers) - 1
    if 0 < layer < last:
        return _units("a", units, symbols)
    if layer == last and units == 1:
        return (symbols.text("ŷ"),)
    names = description.target_names if layer else description.feature_names
    if len(names) != units:
        return _units("ŷ" if layer else "x", units, symbols)
    return tuple(pretty_name(name, symbols) for name in names)


def _row_names(
    snapshot: Snapshot, layer: int, shape: tuple[int, ...], symbols: Symbols
) -> tuple[str, ...]:
    if not snapshot.description.bias_column:
        if len(shape) < 2:
            return ("",)
        return tuple(",".join(map(str, index)) for index in np.ndindex(shape[:-1]))
    return unit_names(snapshot.description, layer + 1, symbols)


def _column_names(
    snapshot: Snapshot, layer: int, columns: int, symbols: Symbols
) -> tuple[str, ...]:
    if not snapshot.description.bias_column:
        return tuple(str(column) for column in range(columns))
    return ("1", *unit_names(snapshot.description, layer, symbols))
