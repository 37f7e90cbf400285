"""When the next picture may go, on a clock that the test moves."""

import math
from io import StringIO

import pytest

from bptui.tui.cadence import LOCAL, Cadence
from bptui.tui.driver import _Forgiving
from bptui.tui.line import Line


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(clock)


@pytest.fixture
def answering(line: Line, clock: Clock) -> Line:
    line.sent(60)
    clock.now += 0.01
    line.answered()
    return line


def take(line: Line, clock: Clock, size: int, seconds: float) -> None:
    line.sent(size)
    clock.now += seconds
    line.answered()


def test_a_picture_waits_until_the_terminal_has_the_one_before(
    answering: Line, clock: Clock
) -> None:
    assert answering.free and answering.sent(2000)
    clock.now += 0.9
    assert not answering.free and answering.waiting == 1
    answering.answered()
    assert answering.free and answering.slow


def test_a_slow_line_is_given_a_part_of_a_second_at_a_time(answering: Line, clock: Clock) -> None:
    assert answering.room == 800
    take(answering, clock, 800, 0.44)
    assert answering.room == pytest.approx(800)
    take(answering, clock, 2000, 1.04)
    assert answering.room == pytest.approx(800)
    take(answering, clock, 100, 0.3)  # so little tells nothing
    assert answering.room == pytest.approx(800)


def test_what_seems_to_be_faster_is_tried_with_twice_as_much(line: Line, clock: Clock) -> None:
    take(line, clock, 60, 0.5)
    take(line, clock, 800, 0.6)
    assert line.room == 1600
    take(line, clock, 1600, 1.1)
    assert line.room == pytest.approx(0.4 * 1600 / 0.57)


def test_a_fast_line_is_given_everything(answering: Line, clock: Clock) -> None:
    take(answering, clock, 1000, 0.02)
    assert answering.room == math.inf and not answering.slow


def test_a_delay_alone_is_no_slow_line(line: Line, clock: Clock) -> None:
    for size in (60, 9000, 1200):
        take(line, clock, size, 0.6)
    assert line.free and not line.slow and line.room == math.inf
    line.sent(1000)
    clock.now += 0.3
    assert line.free  # the line is long, not full
    line.sent(1000)
    clock.now += 0.5
    assert not line.free


def test_an_answer_that_is_lost_is_not_waited_for_for_ever(answering: Line, clock: Clock) -> None:
    answering.sent(100)
    clock.now += 11.0
    assert answering.free
    take(answering, clock, 100, 0.1)
    assert answering.free and not answering.waiting


@pytest.mark.parametrize(("usual", "too_soon", "enough"), [(0.02, 1.0, 1.2), (1.1, 6.0, 7.0)])
def test_a_lost_answer_is_given_up_after_some_times_what_the_others_took(
    line: Line, clock: Clock, usual: float, too_soon: float, enough: float
) -> None:
    take(line, clock, 60, usual / 2)
    take(line, clock, 800, usual)
    for wait in (1.0, 2.0):  # a line that has stalled is asked less and less often
        line.sent(800)
        asked = clock.now
        clock.now = asked + min(wait * too_soon, 9.9)
        assert not line.free and line.waiting == 1
        clock.now = asked + wait * enough
        assert line.free and not line.waiting


@pytest.mark.parametrize("moment", [1, 2])
def test_an_answer_may_come_while_somebody_looks_whether_the_line_is_free(moment: int) -> None:
    looks = 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        if looks == moment:
            line.answered()
        return 100.0

    line = Line(clock)
    line.sent(60)
    line.answered()
    line.sent(1000)
    looks = 0
    line.free  # noqa: B018
    line.answered()
    assert line.free


def test_a_terminal_that_never_answers_is_asked_once(line: Line, clock: Clock) -> None:
    assert line.sent(60)
    assert not any(line.sent(1000) for _ in range(3))
    assert line.free


def test_without_answers_the_first_picture_goes_and_then_as_much_as_a_slow_line_takes(
    line: Line, clock: Clock
) -> None:
    line.sent(60)
    assert line.room == 800
    clock.now += 0.2
    assert line.free and line.room == math.inf
    line.sent(9000)
    assert line.free and line.room == 0  # but for the status line
    clock.now += 5.1
    assert line.room == 800


def test_without_answers_whoever_presses_a_key_waits_for_nothing(line: Line, clock: Clock) -> None:
    line.sent(60)
    clock.now += 0.2
    line.sent(9000)
    line.hurry()
    assert line.free and line.room == math.inf
    clock.now += 1.1
    assert line.room == 0


def test_without_answers_no_more_is_sent_than_went_through(line: Line, clock: Clock) -> None:
    line.sent(60)
    line.wrote(1000, 0.001)
    assert line.free
    line.wrote(1000, 1.0)
    assert line.slow and not line.free
    clock.now += 16.1  # what the system had kept is through
    assert line.free and line.room == 400
    line.sent(900)
    clock.now += 0.9
    assert line.room == 0
    clock.now += 0.2
    assert line.room == 400


def test_what_held_a_write_up_is_told_in_bytes(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote: list[int] = []
    monkeypatch.setattr(line, "wrote", lambda size, seconds: wrote.append(size))
    stream = _Forgiving(StringIO(), line)
    stream.write("Θ⣿")
    stream.write("x")
    stream.flush()
    stream.flush()
    assert wrote == [6, 0]


def test_a_line_that_stalled_once_is_not_held_to_it_for_ever(line: Line, clock: Clock) -> None:
    line.sent(60)
    line.wrote(2000, 50.0)
    clock.now += 301.0
    line.sent(2000)
    clock.now += 1.2
    assert line.free and line.room == 800


def test_an_answer_nobody_asked_for_means_nothing(line: Line) -> None:
    line.answered()
    assert line.free and not line.waiting


def test_the_cadence_keeps_its_proportions() -> None:
    assert LOCAL.at(20) == Cadence(status=0.05, numbers=0.125, pictures=0.25)
