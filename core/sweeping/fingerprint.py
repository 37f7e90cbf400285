"""What has to be the same everywhere for results to be the same to the last bit."""

from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from bptui.core.configuration import Configuration
from bptui.core.data.input_file import display_name
from bptui.core.sweeping.block import Block, BlockResult, Samples, run_block
from bptui.core.version import VERSION

_TRIALS = (
    (10, Configuration(layers=(2, 2, 1), optimizer="adam", init="he", epochs=50)),
    (10, Configuration(layers=(2, 30, 30, 1), activation="tanh", dtype="float32", epochs=50)),
    (500, Configuration(layers=(60, 80, 1), activation="softplus", epochs=2)),
)
"""Samples and settings of short trainings: both layouts, both precisions, and products large
enough to be shared among threads."""


@cache
def fingerprint() -> dict[str, str]:
    """Return the versions of bptui and NumPy, and what arithmetic gives on this machine.

    Processors differ in the last digit of an exponential or of a product of matrices; short
    trainings show whether two of them do.
    """
    digest = sha256()
    for samples, trial in _TRIALS:
        assert trial.layers is not None
        generator = np.random.default_rng(0)
        X = generator.uniform(-1.0, 1.0, (samples, trial.layers[0]))
        y = (X[:, :1] * X[:, 1:2] > 0.0).astype(np.float64)
        setting = replace(trial, output="sigmoid", cost="cross-entropy", learning_rate=0.1)
        result = run_block(Block(setting, 0, 0, 5, 0), Samples(X, y))
        assert isinstance(result, BlockResult)
        digest.update(result.final_cost.tobytes())
    return {
        "bptui": VERSION,
        "numpy": np.__version__,
        "arithmetic": digest.hexdigest()[:16],
    }


def difference(mine: dict[str, str], other: dict[str, Any]) -> str:
    """Return in words what differs, such as `NumPy 2.3.0 there and 2.4.6 here`; or nothing."""
    for key, name in (("bptui", "bptui"), ("numpy", "NumPy")):
        if mine[key] != other.get(key):
            return f"{name} {display_name(other.get(key, 'unknown'))} there and {mine[key]} here"
    if mine["arithmetic"] != other.get("arithmetic"):
        return "a processor or a NumPy that rounds differently there"
    return ""
