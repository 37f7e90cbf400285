"""`bptui demo`: a scripted session, played on the terminal or recorded into files."""

import shlex
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from bptui.core.errors import InputError, printable
from bptui.tui.command_line.choices import DemoChoices
from bptui.tui.commands.interruption import Interruption
from bptui.tui.commands.run import closing_lines
from bptui.tui.demo.script import Script, find_script, read_script
from bptui.tui.output_file import STANDARD_OUTPUT, OutputFile
from bptui.tui.terminal import require_terminal, say, say_prose

PICTURE_SECONDS = 3.0
"""Between two screens of an animation: enough for the story, and the file stays small."""


def demo(choices: DemoChoices) -> int:
    """Play or record a script, and return the exit status.

    Raises:
        InputError: the script or a path cannot be used, or there is no terminal to play on.
    """
    if choices.animate and choices.svg is None:
        raise InputError("--animate: it makes the picture of --svg move; give --svg FILE.svg too")
    path = find_script(choices.script)
    script = read_script(path)
    if choices.seed is not None:
        script = replace(script, settings={**script.settings, "seed": choices.seed})
    if choices.theme is not None:
        script = replace(script, settings={**script.settings, "theme": choices.theme})
    if choices.size is not None:
        script = replace(script, size=choices.size)
    if choices.record is not None or choices.svg is not None:
        return _record(path, script, choices)
    require_terminal("demo", "--record FILE.cast or --svg FILE.svg records it without one")
    return _play(script, choices)


def _record(path: Path, script: Script, choices: DemoChoices) -> int:
    from bptui.tui.demo.cast import Cast
    from bptui.tui.demo.play import record
    from bptui.tui.picture.svg import svg

    _refuse_same_file(script=path, record=choices.record, svg=choices.svg)
    with Interruption() as interruption, ExitStack() as stack:
        # Whatever cannot be written is told now, and not after the work.
        cast_file = stack.enter_context(_output("record", choices.record))
        svg_file = stack.enter_context(_output("svg", choices.svg))
        recording = record(script, interruption)
        if interruption.signal is not None:
            raise SystemExit(interruption.status)
        if cast_file is not None:
            cast = Cast(script.size, script.title)
            for at, frame in recording.frames:
                cast.add(at, frame)
            cast_file.write(cast.end(recording.seconds))
        if svg_file is not None:
            pictures = [recording.frames[-1]]
            if choices.animate:
                pictures = recording.every(PICTURE_SECONDS)
            svg_file.write(svg(pictures, recording.seconds + PICTURE_SECONDS, script.title))
    if STANDARD_OUTPUT in (choices.record, choices.svg):
        return 0
    files = " and ".join(printable(file) for file in (choices.record, choices.svg) if file)
    columns, rows = script.size
    say(f"{script.title}: {recording.seconds:.0f} s at {columns}x{rows} in {files}")
    return 0


def _output(name: str, path: Path | None) -> AbstractContextManager[OutputFile | BinaryIO | None]:
    """Return what takes the bytes that an option asks for."""
    if path is None:
        return nullcontext()
    if path != STANDARD_OUTPUT:
        return OutputFile(path)
    if sys.stdout is None:
        raise InputError(f"--{name}: there is no standard output; name a file")
    return nullcontext(sys.stdout.buffer)


def _play(script: Script, choices: DemoChoices) -> int:
    from bptui.tui.demo.play import play
    from bptui.tui.drawing.symbols import screen_symbols

    status, snapshot = play(script, screen_symbols())
    if snapshot is not None:
        trained, _ = closing_lines(snapshot, choices.command_line, None)
        with suppress(OSError, UnicodeError):  # after a hang-up there is nobody to tell
            say_prose(trained)
            say(f"again: {printable(shlex.join(choices.command_line))}")
            sys.stdout.flush()
    return status


def _refuse_same_file(**files: Path | None) -> None:
    seen: dict[Path, str] = {}
    for name, file in files.items():
        if file is None:
            continue
        place = file.absolute()
        if place in seen:
            raise InputError(
                f"--{name}: {printable(file)} is the {seen[place]} already; name another file"
            )
        seen[place] = "script" if name == "script" else f"file of --{name}"
