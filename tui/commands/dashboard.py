"""The dashboard from the side of the commands: how it is opened, and what is said at its end."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bptui.core.errors import InputError
from bptui.tui.actions import ACTIONS, Action
from bptui.tui.cadence import LOCAL, OVER_SSH, Cadence
from bptui.tui.commands.crash import CRASHED, crash_sentence
from bptui.tui.quick_start import uncollected
from bptui.tui.terminal import over_ssh, say, say_prose
from bptui.tui.worker import TrainingWorker

if TYPE_CHECKING:
    from bptui.tui.app import Dashboard

NOT_SAVED = 2
"""Exit status where the run could not be saved at the end."""
_SWITCH_INTERVAL = 0.001
"""Seconds until Python lets the screen's thread run; its default makes keys feel heavy."""


def cadence_here(fps: float | None = None) -> Cadence:
    """Return how often to draw on this terminal, at most `fps` times a second if given."""
    cadence = OVER_SSH if over_ssh() else LOCAL
    return cadence if fps is None else cadence.at(fps)


def make_dashboard(
    worker: TrainingWorker,
    cadence: Cadence,
    theme: str | None,
    *,
    actions: Sequence[Action] = ACTIONS,
    saves: bool = False,
) -> "Dashboard":
    """Return a dashboard for this terminal, and let Python run its screen in time.

    Args:
        worker: what to run and watch.
        cadence: how often to draw.
        theme: its colours; `None` is what suits the terminal.
        actions: what can be done on it.
        saves: whether leaving saves the run.
    """
    with uncollected():
        from bptui.tui.app import Dashboard
        from bptui.tui.drawing.symbols import screen_symbols
        from bptui.tui.theme import set_theme

    app = Dashboard(worker, saves=saves, actions=actions, cadence=cadence, symbols=screen_symbols())
    set_theme(app, theme)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    return app


def say_at_end(
    app: "Dashboard",
    lines: Sequence[str],
    output: TextIO,
    errors: TextIO,
    *,
    failure: InputError | None = None,
    folder: Path | None = None,
) -> int:
    """Say what stays in the scrollback, and return the exit status.

    Args:
        app: the dashboard, which is closed.
        lines: what came of it; the last is a command, and stays one line, to be copied.
        output: where they go.
        errors: where failures go.
        failure: why the run could not be saved.
        folder: takes the traceback of a bug.
    """
    with suppress(OSError, UnicodeError):  # there may be nobody left to tell
        for line in lines[:-1]:
            say_prose(line, output)
        for line in lines[-1:]:
            say(line, output)
        output.flush()
        if failure is not None:
            say_prose(f"bptui: {failure}", errors)
        if app.failure is not None:
            say_prose(f"bptui: {crash_sentence(app.failure, folder)}", errors)
    if app.failure is not None or app.worker.failed:
        return CRASHED
    return app.return_code or (0 if failure is None else NOT_SAVED)
