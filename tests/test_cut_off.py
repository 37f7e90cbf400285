"""Whatever ends it, the run can be resumed to the same bits, and the terminal is as it was."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from terminal import COMMAND, CONTROLLED, LEAVE_ALTERNATE, Predicate, Terminal

from bptui.core.configuration import Configuration
from bptui.core.runs.state_directory import latest_run
from bptui.core.training import Trainer, build_trainer, resume_trainer

SLOWLY = ("--speed", "100")
IGNORING_HANG_UP = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    "os.execv(sys.argv[1], sys.argv[1:])",
)


def epoch(terminal: Terminal) -> int:
    found = re.search(r"epoch ([\d,]+)", terminal.row(0))
    return int(found[1].replace(",", "")) if found else -1


def trained(epochs: int) -> Callable[[Terminal], bool]:
    return lambda terminal: epoch(terminal) >= epochs


def state(terminal: Terminal) -> str:
    return next((word for word in ("running", "paused") if word in terminal.row(0)), "")


def assert_goes_on_to_the_same_bits(folder: Path, least: int = 1) -> Trainer:
    """Resume a run, and compare it with one of the same settings that was never interrupted."""
    resumed = resume_trainer(folder)
    assert resumed.epoch >= least
    straight = build_trainer(resumed.configuration or Configuration())
    straight.advance(float("inf"), resumed.epoch + 50)
    resumed.advance(float("inf"), 50)
    assert resumed.epoch == straight.epoch
    assert np.array_equal(resumed.network.theta, straight.network.theta)
    assert resumed.history.columns().last.tobytes() == straight.history.columns().last.tobytes()
    return resumed


def assert_restored(terminal: Terminal) -> None:
    assert terminal.modes_left_on() == {}
    assert not terminal.cursor_hidden
    assert terminal.attributes == terminal.attributes_before
    assert LEAVE_ALTERNATE in bytes(terminal.raw)


@pytest.mark.parametrize(
    ("before", "folder"),
    [(CONTROLLED, ()), (IGNORING_HANG_UP, ("--run", "mine"))],
    ids=["told", "ignoring"],
)
def test_a_hang_up_ends_it_with_a_checkpoint(
    before: tuple[str, ...], folder: tuple[str, ...], tmp_path: Path
) -> None:
    with Terminal(*SLOWLY, *folder, command=[*before, *COMMAND], cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        seen = epoch(terminal)
        terminal.hang_up()
        assert terminal.process.wait(10) == 129
    run = tmp_path / "mine" if folder else latest_run()
    assert run is not None
    assert_goes_on_to_the_same_bits(run, seen)


def test_it_trains_on_without_its_terminal_if_it_is_told_to(tmp_path: Path) -> None:
    words = ("--run", "mine", "--keep-training", "--epochs", "400", "--speed", "200")
    command = [*IGNORING_HANG_UP, *COMMAND]
    with Terminal(*words, command=command, cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.hang_up()
        assert terminal.process.wait(20) == 0
    ended = resume_trainer(tmp_path / "mine")
    straight = build_trainer(Configuration(epochs=400))
    straight.advance(float("inf"))
    assert np.array_equal(ended.network.theta, straight.network.theta)
    rows = (tmp_path / "mine" / "log.csv").read_text().splitlines()
    epochs = [int(row.split(",")[0]) for row in rows[1:]]
    assert epochs == sorted(set(epochs))
    assert epochs[-1] == 400


def test_without_its_terminal_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    words = ("--run", "mine", "--keep-training", *SLOWLY)
    with Terminal(*words, command=[*CONTROLLED, *COMMAND], cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.hang_up()
        sleep(0.7)
        assert terminal.process.poll() is None
        os.kill(terminal.process.pid, signal.SIGHUP)  # by a shell that ends its jobs
        sleep(0.1)
        terminal.process.terminate()
        assert terminal.process.wait(10) == 143
    assert_goes_on_to_the_same_bits(tmp_path / "mine", 60)


def test_a_terminal_that_takes_no_output_holds_nothing_up(tmp_path: Path) -> None:
    with Terminal(
        "--run", "mine", "--speed", "max", columns=200, rows=60, cwd=tmp_path
    ) as terminal:
        terminal.wait_for(trained(20))
        terminal.stop_reading()
        sleep(0.5)
        terminal.signal(signal.SIGTERM)
        assert terminal.process.wait(15) == 128 + signal.SIGTERM
        assert terminal.attributes == terminal.attributes_before
    resumed = resume_trainer(tmp_path / "mine")
    assert resumed.epoch > 20


def test_it_is_suspended_and_goes_on(tmp_path: Path) -> None:
    with Terminal(
        "--run", "mine", *SLOWLY, command=[*CONTROLLED, *COMMAND], cwd=tmp_path
    ) as terminal:
        terminal.wait_for(trained(20))
        for _ in range(2):
            terminal.send("\x1a")
            stopped(terminal.process.pid)
            terminal.settle()
            assert_restored(terminal)
            shown = len(terminal.raw)
            terminal.signal(signal.SIGCONT)
            terminal.wait_for(
                lambda here, start=shown: all(
                    word in here.raw[start:] for word in (b"Cost", b"PASS", b"quit")
                )
            )
            # Nothing that was drawn before comes first, on a screen that is blank now.
            _, picture, *_ = bytes(terminal.raw[shown:]).split(b"\x1b[6n")
            assert b"xor" in picture
        terminal.send(" ")
        terminal.wait_for(lambda here: state(here) == "paused")
        terminal.send("q")
        assert terminal.wait() == 0
        assert_restored(terminal)
    assert_goes_on_to_the_same_bits(tmp_path / "mine", 20)


SWEEP = ("sweep", "--seeds", "4", "--epochs", "20", "--screen")


@pytest.mark.parametrize(
    ("words", "ready", "screens"),
    [
        (SLOWLY, trained(20), {"?": "Esc closes", "\x10": "Article (a)"}),
        (SWEEP, "q leave", {"": "q leave"}),
    ],
    ids=["help and palette", "sweep"],
)
def test_it_is_suspended_whatever_is_open(
    words: tuple[str, ...], ready: str | Predicate, screens: dict[str, str], tmp_path: Path
) -> None:
    with Terminal(*words, command=[*CONTROLLED, *COMMAND], cwd=tmp_path) as terminal:
        terminal.wait_for(ready)
        for keys, seen in screens.items():
            terminal.send(keys)
            terminal.wait_for(seen)
            terminal.send("\x1a")
            stopped(terminal.process.pid)
            before = len(terminal.raw)
            terminal.signal(signal.SIGCONT)
            terminal.wait_for(
                lambda here, seen=seen, before=before: seen.encode() in here.raw[before:]
            )
            if len(screens) > 1:
                terminal.send("\x1b")
                terminal.wait_for(lambda here, seen=seen: seen not in here.text())
        terminal.send("\x11")
        assert terminal.wait() == 0


def stopped(process: int) -> None:
    """Wait until a child is stopped."""
    deadline = monotonic() + 15
    while monotonic() < deadline:
        if Path(f"/proc/{process}/stat").exists():
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
                return
        elif os.waitpid(process, os.WNOHANG | os.WUNTRACED)[0]:
            return
        sleep(0.02)
    raise AssertionError("it does not stop")


FAILING = """
import sys
from bptui.tui.cli import main
from bptui.{module} import {name}

