"""An app that can be told to leave at any time, and prints nothing over the restored terminal."""

import asyncio
from contextlib import suppress

from rich.console import RenderableType
from textual.app import App
from textual.events import Event, InputEvent
from textual.worker import WorkerFailed

from bptui.tui.drivers import driver_class


class LeavingApp(App[None]):
    """Leaves when it is told to, by whatever thread, and hears no key any more then."""

    def __init__(self) -> None:
        """Make an app of the terminal, or of a page."""
        super().__init__(driver_class=driver_class())
        self._cut_off: int | None = None
        """The exit status that `cut_off` was given, before there was a loop to leave."""
        self._running_loop: asyncio.AbstractEventLoop | None = None
        self._left = False
        """Whether it has been told to end."""

    def on_mount(self) -> None:
        """Leave, if that was said already."""
        self._running_loop = asyncio.get_running_loop()
        if self._cut_off is not None:
            self._leave(self._cut_off)

    def cut_off(self, return_code: int) -> None:
        """Leave because somebody, or a lost connection, says so. Safe from any thread."""
        self._cut_off = return_code
        if self._running_loop is not None:
            with suppress(RuntimeError):  # it is closed already
                self._running_loop.call_soon_threadsafe(self._leave, return_code)

    def _leave(self, return_code: int) -> None:
        self.exit(return_code=return_code)

    @property
    def failure(self) -> BaseException | None:
        """What was raised on the screen or by one of its workers, which is a bug."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def _fatal_error(self) -> None:
        # Textual would print pages of local variables over the restored terminal.
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """Come to an end without printing; `failure` is for whoever started the app to tell."""
        self._close_messages_no_wait()

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Leave, and hear no key any more."""
        self._left = True
        super().exit(result, return_code, message)

    async def on_event(self, event: Event) -> None:
        """Drop what is typed after the key that leaves."""
        if not (self._left and isinstance(event, InputEvent)):
            await super().on_event(event)
