"""The parameters as matrices with names for their rows and columns."""

import re
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from bptui.core.check import theta_name
from bptui.core.snapshot import Snapshot
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


def parameter_names(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of the arrays of parameters: `Θ¹` and so on, or their own."""
    report = snapshot.report
    if report is not None and len(report.arrays) == len(snapshot.thetas):
        return tuple(array.name for array in report.arrays)
    return tuple(theta_name(layer) for layer in range(len(snapshot.thetas)))


def matrices(snapshot: Snapshot, symbols: Symbols, most_names: int = 200) -> list[Matrix]:
    """Return all parameters; rows and columns beyond `most_names` get no names."""
    layers = snapshot.description.layers
    count = len(snapshot.thetas)
    biased = len(layers) == count + 1 and all(
        theta.shape == (layers[layer + 1], layers[layer] + 1)
        for layer, theta in enumerate(snapshot.thetas)
    )
    found = []
    for layer, (name, theta) in enumerate(
        zip(parameter_names(snapshot), snapshot.thetas, strict=True)
    ):
        values = theta.reshape(theta.shape[0] if theta.ndim > 1 else 1, -1)
        rows, columns = values.shape
        found.append(
            Matrix(
                symbols.text(name),
                values,
                symbols.text("×".join(map(str, theta.shape))),
                biased,
                _row_names(snapshot, layer, rows, biased, symbols) if rows <= most_names else (),
                _column_names(snapshot, layer, columns, biased, symbols)
                if columns <= most_names
                else (),
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


def _row_names(
    snapshot: Snapshot, layer: int, rows: int, biased: bool, symbols: Symbols
) -> tuple[str, ...]:
    if not biased:
        return tuple(str(row) for row in range(rows))
    if layer + 1 < len(snapshot.thetas):
        return _units("a", rows, symbols)
    if rows == 1:
        return (symbols.text("ŷ"),)
    names = snapshot.description.target_names
    if len(names) != rows:
        return _units("ŷ", rows, symbols)
    return tuple(pretty_name(name, symbols) for name in names)


def _column_names(
    snapshot: Snapshot, layer: int, columns: int, biased: bool, symbols: Symbols
) -> tuple[str, ...]:
    if not biased:
        return tuple(str(column) for column in range(columns))
    if layer:
        return ("1", *_units("a", columns - 1, symbols))
    names = snapshot.description.feature_names
    if len(names) != columns - 1:
        return ("1", *_units("x", columns - 1, symbols))
    return ("1", *(pretty_name(name, symbols) for name in names))
