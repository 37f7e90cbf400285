"""Waiting until the screen has caught up, without waiting for real time.

Textual paints at most 60 times a second of real time. A demo's frames come as fast as
they can be made, so this asks for the painting that is due. It is all that knows how.
"""

import asyncio
import contextlib

from textual.app import App
from textual.message_pump import MessagePump
from textual.widgets import Input

_ROUNDS = 50
"""More than any screen takes; one that never comes to rest is recorded as it is."""
_PATIENCE = 1.0
"""Real seconds."""


async def settle(app: App[None]) -> None:
    """Wait until every message is handled and every layout done, with no cursor blinking."""
    for _ in range(_ROUNDS):
        screen = app.screen
        pumps: list[MessagePump] = [app, *screen.walk_children(with_self=True)]
        await _handled(app, pumps)
        for field in screen.query(Input):
            field.cursor_blink = False
        if app.is_headless:
            screen._update_timer.stop()
        if screen._layout_required or screen._repaint_required or screen._dirty_widgets:
            if app.is_headless and not screen._layout_required:
                # Nobody would see what is painted; a recording takes the whole screen.
                screen._repaint_required = False
                screen._dirty_widgets.clear()
            screen._on_timer_update()
        elif app.screen is screen and not any(pump.message_queue_size for pump in pumps):
            return


async def _handled(app: App[None], pumps: list[MessagePump]) -> None:
    """Wait until each has handled what is in its queue now."""
    done = asyncio.Event()
    left = len(pumps)

    def count() -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    for pump in pumps:
        if not pump.call_later(count):
            count()
    # One that is closed meanwhile never answers; the next round does without it.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await done.wait()
