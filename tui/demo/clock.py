"""Time that passes a frame at a time, whatever real time does."""

FRAMES_PER_SECOND = 10


class FixedClock:
    """Counts frames; called, it says how many seconds they are."""

    def __init__(self) -> None:
        """Start at 0."""
        self.frames = 0
        """Frames that have passed."""

    def __call__(self) -> float:
        """Return the seconds that have passed."""
        return self.frames / FRAMES_PER_SECOND

    def pass_frame(self) -> None:
        """Let one frame pass."""
        self.frames += 1
