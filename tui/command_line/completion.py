"""Completion scripts for shells."""

import argparse

import shtab

from bptui.tui.command_line.names import DATA, FAULTS
from bptui.tui.command_line.option import COMMANDS
from bptui.tui.command_line.options import options_of
from bptui.tui.command_line.parser import CATALOGUE, DEFAULT_COMMAND, SHELLS, WATCH, add_options

_NAMES = " ".join(DATA)
_NAMES_AND_FILES = shtab.FILE | {
    "bash": "_bptui_data_or_file",
    "zsh": "_bptui_data_or_file",
    "fish": f"{_NAMES} {shtab.FILE['fish']}",
    "preamble": {
        "bash": (
            f'_bptui_data_or_file() {{\n  compgen -W "{_NAMES}" -- "$1"\n  compgen -f -- "$1"\n}}'
        ),
        "zsh": (
            "_bptui_data_or_file() {\n"
            f"  _alternative 'names:data set:({_NAMES})' 'files:file:_files'\n"
            "}"
        ),
    },
}
"""How each shell completes the name of a data set or the path of a file."""


def completion_script(shell: str) -> str:
    """Return a script that makes `shell`, one of `SHELLS`, complete `bptui` commands."""
    parser = argparse.ArgumentParser(prog="bptui", add_help=False)
    _describe(parser, DEFAULT_COMMAND, at_root=True)
    commands = parser.add_subparsers()
    for name, about in COMMANDS.items():
        _describe(commands.add_parser(name, help=about, add_help=False), name, at_root=False)
    return shtab.complete(parser, shell=shell)


def _describe(parser: argparse.ArgumentParser, command: str, *, at_root: bool) -> None:
    options = {option.key: option for option in options_of(command)}
    add_options(parser, tuple(options.values()), at_root=at_root)
    if command == WATCH:
        runs = parser.add_argument("runs", nargs="*", help="run folders or CSV files")
        runs.complete = shtab.FILE  # type: ignore[attr-defined]
    if command == CATALOGUE:
        parser.add_argument("fault", nargs="?", choices=FAULTS, help="the name of one")
    for action in parser._actions:
        if action.dest == "_completion":
            action.choices = SHELLS
        option = options.get(action.dest)
        if option is None:
            continue
        if option.kind.names:
            action.choices = option.kind.names
        elif option.value == "NAME|FILE":
            action.choices = DATA
            action.complete = _NAMES_AND_FILES  # type: ignore[attr-defined]
        elif "FOLDER" in option.value:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif "FILE" in option.value:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
