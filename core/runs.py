"""The run folder: what was chosen, and a checkpoint to go on from.

A checkpoint is an NPZ file of plain arrays and one JSON text. Nothing in it is
ever unpickled, so that a stranger's checkpoint can be opened.
"""

import io
import json
import math
import os
import zipfile
import zlib
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.history import CostHistory, Mark
from bptui.core.initializers import check_seed
from bptui.core.trainer_state import TrainerState

if TYPE_CHECKING:
    from bptui.core.training.trainer import Trainer

CONFIGURATION = "configuration.json"
CHECKPOINT = "checkpoint.npz"
FORMAT = 1
"""Raised when older checkpoints can no longer be read."""
LONGEST_REASON = 200

_FOREIGN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading bytes that are no run may raise in NumPy, `zipfile`, `json` and here."""


def save_run(trainer: "Trainer", folder: Path) -> Path:
    """Write the configuration and a checkpoint, each all or nothing; return the folder.

    Raises:
        InputError: the folder cannot be written, or the trainer has no configuration.
    """
    if trainer.configuration is None:
        raise InputError("only a trainer built from a configuration can be saved")
    choices = json.dumps(asdict(trainer.configuration), indent=2) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / CONFIGURATION, choices.encode())
        _replace(folder / CHECKPOINT, _packed(trainer))
    except OSError as error:
        raise InputError(
            f"{printable(folder)}: cannot save the run there: {error.strerror or error}"
        ) from None
    return folder


def check_writable(folder: Path) -> None:
    """Make the folder and try to write in it.

    Raises:
        InputError: it cannot be written.
    """
    trial = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        raise InputError(
            f"{printable(folder)}: cannot save a run there: {error.strerror or error}"
        ) from None


def load_configuration(folder: Path) -> Configuration:
    """Return the configuration of a run.

    Raises:
        InputError: there is no run in the folder, or it cannot be understood.
    """
    path = folder / CONFIGURATION
    try:
        choices = json.loads(path.read_text("utf-8"))
        known = {field.name for field in fields(Configuration)}
        if not isinstance(choices, dict) or not set(choices) <= known:
            raise ValueError("it is not what bptui writes")
        for name in ("target", "layers", "hidden"):
            if isinstance(choices.get(name), list):
                choices[name] = tuple(choices[name])
        _check_types(choices)
        return Configuration(**choices)
    except OSError as error:
        raise InputError(
            f"{printable(path)}: no run can be resumed there: {error.strerror or error}"
        ) from None
    except _FOREIGN as error:
        raise InputError(f"{printable(path)}: not a bptui run: {_reason(error)}") from None


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


def restore_run(trainer: "Trainer", folder: Path) -> None:
    """Bring a trainer, built from the run's configuration, to the run's checkpoint.

    Raises:
        InputError: the checkpoint is missing, damaged or of another network.
    """
    path = folder / CHECKPOINT
    try:
        # From memory, because NumPy leaves a damaged file open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(str(arrays.pop("facts")[()]))
        if facts["format"] != FORMAT:
            raise ValueError(f"it has format {facts['format']}, this bptui reads {FORMAT}")
        _unpack(trainer, facts, arrays)
    except OSError as error:
        raise InputError(
            f"{printable(path)}: no checkpoint can be read there: {error.strerror or error}"
        ) from None
    except _FOREIGN as error:
        raise InputError(
            f"{printable(path)}: this checkpoint does not fit: {_reason(error)}"
        ) from None


def _packed(trainer: "Trainer") -> bytes:
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
        "marks": [[mark.epoch, mark.kind, mark.text] for mark in trainer.marks],
    }
    arrays: dict[str, NDArray[Any]] = {"facts": np.array(json.dumps(facts)), "theta": point.theta}
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
    if any(values.shape != theta.shape for values in point.fault_memory.values()):
        raise ValueError("what it has of the planted fault is not of this network")
    batches = -(-len(trainer.training) // trainer.batch_size)
    if point.epoch < 0 or not 0 <= point.batch < batches or not 0 < point.learning_rate < math.inf:
        raise ValueError("its epoch, batch or learning rate cannot be")
    if point.optimizer.keys() != trainer.point().optimizer.keys():
        raise ValueError("it is of another optimizer")
    marks = [Mark(int(epoch), str(kind), str(text)) for epoch, kind, text in facts["marks"]]
    history = CostHistory.restore(part("history."))
    trainer.continue_from(point, history, arrays["validation"], marks)
    trainer.fault_hidden = bool(facts.get("fault_hidden", False))


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
