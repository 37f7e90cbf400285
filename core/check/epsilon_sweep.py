"""How the error of a difference depends on its step: the V of truncation and rounding."""

import math
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.complex_step import complex_step_of
from bptui.core.check.differences import difference_gradient
from bptui.core.check.methods import METHODS
from bptui.core.check.replica import KINKED
from bptui.core.errors import InputError

Floats = NDArray[np.float64]

EPSILONS = tuple(float(f"{10.0 ** (-half / 2):.5g}") for half in range(2, 29))
"""1e-1 to 1e-14, two a decade."""
SWEPT = ("forward", "central", "richardson")
MOST_SWEPT = 1_000
"""With more parameters than these, as many entries are drawn: each costs some 200 evaluations."""
_COSTS_AN_ENTRY = (2 + 2 + 4) * (len(EPSILONS) + 1)
"""Evaluations by all of `SWEPT`, the default step of each included."""
_ABOVE_ROUNDING = 10.0
"""An error this many times the best one is truncation, to the long side of the best step."""
_TOO_LONG = 0.3
"""From this relative error on, a step is too long for its error to follow a power of it."""
_FEWEST_POINTS = 3


@dataclass(frozen=True, slots=True)
class MethodSweep:
    """The errors of one method."""

    method: str
    order: int
    """What the slope is in theory."""
    slope: float | None
    """What it is where truncation rules; `None` where too few steps are there to say."""
    best_epsilon: float | None
    """`None` where no step gives a finite error."""
    best_error: float | None
    default_epsilon: float
    default_error: float
    errors: tuple[float, ...]
    """Norm-relative, one an ε; NaN where a step is too short to move some parameter."""


@dataclass(frozen=True, slots=True)
class EpsilonSweep:
    """The errors of every difference at many steps, all at one Θ."""

    parameters: int
    entries: int
    """How many of the parameters were differentiated by."""
    seed: int
    """Of the draw of entries, where they are not all."""
    kinks: bool
    """Whether the hidden activation has kinks, which long steps cross."""
    epsilons: tuple[float, ...]
    methods: tuple[MethodSweep, ...]

    def error_at(self, epsilon: float, method: MethodSweep) -> float:
        """Return the error of a method at ε, between two measured steps along the line that
        joins them on logarithmic axes; NaN beyond the steps.
        """
        places = [math.log10(step) for step in reversed(self.epsilons)]
        place = math.log10(epsilon)
        with np.errstate(all="ignore"):
            errors = np.log10(method.errors[::-1])
        found = float(np.interp(place, places, errors, left=math.nan, right=math.nan))
        return 10.0**found

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def sweep_epsilon(
    work: Backpropagation, *, seed: int = 0, seconds: float | None = None
) -> EpsilonSweep:
    """Measure differences of every step against the complex step, at the Θ of `work`.

    An error is ‖difference − complex step‖ / ‖complex step‖, over all entries. Θ is left
    bit-identical.

    Args:
        work: the training code, samples loaded.
        seed: of the draw of entries, where they are not all.
        seconds: after so many no further entry is begun; `None` is when all `MOST_SWEPT` are
            done.

    Raises:
        InputError: the gradient is 0 or not finite, so that nothing is relative to it, or
            `seconds` are too few for a single entry.
    """
    started = perf_counter()
    size = work.theta.size
    drawn = np.random.default_rng(seed).permutation(size)[:MOST_SWEPT]
    defaults = [METHODS[name].epsilon or 0.0 for name in SWEPT]
    steps = [(*EPSILONS, default) for default in defaults]
    squares = np.zeros((len(SWEPT), len(EPSILONS) + 1))
    exact_squares, done = 0.0, 0
    with np.errstate(all="ignore"):
        if seconds is not None and _COSTS_AN_ENTRY * seconds_a_cost(work) > seconds:
            raise InputError(
                "J of so many samples takes too long to be differenced at every ε while training; "
                "bptui check --sweep-epsilon does it"
            )
        exact = np.concatenate([array.ravel() for array in complex_step_of(work, work.thetas)])

        def cost() -> float:
            work.forward()
            return work.cost()

        for done, entry in enumerate(drawn, start=1):
            exact_squares += float(exact[entry]) ** 2
            for place, name in enumerate(SWEPT):
                for column, epsilon in enumerate(steps[place]):
                    found, _ = difference_gradient(
                        cost, work.theta, name, epsilon, drawn[done - 1 : done], estimate=False
                    )
                    squares[place, column] += (found[0] - exact[entry]) ** 2
            if seconds is not None and perf_counter() - started >= seconds:
                break
        if not 0.0 < exact_squares < np.inf:
            raise InputError(
                "sweep-epsilon: the gradient is 0 or not finite here, so no error is relative to "
                "it; choose another seed or number of epochs"
            )
        errors = np.sqrt(squares / exact_squares)
    methods = tuple(
        _method_sweep(name, found[:-1], default, float(found[-1]))
        for name, default, found in zip(SWEPT, defaults, errors, strict=True)
    )
    kinks = work.activation in KINKED and len(work.thetas) > 1
    return EpsilonSweep(size, done, seed, kinks, EPSILONS, methods)


def seconds_a_cost(work: Backpropagation) -> float:
    """Return how long J takes, here and now; not counting the first time, when memory is cold."""
    started = 0.0
    for _ in range(2):
        started = perf_counter()
        work.forward()
        work.cost()
    return perf_counter() - started


def _method_sweep(
    name: str, errors: Floats, default_epsilon: float, default_error: float
) -> MethodSweep:
    finite = np.isfinite(errors)
    best = int(np.argmin(np.where(finite, errors, np.inf))) if finite.any() else None
    return MethodSweep(
        method=name,
        order=METHODS[name].order,
        slope=None if best is None else fitted_slope(np.array(EPSILONS), errors, best),
        best_epsilon=None if best is None else EPSILONS[best],
        best_error=None if best is None else float(errors[best]),
        default_epsilon=default_epsilon,
        default_error=default_error,
        errors=tuple(errors.tolist()),
    )


def fitted_slope(epsilons: Floats, errors: Floats, best: int) -> float | None:
    """Return the least-squares slope of log error over log ε where truncation rules.

    Args:
        epsilons: falling.
        errors: of each ε.
        best: the place of the smallest error.
    """
    longer, truncation = epsilons[:best], errors[:best]
    rules = (truncation > _ABOVE_ROUNDING * errors[best]) & (truncation < _TOO_LONG)
    if errors[best] <= 0.0 or int(rules.sum()) < _FEWEST_POINTS:
        return None
    x, y = np.log(longer[rules]), np.log(truncation[rules])
    x = x - x.mean()
    return float(x @ y / (x @ x))
