"""Small multilayer perceptrons in plain NumPy, their training, and the proof of their gradients.

Names are imported when they are first used, so that `bptui --help` need not wait for NumPy.
"""

from typing import TYPE_CHECKING

from bptui.core.lazy import names_of
from bptui.core.version import VERSION as __version__

if TYPE_CHECKING:
    from bptui.core.check import check_gradients
    from bptui.core.configuration import Configuration
    from bptui.core.data.datasets import load_dataset
    from bptui.core.errors import InputError
    from bptui.core.network import Network
    from bptui.core.sweeping import sweep
    from bptui.core.training import Trainer, build_trainer

_HOMES = {
    "Configuration": "bptui.core.configuration",
    "InputError": "bptui.core.errors",
    "Network": "bptui.core.network",
    "Trainer": "bptui.core.training",
    "build_trainer": "bptui.core.training",
    "check_gradients": "bptui.core.check",
    "load_dataset": "bptui.core.data.datasets",
    "sweep": "bptui.core.sweeping",
}

__all__ = [
    "Configuration",
    "InputError",
    "Network",
    "Trainer",
    "__version__",
    "build_trainer",
    "check_gradients",
    "load_dataset",
    "sweep",
]

__getattr__ = names_of(__name__, _HOMES)
