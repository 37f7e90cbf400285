"""The run folder: what was chosen, and a checkpoint to go on from.

A checkpoint is an NPZ file of plain arrays and two JSON texts: the configuration and the
facts. Nothing in it is ever unpickled, and nothing larger than it can rightly be is read, so
that a stranger's checkpoint can be opened. It is all that resuming reads;
`configuration.json` beside it is a copy for people.
"""

import io
import json
import math
import os
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.data.input_file import display_name, open_input_file
from bptui.core.errors import InputError, printable
from bptui.core.history import CostHistory, Mark
from bptui.core.initializers import check_seed
from bptui.core.trainer_state import TrainerState

if TYPE_CHECKING:
    from bptui.core.training.trainer import Trainer

CONFIGURATION = "configuration.json"
CHECKPOINT = "checkpoint.npz"
FORMAT = 2
"""Raised when older checkpoints can no longer be read."""
LONGEST_REASON = 200
LARGEST_TEXT = 2**24
"""Bytes of a JSON text in a checkpoint."""
LARGEST_CURVE = 2**16
"""Bytes of an array of the cost's history."""
MOST_ARRAYS = 100
_HEADER = 2**12
"""Bytes beside the numbers of an array, at most."""

_FOREIGN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    EOFError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading bytes that are no run may raise in NumPy, `zipfile`, `json` and here."""


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
        _replace(folder / CHECKPOINT, _packed(trainer, choices))
        _replace(folder / CONFIGURATION, choices.encode())
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
    except (InputError, *_FOREIGN):
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
    return any(os.path.lexists(folder / name) for name in (CHECKPOINT, CONFIGURATION))


def load_configuration(folder: Path) -> Configuration:
    """Return the configuration of a run.

    Raises:
        InputError: there is no run in the folder, or it cannot be understood.
    """
    with _opened(folder) as (_, _, configuration):
        return configuration


def resume_run(folder: Path, build: Callable[[Configuration], "Trainer"]) -> "Trainer":
    """Build the trainer of a run and bring it to the run's checkpoint.

    Raises:
        InputError: the checkpoint is missing or damaged, or its data is gone or changed.
    """
    with _opened(folder) as (archive, facts, configuration):
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
            most = max(8 * trainer.network.theta.size, LARGEST_CURVE) + _HEADER
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if len(names) > MOST_ARRAYS:
                raise ValueError("it holds too many arrays")
            _unpack(
                trainer,
                facts,
                {
                    name: _array(archive, name, most)
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
                facts = json.loads(_text(archive, "facts"))
                if facts["format"] != FORMAT:
                    raise ValueError(f"it has format {facts['format']}, this bptui reads {FORMAT}")
                configuration = _configuration(json.loads(_text(archive, "configuration")))
            yield archive, facts, configuration


@contextmanager
def _understood(folder: Path) -> Iterator[None]:
    """Turn what reading foreign bytes may raise into one sentence."""
    path = printable(folder / CHECKPOINT)
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except _FOREIGN as error:
        raise InputError(f"{path}: this checkpoint does not fit: {_reason(error)}") from None


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return str(_array(archive, name, LARGEST_TEXT)[()])


def _array(archive: zipfile.ZipFile, name: str, most: int) -> NDArray[Any]:
    """Read an array that takes at most so many bytes."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.file_size > most:
        raise ValueError(f"its part {name[:20]!r} is too large")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("it is compressed in a foreign way")
    # `zipfile` never gives more than `file_size`, however much is there.
    array: NDArray[Any] = np.load(io.BytesIO(archive.read(entry)), allow_pickle=False)
    return array


def _configuration(choices: Any) -> Configuration:
    known = {field.name for field in fields(Configuration)}
    if not isinstance(choices, dict) or not set(choices) <= known:
        raise ValueError("its configuration is not what bptui writes")
    for name in ("target", "layers", "hidden"):
        if isinstance(choices.get(name), list):
            choices[name] = tuple(choices[name])
    _check_types(choices)
    return Configuration(**choices)


