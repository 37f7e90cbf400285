"""The screen at one moment, as cells with a look: what recordings are made of."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual._context import visible_screen_stack
from textual.app import App


class Look(NamedTuple):
    """How a cell looks; colours are `#rrggbb`, or `None` for the terminal's own."""

    foreground: str | None = None
    background: str | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False


PLAIN = Look()
Row = tuple[tuple[str, Look], ...]
"""Stretches of text that look the same; neighbours differ."""
Frame = tuple[Row, ...]


def capture(app: App[None]) -> Frame:
    """Return what is on the screen of `app`."""
    behind = app._background_screens
    if behind:
        # What shows through is drawn as part of the screen above, which cannot tell that it is old.
        app.screen.refresh()
    visible_screen_stack.set(behind)
    strips = app.screen._compositor.render_strips(app.size)
    return tuple(_row(strip) for strip in strips)


def _row(segments: Iterable[Segment]) -> Row:
    stretches: list[tuple[str, Look]] = []
    for text, style, control in segments:
        if control or not text:
            continue
        look = PLAIN if style is None else _look(style)
        if stretches and stretches[-1][1] == look:
            stretches[-1] = (stretches[-1][0] + text, look)
        else:
            stretches.append((text, look))
    return tuple(stretches)


@lru_cache(maxsize=4096)
def _look(style: Style) -> Look:
    foreground, background = _hex(style.color), _hex(style.bgcolor)
    if style.reverse:
        foreground, background = background, foreground
    return Look(
        foreground,
        background,
        bool(style.bold),
        bool(style.dim),
        bool(style.italic),
        bool(style.underline),
    )


def _hex(color: Color | None) -> str | None:
    return None if color is None or color.is_default else color.get_truecolor().hex
