"""Screen updates that send the cells which changed, and nothing else.

Textual 8.2 sends whatever was painted again, from the left edge of its widget on, and the whole
screen several times at the start: 90 kB in all, or 45 seconds of a line with 2 kB/s. This
module keeps what the terminal shows and compares. It and `direct_lines` are all that know about
Textual's inside; where that is different, they do nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

try:
    from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
except ImportError:  # pragma: no cover (another Textual)
    ChopsUpdate = LayoutUpdate = None  # type: ignore[assignment, misc]
    CompositorUpdate = object  # type: ignore[assignment, misc]

KNOWN = ChopsUpdate is not None
"""Whether this is a Textual whose inside is known."""
_CHOPS, _LAYOUT = ("chops", "chop_ends", "spans"), ("strips", "region")
_BRIDGE = 6
"""So many unchanged cells cost less than a jump over them."""

Cell = tuple[str, str]
"""A character, nothing in the right half of a wide one, and the codes of its style."""


Placed = tuple[int, int, Iterable[Any]]
"""A row of the screen, a first column there, and segments."""


class ShownCells:
    """What the terminal shows, as far as that is known."""

    def __init__(self) -> None:
        """Know nothing."""
        self._rows: dict[int, dict[int, Cell]] = {}

    def forget(self) -> None:
        """Know nothing any more, as when somebody else may have written there."""
        self._rows.clear()

    def changed(self, update: Any) -> Any:
        """Return an update of the screen that shows the same as `update` and sends less."""
        if _has(update, ChopsUpdate, _CHOPS) or _has(update, LayoutUpdate, _LAYOUT):
            return _ChangedCells(self, update)
        if update is not None and not isinstance(update, _ChangedCells):
            self.forget()
        return update

    def lines(self, lines: Sequence[Placed]) -> CompositorUpdate:
        """Return an update of the screen that shows these lines."""
        return _ChangedCells(self, lines)

    def text_for(self, update: Any, color_system: ColorSystem) -> str:
        """Return what to send, and take it as shown."""
        pen = _Pen()
        for y, x, segments in _stretches(update):
            shown = self._rows.setdefault(y, {})
            cells = _cells(segments, color_system)
            for first, end in _differing(shown, x, cells):
                pen.write(y, x + first, cells[first:end])
            shown.update(enumerate(cells, x))
        return pen.text()


class _ChangedCells(CompositorUpdate):
    """An update, or lines, as Textual takes it."""

    def __init__(self, shown: ShownCells, update: Any) -> None:
        self._shown, self._update = shown, update

    def __rich_console__(self, console: Console, options: Any) -> Iterator[Any]:
        yield from self._update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """Return what to send."""
        system = getattr(console, "_color_system", None)
        return self._shown.text_for(self._update, system or ColorSystem.TRUECOLOR)


class _Pen:
    """Writes cells, and says where and in what style no oftener than it must."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._style = ""

    def write(self, y: int, x: int, cells: list[Cell]) -> None:
        self._pieces.append(f"\x1b[{y + 1};{x + 1}H")
        for character, style in cells:
            if style != self._style:
                self._pieces.append(f"\x1b[0;{style}m" if self._style and style else _only(style))
                self._style = style
            self._pieces.append(character)

    def text(self) -> str:
        if self._style:
            self._pieces.append("\x1b[0m")
        return "".join(self._pieces)


def _only(style: str) -> str:
    return f"\x1b[{style or 0}m"


def _has(update: Any, kind: Any, names: tuple[str, ...]) -> bool:
    return (
        kind is not None and type(update) is kind and all(hasattr(update, name) for name in names)
    )


def _stretches(update: Any) -> Iterator[Placed]:
    """Yield everything that was painted."""
    if isinstance(update, list):
        yield from update
        return
    if type(update) is LayoutUpdate:
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, update.region.x, (segment for strip in strips for segment in strip)
        return
    for y, first, end in update.spans:
        for strip_end, (x, strip) in zip(
            update.chop_ends[y], update.chops[y].items(), strict=False
        ):
            if strip is None or x >= end or strip_end <= first:
                continue
            left, right = max(x, first), min(strip_end, end)
            if (left, right) != (x, strip_end):
                strip = strip.crop(left - x, right - x)
            yield y, left, strip


def _cells(segments: Iterable[Any], color_system: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, control in segments:
        if control:
            continue
        codes = _codes(style, color_system)
        if text.isascii():
            cells += [(character, codes) for character in text]
            continue
        for character in text:
            width = get_character_cell_size(character)
            if width:
                cells += [(character, codes), ("", codes)][:width]
            elif cells:  # it belongs to the one before
                cells[-1] = (cells[-1][0] + character, cells[-1][1])
    return cells


def _codes(style: Style | None, color_system: ColorSystem) -> str:
    if style is None:
        return ""
    # Textual's strips keep the codes of a style for one system of colours too.
    return style._ansi or style._make_ansi_codes(color_system)


def _differing(shown: dict[int, Cell], x: int, cells: list[Cell]) -> Iterator[tuple[int, int]]:
    """Yield from where to where cells have to be sent."""
    first = end = None
    for index, cell in enumerate(cells):
        if shown.get(x + index) == cell:
            continue
        if end is not None and first is not None and index - end > _BRIDGE:
            yield _whole(cells, first, end)
            first = None
        first, end = index if first is None else first, index + 1
    if first is not None and end is not None:
        yield _whole(cells, first, end)


def _whole(cells: list[Cell], first: int, end: int) -> tuple[int, int]:
    """Let no wide character be cut in two."""
    while first and not cells[first][0]:
        first -= 1
    while end < len(cells) and not cells[end][0]:
        end += 1
    return first, end
