"""Where a session of the dashboard saves, so that no other run is overwritten."""

from pathlib import Path

from bptui.core.runs import free_folder
from bptui.tui.command_line.choices import DEFAULT_RUN_FOLDER


class RunFolder:
    """The folder of a session's checkpoints: named, resumed, or the first free one."""

    def __init__(self, named: Path | None = None, *, resumed: Path | None = None) -> None:
        """Decide nothing yet where nothing is named or resumed.

        Args:
            named: a folder that holds no other run, or the one that is resumed.
            resumed: the folder whose run goes on.
        """
        self.given = named or resumed
        """The folder that was asked for, in which leaving saves."""
        self._chosen = self.given
        self._holds_older = (
            resumed is not None
            and self.given is not None
            and resumed.absolute() == self.given.absolute()
        )

    @property
    def path(self) -> Path:
        """The folder to save in; the same one from the first time it is asked for."""
        if self._chosen is None:
            self._chosen = free_folder(self.given or DEFAULT_RUN_FOLDER)
        return self._chosen

    def start_again(self) -> None:
        """Keep the checkpoint that was resumed: from here on it is of another training."""
        if self._holds_older:
            self._chosen, self._holds_older = None, False