def fail(self, *arguments):
    if {epoch} > 30:
        raise RuntimeError("[red]no \\x1b[2J more")
    return before(self, *arguments)

before = {name}.{method}
{name}.{method} = fail
sys.exit(main())
"""


def failing(module: str, name: str, method: str, epoch: str) -> list[str]:
    """Return a command whose dashboard fails beyond epoch 30, as by a bug."""
    return [
        sys.executable,
        "-c",
        FAILING.format(module=module, name=name, method=method, epoch=epoch),
    ]


def told_of(terminal: Terminal, folder: str) -> str:
    """Return the file that tells what was wrong."""
    assert terminal.wait() == 1
    assert_restored(terminal)
    assert max(map(len, terminal.scrollback()[-2:])) <= 80
    assert " ".join(terminal.scrollback()[-2:]) == (
        "bptui: failed by a bug of its own (RuntimeError: [red]no \\x1b[2J more); "
        f"the traceback is in {folder}/error.txt"
    )
    told = (terminal.cwd / folder / "error.txt").read_text()
    assert all(line.isprintable() for line in told.splitlines())
    return told


@pytest.mark.parametrize(
    ("module", "name", "method"),
    [
        ("tui.panes.theta", "ThetaPane", "draw"),
        ("tui.panes.snapshot_pane", "SnapshotPane", "render_line"),
    ],
)
def test_a_pane_that_fails_ends_it_with_a_checkpoint_and_one_sentence(
    module: str, name: str, method: str, tmp_path: Path
) -> None:
    seen = "(self.snapshot.epoch if self.snapshot else 0)"
    command = failing(module, name, method, seen)
    with Terminal("--run", "mine", command=command, cwd=tmp_path) as terminal:
        told = told_of(terminal, "mine")
        assert terminal.scrollback()[-3] == "resume: bptui --resume mine"
    assert f"in {method}" in told or "in fail" in told
    assert_goes_on_to_the_same_bits(tmp_path / "mine", 30)


def test_training_that_fails_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    command = failing("core.training.trainer", "Trainer", "advance", "self.epoch")
    words = ("--run", "mine", "--checkpoint-every", "0.001")
    with Terminal(*words, command=command, cwd=tmp_path) as terminal:
        told_of(terminal, "mine")
    assert_goes_on_to_the_same_bits(tmp_path / "mine", 0)


LIMITED = (
    sys.executable,
    "-c",
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
    "os.execv(sys.argv[1], sys.argv[1:])",
)
"""Goes before a command whose files may not grow beyond so many bytes."""


def test_a_file_that_cannot_grow_is_told_and_training_goes_on(tmp_path: Path) -> None:
    words = ("--run", "mine", "--checkpoint-every", "0.02", "--speed", "1000")
    command = [*LIMITED, *COMMAND]
    with Terminal(*words, columns=160, command=command, cwd=tmp_path) as terminal:
        terminal.wait_for("mine: cannot save the run there: File too large")
        before = resume_trainer(tmp_path / "mine").epoch
        seen = epoch(terminal)
        terminal.wait_for(trained(seen + 200))
        terminal.send("q")
        assert terminal.wait() == 2
        resume, sentence = terminal.scrollback()[-2:]
    assert sentence == "bptui: mine: cannot save the run there: File too large"
    assert resume == f"resume from epoch {before}, seed 0: bptui --resume mine"
    assert_goes_on_to_the_same_bits(tmp_path / "mine", 1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_until_there_is_room_again(small_disk: Path) -> None:
    words = ("--run", "mine", "--checkpoint-every", "0.02", "--speed", "1000")
    with Terminal(*words, columns=160, cwd=small_disk) as terminal:
        terminal.wait_for(lambda _: (small_disk / "mine" / "checkpoint.npz").exists())
        fill(small_disk / "filler")
        terminal.wait_for("No space left on device")
        before = resume_trainer(small_disk / "mine").epoch
        seen = epoch(terminal)
        terminal.wait_for(trained(seen + 200))
        assert resume_trainer(small_disk / "mine").epoch == before
        (small_disk / "filler").unlink()
        terminal.wait_for(lambda here: "No space" not in here.text())
        terminal.send("q")
        assert terminal.wait() == 0
    assert_goes_on_to_the_same_bits(small_disk / "mine", seen)
    rows = (small_disk / "mine" / "log.csv").read_text().splitlines()
    assert {row.count(",") for row in rows} == {5}


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 1024)


def test_names_from_a_file_are_neither_markup_nor_escapes(tmp_path: Path) -> None:
    """Columns, classes and the file itself, on every pane and screen that shows them."""
    file = tmp_path / "[red]\x1b[31mdata.csv"
    classes = ("\x1b]0;title\x07no", "[b]yes")
    rows = "".join(f"{i},{i * i},{classes[i % 2]}\n" for i in range(20))
    file.write_text(f"[bold]x[/],\x1b[2Jy,[link=http://a]kind\n{rows}")
    words = ("--data", str(file), "--hidden", "3", "--run", "[red]\x1b[31mrun")
    with Terminal(*words, columns=160, rows=48, cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.wait_for(r"[red]\x1b[31m")
        terminal.send(" c")
        terminal.wait_for(r"\x1b[31mrun")
        terminal.wait_for("[bold]x[/]")
        terminal.send("f")
        terminal.wait_for("Plant a fault")
        terminal.send("\x1b")
        terminal.wait_for(lambda here: "Plant a fault" not in here.text())
        terminal.send("q")
        assert terminal.wait() == 0
        raw = bytes(terminal.raw)
    assert not re.search(rb"\x1b\[31m|\x1b\[2J|\x1b\]0;title|\x1b\]8;", raw)


def test_a_signal_that_comes_under_a_lock_is_no_deadlock() -> None:
    code = """
