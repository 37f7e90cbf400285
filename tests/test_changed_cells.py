"""What is sent of an update: enough to show the same, and no cell that shows it already."""

import random

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from terminal import AnsweringScreen, RepeatingStream
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from bptui.tui.changed_cells import ShownCells

COLUMNS, ROWS = 12, 3
STYLES = [
    Style(),
    Style(color="red"),
    Style(color="red", bold=True),
    Style(bgcolor="blue"),
    Style(color="color(99)", bgcolor="blue", underline=True),
    Style(color="bright_white", reverse=True),
]
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


def send(shown: ShownCells, update: object, **choices: object) -> str:
    assert shown.want(update, ColorSystem.EIGHT_BIT)
    return shown.text(**choices)  # type: ignore[arg-type]


def looks(screen: pyte.Screen) -> list[tuple[object, ...]]:
    """Return what can be seen of every cell."""
    cells = [screen.buffer[y][x] for y in range(ROWS) for x in range(COLUMNS)]
    return [
        (cell.data, cell.bg)
        if cell.data == " " and not cell.underscore and not cell.reverse
        else (cell.data, cell.fg, cell.bg, cell.bold, cell.underscore, cell.reverse)
        for cell in cells
    ]


def emulated(*texts: str) -> pyte.Screen:
    screen = AnsweringScreen(COLUMNS, ROWS, lambda answer: None)
    stream = RepeatingStream(screen)
    for text in texts:
        stream.feed(text.encode())
    return screen


@given(
    SEEDS,
    SEEDS,
    st.integers(0, COLUMNS - 1),
    st.integers(1, COLUMNS),
    st.booleans(),
    st.sampled_from([0, COLUMNS]),
    st.sampled_from([CHARACTERS, "    ──"]),
)
def test_the_terminal_shows_what_was_drawn(
    one: int,
    other: int,
    first: int,
    length: int,
    repeats: bool,
    erased_columns: int,
    characters: str,
) -> None:
    end = min(COLUMNS, first + length)
    before, after = rows(random.Random(one), characters), rows(random.Random(other), characters)
    shown, choices = ShownCells(), {"repeats": repeats, "erased_columns": erased_columns}
    texts = send(shown, layout(before), **choices), send(shown, chops(after, first, end), **choices)
    mixed = [
        old[:first] + new[first:end] + old[end:] for old, new in zip(before, after, strict=True)
    ]
    assert looks(emulated(*texts)) == looks(emulated(plainly(mixed)))


def plainly(picture: list[Row]) -> str:
    """Return a picture as Rich would write it."""
    return "".join(
        f"\x1b[{y};{x}H" + style.render(character, color_system=ColorSystem.EIGHT_BIT)
        for y, row in enumerate(picture, 1)
        for x, (character, style) in enumerate(row, 1)
    )


@given(SEEDS, SEEDS, st.integers(1, 60))
def test_what_has_no_room_comes_later_as_it_is_by_then(one: int, other: int, room: int) -> None:
    shown, before, after = ShownCells(), rows(random.Random(one)), rows(random.Random(other))
    texts = [send(shown, layout(before), room=room), send(shown, layout(after), room=room)]
    while shown.drop_shown():
        texts.append(shown.text(room=room))
    assert looks(emulated(*texts)) == looks(emulated(plainly(after)))


def test_the_first_row_goes_with_every_part_and_no_other_is_left_behind() -> None:
    def numbered(number: int) -> list[Row]:
        return [[(character, Style()) for character in f"row {y} of {number:3}"] for y in range(3)]

    shown = ShownCells()
    parts = [send(shown, layout(numbered(number)), room=20) for number in (1, 2, 3, 3)]
    assert [part.count("row") for part in parts] == [2, 1, 0, 0]
    assert "row 2" in parts[1]
    assert [f"\x1b[1;12H{number}" in parts[number - 1] for number in (2, 3)] == [True, True]
    assert not shown.drop_shown()
    assert send(shown, layout(numbered(4)), room=0) == "\x1b[1;12H4"


def test_rows_go_on_where_they_ended_after_the_first_row_went_alone() -> None:
    picture = [[(character, Style()) for character in f"row {y}       "] for y in range(3)]
    shown = ShownCells()
    assert "row 1" in send(shown, layout(picture), room=20)
    later = [[(character, Style()) for character in f"now {y}       "] for y in range(3)]
    assert send(shown, layout(later), room=0) == "\x1b[1Hn"
    assert "now 2" in shown.text(room=1)


def test_what_is_the_same_is_not_written_out() -> None:
    line = [("─", Style(color="red"))] * COLUMNS
    blank = [(character, Style(bgcolor="blue")) for character in f"x{' ' * (COLUMNS - 1)}"]
    update = layout([line, blank, blank])
    assert send(ShownCells(), update).count("─") == COLUMNS
    sent = send(ShownCells(), update, repeats=True, erased_columns=COLUMNS)
    assert "─\x1b[11b" in sent and "\x1b[K" in sent and sent.count(" ") == 0


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (Style(color="red"), Style(color="red", bold=True), "\x1b[1m"),
        (Style(color="red"), Style(color="red", bgcolor="blue"), "\x1b[44m"),
        (Style(color="red", bold=True), Style(color="green"), "\x1b[0;32m"),
        (Style(color="red", bold=True), Style(), "\x1b[m"),
    ],
)
def test_of_a_style_only_what_changes_is_sent(before: Style, after: Style, code: str) -> None:
    picture = [[("a", before), ("b", after), *[("c", after)] * (COLUMNS - 2)]] * ROWS
    assert f"a{code}bccc" in send(ShownCells(), layout(picture))


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


def test_a_picture_of_another_size_is_sent_whole_and_alone() -> None:
    picture, shown = rows(random.Random(0)), ShownCells()
    send(shown, layout(picture))
    shown.forget()  # as when the terminal says that it is smaller
    # Meanwhile something is painted where it was before: beyond the edge, so that it lands there.
    shown.want_lines([(y, 0, strip(row)) for y, row in enumerate(picture)], ColorSystem.EIGHT_BIT)
    shown.text(room=1)
    smaller = LayoutUpdate([[strip(row[:8])] for row in picture[:2]], Region(0, 0, 8, 2))
    assert send(shown, smaller) == send(ShownCells(), smaller)
    assert not shown.drop_shown()


def test_a_blank_screen_is_sent_whole_before_anything_else() -> None:
    picture, other, shown = rows(random.Random(0)), rows(random.Random(1)), ShownCells()
    send(shown, layout(picture))
    shown.begin_anew()
    shown.want_lines([(0, 0, strip(other[0]))], ColorSystem.EIGHT_BIT)
    assert send(shown, chops(other, 0, COLUMNS)) == "" and not shown.drop_shown()
    assert send(shown, layout(other)) == send(ShownCells(), layout(other))


def test_another_kind_of_update_is_left_alone() -> None:
    shown, other = ShownCells(), object()
    send(shown, layout(rows(random.Random(0))))
    assert not shown.want(other, ColorSystem.EIGHT_BIT)
    assert send(shown, layout(rows(random.Random(0))))
