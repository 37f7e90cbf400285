"""A server of pages, each with a process of its own behind it."""

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler
from yarl import URL

from bptui.core.errors import InputError, printable
from bptui.tui.serving.visitor import MOST_BYTES, Visitor

_HEARTBEAT = 15.0
"""Seconds until a page is asked whether it is still there."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_PAGE = files("bptui.tui.serving")
_STATIC = Path(textual_serve.__file__).with_name("static")
"""The terminal that textual-serve brings, with its font."""
_HEADERS = {
    # Whatever the page loads comes from here, and no other page can show it in a frame.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self' ws: wss:; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}


class PageServer:
    """Serves the page, and runs `words` for each visitor."""

    def __init__(self, words: Sequence[str], host: str, port: int, most: int) -> None:
        """Listen to nobody yet.

        Args:
            words: the command to run, word by word; its screen is Textual's.
            host: the name or address to listen on.
            port: 0 is any that is free.
            most: how many visitors there may be at once.
        """
        self._words, self._host, self._port, self._most = tuple(words), host, port, most
        self._visitors: dict[Visitor, web.WebSocketResponse] = {}
        self._full = f"All {most} places are taken. Try again when somebody has left.\n"

    async def serve(self, ready: Callable[[str], None]) -> int:
        """Serve until a signal comes, and return its number; no process stays.

        Args:
            ready: called with the address of the page once it is served.

        Raises:
            InputError: host or port cannot be had.
        """
        logging.getLogger("aiohttp").setLevel(logging.CRITICAL + 1)
        app = web.Application(middlewares=[self._refuse_strangers])
        app.router.add_get("/", self._page)
        app.router.add_get("/page.css", _file("page.css", "text/css"))
        app.router.add_get("/page.js", _file("page.js", "text/javascript"))
        app.router.add_static("/static", _STATIC)
        app.router.add_get("/ws", self._visit)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        try:
            await self._listen(runner)
            ready(self._address(runner))
            return await _signal()
        finally:
            await self._send_home()
            await runner.cleanup()
            for visitor in self._visitors:
                visitor.kill()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except (OSError, UnicodeError) as error:
            raise self._refusal(error) from None

    def _refusal(self, error: OSError | UnicodeError) -> InputError:
        host, number = printable(self._host), getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            return InputError(
                f"--port: {self._port} is in use on {host}; give another one, or 0 for any"
            )
        if number == errno.EACCES:
            return InputError(
                f"--port: {self._port} is not allowed to this user; give one of 1024 or more"
            )
        return InputError(
            f"--host: {host} is no name or address of this machine; 127.0.0.1 is for this "
            "machine alone, 0.0.0.0 for everybody"
        )

    def _address(self, runner: web.AppRunner) -> str:
        port = runner.addresses[0][1]
        host = self._host
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @web.middleware
    async def _refuse_strangers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what another page in the visitor's browser asks for, under whatever name."""
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2].lower() != request.host.lower():
            raise web.HTTPForbidden(text="This is asked for by another page.\n")
        if is_loopback(self._host) and not is_loopback(_name(request.host)):
            raise web.HTTPForbidden(text="This machine is served under its own name alone.\n")
        return await handler(request)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if len(self._visitors) >= self._most:
            raise web.HTTPServiceUnavailable(text=self._full)
        return await _file("page.html", "text/html")(request)

    async def _visit(self, request: web.Request) -> web.WebSocketResponse:
        if len(self._visitors) >= self._most:
            raise web.HTTPServiceUnavailable(text=self._full)
        page = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=MOST_BYTES, timeout=1.0)
        visitor = Visitor(self._words, page)
        self._visitors[visitor] = page
        try:
            await page.prepare(request)
            await visitor.start(_number(request, "width", 80), _number(request, "height", 24))
            async for message in page:
                if message.type is WSMsgType.TEXT:
                    await visitor.hear(message.data)
        finally:
            await visitor.stop()
            del self._visitors[visitor]
        return page

    async def _send_home(self) -> None:
        pages = list(self._visitors.values())
        await asyncio.gather(
            *(page.close(code=WSCloseCode.GOING_AWAY) for page in pages), return_exceptions=True
        )


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _name(host: str) -> str:
    """Return a `Host` header without its port."""
    try:
        return URL(f"http://{host}").host or ""
    except ValueError:
        return ""


def _number(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else otherwise


def _file(name: str, content_type: str) -> Handler:
    async def send(request: web.Request) -> web.Response:
        text = (_PAGE / name).read_text("utf-8")
        return web.Response(text=text, content_type=content_type, headers=_HEADERS)

    return send


async def _signal() -> int:
    """Return the number of the first signal to end; those that are ignored stay so."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[int] = loop.create_future()

    def hear(number: int) -> None:
        if not heard.done():
            heard.set_result(number)

    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(NotImplementedError):  # Windows; Ctrl+C ends it there too
                loop.add_signal_handler(number, hear, number)
    return await heard
