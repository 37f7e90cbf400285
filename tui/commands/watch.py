"""`bptui watch`: the dashboard on runs that others train."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bptui.core.errors import InputError, printable
from bptui.core.runs.state_directory import latest_run
from bptui.core.watching import MOST_RUNS, WatchedRun, WatchSession, names
from bptui.tui.actions import COMPARING, WATCHING
from bptui.tui.commands.crash import CRASHED, crash_sentence
from bptui.tui.commands.run import SWITCH_INTERVAL
from bptui.tui.departure import HUNG_UP, Departure
from bptui.tui.quick_start import uncollected
from bptui.tui.terminal import over_ssh, require_terminal, say
from bptui.tui.worker import TrainingWorker

_PATIENCE = 1.0
"""Seconds to wait for a last look at files, which a network may hold up for ever."""


def watch(paths: Sequence[Path], words: Sequence[str], theme: str | None = None) -> int:
    """Open the dashboard on runs or CSV files, and return the exit status.

    Args:
        paths: run folders and CSV files; none is the last run in the state directory.
        words: the command line without `bptui`.
        theme: the colours of the screen; `None` is what suits the terminal.

    Raises:
        InputError: there is no terminal, or nothing to watch.
    """
    if not paths:
        paths = [_latest()]
    if len(paths) > MOST_RUNS:
        raise InputError(f"watch: {len(paths)} runs; at most {MOST_RUNS} can be told apart")
    require_terminal("watch", "the files of a run can be read without one")
    runs = [WatchedRun(path) for path in paths]

    with uncollected():
        from bptui.tui.app import Dashboard
        from bptui.tui.cadence import LOCAL, OVER_SSH
        from bptui.tui.drawing.symbols import screen_symbols
        from bptui.tui.theme import set_theme

    cadence = OVER_SSH if over_ssh() else LOCAL
    worker = TrainingWorker(WatchSession(runs, interval=cadence.status))
    app = Dashboard(
        worker,
        actions=WATCHING if len(runs) == 1 else COMPARING,
        cadence=cadence,
        symbols=screen_symbols(),
    )
    set_theme(app, theme)
    sys.setswitchinterval(SWITCH_INTERVAL)
    with Departure(app.cut_off) as departure:
        app.run()
        worker.wait(_PATIENCE)
        if departure.lost_terminal:
            return departure.status or HUNG_UP
    with suppress(OSError, UnicodeError):  # there may be nobody left to tell
        for line in closing_lines(runs, words):
            say(line)
        sys.stdout.flush()
        if app.failure is not None:
            say(f"bptui: {crash_sentence(app.failure, None)}", sys.stderr)
    if app.failure is not None or worker.failed:
        return CRASHED
    return app.return_code or 0


def _latest() -> Path:
    latest = latest_run()
    if latest is None:
        raise InputError(
            "watch: name what to watch, bptui watch RUN: a run folder, or a CSV file with the "
            "columns epoch and cost"
        )
    return latest


def closing_lines(runs: Sequence[WatchedRun], words: Sequence[str]) -> list[str]:
    """Return what stays in the scrollback: where each run stands, and how to look again."""
    lines = []
    for name, run in zip(names(runs), runs, strict=True):
        seed = f", seed {run.seed}" if run.description.takes_seed else ""
        lines.append(f"{name}: {run.state()} at epoch {run.epoch:,}, J {run.cost:.4g}{seed}")
    return [*lines, f"watch again: {printable(shlex.join(['bptui', *words]))}"]
