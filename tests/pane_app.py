"""A tiny app around one pane, and what it shows as text."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App, ComposeResult

from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.panes.line_pane import LinePane


class PaneApp(App[None]):
    """One pane that fills the screen."""

    CSS = "LinePane { width: 1fr; height: 1fr; }"

    def __init__(self, pane: LinePane, symbols: Symbols = UNICODE) -> None:
        super().__init__()
        self.pane, self.symbols = pane, symbols

    def compose(self) -> ComposeResult:
        yield self.pane


def screen_rows(app: App[Any]) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def drive(
    pane: LinePane,
    steps: Callable[[PaneApp, Any], Awaitable[None]],
    *,
    size: tuple[int, int] = (80, 24),
    symbols: Symbols = UNICODE,
    theme: str | None = None,
) -> None:
    """Run an app with `pane` and let `steps` do something to it."""

    async def run() -> None:
        app = PaneApp(pane, symbols)
        async with app.run_test(size=size) as pilot:
            if theme:
                app.theme = theme
            await pilot.pause()
            await steps(app, pilot)

    asyncio.run(run())


def shown(
    pane: LinePane,
    snapshot: Snapshot,
    size: tuple[int, int] = (80, 24),
    symbols: Symbols = UNICODE,
    theme: str | None = None,
) -> list[str]:
    """Return the rows of the screen on which `pane` shows `snapshot`."""
    rows: list[str] = []

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.show(snapshot)  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.pause()
        rows.extend(screen_rows(app))

    drive(pane, steps, size=size, symbols=symbols, theme=theme)
    return rows
