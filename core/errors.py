"""The one error for input that cannot be used, and the words it is made of."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_WORD = 60
"""Characters of an unknown name that are shown."""


class InputError(ValueError):
    """Something the user gave cannot be used; the message is one sentence that says why."""


def printable(text: object) -> str:
    r"""Return `text` on one line with every control or invisible character written out.

    Names and messages that come from files are data: an escape sequence in them
    is shown as `\x1b`, never sent to a terminal.
    """
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in str(text)
    )


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the choice nearest to `name`, or an empty string."""
    near = get_close_matches(name.lower(), list(choices), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def check_choice(what: str, name: str, choices: Iterable[str], listing: str = "") -> str:
    """Return `name` if it is one of `choices`.

    Raises:
        InputError: `name` is not one of them; the message lists them, or says `listing`.
    """
    names = list(choices)
    if name not in names:
        known = listing or f"choose one of {', '.join(names)}"
        short = str(name)[:LONGEST_WORD]
        raise InputError(
            f"{what}: unknown name {printable(short)!r}{did_you_mean(short, names)}; {known}"
        )
    return name
