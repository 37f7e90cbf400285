"""Gradient checking: is a gradient right, and where is it wrong?"""

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
