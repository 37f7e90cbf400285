"""The likely mistake behind a report: what can be said from its numbers, and no more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.evidence import Evidence, Facts
from bptui.core.check.factors import EVERYWHERE, names_of_ratio
from bptui.core.check.mistakes import FORMULAE, PATTERNS, Mistake, weights_alone
from bptui.core.check.report import Diagnosis, Report
from bptui.core.check.stale_point import stale_point
from bptui.core.wording import first_of, listed

Array = NDArray[Any]


def diagnosed(report: Report, facts: Facts) -> Report:
    """Return `report` with what its failing entries have in common, as a likely mistake.

    What the functions do to their parameters and keep from call to call is said whatever the
    verdict, and at a kink what the check beside it found.
    """
    found = _conduct(report, facts)
    mistakes: list[Diagnosis] = []
    beside = facts.beside
    if beside is not None:
        found.append(_at_kink(beside))
        said = [each for each in beside.diagnosis if each not in found]
        found += _about("Beside these parameters", said)
    told_beside = beside is not None and beside.verdict == "fail"
    # Of noise every formula can be made to fit, and of slopes at a kink some.
    if report.verdict == "fail" and facts.gradient_repeatable and not told_beside:
        with np.errstate(all="ignore"):
            mistakes = _mistakes(Evidence(report, facts))
        if any(adding.any() for adding in facts.adds_up):
            mistakes = _about("Of what one call adds", mistakes)
    found += mistakes
    return replace(report, diagnosis=(*report.diagnosis, *found)) if found else report


def _about(what: str, found: Sequence[Diagnosis]) -> list[Diagnosis]:
    return [replace(each, message=f"{what}: {each.message}") for each in found]


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


def _at_kink(beside: Report) -> Diagnosis:
    """Return that the parameters stand at a kink, and what the check beside it found."""
    said = {
        "pass": "every entry agrees",
        "fail": "the gradient is wrong",
    }.get(beside.verdict, "the check cannot tell either")
    return Diagnosis(
        "kink",
        "parameters",
        "The parameters stand at a kink, such as that of a ReLU at exactly 0, where the cost has "
        f"no gradient to compare with; beside these parameters {said}. Check at others, such as "
        "with biases that are not 0.",
    )


def _conduct(report: Report, facts: Facts) -> list[Diagnosis]:
    """Return what the functions do that a check should not see."""
    found = []
    if any(adding.any() for adding in facts.adds_up):
        found.append(_added_up(report, facts.adds_up))
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
    if facts.gradient_stuck:
        found.append(
            Diagnosis(
                "stale-point",
                "gradients",
                "The gradient function returns the same whatever parameters it is given, and at "
                "others that is wrong; look for variables of the module in place of its argument, "
                "or for values kept from an earlier call.",
            )
        )
    if not facts.gradient_repeatable:
        found.append(
            Diagnosis(
                "noise",
                "gradients",
                "The gradient is not repeatable: two calls with the same parameters differ, or one "
                "of them fails; fix the seed of dropout, of noise or of the minibatch before "
                "checking, and keep nothing from one call to the next.",
            )
        )
    if any(facts.coarse):
        found.append(_coarse(report, facts.coarse))
    return found


def _coarse(report: Report, dtypes: Sequence[str | None]) -> Diagnosis:
    """Return that a gradient comes with fewer digits than its parameters have."""
    names = [array.name for array, dtype in zip(report.arrays, dtypes, strict=True) if dtype]
    where = EVERYWHERE if len(names) == len(dtypes) else listed(names)
    kinds = listed(sorted({dtype for dtype in dtypes if dtype}))
    return Diagnosis(
        "precision",
        where,
        f"The gradient of {first_of(names)} comes in {kinds}, with fewer digits than its "
        "parameters have, and is judged by those: a mistake of less than one in a thousand may "
        f"pass. Look for a conversion to {kinds}.",
    )


def _added_up(report: Report, adds_up: Sequence[NDArray[np.bool_]]) -> Diagnosis:
    """Return that calls are added up, and whether what each of them adds is right."""
    pairs = list(zip(report.arrays, adds_up, strict=True))
    where = place = EVERYWHERE
    if not all(adding.all() for adding in adds_up):
        where = listed([array.name for array, adding in pairs if adding.any()])
        parts = [
            array.name if adding.all() else f"part of {array.name}"
            for array, adding in pairs
            if adding.any()
        ]
        place = f"in {listed(parts)}"
    more = {"pass": "the right gradient", "fail": "a gradient that is wrong too"}
    return Diagnosis(
        "not-zeroed",
        where,
        f"Gradients are added up between calls, {place}: with the same parameters each call "
        "returns what the call before returned plus "
        f"{more.get(report.verdict, 'the same amount')}; set them to zero first, or make them anew "
        "in each call.",
    )
