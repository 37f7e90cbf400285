"""Saving a run and going on with it: a checkpoint, and a readable copy of what was chosen.

The checkpoint is all that resuming reads; `configuration.json` beside it is for people.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bptui.core.configuration import Configuration
from bptui.core.data.input_file import display_name, open_input_file
from bptui.core.errors import InputError, printable
from bptui.core.runs.archive import FOREIGN, HEADER, array_names, read_arrays, read_text
from bptui.core.runs.checkpoint import (
    FORMAT,
    LARGEST_CURVE,
    TEXTS,
    check_size,
    decoded_configuration,
    packed,
    unpack,
)
from bptui.core.runs.files import CHECKPOINT, CONFIGURATION, SWEEP
from bptui.core.runs.model_facts import MODEL, ModelFacts
from bptui.core.runs.replacing import replace_file

if TYPE_CHECKING:
    from bptui.core.training.resumable import Resumable

AnyTrainer = TypeVar("AnyTrainer", bound="Resumable")

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, and where."""

    folder: Path
    epoch: int
    seed: int


class ModelNeededError(InputError):
    """A run cannot go on because it is of a model file, which has to be named."""

    def __init__(self, folder: Path, model: str) -> None:
        """Say so of the run in `folder`; `model` is what the file was called."""
        super().__init__(
            f"{printable(folder)}: this run trains {display_name(model)}, and a checkpoint names "
            "no code that is run; name the file to go on"
        )
        self.model = model


def save_run(trainer: "Resumable", folder: Path) -> Path:
    """Write a checkpoint, all or nothing, and a copy of the configuration; return the folder.

    Raises:
        InputError: the folder cannot be written, or the trainer has no configuration.
    """
    choices = json.dumps(trainer.settings(), indent=2) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / CHECKPOINT, packed(trainer, choices))
        replace_file(folder / CONFIGURATION, choices.encode())
    except OSError as error:
        raise InputError(
            f"{printable(folder)}: cannot save the run there: {error.strerror or error}"
        ) from None
    trainer.saved = Saved(folder, trainer.epoch, trainer.seed)
    return folder


def load_configuration(folder: Path) -> Configuration:
    """Return the configuration of a run.

    Raises:
        InputError: there is no run in the folder, or it cannot be understood.
    """
    with opened(folder) as (_, _, configuration):
        return configuration


def resume_run(
    folder: Path, build: Callable[[Configuration], AnyTrainer], *, own_code: bool = False
) -> AnyTrainer:
    """Build the trainer of a run and bring it to the run's checkpoint.

    Args:
        folder: of the run.
        build: makes a trainer that stands before the first epoch.
        own_code: whether what it makes trains a model file that the user has named.

    Raises:
        ModelNeededError: it does not, and the run is of one.
        InputError: the checkpoint is missing or damaged, or of something else than is built.
    """
    with opened(folder) as (archive, facts, configuration):
        with understood(folder):
            check_size(archive, configuration)
            model = ModelFacts.decoded(facts)
        if model is not None and not own_code:
            raise ModelNeededError(folder, Path(configuration.data).name)
        try:
            if model is None and own_code:
                raise InputError("it is of a network of bptui's own; leave the model file out")
            trainer = build(configuration)
            trainer.recognize(facts, configuration)
        except InputError as error:
            raise InputError(f"{printable(folder)}: this run cannot go on: {error}") from None
        with understood(folder):
            most = max(8 * trainer.point().theta.size, LARGEST_CURVE) + HEADER
            names = [name for name in array_names(archive) if name not in TEXTS]
            unpack(trainer, facts, read_arrays(archive, names, most))
    return trainer


def last_run_of(model: str, folders: Iterable[Path]) -> Path | None:
    """Return the last of these folders whose run is of a model file of this name."""
    for folder in reversed(list(folders)):
        with suppress(InputError), opened(folder) as (_, facts, configuration):
            if facts.get(MODEL) is not None and configuration.data == model:
                return folder
    return None


@contextmanager
def opened(folder: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any], Configuration]]:
    """Open a checkpoint; its facts and its configuration are read, its arrays are not."""
    try:
        file = open_input_file(folder / CHECKPOINT)
    except InputError as error:
        why = str(error)
        if (folder / SWEEP).is_file():
            where = printable(folder)
            why = f"{where}: holds a sweep; bptui sweep --resume {where} continues it"
        raise InputError(f"no run can be resumed: {why}") from None
    with file:
        with understood(folder):
            archive = zipfile.ZipFile(file)
        with archive:
            with understood(folder):
                facts = json.loads(read_text(archive, "facts"))
                if facts["format"] != FORMAT:
                    raise ValueError(f"it has format {facts['format']}, this bptui reads {FORMAT}")
                configuration = decoded_configuration(
                    json.loads(read_text(archive, "configuration"))
                )
            yield archive, facts, configuration


@contextmanager
def understood(folder: Path) -> Iterator[None]:
    """Turn what reading foreign bytes may raise into one sentence."""
    path = printable(folder / CHECKPOINT)
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except FOREIGN as error:
        raise InputError(f"{path}: this checkpoint does not fit: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    return printable(error)[:LONGEST_REASON] or type(error).__name__
