"""The thread that trains, and the two one-way roads between it and the screen."""

from collections.abc import Callable
from threading import Event

from bptui.core.snapshot import Snapshot
from bptui.core.training.commands import Command, Stop
from bptui.core.training.session import Session


class TrainingWorker:
    """Runs a session on a thread of its own.

    Snapshots come out through `latest`, a reference that is swapped; commands go in through
    the session's queue. While the screen draws, it holds the gate shut, so that
    Python's two threads do not fight over who runs.
    """

    def __init__(self, session: Session) -> None:
        """Prepare to run `session`."""
        self.session = session
        self.latest: Snapshot | None = None
        """The newest snapshot."""
        self.gate = Event()
        """Set while training may go on."""
        self.gate.set()
        self.failed = False
        """Whether the thread ended by an exception, which is a bug."""
        self._on_answer: Callable[[], None] = lambda: None

    def run(self, on_answer: Callable[[], None]) -> None:
        """Train until told to stop; `on_answer` is called here after every command."""
        self._on_answer = on_answer
        self.failed = True
        self.session.run(self._publish, self.gate)
        self.failed = False

    def send(self, command: Command) -> None:
        """Ask for something."""
        self.session.send(command)

    def stop(self) -> None:
        """End the thread soon."""
        self.send(Stop())
        self.gate.set()

    def _publish(self, snapshot: Snapshot, answer: bool) -> None:
        self.latest = snapshot
        if answer:
            self._on_answer()
