"""The likely mistake behind a report: what can be said from its numbers, and no more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.evidence import Evidence, Facts
from bptui.core.check.factors import names_of_ratio
from bptui.core.check.mistakes import FORMULAE, PATTERNS, Mistake, weights_alone
from bptui.core.check.report import Diagnosis, Report
from bptui.core.check.stale_point import stale_point

Array = NDArray[Any]


def diagnosed(report: Report, facts: Facts) -> Report:
    """Return `report` with what its failing entries have in common, as a likely mistake.

    What the functions do to their parameters, and a cost that is not repeatable, are said
    whatever the verdict.
    """
    found = _conduct(facts)
    if report.verdict == "fail":
        with np.errstate(all="ignore"):
            found += _mistakes(Evidence(report, facts))
    return replace(report, diagnosis=(*report.diagnosis, *found)) if found else report


def _mistakes(evidence: Evidence) -> list[Diagnosis]:
    """Return the formula that fits in every entry, all of them where more than one does.

    Without one, what can be said of where and how much the gradient is wrong.
    """
    if not all(np.isfinite(piece.numerical).all() for piece in evidence.pieces):
        return []
    found = _found(FORMULAE, evidence)
    if not found or not any(_is_particular(each, evidence.facts) for each in found):
        stale = stale_point(evidence)
        found += [stale] if stale is not None else []
        if [each.code for each in found] == ["scale"]:
            # Other activations may be in proportion to the right ones.
            found += _found([weights_alone], evidence)
    if len(found) > 1:
        return [
            replace(
                each,
                sure=False,
                message=f"One of {len(found)} explanations that fit equally well. {each.message}",
            )
            for each in found
        ]
    return found or _found(PATTERNS, evidence)[:1]


def _found(mistakes: Sequence[Mistake], evidence: Evidence) -> list[Diagnosis]:
    looked_for = (mistake(evidence) for mistake in mistakes)
    return [found for found in looked_for if found is not None]


def _is_particular(found: Diagnosis, facts: Facts) -> bool:
    """Return whether no number in a formula was fitted to the gradient."""
    if found.code == "transpose" or found.ratio == 0.0:
        return True
    if found.ratio is None or found.code == "regularization":
        return False
    return abs(found.ratio + 1.0) <= 1e-4 or bool(names_of_ratio(found.ratio, facts))


def _conduct(facts: Facts) -> list[Diagnosis]:
    """Return what the functions do that a check should not see."""
    found = []
    if facts.changed is not None:
        found.append(
            Diagnosis(
                "mutation",
                "gradients",
                "The gradient function changes the parameters that it is given; look for an update "
                "in place, such as W -= η dW, and do it after the gradient was returned.",
            )
        )
    if facts.cost_changes_parameters:
        found.append(
            Diagnosis(
                "mutation",
                "cost",
                "The cost function changes the parameters that it is given; look for an operation "
                "in place, such as W += … or out=W.",
            )
        )
    if facts.cost_spread > 0.0:
        found.append(
            Diagnosis(
                "noise",
                "cost",
                "The cost is not repeatable: calls with the same parameters differ by "
                f"{facts.cost_spread:.2g}; fix the seed of dropout, of noise or of the minibatch "
                "before checking.",
            )
        )
    if not facts.gradient_repeatable:
        found.append(
            Diagnosis(
                "noise",
                "gradients",
                "The gradient is not repeatable: two calls with the same parameters differ; fix "
                "the seed of dropout, of noise or of the minibatch before checking.",
            )
        )
    return found
