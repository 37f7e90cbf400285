"""Counts and lists as a sentence says them, and sentences in lines."""

import textwrap
from collections.abc import Callable, Sequence

_FIRST = 8


def counted(number: int, thing: str) -> str:
    """Return `1 seed`, or `3,000 seeds`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Return `W1`, or `W1, b1 and W2`; there is at least one."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def first_of(words: Sequence[str], shown: Callable[[str], str] = str) -> str:
    """Return the first few words, each as `shown` writes it, and how many more there are."""
    more = len(words) - _FIRST
    return ", ".join(map(shown, words[:_FIRST])) + (f" and {more:,} more" if more > 0 else "")


def in_lines(sentence: str, columns: int | None) -> list[str]:
    """Return a sentence in lines of so many characters at most, or in one."""
    if columns is None:
        return [sentence]
    return textwrap.wrap(sentence, columns, break_on_hyphens=False)
