"""Keys that are typed before there is anything to see, and are about that."""

from textual.events import Key

from bptui.tui.actions import ACTIONS

_LOOKING = ("fault", "sweep-epsilon", "phases", "export")
"""Actions that go by what is shown."""
_AT_ONCE = {"ctrl+c", "ctrl+z"}
"""Keys that wait for nothing, besides those that quit."""


def _keys(*names: str) -> set[str]:
    return {key for each in ACTIONS if each.id in names for key in each.keys.split(",")}


class EarlyKeys:
    """Keeps the first key that looks at what is shown, and those after it, in order."""

    def __init__(self) -> None:
        """Keep none."""
        self._kept: list[Key] = []
        self._looking, self._at_once = _keys(*_LOOKING), _AT_ONCE | _keys("quit")

    def keep(self, event: Key) -> bool:
        """Keep a key that comes before anything is shown, if it has to wait for that."""
        waits = bool(self._kept) or event.key in self._looking
        if waits and event.key not in self._at_once and not event.is_forwarded:
            self._kept.append(event)
            return True
        return False

    def taken(self) -> list[Key]:
        """Return what was kept, and keep it no longer."""
        kept, self._kept = self._kept, []
        return kept
