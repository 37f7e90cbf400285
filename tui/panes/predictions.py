"""What the network makes of its samples."""

from typing import ClassVar

import numpy as np
from textual.geometry import Size
from textual.message import Message

from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.axes import linear_axis
from bptui.tui.drawing.boundary_map import boundary_legend, boundary_lines
from bptui.tui.drawing.chart import draw_chart
from bptui.tui.drawing.lines import Line, TextLines, that_fit, wrapped
from bptui.tui.drawing.matrices import pretty_name
from bptui.tui.drawing.outcomes import Outcomes, outcomes
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.prediction_table import PredictionTable
from bptui.tui.panes.line_pane import blank_source
from bptui.tui.panes.snapshot_pane import SnapshotPane

_SMALLEST_PICTURE = 5
_MOST_ROWS_BELOW = 8
"""A table up to this long is shown together with the picture; longer ones by scrolling."""


class PredictionsPane(SnapshotPane):
    """The decision boundary or the fitted curve, and the outputs sample by sample."""

    HELP: ClassVar[str] = (
        "The outputs ŷ beside their targets y. With two features the plane is filled with the "
        "class the network chooses there, fainter where it is unsure, with the samples on it; "
        "with one feature the samples and the fitted curve are drawn."
    )

    class Resized(Message):
        """The pane has another size, (0, 0) where it is hidden."""

        def __init__(self, size: Size) -> None:
            """Take the size in cells."""
            super().__init__()
            self.size = size

    def on_resize(self) -> None:
        """Say how large a picture could be, and lay out anew."""
        self.post_message(self.Resized(self.size))
        super().on_resize()

    def on_hide(self) -> None:
        """Say that no picture is needed."""
        self.post_message(self.Resized(Size(0, 0)))

    def draw(self, snapshot: Snapshot) -> None:
        """Show a picture where the data allow one, and the table below it."""
        description = snapshot.description
        if not len(snapshot.predictions):
            self.set_title(("Predictions", ""))
            self.set_subtitle()
            why = snapshot.no_predictions or "there is nothing to predict from"
            self.show_lines(
                blank_source(*wrapped(self.symbols.text(why), max(1, self.room().width)))
            )
            return
        found = outcomes(description)
        samples = min(len(snapshot.predictions), len(description.y))
        width, height = self.room()
        whole = samples + 1 + _SMALLEST_PICTURE <= height and samples < _MOST_ROWS_BELOW
        if not whole:
            width = self.room(height + 1).width
        table = PredictionTable(
            description, snapshot.predictions, found, max(1, width), self.symbols
        )
        parts: list[Line] = [(("Predictions", ""),)]
        if found.classify:
            right = table.right
            style = "good" if right == samples else "warning"
            words = f"{right:,} of {samples:,} right"
            if len("Predictions  ") + len(words) > self.title_width:
                words = f"{right:,}/{samples:,} right"
            parts.append(((words, style),))
        self.set_title(*that_fit(parts, self.title_width, ["  "] * (len(parts) - 1)))
        picture = self._picture(snapshot, found, width, height - table.height if whole else height)
        self.show_lines(PictureAndTable(picture, table))

    def _picture(
        self, snapshot: Snapshot, found: Outcomes, width: int, height: int
    ) -> tuple[Line, ...]:
        description, symbols = snapshot.description, self.symbols
        features = [pretty_name(name, symbols) for name in description.feature_names]
        axes = ""
        if len(features) == 2 and snapshot.boundary is not None:
            axes = f"{features[0]} across, {features[1]} up"
        self.set_subtitle((axes, "dim"))
        if height < _SMALLEST_PICTURE or width < 4:
            return ()
        if snapshot.boundary is not None:
            legend = (boundary_legend(found, symbols),) if found.classify else ()
            return (
                *boundary_lines(
                    snapshot.boundary,
                    description,
                    snapshot.predictions,
                    found,
                    width,
                    height - len(legend),
                    symbols,
                    shades=self.shades,
                ),
                *legend,
            )
        if len(features) == 1 and not found.classify and snapshot.predictions.shape[1] == 1:
            return self._curve(snapshot, width, height)
        return ()

    def _curve(self, snapshot: Snapshot, width: int, height: int) -> tuple[Line, ...]:
        """Return samples as points and the outputs as a curve through them."""
        x = snapshot.description.X[:, 0]
        y, outputs = snapshot.description.y[:, 0], snapshot.predictions[:, 0]
        order = np.argsort(x)
        finite = outputs[np.isfinite(outputs)]
        both = np.concatenate([y, finite])
        x_axis = linear_axis(float(x.min()), float(x.max()), max(2, width // 10))
        y_axis = linear_axis(float(both.min()), float(both.max()), max(2, height // 3))
        across = x_axis.fraction(x)[order]
        fitted = np.where(np.isfinite(outputs), y_axis.fraction(outputs), np.nan)[order]
        samples = y_axis.fraction(y)[order]
        return draw_chart(
            width,
            height,
            x_axis,
            y_axis,
            [
                Series(across, samples, samples, "series2", joined=False),
                Series(across, fitted, fitted, "series1"),
            ],
            self.symbols,
            legend=((self.symbols.text("ŷ"), "series1"), ("y", "series2")),
        )


class PictureAndTable:
    """Lines of a picture, then those of a table."""

    def __init__(self, picture: tuple[Line, ...], table: PredictionTable) -> None:
        """Put the table below the picture."""
        self._picture, self._table = TextLines(picture), table
        self.height = self._picture.height + table.height
        # A picture has the width of the pane; its legend may be cut.
        self.width = table.width

    def line(self, index: int) -> Line:
        """Return one line."""
        if index < self._picture.height:
            return self._picture.line(index)
        return self._table.line(index - self._picture.height)
