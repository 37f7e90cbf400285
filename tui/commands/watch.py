"""`bptui watch`: the dashboard on runs that others train."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from bptui.core.errors import InputError, printable
from bptui.core.runs.state_directory import latest_run
from bptui.core.watching import MOST_RUNS, WatchedRun, WatchSession, names
from bptui.tui.actions import COMPARING, WATCHING
from bptui.tui.commands.dashboard import cadence_here, make_dashboard, say_at_end
from bptui.tui.departure import HUNG_UP, Departure
from bptui.tui.terminal import require_terminal
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

    cadence = cadence_here()
    app = make_dashboard(
        TrainingWorker(WatchSession(runs, interval=cadence.status)),
        cadence,
        theme,
        actions=WATCHING if len(runs) == 1 else COMPARING,
    )
    with Departure(app.cut_off) as departure:
        app.run()
        app.worker.wait(_PATIENCE)
        if departure.lost_terminal:
            return departure.status or HUNG_UP
    return say_at_end(app, closing_lines(runs, words), sys.stdout, sys.stderr)


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
