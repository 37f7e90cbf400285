import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pane_app import drive, screen_rows, shown
from snapshots import make_snapshot, of_arrays, wrong_report

from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.heat_map import heat_line, heat_map, heat_scale
from bptui.tui.drawing.lines import plain
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.panes.theta import ThetaPane


def wide_snapshot(inputs: int = 64) -> Snapshot:
    X = np.random.default_rng(0).random((6, inputs))
    y = np.eye(10)[:6]
    network = {"output": "softmax", "cost": "cross-entropy"}
    return make_snapshot((inputs, 32, 10), X=X, y=y, network=network)


def styles(pane: ThetaPane) -> list[tuple[str, str]]:
    return [span for line in pane._shown.values() for span in line]


def test_every_matrix_is_shown_with_its_bias_set_apart() -> None:
    snapshot = make_snapshot()
    text = "\n".join(shown(ThetaPane(), snapshot, (50, 14)))
    assert "Θ  η 2" in text
    for heading in ("Θ¹ 2×3", "Θ² 2×3", "Θ³ 1×3"):
        assert heading in text
    first = snapshot.thetas[0][0]
    assert f"a₁  {first[0]:+.3f} │  {first[1]:+.3f}  {first[2]:+.3f}" in text
    assert f"ŷ  {snapshot.thetas[2][0][0]:+.3f} │" in text
    assert "x₁" in text and "x₂" in text


def test_feature_names_are_data() -> None:
    names = {"feature_names": ("[b]w\x1b", "petal length in cm")}
    text = "\n".join(shown(ThetaPane(), make_snapshot(names=names), (60, 14)))
    assert r"[b]w\x1b"[:7] in text
    assert "petal l…" in text


def test_classes_name_the_rows_of_the_last_layer() -> None:
    X, y = np.eye(2)[[0, 1, 0]], np.eye(3)
    network = {"output": "softmax", "cost": "cross-entropy"}
    names = {"target_names": ("setosa", "versicolor", "virginica")}
    snapshot = make_snapshot((2, 3), X=X, y=y, network=network, names=names)
    text = "\n".join(shown(ThetaPane(), snapshot, (60, 14)))
    assert "setosa" in text and "versicolor" in text


def test_cells_that_change_are_told_from_cells_at_rest() -> None:
    pane = ThetaPane()
    snapshot = make_snapshot()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(snapshot)
        assert not any(style == "changing" for _, style in styles(pane))
        thetas = [theta.copy() for theta in snapshot.thetas]
        thetas[1][1, 2] += 0.5
        thetas[0][0, 0] += 1e-9
        moved = replace(snapshot, thetas=tuple(thetas), epoch=snapshot.epoch + 1)
        pane.show(moved)
        changing = [text for text, style in styles(pane) if style == "changing"]
        assert [text.strip() for text in changing] == [f"{thetas[1][1, 2]:+.3f}"]
        pane.show(replace(moved, state="paused"))
        assert not any(style == "changing" for _, style in styles(pane))
        await pilot.pause()

    drive(pane, steps)


def test_a_step_while_paused_marks_what_it_changed() -> None:
    pane = ThetaPane()
    snapshot = make_snapshot(state="paused")

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(snapshot)
        thetas = tuple(theta + 0.1 for theta in snapshot.thetas)
        stepped = replace(snapshot, thetas=thetas, epoch=snapshot.epoch + 1)
        pane.show(stepped)
        pane.show(stepped)
        assert any(style == "changing" for _, style in styles(pane))
        await pilot.pause()

    drive(pane, steps)


def test_a_wide_matrix_is_a_heat_map_and_a_small_one_is_numbers() -> None:
    snapshot = wide_snapshot()
    text = "\n".join(shown(ThetaPane(), snapshot, (60, 40)))
    assert "Θ¹ 32×65" in text and "█" in text and "largest of" in text
    assert f"{snapshot.thetas[1][0][0]:+.3f} │" in text


def test_without_colour_a_heat_map_is_characters() -> None:
    text = "\n".join(shown(ThetaPane(), wide_snapshot(), (60, 40), ASCII))
    assert "Theta1 32x65" in text and text.isascii()
    text = "\n".join(shown(ThetaPane(), wide_snapshot(), (60, 40), theme="ansi-dark"))
    assert "█" not in text


