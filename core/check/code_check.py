"""The gradient check of anybody's NumPy code: a cost, and what claims to be its gradient.

The numerical side is a complex step where a test shows the cost to be analytic, and
Ridders' extrapolated differences elsewhere. The caller's arrays are never handed out,
only copies.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import index
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.diagnosis import diagnosed
from bptui.core.check.evidence import Facts
from bptui.core.check.given_gradient import given_gradient
from bptui.core.check.kink import judged_beside
from bptui.core.check.methods import METHOD_NAMES, MOST_COMPARED, choose_method
from bptui.core.check.numerical import Comparison, Entries, Numerical
from bptui.core.check.parameters import Layout
from bptui.core.check.problem import Problem
from bptui.core.check.report import ArrayReport, Report
from bptui.core.check.reporting import make_array_report, make_report, reconsidered
from bptui.core.check.user_code import UserFunctions
from bptui.core.errors import InputError, check_choice

Array = NDArray[Any]


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
            may have the key `dW1` for `W1`. It is called directly after a cost of the same
            parameters, more than once.
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
    seed = _whole_number("seed", seed, 0)
    with np.errstate(all="ignore"):
        layout = Layout(parameters)
        functions = UserFunctions(cost, gradients, layout)

        def check(there: Layout, method: str, epsilon: float | None) -> _Checked:
            return _Checked(Problem(functions, there), method, epsilon, most, seed)

        checked = check(layout, method, epsilon)
        beside, stuck = None, False
        if checked.is_repeatable and not checked.given.adds_up.any():
            checked.report, beside = judged_beside(
                checked.comparison,
                checked.report,
                lambda there: check(there, "auto", None).explained(None),
            )
            if checked.report.passed and checked.given.same_at is not None:
                there = Layout(layout.built(checked.given.same_at))
                with suppress(InputError):
                    stuck = check(there, "auto", None).report.verdict == "fail"
        report = checked.explained(beside, stuck=stuck)
    return replace(report, seconds=perf_counter() - started)


class _Checked:
    """The check of somebody's functions at some parameters."""

    def __init__(
        self, problem: Problem, method: str, epsilon: float | None, most: int, seed: int
    ) -> None:
        """Compare what one call of the gradients gives with a numerical gradient.

        Raises:
            InputError: as `check_gradients` says.
        """
        self.here = problem.given_cost()
        self.given = given_gradient(problem, self.here.value)
        entries = _entries_to_check(problem, most, seed)
        self.comparison = Comparison(problem, self.here, self.given, entries)
        self._numerical = self.comparison.numerical(method, epsilon)
        self.report = self._reported(self.given.values)

    @property
    def is_repeatable(self) -> bool:
        """Whether the functions give the same for the same parameters, what they add up apart."""
        return self.here.repeatable and self.given.repeatable

    def _reported(self, gradient: Array) -> Report:
        name, epsilon, numerical = self._numerical
        arrays = _reports(self.comparison, gradient, numerical)
        return make_report(name, epsilon, self.here.value, arrays, 0.0)

    def explained(self, beside: Report | None, *, stuck: bool = False) -> Report:
        """Return the report of what the functions return, and its diagnosis.

        Args:
            beside: the report of parameters beside a kink, which the verdict on these rests on.
            stuck: whether the gradient is the same at other parameters, and wrong there.
        """
        report = self.report
        facts = replace(self._facts(beside), gradient_stuck=stuck)
        found = diagnosed(report, facts).diagnosis
        adds_up = bool(self.given.adds_up.any())
        if adds_up:
            report = self._reported(self.given.returned)
        if not self.is_repeatable or (adds_up and report.passed):
            report = reconsidered(report, "pass", "unresolved")
        if stuck:
            report = reconsidered(report, "pass", "fail")
        return replace(report, diagnosis=found)

    def _facts(self, beside: Report | None) -> Facts:
        problem, given, comparison = self.comparison.problem, self.given, self.comparison
        exact = self.report.method == "complex"
        return Facts(
            parameters=problem.arrays,
            numerical_at=lambda arrays: comparison.gradient_at(arrays, exact=exact),
            slope_at=lambda arrays, along: comparison.slope_at(arrays, along, exact=exact),
            changed=given.changed,
            cost_changes_parameters=self.here.changes_parameters,
            cost_spread=0.0 if self.here.repeatable else self.here.spread,
            gradient_repeatable=given.repeatable,
            adds_up=[given.adds_up[block] for block in problem.blocks],
            coarse=given.coarse,
            beside=beside,
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
    comparison: Comparison, gradient: Array, numerical: Numerical
) -> Sequence[ArrayReport]:
    problem, entries = comparison.problem, comparison.entries
    reports: list[ArrayReport] = []
    for name, array, block in zip(
        problem.layout.names, problem.arrays, problem.blocks, strict=True
    ):
        mine = slice(*np.searchsorted(entries, (block.start, block.stop)))
        chosen = entries[mine]
        whole = len(chosen) == array.size
        shape = array.shape if whole else (len(chosen),)
        bounds = comparison.given.rounding[chosen] + numerical.errors[mine]
        reports.append(
            make_array_report(
                name,
                gradient[chosen].reshape(shape),
                numerical.values[mine].reshape(shape),
                bounds.reshape(shape),
                at_kinks=numerical.at_kinks[mine].reshape(shape),
                shape=array.shape,
                drawn=None if whole else chosen - block.start,
            )
        )
    return reports