def _check_types(choices: dict[str, Any]) -> None:
    """Raise a `ValueError` for a choice of a kind that `Configuration` cannot hold."""
    for name, hint in get_type_hints(Configuration).items():
        if name in choices and not _fits(choices[name], hint):
            raise ValueError(f"{name} cannot be {json.dumps(choices[name])}")


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is tuple:
        kind = get_args(hint)[0]
        return isinstance(value, tuple) and all(_fits(each, kind) for each in value)
    if get_args(hint):
        return any(_fits(value, each) for each in get_args(hint))
    if isinstance(value, bool) or hint is bool:
        return isinstance(value, bool) and hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _reason(error: BaseException) -> str:
    return printable(error)[:LONGEST_REASON] or type(error).__name__


def _packed(trainer: "Trainer", choices: str) -> bytes:
    point = trainer.point()
    facts: dict[str, Any] = {
        "format": FORMAT,
        "epoch": point.epoch,
        "batch": point.batch,
        "partial_cost": point.partial_cost,
        "last_cost": point.last_cost,
        "drawn_from": point.drawn_from,
        "seed": point.seed,
        "learning_rate": point.learning_rate,
        "fault": point.fault,
        "fault_hidden": trainer.fault_hidden,
        "data_digest": trainer.data_digest,
        "marks": [[mark.epoch, mark.kind, mark.text] for mark in trainer.marks],
    }
    arrays: dict[str, NDArray[Any]] = {
        "facts": np.array(json.dumps(facts)),
        "configuration": np.array(choices),
        "theta": point.theta,
    }
    arrays |= {f"optimizer.{name}": values for name, values in point.optimizer.items()}
    arrays |= {f"fault.{name}": values for name, values in point.fault_memory.items()}
    arrays |= {f"history.{name}": values for name, values in trainer.history.arrays().items()}
    arrays["validation"] = trainer.validation_history()
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpack(trainer: "Trainer", facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    def part(prefix: str) -> dict[str, NDArray[Any]]:
        return {
            name.removeprefix(prefix): values
            for name, values in arrays.items()
            if name.startswith(prefix)
        }

    theta = arrays["theta"]
    if theta.shape != trainer.network.theta.shape:
        raise ValueError(
            f"it holds {theta.size} parameters, the network has {trainer.network.theta.size}"
        )
    now = trainer.point()
    if theta.dtype != now.theta.dtype:
        raise ValueError(f"its parameters are {theta.dtype}, the network's are {now.theta.dtype}")
    point = TrainerState(
        theta=theta,
        optimizer=part("optimizer."),
        epoch=int(facts["epoch"]),
        batch=int(facts["batch"]),
        partial_cost=float(facts["partial_cost"]),
        last_cost=float(facts["last_cost"]),
        drawn_from=facts["drawn_from"],
        seed=check_seed(facts["seed"]),
        learning_rate=float(facts["learning_rate"]),
        fault=facts.get("fault"),
        fault_memory=part("fault."),
    )
    if not _alike(point.fault_memory, dict.fromkeys(point.fault_memory, theta)):
        raise ValueError("what it has of the planted fault is not of this network")
    batches = -(-len(trainer.training) // trainer.batch_size)
    if point.epoch < 0 or not 0 <= point.batch < batches or not 0 < point.learning_rate < math.inf:
        raise ValueError("its epoch, batch or learning rate cannot be")
    if (now.drawn_from is None) != (point.drawn_from is None):
        raise ValueError("its order of minibatches is missing, or there should be none")
    if not _alike(point.optimizer, now.optimizer):
        raise ValueError("it is of another optimizer")
    marks = [Mark(int(epoch), str(kind), str(text)) for epoch, kind, text in facts["marks"]]
    history = CostHistory.restore(part("history."))
    # A diverged run has gone back by a step, and keeps the costs beyond it.
    if history.epochs not in (point.epoch, point.epoch + 1):
        raise ValueError(f"it has {history.epochs} costs of {point.epoch} epochs")
    trainer.continue_from(point, history, arrays["validation"], marks)
    trainer.fault_hidden = bool(facts.get("fault_hidden", False))


def _alike(arrays: dict[str, NDArray[Any]], others: dict[str, NDArray[Any]]) -> bool:
    """Return whether both have arrays of the same names, shapes and kinds of numbers."""
    return arrays.keys() == others.keys() and all(
        (values.shape, values.dtype) == (others[name].shape, others[name].dtype)
        for name, values in arrays.items()
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
