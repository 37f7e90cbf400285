"""From what was asked for to a trainer, and a folder to save it in."""

from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.runs import check_free
from bptui.core.training import Trainer, build_trainer, resume_trainer


def make_trainer(
    configuration: Configuration, *, run_folder: Path | None, resume: Path | None
) -> Trainer:
    """Return a new trainer, or the one of the run to resume.

    Raises:
        InputError: the configuration is impossible, there is nothing to resume, or
            `run_folder` holds a run other than that.
    """
    resumed_there = resume is not None and resume.absolute() == (run_folder or resume).absolute()
    if run_folder is not None and not resumed_there:
        check_free(run_folder)
    if resume is None:
        return build_trainer(configuration)
    return resume_trainer(
        resume, epochs=configuration.epochs, learning_rate=configuration.learning_rate
    )
