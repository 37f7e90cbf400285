"""`bptui serve`: the dashboard in a browser, and nothing but the dashboard."""

import asyncio
import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pyte
import pytest
from command import BPTUI

from bptui.tui.cli import main
from bptui.tui.command_line import invocation
from bptui.tui.command_line.parser import parse_arguments

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("textual_serve")
if sys.platform == "win32":
    pytest.skip("it is served from POSIX systems", allow_module_level=True)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE_NAME = "xor; touch pwned; $(touch pwned) 'x.csv"
SECONDS = 20.0
_UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*u|\x1b\[\?[0-9;]*\$p")


class Screen:
    """What the bytes of a page draw."""

    def __init__(self):
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, data):
        self._stream.feed(_UNKNOWN.sub(b"", data))

    def resize(self, columns, rows):
        self._screen.resize(rows, columns)

    @property
    def text(self):
        return "\n".join(self._screen.display)


class Page:
    """A page without a browser: it speaks as the page's script does."""

    def __init__(self, socket):
        self.socket, self.screen = socket, Screen()

    async def send(self, *message):
        await self.socket.send_str(json.dumps(message))

    async def wait_for(self, text):
        async with asyncio.timeout(SECONDS):
            while text not in self.screen.text:
                message = await self.socket.receive()
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), (
                    message,
                    self.screen.text,
                )
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.screen.feed(message.data)

    async def wait_for_end(self):
        async with asyncio.timeout(SECONDS):
            while not self.socket.closed:
                await self.socket.receive()


@asynccontextmanager
async def page(address, **options):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}/ws?width=80&height=24", **options) as socket,
    ):
        yield Page(socket)


@contextmanager
def served(*words, folder):
    process = subprocess.Popen(
        [*BPTUI, "serve", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=os.environ | {"XDG_STATE_HOME": str(folder / "state")},
    )
    try:
        first = process.stdout.readline()
        yield process, first.split()[0]
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / HOSTILE_NAME).write_text("a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with served("--data", HOSTILE_NAME, "--visitors=1", folder=folder) as (process, address):
        yield process, address


def children(process):
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listing.exists():
        pytest.skip("only Linux lists the children of a process")
    return [int(word) for word in listing.read_text().split()]


def all_end(processes):
    def runs(number):
        try:
            return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][0] != "Z"
        except OSError:
            return False

    deadline = monotonic() + SECONDS
    while any(map(runs, processes)) and monotonic() < deadline:
        sleep(0.05)
    return not any(map(runs, processes))


def status_of(address, path="/", **headers):
    async def ask():
        async with (
            aiohttp.ClientSession() as session,
            session.get(address + path, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    return asyncio.run(ask())


class TestPage:
    def test_it_shows_the_dashboard_and_hears_keys_and_nothing_else(self, server, folder):
        """One session for all that, for each takes a process."""

        async def visit():
            async with page(server[1]) as here:
                await here.wait_for("running")
                assert "touch pwned" in here.screen.text
                assert (await asyncio.to_thread(status_of, server[1]))[0] == 503
                with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                    async with page(server[1]):
                        pass
                for nonsense in ("", "[", "{}", "[" * 5000, '["stdin"]', '["stdin", {"a": 1}]'):
                    await here.socket.send_str(nonsense)
                await here.socket.send_bytes(b"\x00")
                await here.send("resize", {"width": "1", "height": None})
                await here.send("quit")
                await here.send("run", "train", "--run", "pwned")
                await here.send("stdin", "\x1b[48;99999999;99999999;1;1t")
                await here.send("resize", {"width": 10**12, "height": -5})
                await here.send("resize", {"width": 80, "height": 24})
                await here.send("stdin", " ")
                await here.wait_for("paused")
                await here.send("stdin", "c")
                await here.wait_for("a run in a browser is not saved")
                await here.send("stdin", "q")
                await here.wait_for_end()

        asyncio.run(visit())
        assert all_end(children(server[0]))
        assert [path.name for path in folder.iterdir()] == [HOSTILE_NAME]

    def test_everything_it_loads_comes_from_here(self, server):
        status, text = status_of(server[1])
        assert status == 200
        addresses = re.findall(r"(?:src|href)=\"([^\"]*)\"", text)
        for address in addresses:
            assert address == "data:," or address.startswith("/")
            assert address == "data:," or status_of(server[1], address)[0] == 200

    @pytest.mark.parametrize("path", ["/", "/ws", "/page.js"])
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "http://elsewhere.example"},
            {"Origin": "null"},
            {"Host": "elsewhere.example:8000"},
            {"Host": "elsewhere.example:8000", "Origin": "http://elsewhere.example:8000"},
            {"Host": "["},
        ],
    )
    def test_another_page_in_the_same_browser_gets_nothing(self, server, path, headers):
        assert status_of(server[1], path, **headers)[0] in (400, 403)

    def test_there_is_nothing_else_to_ask_for(self, server):
        for path in ("/download/1", "/static/", "/static/../app_service.py", "/%2e%2e/serve.py"):
            assert status_of(server[1], path)[0] in (403, 404)


