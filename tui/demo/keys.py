"""The keys a script may press, by the names it may call them."""

from textual.keys import _character_to_key

from bptui.core.data.input_file import quoted
from bptui.core.errors import InputError, did_you_mean

_NAMED = {
    "space": " ",
    "enter": "\r",
    "tab": "\t",
    **dict.fromkeys(("escape", "backspace", "delete", "f1")),
    **dict.fromkeys(("up", "down", "left", "right", "home", "end", "pageup", "pagedown")),
}
_PRINTABLE = {
    character: character if character.isalnum() else _character_to_key(character)
    for character in map(chr, range(0x21, 0x7F))
}

KEYS: dict[str, tuple[str, str | None]] = {
    **{name: (name, character) for name, character in _NAMED.items()},
    **{name: (name, character) for character, name in _PRINTABLE.items()},
    **{character: (name, character) for character, name in _PRINTABLE.items()},
}
"""Textual's name of a key and the character that it types, by the names in a script."""


def read_keys(text: str, where: str) -> tuple[str, ...]:
    """Return the keys that `text` names, with spaces between: `f down enter`.

    Raises:
        InputError: there is no such key; the message begins with `where`.
    """
    names = text.split()
    for name in names:
        if name not in KEYS:
            raise InputError(
                f"{where}, keys: unknown key {quoted(name)}{did_you_mean(name, KEYS)}; give "
                f"characters and {', '.join(_NAMED)}, with spaces between"
            )
    return tuple(names)


def read_text(text: str, where: str) -> tuple[str, ...]:
    """Return the keys that type `text`.

    Raises:
        InputError: a character is not on every keyboard; the message begins with `where`.
    """
    names = tuple("space" if character == " " else character for character in text)
    for name in names:
        if name not in KEYS:
            raise InputError(f"{where}, type: {quoted(name)} cannot be typed; use ASCII")
    return names
