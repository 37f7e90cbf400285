"""`bptui run`: the dashboard."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.runs import check_writable
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session, Trainer, build_trainer, resume_trainer
from bptui.tui.command_line.choices import DEFAULT_RUN_FOLDER, RunChoices
from bptui.tui.terminal import encoding_is_utf8, is_dumb, over_ssh, say

DEFAULT_SPEED = 200.0
"""Epochs a second: XOR then takes some seconds, with the plateau and the drop to be seen."""
_SWITCH_INTERVAL = 0.001
"""Seconds until Python lets the screen's thread run; its default makes keys feel heavy."""


def run(configuration: Configuration, choices: RunChoices) -> int:
    """Open the dashboard, and return the exit status.

    Raises:
        InputError: there is no terminal, or something given cannot be used.
    """
    _require_terminal()
    if choices.run_folder is not None:
        check_writable(choices.run_folder)
    if choices.resume is None:
        trainer = build_trainer(configuration)
    else:
        trainer = resume_trainer(choices.resume)
        if configuration.epochs is not None:
            trainer.epoch_limit = configuration.epochs
            assert trainer.configuration is not None
            trainer.configuration = replace(trainer.configuration, epochs=configuration.epochs)
    speed = choices.speed if choices.speed_given else _default_speed(trainer)

    from bptui.tui.app import Dashboard
    from bptui.tui.cadence import LOCAL, OVER_SSH
    from bptui.tui.drawing.symbols import ASCII, UNICODE
    from bptui.tui.worker import TrainingWorker

    cadence = OVER_SSH if over_ssh() else LOCAL
    session = Session(trainer, speed=speed, checking=choices.check, interval=cadence.status)
    folder = choices.run_folder or choices.resume
    worker = TrainingWorker(session)
    app = Dashboard(
        worker,
        checkpoint_folder=folder or DEFAULT_RUN_FOLDER,
        save_on_exit=folder is not None,
        cadence=cadence,
        symbols=UNICODE if encoding_is_utf8(sys.__stderr__ or sys.stderr) else ASCII,
    )
    sys.setswitchinterval(_SWITCH_INTERVAL)
    app.run()
    status = app.return_code or 0
    if worker.latest is None or worker.failed:
        return status or 1
    with suppress(OSError):  # after a hang-up there is nobody to tell
        for line in closing_lines(session.snapshot(), choices.command_line, session.saved_in):
            say(line)
        sys.stdout.flush()
    return status


def closing_lines(
    snapshot: Snapshot, command_line: tuple[str, ...], saved_in: Path | None
) -> tuple[str, str]:
    """Return what stays in the scrollback: what was trained, and how to go on or repeat it."""
    description = snapshot.description
    layers = "-".join(map(str, description.layers))
    verdict = "off" if snapshot.report is None else snapshot.report.verdict
    ended = "" if snapshot.state in ("running", "paused") else f"{snapshot.state} at "
    fault = ""
    if snapshot.fault is not None:
        fault = f", fault {'?' if snapshot.fault_hidden else snapshot.fault}"
    first = (
        f"{description.data} · {layers}: {ended}epoch {snapshot.epoch:,}, "
        f"J {snapshot.cost:.4g}, gradient check {verdict}, seed {snapshot.seed}{fault}"
    )
    if saved_in is not None:
        return first, f"resume: bptui --resume {shlex.quote(str(saved_in))}"
    words = _without(command_line, "--seed", "--fault")
    if snapshot.fault is not None and not snapshot.fault_hidden:
        words += ["--fault", snapshot.fault]
    marks = {mark.kind for mark in snapshot.curve.marks}
    if "learning-rate" in marks:
        words = [
            *_without(words, "--learning-rate", "--eta"),
            "--eta",
            f"{snapshot.learning_rate:g}",
        ]
    # η or the fault changed on the way, so that no command line trains just the same.
    again = "start again" if marks else "repeat"
    return first, f"{again}: " + shlex.join([*words, "--seed", str(snapshot.seed)])


def _without(words: Sequence[str], *names: str) -> list[str]:
    """Return the words of a command line but for some options and their values."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in names:
            skip = True
        elif not word.startswith(tuple(f"{name}=" for name in names)):
            kept.append(word)
    return kept


def _default_speed(trainer: Trainer) -> float | None:
    """Return a pace to watch; an epoch of minibatches is slow enough by itself."""
    return DEFAULT_SPEED if trainer.batch_size == len(trainer.training) else None


def _require_terminal() -> None:
    # The screen goes to standard error, so that it can be seen while the output is kept.
    if not all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.__stderr__)
    ):
        raise InputError("run needs a terminal; bptui train does the same training without one")
    if is_dumb():
        raise InputError(
            "this terminal (TERM=dumb) cannot show the dashboard; "
            "bptui train does the same training without it"
        )
