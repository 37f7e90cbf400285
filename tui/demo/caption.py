"""The line under the dashboard on which a demo speaks."""

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from bptui.tui.drawing.lines import fit, wrapped
from bptui.tui.drawing.symbols import UNICODE, Symbols

LINES = 2
_KEY_ROOM = len("  space  ")
"""Cells that are kept free at the right for a key."""


@dataclass(slots=True)
class Speech:
    """What a demo says at the moment."""

    text: str = ""
    key: str = ""
    """What is being pressed."""


class Caption(Widget):
    """A sentence, and the key that is being pressed; every screen has its own."""

    COMPONENT_CLASSES = {"caption--key"}  # noqa: RUF012 (Textual declares it so)

    DEFAULT_CSS = f"""
    Caption {{
        height: {LINES};
        dock: bottom;
        background: $panel;
        color: $foreground;
    }}
    Caption > .caption--key {{ background: $accent; color: $background; text-style: bold; }}
    Caption:ansi, Caption:ansi > .caption--key {{
        background: ansi_default; color: ansi_default;
    }}
    Caption:ansi > .caption--key {{ text-style: reverse; }}
    """

    def __init__(self, speech: Speech) -> None:
        """Show `speech`, whatever it becomes; none of it is markup."""
        super().__init__()
        self._speech = speech

    def render_line(self, y: int) -> Strip:
        """Return one of the two lines; the key is at the right of the first."""
        symbols: Symbols = getattr(self.app, "symbols", UNICODE)
        plain = self.rich_style
        room = caption_room(self.size.width)
        lines = wrapped(symbols.text(self._speech.text), room)
        if len(lines) > LINES:
            lines[LINES - 1] += symbols.ellipsis
        line = fit(f" {lines[y]}" if y < len(lines) else "", room + 1, ellipsis=symbols.ellipsis)
        segments = [Segment(line, plain)]
        if y == 0 and self._speech.key:
            segments.append(Segment(f" {symbols.text(self._speech.key)} ", self._key_style()))
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def _key_style(self) -> Style:
        return self.get_component_rich_style("caption--key")


def caption_room(columns: int) -> int:
    """Return the cells that a line of a caption has on a screen so many columns wide."""
    return max(1, columns - _KEY_ROOM)
