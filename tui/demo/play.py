"""Playing a script: on the terminal in real time, or into a recording at once."""

import asyncio
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from bptui.core.configuration import Configuration
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session, build_trainer
from bptui.core.training.commands import TogglePause
from bptui.tui.cadence import Cadence
from bptui.tui.command_line.invocation import configuration_of
from bptui.tui.commands.interruption import Interruption
from bptui.tui.commands.run import DEFAULT_SPEED
from bptui.tui.demo.app import DemoDashboard, OnFrame
from bptui.tui.demo.clock import FRAMES_PER_SECOND, FixedClock
from bptui.tui.demo.script import Script
from bptui.tui.demo.worker import SteppedWorker
from bptui.tui.departure import Departure
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.picture.frame import Frame, capture
from bptui.tui.theme import set_theme

_CADENCE = Cadence(status=0.2, numbers=0.4, pictures=0.6)
"""Calmer than on a terminal of one's own: whoever watches a demo reads its captions too."""
_THEME = "textual-dark"
_LATE = 0.5
"""Seconds that a frame may be late; after more, as after a suspension, time starts anew."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Every frame that differs from the one before."""

    frames: tuple[tuple[float, Frame], ...]
    """Each with the second at which it appears."""
    seconds: float
    """How long it all takes."""

    def every(self, seconds: float) -> list[tuple[float, Frame]]:
        """Return one frame for every so many seconds: the last that appears in them."""
        last = {int(at // seconds): frame for at, frame in self.frames}
        return [(number * seconds, frame) for number, frame in last.items()]


def record(script: Script, interruption: Interruption | None = None) -> Recording:
    """Return what is seen while `script` is played.

    The same script makes the same frames, on whatever terminal and at whatever speed
    this happens.

    Args:
        script: what to play.
        interruption: has noted the signals that came before the recording can hear them.

    Raises:
        InputError: the script's settings are impossible, or a step cannot be done.
        SystemExit, KeyboardInterrupt: a signal ended it.
    """
    frames: list[tuple[float, Frame]] = []
    clock = FixedClock()

    async def keep(app: DemoDashboard, changed: bool) -> None:
        if changed:
            frames.append((clock(), capture(app)))

    with _no_wishes_about_colors():
        app = _dashboard(script, clock, keep)
        app.theme = script.settings.get("theme", _THEME)
    with Departure(app.cut_off):
        if interruption is not None and interruption.signal is not None:
            raise SystemExit(interruption.status)
        app.run(headless=True, size=script.size)
    _check_ended_well(app)
    if not app.ended:
        # A signal, or a bug; what there is so far is not the whole.
        raise SystemExit(app.return_code) if app.return_code else KeyboardInterrupt
    return Recording(tuple(frames), clock())


def play(script: Script, symbols: Symbols) -> tuple[int, Snapshot | None]:
    """Play `script` on the terminal; return the exit status, and what was shown last.

    Raises:
        InputError: the script's settings are impossible, or a step cannot be done.
    """
    clock = FixedClock()
    began = monotonic()

    async def wait(app: DemoDashboard, changed: bool) -> None:
        nonlocal began
        early = began + clock() - monotonic()
        if early < -_LATE:
            began = monotonic() - clock()
        await asyncio.sleep(max(0.0, early))

    app = _dashboard(script, clock, wait, symbols=symbols, stays=True)
    set_theme(app, script.settings.get("theme"))
    with Departure(app.cut_off):
        app.run()
    _check_ended_well(app)
    return app.return_code or 0, app.worker.latest


def _dashboard(
    script: Script,
    clock: FixedClock,
    on_frame: OnFrame,
    *,
    symbols: Symbols = UNICODE,
    stays: bool = False,
) -> DemoDashboard:
    configuration: Configuration = configuration_of(script.settings)
    session = Session(
        build_trainer(configuration),
        speed=script.settings.get("speed", DEFAULT_SPEED),
        checking=script.settings.get("check", True),
        interval=_CADENCE.status - 0.5 / FRAMES_PER_SECOND,
        clock=clock,
        stepped=True,
    )
    if script.paused:
        session.send(TogglePause())
    # The picker of faults draws lots.
    random.seed(0)
    worker = SteppedWorker(session, clock)
    return DemoDashboard(
        script, worker, clock, on_frame, cadence=_CADENCE, symbols=symbols, stays=stays
    )


def _check_ended_well(app: DemoDashboard) -> None:
    if app.refusal is not None:
        raise app.refusal


@contextmanager
def _no_wishes_about_colors() -> Iterator[None]:
    """Hide NO_COLOR: it is about this terminal, and a recording is for others."""
    wish = os.environ.pop("NO_COLOR", None)
    try:
        yield
    finally:
        if wish is not None:
            os.environ["NO_COLOR"] = wish
