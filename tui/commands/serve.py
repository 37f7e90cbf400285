"""`bptui serve`: the dashboard in browsers, a run for each visitor."""

import asyncio
import shlex
import signal
import sys
from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.watching import WatchedRun
from bptui.tui.command_line.choices import RunChoices, ServeChoices
from bptui.tui.commands.model import model_trainer
from bptui.tui.commands.starting import make_trainer
from bptui.tui.terminal import say


def serve(
    configuration: Configuration, model: Path | None, run: RunChoices, choices: ServeChoices
) -> int:
    """Serve the dashboard until somebody ends it, and return the exit status.

    Args:
        configuration: of every visitor's run.
        model: somebody's own model in place of a network.
        run: the other choices of a run.
        choices: where to serve it, and to how many.

    Raises:
        InputError: textual-serve is not installed, the run is impossible, or host or port
            cannot be had.
    """
    try:
        from bptui.tui.serving.server import PageServer, is_loopback
    except ImportError:
        raise InputError(
            "serve: textual-serve is not installed here; pip install 'bptui[web]'"
        ) from None
    # What is wrong with a run is told here and now, and not to each visitor.
    if choices.watched is not None:
        WatchedRun(choices.watched)
    elif model is None:
        make_trainer(configuration, run.resume, command="serve")
    else:
        model_trainer(model, configuration, run.resume, captured=True)
    words = [sys.executable, "-P", "-m", "bptui.tui", *choices.words]
    server = PageServer(words, choices.host, choices.port, choices.visitors)

    def ready(address: str) -> None:
        command = shlex.join(["bptui", *choices.words])
        say(f"{printable(address)} shows {printable(command)}")
        each = "a run for each visitor" if choices.watched is None else "the same for everybody"
        say(f"{each}, for {choices.visitors} at once; Ctrl+C ends them all")
        if not is_loopback(choices.host):
            do = "start runs on this machine" if choices.watched is None else "watch that run"
            say(f"anyone who can reach this address can {do}")
        sys.stdout.flush()

    number = asyncio.run(server.serve(ready))
    return 0 if number == signal.SIGINT else 128 + number
