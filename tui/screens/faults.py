"""The picker of planted faults."""

import random
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key, Resize
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from bptui.core.faults import FAULTS, Fault
from bptui.core.snapshot import Snapshot
from bptui.core.training.commands import PlantFault
from bptui.tui.drawing.lines import fit
from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender
from bptui.tui.screens.over import OverScreen

_NONE, _SURPRISE, _REVEAL = "none", "surprise me", "reveal"
_WIDEST = 78
"""Columns of the screen, at most."""
_NAME = max(map(len, FAULTS)) + 2


class FaultScreen(OverScreen[PlantFault | None]):
    """Lists the faults with what each teaches; Enter plants one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", show=False),
        Binding("h", "hide", "Hide the name", show=False),
        Binding("slash", "search", "Search", show=False),
    ]

    DEFAULT_CSS = """
    FaultScreen > .-box { width: 78; height: 30; max-height: 100%; }
    FaultScreen Input { height: 1; border: none; padding: 0; background: $surface; }
    FaultScreen Input:focus { border: none; background: $boost; }
    FaultScreen OptionList {
        height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size: 1 1;
        text-wrap: nowrap; text-overflow: clip;
    }
    FaultScreen OptionList:focus { border: none; }
    FaultScreen Static { height: 6; padding: 1 0 0 0; }
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Take what is planted now, and what cannot be."""
        super().__init__()
        self._planted, self._unknown = snapshot.fault, snapshot.fault_hidden
        self._refused = snapshot.description.no_faults
        self._hide = False

    def compose(self) -> ComposeResult:
        """Make the field to search with, the list and the description."""
        self._search = Input(
            placeholder="type to search; press / first if the word begins with h",
            select_on_focus=False,
        )
        self._list = OptionList(markup=False)
        self._about = Static(markup=False)
        with Vertical(classes=f"-box {self.symbols.frame}") as self._box:
            yield self._search
            yield self._list
            yield self._about

    def on_mount(self) -> None:
        """Show all faults, the planted one highlighted."""
        if not self.symbols.unicode:
            self._list.vertical_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]
        self._fill()
        self._list.focus()

    def on_resize(self, event: Resize) -> None:
        """Cut what each fault is about to the room there is."""
        chosen = self._list.highlighted
        self._fill()
        self._list.highlighted = chosen

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the faults in which the words are found."""
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the highlighted one, from the field as well."""
        self._list.action_select()

    def on_key(self, event: Key) -> None:
        """Let typing search, and the arrows move in the list, wherever the focus is."""
        if event.key in ("down", "up") and self._search.has_focus:
            self._list.focus()
            if event.key == "down":
                self._list.action_cursor_down()
            else:
                self._list.action_cursor_up()
        elif event.is_printable and (
            # The field keeps its own keys to itself: this one was sent to the list before.
            self.focused is self._search or event.key not in ("h", "slash")
        ):
            self.set_focus(self._search)
            self._search.insert_text_at_cursor(event.character or "")
        else:
            return
        event.stop()

    def action_search(self) -> None:
        """Go to the field, where every letter is text."""
        self.set_focus(self._search)

    def action_hide(self) -> None:
        """Switch whether the name of what is planted will be shown."""
        self._hide = not self._hide
        self._label()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Describe it."""
        self._describe(event.option_id or "")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Plant it."""
        name = event.option_id or ""
        if name == _NONE:
            self.dismiss(PlantFault(None))
        elif name == _REVEAL:
            self.dismiss(PlantFault(self._planted))
        elif name == _SURPRISE:
            possible = [each for each in FAULTS if each not in self._refused]
            others = [each for each in possible if each != self._planted]
            self.dismiss(PlantFault(random.choice(others or possible), hidden=True))
        elif name in self._refused:
            self.app.bell()
        else:
            self.dismiss(PlantFault(name, hidden=self._hide))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is found by what was typed."""
        return not self._list.option_count

    def _fill(self) -> None:
        words = self._search.value.lower().split()
        choices = list(self._choices())
        # Titles are looked through only for what no name has, and what a fault teaches last.
        found = (
            [each for each in choices if _has(words, each[0])]
            or [each for each in choices if _has(words, *each)]
            or [each for each in choices if _has(words, *each, _teaches(each[0]))]
        )
        options = [Option(self._row(name, title), name) for name, title in found]
        self._list.clear_options()
        self._list.add_options(options)
        names = [option.id for option in options]
        shown = None if self._unknown else self._planted
        self._list.highlighted = (names.index(shown) if shown in names else 0) if names else None
        if not names:
            self._about.update("nothing of that name")
        self._label()

    def _choices(self) -> Iterator[tuple[str, str]]:
        if self._planted is not None and self._unknown:
            yield _REVEAL, "say which one is planted"
        if self._planted is not None:
            yield _NONE, "take the fault away again"
        yield _SURPRISE, "plant one and keep its name to itself"
        for fault in FAULTS.values():
            yield fault.name, fault.title

    def _row(self, name: str, title: str) -> Content:
        refused = name in self._refused
        planted = name == self._planted and not self._unknown
        mark = "-" if refused else self.symbols.point if planted else " "
        text = self.symbols.text(self._refused[name] if refused else title)
        room = max(0, min(_WIDEST, self.app.size.width) - 4 - _NAME - 3)
        text = fit(text, room, ellipsis=self.symbols.ellipsis).rstrip()
        row = f"{mark} {name:<{_NAME}}{text}"
        return Content.styled(row, "dim") if refused else Content(row)

    def _describe(self, name: str) -> None:
        text = _teaches(name)
        if name in self._refused:
            text = f"Cannot be planted here: it {self._refused[name]}. {text}"
        self._about.update(self.symbols.text(text))

    def _label(self) -> None:
        separator = self.symbols.separator
        planted = ""
        if self._planted is not None:
            planted = f"{separator}now: {'?' if self._unknown else self._planted}"
        self._box.border_title = f"Plant a fault{planted}"
        hide = f"h hides its name ({'yes' if self._hide else 'no'})"
        self._box.border_subtitle = separator.join(("Enter plants", hide, "Esc closes"))


def _has(words: list[str], *texts: str) -> bool:
    return all(word in " ".join(texts).lower() for word in words)


def _teaches(name: str) -> str:
    fault: Fault | None = FAULTS.get(name)
    if fault is not None:
        return fault.teaches
    return {
        _NONE: "Backpropagation is right again from the next step on.",
        _SURPRISE: "An exercise: watch the cost, the check and Θ, and find out which it is.",
        _REVEAL: "The answer to the exercise; the fault stays planted.",
    }.get(name, "")
