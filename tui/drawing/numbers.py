"""Numbers as people read them on a screen."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def significant(value: float, digits: int = 3) -> str:
    """Return `0.0187`, `2.5e-07` or `1.23e+04`."""
    if not math.isfinite(value):
        return str(value)
    if value == 0.0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -5 < exponent < 6:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - exponent)}f}"


def axis_number(value: float, digits: int = 6) -> str:
    """Return `0.25`, `1e-3`, `3,000` or `2e6`: as short as `digits` digits allow."""
    if value == 0.0:
        return "0"
    if 0.01 <= abs(value) < 1e5:
        return f"{float(f'{value:.{digits}g}'):,.{digits}f}".rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


def count(value: float) -> str:
    """Return `3,000` or `1.2M`."""
    if abs(value) < 1e6:
        return f"{value:,.6g}" if value % 1 else f"{value:,.0f}"
    for limit, unit in ((1e9, "M"), (1e12, "G")):
        if abs(value) < limit:
            return f"{value / limit * 1e3:,.4g}{unit}"
    return axis_number(value)


def fixed(value: float) -> str:
    """Return a signed number in six cells: `+0.614`, `-12.35`, `+1e+05`."""
    size = abs(value)
    if size < 9.9995:
        return f"{value:+.3f}"
    if size < 99.995:
        return f"{value:+.2f}"
    if size < 999.95:
        return f"{value:+.1f}"
    if size < 9999.5:
        return f"{value:+6.0f}"
    if size < 9.5e99:
        return f"{value:+.0e}"
    if math.isfinite(value):
        return f"{value:+.0e}"[:1] + "1e" + str(math.floor(math.log10(size)))
    return f"{value:+6}"


def even_digits(values: NDArray[np.float64]) -> Callable[[float], str]:
    """Return what writes the entries of a matrix in at most nine cells, all in the same way.

    They are `+0.6142` or, where the largest is below 0.1 or long, `-3.52e-03`.
    """
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max(initial=0.0))
    if not largest or 0.1 <= largest < 999.0:
        return lambda value: f"{value:+.4f}"
    return _scientific


def _scientific(value: float) -> str:
    long = f"{value:+.2e}"
    return long if len(long) <= 9 else f"{value:+.1e}"


def two_digits(value: float | None) -> str:
    """Return `1.2e-08`, or a dash where there is no number."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.1e}"


def rate(per_second: float) -> str:
    """Return `1,000/s`, with three digits that can be read while they change."""
    if per_second <= 0.0 or not math.isfinite(per_second):
        return ""
    if per_second < 100:
        return f"{per_second:.3g}/s"
    step = 10 ** (math.floor(math.log10(per_second)) - 2)
    return f"{round(per_second / step) * step:,.0f}/s"
