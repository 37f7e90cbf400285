"""The status line."""

from typing import ClassVar

from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.lines import Line, Span, TextLines, line_width, wrapped
from bptui.tui.drawing.numbers import rate, significant
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.panes.snapshot_pane import SnapshotPane

_STATE_STYLES = {"running": "good", "paused": "warning", "finished": "accent", "diverged": "bad"}

_IMPORTANCE = (
    "state",
    "epoch",
    "fault",
    "cost",
    "message",
    "data",
    "layers",
    "seed",
    "speed",
    "activation",
    "kind",
)
"""From the part that is always there to the one that goes first."""
_DESCRIPTION = ("data", "layers", "activation", "kind", "seed")
_PROGRESS = ("state", "fault", "epoch", "cost", "speed", "message")


class StatusPane(SnapshotPane, can_focus=False):
    """What is trained, and how far it is, in one line without a frame."""

    HELP: ClassVar[str] = (
        "What is being trained, with its seed, and how far it is: the state in one word, "
        "the epoch, the cost J and the epochs per second; and the planted fault, if any."
    )
    SCROLLS: ClassVar[bool] = False
    DEFAULT_CSS = """
    StatusPane {
        border: none;
        height: 1;
        padding: 0 1;
        overflow: hidden;
        &:ansi { border: none; }
        &.-ascii { border: none; }
        &.-ascii:ansi { border: none; }
    }
    """

    def draw(self, snapshot: Snapshot) -> None:
        """Show one line."""
        self.show_lines(TextLines((status_line(snapshot, self.size.width, self.symbols),)))


def status_line(snapshot: Snapshot, width: int, symbols: Symbols) -> Line:
    """Return the status in at most `width` cells; what does not fit is left out whole."""
    parts = _parts(snapshot, symbols)
    kept = [name for name in _IMPORTANCE if parts[name][0]]
    dropped: list[str] = []
    while len(kept) > 1 and line_width(_line(parts, kept, symbols)) > width:
        dropped.append(kept.pop())
    if "message" in dropped:
        room = width - line_width(_line(parts, kept, symbols)) - 2
        if room >= 12:
            text, style = parts["message"]
            begin = wrapped(text, room - len(symbols.ellipsis))[0]
            parts["message"] = (begin + symbols.ellipsis, style)
            kept.append("message")
    for name in reversed(dropped):
        if name != "message" and line_width(_line(parts, [*kept, name], symbols)) <= width:
            kept.append(name)
    return _line(parts, kept, symbols)


def _parts(snapshot: Snapshot, symbols: Symbols) -> dict[str, Span]:
    description = snapshot.description
    fault = ""
    if snapshot.fault is not None:
        fault = f"fault: {'?' if snapshot.fault_hidden else snapshot.fault}"
    return {
        "fault": (fault, "warning"),
        "data": (symbols.text(description.data), ""),
        "layers": ("-".join(map(str, description.layers)), ""),
        "activation": (symbols.text(description.activation), ""),
        "kind": (symbols.text(description.cost), ""),
        "seed": (f"seed {snapshot.seed}", ""),
        "state": (snapshot.state, _STATE_STYLES[snapshot.state]),
        "epoch": (f"epoch {snapshot.epoch:,}", ""),
        "cost": (f"J {significant(snapshot.cost)}", ""),
        "speed": (rate(snapshot.epochs_per_second), ""),
        "message": (
            symbols.text(snapshot.message),
            "bad" if snapshot.state == "diverged" else "accent",
        ),
    }


def _line(parts: dict[str, Span], kept: list[str], symbols: Symbols) -> Line:
    spans: list[Span] = []
    for name in _DESCRIPTION:
        if name in kept:
            spans += [(symbols.separator, ""), parts[name]] if spans else [parts[name]]
    for name in _PROGRESS:
        if name in kept:
            gap = "    " if name == "state" else "  "
            spans += [(gap, ""), parts[name]] if spans else [parts[name]]
    return tuple(spans)
