"""What is wrong with the gradient of one of bptui's own networks, where its check did not pass."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.complex_step import complex_step_of
from bptui.core.check.diagnosis import diagnosed
from bptui.core.check.evidence import Facts
from bptui.core.check.known_faults import with_known_faults
from bptui.core.check.report import Report

Array = NDArray[Any]


def explained(report: Report, work: Backpropagation) -> Report:
    """Return the report of `work`, with every likely mistake that explains it."""
    if report.verdict == "fail":
        report = diagnosed(report, _facts(work))
    return with_known_faults(report, work)


def _facts(work: Backpropagation) -> Facts:
    def numerical_at(thetas: Sequence[Array]) -> list[Array]:
        return complex_step_of(work, thetas)

    return Facts(
        parameters=[theta.astype(np.float64) for theta in work.thetas],
        samples=len(work.inputs),
        outputs=work.layers[-1],
        bias_column=True,
        numerical_at=numerical_at,
    )
