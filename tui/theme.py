"""The colours of a screen."""

from typing import Any

from textual.app import App

from bptui.tui.terminal import light_background


def set_theme(app: App[Any], name: str | None) -> None:
    """Give `app` the theme that was asked for, or else one that suits the terminal."""
    if name is not None:
        app.theme = name
    elif light_background():
        app.theme = "textual-light"
