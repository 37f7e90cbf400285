"""The help screen: what the panes show and what the keys do."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from bptui.tui.actions import Action
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender

_MOVING = (
    ("Tab", "Move to the next pane"),
    ("arrows", "Scroll the pane"),
    ("Ctrl+P", "Search all of this by name; themes are there too"),
    ("Ctrl+Z", "Suspend; fg goes on"),
)


class HelpScreen(ModalScreen[None]):
    """Explains the dashboard on top of it."""

    BINDINGS = [  # noqa: RUF012 (Textual declares it so)
        Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False)
    ]

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 76; max-width: 100%; height: auto; max-height: 90%;
        background: $surface; border: round $primary; padding: 0 2;
        border-title-color: $foreground; border-subtitle-color: $text-muted;
    }
    HelpScreen > VerticalScroll.-ascii { border: ascii $primary; }
    HelpScreen > VerticalScroll.-boxes { border: solid $primary; }
    """

    def __init__(self, actions: Sequence[Action], panes: Iterable[tuple[str, str]]) -> None:
        """Take the actions, and a name and a text for each pane."""
        super().__init__()
        self._actions, self._panes = actions, tuple(panes)

    def compose(self) -> ComposeResult:
        """Make one scrolling text."""
        symbols: Symbols = getattr(self.app, "symbols", UNICODE)
        lines: list[Content] = []
        for name, text in self._panes:
            lines.append(
                Content.assemble((symbols.text(name), "bold"), "  ", symbols.text(text), "\n")
            )
        keys = [(action.shown, action.help) for action in self._actions] + list(_MOVING)
        for shown, text in keys:
            lines.append(
                Content.assemble((f"{shown:>7}", "bold $accent"), "  ", symbols.text(text))
            )
        with VerticalScroll(classes=symbols.frame) as box:
            if not symbols.unicode:
                box.vertical_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield Static(Content("\n").join(lines))
