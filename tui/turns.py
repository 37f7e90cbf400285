"""Which parts of the screen it is time to draw."""

from typing import NamedTuple

from bptui.core.snapshot import Snapshot
from bptui.tui.cadence import Cadence

_EARLY = 0.01
"""Seconds by which a timer may come too soon."""


class Due(NamedTuple):
    """The parts of the screen that are to be drawn."""

    status: bool
    numbers: bool
    pictures: bool


class Drawn(NamedTuple):
    """What each part of the screen shows."""

    status: Snapshot | None = None
    numbers: Snapshot | None = None
    pictures: Snapshot | None = None


class Turns:
    """Gives each part of the screen its turn, as often as a cadence says.

    What is not due yet is drawn later, also if no other snapshot comes.
    """

    def __init__(self, cadence: Cadence) -> None:
        """Nothing is drawn yet."""
        self._cadence = cadence
        self.drawn = Drawn()
        """The snapshots of the last turns."""
        self.numbers_at = self.pictures_at = 0.0
        """When the last turn of each was, in seconds."""

    def take(
        self, snapshot: Snapshot, now: float, *, everything: bool, slow: bool, behind: bool = False
    ) -> Due:
        """Return what to draw of a snapshot, and take it as drawn.

        Args:
            snapshot: what is known now.
            now: seconds, on any clock.
            everything: whether somebody waits for it.
            slow: whether the line takes long for a picture.
            behind: whether the terminal does not show yet what was drawn last, of which newer
                parts would otherwise take the place over and over.
        """
        drawn, cadence = self.drawn, self._cadence
        status = everything or snapshot is not drawn.status
        numbers = everything or (
            snapshot is not drawn.numbers and now - self.numbers_at >= cadence.numbers - _EARLY
        )
        pictures = everything or (
            snapshot is not drawn.pictures
            and (now - self.pictures_at >= cadence.pictures - _EARLY or self._outgrown(snapshot))
        )
        if behind and not everything:
            numbers = pictures = False
        if slow and numbers and pictures:
            # One after the other, the longer undrawn first: half the wait for what comes next.
            numbers = self.numbers_at <= self.pictures_at
            pictures = not numbers
        if numbers:
            self.numbers_at = now
        if pictures:
            self.pictures_at = now
        self.drawn = Drawn(
            snapshot if status else drawn.status,
            snapshot if numbers else drawn.numbers,
            snapshot if pictures else drawn.pictures,
        )
        return Due(status, numbers, pictures)

    def _outgrown(self, snapshot: Snapshot) -> bool:
        """Whether the curve is young, and twice as long as the one that is drawn."""
        drawn = self.drawn.pictures
        return drawn is not None and snapshot.curve.epochs > 2 * drawn.curve.epochs
