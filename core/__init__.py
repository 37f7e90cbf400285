"""Small multilayer perceptrons in plain NumPy, their training, and the proof of their gradients."""

from bptui.core.configuration import Configuration
from bptui.core.datasets import load_dataset
from bptui.core.errors import InputError
from bptui.core.network import Network
from bptui.core.training import Trainer, build_trainer
from bptui.core.version import VERSION as __version__

__all__ = [
    "Configuration",
    "InputError",
    "Network",
    "Trainer",
    "__version__",
    "build_trainer",
    "load_dataset",
]
