from dataclasses import replace

import pytest
from pane_app import shown
from snapshots import make_snapshot

from bptui.tui.drawing.lines import line_width, plain
from bptui.tui.drawing.symbols import ASCII, UNICODE
from bptui.tui.panes.status import StatusPane, status_line


def test_a_wide_line_says_everything() -> None:
    text = plain(status_line(make_snapshot(cost=0.003123), 120, UNICODE))
    assert text.startswith("xor · 2-2-2-1 · sigmoid · mse · seed 7    running  epoch 6,412")
    assert text.endswith("J 0.00312  1,000/s")


@pytest.mark.parametrize("width", range(10, 120, 7))
def test_parts_are_dropped_whole(width: int) -> None:
    words = set(plain(status_line(make_snapshot(), 200, UNICODE)).split())
    line = status_line(make_snapshot(), width, UNICODE)
    assert line_width(line) <= width
    assert set(plain(line).split()) <= words
    assert "running" in plain(line)


def test_a_message_is_more_important_than_the_description() -> None:
    snapshot = make_snapshot(message="J is not a number since epoch 6,411", state="diverged")
    text = plain(status_line(snapshot, 80, UNICODE))
    assert "diverged" in text and snapshot.message in text
    assert "sigmoid" not in text


def test_a_message_too_long_ends_after_a_word() -> None:
    snapshot = make_snapshot(message="the learning rate is much too large for this network")
    text = plain(status_line(snapshot, 58, UNICODE))
    assert text.endswith("the learning rate is much…")


def test_control_characters_and_markup_are_shown_as_text() -> None:
    snapshot = make_snapshot()
    named = replace(snapshot, description=replace(snapshot.description, data="[b]a\x1b[2J\n.csv"))
    row = shown(StatusPane(), named, (100, 3))[0]
    assert r"[b]a\x1b[2J\n.csv" in row


def test_ascii_has_no_dots_in_the_middle() -> None:
    text = plain(status_line(make_snapshot(), 120, ASCII))
    assert text.isascii() and "xor - 2-2-2-1 - sigmoid" in text


@pytest.mark.parametrize("state", ["running", "paused", "finished", "diverged"])
def test_the_state_is_one_word(state: str) -> None:
    assert state in shown(StatusPane(), make_snapshot(state=state), (80, 3))[0]
