"""`bptui run`: the dashboard."""

import os
import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.runs.saving import AnyTrainer, Saved
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.resumable import Resumable, is_at_limit
from bptui.core.training.session import UNSAVED
from bptui.tui.command_line.choices import RunChoices
from bptui.tui.command_line.words import without_options
from bptui.tui.commands.dashboard import cadence_here, make_dashboard, say_at_end
from bptui.tui.commands.headless import train_on
from bptui.tui.commands.starting import make_trainer, resume_words, run_folder
from bptui.tui.departure import HUNG_UP, Departure
from bptui.tui.terminal import in_browser
from bptui.tui.worker import TrainingWorker

DEFAULT_SPEED = 200.0
"""Epochs a second: XOR then takes some seconds, with the plateau and the drop to be seen."""
_PATIENCE_TO_SAVE = 1.5
"""Seconds for a last checkpoint, unless a departure ends the process before."""


def run(configuration: Configuration, choices: RunChoices) -> int:
    """Open the dashboard, and return the exit status.

    Raises:
        InputError: something given cannot be used.
    """
    trainer, keeper = begun(
        lambda: make_trainer(configuration, choices.resume), configuration, choices
    )
    # An epoch of minibatches is slow enough by itself.
    speed = DEFAULT_SPEED if trainer.batch_size == len(trainer.training) else None
    return watch(trainer, choices, default_speed=speed, keeper=keeper)


def begun(
    make: Callable[[], AnyTrainer], configuration: Configuration, choices: RunChoices
) -> tuple[AnyTrainer, RunKeeper | None]:
    """Return a trainer, and what saves it, which has its folder by then.

    Args:
        make: returns the trainer; called once its folder is known to be free.
        configuration: names a new folder by its data.
        choices: where to save the run.

    Raises:
        InputError: something given cannot be used.
    """
    if in_browser():  # whoever visits a page writes no file here
        return make(), None
    folder = run_folder(configuration, choices.run_folder, choices.resume)
    trainer = make()
    keeper = RunKeeper(trainer, folder, every=choices.checkpoint_every)
    keeper.begin()
    return trainer, keeper


def watch(
    trainer: Resumable,
    choices: RunChoices,
    *,
    default_speed: float | None,
    patience: float | None = None,
    keeper: RunKeeper | None = None,
    model: Path | None = None,
    notice: str = "",
) -> int:
    """Open the dashboard on a trainer, and return the exit status.

    Args:
        trainer: at its start, or where it was resumed.
        choices: how to watch it.
        default_speed: epochs a second where no other pace is asked for.
        patience: how many seconds to wait for training to stop in the end; `None` is for ever.
        keeper: saves the run, if it is one that is saved.
        model: the file that is trained, where it is no network.
        notice: what to say at first.
    """
    if choices.resume is not None and is_at_limit(trainer):
        at_end = f"resumed with more --epochs, such as {2 * trainer.epoch}, it goes on"
        notice = "; ".join(filter(None, (notice, at_end)))
    speed = choices.speed if choices.speed_given else default_speed

    cadence = cadence_here(choices.fps)
    session = Session(
        trainer,
        speed=speed,
        checking=choices.check,
        check_share=choices.check_share,
        interval=cadence.status,
        keeper=keeper,
        unsaved="a run in a browser is not saved" if in_browser() else UNSAVED,
        notice=notice,
    )
    first_learning_rate = trainer.learning_rate
    worker = TrainingWorker(session)
    app = make_dashboard(
        worker,
        cadence,
        choices.theme,
        saves=keeper is not None and keeper.folder.given is not None,
    )
    output, errors = sys.stdout, sys.stderr
    departure = Departure(
        app.cut_off,
        outlive_terminal=choices.keep_training,
        saving=lambda: keeper is not None and keeper.saving,
    )
    with departure:
        with ExitStack() as silence:
            # Somebody's own code may print until its thread has ended, or without end.
            nowhere = silence.enter_context(Path(os.devnull).open("w"))
            silence.enter_context(redirect_stdout(nowhere))
            silence.enter_context(redirect_stderr(nowhere))
            app.run()
            stopped = worker.wait(_patience(patience, departure, keeps=app.keeps_run))
            if not stopped:
                silence.pop_all()
        failure = None
        if keeper is not None and not worker.failed:
            cut_off = departure.status is not None or departure.lost_terminal
            wanted = cut_off or app.failure is not None or app.keeps_run
            if stopped:
                failure = _save(keeper, wanted=wanted)
            elif wanted:
                failure = _unsaved(trainer.saved)
        if departure.lost_terminal:
            if choices.keep_training and departure.status is None and session.going and stopped:
                return train_on(session, keeper, departure)
            return departure.status or HUNG_UP
    lines: tuple[str, ...] = ()
    if worker.latest is not None and not worker.failed:
        lines = closing_lines(
            worker.latest,
            choices.command_line,
            trainer.saved,
            first_learning_rate=first_learning_rate,
            resumed=choices.resume is not None,
            model=model,
        )
    folder = None if keeper is None else keeper.folder.taken
    return say_at_end(app, lines, output, errors, failure=failure, folder=folder)


