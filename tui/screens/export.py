"""The screen that writes what is shown to files."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from bptui.core.errors import InputError, printable
from bptui.core.snapshot import Snapshot
from bptui.tui.exports import EXPORTS, Export, write_export
from bptui.tui.picture.frame import Frame
from bptui.tui.screens.over import OverScreen

_ALL = "a"
_KIND = 5
"""Columns of a kind of file."""


class ExportScreen(OverScreen[None]):
    """Lists the files that can be written; a letter or Enter writes one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,e", "dismiss(None)", "Close", show=False),
        *(
            Binding(key, f"write('{key}')", show=False)
            for key in (*(export.key for export in EXPORTS), _ALL)
        ),
    ]

    DEFAULT_CSS = """
    ExportScreen > .-box { width: 72; height: auto; max-height: 100%; }
    ExportScreen OptionList {
        height: auto; border: none; padding: 0; background: $surface;
        text-wrap: nowrap; text-overflow: clip;
    }
    ExportScreen OptionList:focus { border: none; }
    ExportScreen Static { height: auto; min-height: 6; padding: 1 0 0 0; }
    """

    def __init__(self, snapshot: Snapshot, frame: Frame) -> None:
        """Take what is shown, which stays as it is while training goes on."""
        super().__init__()
        self._snapshot, self._frame = snapshot, frame
        self._said: list[str] = []

    def compose(self) -> ComposeResult:
        """Make the list, and room for what comes of it."""
        self._list = OptionList(*self._options(), markup=False)
        self._result = Static(markup=False)
        with Vertical(classes=f"-box {self.symbols.frame}") as self._box:
            yield self._list
            yield self._result

    def on_mount(self) -> None:
        """Say what it is all about, and where it goes."""
        separator = self.symbols.separator
        epoch = f"epoch {self._snapshot.epoch:,}"
        self._box.border_title = separator.join(("Export", epoch))
        self._box.border_subtitle = separator.join(("a letter or Enter writes", "Esc closes"))
        self._say()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Write it."""
        self.action_write(event.option_id or "")

    def action_write(self, key: str) -> None:
        """Write one kind of file, or all for which there is something."""
        self._said.clear()
        if self.app.is_web:
            self._said.append("nothing is written from a page; run bptui in a terminal for that")
        else:
            for export in EXPORTS:
                missing = export.missing(self._snapshot)
                if key == export.key and missing:
                    self._said.append(f"nothing is written: {missing}")
                elif key in (export.key, _ALL) and not missing:
                    self._said.append(self._written(export))
        self._say()

    def _written(self, export: Export) -> str:
        """Write one file, and return what to say of it."""
        try:
            path = write_export(export, self._snapshot, self._frame, Path())
        except InputError as error:
            return str(error)
        return f"wrote {printable(path.name)}"

    def _say(self) -> None:
        self._result.update("\n".join(map(self.symbols.text, (_here(), *self._said))))

    def _options(self) -> list[Option]:
        rows = []
        for export in EXPORTS:
            missing = export.missing(self._snapshot)
            text = self.symbols.text(f"{export.title}: {missing}" if missing else export.title)
            row = f"{export.key}  {export.suffix.upper():<{_KIND}}{text}"
            rows.append(Option(Content.styled(row, "dim") if missing else row, export.key))
        return [*rows, Option(f"{_ALL}  {'all':<{_KIND}}all of these", _ALL)]


def _here() -> str:
    try:
        return f"in {printable(Path.cwd())}"
    except OSError:
        return "the folder that bptui was started in is gone"
