"""The 1-2-5 ladder, the pace of training and the meter of its speed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.training.pace import FASTEST, SLOWEST, Meter, Pace, next_speed, on_ladder

values = st.floats(1e-12, 1e12)
rungs = st.builds(
    lambda mantissa, exponent: float(f"{mantissa}e{exponent}"),
    st.sampled_from([1, 2, 5]),
    st.integers(-12, 12),
)


@pytest.mark.parametrize(
    ("value", "steps", "expected"),
    [
        (1.0, 1, 2.0),
        (2.0, 1, 5.0),
        (5.0, 1, 10.0),
        (10.0, -1, 5.0),
        (1.0, -1, 0.5),
        (0.1, -1, 0.05),
        (0.1, 3, 1.0),
        (3.0, 1, 5.0),
        (3.0, -1, 2.0),
        (7.0, 1, 10.0),
        (7.0, -1, 5.0),
        (0.3, 1, 0.5),
        (0.15, -1, 0.1),
        (99.0, 1, 100.0),
        (99.0, -2, 20.0),
    ],
)
def test_places_on_the_ladder(value: float, steps: int, expected: float) -> None:
    assert on_ladder(value, steps) == expected


@given(value=rungs, steps=st.integers(-30, 30))
def test_going_up_and_down_again_comes_back_to_the_bit(value: float, steps: int) -> None:
    assert on_ladder(on_ladder(value, steps), -steps) == value
    assert on_ladder(value, 3) == pytest.approx(10 * value, rel=1e-15)


@given(value=values, steps=st.integers(-30, 30).filter(bool))
def test_a_step_lands_on_a_rung_on_the_right_side(value: float, steps: int) -> None:
    moved = on_ladder(value, steps)
    assert f"{moved:e}"[0] in "125"
    assert float(f"{moved:.0e}") == moved
    assert moved > value * (1 - 1e-8) if steps > 0 else moved < value * (1 + 1e-8)
    assert on_ladder(moved, 0) == moved


@given(value=values)
def test_one_step_skips_no_rung(value: float) -> None:
    above, below = on_ladder(value, 1), on_ladder(value, -1)
    between = [
        rung
        for exponent in range(-14, 14)
        for rung in (float(f"{digit}e{exponent}") for digit in (1, 2, 5))
        if below < rung < above
    ]
    assert len(between) <= 1
    assert all(math.isclose(rung, value, rel_tol=1e-8) for rung in between)


@given(exponent=st.integers(-9, 9), off=st.floats(-1e-8, 1e-8))
def test_rounding_next_to_a_power_of_ten_does_no_harm(exponent: int, off: float) -> None:
    value = 10.0**exponent * (1 + off)
    near = 10.0**exponent
    assert on_ladder(value, 0) in (near, near / 2)
    assert on_ladder(value, 1) in (near, 2 * near)
    assert on_ladder(value, -1) in (near, near / 2)


def test_speeds_end_at_as_fast_as_possible() -> None:
    assert next_speed(FASTEST, 1) is None
    assert next_speed(None, 1) is None
    assert next_speed(None, -1) == FASTEST
    assert next_speed(None, -2) == FASTEST / 2
    assert next_speed(SLOWEST, -1) == SLOWEST
    assert next_speed(SLOWEST, -50) == SLOWEST
    assert next_speed(1.0, 50) is None


@given(speed=st.floats(SLOWEST, FASTEST), steps=st.lists(st.integers(-3, 3), max_size=30))
def test_any_walk_stays_on_the_ladder_of_speeds(speed: float, steps: list[int]) -> None:
    now: float | None = speed
    for step in steps:
        now = next_speed(now, step)
        assert now is None or SLOWEST <= now <= FASTEST


@given(
    speed=st.sampled_from([0.5, 1.0, 7.0, 100.0, 5000.0]),
    pauses=st.lists(st.floats(0, 0.05), min_size=1, max_size=200),
)
def test_neither_more_nor_fewer_epochs_are_due_than_the_time_allows(
    speed: float, pauses: list[float]
) -> None:
    pace, now, done = Pace(speed), 100.0, 0
    start = now
    for pause in pauses:
        now += pause
        due = pace.due(now)
        assert due is not None
        assert due >= 0
        pace.did(due)
        done += due
        assert done <= 1 + (now - start) * speed + 1e-6
    assert done > (now - start - pauses[0]) * speed - 1e-6


def test_the_first_epoch_is_due_at_once_and_the_next_after_its_time() -> None:
    pace = Pace(2.0)
    assert pace.due(10.0) == 1
    pace.did(1)
    assert pace.due(10.0) == 0
    assert pace.wait() == pytest.approx(0.5)
    assert pace.due(10.25) == 0
    assert pace.wait() == pytest.approx(0.25)
    assert pace.due(10.5) == 1
    assert pace.wait() == 0.0


def test_a_long_delay_is_not_caught_up() -> None:
    pace = Pace(1000.0)
    assert pace.due(0.0) == 1
    pace.did(1)
    assert pace.due(3600.0) == 101
    pace.restart()
    assert pace.due(7200.0) == 1


def test_as_fast_as_possible_has_no_end_and_no_wait() -> None:
    pace = Pace(None)
    assert pace.due(0.0) is None
    pace.did(10**6)
    assert pace.due(1.0) is None
    assert pace.wait() == 0.0


def test_the_meter_shows_the_rate_of_the_last_second() -> None:
    meter = Meter()
    assert meter.rate(0.0, 0) == 0.0
    for tick in range(1, 31):
        assert meter.rate(tick / 10, 50 * tick) == pytest.approx(500.0)
    for tick in range(1, 31):
        slow = meter.rate(3 + tick / 10, 1500 + tick)
    assert slow == pytest.approx(10.0)
    meter.restart()
    assert meter.rate(10.0, 9000) == 0.0
    assert meter.rate(10.0, 9000) == 0.0