def _patience(usual: float | None, departure: Departure, *, keeps: bool) -> float | None:
    """Return how many seconds to wait for training to stop; `None` is for ever.

    Where the run is then saved it is worth longer. The departure ends the process in time if
    somebody else asked for the end, unless it is to train on.
    """
    if departure.lost_terminal and departure.status is None:
        return None
    saves = departure.status is not None or keeps
    return _PATIENCE_TO_SAVE if usual is not None and saves else usual


def _save(keeper: RunKeeper, *, wanted: bool) -> InputError | None:
    """Save the run at the end, or throw away what nobody wants; return what went wrong.

    The training thread has saved already unless something was in its way.
    """
    try:
        if wanted:
            keeper.save()
        else:
            keeper.discard()
    except InputError as problem:
        return problem
    return None


def _unsaved(saved: Saved | None) -> InputError:
    """Return what to say where somebody's own code never lets training stop."""
    after = "" if saved is None else f" after epoch {saved.epoch:,}"
    return InputError(f"its code does not return, so that nothing{after} is saved")


def closing_lines(
    snapshot: Snapshot,
    command_line: tuple[str, ...],
    saved: Saved | None,
    *,
    first_learning_rate: float | None = None,
    resumed: bool = False,
    model: Path | None = None,
) -> tuple[str, str]:
    """Return what stays in the scrollback: what was trained, and how to go on or repeat it.

    Args:
        snapshot: at the end.
        command_line: what was asked for.
        saved: the checkpoint that was saved last.
        first_learning_rate: η at the beginning, if it may have changed.
        resumed: whether `command_line` resumed a run.
        model: the file that was trained, where it is no network.
    """
    description = snapshot.description
    seed = f", seed {snapshot.seed}" if description.takes_seed else ""
    ended = "" if snapshot.state in ("running", "paused") else f"{snapshot.state} at "
    fault = ""
    if snapshot.fault is not None:
        fault = f", fault {'?' if snapshot.fault_hidden else snapshot.fault}"
    first = (
        f"{printable(description.data)} · {description.size}: {ended}epoch {snapshot.epoch:,}, "
        f"J {snapshot.cost:.4g}, gradient check {_verdict(snapshot)}{seed}{fault}"
    )
    if saved is not None:
        there = "" if _is_of(saved, snapshot) else f" from epoch {saved.epoch:,}, seed {saved.seed}"
        command = shlex.join(resume_words("run", model, saved.folder))
        return first, f"resume{there}: {printable(command)}"
    if resumed:
        return first, f"resume again: {printable(shlex.join(command_line))}"
    words = without_options(command_line, "--seed", "--fault")
    hidden = snapshot.fault is not None and snapshot.fault_hidden
    if snapshot.fault is not None and not hidden:
        words += ["--fault", snapshot.fault]
    marks = {mark.kind for mark in snapshot.curve.marks}
    # Starting again removes the marks and leaves η as it was changed.
    if first_learning_rate not in (None, snapshot.learning_rate):
        marks.add("learning-rate")
    if "learning-rate" in marks:
        words = [
            *without_options(words, "--learning-rate", "--eta"),
            "--eta",
            _exactly(snapshot.learning_rate),
        ]
    # η or the fault changed on the way, so that no command line trains just the same.
    again = "start again" if marks or hidden else "repeat"
    if hidden:
        again += " without the hidden fault"
    if description.takes_seed:
        words += ["--seed", str(snapshot.seed)]
    command = shlex.join(words)
    return first, f"{again}: {printable(command)}"


def _verdict(snapshot: Snapshot) -> str:
    """Return what the check found, or why it found nothing."""
    if not snapshot.checking:
        return "off"
    if snapshot.report is None:
        return f"none ({snapshot.no_report})" if snapshot.no_report else "none"
    return snapshot.report.verdict


def _is_of(saved: Saved | None, snapshot: Snapshot) -> bool:
    return saved is not None and (saved.epoch, saved.seed) == (snapshot.epoch, snapshot.seed)


def _exactly(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
