"""A live session on a thread of its own, driven by a test."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from bptui.core.snapshot import Snapshot
from bptui.core.training import LiveTrainer, Session
from bptui.core.training import commands as ask

PATIENCE = 30.0


class Running:
    """A session on a thread of its own."""

    def __init__(self, trainer: LiveTrainer, **options: Any) -> None:
        self.session = Session(trainer, **({"interval": 0.01} | options))
        self._shown: SimpleQueue[tuple[Snapshot, bool]] = SimpleQueue()
        self.errors: list[BaseException] = []
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        self.first, answered = self._shown.get(timeout=PATIENCE)
        assert answered

    def _run(self) -> None:
        try:
            self.session.run(lambda snapshot, answers: self._shown.put((snapshot, answers)))
        except BaseException as error:
            self.errors.append(error)
            raise

    def ask(self, *commands: ask.Command) -> Snapshot:
        """Send commands one by one, and return the snapshot that answers the last."""
        for command in commands:
            self.session.send(command)
            snapshot, answered = self._shown.get(timeout=PATIENCE)
            while not answered:
                snapshot, answered = self._shown.get(timeout=PATIENCE)
        return snapshot

    def next(self, wanted: Callable[[Snapshot], bool] = lambda _: True) -> Snapshot:
        """Return the next snapshot that is wanted."""
        while True:
            snapshot, _ = self._shown.get(timeout=PATIENCE)
            if wanted(snapshot):
                return snapshot

    def stop(self, *, save: bool = False) -> None:
        self.session.send(ask.Stop(save))
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert not self.errors
