from hypothesis import given
from hypothesis import strategies as st

from bptui.tui.drawing.whole_columns import MORE, columns_from, most_scrolled

WIDTHS = st.lists(st.integers(MORE + 1, 12), min_size=1, max_size=20)


@given(WIDTHS, st.integers(0, 100))
def test_columns_fit_with_their_mark_and_the_last_one_can_be_reached(
    widths: list[int], room: int
) -> None:
    most = most_scrolled(widths, room)
    for first in range(most + 1):
        seen = columns_from(first, widths, room)
        ends = seen.stop == len(widths)
        assert seen.start == first and len(seen) >= 1 and ends == (first == most)
        taken = sum(widths[column] for column in seen) + (0 if ends else MORE)
        assert len(seen) == 1 or taken <= room
        with_next = sum(widths[first : seen.stop + 1])
        with_next += MORE if seen.stop + 1 < len(widths) else 0
        assert ends or with_next > room


def test_where_all_fit_none_is_scrolled_out() -> None:
    assert most_scrolled([4, 5], 9) == 0 and columns_from(0, [4, 5], 9) == range(2)
    assert most_scrolled([4, 5], 8) == 1 and columns_from(0, [4, 5], 8) == range(1)
