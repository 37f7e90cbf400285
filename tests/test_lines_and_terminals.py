"""Slow lines, and terminals that can do less, in a real pseudo-terminal."""

import csv
import random
import re
from pathlib import Path
from time import sleep

import pytest
from terminal import Terminal, environment
from test_dashboard_in_terminal import epoch, in_status, is_whole, trained

from bptui.tui.drawing.symbols import BOXES

NOT_COLOURS = {0, 1, 2, 3, 4, 7, 9}
SIXTEEN = {*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108), 39, 49}


@pytest.mark.parametrize(
    "line", [{"bytes_per_second": 3000.0}, {"delay": 0.3}], ids=["3 kB/s", "300 ms"]
)
def test_a_slow_line_shows_the_present_and_answers_keys(line, tmp_path: Path) -> None:
    words = ("--speed", "200", "--run", "there")
    with Terminal(*words, cwd=tmp_path, answers=True, **line) as terminal:
        terminal.wait_for(trained(1), 60)
        sleep(0.5)
        shown = epoch(terminal)
        terminal.send(" ")
        terminal.wait_for(in_status("paused"))
        terminal.settle(quiet=0.7)
        at_pause = epoch(terminal)
        # Epochs are trained at 200 a second; a line of seconds of pictures would show.
        assert at_pause - shown < 200 * 5
        terminal.send("q")
        assert terminal.wait() == 0
        assert b";1R" not in terminal.raw.rpartition(b"\x1b[?1049l")[2]
    with (tmp_path / "there" / "log.csv").open() as file:
        assert int(list(csv.DictReader(file))[-1]["epoch"]) >= shown


@pytest.mark.parametrize(
    ("terminal", "most"),
    [
        ({"repeats": True}, 7_800),
        ({"repeats": "ASCII"}, 11_000),
        ({"answers": False}, 11_000),
    ],
    ids=["repeats", "repeats ASCII", "does not answer"],
)
def test_a_slow_line_is_not_filled_with_pictures_that_nobody_sees(
    terminal, most: int, tmp_path: Path
) -> None:
    size = {"columns": 120, "rows": 40, "bytes_per_second": 5000.0}
    remote = environment(SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")
    with Terminal(cwd=tmp_path, env=remote, **size, **terminal) as slow:
        slow.wait_for(in_status("epoch"), 60)
        # Nothing empty was painted before, and the status line came first.
        assert len(slow.raw) < 700
        first = epoch(slow)
        slow.wait_for(lambda here: is_whole(here) and "right" in here.row(1), 60)
        assert len(slow.raw) < most
        asked_to_repeat = len(re.findall(rb"\x1b\[\d+b", slow.raw))
        assert asked_to_repeat > 20 if terminal.get("repeats") is True else asked_to_repeat == 1
        slow.wait_for(lambda here: epoch(here) > first)
        slow.send("q")
        assert slow.wait() == 0


@pytest.mark.parametrize("term", ["xterm", "xterm-256color", "linux", "vt100"])
def test_a_terminal_gets_the_colours_and_characters_it_has(term: str, tmp_path: Path) -> None:
    with Terminal(env=environment(TERM=term), cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        raw = bytes(terminal.raw)
    codes = set(re.findall(rb"\x1b\[([0-9;]*)m", raw))
    assert not any(re.search(rb"[34]8;2;", code) for code in codes)
    if "256" not in term:
        numbers = {int(number) for code in codes for number in code.split(b";") if number}
        assert numbers <= NOT_COLOURS | SIXTEEN
    if term == "linux":  # which cannot be asked for its font here
        assert {each for each in raw.decode() if not each.isascii()} <= BOXES.besides
        assert "┌─" in raw.decode()
    else:
        assert not raw.isascii()
    assert (b"\x1b[K" in raw) == (term != "vt100")


def test_a_light_terminal_gets_a_light_theme_if_it_has_the_colours(tmp_path: Path) -> None:
    with Terminal(env=environment(COLORFGBG="0;15", TERM="xterm"), cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        assert "black" in terminal.backgrounds()
    with Terminal(env=environment(COLORFGBG="0;15"), cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        assert all(int(colour[:2], 16) > 0x90 for colour in terminal.backgrounds())


def test_a_theme_can_be_named_and_no_color_beats_it(tmp_path: Path) -> None:
    words = ("--theme", "textual-light", "--epochs", "3", "--speed", "10")
    with Terminal(*words, env=environment(), cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        assert all(int(colour[:2], 16) > 0x90 for colour in terminal.backgrounds())
    with Terminal(*words, env=environment(NO_COLOR="1"), cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        assert terminal.backgrounds() == {"default"}


def test_a_storm_of_sizes_leaves_a_whole_screen(tmp_path: Path) -> None:
    choose = random.Random(0)
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(1))
        for _ in range(60):
            terminal.resize(choose.randint(20, 300), choose.randint(5, 100))
            sleep(choose.choice([0.0, 0.01, 0.03]))
        terminal.resize(120, 40)
        terminal.wait_for(is_whole)
        assert terminal.process.poll() is None
