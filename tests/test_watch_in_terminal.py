"""`bptui watch` in a real pseudo-terminal, while another process trains."""

import re
import signal
import subprocess
from pathlib import Path

import pytest
from command import run
from terminal import COMMAND, Terminal
from watching import keep, train, write_costs

from bptui.core.runs.folder import RunFolder
from bptui.core.training import resume_trainer


def epoch(terminal: Terminal) -> int:
    found = re.search(r"epoch ([\d,]+)", terminal.row(0))
    return int(found[1].replace(",", "")) if found else -1


def test_a_live_run_is_seen_to_grow_and_to_finish(tmp_path: Path) -> None:
    words = ("train", "--run", "live", "--epochs", "1000000000", "--checkpoint-every", "0.2")
    trainer = subprocess.Popen([*COMMAND, *words], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        folder = tmp_path / "live"
        while not (folder / "log.csv").exists():
            assert trainer.poll() is None
        with Terminal("watch", "live", cwd=tmp_path) as terminal:
            terminal.wait_for(lambda here: "running" in here.row(0) and epoch(here) > 0)
            seen = epoch(terminal)
            terminal.wait_for(lambda here: epoch(here) > seen)
            terminal.wait_for("checkpoint of epoch")
            terminal.wait_for("PASS")
            trainer.send_signal(signal.SIGINT)
            trainer.wait(30)
            end = finish(folder)
            terminal.wait_for(lambda here: "finished" in here.row(0))
            terminal.wait_for(f"checkpoint of epoch {end:,}")
            assert epoch(terminal) == end
            terminal.send("q")
            assert terminal.wait() == 0
            first, last = terminal.scrollback()
            assert first.startswith(f"live: finished at epoch {end:,}, J ")
            assert last == "watch again: bptui watch live"
            assert not terminal.modes_left_on()
    finally:
        trainer.kill()
        trainer.wait()


def finish(folder: Path) -> int:
    """Train ten epochs more, and return the last one."""
    trainer = resume_trainer(folder)
    trainer.epoch_limit = trainer.epoch + 10
    keep(trainer, RunFolder(folder, resumed=folder))
    return trainer.epoch


def test_two_are_laid_over_each_other(tmp_path: Path) -> None:
    train(tmp_path / "run", epochs=300)
    write_costs(tmp_path / "other.csv")
    with Terminal("watch", "run", "other.csv", columns=120, rows=40, cwd=tmp_path) as terminal:
        terminal.wait_for("▸1 run ")
        terminal.wait_for(" 2 other.csv  J 0.0200")
        terminal.wait_for("PASS")
        terminal.send("n")
        terminal.wait_for("▸2 other.csv")
        terminal.send("q")
        assert terminal.wait() == 0
        assert len(terminal.scrollback()) == 3


@pytest.mark.parametrize(
    ("words", "telling"),
    [
        ((), "watch: name what to watch, bptui watch RUN: a run folder, or a CSV file with the"),
        (("nothing.csv",), "watch needs a terminal"),
        (("--seed", "3", "x"), "--seed: an option of bptui run, train, "),
    ],
)
def test_without_a_terminal_it_is_one_sentence(tmp_path, words, telling):
    ended = run("watch", *words, cwd=tmp_path)
    assert ended.returncode == 2 and ended.stdout == ""
    assert ended.stderr.startswith(f"bptui: {telling}") and ended.stderr.count("\n") == 1


def test_what_is_not_there_is_one_sentence_too(tmp_path: Path) -> None:
    with Terminal("watch", "nothing.csv", cwd=tmp_path) as terminal:
        assert terminal.wait() == 2
        assert terminal.scrollback() == ["bptui: nothing.csv: no such file"]
