"""Targets and outputs, sample by sample."""

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from bptui.core.snapshot import Description
from bptui.tui.drawing.lines import Line, fit, fit_name
from bptui.tui.drawing.matrices import pretty_name
from bptui.tui.drawing.numbers import significant
from bptui.tui.drawing.outcomes import Outcomes
from bptui.tui.drawing.symbols import Symbols

Floats = NDArray[np.float64]

_MOST_FEATURES = 4
_WIDEST_NAME = 14
_LONG = 1e4
"""Outputs from here on, of networks that diverge, are written with a power of ten."""


class PredictionTable:
    """One line a sample, formatted when it is looked at."""

    def __init__(
        self,
        description: Description,
        predictions: Floats,
        outcomes: Outcomes,
        pane_width: int,
        symbols: Symbols,
    ) -> None:
        """Lay out for a pane `pane_width` cells wide; features that do not fit are left out."""
        self._description, self._predictions = description, predictions
        self._outcomes, self._symbols = outcomes, symbols
        self._samples = min(len(predictions), len(description.y))
        if outcomes.classify:
            self._targets = outcomes.classes(description.y)
            self._classes = outcomes.classes(predictions)
            samples = self._samples
            self._right = outcomes.right(predictions[:samples], description.y[:samples])
            self._names = [
                fit(symbols.text(name), _WIDEST_NAME, ellipsis=symbols.ellipsis).rstrip()
                for name in outcomes.names
            ]
        longest = max(map(cell_len, self._names), default=0) if outcomes.classify else 8
        self._value = max(longest, 6)
        self._outputs = 1 if outcomes.classify else min(3, predictions.shape[1])
        room = pane_width - 3 - self._outputs * (self._value + 10)
        features = [pretty_name(name, symbols) for name in description.feature_names]
        if len(features) > _MOST_FEATURES or len(features) * 8 > room:
            features = []
        self._features = features
        self.height = 1 + self._samples
        self.width = 3 + 8 * len(features) + self._outputs * (self._value + 10)

    @property
    def right(self) -> int:
        """How many samples are put into the right class."""
        return int(np.count_nonzero(self._right))

    def line(self, index: int) -> Line:
        """Return the row of names, or a sample."""
        if index == 0:
            return self._header()
        sample = index - 1
        features = "".join(f"{value:>7.4g} " for value in self._feature_values(sample))
        if self._outcomes.classify:
            return self._class_row(sample, features)
        pairs = zip(
            self._description.y[sample].tolist(),
            self._predictions[sample].tolist(),
            strict=True,
        )
        cells = [
            f"{significant(target, 3):>{self._value}}  {significant(output, 3):>8}"
            for target, output in list(pairs)[: self._outputs]
        ]
        return (("   " + features, "dim"), ("".join(cells), ""))

    def _feature_values(self, sample: int) -> list[float]:
        return self._description.X[sample].tolist() if self._features else []

    def _header(self) -> Line:
        cut = self._symbols.ellipsis
        names = "".join(f"{fit_name(name, 7, cut)} " for name in self._features)
        output = fit(self._symbols.text("ŷ"), 8, "right")
        pair = f"{fit('y', self._value, 'right')}  {output}"
        return (("   " + names + pair * self._outputs, "dim"),)

    def _class_row(self, sample: int, features: str) -> Line:
        target, found = int(self._targets[sample]), int(self._classes[sample])
        fine = bool(self._right[sample])
        outputs = self._predictions[sample]
        output = float(outputs[0] if outputs.size == 1 else outputs[found])
        value = f"{output:.3f}" if abs(output) < _LONG else significant(output)
        name = self._names[found] if outputs.size > 1 else ""
        sign = self._symbols.right if fine else self._symbols.wrong
        return (
            (fit(sign, 3), "good" if fine else "bad"),
            (features, "dim"),
            (f"{fit(self._names[target], self._value, 'right')}  ", ""),
            (f"{value:>8}", "" if fine else "bad"),
            (f"  {name}" if name else "", "" if fine else "bad"),
        )
