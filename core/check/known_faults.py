"""Diagnosis by trial: is a wrong gradient just what a mistake of the catalogue gives?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.report import VERDICTS, Diagnosis, Report
from bptui.core.check.rounding import rounding_bounds
from bptui.core.faults import FAULTS, Setting
from bptui.core.trainer_state import copied

Array = NDArray[Any]

_AT_KINK = VERDICTS.index("at-kink")
_UNNAMED = "A fault of the catalogue explains every entry: which one?"


def with_known_faults(report: Report, work: Backpropagation) -> Report:
    """Return the report of `work`, with the faults added that explain every entry of it."""
    if report.verdict not in ("fail", "at-kink"):
        return report
    with np.errstate(all="ignore"):
        names = matching_faults(work)
    where = ", ".join(
        array.name for array in report.arrays if array.verdicts.max(initial=0) >= _AT_KINK
    )
    found = tuple(Diagnosis("fault", where, _message(name, names), fault=name) for name in names)
    return replace(report, diagnosis=(*found, *report.diagnosis))


def without_names(report: Report) -> Report:
    """Return the report without what would give away the fault, which is to be guessed."""
    named = [found for found in report.diagnosis if found.code == "fault"]
    if not named:
        return report
    return replace(report, diagnosis=(replace(named[0], fault=None, message=_UNNAMED),))


def matching_faults(work: Backpropagation) -> list[str]:
    """Return the names of the faults whose gradient is, to rounding, the one that `work` holds.

    The gradient of each is taken anew, of the same Θ and samples. None matches a right gradient.
    """
    unit_roundoff = float(np.finfo(work.theta.dtype).eps) / 2.0
    bound = np.concatenate([part.ravel() for part in rounding_bounds(work, unit_roundoff)])
    observed = work.gradient.astype(np.float64)
    # Two ways to the same wrong gradient may round differently.
    bound = 2.0 * bound + 64.0 * unit_roundoff * np.abs(observed)

    def matches(kind: type[Backpropagation]) -> bool:
        return bool((np.abs(_gradient(kind, work) - observed) <= bound).all())

    if matches(Backpropagation):
        return []
    setting = Setting(
        work.layers,
        work.activation,
        work.output,
        work.cost_name,
        work.penalty,
        work.theta.dtype.name,
        work.samples,
    )
    return [
        name
        for name, fault in FAULTS.items()
        if fault.needs(setting) is None and matches(fault.mistake)
    ]


def _gradient(kind: type[Backpropagation], work: Backpropagation) -> Array:
    """Return what this kind of backpropagation takes for the gradient, where `work` stands."""
    other = kind(
        work.theta,
        work.layers,
        activation=work.activation,
        output=work.output,
        cost=work.cost_name,
        samples=work.samples,
    )
    other.penalty = work.penalty
    other.memory = copied(work.memory)
    other.load(work.inputs, work.targets)
    other.evaluate()
    return other.gradient.astype(np.float64)


def _message(name: str, names: Sequence[str]) -> str:
    message = f"Every entry is what the fault {name} gives: {FAULTS[name].title}."
    others = [other for other in names if other != name]
    if others:
        message += f" Here {' and '.join(others)} would give the same."
    return message
