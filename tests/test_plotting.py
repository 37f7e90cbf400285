import math

import numpy as np
import pytest
from snapshots import Mark, falling_costs, make_curve

from bptui.tui.drawing.axes import Axis, epoch_axis, linear_axis, log_axis
from bptui.tui.drawing.chart import Word, draw_chart
from bptui.tui.drawing.lines import line_width, plain
from bptui.tui.drawing.numbers import axis_number, count, fixed, rate, significant
from bptui.tui.drawing.plotting import Series, draw_series
from bptui.tui.drawing.symbols import ASCII, BLOCKS, BOXES, UNICODE
from bptui.tui.panes.cost import cost_lines


def canvas(rows: list[list[tuple[str, str]]]) -> list[str]:
    return ["".join(character for character, _ in row) for row in rows]


def rows_of(curve: object, width: int = 60, height: int = 16, *, log: bool = False) -> list[str]:
    lines = cost_lines(curve, width, height, UNICODE, log=log)  # type: ignore[arg-type]
    assert all(line_width(line) <= width for line in lines)
    assert len(lines) <= height
    return [plain(line) for line in lines]


def test_a_falling_line_falls() -> None:
    x = np.linspace(0, 1, 20)
    rows = canvas(draw_series(20, 6, (Series(x, 1 - x, 1 - x, "series1"),), UNICODE))
    firsts = [len(row) - len(row.lstrip()) for row in rows]
    assert firsts == sorted(firsts)
    assert rows[0][0] != " " and rows[-1][-1] != " "


def test_the_style_of_each_series_is_told() -> None:
    x = np.linspace(0, 1, 20)
    low, high = np.full(20, 0.1), np.full(20, 0.9)
    rows = draw_series(
        20, 6, (Series(x, low, low, "series1"), Series(x, high, high, "series2")), UNICODE
    )
    assert {style for _, style in rows[0]} == {"series2"}
    assert {style for _, style in rows[-1]} == {"series1"}


@pytest.mark.parametrize(
    ("symbols", "characters"),
    [(BLOCKS, set("▀▄█ ")), (BOXES, set("■ ")), (ASCII, set("* "))],
    ids=["blocks", "boxes", "ascii"],
)
def test_other_terminals_get_other_markers(symbols: object, characters: set[str]) -> None:
    x = np.linspace(0, 1, 40)
    rows = canvas(draw_series(20, 6, (Series(x, x**2, x**2, "series1"),), symbols))  # type: ignore
    assert set("".join(rows)) <= characters


def test_at_most_two_points_a_column_are_given_to_plotext() -> None:
    from bptui.tui.drawing.plotting import _paths

    x = np.linspace(0, 1, 50)
    ((points, _),) = _paths(Series(x, np.zeros(50), np.ones(50), ""), 0.01)
    assert len(points) == 100
    ((points, _),) = _paths(Series(x, np.zeros(50), np.zeros(50), ""), 0.01)
    assert len(points) == 50


def test_a_spike_of_one_epoch_in_a_hundred_thousand_is_drawn() -> None:
    costs = np.full(100_000, 0.1)
    calm = rows_of(make_curve(costs))
    costs[54_321] = 1.0
    rows = rows_of(make_curve(costs))
    top = rows[1][6:]
    assert top.strip()
    # In the middle of the plot, where the epoch is.
    column = len(top) - len(top.lstrip())
    assert 0.4 < column / len(top) < 0.65
    assert not any("⡇" in row or "⢸" in row for row in calm)


def covered(rows: list[str]) -> list[bool]:
    """Return which columns of the canvas hold anything, without the axes."""
    inside = [row.partition("│")[2] or row.partition("┤")[2] for row in rows[:-2]]
    return [any(row[column : column + 1].strip() for row in inside) for column in range(50)]


@pytest.mark.parametrize("nothing", [math.nan, math.inf])
@pytest.mark.parametrize("log", [False, True])
def test_costs_that_are_no_finite_numbers_are_a_gap(nothing: float, log: bool) -> None:
    costs = np.geomspace(1.0, 0.1, 100)
    costs[40:60] = nothing
    there = covered(rows_of(make_curve(costs), log=log))
    gap = [column for column, drawn in enumerate(there) if not drawn]
    assert gap == list(range(gap[0], gap[-1] + 1)) and 8 <= len(gap) <= 12
    assert not there[25]


