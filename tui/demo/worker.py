"""A session that trains on the screen's own thread, a frame at a time."""

from collections.abc import Callable

from bptui.core.training.session import Session
from bptui.tui.demo.clock import FixedClock
from bptui.tui.worker import TrainingWorker


class SteppedWorker(TrainingWorker):
    """Runs a stepped session whenever it is told to."""

    def __init__(self, session: Session, clock: FixedClock) -> None:
        """Prepare to run `session`, which goes by `clock`."""
        super().__init__(session)
        self._stepped, self._clock = session, clock

    def begin(self, on_answer: Callable[[], None]) -> None:
        """Obey what was sent already; `on_answer` is called after every command."""
        self._on_answer = on_answer
        self._publish(self._stepped.snapshot(), True)
        self._stepped.turn(self._publish)

    def pass_frame(self) -> None:
        """Train what is due in one more frame."""
        self._clock.pass_frame()
        self._stepped.turn(self._publish)
