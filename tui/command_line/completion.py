"""Completion scripts for shells."""

import argparse

import shtab

from bptui.tui.command_line.option import COMMANDS
from bptui.tui.command_line.options import options_of
from bptui.tui.command_line.parser import DEFAULT_COMMAND, SHELLS, add_options


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
    for action in parser._actions:
        if action.dest == "_completion":
            action.choices = SHELLS
        option = options.get(action.dest)
        if option is None:
            continue
        if option.kind.names:
            action.choices = option.kind.names
        elif "FOLDER" in option.value:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif "FILE" in option.value:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
