"""Where the dashboard saves: never over another run."""

from pathlib import Path

import pytest

from bptui.core.configuration import Configuration
from bptui.core.training import build_trainer
from bptui.tui.run_folder import RunFolder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(folder: Path) -> None:
    build_trainer(Configuration()).save(folder)


def test_without_a_name_it_is_the_first_free_one_once_a_session() -> None:
    for name in ("bptui-run", "bptui-run-2", "bptui-run-3"):
        folder = RunFolder()
        for _ in range(2):
            assert folder.path == Path(name)
            save(folder.path)
        folder.start_again()
        assert folder.path == Path(name)


def test_a_named_one_is_kept() -> None:
    folder = RunFolder(Path("mine"))
    save(folder.path)
    folder.start_again()
    assert folder.path == folder.given == Path("mine")


@pytest.mark.parametrize("named", [None, Path("mine")])
def test_a_resumed_one_is_kept_until_it_starts_again(named: Path | None) -> None:
    save(Path("mine"))
    folder = RunFolder(named, resumed=Path("mine"))
    assert folder.path == Path("mine")
    for _ in range(2):
        folder.start_again()
        assert folder.path == Path("mine-2")
        save(folder.path)


def test_one_that_is_resumed_elsewhere_may_start_again() -> None:
    save(Path("old"))
    folder = RunFolder(Path("new"), resumed=Path("old"))
    folder.start_again()
    assert folder.path == Path("new")
