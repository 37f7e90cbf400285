from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pane_app import PaneApp, drive, screen_rows, shown
from snapshots import make_snapshot, wrong_report
from textual.geometry import Size

from bptui.core.check import Report
from bptui.core.check.reporting import make_array_report, make_report
from bptui.tui.drawing.symbols import ASCII, UNICODE
from bptui.tui.panes.gradient_check import CheckLines, GradientCheckPane


def large_report(rows: int = 100, columns: int = 1000, wrong: tuple[int, int] = (70, 7)) -> Report:
    numerical = np.random.default_rng(0).normal(size=(rows, columns))
    backprop = numerical.copy()
    backprop[wrong] += 1.0
    bound = np.full((rows, columns), 1e-12)
    array = make_array_report("Θ¹", backprop, numerical, bound)
    return make_report("complex", None, 0.1, [array], 0.0)


def test_the_verdict_comes_first() -> None:
    rows = shown(GradientCheckPane(), make_snapshot(), (80, 12))
    assert rows[0].startswith("╭─ Gradient check  PASS  15 of 15 agree to 1")
    assert "digits · complex step" in rows[0]
    assert "entry" in rows[1] and "epoch 6,412" in rows[1]
    assert rows[2].startswith("│  Θ¹[0,0]  ")
    assert rows[3].startswith("│  Θ¹[0,1]  ")
    assert "in order" in rows[-1]


def test_values_stand_beside_each_other() -> None:
    snapshot = make_snapshot()
    assert snapshot.report is not None
    value = snapshot.report.arrays[0].backprop[0, 0]
    row = shown(GradientCheckPane(), snapshot, (80, 12))[2]
    assert row.count(f"{value:+.7e}") == 2


def test_a_verdict_that_changes_is_seen_from_its_diagnosis_on() -> None:
    pane, right = GradientCheckPane(), make_snapshot()

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.show(right)
        await pilot.pause()
        pane.scroll_to(y=5, animate=False)
        await pilot.pause()
        pane.show(replace(right, epoch=right.epoch + 1))
        await pilot.pause()
        assert pane.scroll_offset.y == 5
        pane.show(wrong_report(right))
        await pilot.pause()
        assert screen_rows(app)[1].startswith("│One entry of Θ¹ is twice")

    drive(pane, steps, size=(60, 9))


@pytest.mark.parametrize("size", [(80, 12), (60, 12), (40, 12)])
def test_of_which_theta_a_check_is_that_lags_behind_is_said(size: tuple[int, int]) -> None:
    for symbols, said in ((UNICODE, "epoch 6,412: earlier Θ"), (ASCII, "epoch 6,412: earlier Th")):
        current = "\n".join(
            shown(GradientCheckPane(), make_snapshot(report_lag=0.9), size, symbols)
        )
        assert "epoch 6,412" in current and "earlier" not in current
        late = "\n".join(shown(GradientCheckPane(), make_snapshot(report_lag=1.1), size, symbols))
        assert said in late


@pytest.mark.parametrize(("size", "kept"), [((44, 8), "PASS  15 of 15"), ((30, 8), "PASS")])
def test_a_narrow_title_keeps_the_verdict(size: tuple[int, int], kept: str) -> None:
    assert kept in shown(GradientCheckPane(), make_snapshot(), size)[0]


def test_off_waiting_and_why_there_is_none_are_said() -> None:
    off = shown(GradientCheckPane(), make_snapshot(checking=False, report=None), (60, 8))
    assert "Gradient check  off" in off[0] and "off; g switches it on" in off[1]
    waiting = shown(GradientCheckPane(), make_snapshot(report=None), (60, 8))
    assert "Gradient check  waiting" in waiting[0]
    late = make_snapshot(report=None, no_report="a check takes 35.0 s, too long to watch")
    rows = shown(GradientCheckPane(), late, (60, 8))
    assert "Gradient check  none" in rows[0] and "35.0 s, too long to watch" in rows[1]


def test_a_wrong_entry_comes_first_with_its_sign_and_the_diagnosis() -> None:
    pane = GradientCheckPane()
    rows = shown(pane, wrong_report(make_snapshot()), (60, 12))
    assert "FAIL  14 of 15 agree" in rows[0]
    assert rows[1].startswith("│One entry of Θ¹ is twice what it should be; was a factor")
    assert rows[4].startswith("│✗ Θ¹[0,1]  ")
    styles = [style for line in pane._shown.values() for text, style in line if "✗" in text]
    assert styles == ["bad"]
    assert pane.worst_first


