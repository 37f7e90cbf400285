"""How many epochs are due, and how many were done lately."""

import math
from collections import deque

_LADDER = (1.0, 2.0, 5.0)
FASTEST = 100_000.0
SLOWEST = 0.1
_LARGEST_DEBT = 0.1
"""Seconds of training that are caught up after a delay; more is forgotten."""

_HANDFUL = 0.02
"""Seconds of epochs that are trained together: less often is less work for the scheduler."""


def on_ladder(value: float, steps: int) -> float:
    """Return the number `steps` places further in the series … 0.5, 1, 2, 5, 10, 20 …"""
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    place = 3 * exponent + max(
        index for index, number in enumerate(_LADDER) if number <= mantissa * (1 + 1e-8)
    )
    if steps < 0 and mantissa > _LADDER[place % 3] * (1 + 1e-8):
        place += 1
    place += steps
    return float(f"{_LADDER[place % 3]}e{place // 3}")


def next_speed(speed: float | None, steps: int) -> float | None:
    """Return the next pace; above `FASTEST` it is `None`, as fast as possible."""
    if speed is None:
        return None if steps >= 0 else on_ladder(FASTEST, steps + 1)
    changed = on_ladder(speed, steps)
    return None if changed > FASTEST else max(SLOWEST, changed)


class Pace:
    """Turns a speed in epochs a second into epochs that are due."""

    def __init__(self, speed: float | None) -> None:
        """Take a speed; `None` is as fast as possible."""
        self.speed = speed
        self._credit = 0.0
        self._seen: float | None = None

    def restart(self) -> None:
        """Owe nothing, as after a pause."""
        self._credit, self._seen = 0.0, None

    def due(self, now: float) -> int | None:
        """Return how many epochs are due at the time `now`; `None` is without end."""
        if self.speed is None:
            return None
        if self._seen is None:
            self._credit = 1.0
        else:
            most = 1.0 + self.speed * _LARGEST_DEBT
            self._credit = min(most, self._credit + (now - self._seen) * self.speed)
        self._seen = now
        return int(self._credit)

    def did(self, epochs: int) -> None:
        """Count epochs as done."""
        self._credit -= epochs

    def wait(self) -> float:
        """Return in how many seconds an epoch is due, or a handful that is worth waking for."""
        if self.speed is None:
            return 0.0
        handful = max(1.0, self.speed * _HANDFUL)
        return max(0.0, (handful - self._credit) / self.speed)


class Meter:
    """Epochs a second over the last second or so."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: deque[tuple[float, float]] = deque()

    def restart(self) -> None:
        """Forget what was seen."""
        self._seen.clear()

    def rate(self, now: float, epochs: float) -> float:
        """Return the rate, given that `epochs` are done at the time `now`."""
        self._seen.append((now, epochs))
        while len(self._seen) > 2 and now - self._seen[1][0] > 1.0:
            self._seen.popleft()
        (then, before), (_, after) = self._seen[0], self._seen[-1]
        return (after - before) / (now - then) if now > then else 0.0
