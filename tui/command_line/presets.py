"""Named sets of options."""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # The article's procedure to the letter. Its step of 0.1 is along the sum of δ a, twice
    # the true gradient of its cost for the four samples of XOR: a learning rate of 0.2.
    "article": {
        "data": "xor",
        "layers": (2, 2, 2, 1),
        "activation": "sigmoid",
        "output": "sigmoid",
        "cost": "mse",
        "optimizer": "sgd",
        "learning_rate": 0.2,
        "init": "article",
        "epochs": 10_000,
        "method": "central",
        "epsilon": 0.01,
    },
}
"""Values of options by `Option.key`, by name of the preset."""
