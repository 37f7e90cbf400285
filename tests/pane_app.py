"""A tiny app around one pane, and what it shows as text."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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


class StackedApp(App[None]):
    """Panes of one height, one below the other."""

    def __init__(self, panes: Sequence[LinePane], height: int, symbols: Symbols) -> None:
        super().__init__()
        self.panes, self.symbols, self.pane_height = panes, symbols, height

    def compose(self) -> ComposeResult:
        for pane in self.panes:
            pane.styles.width, pane.styles.height = "1fr", self.pane_height
            yield pane


def stacked(
    panes: Sequence[LinePane], snapshot: Snapshot, size: tuple[int, int], symbols: Symbols
) -> list[str]:
    """Return the rows of a screen on which all of `panes` show `snapshot`, each in `size`."""
    rows: list[str] = []

    async def run() -> None:
        width, height = size
        app = StackedApp(panes, height, symbols)
        async with app.run_test(size=(width, len(panes) * height)) as pilot:
            await pilot.pause()
            for pane in panes:
                pane.show(snapshot)  # type: ignore[attr-defined]
            await pilot.pause()
            await pilot.pause()
            rows.extend(screen_rows(app))

    asyncio.run(run())
    return rows


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
