import re
from dataclasses import replace
from typing import Any

import pytest
from pane_app import drive, screen_rows, shown
from snapshots import make_snapshot

from bptui.core.faults import FAULTS
from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.lines import Line, line_width, plain
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.panes.status import StatusPane, status_lines

ADVICE = (
    "J stopped being a finite number at epoch 40; Θ is the last good one, of epoch 39: "
    "a smaller learning rate than 1e+04 may help; r or R starts again"
)


def one_line(snapshot: Snapshot, width: int, symbols: Symbols, *, right: bool = False) -> Line:
    (line,) = status_lines(snapshot, width, symbols, right=right)
    return line


def test_a_wide_line_says_everything() -> None:
    text = plain(one_line(make_snapshot(cost=0.003123), 120, UNICODE))
    assert text.startswith("xor · 2-2-2-1 · sigmoid · mse · seed 7    running  epoch 6,412")
    assert text.endswith("J 0.00312   1,000/s")


@pytest.mark.parametrize("width", range(10, 120, 7))
def test_parts_are_dropped_whole(width: int) -> None:
    words = set(plain(one_line(make_snapshot(), 200, UNICODE)).split())
    line = one_line(make_snapshot(), width, UNICODE)
    assert line_width(line) <= width
    assert set(plain(line).split()) <= words
    assert "running" in plain(line)


def test_a_message_is_more_important_than_the_description() -> None:
    snapshot = make_snapshot(message="J is not a number since epoch 6,411", state="diverged")
    text = plain(one_line(snapshot, 80, UNICODE))
    assert "diverged" in text and snapshot.message in text
    assert "sigmoid" not in text


@pytest.mark.parametrize(("width", "rows"), [(58, 4), (78, 3), (160, 2)])
def test_a_message_without_room_has_lines_of_its_own(width: int, rows: int) -> None:
    snapshot = make_snapshot(message=ADVICE, state="diverged", epoch=39)
    lines = status_lines(snapshot, width, UNICODE)
    assert len(lines) == rows and all(line_width(line) <= width for line in lines)
    assert "diverged  epoch 39" in plain(lines[0])
    assert " ".join(map(plain, lines[1:])) == ADVICE


def test_only_a_message_beyond_all_measure_is_cut() -> None:
    snapshot = make_snapshot(message="what to do " * 40)
    lines = status_lines(snapshot, 58, UNICODE)
    assert len(lines) == 4 and plain(lines[-1]).endswith("…")
    assert all(line_width(line) <= 58 for line in lines)


def test_the_pane_grows_with_a_message_and_shrinks_again() -> None:
    pane = StatusPane()

    async def steps(app: Any, pilot: Any) -> None:
        for message, height in ((ADVICE, 3), ("", 1)):
            pane.show(make_snapshot(message=message))
            await pilot.pause()
            assert pane.size.height == height
            assert ("starts again" in "".join(screen_rows(app))) == bool(message)

    drive(pane, steps, size=(80, 24))


@pytest.mark.parametrize("width", range(40, 130))
def test_the_same_parts_are_shown_whatever_the_numbers(width: int) -> None:
    shapes = set()
    for cost, measured in ((0.25, 200.0), (1.234e-5, 199.4), (0.0, 201.0), (0.00312, 170.0)):
        snapshot = make_snapshot(cost=cost, epochs_per_second=measured, speed=200.0)
        text = plain(one_line(snapshot, width, UNICODE, right=True))
        shapes.add(re.sub(r"[0-9.,e-]+", "0", text.replace(" ", "")))
    assert len(shapes) == 1


@pytest.mark.parametrize(
    ("asked", "measured", "said"),
    [
        (500.0, 203.0, "203/s of 500"),
        (500.0, 498.0, "498/s"),
        (None, 12_345.0, "12,300/s max"),
        (0.2, 0.2, "pace 0.2/s"),
        (0.1, 0.0, "pace 0.1/s"),
        (2.0, 3.0, "pace 2/s"),
        (5.0, 0.3, "0.3/s of 5"),
        (0.1, 2.0, "2/s of 0.1"),
        (1000.0, 200.0, "200/s of 1,000"),
    ],
)
def test_the_pace_that_is_asked_for_is_said_where_it_differs(
    asked: float | None, measured: float, said: str
) -> None:
    snapshot = make_snapshot(speed=asked, epochs_per_second=measured)
    assert plain(one_line(snapshot, 120, UNICODE)).endswith(f"  {said}")
    pace = "pace max" if asked is None else "pace "
    paused = replace(snapshot, state="paused", epochs_per_second=0.0)
    assert pace in plain(one_line(paused, 120, UNICODE))


def test_before_the_first_epoch_no_rate_is_measured() -> None:
    snapshot = make_snapshot(epoch=0, speed=300.0, epochs_per_second=0.0)
    assert plain(one_line(snapshot, 120, UNICODE)).endswith("  pace 300/s")
    assert "0/s of 300" in plain(one_line(replace(snapshot, epoch=1), 120, UNICODE))


def test_how_many_are_right_is_said_where_there_is_no_pane_for_it() -> None:
    narrow = shown(StatusPane(), make_snapshot(), (80, 3))[0]
    assert narrow.rstrip().endswith("/4 right")
    assert "right" not in plain(one_line(make_snapshot(), 78, UNICODE))


@pytest.mark.parametrize("width", [38, 48, 58, 78])
def test_the_cost_and_the_fault_stay_where_there_is_little_room(width: int) -> None:
    snapshot = make_snapshot(fault="sign-of-one-layer", epoch=17_311, cost=0.0123)
    text = plain(one_line(snapshot, width, UNICODE))
    assert "running" in text and "J 0.0123" in text
    assert ("fault: sign" in text) == (width > 38)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_fault_leaves_room_for_seed_and_pace_on_80_columns(fault: str, state: str) -> None:
    snapshot = make_snapshot(fault=fault, epoch=17_311, cost=0.0123, state=state, speed=500.0)
    snapshot = replace(snapshot, epochs_per_second=203.0 if state == "running" else 0.0)
    text = plain(one_line(snapshot, 78, UNICODE, right=True))
    assert "xor · seed 7  " in text and "J 0.0123" in text
    assert text.endswith("203/s of 500" if state == "running" else "pace 500/s")
    name = text.partition("fault: ")[2].partition("  ")[0]
    assert fault == name or (len(name) >= 6 and fault.startswith(name.removesuffix("…")))


def test_a_fault_is_named_whole_before_what_the_panes_say_too() -> None:
    snapshot = make_snapshot(fault="sign-of-one-layer", speed=200.0, epochs_per_second=200.0)
    text = plain(one_line(snapshot, 84, UNICODE, right=True))
    assert "fault: sign-of-one-layer" in text and "seed 7" in text and "2-2-2-1" not in text


def test_control_characters_and_markup_are_shown_as_text() -> None:
    snapshot = make_snapshot()
    named = replace(snapshot, description=replace(snapshot.description, data="[b]a\x1b[2J\n.csv"))
    row = shown(StatusPane(), named, (100, 3))[0]
    assert r"[b]a\x1b[2J\n.csv" in row


def test_ascii_has_no_dots_in_the_middle() -> None:
    text = plain(one_line(make_snapshot(), 120, ASCII))
    assert text.isascii() and "xor - 2-2-2-1 - sigmoid" in text


@pytest.mark.parametrize("state", ["running", "paused", "finished", "diverged"])
def test_the_state_is_one_word(state: str) -> None:
    assert state in shown(StatusPane(), make_snapshot(state=state), (80, 3))[0]
