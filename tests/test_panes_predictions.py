from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pane_app import drive, shown
from snapshots import XOR_X, make_snapshot

from bptui.core.snapshot import Boundary
from bptui.tui.drawing.symbols import ASCII, UNICODE
from bptui.tui.panes.gradient_norms import GradientNormsPane, norm_lines
from bptui.tui.panes.predictions import PredictionsPane


def solved() -> Any:
    """Return XOR as a solved network would show it."""
    across, up = np.meshgrid(np.linspace(-0.2, 1.2, 40), np.linspace(1.2, -0.2, 40))
    outputs = (np.abs(across - up) > 0.5) * 0.98 + 0.01
    predictions = np.array([[0.01], [0.99], [0.98], [0.02]])
    boundary = Boundary((-0.2, 1.2), (-0.2, 1.2), outputs[..., np.newaxis])
    return replace(make_snapshot(), predictions=predictions, boundary=boundary)


def test_xor_shows_the_map_and_the_four_predictions() -> None:
    rows = shown(PredictionsPane(), solved(), (44, 26))
    assert "Predictions  4 of 4 right" in rows[0]
    text = "\n".join(rows)
    assert "▒▒▒" in text and "···" in text
    for prediction in ("0.010", "0.990", "0.980", "0.020"):
        assert prediction in text
    assert text.count("✓") == 4
    assert "x₁ across, x₂ up" in rows[-1]
    # Samples lie where they belong: 1 at the upper left, 0 at the lower left.
    marks = [
        (y, x, character)
        for y, row in enumerate(rows[1:18])
        for x, character in enumerate(row)
        if character in "01"
    ]
    assert [character for _, _, character in marks] == ["1", "0", "0", "1"]
    assert marks[0][0] < marks[2][0] and marks[0][1] < marks[1][1]


def test_a_wrong_sample_is_marked_by_a_sign() -> None:
    snapshot = solved()
    wrong = np.array([[0.9], [0.99], [0.98], [0.02]])
    rows = shown(PredictionsPane(), replace(snapshot, predictions=wrong), (44, 26))
    text = "\n".join(rows)
    assert "3 of 4 right" in text
    assert text.count("✗") == 3  # on the map, in the legend and in the table


def test_ascii_tells_classes_by_character() -> None:
    rows = shown(PredictionsPane(), solved(), (44, 26), ASCII)
    text = "\n".join(rows)
    assert text.isascii() and "###" in text and "..." in text


def test_classes_are_named_in_the_table() -> None:
    X = np.random.default_rng(0).random((5, 6))
    y = np.eye(3)[[0, 1, 2, 0, 1]]
    names = {"class_names": ("setosa", "[b]\x1b[2J", "virginica")}
    network = {"output": "softmax", "cost": "cross-entropy"}
    snapshot = make_snapshot((6, 3), X=X, y=y, network=network, names=names, boundary=False)
    predictions = np.eye(3)[[0, 1, 2, 0, 2]] * 0.9 + 0.03
    rows = shown(PredictionsPane(), replace(snapshot, predictions=predictions), (60, 16))
    text = "\n".join(rows)
    assert "4 of 5 right" in rows[0]
    assert "setosa" in text and r"[b]\x1b[2J" in text
    assert text.count("✗") == 1


@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_one_feature_is_a_curve_through_points(symbols: object) -> None:
    X = np.linspace(-3, 3, 40)[:, np.newaxis]
    names = {"class_names": (), "feature_names": ("x",)}
    network = {"output": "linear", "activation": "tanh"}
    snapshot = make_snapshot((1, 4, 1), X=X, y=np.sin(X), names=names, network=network)
    rows = shown(PredictionsPane(), snapshot, (60, 24), symbols)
    text = "\n".join(rows)
    assert "right" not in text
    assert text.count("•" if symbols is UNICODE else "o") > 10


def test_a_plane_of_numbers_is_shaded() -> None:
    names = {"class_names": ()}
    y = np.array([[0.0], [10.0], [20.0], [30.0]])
    network = {"output": "linear", "activation": "tanh"}
    snapshot = make_snapshot((2, 3, 1), X=XOR_X, y=y, names=names, network=network)
    text = "\n".join(shown(PredictionsPane(), snapshot, (44, 20), theme="ansi-dark"))
    assert "30.0" in text


def test_diverged_outputs_draw() -> None:
    snapshot = solved()
    broken = replace(
        snapshot,
        predictions=np.full((4, 1), np.nan),
        boundary=Boundary((0, 1), (0, 1), np.full((10, 10, 1), np.nan)),
    )
    text = "\n".join(shown(PredictionsPane(), broken, (44, 26)))
    assert "nan" in text and "0 of 4 right" in text


def test_nothing_to_predict_is_said() -> None:
    empty = replace(make_snapshot(), predictions=np.empty((0, 1)))
    assert "nothing to predict" in shown(PredictionsPane(), empty, (44, 8))[1]


def test_norms_show_a_vanishing_gradient() -> None:
    gradients = tuple(np.full((2, 2), value) for value in (1e-7, 1e-5, 1e-3))
    rows = shown(GradientNormsPane(), make_snapshot(gradients=gradients), (60, 8))
    bars = [row.count("▇") for row in rows[1:4]]
    assert bars[0] < bars[1] < bars[2]
    # On a logarithmic scale equal factors are equal lengths.
    assert abs((bars[2] - bars[1]) - (bars[1] - bars[0])) <= 1
    assert "Θ¹  ‖∂J‖ 2.0e-07" in rows[1]
    assert "log scale 1e-7 … 1e-2" in rows[0]
    assert "Θ¹ 10,000× below Θ³" in "".join(rows)


def test_bars_that_change_need_no_new_layout() -> None:
    pane = GradientNormsPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(make_snapshot())
        await pilot.pause()
        before = pane.virtual_size
        pane.show(make_snapshot(gradients=(np.ones((2, 2)),) * 3))
        assert pane.virtual_size == before

    drive(pane, steps)


def test_norms_of_nothing_and_of_no_number_draw() -> None:
    lines = norm_lines(["Θ¹", "Θ²"], [0.0, np.nan], 40, UNICODE, -3, 0)
    assert len(lines) == 2
    gradients = (np.zeros((2, 2)), np.full((2, 2), np.nan), np.full((2, 2), np.inf))
    text = "\n".join(shown(GradientNormsPane(), make_snapshot(gradients=gradients), (60, 8)))
    assert "nan" in text and "inf" in text
