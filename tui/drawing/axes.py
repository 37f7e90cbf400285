"""Axes with ends and ticks at round numbers, so that a growing curve seldom moves them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.tui.drawing.numbers import axis_number, count

Floats = NDArray[np.float64]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_EPOCH_ENDS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5)
_SMALLEST, _LARGEST = 1e-300, 1e300
"""Beyond these a range and its ticks could not be computed; curves are clipped there."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of numbers and where to write which of them."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    """Positions and their labels, rising."""
    log: bool = False

    def fraction(self, values: Floats | float) -> Floats:
        """Return where values lie between the ends, 0 to 1; beyond them they are clipped."""
        with np.errstate(all="ignore"):
            if self.log:
                values = np.log10(np.maximum(values, self.low))
                low, high = math.log10(self.low), math.log10(self.high)
            else:
                values, low, high = np.asarray(values, np.float64), self.low, self.high
            # Halves, because high - low may be beyond the largest float.
            span = high / 2 - low / 2
            return np.clip((values / 2 - low / 2) / span, 0.0, 1.0)


def _power_and_rest(value: float) -> tuple[float, float]:
    power = 10.0 ** math.floor(math.log10(value))
    return power, value / power


def round_up(value: float, steps: tuple[float, ...] = _STEPS) -> float:
    """Return the smallest round number that is not below a positive `value`."""
    power, rest = _power_and_rest(max(value, _SMALLEST))
    return float(next((step for step in steps if step >= rest * (1 - 1e-9)), 10.0) * power)


def round_down(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, .. that is not above a positive `value`."""
    power, rest = _power_and_rest(max(value, _SMALLEST))
    return max(step for step in (1.0, 2.0, 5.0) if step <= max(1.0, rest * (1 + 1e-9))) * power


def linear_axis(low: float, high: float, most_ticks: int) -> Axis:
    """Return an axis over `low` to `high`; zero is on it where that costs little."""
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    low, high = min(low, _LARGEST), max(high, -_LARGEST)
    if low > 0 and low < 0.6 * high:
        low = 0.0
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-290):
        margin = max(abs(low) * 0.1, 1e-12) if low or high else 1.0
        low, high = low - margin, high + margin
    step = round_up((high - low) / max(1, most_ticks - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    # Half a step is enough room above and below when whole steps waste too much.
    bottom, top = first * step, last * step
    if high < top - step / 2:
        top -= step / 2
    if low > bottom + step / 2:
        bottom += step / 2
    positions = [index * step for index in range(first, last + 1)]
    positions = [value for value in positions if bottom <= value <= top]
    return Axis(bottom, top, tuple(zip(positions, _labels(positions), strict=True)))


def log_axis(low: float, high: float, most_ticks: int) -> Axis:
    """Return a logarithmic axis over the positive numbers `low` to `high`."""
    low, high = (min(max(value, _SMALLEST), _LARGEST) for value in (low, high))
    low, high = round_down(low), round_up(high, (1.0, 2.0, 5.0, 10.0))
    if high <= low * 1.01:
        low, high = round_down(low / 1.5), round_up(high * 1.5, (1.0, 2.0, 5.0, 10.0))
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = [10.0**power for power in range(first, last + 1)]
    for multiples in ((1, 2, 5), (1,)):
        positions = [
            multiple * decade
            for decade in decades
            for multiple in multiples
            if low * 0.999 <= multiple * decade <= high * 1.001
        ]
        if len(positions) <= most_ticks:
            break
    if len(positions) < 2:
        positions = [low, high]
    stride = -(-len(positions) // max(1, most_ticks))
    positions = positions[::stride]
    return Axis(low, high, tuple((value, axis_number(value, 2)) for value in positions), log=True)


def epoch_axis(epochs: int, width: int) -> Axis:
    """Return the axis of a curve over `epochs` epochs for `width` columns."""
    high = round_up(max(epochs, 10), _EPOCH_ENDS)
    most = max(1, width // 10)
    intervals = next(
        (parts for parts in range(most, 1, -1) if _is_round(high / parts) and high % parts == 0),
        2 if most > 1 and high % 2 == 0 else 1,
    )
    positions = [high * index / intervals for index in range(intervals + 1)]
    return Axis(0.0, high, tuple((value, count(value)) for value in positions))


def _is_round(value: float) -> bool:
    _, rest = _power_and_rest(value * (1 + 1e-9))
    return any(math.isclose(rest, step, rel_tol=1e-6) for step in _ROUND)


def _labels(values: list[float]) -> list[str]:
    for digits in range(2, 17):
        labels = [axis_number(value, digits) for value in values]
        if len(set(labels)) == len(labels) and all(
            math.isclose(_number(label), value, rel_tol=1e-3, abs_tol=0.0) or not value
            for label, value in zip(labels, values, strict=True)
        ):
            break
    return labels


def _number(label: str) -> float:
    return float(label.replace(",", ""))
