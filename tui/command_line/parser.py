"""From the words of a command line to the values of options."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from bptui.core.data.input_file import quoted
from bptui.core.errors import InputError, did_you_mean
from bptui.core.wording import listed
from bptui.tui.command_line.names import DATA
from bptui.tui.command_line.option import COMMANDS, Option
from bptui.tui.command_line.options import options_of

DEFAULT_COMMAND = next(iter(COMMANDS))
WATCH = "watch"
MODEL_SUFFIX = ".py"
_SCRIPTED = "demo"
"""The command that takes a script."""
CATALOGUE = "faults"
"""The command that takes the name of a fault."""
OF_MODELS = ("run", "train", "check", "serve")
"""The commands that take a model file."""
SHELLS = ("bash", "zsh", "tcsh", "fish", "powershell")
_OTHER_WORDS = {
    "--lr": "--learning-rate",
    "--rate": "--learning-rate",
    "--alpha": "--learning-rate",
}
"""What other programs call options of this one, where spelling alone suggests another."""
_LOOKS_NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command line, taken apart and read."""

    command: str
    named: bool
    """Whether the command was written out."""
    values: dict[str, Any]
    """Values of the options that were given, by `Option.key`."""
    help: bool = False
    version: bool = False
    completion: str | None = None
    """The shell whose completion script is wanted."""
    model: Path | None = None
    """Somebody's own Python file."""
    script: str | None = None
    """The name or path of a demo's script."""
    fault: str | None = None
    """The fault to tell about."""
    runs: tuple[Path, ...] = ()
    """What to watch."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Read a command line, without its first word `bptui`.

    Raises:
        InputError: an unknown command or option, or a value that is none.
    """
    words = list(arguments)
    named = bool(words) and not words[0].startswith("-") and not words[0].endswith(MODEL_SUFFIX)
    command = words.pop(0) if named else DEFAULT_COMMAND
    if command == "help":
        return _help_asked_for(words)
    if command not in COMMANDS:
        if named and _is_data(command):
            raise InputError(f"unknown command {quoted(command)}{_as_data(command)}")
        if _lacks_suffix(command):
            raise InputError(f"unknown command {quoted(command)}{_with_suffix(command)}")
        if os.path.lexists(command):
            raise InputError(f"unknown command {quoted(command)}{_no_model(command)}")
        raise InputError(
            f"unknown command {quoted(command)}{did_you_mean(command, COMMANDS)}; "
            f"the commands are {', '.join(COMMANDS)}"
        )
    options = options_of(command)
    parser = make_parser(options, at_root=not named)
    try:
        given, rest = parser.parse_known_args(_joined(words, options, command, parser))
    except argparse.ArgumentError as error:
        raise _explained(error, options) from None
    asked = vars(given)
    result = Arguments(
        command,
        named,
        {},
        bool(asked.pop("_help", False)),
        bool(asked.pop("_version", False)),
        asked.pop("_completion", None),
        _model(rest) if command not in (_SCRIPTED, WATCH) else None,
        _word(rest) if command == _SCRIPTED else None,
        _word(rest) if command == CATALOGUE else None,
        _runs(rest) if command == WATCH else (),
    )
    if result.help or result.version:
        return result
    if rest:
        raise _left_over(rest[0], command, parser)
    if result.completion is not None and result.completion not in SHELLS:
        raise InputError(
            f"--print-completion: unknown shell {quoted(result.completion)}"
            f"{did_you_mean(result.completion, SHELLS)}; choose one of {', '.join(SHELLS)}"
        )
    by_key = {option.key: option for option in options}
    for key, value in asked.items():
        result.values[key] = _read(by_key[key], value)
    return result


def _help_asked_for(words: Sequence[str]) -> Arguments:
    """Return what `bptui help` and `bptui help COMMAND` mean."""
    if not words:
        return Arguments(DEFAULT_COMMAND, False, {}, help=True)
    return parse_arguments([words[0], "--help"])


def make_parser(options: Sequence[Option], *, at_root: bool) -> argparse.ArgumentParser:
    """Return a parser that leaves the values of `options` as they are written."""
    parser = _Parser(prog="bptui", add_help=False, allow_abbrev=False, exit_on_error=False)
    add_options(parser, options, at_root=at_root)
    return parser


def add_options(
    parser: argparse.ArgumentParser, options: Sequence[Option], *, at_root: bool
) -> None:
    """Add `options`, and those that ask for help and the like, to `parser`."""
    add = parser.add_argument
    add("-h", "--help", dest="_help", action="store_true", help="show help and leave")
    if at_root:
        add("-V", "--version", dest="_version", action="store_true", help="show the version")
        add("--print-completion", dest="_completion", help="print a completion script")
    for option in options:
        about: dict[str, Any] = {
            "dest": option.key,
            "default": argparse.SUPPRESS,
            "help": option.help.replace("%", "%%"),
        }
        if option.negatable:
            # It adds the `--no-` form itself, and a newer one refuses to be given it.
            add(*option.spelled, action=argparse.BooleanOptionalAction, **about)
        elif not option.value:
            add(*option.flags, action="store_true", **about)
        elif option.repeatable:
            add(*option.flags, action="append", **about)
        elif option.alone:
            add(*option.flags, nargs="?", const=True, **about)
        else:
            add(*option.flags, **about)


