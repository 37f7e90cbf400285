"""Many initializations at once: how often, how fast and how well a network learns."""

from bptui.core.sweeping.folder import SweepFolder, last_sweep, open_sweep
from bptui.core.sweeping.plan import SEEDS, SWEPT, Plan, make_plan
from bptui.core.sweeping.result import QUANTILES, SettingResult, SweepResult
from bptui.core.sweeping.sweep import Sweep, sweep

__all__ = [
    "QUANTILES",
    "SEEDS",
    "SWEPT",
    "Plan",
    "SettingResult",
    "Sweep",
    "SweepFolder",
    "SweepResult",
    "last_sweep",
    "make_plan",
    "open_sweep",
    "sweep",
]
