"""What opens over the dashboard, by the action that opens it.

Every screen is imported when it is first wanted: none is needed for the first picture.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bptui.core.training.commands import PlantFault, ShowPhases, SweepEpsilon

if TYPE_CHECKING:
    from bptui.tui.app import Dashboard


def _faults(dashboard: "Dashboard") -> None:
    from bptui.tui.screens.faults import FaultScreen

    def plant(command: PlantFault | None) -> None:
        if command is not None:
            dashboard.worker.send(command)

    latest = dashboard.worker.latest
    if latest is None:
        return
    if latest.description.takes_faults:
        dashboard.push_screen(FaultScreen(latest), plant)
    else:
        dashboard.worker.send(PlantFault(None))  # the answer says why not


def _epsilon(dashboard: "Dashboard") -> None:
    from bptui.tui.screens.epsilon import EpsilonScreen

    latest = dashboard.worker.latest
    if latest is None:
        return
    dashboard.worker.send(SweepEpsilon())
    # Of somebody's own model there is nothing to plot, and the answer says so.
    if latest.description.layers and not latest.no_check:
        dashboard.open_with_pane(EpsilonScreen(latest))


def _article(dashboard: "Dashboard") -> None:
    from bptui.tui.screens.article import ArticleScreen

    latest = dashboard.worker.latest
    running = latest is not None and latest.state == "running"
    dashboard.push_screen(ArticleScreen(training=running))


def _phases(dashboard: "Dashboard") -> None:
    from bptui.tui.screens.phases import PhasesScreen

    latest = dashboard.worker.latest
    if latest is None:
        return
    if latest.description.layers and latest.state in ("running", "paused"):
        dashboard.open_with_pane(PhasesScreen(latest, dashboard.worker.send))
    else:
        dashboard.worker.send(ShowPhases())  # the answer says why not


def _export(dashboard: "Dashboard") -> None:
    from bptui.tui.picture.frame import capture
    from bptui.tui.screens.export import ExportScreen

    if len(dashboard.screen_stack) > 1:
        return
    shown = dashboard.draw_all()  # or the picture is of an earlier epoch than the rest
    if shown is not None:
        dashboard.push_screen(ExportScreen(shown, capture(dashboard)))


def _help(dashboard: "Dashboard") -> None:
    from bptui.tui.screens.help import HelpScreen

    dashboard.push_screen(HelpScreen(dashboard.applying, dashboard.explained))


OPENING: dict[str, Callable[["Dashboard"], None]] = {
    "fault": _faults,
    "sweep-epsilon": _epsilon,
    "article": _article,
    "phases": _phases,
    "export": _export,
    "help": _help,
}
