"""The size of the gradient, layer by layer."""

import math
from typing import ClassVar

import numpy as np
from rich.cells import cell_len

from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.lines import Line, TextLines, fit, that_fit
from bptui.tui.drawing.numbers import significant
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.panes.snapshot_pane import SnapshotPane

_FEWEST_DECADES = 3
_MOST_DECADES = 15
_NOTEWORTHY = 30.0
"""A layer whose gradient is smaller by this factor than another's is pointed out."""


class GradientNormsPane(SnapshotPane):
    """One bar a layer, so that vanishing and exploding gradients are seen as a staircase."""

    HELP: ClassVar[str] = (
        "The norm of ∂J/∂Θ of each layer on a logarithmic scale. Bars that shrink towards the "
        "first layer are a vanishing gradient, bars that grow an exploding one."
    )

    def draw(self, snapshot: Snapshot) -> None:
        """Show one bar a layer."""
        names = [self.symbols.text(name) for name in snapshot.description.array_names]
        if not snapshot.gradients:
            names = []  # of a watched run whose data are not here
        norms = [float(np.linalg.norm(gradient)) for gradient in snapshot.gradients]
        # As a height of its own, not `auto`: Textual may miss that while it lays out already.
        self.styles.height = len(names) + self.styles.gutter.height
        low, high = _decades(norms)
        scale = self.symbols.text(f"log scale 1e{low} … 1e{high}")
        self.set_title(
            *that_fit([(("Gradient norms", ""),), ((scale, "dim"),)], self.title_width, ["  "])
        )
        contrast = _contrast(names, norms, self.symbols)
        self.set_subtitle((contrast, "warning"))
        self.show_lines(
            TextLines(norm_lines(names, norms, self.size.width, self.symbols, low, high))
        )


def norm_lines(
    names: list[str], norms: list[float], width: int, symbols: Symbols, low: int, high: int
) -> tuple[Line, ...]:
    """Return one line a layer; a full bar is 10 to the power of `high`, an empty one of `low`."""
    label = min(12, max(map(cell_len, names), default=0))
    norm_name = symbols.text("‖∂J‖")
    with_name = width >= label + len(norm_name) + 20
    lines = []
    for name, norm in zip(names, norms, strict=True):
        start = f"{fit(name, label, ellipsis=symbols.ellipsis)}  "
        start += f"{norm_name} " if with_name else ""
        room = max(0, width - cell_len(start) - 9)
        share = (math.log10(norm) - low) / (high - low) if 0 < norm < math.inf else 0.0
        length = max(round(min(1.0, share) * room), 1 if norm > 0 else 0) if room else 0
        lines.append(
            (
                (start, "dim"),
                (f"{norm:7.1e}"[:8], "" if math.isfinite(norm) else "bad"),
                (" ", ""),
                (symbols.bar * length if math.isfinite(norm) else "", "series1"),
            )
        )
    return tuple(lines)


def _decades(norms: list[float]) -> tuple[int, int]:
    """Return the ends of the scale as powers of ten, whole so that they seldom move."""
    exponents = [math.log10(norm) for norm in norms if 0 < norm < math.inf]
    if not exponents:
        return -_FEWEST_DECADES, 0
    high = math.floor(max(exponents)) + 1
    low = min(math.floor(min(exponents)), high - _FEWEST_DECADES)
    return max(low, high - _MOST_DECADES), high


def _contrast(names: list[str], norms: list[float], symbols: Symbols) -> str:
    positive = [
        (norm, name) for name, norm in zip(names, norms, strict=True) if 0 < norm < math.inf
    ]
    if len(positive) < 2:
        return ""
    (small, smallest), (large, largest) = min(positive), max(positive)
    if large < _NOTEWORTHY * small:
        return ""
    return symbols.text(f"{smallest} {significant(large / small, 1)}× below {largest}")
