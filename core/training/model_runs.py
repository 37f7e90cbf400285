"""The training of somebody's own model file: begun, or gone on with."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bptui.core.check.methods import choose_method
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.initializers import check_seed
from bptui.core.model_file import ModelFile
from bptui.core.runs.saving import resume_run
from bptui.core.training.model_trainer import ModelTrainer
from bptui.core.training.resumable import check_limit


def model_trainer_of(model: ModelFile, configuration: Configuration) -> ModelTrainer:
    """Return a trainer of a model file that stands before the first epoch.

    Raises:
        InputError: the configuration is impossible, or the functions of the file fail.
    """
    if configuration.epsilon is not None:
        choose_method(configuration.method, configuration.epsilon)
    check_seed(configuration.seed)
    try:
        return ModelTrainer(model, configuration)
    except InputError as error:
        raise type(error)(f"{model.name}: {error}") from error


def resume_model_trainer(
    folder: Path,
    model: ModelFile,
    *,
    epochs: int | None = None,
    learning_rate: float | None = None,
) -> ModelTrainer:
    """Return the trainer of a run folder, at its checkpoint.

    The code is that of `model`, whatever it was when the run was saved: the trainer's `notice`
    says so if it was another.

    Args:
        folder: of the run.
        model: the file, which the user has named again.
        epochs: another epoch to finish at.
        learning_rate: another η from here on.

    Raises:
        InputError: no run of a model file is there, it is damaged, its parameters are not those
            of the file, the functions of the file fail, or it has trained more epochs already.
    """
    trainer = resume_run(folder, lambda saved: model_trainer_of(model, saved), own_code=True)
    try:
        trainer.take_cost()
    except InputError as error:
        raise InputError(
            f"{printable(folder)}: this run cannot go on: {model.name}: {error}"
        ) from error
    if trainer.had_diverged:
        with suppress(InputError):  # which the first step will tell
            if why := trainer.why_start_again():
                diverged = f"this run diverged, and {why}"
                trainer.notice = "; ".join(filter(None, (trainer.notice, diverged)))
    if epochs is not None:
        check_limit(folder, trainer, epochs)
        trainer.epoch_limit = epochs
        trainer.configuration = replace(trainer.configuration, epochs=epochs)
    if learning_rate is not None:
        trainer.learning_rate = learning_rate
    return trainer
