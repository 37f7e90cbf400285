"""What a session says of the last thing that was asked for."""

from collections.abc import Callable

LASTS = 8.0
"""Seconds that an answer is shown for, unless something else is asked for before."""


class Answer:
    """One sentence that is forgotten again, so that it hides no lasting one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Have nothing to say.

        Args:
            clock: in seconds.
        """
        self._clock = clock
        self._text, self._until = "", 0.0

    @property
    def text(self) -> str:
        """The sentence while it is news, or nothing."""
        if self._text and self._clock() >= self._until:
            self._text = ""
        return self._text

    def give(self, text: str) -> None:
        """Say `text` from now on, in place of what was said before."""
        self._text, self._until = text, self._clock() + LASTS

    def forget(self) -> None:
        """Have nothing to say any more."""
        self._text = ""
