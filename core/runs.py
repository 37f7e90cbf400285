"""The run folder: what was chosen, and a checkpoint to go on from.

A checkpoint is an NPZ file of plain arrays and one JSON text. Nothing in it is
ever unpickled, so that a stranger's checkpoint can be opened.
"""

import io
import json
import os
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.history import CostHistory, Mark
from bptui.core.trainer_state import TrainerState

if TYPE_CHECKING:
    from bptui.core.training.trainer import Trainer

CONFIGURATION = "configuration.json"
CHECKPOINT = "checkpoint.npz"
FORMAT = 1
"""Raised when older checkpoints can no longer be read."""


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
            if choices.get(name) is not None:
                choices[name] = tuple(choices[name])
        return Configuration(**choices)
    except OSError as error:
        raise InputError(
            f"{printable(path)}: no run can be resumed there: {error.strerror or error}"
        ) from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{printable(path)}: not a bptui run: {printable(error)}") from None


def restore_run(trainer: "Trainer", folder: Path) -> None:
    """Bring a trainer, built from the run's configuration, to the run's checkpoint.

    Raises:
        InputError: the checkpoint is missing, damaged or of another network.
    """
    path = folder / CHECKPOINT
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(str(arrays.pop("facts")[()]))
        if facts["format"] != FORMAT:
            raise ValueError(f"it has format {facts['format']}, this bptui reads {FORMAT}")
        _unpack(trainer, facts, arrays)
    except OSError as error:
        raise InputError(
            f"{printable(path)}: no checkpoint can be read there: {error.strerror or error}"
        ) from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{printable(path)}: this checkpoint does not fit: {printable(error)}"
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
        "marks": [[mark.epoch, mark.kind, mark.text] for mark in trainer.marks],
    }
    arrays: dict[str, NDArray[Any]] = {"facts": np.array(json.dumps(facts)), "theta": point.theta}
    arrays |= {f"optimizer.{name}": values for name, values in point.optimizer.items()}
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
        seed=int(facts["seed"]),
        learning_rate=float(facts["learning_rate"]),
    )
    marks = [Mark(int(epoch), str(kind), str(text)) for epoch, kind, text in facts["marks"]]
    history = CostHistory.restore(part("history."))
    trainer.continue_from(point, history, arrays["validation"], marks)


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
