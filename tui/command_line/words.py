"""The words of a command line, as they were written."""

from collections.abc import Sequence


def without_options(words: Sequence[str], *names: str) -> list[str]:
    """Return the words of a command line but for some options and their values.

    Args:
        words: the command line.
        names: of options that take a value, with their dashes.
    """
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in names:
            skip = True
        elif not word.startswith(tuple(f"{name}=" for name in names)):
            kept.append(word)
    return kept
