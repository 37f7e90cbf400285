"""What has to be the same everywhere for results to be the same to the last bit."""

from functools import cache
from hashlib import sha256

import numpy as np

from bptui.core.configuration import Configuration
from bptui.core.sweeping.block import Block, Samples, run_block
from bptui.core.version import VERSION

_TRIALS = (
    Configuration(layers=(2, 2, 1), activation="sigmoid", optimizer="adam", init="he"),
    Configuration(layers=(2, 30, 30, 1), activation="tanh", cost="cross-entropy", dtype="float32"),
)
"""Two short trainings that between them pass through both layouts and both precisions."""


@cache
def fingerprint() -> dict[str, str]:
    """Return the versions of bptui and NumPy, and what arithmetic gives on this machine.

    Processors differ in the last digit of an exponential or of a product of matrices; two
    short trainings show whether two of them do.
    """
    generator = np.random.default_rng(0)
    X = generator.uniform(-1.0, 1.0, (10, 2))
    samples = Samples(X, (X[:, :1] * X[:, 1:] > 0.0).astype(np.float64))
    digest = sha256()
    for trial in _TRIALS:
        setting = Configuration(
            layers=trial.layers,
            activation=trial.activation,
            output="sigmoid",
            cost=trial.cost or "mse",
            optimizer=trial.optimizer,
            learning_rate=0.1,
            init=trial.init,
            dtype=trial.dtype,
            epochs=50,
        )
        result = run_block(Block(setting, 0, 0, 5, 0), samples)
        assert result is not None
        digest.update(result.final_cost.tobytes())
    return {
        "bptui": VERSION,
        "numpy": np.__version__,
        "arithmetic": digest.hexdigest()[:16],
    }


def difference(mine: dict[str, str], other: dict[str, str]) -> str:
    """Return in words what differs, such as `NumPy 2.3.0 there and 2.4.6 here`; or nothing."""
    for key, name in (("bptui", "bptui"), ("numpy", "NumPy")):
        if mine[key] != other.get(key):
            return f"{name} {other.get(key, 'unknown')} there and {mine[key]} here"
    if mine["arithmetic"] != other.get("arithmetic"):
        return "a processor or a NumPy that rounds differently there"
    return ""
