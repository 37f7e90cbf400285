"""Where a training is saved: never over another run, and by one process at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.runs.files import CHECKPOINT, KEPT
from bptui.core.runs.folder import RunFolder
from bptui.core.runs.state_directory import MOST_RUNS, latest_run, runs_directory
from bptui.core.training import build_trainer


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(folder: Path) -> Path:
    return build_trainer(Configuration()).save(folder)


def taken(name: str = "xor") -> RunFolder:
    """Return a folder in the state directory that holds a run."""
    folder = RunFolder(name=name)
    save(folder.take())
    return folder


def test_without_a_name_it_is_a_new_one_in_the_state_directory(state_directory: Path) -> None:
    for name in ("xor-1", "xor-2"):
        folder = RunFolder(name="xor")
        assert not runs_directory().exists() or latest_run() is not None
        assert folder.take() == state_directory / "bptui" / "runs" / name
        save(folder.take())
        folder.start_again()
        assert folder.take().name == name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("my data", "my-data-1"),
        ("\x1b[2J/..", "2J-1"),
        ("..", "run-1"),
        ("x" * 99, "x" * 40 + "-1"),
    ],
)
def test_its_name_is_plain_whatever_the_data_is_called(name: str, plain: str) -> None:
    assert RunFolder(name=name).take().name == plain


@pytest.mark.skipif(sys.platform == "win32", reason="an XDG variable")
def test_a_relative_state_directory_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert runs_directory() == tmp_path / ".local" / "state" / "bptui" / "runs"


def test_the_last_run_is_the_one_saved_last() -> None:
    assert latest_run() is None
    folders = [taken().take() for _ in range(3)]
    for age, folder in enumerate((folders[1], folders[0], folders[2])):
        os.utime(folder / CHECKPOINT, (1e9 - age, 1e9 - age))
    assert latest_run() == folders[1]


def test_the_oldest_are_removed_but_for_those_that_are_kept_or_in_use() -> None:
    folders = [taken() for _ in range(MOST_RUNS + 1)]
    paths = [folder.take() for folder in folders]
    for age, path in enumerate(paths):
        os.utime(path / CHECKPOINT, (1e9 + age, 1e9 + age))
    (paths[0] / "notes.txt").write_text("mine")
    folders[2].keep()
    for folder in (folders[0], *folders[2:]):
        folder.close()
    RunFolder(name="xor").take()
    # The second is in use, the third is kept.
    assert [path.exists() for path in paths] == [True] * (MOST_RUNS + 1)
    assert [path.name for path in paths[0].iterdir()] == ["notes.txt"]
    assert all((path / CHECKPOINT).exists() for path in paths[1:])


def test_one_that_nobody_asked_for_can_be_discarded() -> None:
    folder = taken()
    path = folder.take()
    assert folder.discard()
    assert not path.exists()
    kept = taken()
    kept.keep()
    assert not kept.discard()
    assert (kept.take() / KEPT).exists()
    named = RunFolder(Path("mine"))
    save(named.take())
    assert not named.discard()
    assert Path("mine", CHECKPOINT).exists()


def test_a_named_one_is_kept() -> None:
    folder = RunFolder(Path("mine"))
    save(folder.take())
    folder.start_again()
    assert folder.take() == folder.given == Path("mine")


def test_one_that_holds_a_run_is_refused() -> None:
    save(Path("mine"))
    with pytest.raises(InputError, match="mine: holds a run at epoch 0 of xor"):
        RunFolder(Path("mine")).take()


@pytest.mark.parametrize("named", [None, Path("mine")])
def test_a_resumed_one_is_kept_until_it_starts_again(named: Path | None) -> None:
    save(Path("mine"))
    folder = RunFolder(named, resumed=Path("mine"))
    assert folder.take() == Path("mine")
    for _ in range(2):
        folder.start_again()
        assert folder.take() == Path("mine-2")
        save(folder.take())


def test_one_that_is_resumed_elsewhere_may_start_again() -> None:
    save(Path("old"))
    folder = RunFolder(Path("new"), resumed=Path("old"))
    folder.start_again()
    assert folder.take() == Path("new")


def test_two_cannot_have_the_same_one() -> None:
    folder = RunFolder(Path("mine"))
    folder.take()
    for refused in (RunFolder(Path("mine")).take, RunFolder(Path("mine")).check):
        with pytest.raises(InputError) as caught:
            refused()
        assert str(caught.value) == (
            f"mine: process {os.getpid()} is training there right now; bptui watch mine shows it, "
            "or name another folder"
        )
    folder.close()
    RunFolder(Path("mine")).check()
    RunFolder(Path("mine")).take()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_a_lock_ends_with_its_process() -> None:
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from bptui.core.runs.lock import RunLock\n"
        "Path('mine').mkdir()\nlock = RunLock(Path('mine'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert Path("mine", ".lock").read_text()
    RunFolder(Path("mine")).take()


def test_what_a_killed_process_was_writing_is_cleared_away() -> None:
    save(Path("mine"))
    for name in (f".{CHECKPOINT}.123", f".{CHECKPOINT}.mine"):
        Path("mine", name).write_bytes(b"half")
    RunFolder(resumed=Path("mine")).take()
    assert sorted(path.name for path in Path("mine").glob(".checkpoint*")) == [
        f".{CHECKPOINT}.mine"
    ]