import os, signal
from threading import Event, Lock
from bptui.tui.departure import Departure

lock, left = Lock(), Event()

def leave(status):
    with lock:
        left.set()

with Departure(leave) as departure:
    with lock:
        signal.raise_signal(signal.SIGTERM)
    assert left.wait(1.5)
    print(departure.status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "143\n", done.stderr


def test_the_end_waits_for_what_is_being_saved_and_for_nothing_else() -> None:
    code = """
import signal
from threading import Event
from bptui.tui import departure

departure.PATIENCE_SECONDS = 0.05
saving = [True]
with departure.Departure(lambda status: None, saving=lambda: saving[0]):
    signal.raise_signal(signal.SIGTERM)
    Event().wait(0.3)
    print("saved", flush=True)
    saving[0] = False
    Event().wait()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.returncode) == ("saved\n", 143), done.stderr


def test_a_terminal_that_went_before_it_was_looked_at_is_missed() -> None:
    code = """
import os, signal
from threading import Event
from time import sleep
from bptui.tui.departure import Departure

signal.signal(signal.SIGHUP, signal.SIG_IGN)
while os.isatty(0):
    sleep(0.01)
left = Event()
with Departure(lambda status: left.set()):
    os._exit(7 if left.wait(5) else 8)
"""
    with Terminal(command=[sys.executable, "-c", code]) as terminal:
        terminal.hang_up()
        assert terminal.process.wait(20) == 7


def test_a_watch_goes_on_after_a_stop() -> None:
    """A signal that came to a thread after the end of a wait made Python's queue wait for ever."""
    code = """
import os, signal
from threading import Event
from bptui.tui.departure import Departure

signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGUSR1, lambda *_: None)
with Departure(lambda status: os._exit(7), outlive_terminal=True):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])  # it is for other threads
    print("ready", flush=True)
    Event().wait(20)
"""
    with Terminal(command=[sys.executable, "-c", code]) as terminal:
        terminal.wait_for("ready")
        terminal.signal(signal.SIGSTOP)
        terminal.signal(signal.SIGUSR1)
        sleep(0.3)
        terminal.signal(signal.SIGCONT)
        sleep(0.2)
        terminal.hang_up()
        assert terminal.process.wait(25) == 7


@pytest.mark.skipif(shutil.which("bash") is None, reason="job control needs a shell")
def test_a_shell_ends_it_while_it_is_suspended(tmp_path: Path) -> None:
    """The terminal is the shell's then: whoever touches it is stopped again, for ever."""
    with Terminal(
        command=[*CONTROLLED, str(shutil.which("bash")), "--norc", "-i"], cwd=tmp_path
    ) as terminal:
        terminal.send(" ".join([*COMMAND, "--run", "mine", *SLOWLY]) + "\n")
        terminal.wait_for(trained(20))
        terminal.send("\x1a")
        terminal.wait_for("Stopped")
        terminal.send("kill %1\n")
        terminal.wait_for("resume: bptui --resume mine")
    assert_goes_on_to_the_same_bits(tmp_path / "mine", 20)


def test_the_screen_of_a_sweep_ends_with_its_terminal(tmp_path: Path) -> None:
    with Terminal(*SWEEP, command=[*IGNORING_HANG_UP, *COMMAND], cwd=tmp_path) as terminal:
        terminal.wait_for("q leave")
        terminal.hang_up()
        assert terminal.process.wait(10) == 129
    with Terminal(*SWEEP, cwd=tmp_path) as terminal:
        terminal.wait_for("q leave")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert_restored(terminal)


def test_the_screen_of_a_sweep_that_fails_is_told(tmp_path: Path) -> None:
    command = failing("tui.panes.sweep_setting", "SweepSettingPane", "_show_subtitle", "31")
    with Terminal(*SWEEP, columns=100, command=command, cwd=tmp_path) as terminal:
        assert terminal.wait() == 1
        assert_restored(terminal)
        told, *traceback = terminal.scrollback()
    assert told == ("bptui: failed by a bug of its own (RuntimeError: [red]no \\x1b[2J more):")
    assert traceback[-1] == "RuntimeError: [red]no \\x1b[2J more"


def test_a_model_whose_code_never_returns_is_trained_no_longer_than_until_a_signal(
    tmp_path: Path,
) -> None:
    (tmp_path / "model.py").write_text(
        "from pathlib import Path\n"
        "parameters, calls = [1.0], []\n"
        "def gradients(parameters):\n    return [1.0]\n"
        "def cost(parameters):\n"
        "    calls.append(1)\n"
        "    while len(calls) > 1000:\n        Path('busy').touch()\n"
        "    return parameters[0]\n"
    )
    with subprocess.Popen([*COMMAND, "train", "model.py"], cwd=tmp_path) as process:
        try:
            while process.poll() is None and not (tmp_path / "busy").exists():
                sleep(0.02)
            process.terminate()
            assert process.wait(10) == 143
        finally:
            process.kill()
