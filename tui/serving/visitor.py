"""One visitor: a page, and the process whose screen it shows."""

import asyncio
import json
import shlex
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

DRIVER = "bptui.tui.web_driver:WebDriver"
MOST_COLUMNS, MOST_ROWS = 500, 200
"""Of the largest screen; a page may ask for any, and larger ones would fill the memory."""
MOST_BYTES = 16_384
"""Of one message from a page."""
_GRACE = 3.0
"""Seconds that a process has to leave."""


class Visitor(AppService):
    """Runs one process of its own for one page.

    A page is asked for keys, the mouse and its size, and nothing else that it says is heard.
    """

    def __init__(self, words: Sequence[str], page: web.WebSocketResponse) -> None:
        """Start nothing yet.

        Args:
            words: the command to run, word by word.
            page: the connection to the page.
        """
        super().__init__(
            shlex.join(words),
            write_bytes=self._show,
            write_str=self._say,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._words = tuple(words)
        self._page = page

    async def _show(self, data: bytes) -> None:
        # What nobody sees any more is still to be read, or the process could not end.
        with suppress(ConnectionError):
            await self._page.send_bytes(data)

    async def _say(self, text: str) -> None:
        with suppress(ConnectionError):
            await self._page.send_str(text)

    async def _close(self) -> None:
        await self._page.close()

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        """Return the environment of the process: that of a page, not of the server's terminal."""
        environment = super()._build_environment(width, height)
        environment.pop("NO_COLOR", None)
        return environment | {
            "TEXTUAL_DRIVER": DRIVER,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "PYTHONIOENCODING": "utf-8",
        }

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        # Without the shell that textual-serve would take; and Ctrl+C is for the server alone.
        self._process = process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        assert process.stdin is not None
        self._stdin = process.stdin
        return process

    async def start(self, width: int, height: int) -> None:
        """Start the process with a screen of this size, within bounds."""
        await self._open_app_process(*_bounded(width, height))
        self._task = asyncio.create_task(self._show_all())

    async def _show_all(self) -> None:
        await self.run()
        await self._close()

    async def hear(self, text: str) -> None:
        """Hand on what the page sent: keys, its size, whether it has the focus.

        Anything else is dropped, and so is what comes while the process has stopped to read.
        """
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        if self.stdin.transport.get_write_buffer_size():
            return
        match message:
            case ["stdin", str(keys)]:
                await self.send_bytes(keys.encode("utf-8", "ignore"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(*_bounded(width, height))
            case ["focus"]:
                await self.focus()
            case ["blur"]:
                await self.blur()
            case ["ping", str(sent)]:
                await self._say(json.dumps(["pong", sent]))

    async def stop(self) -> None:
        """End the process: ask it to leave, and kill it unless it does."""
        process = self._process
        if process is None:
            return
        try:
            async with asyncio.timeout(_GRACE):
                await self.send_meta({"type": "quit"})
                await process.wait()
        except TimeoutError:
            self.kill()
            await process.wait()
        if self._task is not None:
            await self._task

    def kill(self) -> None:
        """End the process at once, if it has not ended."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()


def _bounded(width: int, height: int) -> tuple[int, int]:
    return min(max(width, 1), MOST_COLUMNS), min(max(height, 1), MOST_ROWS)