def test_a_heat_map_keeps_the_largest_entry_and_its_sign() -> None:
    matrix = np.zeros((100, 500))
    matrix[37, 123] = -1.0
    matrix[80, 400] = 0.5
    assert heat_scale(matrix) == 1.0
    levels = heat_map(matrix, 10, 50, 1.0).levels
    assert levels.shape == (10, 50)
    assert levels[3, 12] == -8 and levels[8, 40] == 4
    assert np.count_nonzero(levels) == 2
    row = plain(heat_line(np.array([-8, -1, 0, 1, 8], np.int8), UNICODE, shades=False))
    assert row == "ha .@" and len(set(row)) == 5


def test_parameters_of_any_shape_are_shown() -> None:
    names = ("[red]kernel", "b\x1b[2J", "gain", "none")
    arrays = (
        np.arange(12.0).reshape(2, 2, 3),
        np.array([1.5, -2.5]),
        np.array(7.0),
        np.empty((0, 3)),
    )
    text = "\n".join(shown(ThetaPane(), of_arrays(names, arrays), (60, 20)))
    assert "[red]kernel 2×2×3" in text and "b\\x1b[2J" in text and "\x1b" not in text
    for row, numbers in (("0,0", "+0.000"), ("0,1", "+3.000"), ("1,0", "+6.000")):
        assert re.search(rf"{row} +\{numbers}", text), text
    assert "gain  " in text and "+7.000" in text and "-2.500" in text


def test_numbers_that_are_not_finite_are_shown() -> None:
    snapshot = make_snapshot()
    thetas = (np.full((2, 3), np.nan), np.full((2, 3), -np.inf), snapshot.thetas[2])
    text = "\n".join(shown(ThetaPane(), replace(snapshot, thetas=thetas), (60, 20)))
    assert "nan" in text and "-inf" in text
    bad = np.full((3, 70), np.nan)
    assert heat_map(bad, 3, 10, heat_scale(bad)).levels.any() in (True, False)


def test_a_long_table_scrolls_by_key() -> None:
    pane = ThetaPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(make_snapshot())
        await pilot.pause()
        assert not any("Θ³" in row for row in screen_rows(app))
        await pilot.press("tab", "end")
        await pilot.pause(0.5)
        assert any("Θ³" in row for row in screen_rows(app))

    drive(pane, steps, size=(50, 7))


@pytest.mark.parametrize("width", (30, 33, 34, 37, 38, 46))
@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_number_is_cut(width: int, symbols: Symbols) -> None:
    snapshot = make_snapshot()
    whole = {f"{value:+.3f}" for theta in snapshot.thetas for value in theta.flat}
    rows = shown(ThetaPane(), snapshot, (width, 14), symbols)
    numbers = {
        word for row in rows for word in row[1:-1].split() if word[0] in "+-" and "." in word
    }
    assert numbers and numbers <= whole
    more = ">" if symbols is ASCII else "›"
    assert any(row[1:-1].rstrip().endswith(f" {more}") for row in rows) == (numbers != whole)


def test_the_columns_that_have_no_room_come_one_by_one() -> None:
    pane = ThetaPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(make_snapshot())
        await pilot.pause()
        assert [row for row in screen_rows(app) if "x₁ ›" in row]
        await pilot.press("tab", "right")
        await pilot.pause()
        await pilot.pause()
        named = next(row for row in screen_rows(app) if "Θ¹" in row)
        assert named[1:-1].split() == ["Θ¹", "2×3", "‹", "x₁", "x₂"]
        assert next(row for row in screen_rows(app) if "a₁" in row)[1:-1].split()[0] == "a₁"
        await pilot.press("right", "left")
        await pilot.pause()
        await pilot.pause()
        assert [row for row in screen_rows(app) if "x₁ ›" in row]

    drive(pane, steps, size=(30, 14))


@pytest.mark.parametrize("size", [(36, 10), (60, 12)])
def test_units_that_cannot_part_are_named(size: tuple[int, int]) -> None:
    same = make_snapshot(network={"init": "constant"})
    assert same.equal_units == (0, 1)
    assert "a₁ and a₂ are equal: symmetry" in shown(ThetaPane(), same, size)[-1]
    assert make_snapshot().equal_units is None
    assert "symmetry" not in shown(ThetaPane(), make_snapshot(), size)[-1]


def test_signs_of_a_check_that_lags_behind_have_their_epoch() -> None:
    late = "\n".join(shown(ThetaPane(), wrong_report(make_snapshot(report_lag=5.0)), (50, 14)))
    assert "✗" in late and "signs of epoch 6,412" in late
    for snapshot in (wrong_report(make_snapshot()), make_snapshot(report_lag=5.0)):
        assert "signs" not in "\n".join(shown(ThetaPane(), snapshot, (50, 14)))
