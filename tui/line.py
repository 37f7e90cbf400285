"""The line to the terminal: whether it has taken what was sent."""

from collections import deque
from collections.abc import Callable
from time import perf_counter

QUERY = "\x1b[6n"
"""Asks for the position of the cursor, which any terminal tells once it has got so far."""
_PATIENCE = 10.0
"""Seconds to wait for an answer; it may have been lost with a part of the line."""
_SLOW = 0.4
"""Seconds that a picture takes on a line that is slow."""
_BLOCKED = 0.25
"""Seconds after which a write was held up by the line."""
_BUFFER = 20_000
"""Bytes that Linux keeps for a pseudo-terminal before a write is held up."""
_SLOWEST = 1000.0
"""Bytes a second; what takes fewer has stalled, and need not stay so."""
_SHARE = 0.9
_MEMORY = 300.0
"""Seconds until a line that held up a write is taken for a fast one again."""


class Line:
    """Says when the next picture may be sent, so that none waits behind another.

    A terminal that answers has taken all that came before the question. Of one that does
    not, all that can be known is how long a write was held up once every buffer on the way
    was full; from then on no more is sent than went through. Used by three threads: one
    that sends, one that writes and one that hears answers.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        """Know nothing of the line yet."""
        self._clock = clock
        self._asked: deque[float] = deque()
        self._asked_last = 0.0
        self._answers = False
        self._quickest = self._last = 0.0
        self._rate: float | None = None
        self._blocked_at = self._rests_until = 0.0

    @property
    def waiting(self) -> int:
        """How many questions to a terminal that answers are open."""
        lost = self._clock() - self._asked_last > _PATIENCE
        return len(self._asked) if self._answers and not lost else 0

    @property
    def free(self) -> bool:
        """Whether the terminal has all that was sent."""
        return not self.waiting and self._clock() >= self._rests_until

    @property
    def slow(self) -> bool:
        """Whether a whole picture takes long."""
        if self._answers:
            return self._last - self._quickest > _SLOW
        return self._rate is not None and self._rate * _SLOW < 4000

    def sent(self, size: int) -> bool:
        """Count a picture of so many bytes; return whether to ask for an answer to it."""
        now = self._clock()
        if self._rate is not None and now - self._blocked_at > _MEMORY:
            self._rate = None
        if self._rate is not None and not self._answers:
            self._rests_until = max(now, self._rests_until) + size / (_SHARE * self._rate)
        if self._asked and not self._answers:
            return False
        self._asked_last = now
        self._asked.append(now)
        return True

    def answered(self) -> None:
        """Hear that the terminal has got to the oldest question."""
        if not self._asked:
            return
        self._last = self._clock() - self._asked.popleft()
        self._quickest = min(self._quickest, self._last) if self._answers else self._last
        self._answers, self._rests_until = True, 0.0

    def wrote(self, size: int, seconds: float) -> None:
        """Hear how long the system took to take some bytes."""
        if seconds < _BLOCKED or self._answers:
            return
        now = self._clock()
        self._rate, self._blocked_at = max(_SLOWEST, size / seconds), now
        self._rests_until = now + _BUFFER / self._rate
