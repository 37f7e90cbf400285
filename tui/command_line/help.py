"""Help, made of the table of options."""

import shutil
import textwrap
from dataclasses import replace

from bptui.core.version import VERSION
from bptui.tui.command_line.option import COMMANDS, Option
from bptui.tui.command_line.options import OPTIONS, options_of
from bptui.tui.command_line.parser import CATALOGUE, OF_MODELS, SHELLS, WATCH

_INDENT = 28
_WIDEST = 100

_SCRIPTS = "the script's"
"""What counts in a demo where nothing else is given."""

_WATCHED = (
    "a run folder, or a CSV file with the columns epoch and cost; several are drawn in one plot, "
    "and none means the last run that nobody named a folder for"
)

_EXAMPLES = (
    ("bptui", "watch XOR being learned"),
    ("bptui --data moons --hidden 8,8 --eta 1", "other data, a larger network"),
    ("bptui train --data iris.csv --validation 0.2", "your own data, no screen"),
    ("bptui check --preset article --values", "both gradients side by side"),
    ("bptui check mine.py", "gradients of your own code"),
    ("bptui sweep --learning-rate 0.5,2", "how often two settings learn"),
    ("bptui serve --data moons", "in browsers, a run for each"),
    ("bptui demo --record story.cast", "a recording, the same every time"),
)


def overview() -> str:
    """Return what `bptui --help` prints."""
    lines = [
        f"bptui {VERSION} - train small NumPy networks live, and prove their gradients",
        "",
        "usage: bptui [COMMAND] [options]",
        "",
        "Commands",
        *(_row(f"  {name}", about, 10) for name, about in COMMANDS.items()),
        "",
        "Some options (bptui COMMAND --help shows them all)",
    ]
    for key in ("data", "hidden", "optimizer", "learning-rate", "seed", "preset", "config"):
        option = next(option for option in OPTIONS if option.name == key)
        lines.append(_entry(option))
    lines += [
        _row("  -h, --help", "this help, or that of a command"),
        _row("  -V, --version", "the version"),
        _row("  --print-completion SHELL", f"completion for {', '.join(SHELLS)}"),
        "",
        "Examples",
        *(f"  {command:<46}{about}" for command, about in _EXAMPLES),
    ]
    return "\n".join(lines)


def command_help(command: str) -> str:
    """Return what `bptui COMMAND --help` prints."""
    lines = [
        f"usage: bptui {command}{_operand(command)} [options]",
        "",
        _sentence(COMMANDS[command]),
    ]
    scripted = command == "demo"
    if scripted:
        lines += ["", "Scripts that come with bptui; SCRIPT.toml is one of your own", *_scripts()]
    if command == WATCH:
        lines += ["", _row("  RUN", _WATCHED)]
    group = ""
    for option in options_of(command):
        if option.group != group:
            group = option.group
            lines += ["", group]
        shown = _of_script(option) if scripted else option
        lines.append(_entry(shown, several=option.kind.one is not None))
    if not group:
        lines.append("")
    lines += [_row("  -h, --help", "this help"), "", *_exits(command)]
    return "\n".join(lines)


def _operand(command: str) -> str:
    if command == "demo":
        return " [NAME|SCRIPT.toml]"
    if command == WATCH:
        return " [RUN ...]"
    if command == CATALOGUE:
        return " [NAME]"
    return " [MODEL.py]" if command in OF_MODELS else ""


def _of_script(option: Option) -> Option:
    return replace(option, default=_SCRIPTS) if option.default else option


def _scripts() -> list[str]:
    from bptui.tui.demo.script import read_script, shipped_scripts

    return [_row(f"  {name}", read_script(path).title) for name, path in shipped_scripts().items()]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _exits(command: str) -> list[str]:
    ends = {
        "run": "0 in the end, 2 bad input",
        "train": "0 trained, 2 bad input, 3 diverged, 130 interrupted",
        "check": "0 pass, 1 fail, 2 bad input, 4 unresolved or at a kink",
        "sweep": "0 done, 2 bad input, 130 interrupted",
        "serve": "0 ended by Ctrl+C, 2 bad input",
    }
    if command == "demo":
        return ["docs/recording.md says how to write a script.", "Exit status: 0, 2 bad input."]
    if command == WATCH:
        return ["Exit status: 0 in the end, 2 bad input."]
    if command not in ends:
        return ["Exit status: 0."]
    several = (
        [
            "Options with … take several values, with commas between or given again,",
            "--layers and --hidden only given again, for their commas separate layers;",
            "all combinations are trained.",
        ]
        if command == "sweep"
        else []
    )
    return [
        *several,
        "What is on the command line beats the --config file, which beats the preset.",
        f"Exit status: {ends[command]}.",
    ]


def _entry(option: Option, *, several: bool = False) -> str:
    flags = [f"--{option.name}", *(f"--{alias}" for alias in option.aliases)]
    if option.negatable:
        flags = [f"--[no-]{option.name}"]
    head = f"  {', '.join(flags)} {option.value}".rstrip() + " …" * several
    default = f" ({option.default})" if option.default else ""
    return _row(head, option.help + default)


def _row(head: str, about: str, indent: int = _INDENT) -> str:
    width = min(_WIDEST, max(60, shutil.get_terminal_size().columns))
    margin = " " * indent
    first = head.ljust(indent) if len(head) < indent - 1 else f"{head}\n{margin}"
    body = textwrap.fill(
        about,
        width - 1,
        initial_indent=margin,
        subsequent_indent=margin,
        break_on_hyphens=False,
    )
    return first + body[indent:]
