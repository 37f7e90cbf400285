"""`bptui run`, `check` and `train MODEL.py`: somebody's own NumPy code."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from bptui.core.check import format_report, headline
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.model_file import load_model_file
from bptui.core.runs.folder import RunFolder
from bptui.core.training.build import FULL_BATCH_EPOCHS
from bptui.core.training.model_runs import model_trainer_of, resume_model_trainer
from bptui.core.training.model_samples import target_names
from bptui.core.training.model_trainer import ModelTrainer
from bptui.core.training.scores import Scores
from bptui.core.wording import counted
from bptui.tui.command_line.choices import CheckChoices, RunChoices, TrainChoices
from bptui.tui.commands import check, run, train
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.progress import Progress
from bptui.tui.commands.starting import run_folder
from bptui.tui.commands.summary import diagnosis_lines, epochs_told, score_rows
from bptui.tui.terminal import say, terminal_columns

_PATIENCE = 0.5
"""Seconds that leaving, or a signal to end, waits for their code to return."""
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
    called = replace(configuration, data=path.name)
    if command == "run":
        trainer, keeper = run.begun(
            lambda: model_trainer(path, configuration, run_choices.resume, captured=True),
            called,
            run_choices,
        )
        return run.watch(
            trainer,
            run_choices,
            default_speed=run.DEFAULT_SPEED,
            patience=_PATIENCE,
            keeper=keeper,
            model=path,
            notice=trainer.notice,
        )
    if command == "check":
        trainer = model_trainer(path, configuration, None, captured=False)
        with _named(trainer):
            return _check(trainer, check_choices)
    folder = run_folder(called, train_choices.run_folder, train_choices.resume)
    with closing(folder):
        trainer = model_trainer(path, configuration, train_choices.resume, captured=False)
        return _train(folder, trainer, train_choices)


@contextmanager
def _named(trainer: ModelTrainer) -> Iterator[None]:
    """Name the file in what is wrong with its functions."""
    name = trainer.model.name
    try:
        yield
    except InputError as error:
        if str(error).startswith(name):
            raise
        raise InputError(f"{name}: {error}") from error


def model_trainer(
    path: Path, configuration: Configuration, resume: Path | None, *, captured: bool
) -> ModelTrainer:
    """Return a new trainer of the model at `path`, or the one of the run to resume.

    Args:
        path: somebody's own Python file.
        configuration: how to train it.
        resume: the folder of a run of such a model.
        captured: whether what it prints is kept from the terminal.

    Raises:
        InputError: the file cannot be used, its functions fail, or the run cannot go on.
    """
    model = load_model_file(path, captured=captured)
    if resume is None:
        return model_trainer_of(model, configuration)
    return resume_model_trainer(
        resume, model, epochs=configuration.epochs, learning_rate=configuration.learning_rate
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
        say(to_json(report.to_dict(values=choices.values)))
        return check.STATUS[report.verdict]
    arrays = counted(len(trainer.names), "array")
    about = [trainer.model.name, f"{counted(trainer.theta.size, 'parameter')} in {arrays}"]
    about += [f"seed {trainer.seed}"] if trainer.model.takes_seed else []
    about += [f"epoch {trainer.epoch:,}", f"J {trainer.cost:.6g}"]
    say(" · ".join(about) + "\n")
    say(format_report(report, columns=terminal_columns()))
    if choices.values:
        say(check.matrices(report))
    return check.STATUS[report.verdict]


def _train(folder: RunFolder, trainer: ModelTrainer, choices: TrainChoices) -> int:
    model = trainer.model
    if trainer.notice and sys.stderr is not None:
        say(f"bptui: {trainer.notice}", sys.stderr)
    if trainer.epoch_limit is None:
        open_end = trainer.until_cost is not None
        most = train.UNTIL_COST_EPOCHS if open_end else FULL_BATCH_EPOCHS
        trainer.epoch_limit = trainer.epoch + most
    first_cost = trainer.cost
    trained = train.train_in(folder, trainer, choices, _PATIENCE)
    if trainer.failure is not None:
        if not choices.json:
            for line in train.last_lines(trainer, choices, go_on=True, model=model.path):
                say(line)
        if trained.failure is not None and sys.stderr is not None:
            say(f"bptui: {trained.failure}", sys.stderr)
        with _named(trainer):
            raise trainer.failure
    with _named(trainer):
        report = trainer.check()
    scores, why_not = _scores(trainer)
    names = () if scores is None or scores.errors is None else target_names(len(scores.errors))
    if choices.json:
        facts = train.end_facts(trainer, report, trained)
        facts["scores"] = None if scores is None else train.score_facts(scores, names)
        train.say_event(trainer, trained.ending, **facts)
    else:
        ending = trainer.message if trained.ending == "finished" else trained.ending
        rows = [
            ("model", f"{model.name}, {counted(trainer.theta.size, 'parameter')}"),
            ("training", f"{trainer.optimizer_name}, η {trainer.learning_rate:g}"),
            ("epochs", epochs_told(trainer.epoch, trained.seconds, trained.rate, ending)),
            ("cost", f"J {trainer.cost:.6g}, from {first_cost:.6g}"),
        ]
        if scores is not None:
            rows += score_rows(scores, names)
        elif why_not:
            rows.append(("outputs", why_not))
        rows.append(("check", headline(report)))
        for name, value in rows:
            say(f"{name:<12}{value}")
        for line in diagnosis_lines(report):
            say(line)
        go_on = trained.interrupted
        for line in train.last_lines(trainer, choices, go_on=go_on, model=model.path):
            say(line)
    return train.status_of(trainer, trained)


def _scores(trainer: ModelTrainer) -> tuple[Scores | None, str]:
    """Return how good its outputs are, or one sentence on why that is not known."""
    try:
        return trainer.scores(), ""
    except InputError as error:
        return None, printable(str(error))
