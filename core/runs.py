"""The run folder: a checkpoint to go on from, and a readable copy of what was chosen.

The checkpoint is all that resuming reads; `configuration.json` beside it is for people.
"""

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.checkpoint import (
    FOREIGN,
    FORMAT,
    HEADER,
    LARGEST_CURVE,
    MOST_ARRAYS,
    check_size,
    decoded_configuration,
    packed,
    read_array,
    read_text,
    unpack,
)
from bptui.core.configuration import Configuration
from bptui.core.data.input_file import display_name, open_input_file
from bptui.core.errors import InputError, printable
from bptui.core.initializers import check_seed
from bptui.core.layers import layer_views, parameter_count
from bptui.core.run_files import CHECKPOINT, CONFIGURATION

if TYPE_CHECKING:
    from bptui.core.training.trainer import Trainer

SWEEP = "sweep.json"
"""What tells the folder of a sweep, which is no run's."""
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, and where."""

    folder: Path
    epoch: int
    seed: int


def save_run(trainer: "Trainer", folder: Path) -> Path:
    """Write a checkpoint, all or nothing, and a copy of the configuration; return the folder.

    Raises:
        InputError: the folder cannot be written, or the trainer has no configuration.
    """
    if trainer.configuration is None:
        raise InputError("only a trainer built from a configuration can be saved")
    choices = json.dumps(asdict(trainer.configuration), indent=2) + "\n"
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


def check_writable(folder: Path) -> None:
    """Make the folder and try to write in it.

    Raises:
        InputError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable."):
            pass
    except OSError as error:
        raise InputError(
            f"{printable(folder)}: cannot save a run there: {error.strerror or error}"
        ) from None


def check_free(folder: Path) -> None:
    """Make sure that no run would be overwritten by saving to a folder.

    Raises:
        InputError: a run is there already.
    """
    if not os.path.lexists(folder / CHECKPOINT):
        return
    try:
        with _opened(folder) as (_, facts, configuration):
            name = display_name(Path(configuration.data).name)
            held = f"a run at epoch {int(facts['epoch']):,} of {name}"
    except (InputError, *FOREIGN):
        held = "a checkpoint"
    shown = printable(folder)
    raise InputError(
        f"{shown}: holds {held}; --resume {shown} continues it, or name another folder"
    )


def free_folder(folder: Path) -> Path:
    """Return this folder, or the first of `FOLDER-2`, `FOLDER-3`, … that holds no run."""
    if folder.name in ("", ".."):
        folder = folder.resolve()
    free, number = folder, 1
    while _is_taken(free):
        number += 1
        free = Path(f"{folder}-{number}")
    return free


def _is_taken(folder: Path) -> bool:
    if os.path.lexists(folder) and not folder.is_dir():
        return True
    return any(os.path.lexists(folder / name) for name in (CHECKPOINT, CONFIGURATION, SWEEP))


def load_configuration(folder: Path) -> Configuration:
    """Return the configuration of a run.

    Raises:
        InputError: there is no run in the folder, or it cannot be understood.
    """
    with _opened(folder) as (_, _, configuration):
        return configuration


@dataclass(frozen=True, slots=True)
class Kept:
    """What a checkpoint says by itself, where its data need not be."""

    configuration: Configuration
    epoch: int
    seed: int
    learning_rate: float
    state: str
    """Of its training as it was saved; empty where it was not kept."""
    message: str
    """Why training had ended."""
    fault: str | None
    thetas: tuple[NDArray[Any], ...]
    """Θ of every layer; empty where the sizes of the layers were not kept."""


def read_run(folder: Path) -> Kept:
    """Read a checkpoint without its data.

    Raises:
        InputError: it is missing or damaged.
    """
    with _opened(folder) as (archive, facts, configuration), _understood(folder):
        # Nothing in a checkpoint is larger than the file, for nothing is compressed.
        theta = read_array(archive, "theta", archive.getinfo("theta.npy").file_size)
        layers = [int(size) for size in facts.get("layers") or configuration.layers or ()]
        hidden = facts.get("fault_hidden", False)
        return Kept(
            configuration,
            int(facts["epoch"]),
            check_seed(facts["seed"]),
            float(facts["learning_rate"]),
            str(facts.get("state", "")),
            printable(str(facts.get("message", ""))[:LONGEST_REASON]),
            "?" if hidden and facts.get("fault") else facts.get("fault"),
            _matrices(theta, layers),
        )


def _matrices(theta: NDArray[Any], layers: list[int]) -> tuple[NDArray[Any], ...]:
    """Cut Θ, flat (P,), into the matrices of a network with such layers."""
    if len(layers) < 2:
        return ()
    size = parameter_count(layers)
    if min(layers) < 1 or theta.ndim != 1 or theta.dtype.kind != "f" or theta.size != size:
        raise ValueError("its Θ is not of its layers")
    return tuple(layer_views(theta.astype(np.float64), layers))


def resume_run(folder: Path, build: Callable[[Configuration], "Trainer"]) -> "Trainer":
    """Build the trainer of a run and bring it to the run's checkpoint.

    Raises:
        InputError: the checkpoint is missing or damaged, or its data is gone or changed.
    """
    with _opened(folder) as (archive, facts, configuration):
        with _understood(folder):
            check_size(archive, configuration)
        try:
            trainer = build(configuration)
        except InputError as error:
            raise InputError(f"{printable(folder)}: this run cannot go on: {error}") from None
        if facts.get("data_digest") != trainer.data_digest:
            raise InputError(
                f"{printable(folder)}: this run cannot go on: its data, "
                f"{printable(configuration.data)}, has changed since it was saved"
            )
        with _understood(folder):
            most = max(8 * trainer.network.theta.size, LARGEST_CURVE) + HEADER
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if len(names) > MOST_ARRAYS:
                raise ValueError("it holds too many arrays")
            unpack(
                trainer,
                facts,
                {
                    name: read_array(archive, name, most)
                    for name in names
                    if name not in ("facts", "configuration")
                },
            )
    return trainer


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any], Configuration]]:
    """Open a checkpoint; its facts and its configuration are read, its arrays are not."""
    try:
        file = open_input_file(folder / CHECKPOINT)
    except InputError as error:
        raise InputError(f"no run can be resumed: {error}") from None
    with file:
        with _understood(folder):
            archive = zipfile.ZipFile(file)
        with archive:
            with _understood(folder):
                facts = json.loads(read_text(archive, "facts"))
                if facts["format"] != FORMAT:
                    raise ValueError(f"it has format {facts['format']}, this bptui reads {FORMAT}")
                configuration = decoded_configuration(
                    json.loads(read_text(archive, "configuration"))
                )
            yield archive, facts, configuration


@contextmanager
def _understood(folder: Path) -> Iterator[None]:
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


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _make_lasting(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _make_lasting(folder: Path) -> None:
    """Have the names in a folder outlive a power cut, where the system can promise that."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # the new file is there; some file systems promise no more
            os.fsync(number)
    finally:
        os.close(number)
