"""The decision boundary over the plane of two features, in character cells."""

import numpy as np
from numpy.typing import NDArray

from bptui.core.snapshot import Boundary, Description
from bptui.tui.drawing.heat_map import LEVELS, heat_line
from bptui.tui.drawing.lines import Line, Span, merged
from bptui.tui.drawing.outcomes import Outcomes
from bptui.tui.drawing.symbols import Symbols

Floats = NDArray[np.float64]

CLASS_STYLES = ("series1", "series2", "series3", "series4", "series5", "series6")
_WEAK, _STRONG = 0.4, 0.85


def boundary_lines(
    boundary: Boundary,
    description: Description,
    predictions: Floats,
    outcomes: Outcomes,
    width: int,
    height: int,
    symbols: Symbols,
    *,
    shades: bool,
) -> list[Line]:
    """Return `height` lines of `width` cells: the outputs, with the samples on top.

    The class is told by character and colour, how sure the network is by the shade, and a
    sample by the number of its class, or by the sign for wrong.
    """
    outputs = _sampled(boundary.outputs, width, height)
    if not outcomes.classify:
        levels = _levels(outputs[..., 0], description.y)
        return [heat_line(row, symbols, shades=shades) for row in levels]
    cells = _class_cells(outputs, outcomes, symbols)
    targets = outcomes.classes(description.y)
    right = outcomes.right(predictions, description.y[: len(predictions)])
    columns, rows = _positions(boundary, description.X, width, height)
    for column, row, target, fine in zip(
        columns.tolist(), rows.tolist(), targets.tolist(), right.tolist(), strict=False
    ):
        if 0 <= column < width and 0 <= row < height:
            style = f"reverse {_class_style(target)}"
            cells[row][column] = (
                (str(target % 10), style) if fine else (symbols.wrong, "reverse bad")
            )
    return [merged(row) for row in cells]


def boundary_legend(outcomes: Outcomes, symbols: Symbols) -> Line:
    """Return which character and which digit stand for which class."""
    spans: list[Span] = []
    for index, name in enumerate(outcomes.names):
        gap = "  " if spans else ""
        spans += [
            (gap + _class_symbol(index, symbols) * 2, _class_style(index)),
            (str(index % 10), f"reverse {_class_style(index)}"),
            (f" {symbols.text(name)}" if name != str(index) else "", ""),
        ]
    return (*spans, (f"  {symbols.wrong}", "reverse bad"), (" wrong", "dim"))


def _class_symbol(index: int, symbols: Symbols) -> str:
    return symbols.classes[index % len(symbols.classes)]


def _class_style(index: int) -> str:
    return CLASS_STYLES[index % len(CLASS_STYLES)]


def _sampled(outputs: Floats, width: int, height: int) -> Floats:
    """Return the outputs nearest to the middle of each cell, (height, width, K)."""
    rows = ((np.arange(height) + 0.5) / height * outputs.shape[0]).astype(np.intp)
    columns = ((np.arange(width) + 0.5) / width * outputs.shape[1]).astype(np.intp)
    return outputs[rows][:, columns]


def _class_cells(outputs: Floats, outcomes: Outcomes, symbols: Symbols) -> list[list[Span]]:
    classes = outcomes.classes(outputs)
    certainty = outcomes.certainty(outputs)
    shade = (certainty >= _WEAK).astype(np.intp) + (certainty >= _STRONG)
    spans = [
        [
            (_class_symbol(index, symbols), prefix + _class_style(index))
            for prefix in ("weak ", "", "strong ")
        ]
        for index in range(int(classes.max(initial=0)) + 1)
    ]
    return [
        [spans[index][level] for index, level in zip(*row, strict=True)]
        for row in zip(classes.tolist(), shade.tolist(), strict=True)
    ]


def _positions(
    boundary: Boundary, X: Floats, width: int, height: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return columns and rows of the cells that samples fall into; outside ones are negative."""
    found = []
    for values, (low, high), cells in (
        (X[:, 0], boundary.x_range, width),
        (X[:, 1], boundary.y_range, height),
    ):
        share = (values - low) / ((high - low) or 1.0)
        cell = np.where((share >= 0) & (share <= 1), np.minimum(share * cells, cells - 1), -1)
        found.append(cell.astype(np.intp))
    columns, rows = found
    return columns, np.where(rows >= 0, height - 1 - rows, -1)


def _levels(values: Floats, targets: Floats) -> NDArray[np.int8]:
    """Return outputs of a regression as levels either side of the middle of its targets."""
    low, high = float(targets[:, 0].min()), float(targets[:, 0].max())
    half = (high - low) / 2 or 1.0
    share = np.nan_to_num((values - (low + high) / 2) / half)
    return np.clip(np.rint(share * LEVELS), -LEVELS, LEVELS).astype(np.int8)
