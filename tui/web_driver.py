"""Textual's driver for a page, which whoever serves it stands between."""

from textual import events, messages
from textual.drivers import web_driver
from textual.message import Message


class WebDriver(web_driver.WebDriver):
    """Leaves when the server is gone."""

    def run_input_thread(self) -> None:
        """Read keys until the app, or the server, has ended."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())

    def process_message(self, message: Message) -> None:
        """Hear what was typed.

        A size among the keys is none: pages send theirs another way, which is held in bounds.
        """
        if not isinstance(message, events.Resize):
            super().process_message(message)
