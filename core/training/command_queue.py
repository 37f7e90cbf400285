"""What the screen asks for, on its way to the thread that carries it out."""

from collections.abc import Callable
from queue import Empty, Queue

from bptui.core.training.commands import Command, ForgetMessage


class CommandQueue:
    """Commands in the order in which they were sent: all that two threads share of a session."""

    def __init__(self) -> None:
        """Start empty."""
        # A SimpleQueue waits for ever if a signal comes to its thread after the end of a wait.
        self._commands: Queue[Command] = Queue()

    def send(self, command: Command) -> None:
        """Ask for something. Safe from any thread."""
        self._commands.put(command)

    def obey(self, carry_out: Callable[[Command], None], wait: float) -> bool:
        """Carry out all commands in the queue; say whether any came.

        Args:
            carry_out: what does so; the first command it is given forgets what was said of
                earlier ones.
            wait: seconds to wait for one.
        """
        try:
            command = self._commands.get(timeout=wait) if wait else self._commands.get_nowait()
        except Empty:
            return False
        carry_out(ForgetMessage())
        while True:
            carry_out(command)
            try:
                command = self._commands.get_nowait()
            except Empty:
                return True