class TestEnd:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
    def test_no_process_of_a_visitor_outlives_the_server(self, number, tmp_path):
        if signal.getsignal(number) is signal.SIG_IGN:
            pytest.skip("whoever started the tests had this signal ignored")

        async def visit(process, address):
            async with page(address) as here:
                await here.wait_for("running")
                visitors = children(process)
                assert len(visitors) == 1
                process.send_signal(number)
                await here.wait_for_end()
                return visitors

        with served(folder=tmp_path) as (process, address):
            visitors = asyncio.run(visit(process, address))
            status = process.wait(SECONDS)
            assert all_end(visitors)
            assert status == (0 if number == signal.SIGINT else -number)


class TestSentences:
    def refused(self, capsys, *words):
        assert main(["serve", *words]) == 2
        out, err = capsys.readouterr()
        assert not out and err.count("\n") == 1
        return err

    def test_a_run_to_watch_has_settings_of_its_own(self, capsys, tmp_path):
        assert main(["serve", "--watch", str(tmp_path / "a.csv"), "--seed", "3"]) == 2
        assert "--seed: the run that --watch shows" in capsys.readouterr().err
        assert main(["serve", "--watch", str(tmp_path / "a.csv")]) == 2
        assert "no such file" in capsys.readouterr().err

    def test_a_port_that_is_taken(self, capsys):
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = taken.getsockname()[1]
            error = self.refused(capsys, f"--port={port}")
        assert f"--port: {port} is in use on 127.0.0.1; give another one" in error

    @pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "a..b", "\x1b[2J"])
    def test_a_host_that_is_not_this_machine(self, host, capsys):
        error = self.refused(capsys, "--port=0", "--host", host)
        assert "--host: " in error and "\x1b" not in error

    def test_a_run_that_is_impossible(self, capsys, tmp_path):
        assert "missing.csv" in self.refused(capsys, "--data", str(tmp_path / "missing.csv"))
        assert "missing.py" in self.refused(capsys, str(tmp_path / "missing.py"))

    def test_options_that_are_not_for_visitors(self, capsys):
        assert "not of bptui serve" in self.refused(capsys, "--run", "folder")

    def test_without_textual_serve_it_says_what_to_install(self, capsys, monkeypatch):
        monkeypatch.setitem(sys.modules, "bptui.tui.serving.server", None)
        assert "pip install 'bptui[web]'" in self.refused(capsys)

    def test_a_host_for_everybody_is_warned_of(self, tmp_path):
        with served("--host=0.0.0.0", folder=tmp_path) as (process, _):
            process.stdout.readline()
            assert process.stdout.readline() == (
                "anyone who can reach this address can start runs on this machine\n"
            )


def test_everybody_watches_one_run(tmp_path):
    path = tmp_path / "costs.csv"
    path.write_text("epoch,cost\n0,0.5\n10,0.25\n")

    async def visit(address):
        async with page(address) as visitor:
            await visitor.wait_for("costs.csv")
            await visitor.wait_for("epoch 10")
            await visitor.send("stdin", " ")
            await visitor.wait_for("cannot be steered")

    with served("--watch", str(path), folder=tmp_path) as (_, address):
        asyncio.run(visit(address))


def test_visitors_get_the_options_of_the_run_as_they_were_written():
    words = ["serve", "m.py", "--port", "1", "--eta=2", "--host=::1", "--seed", "3", "--visitors=4"]
    choices = invocation.serve_choices(parse_arguments(words).values, words)
    assert choices.words == ("run", "m.py", "--eta=2", "--seed", "3")
    assert (choices.host, choices.port, choices.visitors) == ("::1", 1, 4)


class Browser:
    """A headless Chromium with one page, driven by its DevTools."""

    def __init__(self, tools):
        self._tools, self._number = tools, 0
        self.screen, self.requested = Screen(), []

    async def tell(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        await self._tools.send_json(message)

    async def wait_for(self, text):
        async with asyncio.timeout(SECONDS):
            while text not in self.screen.text:
                self._hear(json.loads((await self._tools.receive()).data))

    def _hear(self, event):
        about = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(about["request"]["url"])
            case "Network.webSocketFrameSent":
                kind, *rest = json.loads(about["response"]["payloadData"])
                if kind == "resize":
                    self.screen.resize(rest[0]["width"], rest[0]["height"])
            case "Network.webSocketFrameReceived" if about["response"]["opcode"] == 2:
                self.screen.feed(base64.b64decode(about["response"]["payloadData"]))


@asynccontextmanager
async def chromium():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *(CHROMIUM, "--headless", "--no-sandbox", "--no-first-run", "--disable-gpu"),
            *("--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"),
            stdout=subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                while not (found := re.search(rb"ws://([^/]+)/", await process.stderr.readline())):
                    assert process.returncode is None and not process.stderr.at_eof()
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{found[1].decode()}/json") as answer:
                    tabs = await answer.json()
                tab = next(tab for tab in tabs if tab["type"] == "page")
                tools = session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0)
                async with tools as connection:
                    yield Browser(connection)
        finally:
            process.terminate()
            await process.communicate()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_in_a_real_browser_a_key_pauses_the_dashboard(server):
    async def look():
        async with chromium() as browser:
            await browser.tell("Network.enable")
            await browser.tell("Page.navigate", url=server[1])
            await browser.wait_for("running")
            key = {"key": " ", "code": "Space", "text": " "}
            await browser.tell("Input.dispatchKeyEvent", type="keyDown", **key)
            await browser.wait_for("paused")
            return browser.requested

    requested = asyncio.run(look())
    assert all(url.startswith((server[1], "data:")) for url in requested)
