"""The log of a run: rows in order, none torn, and none twice after a resumption."""

import os
from pathlib import Path

import pytest

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.runs.files import CHECKPOINT, LOG
from bptui.core.runs.folder import RunFolder
from bptui.core.runs.log import COLUMNS, Row, RunLog
from bptui.core.training import build_trainer, resume_trainer
from bptui.core.training.keeper import RunKeeper


def row(epoch: int, seed: int = 0, seconds: float = 1.0) -> Row:
    return Row(epoch, 0.1 * epoch, None, 0.5, seed, seconds)


def rows(folder: Path) -> list[list[str]]:
    lines = (folder / LOG).read_text().splitlines()
    assert tuple(lines[0].split(",")) == COLUMNS
    return [line.split(",") for line in lines[1:]]


def epochs(folder: Path) -> list[int]:
    return [int(cells[0]) for cells in rows(folder)]


def opened(folder: Path, epoch: int = 0, seed: int = 0) -> RunLog:
    log = RunLog()
    log.open(folder, epoch, seed)
    return log


def test_numbers_have_all_their_digits(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add(Row(3, 1 / 3, 2 / 3, 0.1, 7, 1.23456))
    log.add(Row(4, float("nan"), None, 1e-300, 7, 2.0))
    assert rows(tmp_path) == [
        ["3", repr(1 / 3), repr(2 / 3), "0.1", "7", "1.235"],
        ["4", "nan", "", "1e-300", "7", "2.000"],
    ]


def test_rows_wait_until_there_is_a_file(tmp_path: Path) -> None:
    log = RunLog()
    log.add(row(0))
    log.add(row(5))
    log.open(tmp_path, 5, 0)
    log.flush()
    log.add(row(9))
    assert epochs(tmp_path) == [0, 5, 9]


@pytest.mark.parametrize("torn", ["", "21,0.3", "17,0.1,,0.5,0,7.", "\x00\x00,,,,\n", "x" * 3000])
def test_rows_beyond_the_checkpoint_are_cut_off_and_come_again(torn: str, tmp_path: Path) -> None:
    log = opened(tmp_path)
    for epoch in (0, 10, 20, 30):
        log.add(row(epoch, seconds=epoch / 10))
    log.close()
    with (tmp_path / LOG).open("a") as file:
        file.write(torn)
    again = opened(tmp_path, epoch=25)
    assert again.seconds == 2.0
    for epoch in (30, 40):
        again.add(row(epoch))
    assert epochs(tmp_path) == [0, 10, 20, 30, 40]


def test_another_training_in_the_same_folder_stands_before_it(tmp_path: Path) -> None:
    log = opened(tmp_path)
    for epoch, seed in ((0, 0), (50, 0), (0, 1), (10, 1), (20, 1)):
        log.add(row(epoch, seed))
    log.close()
    opened(tmp_path, epoch=10, seed=1).close()
    assert epochs(tmp_path) == [0, 50, 0, 10]


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("mine\n")
    with pytest.raises(InputError, match=r"log\.csv: this is no log of bptui"):
        opened(tmp_path)
    assert (tmp_path / LOG).read_text() == "mine\n"


def test_a_row_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opened(tmp_path)
    log.add(row(1))
    write, left = os.write, 10

    def full(number: int, content: bytes) -> int:
        nonlocal left
        if not left:
            raise OSError(28, "No space left on device")
        taken = write(number, content[:left])
        left -= taken
        return taken

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        for epoch in (2, 3):
            with pytest.raises(OSError, match="No space"):
                log.add(row(epoch))
        assert epochs(tmp_path) == [1]
    log.add(row(4))
    assert epochs(tmp_path) == [1, 2, 3, 4]


def kept(folder: Path, *, resume: bool = False, limit: int = 40) -> RunKeeper:
    where = RunFolder(folder, resumed=folder if resume else None)
    if resume:
        where.take()
        trainer = resume_trainer(folder, epochs=limit)
    else:
        trainer = build_trainer(Configuration(epochs=limit))
    keeper = RunKeeper(trainer, where, every=1e9)
    keeper.begin()
    while trainer.state == "running":
        trainer.advance(0.0, 1)
        keeper.look(ended=True)
    keeper.save()
    return keeper


def test_a_resumed_training_goes_on_in_its_log(tmp_path: Path) -> None:
    kept(tmp_path).close()
    assert epochs(tmp_path) == list(range(41))
    kept(tmp_path, resume=True, limit=60).close()
    assert epochs(tmp_path) == list(range(61))
    seconds = [float(cells[5]) for cells in rows(tmp_path)]
    assert seconds == sorted(seconds)


def test_a_system_without_locks_keeps_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.core.runs.lock.fcntl", None)
    monkeypatch.delattr(os, "O_CLOEXEC", raising=False)
    kept(tmp_path).close()
    kept(tmp_path, resume=True, limit=60).close()
    assert epochs(tmp_path) == list(range(61))


def test_a_training_that_starts_again_goes_back_to_0_in_its_log(tmp_path: Path) -> None:
    keeper = kept(tmp_path)
    trainer = keeper._trainer
    trainer.reinitialize(1)
    keeper.start_again()
    trainer.advance(0.0, 1)
    keeper.look(ended=True)
    keeper.close()
    assert [(int(cells[0]), int(cells[4])) for cells in rows(tmp_path)][-2:] == [(40, 0), (1, 1)]


def test_the_epoch_that_is_saved_has_its_row_once(tmp_path: Path) -> None:
    trainer = build_trainer(Configuration(epochs=40))
    keeper = RunKeeper(trainer, RunFolder(tmp_path), every=1e9)
    keeper.begin()
    trainer.advance(float("inf"))
    keeper.save()
    keeper.close()
    assert epochs(tmp_path) == [0, 40]
    kept(tmp_path, resume=True).close()
    assert epochs(tmp_path) == [0, 40]


def test_what_is_the_same_is_not_saved_again(tmp_path: Path) -> None:
    keeper = kept(tmp_path)
    before = (tmp_path / CHECKPOINT).stat()
    keeper.save()
    assert (tmp_path / CHECKPOINT).stat().st_ino == before.st_ino
    keeper._trainer.learning_rate = 0.25
    keeper.save()
    assert resume_trainer(tmp_path).learning_rate == 0.25


def test_nothing_is_written_for_a_short_look(state_directory: Path) -> None:
    trainer = build_trainer(Configuration())
    keeper = RunKeeper(trainer, RunFolder(), every=1e9)
    keeper.begin()
    for _ in range(20):
        trainer.advance(0.0, 1)
        keeper.look()
    assert list(state_directory.iterdir()) == []
    folder = keeper.save()
    assert resume_trainer(folder).epoch == 20
    assert epochs(folder)[0] == 0
