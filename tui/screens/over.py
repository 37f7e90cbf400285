"""What all screens share that open over the dashboard."""

from textual.screen import ModalScreen, ScreenResultType

from bptui.tui.drawing.symbols import UNICODE, Symbols


class OverScreen(ModalScreen[ScreenResultType]):
    """A screen that hears no key before it is all there.

    What it consists of is a box, of the classes `-box` and `symbols.frame`, or a pane.
    """

    DEFAULT_CSS = """
    OverScreen { align: center middle; }
    OverScreen > .-box {
        max-width: 100%; background: $surface; border: round $primary; padding: 0 1;
        border-title-color: $foreground; border-subtitle-color: $text-muted;
    }
    OverScreen > .-box.-ascii { border: ascii $primary; }
    OverScreen > .-box.-boxes { border: solid $primary; }
    OverScreen > LinePane { width: 100%; height: 100%; background: $surface; padding: 0 1; }
    """

    @property
    def symbols(self) -> Symbols:
        """The characters that the terminal can show."""
        symbols: Symbols = getattr(self.app, "symbols", UNICODE)
        return symbols

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse what is typed faster than the screen is made: it would look for its parts."""
        return self.is_mounted and super().check_action(action, parameters)
