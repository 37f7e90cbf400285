"""Gradient checking: is a gradient right, and where is it wrong?

Names are imported when they are first used, for a dashboard that starts needs few of them.
"""

from typing import TYPE_CHECKING

from bptui.core.lazy import names_of

if TYPE_CHECKING:
    from bptui.core.check.code_check import check_gradients
    from bptui.core.check.epsilon_sweep import EpsilonSweep, MethodSweep, sweep_epsilon
    from bptui.core.check.methods import METHOD_NAMES, METHODS, choose_method
    from bptui.core.check.network_check import check_backpropagation, theta_name
    from bptui.core.check.report import (
        VERDICTS,
        ArrayReport,
        Diagnosis,
        GradientError,
        Report,
        Verdict,
        Worst,
    )
    from bptui.core.check.table import entry_name, format_report, headline
    from bptui.core.check.user_code import UserCodeError

_NAMES = {
    "code_check": ("check_gradients",),
    "epsilon_sweep": ("EpsilonSweep", "MethodSweep", "sweep_epsilon"),
    "methods": ("METHODS", "METHOD_NAMES", "choose_method"),
    "network_check": ("check_backpropagation", "theta_name"),
    "report": (
        "VERDICTS",
        "ArrayReport",
        "Diagnosis",
        "GradientError",
        "Report",
        "Verdict",
        "Worst",
    ),
    "table": ("entry_name", "format_report", "headline"),
    "user_code": ("UserCodeError",),
}

__all__ = [
    "METHODS",
    "METHOD_NAMES",
    "VERDICTS",
    "ArrayReport",
    "Diagnosis",
    "EpsilonSweep",
    "GradientError",
    "MethodSweep",
    "Report",
    "UserCodeError",
    "Verdict",
    "Worst",
    "check_backpropagation",
    "check_gradients",
    "choose_method",
    "entry_name",
    "format_report",
    "headline",
    "sweep_epsilon",
    "theta_name",
]

__getattr__ = names_of(
    __name__,
    {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names},
)
