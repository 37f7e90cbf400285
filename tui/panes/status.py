"""The status line."""

from typing import ClassVar

import numpy as np

from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.lines import Line, Span, TextLines, fit, line_width, wrapped
from bptui.tui.drawing.numbers import rate, significant
from bptui.tui.drawing.outcomes import outcomes
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.panes.snapshot_pane import SnapshotPane

_STATE_STYLES = {"running": "good", "paused": "warning", "finished": "accent", "diverged": "bad"}

_IMPORTANCE = (
    "state",
    "cost",
    "epoch",
    "fault",
    "message",
    "data",
    "layers",
    "speed",
    "right",
    "seed",
    "activation",
    "kind",
)
"""From the part that is always there to the one that goes first."""
_STEERED = ("state", "cost", "epoch", "fault", "message", "data", "speed", "seed")
"""With a fault these stay longest, and its name is cut before one of them goes."""
_DESCRIPTION = ("data", "layers", "activation", "kind", "seed")
_PROGRESS = ("state", "fault", "epoch", "cost", "speed", "right", "message")
_MOST_LINES = 4
_COST_WIDTH = len("J 1.23e-05")
_FASTEST_WIDTH = len("100,000/s")
_SHORTEST_FAULT = len("fault: sign-…")
_TOO_SLOW_TO_MEASURE = 5.0
"""Epochs a second of which so few fall into one that counting them says little."""
_KEEPS_UP = 0.8
"""Of the pace that was asked for; a rate nearer to it than this needs no word about it."""


class StatusPane(SnapshotPane, can_focus=False):
    """What is trained, and how far it is, in one line without a frame.

    A message that does not fit there has lines of its own below.
    """

    HELP: ClassVar[str] = (
        "What is being trained, with its seed, and how far it is: the state, the epoch, the cost "
        "J, epochs per second (of those asked for), samples right; and any planted fault."
    )
    SCROLLS: ClassVar[bool] = False
    DEFAULT_CSS = """
    StatusPane {
        border: none;
        height: 1;
        padding: 0 1;
        overflow: hidden;
        &:ansi { border: none; }
        &.-ascii, &.-boxes { border: none; }
        &.-ascii:ansi, &.-boxes:ansi { border: none; }
    }
    """

    def draw(self, snapshot: Snapshot) -> None:
        """Show one line, or what a message needs."""
        # Where there is room for the predictions, their pane says how many are right.
        right = not self.screen.has_class("-wide")
        lines = status_lines(snapshot, self.size.width, self.symbols, right=right)
        if self.styles.height is None or self.styles.height.value != len(lines):
            self.styles.height = len(lines)
        self.show_lines(TextLines(lines))


def status_lines(
    snapshot: Snapshot, width: int, symbols: Symbols, *, right: bool = False
) -> tuple[Line, ...]:
    """Return the status in at most `width` cells; what does not fit is left out whole.

    A message that has no room beside the state, the epoch and the cost follows in lines
    of its own. With `right` it is said how many samples are put into the right class.
    """
    parts = _parts(snapshot, symbols, right=right)
    message, style = parts["message"]
    first, kept = _first_line(parts, width, symbols)
    if not message or "message" in kept:
        return (first,)
    room = max(1, width)
    below = wrapped(message, room)
    most = _MOST_LINES - 1
    if len(below) > most:
        cut = symbols.ellipsis
        last = wrapped(" ".join(below[most - 1 :]), room - len(cut))[0]
        below[most - 1 :] = [last + cut]
    first, _ = _first_line({**parts, "message": ("", "")}, width, symbols)
    return (first, *(((line, style),) for line in below))


def _first_line(parts: dict[str, Span], width: int, symbols: Symbols) -> tuple[Line, list[str]]:
    """Return a line of at most `width` cells, and the names of the parts on it."""
    parts = _with_fault_cut(parts, width, symbols)
    kept = _that_fit(parts, width, symbols)
    *spans, (text, style) = _spans(parts, kept, symbols)
    return (*spans, (text.rstrip(" "), style)), kept


