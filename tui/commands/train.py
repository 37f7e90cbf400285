"""`bptui train`: training without a screen."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bptui.core.check import Report
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.runs.folder import RunFolder
from bptui.core.training import Scores, Trainer
from bptui.core.training.build import usual_epochs
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.resumable import Resumable, is_at_limit
from bptui.tui.command_line.choices import TrainChoices
from bptui.tui.commands.interruption import Interruption
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.progress import Progress
from bptui.tui.commands.starting import make_trainer, resume_words, run_folder
from bptui.tui.commands.summary import go_on_line, repeat_line, summary
from bptui.tui.terminal import say

DIVERGED = 3
UNTIL_COST_EPOCHS = 1_000_000

_SHORTEST_SLICE, _SLICE = 0.001, 0.05
_SLICE_SHARE = 0.05
"""Slices are short at first, so that a quick training has a log too."""
_EVENT_SECONDS = 0.5


def train(configuration: Configuration, choices: TrainChoices) -> int:
    """Train to the end and say what came of it; return the exit status.

    Raises:
        InputError: the configuration is impossible, or a folder cannot be used, of which
            the end of a training may be the first to know.
    """
    folder = run_folder(configuration, choices.run_folder, choices.resume)
    with closing(folder):
        return _train_in(folder, configuration, choices)


def _train_in(folder: RunFolder, configuration: Configuration, choices: TrainChoices) -> int:
    trainer = make_trainer(configuration, choices.resume, command="train")
    if trainer.epoch_limit is None:
        trainer.epoch_limit = trainer.epoch + _usual_epochs(trainer)
    trained = train_in(folder, trainer, choices)
    report = trainer.check()
    scores = trainer.scores()
    if choices.json:
        facts = end_facts(trainer, report, trained)
        facts["scores"] = score_facts(scores, trainer.training.target_names)
        say_event(trainer, trained.ending, **facts)
    else:
        ending = trainer.message if trained.ending == "finished" else trained.ending
        lines = summary(trainer, report, scores, trained.seconds, trained.rate, ending)
        for line in lines + last_lines(trainer, choices, go_on=trained.interrupted):
            say(line)
    return status_of(trainer, trained)


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training went."""

    seconds: float
    rate: float
    """Epochs a second."""
    ending: str
    """`finished`, `diverged` or `interrupted`."""
    status: int
    """The exit status of a signal."""
    failure: InputError | None
    """Why it could not be saved at the end."""

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it."""
        return self.ending == "interrupted"


def train_in(
    folder: RunFolder, trainer: Resumable, choices: TrainChoices, patience: float | None = None
) -> Trained:
    """Train until it ends or is interrupted, and save it where that is asked for.

    Args:
        folder: where to save it.
        trainer: at its start, or where it was resumed.
        choices: what to tell, and where.
        patience: seconds that a request to end waits for a step to return, where it may
            never do so; `None` waits for ever.

    Raises:
        InputError: the folder cannot be used.
    """
    keeper = None
    if choices.saved:
        keeper = RunKeeper(trainer, folder, every=choices.checkpoint_every)
        keeper.begin()
    first = trainer.progress
    started = perf_counter()
    failure: InputError | None = None
    interruption = Interruption(
        hang_up=not choices.keep_training,
        patience=patience,
        saving=lambda: keeper is not None and keeper.saving,
    )
    with interruption:
        try:
            if choices.json:
                _train_with_events(trainer, interruption, keeper)
            else:
                _train_with_bar(trainer, interruption, keeper)
        finally:  # also if nobody reads the output any more
            if keeper is not None:
                failure = _save(keeper)
        seconds = perf_counter() - started
    rate = (trainer.progress - first) / seconds if seconds > 0.0 else 0.0
    interrupted = interruption.signal is not None and trainer.state == "running"
    ending = "interrupted" if interrupted else str(trainer.state)
    return Trained(seconds, rate, ending, interruption.status, failure)


def status_of(trainer: Resumable, trained: Trained) -> int:
    """Return the exit status, and say why a training diverged.

    Raises:
        InputError: it could not be saved at the end.
    """
    if trained.failure is not None:
        raise trained.failure
    if trained.interrupted:
        return trained.status
    if trainer.state == "diverged":
        if sys.stdout is not None:
            sys.stdout.flush()
        if sys.stderr is not None:
            say(f"bptui: {printable(trainer.message)}", sys.stderr)
        return DIVERGED
    return 0


def _save(keeper: RunKeeper) -> InputError | None:
    """Save at the end; return what went wrong, which is told after the results."""
    try:
        keeper.look(ended=True)
        keeper.save()
    except InputError as error:
        return error
    return None


def _usual_epochs(trainer: Trainer) -> int:
    if trainer.until_cost is not None:
        return UNTIL_COST_EPOCHS
    return usual_epochs(len(trainer.training), trainer.batch_size)


def _train_with_bar(
    trainer: Resumable, interruption: Interruption, keeper: RunKeeper | None
) -> None:
    """Train until it ends or is interrupted, with a bar on standard error."""
    with closing(Progress(trainer, trainer.epoch_limit, sys.stderr)) as progress:
        started = perf_counter()
        while trainer.state == "running" and interruption.signal is None:
            trainer.advance(_slice_after(perf_counter() - started))
            if keeper is not None:
                progress.tell(_keep(keeper))
            progress.update()


def _train_with_events(
    trainer: Resumable, interruption: Interruption, keeper: RunKeeper | None
) -> None:
    """Train until it ends or is interrupted, with JSON lines on standard output."""
    say_event(trainer, "start")
    started = due = perf_counter()
    while trainer.state == "running" and interruption.signal is None:
        trainer.advance(_slice_after(perf_counter() - started))
        if keeper is not None and (problem := _keep(keeper)) and sys.stderr is not None:
            say(f"bptui: {problem}", sys.stderr)
        if perf_counter() >= due:
            say_event(trainer, "progress")
            due = perf_counter() + _EVENT_SECONDS


def _slice_after(seconds: float) -> float:
    return min(_SLICE, max(_SHORTEST_SLICE, _SLICE_SHARE * seconds))


def _keep(keeper: RunKeeper) -> str:
    """Save what is due, and return a sentence the first time that it fails."""
    before = keeper.problem
    keeper.look()
    return keeper.problem if keeper.problem != before else ""


def end_facts(trainer: Resumable, report: Report, trained: Trained) -> dict[str, Any]:
    """Return what the last JSON line says besides."""
    return {
        "seconds": trained.seconds,
        "epochs_per_second": trained.rate,
        "seed": trainer.seed,
        "verdict": report.verdict,
    }


def score_facts(scores: Scores, targets: Sequence[str]) -> dict[str, Any]:
    """Return what the last JSON line says of the outputs.

    Args:
        scores: of the outputs.
        targets: names of the target columns.
    """
    confusion = None if scores.confusion is None else scores.confusion.tolist()
    return {
        "name": scores.name,
        "training": scores.training,
        "validation": scores.validation,
        "confusion": confusion,
        "root_mean_squared_errors": _error_facts(scores, targets),
    }


def _error_facts(scores: Scores, targets: Sequence[str]) -> list[dict[str, Any]] | None:
    """Return the errors of a regression in the units of the data, an object a target."""
    if scores.errors is None:
        return None
    validation = scores.validation_errors
    return [
        {
            "target": target,
            "training": float(error),
            "validation": None if validation is None else float(validation[place]),
        }
        for place, (target, error) in enumerate(zip(targets, scores.errors, strict=True))
    ]


def say_event(trainer: Resumable, event: str, **facts: Any) -> None:
    """Print one JSON line."""
    say(to_json({"event": event, "epoch": trainer.epoch, "cost": trainer.cost} | facts))
    if sys.stdout is not None:
        sys.stdout.flush()


def last_lines(
    trainer: Resumable, choices: TrainChoices, *, go_on: bool, model: Path | None = None
) -> list[str]:
    """Return the lines on what was saved, and how to go on or train the same again.

    Args:
        trainer: at its end.
        choices: how it was trained.
        go_on: whether there is something to go on with.
        model: the file that was trained, where it is no network.
    """
    lines = []
    if trainer.saved is not None:
        lines.append(f"{'saved in':<12}{printable(trainer.saved.folder)}")
    if trainer.saved is not None:
        words = resume_words("train", model, trainer.saved.folder)
        if go_on:
            lines.append(go_on_line(words))
        elif choices.resume is not None and is_at_limit(trainer):
            lines.append(go_on_line((*words, "--epochs", str(2 * trainer.epoch))))
    if choices.resume is None:
        lines.append(repeat_line(choices.command_line))
    return lines
