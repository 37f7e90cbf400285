"""NumPy calls made ready once and run many times.

Steps on small arrays cost what it takes to call NumPy, not what it takes to compute. So whatever
can be settled before training is settled once: which function, which arrays in and out, and
constants as arrays of the right dtype, which NumPy reads twice as fast as it reads a Python
float. What is left is a list of calls to run down, every epoch.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Call = tuple[Callable[..., object], tuple[Any, ...]]
"""A function and its arguments."""
Calls = Sequence[Call]


def run(calls: Calls) -> None:
    """Make the calls, in order."""
    for function, arguments in calls:
        function(*arguments)


def constant(value: float, like: NDArray[Any]) -> NDArray[Any]:
    """Return an array of no axes that holds `value` in the dtype of `like`."""
    return np.array(value, like.dtype)


def sum_over_units(a: NDArray[Any], total: NDArray[Any]) -> Call:
    """Return the call that writes the sum of `a` over its first axis to `total`.

    A product with ones takes a quarter of the time of a sum.
    """
    if a.flags.c_contiguous and total.flags.c_contiguous:
        return np.ones(len(a), a.dtype).dot, (a.reshape(len(a), -1), total.reshape(-1))
    return np.add.reduce, (a, 0, None, total)


def with_row(
    function: Callable[..., object], a: NDArray[Any], row: NDArray[Any], out: NDArray[Any]
) -> Calls:
    """Return the calls that write `function(a, row)` to `out`, with `row` beside every row of `a`.

    To spread the row out first takes half the time of broadcasting it.
    """
    spread = np.empty_like(a)
    return (np.copyto, (spread, row)), (function, (a, spread, out))