def _with_fault_cut(parts: dict[str, Span], width: int, symbols: Symbols) -> dict[str, Span]:
    """Return the parts with a fault in the room that what is steered leaves it."""
    fault, style = parts["fault"]
    if len(fault) <= _SHORTEST_FAULT:
        return parts
    more = {name: parts[name] if name in _STEERED else ("", "") for name in parts}
    more["fault"] = (fault[:_SHORTEST_FAULT], style)
    kept = _that_fit(more, width, symbols)
    room = _SHORTEST_FAULT + width - line_width(_spans(more, kept, symbols))
    if "fault" not in kept or room >= len(fault):
        return parts
    return {**parts, "fault": (fit(fault, room, ellipsis=symbols.ellipsis), style)}


def _that_fit(parts: dict[str, Span], width: int, symbols: Symbols) -> list[str]:
    """Return the names of the parts that there is room for, also when their numbers grow."""
    order = dict.fromkeys((*_STEERED, *_IMPORTANCE)) if parts["fault"][0] else _IMPORTANCE
    kept = [name for name in order if parts[name][0]]
    dropped: list[str] = []
    while len(kept) > 1 and line_width(_spans(parts, kept, symbols)) > width:
        dropped.append(kept.pop())
    for name in reversed(dropped):
        if line_width(_spans(parts, [*kept, name], symbols)) <= width:
            kept.append(name)
    return kept


def _parts(snapshot: Snapshot, symbols: Symbols, *, right: bool) -> dict[str, Span]:
    """Return all parts; those whose width would change from tick to tick end in blanks."""
    description = snapshot.description
    fault = ""
    if snapshot.fault is not None:
        fault = f"fault: {'?' if snapshot.fault_hidden else snapshot.fault}"
    return {
        "fault": (fault, "warning"),
        "data": (symbols.text(description.data), ""),
        "layers": (description.size, ""),
        "activation": (symbols.text(description.activation), ""),
        "kind": (symbols.text(description.cost), ""),
        "seed": (f"seed {snapshot.seed}" if description.takes_seed else "", ""),
        "state": (snapshot.state, _STATE_STYLES[snapshot.state]),
        "epoch": (f"epoch {snapshot.epoch:,}", ""),
        "cost": (f"J {significant(snapshot.cost)}".ljust(_COST_WIDTH), ""),
        "speed": (_speed(snapshot), ""),
        "right": (_right(snapshot) if right else "", ""),
        "message": (
            symbols.text(snapshot.message),
            "bad" if snapshot.state == "diverged" else "accent",
        ),
    }


def _speed(snapshot: Snapshot) -> str:
    """Return the epochs a second, and those that are asked for where the two differ."""
    asked = snapshot.speed
    asked_text = "max" if asked is None else rate(asked)
    if snapshot.watched:
        return rate(snapshot.epochs_per_second) if snapshot.state == "running" else ""
    if snapshot.state == "paused":
        return f"pace {asked_text}"
    if snapshot.state != "running":
        return ""
    measured = snapshot.epochs_per_second
    text = rate(measured) or "0/s"
    if not measured and not snapshot.epoch and asked is not None:  # nothing is known of it yet
        return f"pace {asked_text}"
    if asked is None:
        return f"{text} max".ljust(_FASTEST_WIDTH + len(" max"))
    if asked <= _TOO_SLOW_TO_MEASURE and abs(measured - asked) <= 1.5:
        return f"pace {asked_text}"
    width = len("99.9/s") if asked <= 100 else len(asked_text)
    if not _KEEPS_UP * asked <= measured <= asked / _KEEPS_UP:
        asked_text = f" of {asked_text.removesuffix('/s')}"
        return (text + asked_text).ljust(width + len(asked_text))
    return text.ljust(width)


def _right(snapshot: Snapshot) -> str:
    description = snapshot.description
    found = outcomes(description)
    samples = min(len(snapshot.predictions), len(description.y))
    if not found.classify or not samples:
        return ""
    rows = found.right(snapshot.predictions[:samples], description.y[:samples])
    right = int(np.count_nonzero(rows))
    all_of_them = f"{samples:,}/{samples:,} right"
    return f"{right:,}/{samples:,} right".ljust(len(all_of_them))


def _spans(parts: dict[str, Span], kept: list[str], symbols: Symbols) -> Line:
    spans: list[Span] = []
    for name in _DESCRIPTION:
        if name in kept:
            spans += [(symbols.separator, ""), parts[name]] if spans else [parts[name]]
    for name in _PROGRESS:
        if name in kept:
            gap = "    " if name == "state" else "  "
            spans += [(gap, ""), parts[name]] if spans else [parts[name]]
    return tuple(spans)