def test_a_cost_between_two_gaps_is_a_point_of_its_own() -> None:
    costs = [1.0, math.nan, 0.5, math.nan, 0.2, 0.2, 0.1, 0.1, 0.0, 0.0]
    there = covered(rows_of(make_curve(costs)))
    assert [column for column, drawn in enumerate(there[:20]) if drawn] == [0, 11]
    assert all(there[22:45])


def test_the_log_axis_is_logarithmic() -> None:
    axis = log_axis(1e-6, 1.0, 10)
    fractions = axis.fraction(10.0 ** np.arange(-6, 1))
    assert np.allclose(np.diff(fractions), 1 / 6)
    # So an exponential decay is a straight line.
    rows = rows_of(make_curve(10.0 ** -np.linspace(0, 6, 1000)), 40, 16, log=True)
    lows = [len(row) - 1 - row[::-1].find("⠀") for row in rows]
    assert lows
    curve = [
        next((index for index, c in enumerate(row[5:]) if "⠀" < c <= "⣿"), None) for row in rows
    ]
    starts = [start for start in curve if start is not None]
    steps = np.diff(starts)
    assert steps.min() >= 1 and steps.max() - steps.min() <= 1


def test_log_ticks_are_decades_or_one_two_five() -> None:
    assert [label for _, label in log_axis(1e-4, 1.0, 5).ticks] == [
        "1e-4",
        "1e-3",
        "0.01",
        "0.1",
        "1",
    ]
    assert [label for _, label in log_axis(0.1, 1.0, 5).ticks] == ["0.1", "0.2", "0.5", "1"]


def test_a_cost_of_zero_is_clipped_on_the_log_axis() -> None:
    rows = rows_of(make_curve([1.0, 0.1, 0.01, 0.0, 0.0]), log=True)
    assert any("⣀" in row or "⡀" in row or "⠤" in row for row in rows)
    assert rows_of(make_curve([0.0, 0.0]), log=True)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "costs",
    [
        [0.25],
        [0.25] * 500,
        [1e300, 1e-300],
        [1.7e308, 1e308],
        [5e-324, 1e-320],
        [1000000.1, 1000000.2],
        [0.2, math.nan, math.inf],
        [math.nan],
        [-1.0, -2.0],
        [0.0],
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(18, 2), (22, 6), (60, 16)])
def test_every_curve_draws(costs: list[float], log: bool, size: tuple[int, int]) -> None:
    rows = rows_of(make_curve(costs), *size, log=log)
    assert rows
    assert all(row.isprintable() for row in rows)


def test_before_the_first_epoch_there_is_no_plot() -> None:
    assert rows_of(make_curve([])) == []


def test_axes_have_round_labels() -> None:
    text = "\n".join(rows_of(make_curve(falling_costs())))
    assert "3,000" in text and "6,000" in text
    assert "0.2┤" in text and "0┤" in text


def test_marks_and_plateaus_are_written_beside_the_curve() -> None:
    costs = falling_costs()
    marks = (Mark(2000, "learning-rate", "η 1.0"),)
    with_words = rows_of(make_curve(costs, marks=marks))
    without = rows_of(make_curve(costs))
    text = "\n".join(with_words)
    assert "plateau" in text
    assert "η 1.0" in text
    assert "┊" in text
    # Neither the line nor its text may hide the curve.
    for marked, plain_row in zip(with_words, without, strict=True):
        for one, other in zip(marked, plain_row, strict=False):
            if "⠀" < other <= "⣿":
                assert one == other


def test_two_faults_are_told_apart_and_the_learning_rate_too() -> None:
    marks = (
        Mark(1500, "fault", "missing-hidden-derivative"),
        Mark(4000, "fault", "sign-of-one-layer"),
        Mark(4000, "learning-rate", "η 0.5"),
    )
    for width in (28, 60, 110):
        text = "\n".join(rows_of(make_curve(falling_costs(), marks=marks), width))
        assert "miss" in text and "┊sign-" in text and "┊η 0.5" in text, text
    assert "┊missing-hidden-derivative" in text and "┊sign-of-one-layer" in text


def test_a_fault_among_many_marks_is_still_named() -> None:
    rates = tuple(Mark(epoch, "learning-rate", "η 2") for epoch in (2000, 2400, 3200, 3600))
    marks = (*rates[:2], Mark(2800, "fault", "sign-of-one-layer"), *rates[2:])
    rows = rows_of(make_curve(falling_costs(), marks=marks), 28)
    assert sum("┊sign-" in row for row in rows) == 1
    assert sum("η 2" in row for row in rows) >= 1


