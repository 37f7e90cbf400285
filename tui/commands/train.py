"""`bptui train`: training without a screen."""

import sys
from contextlib import closing
from time import perf_counter
from typing import Any, Protocol

from bptui.core.check import Report
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.run_folder import RunFolder
from bptui.core.training import Scores, Trainer
from bptui.core.training.build import usual_epochs
from bptui.core.training.keeper import RunKeeper
from bptui.tui.command_line.choices import TrainChoices
from bptui.tui.commands.interruption import Interruption
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.progress import Advancing, Progress
from bptui.tui.commands.starting import make_trainer, run_folder
from bptui.tui.commands.summary import repeat_line, summary
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
    trainer = _trainer(configuration, choices)
    keeper = None
    if choices.run_folder is not None:
        keeper = RunKeeper(trainer, folder, every=choices.checkpoint_every)
        keeper.begin()
    first = trainer.progress
    started = perf_counter()
    failure: InputError | None = None
    with Interruption(hang_up=not choices.keep_training) as interruption:
        try:
            if choices.json:
                train_with_events(trainer, interruption, keeper)
            else:
                train_with_bar(trainer, interruption, keeper)
        finally:  # also if nobody reads the output any more
            if keeper is not None:
                failure = _save(keeper)
        seconds = perf_counter() - started
    rate = (trainer.progress - first) / seconds if seconds > 0.0 else 0.0
    interrupted = interruption.signal is not None and trainer.state == "running"
    report = trainer.check()
    scores = trainer.scores()
    ending = "interrupted" if interrupted else str(trainer.state)
    if choices.json:
        say_event(
            trainer,
            ending,
            **end_facts(trainer, report, seconds, rate),
            scores=_score_facts(scores),
        )
    else:
        if ending == "finished":
            ending = trainer.message
        lines = summary(trainer, report, scores, seconds, rate, ending)
        for line in lines + _last_lines(trainer, choices, interrupted):
            say(line)
    if failure is not None:
        raise failure
    if interrupted:
        return interruption.status
    if trainer.state == "diverged":
        if sys.stdout is not None:
            sys.stdout.flush()
        if sys.stderr is not None:
            say(f"bptui: {printable(trainer.message)}", sys.stderr)
        return DIVERGED
    return 0


def _trainer(configuration: Configuration, choices: TrainChoices) -> Trainer:
    trainer = make_trainer(configuration, choices.resume)
    if trainer.epoch_limit is None:
        trainer.epoch_limit = trainer.epoch + _usual_epochs(trainer)
    return trainer


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


class Training(Advancing, Protocol):
    """What is trained to the end here: a network, or somebody's own model."""

    @property
    def state(self) -> str:
        """`running`, `finished` or `diverged`."""

    @property
    def epoch_limit(self) -> int | None:
        """The epoch to finish at."""

    @property
    def seed(self) -> int:
        """Of the initial parameters."""

    def advance(self, seconds: float, most_epochs: int | None = None) -> int:
        """Train for a while, and return how many epochs ended."""


def train_with_bar(
    trainer: Training, interruption: Interruption, keeper: RunKeeper | None = None
) -> None:
    """Train until it ends or is interrupted, with a bar on standard error."""
    with closing(Progress(trainer, trainer.epoch_limit, sys.stderr)) as progress:
        started = perf_counter()
        while trainer.state == "running" and interruption.signal is None:
            trainer.advance(_slice_after(perf_counter() - started))
            if keeper is not None:
                progress.tell(keep(keeper))
            progress.update()


def train_with_events(
    trainer: Training, interruption: Interruption, keeper: RunKeeper | None = None
) -> None:
    """Train until it ends or is interrupted, with JSON lines on standard output."""
    say_event(trainer, "start")
    started = due = perf_counter()
    while trainer.state == "running" and interruption.signal is None:
        trainer.advance(_slice_after(perf_counter() - started))
        if keeper is not None and (problem := keep(keeper)) and sys.stderr is not None:
            say(f"bptui: {problem}", sys.stderr)
        if perf_counter() >= due:
            say_event(trainer, "progress")
            due = perf_counter() + _EVENT_SECONDS


def _slice_after(seconds: float) -> float:
    return min(_SLICE, max(_SHORTEST_SLICE, _SLICE_SHARE * seconds))


def keep(keeper: RunKeeper) -> str:
    """Save what is due, and return a sentence the first time that it fails."""
    before = keeper.problem
    keeper.look()
    return keeper.problem if keeper.problem != before else ""


def end_facts(trainer: Training, report: Report, seconds: float, rate: float) -> dict[str, Any]:
    """Return what the last JSON line says besides."""
    return {
        "seconds": seconds,
        "epochs_per_second": rate,
        "seed": trainer.seed,
        "verdict": report.verdict,
    }


def _score_facts(scores: Scores) -> dict[str, Any]:
    confusion = None if scores.confusion is None else scores.confusion.tolist()
    return {
        "name": scores.name,
        "training": scores.training,
        "validation": scores.validation,
        "confusion": confusion,
    }


def say_event(trainer: Training, event: str, **facts: Any) -> None:
    """Print one JSON line."""
    say(to_json({"event": event, "epoch": trainer.epoch, "cost": trainer.cost} | facts))
    if sys.stdout is not None:
        sys.stdout.flush()


def _last_lines(trainer: Trainer, choices: TrainChoices, interrupted: bool) -> list[str]:
    lines = []
    if trainer.saved is not None:
        lines.append(f"{'saved in':<12}{printable(trainer.saved.folder)}")
    if trainer.saved is not None and interrupted:
        again = ("bptui", "train", "--resume", str(trainer.saved.folder))
        lines.append(repeat_line(again).replace("again", "go on", 1))
    if choices.resume is None:
        lines.append(repeat_line(choices.command_line))
    return lines
