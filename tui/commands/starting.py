"""From what was asked for to a trainer, and a folder to save it in."""

import shlex
from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.runs.folder import RunFolder
from bptui.core.runs.saving import ModelNeededError, load_configuration
from bptui.core.training import Trainer, build_trainer, resume_trainer


def run_folder(configuration: Configuration, named: Path | None, resume: Path | None) -> RunFolder:
    """Return the folder to save in.

    One that is resumed is locked before it is read, so that nobody goes on in it meanwhile.

    Raises:
        InputError: there is nothing to resume, the folder holds a run other than that,
            or another process has it.
    """
    folder = RunFolder(named, resumed=resume, name=Path(configuration.data).stem)
    if folder.given is None:
        return folder
    if resume is not None:
        load_configuration(resume)
    if folder.holds_older:
        folder.take()
    else:
        folder.check()
    return folder


def make_trainer(
    configuration: Configuration, resume: Path | None, *, command: str = "run"
) -> Trainer:
    """Return a new trainer, or the one of the run to resume.

    Args:
        configuration: what to train.
        resume: the folder of a run.
        command: the word that asks for it.

    Raises:
        InputError: the configuration is impossible, or the run cannot go on.
    """
    if resume is None:
        return build_trainer(configuration)
    try:
        return resume_trainer(
            resume,
            epochs=configuration.epochs,
            learning_rate=configuration.learning_rate,
            patience=configuration.patience,
        )
    except ModelNeededError as error:
        words = resume_words(command, Path(error.model), resume)
        raise InputError(f"{error}: {printable(shlex.join(words))}") from None


def resume_words(command: str, model: Path | None, folder: Path) -> tuple[str, ...]:
    """Return the words of the command that goes on with a run."""
    if model is not None:
        return ("bptui", command, str(model), "--resume", str(folder))
    if command == "run":
        return ("bptui", "--resume", str(folder))
    return ("bptui", command, "--resume", str(folder))
