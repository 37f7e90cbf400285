"""Textual's palette, in characters that the terminal has."""

from textual.command import CommandPalette
from textual.widgets import OptionList

from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender


class AsciiPalette(CommandPalette):
    """Has a scroll bar of ASCII, from its first picture on."""

    def on_mount(self) -> None:
        """Give it to the lists before they are painted."""
        for widget in self.query(OptionList):
            widget.vertical_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]
