"""Cells as text for a terminal: what moves, colours and repeats them, in few bytes."""

from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from bptui.tui.line import bytes_of

_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Codes of underlines, frames and reversed colours."""


class Look(NamedTuple):
    """How a cell looks, in codes of SGR (ECMA-48, 8.3.117)."""

    attributes: frozenset[str] = frozenset()
    """Bold and the like."""
    foreground: str = "39"
    background: str = "49"

    @property
    def code(self) -> str:
        """What makes a terminal write so, whatever it wrote before."""
        colours = (self.foreground, "39"), (self.background, "49")
        codes = [*sorted(self.attributes), *(code for code, usual in colours if code != usual)]
        return f"\x1b[{';'.join(['0', *codes])}m"


PLAIN = Look()

Cell = tuple[str, Look]
"""A character, nothing in the right half of a wide one, and its look."""


@lru_cache(maxsize=1024)
def look_of(codes: str) -> Look:
    """Return the look that SGR codes make, as in `1;38;5;32;48;5;233`."""
    attributes, foreground, background = set(), "39", "49"
    rest = codes.split(";") if codes else []
    while rest:
        length = {"5": 3, "2": 5}[rest[1]] if rest[0] in ("38", "48") else 1
        code, rest = ";".join(rest[:length]), rest[length:]
        number = int(code.partition(";")[0])
        if number in range(30, 40) or number in range(90, 98):
            foreground = code
        elif number in range(40, 50) or number in range(100, 108):
            background = code
        else:
            attributes.add(code)
    return Look(frozenset(attributes), foreground, background)


@lru_cache(maxsize=1024)
def blank(look: Look) -> Look:
    """Return the simplest look that makes a blank look the same."""
    if look.attributes & _SEEN_ON_BLANKS:
        return look
    return Look(background=look.background)


@lru_cache(maxsize=4096)
def _change(old: Look, new: Look) -> str:
    """Return the shortest code that turns one look into another."""
    if old.attributes - new.attributes or new == PLAIN:
        return new.code if new != PLAIN else "\x1b[m"
    codes = sorted(new.attributes - old.attributes)
    codes += [code for code, before in zip(new[1:], old[1:], strict=True) if code != before]
    return min(f"\x1b[{';'.join(codes)}m", new.code, key=len)


class Pen:
    """Writes cells from left to right and from top to bottom."""

    def __init__(self, *, repeats: bool = False) -> None:
        """Begin with nothing.

        Args:
            repeats: whether the terminal knows REP (ECMA-48, 8.3.103).
        """
        self._repeats = repeats
        self._pieces: list[str] = []
        self._look = PLAIN
        self._y = self._x = -1
        self.size = 0
        """Bytes so far."""

    def write(self, y: int, x: int, cells: list[Cell]) -> None:
        """Write cells of one row from column `x` on."""
        self._move(y, x)
        for (character, look), same in groupby(cells):
            self._turn(self._for_blank(look) if character == " " else look)
            count = sum(1 for _ in same)
            repeated = f"{character}\x1b[{count - 1}b"
            text = character * count
            if self._repeats and len(character) == 1 and bytes_of(repeated) < bytes_of(text):
                text = repeated
            self._put(text)
        self._x = x + len(cells)

    def erase(self, y: int, look: Look) -> None:
        """Make a row blank, on a terminal that then gives it the colour of the background."""
        self._move(y, 0)
        self._turn(self._for_blank(look))
        self._put("\x1b[K")

    def text(self) -> str:
        """Return all of it, and leave no colour behind."""
        self._turn(PLAIN)
        return "".join(self._pieces)

    def _move(self, y: int, x: int) -> None:
        steps = x - self._x
        if y != self._y or steps < 0:
            self._put(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        elif steps:
            self._put(f"\x1b[{steps}C")
        self._y, self._x = y, x

    def _for_blank(self, look: Look) -> Look:
        """Return what to write a blank in: nobody sees its foreground."""
        if look.attributes or self._look.attributes & _SEEN_ON_BLANKS:
            return look
        return self._look._replace(background=look.background)

    def _turn(self, look: Look) -> None:
        if look != self._look:
            self._put(_change(self._look, look))
            self._look = look

    def _put(self, text: str) -> None:
        self._pieces.append(text)
        self.size += bytes_of(text)
