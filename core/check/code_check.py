"""The gradient check of anybody's NumPy code: a cost, and what claims to be its gradient.

The numerical side is a complex step where a test shows the cost to be analytic, and
Ridders' extrapolated differences elsewhere. The caller's arrays are never handed out,
only copies.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import index
from time import perf_counter
from typing import Any

import numpy as np

from bptui.core.check.diagnosis import diagnosed
from bptui.core.check.evidence import Facts
from bptui.core.check.methods import METHOD_NAMES, MOST_COMPARED, choose_method
from bptui.core.check.numerical import Comparison, Entries, Numerical
from bptui.core.check.parameters import Layout
from bptui.core.check.problem import GivenCost, GivenGradient, Problem
from bptui.core.check.report import ArrayReport, Report
from bptui.core.check.reporting import make_array_report, make_report
from bptui.core.check.user_code import UserFunctions
from bptui.core.errors import InputError, check_choice


def check_gradients(
    cost: Callable[[Any], Any],
    gradients: Callable[[Any], Any],
    parameters: Any,
    method: str = "auto",
    epsilon: float | None = None,
    *,
    most_entries: int = MOST_COMPARED,
    seed: int = 0,
) -> Report:
    """Check whether `gradients` is the gradient of `cost`, entry by entry.

    Args:
        cost: `cost(parameters)` returns a number.
        gradients: `gradients(parameters)` returns the same structure as `parameters`; a dict
            may have the key `dW1` for `W1`.
        parameters: an array, a number, or lists, tuples and dicts of them; never changed.
            Arrays that share memory are taken as parameters of their own.
        method: `auto` is the complex step where the cost turns out to be analytic, and
            extrapolated differences elsewhere. `complex`, `central`, `forward` and
            `richardson` insist.
        epsilon: the step of `central`, `forward` or `richardson`.
        most_entries: with more than these, as many are drawn at random, from every array.
        seed: of that draw.

    Raises:
        InputError: parameters, functions or what they return cannot be used; the message
            says which and what is needed. Exceptions of the functions themselves come
            as `UserCodeError`.

    Examples:
        >>> report = check_gradients(lambda w: (w**2).sum(), lambda w: 2 * w, np.ones(3))
        >>> report.verdict
        'pass'
    """
    started = perf_counter()
    check_choice("method", method, METHOD_NAMES)
    if epsilon is not None:
        method, epsilon = choose_method(method, epsilon)
    most = _whole_number("most_entries", most_entries, 1)
    with np.errstate(all="ignore"):
        layout = Layout(parameters)
        problem = Problem(UserFunctions(cost, gradients, layout), layout)
        # The gradient directly after a cost of the same parameters, as code with a cache expects.
        here = problem.given_cost()
        problem.cost(problem.flat)
        given = problem.given_gradient(here.value)
        entries = _entries_to_check(problem, most, _whole_number("seed", seed, 0))
        comparison = Comparison(problem, here, given, entries)
        name, epsilon, numerical = comparison.numerical(method, epsilon)
        arrays = _reports(problem, given, entries, numerical)
        report = make_report(name, epsilon, here.value, arrays, 0.0)
        report = diagnosed(report, _facts(problem, here, given, comparison, name))
    return replace(report, seconds=perf_counter() - started)


def _facts(
    problem: Problem, here: GivenCost, given: GivenGradient, comparison: Comparison, method: str
) -> Facts:
    return Facts(
        parameters=problem.arrays,
        numerical_at=lambda arrays: comparison.gradient_at(arrays, exact=method == "complex"),
        slope_at=lambda arrays, along: comparison.slope_at(
            arrays, along, exact=method == "complex"
        ),
        changed=given.changed,
        cost_changes_parameters=here.changes_parameters,
        cost_spread=0.0 if here.repeatable else here.spread,
        gradient_repeatable=given.repeatable,
    )


def _whole_number(name: str, value: Any, least: int) -> int:
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name}: a whole number from {least} is needed")
    return number


def _entries_to_check(problem: Problem, most: int, seed: int) -> Entries:
    """Return the flat indices to check: all of them, or a draw from every array."""
    total = problem.flat.size
    if total <= most:
        return np.arange(total)
    generator = np.random.default_rng(seed)
    chosen = []
    for block in problem.blocks:
        size = block.stop - block.start
        share = min(size, max(1, most * size // total))
        chosen.append(block.start + np.sort(generator.choice(size, share, replace=False)))
    return np.concatenate(chosen).astype(np.intp)


def _reports(
    problem: Problem, given: GivenGradient, entries: Entries, numerical: Numerical
) -> Sequence[ArrayReport]:
    reports: list[ArrayReport] = []
    for name, array, block in zip(
        problem.layout.names, problem.arrays, problem.blocks, strict=True
    ):
        mine = slice(*np.searchsorted(entries, (block.start, block.stop)))
        chosen = entries[mine]
        whole = len(chosen) == array.size
        shape = array.shape if whole else (len(chosen),)
        bounds = given.rounding[chosen] + numerical.errors[mine]
        reports.append(
            make_array_report(
                name,
                given.values[chosen].reshape(shape),
                numerical.values[mine].reshape(shape),
                bounds.reshape(shape),
                at_kinks=numerical.at_kinks[mine].reshape(shape),
                shape=array.shape,
                drawn=None if whole else chosen - block.start,
            )
        )
    return reports
