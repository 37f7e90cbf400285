"""What waits for the line to the terminal goes on when the line does."""

import asyncio
from pathlib import Path

from test_dashboard import Paused, until

from bptui.tui.cadence import Cadence
from bptui.tui.line import Line


def test_what_finds_the_line_busy_again_is_told_by_the_next_answer(tmp_path: Path) -> None:
    line = Line(lambda: 100.0)
    line.sent(60)
    line.answered()
    line.sent(60)
    line.sent(60)

    async def session() -> None:
        app = Paused(tmp_path)
        app._cadence = Cadence(1000.0, 1000.0, 1000.0)  # no tick draws in its place
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.worker.latest and app.shown.state == "paused")
            app._driver.line = line  # type: ignore[union-attr]
            app.waits = True
            for waits in (True, False):
                line.answered()
                app._hear_answer()
                await pilot.pause()
                assert app.waits is waits

    asyncio.run(session())
