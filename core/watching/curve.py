"""The cost curve of a training that somebody else runs, from the CSV file that it writes."""

from collections import deque
from itertools import pairwise
from math import isfinite
from pathlib import Path
from time import perf_counter, time

import numpy as np
from numpy.typing import NDArray

from bptui.core.errors import InputError, printable
from bptui.core.history import CostCurve, Mark, learning_rate_mark
from bptui.core.watching.cost_rows import RowReader, Rows
from bptui.core.watching.follower import FileFollower
from bptui.core.watching.sparse_history import SparseHistory

Floats = NDArray[np.float64]

_MOST_MARKS = 40
"""Changes of η beyond these are a schedule, which belongs on no curve."""
_RATE_SECONDS = 10.0
"""Over which epochs a second are measured."""
_MOST_SEEN = 200
_SHORTEST_SILENCE = 15.0
"""Seconds without news after which a training no longer counts as running."""
_PATIENCE = 3.0
"""Times the last gap between two pieces of news that a silence may last."""
_HALF_LINE_SECONDS = 2.0
"""After which the last line of a file counts as whole without its end."""


class WatchedCurve:
    """Costs by epoch, as far as they are written.

    Where the epochs begin again a new curve does; where they go back within it, as after
    a resumption, what was beyond is forgotten.
    """

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self.path = path
        self.problem = ""
        """One sentence while the file cannot be read."""
        self.began_again = 0
        """How often the epochs did, in the file as it is."""
        self._follower, self._reader = FileFollower(path), RowReader(path)
        self._caught_up = self._reread = False
        self._grew_at: float | None = None
        self._gap = 0.0
        self._start()

    def _start(self) -> None:
        self.epoch = 0.0
        """Of the last row."""
        self.cost = np.nan
        """J of the last row that has one; infinite if it is no finite number."""
        self.validation_cost: float | None = None
        self.learning_rate: float | None = None
        self.seed: int | None = None
        self._first_epoch: float | None = None
        self._costs, self._validation = SparseHistory(), SparseHistory()
        self._marks: list[Mark] = []
        self._scheduled = False
        self._seen: deque[tuple[float, float]] = deque(maxlen=_MOST_SEEN)

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to draw."""
        return self._first_epoch is not None

    @property
    def read_share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._follower.offset / self._follower.size if self._follower.behind else 1.0

    @property
    def refused(self) -> int:
        """How many lines were no rows of numbers."""
        return self._reader.refused

    @property
    def not_finite(self) -> int:
        """How many costs that are written are no finite numbers."""
        return self._reader.not_finite

    def begin(self) -> None:
        """Read the first slice.

        Raises:
            InputError: there is no such file, or it has no columns `epoch` and `cost`.
        """
        self._look()
        if self._follower.behind and not self._reader.knows_columns:
            raise InputError(
                f"{printable(self.path)}: the first line has no end; is this a CSV file?"
            )

    def read(self, seconds: float) -> bool:
        """Read what is new, for about so long; return whether anything came.

        What goes wrong becomes the `problem`.
        """
        deadline = perf_counter() + seconds
        news, had = False, self.problem
        try:
            while True:
                news = self._look() or news
                if not self._follower.behind or perf_counter() >= deadline:
                    break
            self.problem = self._reader.problem
        except InputError as error:
            self.problem = str(error)
        return news or self.problem != had

    def _look(self) -> bool:
        piece = self._follower.look()
        now = perf_counter()
        if piece.again:
            self._reader, self._reread = RowReader(self.path), True
        lines = piece.lines
        quiet = self._grew_at is not None and now - self._grew_at > _HALF_LINE_SECONDS
        if not lines and not self._follower.behind and quiet:
            lines = self._follower.take_half()
        rows = self._reader.rows(lines) if lines else None
        if lines:
            self._note_growth(now)
        if rows:
            self._take(rows, now)
        self._caught_up = self._caught_up or not self._follower.behind
        return bool(lines)

    def _note_growth(self, now: float) -> None:
        if self._caught_up:
            self._gap = now - self._grew_at if self._grew_at is not None else 0.0
            self._grew_at = now
        elif self._follower.modified is not None:
            # Of what was there before, only the clock of the file tells.
            self._grew_at = now - max(0.0, time() - self._follower.modified)

    def _take(self, rows: Rows, now: float) -> None:
        epoch, seed = rows.epoch, rows.seed
        before = epoch[0] if self._first_epoch is None else self.epoch
        other = np.diff(seed, prepend=seed[0] if self.seed is None else self.seed)
        reseeded = np.isfinite(other) & (other != 0.0)
        cuts = np.flatnonzero((np.diff(epoch, prepend=before) < 0.0) | reseeded).tolist()
        if cuts and cuts[0] == 0:
            self._go_back(float(epoch[0]), new=bool(reseeded[0]))
        ends = [0, *(cut for cut in cuts if cut), len(rows)]
        for first, end in pairwise(ends):
            if first:
                self._go_back(float(epoch[first]), new=bool(reseeded[first]))
            self._extend(rows.part(first, end))
        # Without a clock in the file, only what is seen to happen can be timed.
        seconds = rows.seconds[-1]
        if isfinite(seconds) or self._caught_up:
            self._seen.append((float(seconds) if isfinite(seconds) else now, self.epoch))

    def _go_back(self, epoch: float, *, new: bool) -> None:
        reread, self._reread = self._reread, False
        self._seen.clear()
        if new or self._first_epoch is None or epoch <= self._first_epoch:
            self._start()
            self.began_again = 0 if reread else self.began_again + 1
            return
        for history in (self._costs, self._validation):
            history.forget_from(epoch)
        self._marks = [mark for mark in self._marks if mark.epoch < epoch]

    def _extend(self, rows: Rows) -> None:
        """Record rows whose epochs rise or stay."""
        if self._first_epoch is None:
            self._first_epoch = float(rows.epoch[0])
        self.epoch = float(rows.epoch[-1])
        known = ~np.isnan(rows.cost)
        self._costs.extend(rows.epoch[known], rows.cost[known])
        if known.any():
            self.cost = float(rows.cost[known][-1])
        known = ~np.isnan(rows.validation_cost)
        self._validation.extend(rows.epoch[known], rows.validation_cost[known])
        if known.any():
            self.validation_cost = float(rows.validation_cost[known][-1])
        known = np.isfinite(rows.seed)
        if known.any():
            self.seed = int(rows.seed[known][-1])
        self._mark(rows)

    def _mark(self, rows: Rows) -> None:
        known = np.isfinite(rows.learning_rate)
        rates, epochs = rows.learning_rate[known], rows.epoch[known]
        if not len(rates):
            return
        before = rates[0] if self.learning_rate is None else self.learning_rate
        for place in np.flatnonzero(np.diff(rates, prepend=before)).tolist():
            if self._scheduled:
                break
            self._marks.append(learning_rate_mark(int(epochs[place]), rates[place]))
            self._scheduled = len(self._marks) > _MOST_MARKS
        if self._scheduled:
            self._marks.clear()
        self.learning_rate = float(rates[-1])

    def silence(self, now: float) -> float | None:
        """Return for how many seconds nothing was written; `None` if nothing ever was."""
        return None if self._grew_at is None else now - self._grew_at

    def is_running(self, now: float) -> bool:
        """Return whether rows still come, judged by how often they came lately."""
        silence = self.silence(now)
        return silence is not None and silence < max(_SHORTEST_SILENCE, _PATIENCE * self._gap)

    def epochs_per_second(self) -> float:
        """Return the pace lately, by the file's own clock where it has one."""
        if len(self._seen) < 2:
            return 0.0
        last, epoch = self._seen[-1]
        then, before = next(
            (place for place in self._seen if last - place[0] <= _RATE_SECONDS), self._seen[-1]
        )
        if then >= last:
            then, before = self._seen[-2]
        return (epoch - before) / (last - then) if last > then else 0.0

    def picture(self) -> CostCurve:
        """Return an immutable picture of the curve."""
        validation = self._validation.columns()
        columns = self._costs.columns()
        return CostCurve(
            columns,
            validation.epoch,
            validation.last,
            tuple(self._marks),
            max(1, int(np.ceil(self.epoch))) if len(columns) else 0,
        )
