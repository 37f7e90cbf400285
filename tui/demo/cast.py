"""Recordings in the format asciicast v2: a line of JSON for the header, then one an event.

https://docs.asciinema.org/manual/asciicast/v2/
"""

import json
from functools import lru_cache

from rich.cells import cell_len

from bptui.tui.picture.frame import PLAIN, Frame, Look, Row

_BEGIN = "\x1b[?25l\x1b[0m\x1b[2J"
_END = "\x1b[0m\x1b[?25h"
_NEAR = 4
"""Unchanged cells between two changed ones that are sent too: to skip them takes as much."""
Cell = tuple[str, Look]
_NOTHING: Cell = (" ", PLAIN)


class Cast:
    """A recording, to which frames are added; only cells that changed are kept."""

    def __init__(self, size: tuple[int, int], title: str) -> None:
        """Begin with an empty screen of `size`, columns and rows."""
        columns, rows = size
        # No time and no environment: the same script makes the same bytes.
        header = {"version": 2, "width": columns, "height": rows, "title": title}
        self._lines = [_json(header)]
        self._rows: list[Row] = [((" " * columns, PLAIN),)] * rows
        self._begun = False

    def add(self, seconds: float, frame: Frame) -> None:
        """Add the frame that is shown from `seconds` after the start."""
        output = "" if self._begun else _BEGIN
        self._begun = True
        for y, row in enumerate(frame):
            if row != self._rows[y]:
                output += _changes(y, self._rows[y], row)
                self._rows[y] = row
        if output:
            self._event(seconds, output)

    def end(self, seconds: float) -> bytes:
        """Return the whole file; the last frame is shown until `seconds`."""
        self._event(seconds, _END)
        return "".join(self._lines).encode()

    def _event(self, seconds: float, output: str) -> None:
        self._lines.append(_json([round(seconds, 3), "o", output]))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _changes(y: int, before: Row, after: Row) -> str:
    """Return the output that turns row `y` from `before` to `after`."""
    old, new = _cells(before), _cells(after)
    old += [_NOTHING] * (len(new) - len(old))
    changed = [x for x in range(len(new)) if new[x] != old[x]]
    output, last = "", -_NEAR - 2
    look: Look | None = None
    for x in changed:
        start = last + 1
        if x - last > _NEAR + 1:
            start = x
            while start and not new[start][0]:  # the second cell of a wide character
                start -= 1
            output += f"\x1b[{y + 1};{start + 1}H"
        for text, next_look in new[start : x + 1]:
            if next_look != look:
                output += _sgr(next_look)
                look = next_look
            output += text
        last = x
    return output


def _cells(row: Row) -> list[Cell]:
    cells: list[Cell] = []
    for text, look in row:
        for character in text:
            width = cell_len(character)
            if width:
                cells.append((character, look))
                cells += [("", look)] * (width - 1)
            elif cells:
                cells[-1] = (cells[-1][0] + character, look)
    return cells


@lru_cache(maxsize=4096)
def _sgr(look: Look) -> str:
    codes = ["0"]
    for code, on in (("1", look.bold), ("2", look.dim), ("3", look.italic), ("4", look.underline)):
        if on:
            codes.append(code)
    for code, color in (("38", look.foreground), ("48", look.background)):
        if color is not None:
            red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
            codes.append(f"{code};2;{red};{green};{blue}")
    return f"\x1b[{';'.join(codes)}m"
