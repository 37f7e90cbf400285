"""The checkpoint of a run as bytes: an archive of plain arrays and two JSON texts.

The texts are the configuration and the facts.
"""

import json
import math
import sys
import zipfile
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.history import CostHistory, Mark
from bptui.core.initializers import check_seed
from bptui.core.layers import parameter_count
from bptui.core.optimizers import can_be_steps
from bptui.core.runs.archive import LARGEST_TEXT, archived
from bptui.core.trainer_state import TrainerState, alike

if TYPE_CHECKING:
    from bptui.core.training.resumable import Resumable

FORMAT = 2
"""Raised when older checkpoints can no longer be read."""
TEXTS = ("facts", "configuration")
"""Its two parts that hold JSON; all others hold numbers."""
LARGEST_CURVE = 2**16
"""Bytes of an array of the cost's history."""


def check_size(archive: zipfile.ZipFile, configuration: Configuration) -> None:
    """Raise a `ValueError` if Θ cannot be in the file, before there is memory for it."""
    sizes = configuration.layers or configuration.hidden or ()
    least = parameter_count(sizes)
    if 4 * least > archive.getinfo("theta.npy").file_size:
        raise ValueError(f"it holds less than the {least:,} parameters of its network")


def decoded_configuration(choices: Any) -> Configuration:
    """Return the configuration that JSON `choices` stand for; a `ValueError` if for none."""
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
    if hint is float and isinstance(value, int):
        return abs(value) <= sys.float_info.max
    return isinstance(value, hint)


def packed(trainer: "Resumable", choices: str) -> bytes:
    """Return a checkpoint of `trainer`; `choices` is its configuration as JSON.

    Raises:
        InputError: it is of so many arrays that it could not be read again.
    """
    point = trainer.point()
    facts: dict[str, Any] = {
        "format": FORMAT,
        "epoch": point.epoch,
        "batch": point.batch,
        "partial_cost": point.partial_cost,
        "last_cost": point.last_cost,
        "drawn_from": point.drawn_from,
        "seed": point.seed,
        "state": trainer.state,
        "message": trainer.message,
        "learning_rate": point.learning_rate,
        "fault": point.fault,
        "fault_hidden": trainer.fault_hidden,
        "marks": [[mark.epoch, mark.kind, mark.text] for mark in trainer.marks],
        **trainer.facts(),
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
    if arrays["facts"].nbytes > LARGEST_TEXT:
        raise InputError("a run of so many arrays of parameters cannot be saved")
    early = trainer.early_stopping
    if early is not None:
        arrays["best.theta"] = early.best_theta
        arrays["best.seen"] = np.array([early.cost, early.epoch, early.seen])
    return archived(arrays)


def unpack(trainer: "Resumable", facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Bring `trainer` to the point that the facts and arrays of a checkpoint describe.

    Raises:
        ValueError, or another of `FOREIGN`: they do not fit it, or each other.
    """
    theta, now = arrays["theta"], trainer.point()
    if theta.shape != now.theta.shape:
        raise ValueError(f"it holds {theta.size} parameters, and {now.theta.size} are needed")
    if theta.dtype != now.theta.dtype:
        raise ValueError(f"its parameters are {theta.dtype}, and {now.theta.dtype} are needed")
    point = TrainerState(
        theta=theta,
        optimizer=_part(arrays, "optimizer."),
        epoch=int(facts["epoch"]),
        batch=int(facts["batch"]),
        partial_cost=float(facts["partial_cost"]),
        last_cost=float(facts["last_cost"]),
        drawn_from=facts["drawn_from"],
        seed=check_seed(facts["seed"]),
        learning_rate=float(facts["learning_rate"]),
        fault=facts.get("fault"),
        fault_memory=_part(arrays, "fault."),
    )
    if not alike(point.fault_memory, dict.fromkeys(point.fault_memory, theta)):
        raise ValueError("what it has of the planted fault is not of this network")
    batches = trainer.steps_an_epoch
    if point.epoch < 0 or not 0 <= point.batch < batches or not 0 < point.learning_rate < math.inf:
        raise ValueError("its epoch, batch or learning rate cannot be")
    if (now.drawn_from is None) != (point.drawn_from is None):
        raise ValueError("its order of minibatches is missing, or there should be none")
    if not alike(point.optimizer, now.optimizer):
        raise ValueError("it is of another optimizer")
    if not can_be_steps(point.optimizer.get("steps", np.zeros(1))):
        raise ValueError("the steps of its optimizer cannot be")
    history, marks, validation = restored_curve(facts, arrays)
    # A diverged run has gone back by a step, and keeps the costs beyond it.
    if history.epochs not in (point.epoch, point.epoch + 1):
        raise ValueError(f"it has {history.epochs} costs of {point.epoch} epochs")
    early = trainer.early_stopping
    if early is not None:
        best = arrays["best.theta"]
        if not alike({"best": best}, {"best": theta}):
            raise ValueError("its best parameters are not of this network")
        cost, epoch, seen = (float(value) for value in arrays["best.seen"])
        if not 0 <= epoch <= seen <= point.epoch:
            raise ValueError("the epoch of its lowest validation cost cannot be")
        early.restore(cost, int(epoch), int(seen), best)
    trainer.continue_from(point, history, validation, marks)
    trainer.fault_hidden = bool(facts.get("fault_hidden", False))
    trainer.had_diverged = facts.get("state") == "diverged"


def restored_curve(
    facts: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> tuple[CostHistory, list[Mark], NDArray[Any]]:
    """Return the costs of a checkpoint, their marks, and epochs and validation costs, (n, 2).

    Raises:
        ValueError, or another of `FOREIGN`: they are none.
    """
    marks = [Mark(int(epoch), str(kind), str(text)) for epoch, kind, text in facts["marks"]]
    validation = arrays["validation"]
    if validation.ndim != 2 or validation.shape[1] != 2 or validation.dtype.kind != "f":
        raise ValueError("its validation costs are not real numbers")
    return CostHistory.restore(_part(arrays, "history.")), marks, validation


def _part(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): values
        for name, values in arrays.items()
        if name.startswith(prefix)
    }
