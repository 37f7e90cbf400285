"""When the next picture may go, on a clock that the test moves."""

import pytest

from bptui.tui.cadence import LOCAL, Cadence
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


def test_a_picture_waits_until_the_terminal_has_the_one_before(
    answering: Line, clock: Clock
) -> None:
    assert answering.free and answering.sent(2000)
    clock.now += 0.9
    assert not answering.free and answering.waiting == 1
    answering.answered()
    assert answering.free and answering.slow


def test_a_delay_alone_is_no_slow_line(line: Line, clock: Clock) -> None:
    for size in (60, 9000, 1200):
        line.sent(size)
        clock.now += 0.6
        line.answered()
    assert line.free and not line.slow


def test_an_answer_that_is_lost_is_not_waited_for_for_ever(answering: Line, clock: Clock) -> None:
    answering.sent(100)
    clock.now += 11.0
    assert answering.free


def test_a_terminal_that_never_answers_is_asked_once(line: Line, clock: Clock) -> None:
    assert line.sent(60)
    assert not any(line.sent(1000) for _ in range(3))
    assert line.free and not line.slow


def test_without_answers_no_more_is_sent_than_went_through(line: Line, clock: Clock) -> None:
    line.sent(60)
    line.wrote(1000, 0.001)
    assert line.free
    line.wrote(2000, 1.0)
    assert line.slow and not line.free
    clock.now += 10.1  # what the system had kept is through
    assert line.free
    line.sent(1800)
    clock.now += 0.9
    assert not line.free
    clock.now += 0.2
    assert line.free


def test_a_line_that_stalled_once_is_taken_for_a_fast_one_again(line: Line, clock: Clock) -> None:
    line.sent(60)
    line.wrote(2000, 50.0)
    clock.now += 301.0
    line.sent(2000)
    assert line.free and not line.slow


def test_an_answer_nobody_asked_for_means_nothing(line: Line) -> None:
    line.answered()
    assert line.free and not line.slow


def test_the_cadence_keeps_its_proportions() -> None:
    assert LOCAL.at(20) == Cadence(status=0.05, numbers=0.125, pictures=0.25)
