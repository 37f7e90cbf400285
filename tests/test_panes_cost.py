from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pane_app import drive, screen_rows, shown
from snapshots import falling_costs, make_curve, make_snapshot

from bptui.core.snapshot import Snapshot
from bptui.tui.panes import cost
from bptui.tui.panes.cost import CostPane


def test_the_frame_has_the_kind_of_axis_and_leaves_the_cost_to_the_status_line() -> None:
    rows = shown(CostPane(), make_snapshot(cost=0.01874), (40, 12))
    assert rows[0].startswith("╭─ Cost ─")
    assert rows[-1].endswith("─ linear axis ─╯")


def test_the_validation_cost_is_in_the_title() -> None:
    rows = shown(CostPane(), make_snapshot(cost=0.02, validation_cost=0.031), (60, 12))
    assert "Cost  validation 0.0310" in rows[0]


@pytest.mark.parametrize(
    ("snapshot", "title"),
    [
        (make_snapshot(validation_cost=0.031, validation_score=0.97778), "0.0310  97.7 % right ─"),
        (
            make_snapshot(
                (1, 3, 1),
                X=np.array([[0.0], [1.0]]),
                y=np.array([[0.25], [4.0]]),
                network={"output": "linear"},
                names={"class_names": ()},
                boundary=False,
                validation_cost=0.031,
                validation_score=0.97778,
            ),
            "0.0310  R² 0.978 ─",
        ),
        (make_snapshot(validation_cost=0.031, validation_score=float("nan")), "0.0310 ─"),
    ],
)
def test_how_good_the_outputs_are_in_validation_is_in_the_title(
    snapshot: Snapshot, title: str
) -> None:
    assert f"Cost  validation {title}" in shown(CostPane(), snapshot, (60, 12))[0]
    assert "─ Cost  validation 0.0310 ─" in shown(CostPane(), snapshot, (32, 12))[0]


def test_before_the_first_epoch_it_says_what_it_waits_for() -> None:
    snapshot = make_snapshot(curve=make_curve([]), epoch=0)
    assert "waiting for the first epoch" in shown(CostPane(), snapshot, (40, 12))[1]

    pane = CostPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(snapshot)
        pane.show(replace(snapshot, state="paused"))
        await pilot.pause()
        assert "paused at epoch 0; space goes on" in screen_rows(app)[1]

    drive(pane, steps)


def test_the_log_axis_is_toggled() -> None:
    pane = CostPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(make_snapshot())
        pane.log_axis = True
        await pilot.pause()
        text = "\n".join(screen_rows(app))
        assert "log axis" in text and "0.01┤" in text

    drive(pane, steps, size=(60, 16))


def test_the_plot_is_drawn_again_only_when_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    pane, drawn = CostPane(), []
    real = cost.cost_lines
    monkeypatch.setattr(cost, "cost_lines", lambda *a, **k: drawn.append(a) or real(*a, **k))

    async def steps(app: Any, pilot: Any) -> None:
        snapshot = make_snapshot()
        pane.show(snapshot)
        first = len(drawn)
        pane.show(replace(snapshot, cost=0.1))
        assert len(drawn) == first
        pane.show(replace(snapshot, curve=make_curve(falling_costs(500))))
        assert len(drawn) == first + 1
        await pilot.pause()

    drive(pane, steps)


def test_a_plot_never_brings_scroll_bars() -> None:
    pane = CostPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(make_snapshot())
        for size in ((90, 30), (30, 8), (50, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert not pane.show_vertical_scrollbar and not pane.show_horizontal_scrollbar

    drive(pane, steps)


def test_why_there_is_no_curve_is_never_cut() -> None:
    snapshot = make_snapshot(curve=make_curve(()), epoch=0, state="paused")
    rows = shown(CostPane(), snapshot, (32, 10))
    assert " ".join(row.strip("│ ") for row in rows[1:3]) == "paused at epoch 0; space goes on"
