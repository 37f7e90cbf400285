"""The line to the terminal: whether it has taken what was sent, and how much it takes."""

import math
from collections import deque
from collections.abc import Callable
from time import perf_counter

QUERY = "\x1b[6n"
"""Asks for the position of the cursor, which any terminal tells once it has got so far."""
_LONGEST_PATIENCE = 10.0
"""Seconds to wait for an answer at most; it may have been lost with a part of the line."""
_SHORTEST_PATIENCE, _TIMES_THE_LAST = 1.0, 5.0
"""Seconds to wait for one at least, and how much is added of what the one before took."""
GREETING = 0.15
"""Seconds after which a terminal that has not answered yet may be one that never does."""
_PART = 0.4
"""Seconds of a line that may be sent at a time."""
_FIRST_PART = 800
"""Bytes at a time until it is known what the line takes."""
_TELLING, _NOISE = 500, 0.03
"""Bytes that it takes to tell a slow line from an answer that is so many seconds late."""
_FAST = 20_000.0
"""Bytes a second; on such a line nothing has to wait."""
_SLOW = 10_000.0
"""Bytes a second of a line that is busy with a whole picture for long."""
_SLOWEST = 800.0
"""Bytes a second; what takes fewer has stalled, and need not stay so."""
_IN_FLIGHT = 3
"""Pictures on their way at a time on a line that has a delay alone."""
_LATE = 0.1
"""Seconds after which an answer is later than the delay explains."""

_SILENT = 2000.0
"""Bytes a second of a terminal that does not answer. It may be fast; but were it slow, nothing
would tell before 16 kB are queued up (Linux, which says of no pseudo-terminal how much of that was
taken), and what it shows would be as old as that takes."""
_SHARE = 0.9
_BLOCKED = 0.25
"""Seconds after which a write was held up by the line."""
_BUFFER = 16_000
"""Bytes that Linux keeps for a pseudo-terminal before a write is held up."""
_MEMORY = 300.0
"""Seconds until a line that held up a write is forgotten."""
_HURRY = 1.0
"""Seconds for which somebody is taken to wait."""


def bytes_of(text: str) -> int:
    """Return how many bytes of a line a text takes."""
    return len(text) if text.isascii() else len(text.encode())


class Line:
    """Says when the next picture may be sent, and how much of it, so that none waits for long.

    A terminal that answers has taken all that came before the question, and the time it took
    tells how much that may be. Of one that does not, all that can be known is how long a write
    was held up once every buffer on the way was full. Used by three threads: one that sends,
    one that writes and one that hears answers.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        """Know nothing of the line yet."""
        self._clock = clock
        self._asked: deque[tuple[float, int]] = deque()
        self._asked_first: float | None = None
        self._asked_last = 0.0
        self._patience = _LONGEST_PATIENCE
        self._answers = False
        self._quickest = math.inf
        self._rate: float | None = None
        self._rated = 0
        """The bytes that told the rate."""
        self._silent_rate, self._blocked_at = _SILENT, 0.0
        self._rests_until = self._blocked_until = self._hurries_until = 0.0

    @property
    def waiting(self) -> int:
        """How many questions to a terminal that answers are open."""
        return len(self._open())

    def _open(self) -> list[tuple[float, int]]:
        # A copy, for an answer may come between two looks at it.
        return [] if not self._answers or self._is_lost else list(self._asked)

    @property
    def _is_lost(self) -> bool:
        return self._clock() - self._asked_last > self._patience

    @property
    def free(self) -> bool:
        """Whether anything may be sent."""
        questions, now = self._open(), self._clock()
        if not questions:
            return now >= self._blocked_until or now < self._hurries_until
        # All of it may be there already, and the answers on their way back.
        first_asked, _ = questions[0]
        on_the_way = len(questions) < _IN_FLIGHT and now - first_asked < self._quickest + _LATE
        return on_the_way and self._rate is not None and self._rate >= _FAST

    @property
    def room(self) -> float:
        """How many bytes may be sent at a time, besides the few of a status line."""
        if self._answers:
            if self._rate is None:
                return _FIRST_PART
            if self._rate >= _FAST:
                return math.inf
            # At the start all is slow, so that a slow line may be taken for a delay.
            return min(_PART * max(_SLOWEST, self._rate), 2 * max(_FIRST_PART, self._rated))
        now = self._clock()
        if self._is_greeting:
            return _FIRST_PART
        if not self._rests_until or now < self._hurries_until:
            return math.inf
        return _PART * self._silent_rate if now >= self._rests_until else 0.0

    @property
    def _is_greeting(self) -> bool:
        return self._asked_first is None or self._clock() - self._asked_first < GREETING

    @property
    def slow(self) -> bool:
        """Whether a whole picture takes long."""
        rate = self._rate if self._answers else self._silent_rate
        return rate is not None and rate < _SLOW

    def hurry(self) -> None:
        """Hear that somebody waits for what comes next, as after a key or a change of size."""
        self._hurries_until = self._clock() + _HURRY

    def sent(self, size: int) -> bool:
        """Count a picture of so many bytes; return whether to ask for an answer to it."""
        now = self._clock()
        if now - self._blocked_at > _MEMORY:
            self._silent_rate = _SILENT
        if not self._answers and not self._is_greeting:
            self._rests_until = max(now, self._rests_until) + size / (_SHARE * self._silent_rate)
        if self._asked and not self._answers:
            return False
        if self._asked and self._is_lost:
            self._asked.clear()  # else each answer to come would be taken for that to another
            self._patience = min(2.0 * self._patience, _LONGEST_PATIENCE)
        self._asked_first = now if self._asked_first is None else self._asked_first
        self._asked_last = now
        self._asked.append((now, size))
        return True

    def answered(self) -> None:
        """Hear that the terminal has got to the oldest question."""
        try:
            asked, size = self._asked.popleft()
        except IndexError:  # nobody asked, or gave it up meanwhile
            return
        seconds = self._clock() - asked
        if self._answers and size >= _TELLING:
            self._rate = size / max(0.001, seconds - self._quickest - _NOISE)
            self._rated = size
        self._quickest = min(self._quickest, seconds)
        self._patience = min(_SHORTEST_PATIENCE + _TIMES_THE_LAST * seconds, _LONGEST_PATIENCE)
        self._answers, self._blocked_until = True, 0.0

    def wrote(self, size: int, seconds: float) -> None:
        """Hear how long the system took to take some bytes."""
        if seconds < _BLOCKED or self._answers:
            return
        now = self._clock()
        self._silent_rate, self._blocked_at = max(_SLOWEST, size / seconds), now
        self._rests_until = self._blocked_until = now + _BUFFER / self._silent_rate
