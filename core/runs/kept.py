"""What a checkpoint says by itself: without its data, and without anybody's code."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.errors import printable
from bptui.core.history import CostCurve
from bptui.core.initializers import check_seed
from bptui.core.layers import layer_views, parameter_count
from bptui.core.runs.archive import HEADER, array_names, read_array, read_arrays
from bptui.core.runs.checkpoint import LARGEST_CURVE, restored_curve
from bptui.core.runs.model_facts import ModelFacts
from bptui.core.runs.saving import LONGEST_REASON, opened, understood


@dataclass(frozen=True, slots=True)
class Kept:
    """A run, as far as its checkpoint tells."""

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
    """Θ of every layer; empty where the sizes of the layers were not kept. Of a model file
    its arrays."""
    model: ModelFacts | None
    """The model file that was trained, if it is no network of bptui's own."""
    cost: float
    """J of the last epoch; NaN before there is one."""
    curve: CostCurve


def read_run(folder: Path) -> Kept:
    """Read a checkpoint without its data.

    Raises:
        InputError: it is missing or damaged.
    """
    with opened(folder) as (archive, facts, configuration), understood(folder):
        # Nothing in a checkpoint is larger than the file, for nothing is compressed.
        theta = read_array(archive, "theta", archive.getinfo("theta.npy").file_size)
        layers = [int(size) for size in facts.get("layers") or configuration.layers or ()]
        hidden = facts.get("fault_hidden", False)
        model = ModelFacts.decoded(facts)
        return Kept(
            configuration,
            int(facts["epoch"]),
            check_seed(facts["seed"]),
            float(facts["learning_rate"]),
            str(facts.get("state", "")),
            printable(str(facts.get("message", ""))[:LONGEST_REASON]),
            "?" if hidden and facts.get("fault") else facts.get("fault"),
            _matrices(theta, layers) if model is None else model.split(theta),
            model,
            float(facts["last_cost"]),
            _curve(archive, facts),
        )


def _matrices(theta: NDArray[Any], layers: list[int]) -> tuple[NDArray[Any], ...]:
    """Cut Θ, flat (P,), into the matrices of a network with such layers."""
    if len(layers) < 2:
        return ()
    size = parameter_count(layers)
    if min(layers) < 1 or theta.ndim != 1 or theta.dtype.kind != "f" or theta.size != size:
        raise ValueError("its Θ is not of its layers")
    return tuple(layer_views(theta.astype(np.float64), layers))


def _curve(archive: zipfile.ZipFile, facts: dict[str, Any]) -> CostCurve:
    names = [
        name for name in array_names(archive) if name == "validation" or name.startswith("history.")
    ]
    arrays = read_arrays(archive, names, LARGEST_CURVE + HEADER)
    history, marks, validation = restored_curve(facts, arrays)
    return CostCurve(
        history.columns(), validation[:, 0], validation[:, 1], tuple(marks), history.epochs
    )
