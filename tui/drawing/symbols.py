"""The characters of the screen, for terminals with and without Unicode."""

import sys
from dataclasses import dataclass, replace

from bptui.core.errors import printable
from bptui.tui.ascii_spelling import spelled
from bptui.tui.console_font import console_characters
from bptui.tui.terminal import encoding_is_utf8, on_console, shows_unicode

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class Symbols:
    """One choice of characters; each is one cell wide unless it says otherwise."""

    unicode: bool
    """Whether the terminal shows whatever character there is."""
    frame: str
    """The style class of frames; empty is that of terminals with Unicode."""
    besides: frozenset[str]
    """What a terminal without that shows besides ASCII."""
    marker: str
    """What curves are made of: `braille`, `half` (the upper or the lower of a cell) or one
    character."""
    marker_columns: int
    """How many points side by side fit into a cell with that marker."""
    marker_rows: int
    """How many points fit into a cell one above the other."""
    point: str
    """A single sample."""
    vertical: str
    horizontal: str
    corner: str
    x_tick: str
    y_tick: str
    mark: str
    """The line at an epoch where something happened."""
    fail: str
    unresolved: str
    at_kink: str
    right: str
    """Up to two cells."""
    wrong: str
    chosen: str
    """Before the one of several that is chosen."""
    bar: str
    block: str
    more_left: str
    more_right: str
    """Where columns go on beyond those that are seen."""
    ellipsis: str
    """Up to three cells."""
    separator: str
    """Between the parts of a title; three cells."""
    classes: tuple[str, ...]
    """One character a class, for decision boundaries."""

    def text(self, value: object) -> str:
        """Return `value` as text that is safe to print and that this terminal can show."""
        shown = printable(value)
        if self.can_show(shown):
            return shown
        if not self.besides:
            return spelled(shown)
        return "".join(each if each in self.besides else spelled(each) for each in shown)

    def can_show(self, text: str) -> bool:
        """Return whether `text` is shown as it is."""
        if self.unicode or text.isascii():
            return text.isprintable()
        return all(each in self.besides or " " <= each <= "~" for each in text)


UNICODE = Symbols(
    unicode=True,
    frame="",
    besides=frozenset(),
    marker="braille",
    marker_columns=2,
    marker_rows=4,
    point="•",
    vertical="│",
    horizontal="─",
    corner="└",
    x_tick="┬",
    y_tick="┤",
    mark="┊",
    fail="✗",
    unresolved="?",
    at_kink="^",
    right="✓",
    wrong="✗",
    chosen="▸",
    bar="▇",
    block="█",
    more_left="‹",
    more_right="›",
    ellipsis="…",
    separator=" · ",
    classes=("·", "▒", "=", "+", "~", "×", "o", "^", ":", "%"),
)
"""For terminals with UTF-8 and a font with braille."""

ASCII = Symbols(
    unicode=False,
    frame="-ascii",
    besides=frozenset(),
    marker="*",
    marker_columns=1,
    marker_rows=1,
    point="o",
    vertical="|",
    horizontal="-",
    corner="+",
    x_tick="+",
    y_tick="+",
    mark=":",
    fail="x",
    unresolved="?",
    at_kink="^",
    right="ok",
    wrong="x",
    chosen=">",
    bar="#",
    block="#",
    more_left="<",
    more_right=">",
    ellipsis="...",
    separator=" - ",
    classes=(".", "#", "=", "+", "~", "x", "o", "^", ":", "%"),
)
"""For everything else."""

BOXES = replace(
    ASCII,
    frame="-boxes",
    besides=frozenset("─│┌┐└┘├┤┬┴┼░▒█■•·±°"),
    marker="■",
    point="•",
    vertical="│",
    horizontal="─",
    corner="└",
    x_tick="┬",
    y_tick="┤",
    bar="█",
    block="█",
    separator=" · ",
    classes=("·", "▒", "=", "+", "~", "x", "o", "^", ":", "%"),
)
"""For a Linux console: what the kernel's font (code page 437) and those of Debian both have."""

BLOCKS = replace(BOXES, besides=BOXES.besides | set("▀▄"), marker="half", marker_rows=2)
"""For one whose font has halves of a block too."""


def subscript(letter: str, number: int) -> str:
    """Return `a₁` for `a` and 1."""
    return letter + str(number).translate(_SUBSCRIPTS)


def screen_symbols() -> Symbols:
    """Return the characters for a screen on this terminal."""
    if shows_unicode():
        return UNICODE
    if not on_console():
        return ASCII
    font = console_characters((sys.__stderr__ or sys.stderr).fileno())
    return BLOCKS if BLOCKS.besides <= font else BOXES


def output_symbols() -> Symbols:
    """Return the characters for lines on standard output."""
    utf8 = sys.stdout is None or encoding_is_utf8(sys.stdout)
    return UNICODE if utf8 else ASCII
