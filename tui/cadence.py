"""How often each part of the screen is drawn again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cadence:
    """Seconds between two drawings while training goes on; an answer to a key never waits.

    What moves faster than it can be read costs bytes on the line and tells nobody
    anything, so the numbers rest longer than the epoch counter, and the curve longest.
    """

    status: float
    numbers: float
    """Θ, the gradient check and the norms."""
    pictures: float
    """The curve and the decision boundary."""

    def at(self, most: float) -> "Cadence":
        """Return the same, quicker or slower, with at most so many drawings a second."""
        longer = 1.0 / (most * self.status)
        return Cadence(1.0 / most, self.numbers * longer, self.pictures * longer)


LOCAL = Cadence(status=0.1, numbers=0.25, pictures=0.5)
OVER_SSH = Cadence(status=0.5, numbers=1.0, pictures=2.0)
