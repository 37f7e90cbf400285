"""Which of Textual's drivers a screen is to have."""

import sys
from typing import TYPE_CHECKING

from bptui.tui.terminal import in_browser

if TYPE_CHECKING:
    from textual.driver import Driver


def driver_class() -> "type[Driver] | None":
    """Return the driver of the terminal; `None` is Textual's own, or a page's."""
    if sys.platform == "win32" or in_browser():
        return None
    from bptui.tui.driver import TerminalDriver

    return TerminalDriver
