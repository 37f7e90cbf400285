"""The thread that trains, and the two one-way roads between it and the screen."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread
from time import perf_counter

from bptui.core.snapshot import Snapshot
from bptui.core.training.commands import Command, Stop
from bptui.core.training.live import LiveSession


class TrainingWorker:
    """Runs a session on a thread of its own.

    Snapshots come out through `latest`, a reference that is swapped; commands go in through
    the session's queue. While the screen draws, it holds the gate shut, so that
    Python's two threads do not fight over who runs.
    """

    def __init__(self, session: LiveSession) -> None:
        """Prepare to run `session`."""
        self.session = session
        self.latest: Snapshot | None = None
        """The newest snapshot."""
        self.gate = Event()
        """Set while training may go on."""
        self.gate.set()
        self.asked_at: float | None = None
        """When the first unanswered command was sent, on the clock of `perf_counter`."""
        self.failed = False
        """Whether the thread ended by an exception, which is a bug."""
        self._on_answer: Callable[[], None] = lambda: None
        self._thread: Thread | None = None
        self._stopping = False

    def start(self, on_answer: Callable[[], None]) -> Future[None]:
        """Train until told to stop.

        The thread is a daemon: somebody's own code may never return, and the process has to
        end all the same.

        Args:
            on_answer: called on that thread after every command.

        Returns:
            What is done when the thread ends, with the exception that ended it if any.
        """
        self._on_answer = on_answer
        ended: Future[None] = Future()
        ended.set_running_or_notify_cancel()
        self._thread = Thread(target=self._run, args=(ended,), name="training", daemon=True)
        self._thread.start()
        return ended

    def _run(self, ended: Future[None]) -> None:
        try:
            self.session.run(self._publish, self.gate)
        except BaseException as error:
            self.failed = True
            ended.set_exception(error)
        else:
            ended.set_result(None)

    def send(self, command: Command) -> None:
        """Ask for something."""
        if self.asked_at is None:
            self.asked_at = perf_counter()
        self.session.send(command)

    def stop(self, *, save: bool = False) -> None:
        """End the thread soon, after a checkpoint if asked for. Safe from any thread."""
        self._stopping = True
        self.send(Stop(save))
        self.gate.set()

    def wait(self, seconds: float | None) -> bool:
        """Wait for the end of the thread; return whether it came.

        Args:
            seconds: how long at most; `None` is for ever.
        """
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _publish(self, snapshot: Snapshot, answer: bool) -> None:
        self.latest = snapshot
        if answer:
            self.asked_at = None
        # A screen that is about to close may be gone already.
        if answer and not self._stopping:
            self._on_answer()