@pytest.mark.parametrize("epochs", [(1500,), (1200, 1800), (300, 900, 1500, 2100, 2700)])
def test_a_plateau_is_named_beside_marks_and_not_over_them(epochs: tuple[int, ...]) -> None:
    marks = tuple(Mark(epoch, "learning-rate", "η 1") for epoch in epochs)
    costs = falling_costs()
    for height in (6, 16):
        rows = rows_of(make_curve(costs, marks=marks), 60, height)
        without = rows_of(make_curve(costs), 60, height)
        assert "plateau" in "".join(without)
        for column in {row.index("┊") for row in rows if "┊" in row}:
            above = [row[column : column + 1] for row in rows[:-2]]
            assert all(each == "┊" or "⠀" < each <= "⣿" for each in above), rows
        assert ("plateau" in "".join(rows)) == (len(epochs) < 5)


def test_one_long_plateau_is_labelled_once() -> None:
    costs = np.append(np.linspace(0.25, 0.22, 4000), np.linspace(0.22, 0.01, 400))
    assert "\n".join(rows_of(make_curve(costs), 80)).count("plateau") == 1


def test_validation_has_its_own_curve_and_a_legend() -> None:
    curve = make_curve(falling_costs(), validation=falling_costs()[::100] + 0.05)
    lines = cost_lines(curve, 60, 16, UNICODE, log=False)
    styles = {style for line in lines for _, style in line}
    assert {"series1", "series2"} <= styles
    text = "\n".join(plain(line) for line in lines)
    assert "training" in text and "validation" in text


def test_a_curve_that_goes_on_leaves_what_is_drawn_as_it_is() -> None:
    costs = falling_costs()
    before = rows_of(make_curve(costs[:4100]))
    after = rows_of(make_curve(costs[:4600]))
    changed = sum(
        one != other
        for row, later in zip(before, after, strict=True)
        for one, other in zip(row.ljust(60), later.ljust(60), strict=True)
    )
    assert 0 < changed < 30


def test_a_flat_curve_is_not_magnified() -> None:
    assert any("0┤" in row for row in rows_of(make_curve(np.linspace(0.1254, 0.1252, 500))))


def test_words_that_do_not_fit_are_left_out() -> None:
    axis = Axis(0.0, 1.0, ())
    x = np.linspace(0, 1, 20)
    full = Series(x, np.zeros(20), np.ones(20), "series1")
    lines = draw_chart(10, 3, axis, axis, [full], UNICODE, words=[Word(0, 1, "plateau")])
    assert "plateau" not in "".join(map(plain, lines))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.11, 0.26), (-3, 3), (1e-9, 2e-9), (7, 7)])
def test_linear_axes_cover_their_range_with_rising_ticks(low: float, high: float) -> None:
    axis = linear_axis(low, high, 5)
    assert axis.low <= low and high <= axis.high
    positions = [value for value, _ in axis.ticks]
    assert positions == sorted(positions) and len(positions) >= 2
    assert len({label for _, label in axis.ticks}) == len(positions)


@pytest.mark.parametrize("epochs", [0, 1, 10, 99, 6412, 1_234_567, 10**12])
def test_epoch_axes_cover_the_epochs(epochs: int) -> None:
    axis = epoch_axis(epochs, 60)
    assert axis.low == 0 and axis.high >= epochs
    assert axis.high <= max(10, 1.34 * epochs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (axis_number(0.25), "0.25"),
        (axis_number(1e-3), "1e-3"),
        (axis_number(2.5e-7), "2.5e-7"),
        (axis_number(3000.0), "3,000"),
        (axis_number(0.0), "0"),
        (count(3000), "3,000"),
        (count(1.2e6), "1.2M"),
        (significant(0.01874), "0.0187"),
        (significant(0.0), "0"),
        (significant(1.234e-7), "1.23e-07"),
        (significant(math.inf), "inf"),
        (fixed(0.614), "+0.614"),
        (fixed(-12.345), "-12.35"),
        (fixed(1e5), "+1e+05"),
        (rate(1003.4), "1,000/s"),
        (rate(0.0), ""),
    ],
)
def test_numbers_are_written_for_people(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize("exponent", range(-320, 309, 3))
def test_fixed_numbers_are_six_cells_wide(exponent: int) -> None:
    for value in (9.99996, -3.0):
        number = value * 10.0 ** max(exponent, -300)
        assert len(fixed(number)) == 6
    assert len(fixed(math.nan)) == len(fixed(-math.inf)) == 6
