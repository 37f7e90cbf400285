"""The kinds of value that options take, from a command line or a TOML file."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bptui.core.data.input_file import quoted
from bptui.core.errors import InputError, check_choice, printable


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value, and the words that say what would be right."""

    expected: str
    """Completes "… is not": `a number above 0`."""
    from_text: Callable[[str], Any]
    """Turns a command line argument into a value; raises `ValueError`."""
    from_toml: Callable[[Any], Any]
    """Turns a TOML value into a value; raises `ValueError`."""
    names: tuple[str, ...] = ()
    """All values, where they have names."""
    listing: str = ""
    """Where to find those names, if they are too many for a sentence."""
    is_list: bool = False
    """Whether one value is a list of numbers already."""
    one: "Kind | None" = None
    """The kind of each value, where there may be several."""

    def read(self, where: str, value: Any, *, from_file: bool = False) -> Any:
        """Return what `value` means.

        Raises:
            InputError: it means nothing; the message begins with `where`.
        """
        if self.one is not None:
            one = self.one
            return tuple(one.read(where, each, from_file=from_file) for each in one.parted(value))
        if self.names and isinstance(value, str):
            return check_choice(where, value, self.names, self.listing)
        try:
            return (self.from_toml if from_file else self.from_text)(value)
        except (ValueError, TypeError, OverflowError):
            raise InputError(f"{where}: {_shown(value)} is not {self.expected}") from None

    def parted(self, value: Any) -> list[Any]:
        """Return the values of this kind that are written as one text, or one TOML list."""
        if isinstance(value, str):
            return [value] if self.is_list else [each.strip() for each in value.split(",")]
        if isinstance(value, list) and value and (not self.is_list or not _is_number(value[0])):
            return value
        return [value]


def several(kind: Kind) -> Kind:
    """Return the kind of one or more values: `0.1,0.5,2` in text, a list in a TOML file."""
    return replace(kind, one=kind)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        try:
            return _shortened(printable(value))
        except ValueError:  # Python refuses to write out a number of thousands of digits
            return "this number"
    try:
        float(value)
    except ValueError:
        return quoted(value)
    return _shortened(printable(value))


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _never(text: str) -> Any:
    raise ValueError


def whole_number(low: int, high: int) -> Kind:
    """Return the kind of whole numbers from `low` to `high`."""

    def checked(number: Any) -> int:
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise ValueError
        return number

    def from_text(text: str) -> int:
        power = re.fullmatch(r"(\d{1,9})[eE](\d\d?)", text)
        return checked(int(power[1]) * 10 ** int(power[2]) if power else int(text))

    return Kind(f"a whole number from {low:,} to {high:,}", from_text, checked)


def number(expected: str, allowed: Callable[[float], bool]) -> Kind:
    """Return the kind of finite numbers for which `allowed` holds."""

    def checked(number: Any) -> float:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError
        value = float(number)
        if not math.isfinite(value) or not allowed(value):
            raise ValueError
        return value

    return Kind(expected, lambda text: checked(float(text)), checked)


def choice(names: tuple[str, ...], listing: str = "") -> Kind:
    """Return the kind of a word out of `names`; `listing` says where to find many."""
    expected = f"a name; {listing}" if listing else f"one of {', '.join(names)}"
    return Kind(expected, _never, _never, names, listing)


def _some_text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def text(expected: str) -> Kind:
    """Return the kind of any text but an empty one."""
    return Kind(expected, _some_text, _some_text)


def texts(expected: str) -> Kind:
    """Return the kind of several texts; numbers in a file are taken as they are written."""

    def one(value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return _some_text(value)

    def from_toml(value: Any) -> tuple[str, ...]:
        return tuple(map(one, value if isinstance(value, list) else [value]))

    return Kind(expected, lambda text: (_some_text(text),), from_toml)


def path(expected: str, *, alone: bool = False) -> Kind:
    """Return the kind of paths; with `alone`, the option without a value is `True`."""

    def checked(value: Any) -> Path | bool:
        if alone and value is True:
            return True
        return Path(_some_text(value))

    return Kind(expected, checked, checked)


LARGEST_LAYER = 1_000_000
MOST_LAYERS = 1_000


def sizes(least: int, example: str) -> Kind:
    """Return the kind of layer sizes, `2,2,1` or `2-2-1`, at least `least` of them."""

    def checked(numbers: Any) -> tuple[int, ...]:
        if not least <= len(numbers) <= MOST_LAYERS:
            raise ValueError
        for size in numbers:
            if isinstance(size, bool) or not isinstance(size, int):
                raise ValueError
            if not 1 <= size <= LARGEST_LAYER:
                raise ValueError
        return tuple(numbers)

    def from_text(value: str) -> tuple[int, ...]:
        if not least and value == "none":
            return ()
        return checked([int(size) for size in re.split("[,-]", value)])

    def from_toml(value: Any) -> tuple[int, ...]:
        if isinstance(value, str):
            return from_text(value)
        return checked([value] if isinstance(value, int) else value)

    several = f"a list of {least} or more " if least > 1 else ""
    none = "" if least else ", or none"
    return Kind(
        f"{several}layer sizes such as {example} "
        f"(whole numbers from 1 to {LARGEST_LAYER:,}, with commas between){none}",
        from_text,
        from_toml,
        is_list=True,
    )


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


FLAG = Kind("true or false", _never, _flag)


def _speed(value: Any) -> float | None:
    return None if value == "max" else SPEED_NUMBER.from_toml(value)


SPEED_NUMBER = number("", lambda value: 0.0 < value <= 1e9)
SPEED = Kind(
    "a number of epochs a second above 0, or max",
    lambda value: None if value == "max" else SPEED_NUMBER.from_text(value),
    _speed,
)
"""Epochs a second; `None` is as fast as possible."""


_LEAST_SIZE, _MOST_SIZE = (60, 16), (400, 120)


def _screen_size(value: Any) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,4})[x×](\d{1,4})", value)
    if found is None:
        raise ValueError
    columns, rows = int(found[1]), int(found[2])
    if not (_LEAST_SIZE[0] <= columns <= _MOST_SIZE[0] and _LEAST_SIZE[1] <= rows <= _MOST_SIZE[1]):
        raise ValueError
    return columns, rows


SCREEN_SIZE = Kind(
    "columns and rows such as 100x30, from 60x16 to 400x120", _screen_size, _screen_size
)
"""Columns and rows of a terminal."""
