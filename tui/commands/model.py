"""`bptui run`, `check` and `train MODEL.py`: somebody's own NumPy code."""

import sys
from contextlib import closing
from pathlib import Path
from time import perf_counter

from bptui.core.check import format_report, headline
from bptui.core.check.methods import choose_method
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.model_file import load_model_file
from bptui.core.training.build import FULL_BATCH_EPOCHS
from bptui.core.training.model_trainer import ModelTrainer, built_model_trainer
from bptui.core.wording import counted
from bptui.tui.command_line.choices import CheckChoices, RunChoices, TrainChoices
from bptui.tui.commands import check, run, train
from bptui.tui.commands.interruption import Interruption
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.progress import Progress, format_rate, format_seconds
from bptui.tui.commands.summary import repeat_line
from bptui.tui.terminal import say

_PATIENCE = 0.5
"""Seconds that leaving waits for their code to return."""
_SLICE = 0.05


def run_model(
    command: str,
    path: Path,
    configuration: Configuration,
    check_choices: CheckChoices,
    train_choices: TrainChoices,
    run_choices: RunChoices,
) -> int:
    """Carry out `command` with the model at `path`; return the exit status.

    Raises:
        InputError: the file cannot be used, or its functions fail.
    """
    trainer = model_trainer(path, configuration, captured=command == "run")
    model = trainer.model
    if command == "run":
        return run.watch(trainer, run_choices, default_speed=run.DEFAULT_SPEED, patience=_PATIENCE)
    try:
        if command == "check":
            return _check(trainer, check_choices)
        return _train(trainer, train_choices)
    except InputError as error:
        if str(error).startswith(model.name):
            raise
        raise InputError(f"{model.name}: {error}") from error


def model_trainer(path: Path, configuration: Configuration, *, captured: bool) -> ModelTrainer:
    """Return a trainer of the model at `path`.

    Args:
        path: somebody's own Python file.
        configuration: how to train it.
        captured: whether what it prints is kept from the terminal.

    Raises:
        InputError: the file cannot be used, or its functions fail.
    """
    if configuration.epsilon is not None:
        choose_method(configuration.method, configuration.epsilon)
    return built_model_trainer(
        load_model_file(path, captured=captured),
        seed=configuration.seed,
        optimizer=configuration.optimizer,
        learning_rate=configuration.learning_rate,
        epoch_limit=configuration.epochs,
        until_cost=configuration.until_cost,
        method=configuration.method,
        epsilon=configuration.epsilon,
    )


def _check(trainer: ModelTrainer, choices: CheckChoices) -> int:
    with closing(Progress(trainer, choices.after, None if choices.json else sys.stderr)) as bar:
        while trainer.epoch < choices.after and trainer.state == "running":
            trainer.advance(_SLICE, choices.after - trainer.epoch)
            bar.update()
    if trainer.state == "diverged":
        raise trainer.failure or InputError(trainer.message)
    report = trainer.check()
    if choices.json:
        say(to_json(check.as_dict(report, choices.values)))
        return check.STATUS[report.verdict]
    arrays = counted(len(trainer.names), "array")
    about = [trainer.model.name, f"{trainer.theta.size:,} parameters in {arrays}"]
    about += [f"seed {trainer.seed}"] if trainer.model.takes_seed else []
    about += [f"epoch {trainer.epoch:,}", f"J {trainer.cost:.6g}"]
    say(" · ".join(about) + "\n")
    say(format_report(report))
    if choices.values:
        say(check.matrices(report))
    return check.STATUS[report.verdict]


def _train(trainer: ModelTrainer, choices: TrainChoices) -> int:
    if trainer.epoch_limit is None:
        open_end = trainer.until_cost is not None
        trainer.epoch_limit = train.UNTIL_COST_EPOCHS if open_end else FULL_BATCH_EPOCHS
    first_cost, started = trainer.cost, perf_counter()
    with Interruption() as interruption:
        if choices.json:
            train.train_with_events(trainer, interruption)
        else:
            train.train_with_bar(trainer, interruption)
    if trainer.failure is not None:
        raise trainer.failure
    seconds = perf_counter() - started
    rate = trainer.progress / seconds if seconds > 0.0 else 0.0
    interrupted = interruption.signal is not None and trainer.state == "running"
    ending = "interrupted" if interrupted else str(trainer.state)
    report = trainer.check()
    if choices.json:
        train.say_event(trainer, ending, **train.end_facts(trainer, report, seconds, rate))
    else:
        rows = [
            ("model", f"{trainer.model.name}, {trainer.theta.size:,} parameters"),
            ("training", f"{trainer.optimizer_name}, η {trainer.learning_rate:g}"),
            (
                "epochs",
                f"{trainer.epoch:,} in {format_seconds(seconds)}, {format_rate(rate)} epochs/s; "
                f"{trainer.message if ending == 'finished' else ending}",
            ),
            ("cost", f"J {trainer.cost:.6g}, from {first_cost:.6g}"),
            ("check", headline(report)),
        ]
        for name, value in rows:
            say(f"{name:<12}{value}")
        for found in report.diagnosis:
            say(f"{'':<12}{printable(found.message)}")
        say(repeat_line(choices.command_line))
    if interrupted:
        return interruption.status
    if trainer.state == "diverged":
        if sys.stderr is not None:
            say(f"bptui: {printable(trainer.message)}", sys.stderr)
        return train.DIVERGED
    return 0
