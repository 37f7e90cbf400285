"""The help screen: what the keys do and what the panes show."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from bptui.tui.actions import Action
from bptui.tui.drawing.lines import wrapped
from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender
from bptui.tui.screens.over import OverScreen

_MOVING = (
    ("Tab", "Move to the next pane"),
    ("arrows", "Scroll the pane"),
    ("Ctrl+P", "Search all of this by name; themes are there too"),
    ("Ctrl+C", "Close what is open, or leave; a run that can be resumed is then kept"),
    ("Ctrl+Z", "Suspend; fg goes on"),
)
_WIDTH = 76
_FRAME = 8
"""Columns of the frame, its padding and the scroll bar."""
_KEY = 7


class HelpScreen(OverScreen[None]):
    """Explains the dashboard on top of it."""

    BINDINGS = [  # noqa: RUF012 (Textual declares it so)
        Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False)
    ]

    DEFAULT_CSS = """
    HelpScreen > .-box { width: 76; height: auto; max-height: 90%; padding: 0 2; }
    """

    def __init__(self, actions: Sequence[Action], panes: Iterable[tuple[str, str]]) -> None:
        """Take the actions, and a name and a text for each pane."""
        super().__init__()
        self._actions, self._panes = actions, tuple(panes)

    def compose(self) -> ComposeResult:
        """Make one scrolling text."""
        symbols = self.symbols
        with VerticalScroll(classes=f"-box {symbols.frame}") as self._box:
            if not symbols.unicode:
                self._box.vertical_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]
            self._box.border_title = "Help"
            self._text = Static()
            yield self._text

    def on_mount(self) -> None:
        """Say anew, whenever the text is scrolled, whether there is more."""
        self.watch(self._box, "scroll_y", self._say_how_to_leave, init=False)

    def on_resize(self, event: Resize) -> None:
        """Break the lines of the keys anew."""
        self._text.update(self._content(min(_WIDTH, event.size.width) - _FRAME))
        self.call_after_refresh(self._say_how_to_leave)

    def _say_how_to_leave(self) -> None:
        more = () if self._box.is_vertical_scroll_end else ("Down: more",)
        self._box.border_subtitle = self.symbols.separator.join((*more, "Esc closes"))

    def _content(self, width: int) -> Content:
        """Return the keys, which most people look for, and then what the panes show."""
        symbols, lines = self.symbols, list[Content]()
        keys = [(action.shown, action.help) for action in self._actions] + list(_MOVING)
        for shown, text in keys:
            first, *rest = wrapped(symbols.text(text), max(1, width - _KEY - 2))
            lines.append(Content.assemble((f"{shown:>{_KEY}}", "bold $accent"), "  ", first))
            lines += [Content(" " * (_KEY + 2) + line) for line in rest]
        for name, text in self._panes:
            lines.append(
                Content.assemble("\n", (symbols.text(name), "bold"), "  ", symbols.text(text))
            )
        return Content("\n").join(lines)
