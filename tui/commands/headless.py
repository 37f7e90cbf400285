"""Training on after the terminal of the dashboard is gone."""

from time import perf_counter, sleep

from bptui.core.errors import InputError
from bptui.core.training import Session
from bptui.core.training.keeper import RunKeeper
from bptui.tui.departure import Departure, forget_terminal

_SLICE = 0.05
_LONGEST_SLEEP = 0.2


def train_on(session: Session, keeper: RunKeeper | None, departure: Departure) -> int:
    """Train at the session's pace to its limit or until a signal; return the exit status.

    The run folder is all that tells of it.
    """
    forget_terminal()
    trainer, pace = session.trainer, session.pace
    pace.restart()
    while session.going and departure.status is None:
        due = pace.due(perf_counter())
        if due is None or due > 0:
            pace.did(trainer.advance(_SLICE, due))
        else:
            sleep(min(_LONGEST_SLEEP, pace.wait()))
        if keeper is not None:
            keeper.look(ended=not session.going)
    try:
        if keeper is not None:
            keeper.save()
    except InputError:
        return departure.status or 2
    return departure.status or 0
