"""The last line of the screen: as many keys as fit, each one whole and clickable."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from bptui.tui.actions import Action
from bptui.tui.drawing.symbols import UNICODE, Symbols


class KeyBar(Widget):
    """Keys and what they do; a click does it."""

    COMPONENT_CLASSES = {"key-bar--key"}  # noqa: RUF012 (Textual declares it so)

    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        dock: bottom;
        background: $footer-background;
        color: $footer-foreground;
    }
    KeyBar > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
    KeyBar:ansi, KeyBar:ansi > .key-bar--key { background: ansi_default; color: ansi_default; }
    """

    def __init__(self, actions: Sequence[Action]) -> None:
        """Show these actions, the last two always, the others while they fit."""
        super().__init__()
        self._actions = tuple(actions)

    def show(self, actions: Sequence[Action]) -> None:
        """Show these from now on."""
        if tuple(actions) != self._actions:
            self._actions = tuple(actions)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the bar."""
        plain = self.rich_style
        key = self.get_component_rich_style("key-bar--key")
        symbols: Symbols = getattr(self.app, "symbols", UNICODE)
        segments: list[Segment] = []
        for action in fitting(self._actions, self.size.width, symbols):
            click = Style(meta={"@click": f"app.act('{action.id}')"})
            segments.append(Segment(f" {action.shown}", key + click))
            segments.append(Segment(f" {symbols.text(action.title)} ", plain + click))
        return Strip(segments).adjust_cell_length(self.size.width, plain)


def fitting(actions: Sequence[Action], width: int, symbols: Symbols = UNICODE) -> list[Action]:
    """Return the actions that fit in `width` cells: the last two first, then from the front."""
    kept = list(actions[-2:])
    for index, action in enumerate(actions[:-2]):
        if sum(_width(each, symbols) for each in (*kept, action)) > width:
            break
        kept.insert(index, action)
    return kept


def _width(action: Action, symbols: Symbols) -> int:
    return cell_len(f" {action.shown} {symbols.text(action.title)} ")
