"""Screen updates that send the cells which changed, and nothing else.

Textual 8.2 sends whatever was painted again, from the left edge of its widget on, and the whole
screen several times at the start: 90 kB in all, or 45 seconds of a line with 2 kB/s. This
module keeps what the terminal shows and what it should show, and sends the difference, at once
or in parts. It and `direct_lines` are all that know what Textual paints with; where that is
different, they do nothing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

from bptui.tui.pen import Cell, Look, Pen, blank, look_of

try:
    from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
except ImportError:  # pragma: no cover (another Textual)
    ChopsUpdate = LayoutUpdate = None  # type: ignore[assignment, misc]
    CompositorUpdate = object  # type: ignore[assignment, misc]

KNOWN = ChopsUpdate is not None
"""Whether this is a Textual whose inside is known."""
_CHOPS, _LAYOUT = ("chops", "chop_ends", "spans"), ("strips", "region")
_BRIDGE = 4
"""So many unchanged cells cost less than a jump over them."""
_WORTH_ERASING = 8
"""So many blanks cost more than to erase the row first."""

Row = list[Cell | None]
Placed = tuple[int, int, Iterable[Any]]
"""A row of the screen, a first column there, and segments."""


class ShownCells:
    """What the terminal shows, as far as that is known, and what it should show."""

    def __init__(self) -> None:
        """Know nothing."""
        self._shown: dict[int, Row] = {}
        self._wanted: dict[int, Row] = {}
        self.due: dict[int, tuple[int, int]] = {}
        """The rows that may differ, and from where to where."""
        self._next = 0
        """The row to go on with."""
        self._size: Any = None
        self._is_blank = False
        """Whether the terminal was cleared, and nothing whole has been painted since."""

    def forget(self) -> None:
        """Know nothing any more, as when somebody else may have written there."""
        self._shown.clear()
        self._wanted.clear()
        self.due.clear()
        self._next = 0

    def begin_anew(self) -> None:
        """Know nothing of a terminal that was cleared, and take a picture of all of it alone."""
        self.forget()
        self._is_blank = True

    def want(self, update: Any, color_system: ColorSystem) -> bool:
        """Take an update of the screen as what it should show; return whether that is known."""
        if not _has(update, ChopsUpdate, _CHOPS) and not _has(update, LayoutUpdate, _LAYOUT):
            self.forget()
            self._is_blank = False
            return False
        if type(update) is LayoutUpdate:
            if update.region.size != self._size:
                # What was painted since the size changed had the places of the one before.
                self.forget()
                self._size = update.region.size
            self._is_blank = False
        self.want_lines(_stretches(update), color_system)
        return True

    def want_lines(self, lines: Iterable[Placed], color_system: ColorSystem) -> None:
        """Take lines as what the screen should show there."""
        if self._is_blank:
            return
        for y, x, segments in lines:
            cells = _cells(segments, color_system)
            row, end = self._wanted.setdefault(y, []), x + len(cells)
            row += [None] * (x - len(row))
            row[x:end] = cells
            first, last = self.due.get(y, (x, end))
            self.due[y] = min(first, x), max(last, end)

    def drop_shown(self) -> bool:
        """Let go of the rows that show by now what they should; return whether any is left."""
        for y, (first, end) in list(self.due.items()):
            if self._shown.get(y, [])[first:end] == self._wanted[y][first:end]:
                del self.due[y]
        return bool(self.due)

    def rest(self, **choices: Any) -> "Rest":
        """Return an update of the screen that sends what is still due; see `text`."""
        return Rest(self, choices)

    def text(
        self, room: float = math.inf, *, repeats: bool = False, erased_columns: int = 0
    ) -> str:
        """Return what to send, and take it as shown.

        The first row goes first, for it tells what counts most, and again with every part of
        the others.

        Args:
            room: bytes after which no other row is begun.
            repeats: whether the terminal can be told to repeat a character.
            erased_columns: columns of a terminal that erases in the colour of the background,
                0 of any other.
        """
        pen = Pen(repeats=repeats)
        for y in sorted(self.due, key=lambda y: (y > 0, y < self._next, y)):
            if y and pen.size >= room:
                break
            if y:
                self._next = y + 1
            self._send(y, pen, erased_columns)
        return pen.text()

    def _send(self, y: int, pen: Pen, erased_columns: int) -> None:
        first, end = self.due.pop(y)
        wanted, shown = self._wanted[y], self._shown.setdefault(y, [])
        if not shown and 0 < erased_columns <= end and None not in wanted:
            look = _commonest_blank(wanted)
            if look is not None:
                pen.erase(y, look)
                shown += [(" ", look)] * end
        shown += [None] * (end - len(shown))
        for start, stop in _differing(shown, wanted, first, end):
            pen.write(y, start, [cell for cell in wanted[start:stop] if cell is not None])
        shown[first:end] = wanted[first:end]


class Rest(CompositorUpdate):
    """What is still due, as an update that Textual takes."""

    def __init__(self, shown: ShownCells, choices: dict[str, Any]) -> None:
        """Send what `ShownCells.text` returns with these choices."""
        self._shown, self._choices = shown, choices

    def __rich_console__(self, console: Console, options: Any) -> Iterator[Any]:
        """Show nothing in any other way."""
        yield from ()

    def render_segments(self, console: Console) -> str:
        """Return what to send."""
        return self._shown.text(**self._choices)


def _has(update: Any, kind: Any, names: tuple[str, ...]) -> bool:
    return (
        kind is not None and type(update) is kind and all(hasattr(update, name) for name in names)
    )


def _stretches(update: Any) -> Iterator[Placed]:
    """Yield everything that was painted."""
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
        look = _look(style, color_system)
        bare = (" ", blank(look))
        if text.isascii():
            cells += [bare if character == " " else (character, look) for character in text]
            continue
        for character in text:
            width = get_character_cell_size(character)
            if character == " ":
                cells.append(bare)
            elif width:
                cells += [(character, look), ("", look)][:width]
            elif cells:  # it belongs to the one before
                cells[-1] = (cells[-1][0] + character, cells[-1][1])
    return cells


def _look(style: Style | None, color_system: ColorSystem) -> Look:
    if style is None:
        return Look()
    # Textual's strips keep the codes of a style for one system of colours too.
    return look_of(style._ansi or style._make_ansi_codes(color_system))


def _commonest_blank(row: Row) -> Look | None:
    looks = Counter(cell[1] for cell in row if cell is not None and cell[0] == " ")
    for look, count in looks.most_common(1):
        if count > _WORTH_ERASING and look == Look(background=look.background):
            return look
    return None


def _differing(shown: Row, wanted: Row, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where cells have to be sent."""
    start = stop = None
    for x in range(first, end):
        if wanted[x] is None or shown[x] == wanted[x]:
            continue
        if stop is not None and start is not None and not _is_bridge(wanted[stop:x]):
            yield _whole(wanted, start, stop, first, end)
            start = None
        start, stop = x if start is None else start, x + 1
    if start is not None and stop is not None:
        yield _whole(wanted, start, stop, first, end)


def _is_bridge(gap: Row) -> bool:
    return len(gap) <= _BRIDGE and None not in gap


def _whole(wanted: Row, start: int, stop: int, first: int, end: int) -> tuple[int, int]:
    """Let no wide character be cut in two."""
    while start > first and _is_right_half(wanted[start]):
        start -= 1
    while stop < end and _is_right_half(wanted[stop]):
        stop += 1
    return start, stop


def _is_right_half(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]
