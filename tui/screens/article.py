"""The screen that takes the article's question apart, one mistake after the other."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from bptui.core.article import Procedure, columns_of
from bptui.tui.panes.article import ArticlePane
from bptui.tui.screens.over import OverScreen

_NEXT_COPIES = {1: 2, 2: 4, 4: 1}
_SHORTEST, _LONGEST = 1e-10, 1e-1


class ArticleScreen(OverScreen[None]):
    """The article's columns, and keys that change how they are taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
        Binding("1", "update_first", "Update before the check, or not", show=False),
        Binding("2", "halved", "Divide by 2, or by N·K/2", show=False),
        Binding("n", "samples", "Take XOR twice, four times, once", show=False),
        Binding("left_square_bracket", "epsilon(-1)", "Divide ε by ten", show=False),
        Binding("right_square_bracket", "epsilon(1)", "Multiply ε by ten", show=False),
        Binding("a", "start_over", "Back to the article's", show=False),
    ]

    DEFAULT_CSS = "ArticleScreen > ArticlePane { max-width: 82; max-height: 24; }"

    def __init__(self, *, training: bool) -> None:
        """Begin where the article ends.

        Args:
            training: whether training goes on behind this screen, which is then said.
        """
        super().__init__()
        self._procedure = Procedure()
        columns = columns_of(self._procedure)
        self._errors = [columns.largest_error]
        self.pane = ArticlePane(columns, tuple(self._errors), training=training)

    def compose(self) -> ComposeResult:
        """Show the pane alone."""
        yield self.pane

    def action_update_first(self) -> None:
        """Switch the update between the columns."""
        self._take(replace(self._procedure, update_first=not self._procedure.update_first))

    def action_halved(self) -> None:
        """Switch what Σ δ a is divided by."""
        self._take(replace(self._procedure, halved=not self._procedure.halved))

    def action_samples(self) -> None:
        """Take another number of samples."""
        self._take(replace(self._procedure, copies=_NEXT_COPIES[self._procedure.copies]))

    def action_epsilon(self, decades: int) -> None:
        """Move ε."""
        moved = float(f"{self._procedure.epsilon * 10.0**decades:.3g}")
        if _SHORTEST <= moved <= _LONGEST:
            self._take(replace(self._procedure, epsilon=moved))

    def action_start_over(self) -> None:
        """Go back to the article's columns."""
        self._errors.clear()
        self._take(Procedure())

    def _take(self, procedure: Procedure) -> None:
        self._procedure = procedure
        columns = columns_of(procedure)
        self._errors.append(columns.largest_error)
        self.pane.show(columns, tuple(self._errors))
