"""Options from a TOML file."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bptui.core.data.input_file import open_input_file, quoted
from bptui.core.errors import InputError, did_you_mean, printable
from bptui.tui.command_line.option import Option
from bptui.tui.command_line.options import OPTIONS

MOST_BYTES = 100_000
MOST_DOTS = 2_000
"""A key of so many parts takes `tomllib` a tenth of a second, and twice as many four times that."""

_BY_NAME = {
    name: option
    for option in OPTIONS
    if option.name != "config"
    for name in (option.name, *option.aliases)
}


def read_config_file(path: Path, command: str = "run") -> dict[str, Any]:
    """Return the values for `command` of the options in the TOML file at `path`, by `Option.key`.

    Keys are the names of options, with dashes or underscores.

    Raises:
        InputError: the file cannot be read, is not TOML, or holds an unknown key or a
            value that is not right.
    """
    table, text = read_toml(path)
    options = {name: option.of(command) for name, option in _BY_NAME.items()}
    return option_values(table, lambda key: f"{printable(path)}{_line_of(key, text)}", options)


def option_values(
    table: Mapping[str, Any],
    where: Callable[[str], str],
    options: Mapping[str, Option],
) -> dict[str, Any]:
    """Return the values of options, by `Option.key`.

    Args:
        table: values as TOML gives them, by name.
        where: says where a key stands, for messages.
        options: those that may be given, by each of their names.

    Raises:
        InputError: a key is unknown or given twice, or a value is not right.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        option = _find(key, value, where(key), options)
        if option.key in values:
            raise InputError(f"{where(key)}: {option.name} is given twice")
        values[option.key] = option.kind.read(f"{where(key)}, {option.name}", value, from_file=True)
    return values


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return what the TOML file at `path` holds, and its text.

    Raises:
        InputError: the file cannot be read or is not TOML.
    """
    text = _read_text(path)
    return _parse(text, path), text


def _read_text(path: Path) -> str:
    shown = printable(path)
    with open_input_file(path) as stream:
        try:
            content = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise InputError(f"{shown}: cannot be read ({error.strerror})") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{shown}: larger than {MOST_BYTES:,} bytes; this is no file of options")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{shown}, line {line}: not UTF-8 text; save it as UTF-8") from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    shown = printable(path)
    if text.count(".") > MOST_DOTS:
        raise InputError(f"{shown}: more than {MOST_DOTS:,} dots; this is no file of options")
    try:
        # Line ends of old editors are none to tomllib.
        return tomllib.loads(text.replace("\r\n", "\n"))
    except RecursionError:
        raise InputError(f"{shown}: not TOML: nested too deeply") from None
    except ValueError as error:
        found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|.*)\)", str(error), re.S)
        if found is None:
            raise InputError(f"{shown}: not TOML: a number is too long") from None
        reason, line, column = found.groups()
        last = text.rstrip().count("\n") + 1
        where = f"line {line}, column {column}" if line else f"line {last}"
        reason = reason[:1].lower() + reason[1:]
        raise InputError(f"{shown}, {where}: not TOML: {printable(reason)}") from None


def _line_of(key: str, text: str) -> str:
    """Return ", line 3" for the line that sets `key`, or nothing where that is hard to say."""
    name = re.escape(key)
    pattern = rf"^[ \t]*(?:\[[ \t]*)?(?:{name}|\"{name}\"|'{name}')[ \t]*[=.\]]"
    found = re.search(pattern, text, re.MULTILINE)
    return f", line {text.count(chr(10), 0, found.end()) + 1}" if found else ""


def _find(key: str, value: Any, where: str, options: Mapping[str, Option]) -> Option:
    name = key.replace("_", "-")
    option = options.get(name)
    if option is not None:
        return option
    if isinstance(value, dict):
        raise InputError(f"{where}: {quoted(key)} is a table; options stand by themselves")
    raise InputError(
        f"{where}: unknown option {quoted(key)}{did_you_mean(name, options)}; "
        "keys are the names of options, such as seed"
    )
