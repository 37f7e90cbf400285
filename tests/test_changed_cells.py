"""What is sent of an update: enough to show the same, and no cell that shows it already."""

import random

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from bptui.tui.changed_cells import ShownCells

COLUMNS, ROWS = 12, 3
STYLES = [Style(), Style(color="red"), Style(color="red", bold=True), Style(bgcolor="blue")]
CHARACTERS = "ab é─Θ"
SEEDS = st.integers(0, 10**6)

Row = list[tuple[str, Style]]


def rows(choose: random.Random, characters: str = CHARACTERS) -> list[Row]:
    return [
        [(choose.choice(characters), choose.choice(STYLES)) for _ in range(COLUMNS)]
        for _ in range(ROWS)
    ]


def strip(row: Row) -> Strip:
    return Strip([Segment(*cell) for cell in row])


def layout(picture: list[Row]) -> LayoutUpdate:
    return LayoutUpdate([[strip(row)] for row in picture], Region(0, 0, COLUMNS, ROWS))


def chops(picture: list[Row], first: int, end: int) -> ChopsUpdate:
    middle = COLUMNS // 2
    parts = [{0: strip(row[:middle]), middle: strip(row[middle:])} for row in picture]
    spans = [(y, first, end) for y in range(ROWS)]
    return ChopsUpdate(parts, spans, [[middle, COLUMNS]] * ROWS)


def send(shown: ShownCells, update: object) -> str:
    return shown.text_for(update, ColorSystem.EIGHT_BIT)


def looks(screen: pyte.Screen) -> list[tuple[str, str, str, bool]]:
    cells = (screen.buffer[y][x] for y in range(ROWS) for x in range(COLUMNS))
    return [(cell.data, cell.fg, cell.bg, cell.bold) for cell in cells]


def emulated(*texts: str) -> pyte.Screen:
    screen = pyte.Screen(COLUMNS, ROWS)
    screen.set_mode(pyte.modes.LNM)
    for text in texts:
        pyte.Stream(screen).feed(text)
    return screen


@given(SEEDS, SEEDS, st.integers(0, COLUMNS - 1), st.integers(1, COLUMNS))
def test_the_terminal_shows_what_was_drawn(one: int, other: int, first: int, length: int) -> None:
    end = min(COLUMNS, first + length)
    before, after = rows(random.Random(one)), rows(random.Random(other))
    shown = ShownCells()
    texts = send(shown, layout(before)), send(shown, chops(after, first, end))
    mixed = [
        old[:first] + new[first:end] + old[end:] for old, new in zip(before, after, strict=True)
    ]
    assert looks(emulated(*texts)) == looks(emulated(send(ShownCells(), layout(mixed))))


@given(SEEDS)
def test_what_is_shown_already_is_not_sent(seed: int) -> None:
    picture, shown = rows(random.Random(seed)), ShownCells()
    assert send(shown, layout(picture))
    assert send(shown, layout(picture)) == send(shown, chops(picture, 0, COLUMNS)) == ""
    shown.forget()
    assert send(shown, layout(picture))


def test_one_digit_costs_a_jump_and_the_digit() -> None:
    plain = [[(character, Style()) for character in "epoch 10    "]] * ROWS
    shown = ShownCells()
    send(shown, layout(plain))
    later = [*plain[:1], [(character, Style()) for character in "epoch 11    "], *plain[2:]]
    assert send(shown, layout(later)) == "\x1b[2;8H1"


def test_no_half_of_a_wide_character_is_sent() -> None:
    def wide(text: str) -> list[Row]:
        return [[(character, Style()) for character in text]] * ROWS

    shown = ShownCells()
    send(shown, layout(wide("中文ab    xy")))
    assert emulated(send(shown, layout(wide("a中b中   xy")))).display[0].startswith("a中")


def test_another_kind_of_update_is_left_alone() -> None:
    shown, other = ShownCells(), object()
    send(shown, layout(rows(random.Random(0))))
    assert shown.changed(other) is other
    assert send(shown, layout(rows(random.Random(0))))
