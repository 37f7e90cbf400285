"""Lines of styled text, clipped and compared by terminal cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
"""Some text and the name of its style; "" is the pane's own."""
Line = tuple[Span, ...]

_CURSOR_MOVE = 12
"""Cells that cost about as much as moving the cursor past them and setting the style again."""


class Lines(Protocol):
    """Lines that are made when they are asked for."""

    @property
    def height(self) -> int:
        """How many lines there are."""

    @property
    def width(self) -> int:
        """Cells of the widest line, or a bound."""

    def line(self, index: int) -> Line:
        """Return one line; 0 <= index < height."""


@dataclass(frozen=True, slots=True)
class TextLines:
    """Lines that are all there already."""

    lines: tuple[Line, ...] = ()

    @property
    def height(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    @property
    def width(self) -> int:
        """Cells of the widest line."""
        return max((line_width(line) for line in self.lines), default=0)

    def line(self, index: int) -> Line:
        """Return one line."""
        return self.lines[index]


def line_width(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def plain(line: Line) -> str:
    """Return the text of a line without its styles."""
    return "".join(text for text, _ in line)


def merged(cells: Iterable[Span]) -> Line:
    """Return a line in which neighbours of one style are one span; blanks suit any style."""
    spans: list[tuple[list[str], str]] = []
    for text, style in cells:
        if spans and (spans[-1][1] == style or _unseen(text, style, spans[-1][1])):
            spans[-1][0].append(text)
        else:
            spans.append(([text], style))
    return tuple(("".join(texts), style) for texts, style in spans)


def fit(text: str, width: int, align: str = "left", ellipsis: str = "…") -> str:
    """Return `text` in exactly `width` cells, cut with an ellipsis where it is too long."""
    taken = cell_len(text)
    if taken > width:
        mark = ellipsis if len(ellipsis) < width else ""
        return set_cell_size(text, width - len(mark)) + mark
    blank = " " * (width - taken)
    return blank + text if align == "right" else text + blank


def fit_name(name: str, width: int, ellipsis: str = "…") -> str:
    """Return a name, to the right, in `width` cells.

    Of `colour=red` the end is kept, for it alone tells the column from its neighbours.
    """
    if "=" not in name or cell_len(name) <= width:
        return fit(name, width, "right", ellipsis)
    end = ""
    for character in reversed(name):
        if cell_len(f"{ellipsis}{character}{end}") > width:
            break
        end = character + end
    return fit(ellipsis + end, width, "right", ellipsis)


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` cells, broken between words where possible."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        longer = f"{current} {word}" if current else word
        if cell_len(longer) <= width or not width:
            current = longer
            continue
        if current:
            lines.append(current)
        current = word
        while cell_len(current) > width:
            head = set_cell_size(current, width).rstrip(" ") or current[:1]
            lines.append(head)
            current = current[len(head) :]
    return [*lines, current] if current else lines


def that_fit(parts: Sequence[Line], width: int, separators: Sequence[str]) -> Line:
    """Return as many parts from the first on as fit whole into `width` cells.

    Args:
        parts: from the most important to the least; the first is always there.
        width: cells.
        separators: what goes before each part but the first.
    """
    line = parts[0] if parts else ()
    for separator, part in zip(separators, parts[1:], strict=True):
        longer = (*line, (separator, ""), *part)
        if line_width(longer) > width:
            break
        line = longer
    return line


def changed_columns(old: Line, new: Line) -> list[tuple[int, int]]:
    """Return the stretches of cell columns that differ, each from its first to past its last.

    Differences that are close together make one stretch: to move the cursor costs more than
    to send a few cells again.
    """
    if old == new:
        return []
    widest = max(line_width(old), line_width(new))
    if not _one_cell_each(old) or not _one_cell_each(new):
        return [(0, widest)]
    before, after = _cells(old), _cells(new)
    blank = (" ", "")
    before += [blank] * (widest - len(before))
    after += [blank] * (widest - len(after))
    stretches: list[tuple[int, int]] = []
    for column in range(widest):
        if before[column] == after[column]:
            continue
        if stretches and column - stretches[-1][1] < _CURSOR_MOVE:
            stretches[-1] = (stretches[-1][0], column + 1)
        else:
            stretches.append((column, column + 1))
    return stretches


def _unseen(text: str, style: str, before: str) -> bool:
    return not text.strip(" ") and not style.startswith("reverse") and before[:7] != "reverse"


def _one_cell_each(line: Line) -> bool:
    return all(text.isascii() or cell_len(text) == len(text) for text, _ in line)


def _cells(line: Line) -> list[Span]:
    return [(character, style) for text, style in line for character in text]
