"""Whose turn it is to be drawn, on a clock that the test moves."""

from types import SimpleNamespace
from typing import Any

from bptui.tui.cadence import Cadence
from bptui.tui.turns import Due, Turns


def snapshot(epochs: int = 1) -> Any:
    return SimpleNamespace(curve=SimpleNamespace(epochs=epochs))


def test_while_the_terminal_is_behind_the_status_line_alone_has_its_turn() -> None:
    turns = Turns(Cadence(status=0.1, numbers=0.2, pictures=0.5))
    take = turns.take
    assert take(snapshot(), 10.0, everything=True, slow=False, behind=True) == (True, True, True)
    later = snapshot()
    assert take(later, 20.0, everything=False, slow=True, behind=True) == Due(True, False, False)
    assert take(later, 20.1, everything=False, slow=True, behind=False) == (False, True, False)
    assert take(later, 20.2, everything=False, slow=True, behind=False) == (False, False, True)
