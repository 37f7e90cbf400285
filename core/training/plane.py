"""The rectangle around samples of two features, over which a boundary is drawn."""

import numpy as np
from numpy.typing import NDArray

from bptui.core.snapshot import Boundary

Floats = NDArray[np.float64]

_MARGIN = 0.15
"""Of the data's range, shown around it."""


class Plane:
    """Points in rows and columns that cover the samples and a margin."""

    def __init__(self, samples: Floats, shape: tuple[int, int]) -> None:
        """Cover `samples`, (N, 2), with (rows, columns) points; there are none where either is 0.

        Raises:
            ValueError: a number of rows or columns is negative.
        """
        self.shape = rows, columns = shape
        low, high = samples.min(axis=0), samples.max(axis=0)
        margin = _MARGIN * np.where(high > low, high - low, 1.0)
        low, high = low - margin, high + margin
        self._x_range = (float(low[0]), float(high[0]))
        self._y_range = (float(low[1]), float(high[1]))
        across, down = np.meshgrid(
            np.linspace(low[0], high[0], columns), np.linspace(high[1], low[1], rows)
        )
        self.points = np.column_stack([across.ravel(), down.ravel()])
        """All of them, (rows · columns, 2), the top row first."""

    def boundary(self, outputs: Floats) -> Boundary:
        """Return the boundary that outputs at the points, (rows · columns, K), make."""
        return Boundary(self._x_range, self._y_range, outputs.reshape(*self.shape, -1))