def _joined(
    words: list[str],
    options: Sequence[Option],
    command: str,
    parser: argparse.ArgumentParser,
) -> list[str]:
    """Return `words` with `--option -1e-3` as `--option=-1e-3`, which argparse reads as meant."""
    takes_value = {flag for option in options if option.value for flag in option.flags}
    joined: list[str] = []
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            word = name.replace("_", "-") + equals + value
        if joined and joined[-1] in takes_value and _LOOKS_NEGATIVE.match(word):
            joined[-1] += f"={word}"
        elif re.match(r"-[^-].", word):
            # There are no bundles of short options; argparse would take -hidden for -h.
            raise _left_over(word, command, parser)
        else:
            joined.append(word)
    return joined


def _model(rest: list[str]) -> Path | None:
    """Take the first word that names a Python file out of `rest`."""
    for word in rest:
        if word.endswith(MODEL_SUFFIX) and not word.startswith("-"):
            rest.remove(word)
            return Path(word)
    return None


def _word(rest: list[str]) -> str | None:
    """Take the first word that is no option out of `rest`."""
    for word in rest:
        if not word.startswith("-"):
            rest.remove(word)
            return word
    return None


def _runs(rest: list[str]) -> tuple[Path, ...]:
    """Take all words that name something to watch out of `rest`."""
    words = [word for word in rest if not word.startswith("-")]
    rest[:] = [word for word in rest if word.startswith("-")]
    return tuple(map(Path, words))


def _read(option: Option, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    where = f"--{option.name}"
    if option.repeatable:
        return tuple(text for word in value for text in option.kind.read(where, word))
    return option.kind.read(where, value)


def _explained(error: argparse.ArgumentError, options: Sequence[Option]) -> InputError:
    flags = (error.argument_name or "").split("/")
    name = next((flag for flag in flags if flag.startswith("--")), flags[0])
    if "ignored explicit argument" in error.message:
        return InputError(f"{name}: this option takes no value")
    kind = next((option.kind.expected for option in options if name in option.flags), "")
    wanted = f"; give {kind}" if kind else ""
    if name == "--print-completion":
        wanted = f"; give one of {', '.join(SHELLS)}"
    return InputError(f"{name}: its value is missing{wanted}")


def _left_over(word: str, command: str, parser: argparse.ArgumentParser) -> InputError:
    if not word.startswith("-") or word in ("-", "--"):
        if word in COMMANDS:
            return InputError(f"the command comes first: bptui {word} …")
        if _is_data(word):
            return InputError(f"unexpected argument {quoted(word)}{_as_data(word)}")
        if command in OF_MODELS and _lacks_suffix(word):
            return InputError(f"unexpected argument {quoted(word)}{_with_suffix(word)}")
        if command in OF_MODELS and not word.endswith(MODEL_SUFFIX) and os.path.lexists(word):
            return InputError(f"unexpected argument {quoted(word)}{_no_model(word)}")
        return InputError(f"unexpected argument {quoted(word)}; options begin with two dashes")
    name = word.split("=")[0]
    elsewhere = [
        other
        for other in COMMANDS
        if any(name in option.flags for option in options_of(other)) and other != command
    ]
    if elsewhere:
        return InputError(f"{name}: an option of bptui {listed(elsewhere)}, not of bptui {command}")
    known = [flag for flag in parser._option_string_actions if flag.startswith("--")]
    other = _OTHER_WORDS.get(name)
    near = f" (did you mean {other!r}?)" if other in known else did_you_mean(name, known)
    return InputError(f"unknown option {quoted(name)}{near}; see bptui {command} --help")


def _is_data(word: str) -> bool:
    return word in DATA or word.lower().endswith((".csv", ".npz"))


def _lacks_suffix(word: str) -> bool:
    return not word.endswith(MODEL_SUFFIX) and os.path.lexists(word + MODEL_SUFFIX)


def _with_suffix(word: str) -> str:
    return f" (did you mean {quoted(word + MODEL_SUFFIX)}?)"


def _no_model(word: str) -> str:
    directory = " a directory is none;" if Path(word).is_dir() else ""
    return f":{directory} the name of a model file ends in {MODEL_SUFFIX}"


def _as_data(word: str) -> str:
    return f" (did you mean --data {quoted(word)[1:-1]}?)"