@pytest.mark.parametrize(("verdict", "sign"), [(1, "?"), (2, "^"), (3, "x")])
def test_each_verdict_has_a_sign(verdict: int, sign: str) -> None:
    snapshot = make_snapshot()
    assert snapshot.report is not None
    array = snapshot.report.arrays[0]
    verdicts = array.verdicts.copy()
    verdicts[1, 1] = verdict
    arrays = (replace(array, verdicts=verdicts), *snapshot.report.arrays[1:])
    changed = replace(snapshot, report=replace(snapshot.report, arrays=arrays))
    rows = shown(GradientCheckPane(), changed, (80, 24), ASCII)
    assert any(row.startswith(f"|{sign} Theta1[1,1]") for row in rows)


def test_the_order_is_toggled() -> None:
    pane = GradientCheckPane()

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(make_snapshot())
        pane.worst_first = True
        await pilot.pause()
        rows = screen_rows(app)
        assert "worst first" in rows[-1]
        entries = {row[3:10] for row in rows[2:17]}
        assert len(entries) == 15
        pane.worst_first = False
        await pilot.pause()
        assert screen_rows(app)[2].startswith("│  Θ¹[0,0]")

    drive(pane, steps, size=(80, 24))


def test_a_hundred_thousand_entries_cost_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    formatted = []
    real = CheckLines._row
    monkeypatch.setattr(
        CheckLines, "_row", lambda self, *given: formatted.append(given) or real(self, *given)
    )
    snapshot = replace(make_snapshot(), report=large_report())
    rows = shown(GradientCheckPane(), snapshot, (80, 24))
    assert "FAIL  99,999 of 100,000 agree" in rows[0]
    assert next(row for row in rows if "[" in row).startswith("│✗ Θ¹[70,7]")
    assert len(formatted) < 200


def test_worst_first_is_the_same_order_from_end_to_end() -> None:
    report = large_report(20, 50, (3, 4))
    noise = np.random.default_rng(1).random((20, 50)) * 1e-13
    array = report.arrays[0]
    array = make_array_report("Θ¹", array.backprop + noise, array.numerical, array.error_bound)
    report = make_report("complex", None, 0.1, [array], 0.0)
    table = CheckLines(report, True, Size(80, 12), UNICODE)
    few = [table._entry(row) for row in range(20)]
    last = table._entry(999)
    everything = [table._entry(row) for row in range(1000)]
    assert everything[:20] == few
    assert everything[-1] == last
    assert sorted(everything) == list(range(1000))
    ratios = array.ratios.ravel()[everything]
    assert (np.diff(ratios) <= 0).all()


def test_names_of_arrays_are_data() -> None:
    bound = np.full(3, 1e-9)
    array = make_array_report("[red]W\x1b[2J", np.ones(3), np.ones(3), bound)
    report = make_report("central", 1e-5, 0.1, [array], 0.0)
    rows = shown(GradientCheckPane(), replace(make_snapshot(), report=report), (90, 10))
    assert r"[red]W\x1b[2J[0]" in rows[2]
    assert "central difference, ε = 1e-05" in rows[0]


def test_numbers_that_are_not_numbers_fail_in_plain_sight() -> None:
    bound = np.full(3, 1e-9)
    array = make_array_report("W", np.array([1.0, np.nan, 1.0]), np.ones(3), bound)
    report = make_report("complex", None, np.nan, [array], 0.0)
    rows = shown(GradientCheckPane(), replace(make_snapshot(), report=report), (90, 10))
    assert "FAIL" in rows[0]
    assert "There are entries in W that are no finite numbers" in rows[1]
    first = next(row for row in rows if "W[" in row)
    assert first.startswith("│✗ W[1]") and "nan" in first


def test_entries_that_would_have_to_be_scrolled_stand_side_by_side() -> None:
    rows = shown(GradientCheckPane(), make_snapshot(), (120, 12))
    assert rows[1].count("entry") == 2
    assert rows[2].index("Θ¹[0,0]") < rows[2].index("Θ²[0,2]")
    assert rows[3].startswith("│  Θ¹[0,1]")
    assert "Θ³[0,2]" in "".join(rows)
    tall = shown(GradientCheckPane(), make_snapshot(), (120, 20))
    assert tall[1].count("entry") == 1


def test_the_worst_stand_in_the_first_rows_side_by_side() -> None:
    pane = GradientCheckPane()
    pane._worst_first = True
    rows = shown(pane, wrong_report(make_snapshot()), (120, 12))
    first = next(row for row in rows if "✗" in row)
    assert first.startswith("│✗ Θ¹[0,1]") and first.count("e-") + first.count("e+") >= 6


