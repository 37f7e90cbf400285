"""What a demo does: a script in TOML, read and checked before anything is played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bptui.core.data.input_file import quoted
from bptui.core.errors import InputError, did_you_mean, printable
from bptui.tui.command_line.config_file import option_values, read_toml
from bptui.tui.command_line.invocation import refuse_contradictions, with_preset
from bptui.tui.command_line.options import options_of
from bptui.tui.command_line.values import FLAG, SCREEN_SIZE, Kind, number, text, whole_number
from bptui.tui.demo.caption import LINES, caption_room
from bptui.tui.demo.keys import read_keys, read_text
from bptui.tui.drawing.lines import wrapped

SHIPPED = Path(__file__).with_name("scripts")
"""The folder of the scripts that come with bptui."""
DEFAULT = "story"
SIZE = (100, 30)
LONGEST_CAPTION = 200
MOST_STEPS = 1_000
_NOT_IN_SCRIPTS = (
    *("run", "resume", "checkpoint-every", "keep-training"),
    *("config", "check-share", "blas-threads"),
)
"""Options about files, real time and the machine."""
_SETTINGS = {
    name: option
    for option in options_of("run")
    if option.name not in _NOT_IN_SCRIPTS
    for name in (option.name, *option.aliases)
}
_KEYS = ("title", "size", "paused", "settings", "step")
_WAITS = ("wait_seconds", "wait_epochs")
_TEXT = text("a text")
_SECONDS = number("a number of seconds from 0 to 600", lambda value: 0.0 <= value <= 600.0)
_EPOCHS = whole_number(1, 10**9)


@dataclass(frozen=True, slots=True)
class Step:
    """A caption to show, keys to press, text to type, a time to wait; any may be missing."""

    where: str
    """The file and the step's number, for messages."""
    caption: str | None
    """`None` leaves the one before; an empty one shows none."""
    keys: tuple[str, ...]
    """Each a key of `KEYS`."""
    typed: tuple[str, ...]
    """Keys that follow each other as fast as somebody types."""
    seconds: float
    epochs: int


@dataclass(frozen=True, slots=True)
class Script:
    """A scripted session."""

    title: str
    size: tuple[int, int]
    """Columns and rows."""
    paused: bool
    """Whether training waits for the space bar."""
    settings: Mapping[str, Any]
    """Values of options of `bptui run`, by `Option.key`."""
    steps: tuple[Step, ...]


def find_script(word: str | None) -> Path:
    """Return the path that `word`, the name of a shipped script or a path, means.

    Raises:
        InputError: `word` is neither.
    """
    names = shipped_scripts()
    word = word or DEFAULT
    if word in names:
        return names[word]
    path = Path(word)
    if path.suffix != ".toml" and not path.exists():
        raise InputError(
            f"demo: unknown script {quoted(word)}{did_you_mean(word, names)}; "
            f"give one of {', '.join(names)}, or the path of a .toml file"
        )
    return path


def shipped_scripts() -> dict[str, Path]:
    """Return the paths of the scripts that come with bptui, by name, the default first."""
    paths = sorted(SHIPPED.glob("*.toml"), key=lambda path: (path.stem != DEFAULT, path.stem))
    return {path.stem: path for path in paths}


def read_script(path: Path) -> Script:
    """Return the script in the TOML file at `path`.

    Raises:
        InputError: the file cannot be read, or something in it is not right; the message
            names the file, and the step if it is in one.
    """
    table, _ = read_toml(path)
    where = printable(path)
    for key in table:
        if key not in _KEYS and key.replace("_", "-") in _SETTINGS:
            raise InputError(f"{where}: {key} is an option of the run; put it under [settings]")
    _refuse_unknown(table, _KEYS, where, "a script")
    size = _read(table, "size", SCREEN_SIZE, where, SIZE)
    steps = _read_steps(table.get("step", []), where)
    for step in steps:
        room = caption_room(size[0])
        if len(wrapped(step.caption or "", room)) > LINES:
            raise InputError(
                f"{step.where}, caption: longer than the {LINES} lines of {room} cells that a "
                f"screen {size[0]} columns wide has for it"
            )
    return Script(
        title=printable(_read(table, "title", _TEXT, where, path.stem)),
        size=size,
        paused=_read(table, "paused", FLAG, where, False),
        settings=_read_settings(table.get("settings", {}), where),
        steps=steps,
    )


def _read_settings(table: Any, where: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise InputError(f"{where}: settings is not a table; begin it with [settings]")
    where = f"{where}, settings"
    given = option_values(table, lambda _: where, _SETTINGS)
    try:
        refuse_contradictions(given)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    values = with_preset(given)
    if "speed" in values and values["speed"] is None:
        raise InputError(
            f"{where}, speed: a demo goes at a pace of its own on every machine; "
            "give a number of epochs a second, not max"
        )
    return values


def _read_steps(tables: Any, where: str) -> tuple[Step, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{where}: step is no list of tables; begin each with [[step]]")
    if not tables:
        raise InputError(f"{where}: there are no steps; begin each with [[step]]")
    if len(tables) > MOST_STEPS:
        raise InputError(f"{where}: more than {MOST_STEPS:,} steps")
    return tuple(
        _read_step(table, f"{where}, step {number}") for number, table in enumerate(tables, 1)
    )


def _read_step(table: Mapping[str, Any], where: str) -> Step:
    _refuse_unknown(table, ("caption", "keys", "type", *_WAITS), where, "a step")
    if not table:
        raise InputError(f"{where}: it is empty; give a caption, keys or a time to wait")
    if all(wait in table for wait in _WAITS):
        raise InputError(f"{where}: {' and '.join(_WAITS)} are two waits; make two steps of them")
    caption = table.get("caption")
    if caption is not None and (not isinstance(caption, str) or len(caption) > LONGEST_CAPTION):
        raise InputError(f"{where}, caption: not a text of at most {LONGEST_CAPTION} characters")
    return Step(
        where=where,
        caption=None if caption is None else printable(caption),
        keys=read_keys(_read(table, "keys", _TEXT, where, ""), where),
        typed=read_text(_read(table, "type", _TEXT, where, ""), where),
        seconds=_read(table, "wait_seconds", _SECONDS, where, 0.0),
        epochs=_read(table, "wait_epochs", _EPOCHS, where, 0),
    )


def _read(table: Mapping[str, Any], key: str, kind: Kind, where: str, default: Any) -> Any:
    if key not in table:
        return default
    return kind.read(f"{where}, {key}", table[key], from_file=True)


def _refuse_unknown(table: Mapping[str, Any], known: Sequence[str], where: str, what: str) -> None:
    for key in table:
        if key not in known:
            raise InputError(
                f"{where}: unknown key {quoted(key)}{did_you_mean(key, known)}; "
                f"{what} has {', '.join(known)}"
            )