def test_titles_have_the_colours_of_the_theme_in_the_light_and_in_the_dark() -> None:
    def luminance(theme: str, text: str) -> float:
        found: list[float] = []

        async def look(app: PaneApp, pilot: Any) -> None:
            app.pane.show(make_snapshot())  # type: ignore[attr-defined]
            app.theme = theme
            await pilot.pause(0.2)
            await pilot.pause(0.2)
            for piece in app.screen._compositor.render_strips()[0]:
                if piece.text == text and piece.style and piece.style.color:
                    red, green, blue = piece.style.color.get_truecolor()
                    found.append(0.3 * red + 0.6 * green + 0.1 * blue)

        drive(GradientCheckPane(), look)
        (value,) = found
        return value

    for text in ("PASS", "complex step"):
        assert luminance("textual-dark", text) > 130 > luminance("textual-light", text)


@pytest.mark.parametrize(
    ("columns", "method", "kept"),
    [
        (110, "central", "15 digits · central difference, ε = 1e-05"),
        (80, "central", "agree to 15 digits · central, ε 1e-5"),
        (60, "central", "15 of 15 · central 1e-5"),
        (80, "complex", "agree to 15 digits · complex step"),
        (60, "complex", "15 of 15, 15 digits · complex"),
        (60, "richardson", "15 of 15 · Richardson 1e-3"),
    ],
)
def test_words_are_shortened_before_the_method_is_dropped(
    columns: int, method: str, kept: str
) -> None:
    steps = {"complex": None, "central": 1e-5, "richardson": 1e-3}
    snapshot = make_snapshot()
    assert snapshot.report is not None
    arrays = [
        replace(array, relative_error=np.full_like(array.relative_error, 1e-15))
        for array in snapshot.report.arrays
    ]
    report = replace(snapshot.report, arrays=tuple(arrays), method=method, epsilon=steps[method])
    row = shown(GradientCheckPane(), replace(snapshot, report=report), (columns, 8))[0]
    assert kept in row.replace("14 digits", "15 digits")


def test_a_draw_is_said_to_be_one() -> None:
    numerical = np.linspace(1.0, 2.0, 6)
    array = make_array_report(
        "Θ¹", numerical, numerical, np.full(6, 1e-12), shape=(50, 40), drawn=np.arange(6) * 300
    )
    report = make_report("central", 1e-5, 0.1, [array], 0.0)
    for width in (60, 80, 120):
        rows = shown(GradientCheckPane(), replace(make_snapshot(), report=report), (width, 12))
        assert "PASS  6 of 6 drawn" in rows[0]
        assert "drawn from 2,000" in rows[-1]


@pytest.mark.parametrize(("size", "entries"), [((80, 10), 3), ((60, 6), 2), ((60, 5), 1)])
def test_a_long_diagnosis_leaves_room_for_entries_and_is_whole_below_them(
    size: tuple[int, int], entries: int
) -> None:
    pane = GradientCheckPane()
    snapshot = wrong_report(make_snapshot())
    assert snapshot.report is not None
    message = "All that is known of this mistake " * 12 + "ends here."
    diagnosis = replace(snapshot.report.diagnosis[0], message=message)
    snapshot = replace(snapshot, report=replace(snapshot.report, diagnosis=(diagnosis,)))

    async def steps(app: Any, pilot: Any) -> None:
        pane.show(snapshot)
        await pilot.pause()
        rows = screen_rows(app)
        assert sum("Θ" in row and "e-" in row for row in rows) == entries
        assert any(row.rstrip(" │▁▂▃▄▅▆▇█").endswith("…") for row in rows)
        pane.scroll_end(animate=False)
        await pilot.pause()
        assert "ends here." in "".join(screen_rows(app))

    drive(pane, steps, size=size)


@pytest.mark.parametrize(("symbols", "said"), [(UNICODE, "≈ 0"), (ASCII, "~ 0")])
def test_what_is_0_but_for_rounding_has_no_relative_error(symbols: Any, said: str) -> None:
    array = make_array_report(
        "W", np.array([1.0, 0.0]), np.array([1.0, -5.8e-14]), np.full(2, 1e-10)
    )
    report = make_report("central", 1e-5, 0.1, [array], 0.0)
    snapshot = replace(make_snapshot(), report=report)
    rows = shown(GradientCheckPane(), snapshot, (80, 8), symbols)
    assert "PASS" in rows[0] and " 0.0e+00" in rows[2]
    assert said in rows[3] and "1.0e+00" not in rows[3]


@pytest.mark.parametrize(
    ("method", "epsilon", "said"),
    [("central", 0.01, "[ ] change ε, m takes another method."), ("complex", None, "Rounding hid")],
)
def test_what_cannot_be_resolved_is_explained(
    method: str, epsilon: float | None, said: str
) -> None:
    array = make_array_report("W", np.array([1.0, 0.1]), np.array([1.0, 0.11]), np.full(2, 0.1))
    report = make_report(method, epsilon, 0.1, [array], 0.0)
    rows = shown(GradientCheckPane(), replace(make_snapshot(), report=report), (80, 10))
    assert "UNRESOLVED" in rows[0] and said in " ".join(row.strip("│ ") for row in rows[1:3])
