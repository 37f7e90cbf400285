"""The command `bptui`. Quick to start: what is heavy is imported when it is needed."""

import os
import sys
from contextlib import suppress

_THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)
BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        argv: the words after `bptui`; `None` takes those of this process.
    """
    if not any(name in os.environ for name in _THREAD_VARIABLES):
        # Small networks gain nothing from threads; contention makes them many times slower.
        _set_threads(1)
    from bptui.core.errors import InputError, printable
    from bptui.tui.terminal import say

    try:
        status = _dispatch(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except InputError as error:
        sentence = printable(error)
    except BrokenPipeError:
        _forget_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except MemoryError:
        sentence = "there is not enough memory for data or a network of this size"
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sentence = printable(f"{place}{error.strerror or error}")
    if sys.stderr is not None:
        with suppress(OSError):
            say(f"bptui: {sentence}", sys.stderr)
    return BAD_INPUT


def _dispatch(words: list[str]) -> int:
    from bptui.core.errors import InputError
    from bptui.tui.command_line.parser import parse_arguments
    from bptui.tui.terminal import say

    arguments = parse_arguments(words)
    if arguments.help:
        from bptui.tui.command_line.help import command_help, overview

        say(command_help(arguments.command) if arguments.named else overview())
        return 0
    if arguments.version:
        from bptui.core.version import VERSION

        say(f"bptui {VERSION}")
        return 0
    if arguments.completion:
        from bptui.tui.command_line.completion import completion_script

        say(completion_script(arguments.completion))
        return 0

    if arguments.command == "faults":
        from bptui.tui.commands.faults import list_faults

        return list_faults(arguments.fault, json=arguments.values.get("json", False))

    if arguments.command == "watch":
        from bptui.tui.commands.watch import watch

        return watch(arguments.runs, words, arguments.values.get("theme"))

    from bptui.tui.command_line import invocation

    if arguments.command == "demo":
        from bptui.tui.commands.demo import demo

        return demo(invocation.demo_choices(arguments, words))
    values = invocation.gather(arguments)
    if "blas_threads" in values:
        _set_threads(values["blas_threads"])
    if arguments.command == "sweep":
        from bptui.tui.commands.sweep import sweep

        if arguments.model is not None:
            raise InputError("a sweep is of bptui's own networks; leave the model file out")
        return sweep(*invocation.sweep_of(values), invocation.sweep_choices(values, words))
    if arguments.command == "serve":
        from bptui.tui.commands.serve import serve

        if arguments.model is not None:
            invocation.refuse_settings_of_networks(values)
        return serve(
            invocation.configuration_of(values),
            arguments.model,
            invocation.run_choices(values, words, arguments.model),
            invocation.serve_choices(values, words),
        )
    command = _feasible(arguments.command)
    if arguments.model is not None:
        from bptui.tui.commands.model import run_model

        invocation.refuse_settings_of_networks(values)
        return run_model(
            command,
            arguments.model,
            invocation.configuration_of(values),
            invocation.check_choices(values),
            invocation.train_choices(values, words, arguments.model),
            invocation.run_choices(values, words, arguments.model),
        )
    configuration = invocation.configuration_of(values)
    if command == "train":
        from bptui.tui.commands.train import train

        return train(configuration, invocation.train_choices(values, words))
    if command == "check":
        from bptui.tui.commands.check import check

        return check(configuration, invocation.check_choices(values))
    from bptui.tui.commands.interruption import Interruption
    from bptui.tui.quick_start import uncollected
    from bptui.tui.terminal import on_a_terminal, without_echo

    # A signal that ended the process here would leave the terminal without an echo.
    with Interruption() as interruption, without_echo(), uncollected():
        from bptui.tui.commands.run import run

        if on_a_terminal():
            import bptui.tui.app  # noqa: F401 (it takes the longest to be read)

    if interruption.signal is not None:
        return interruption.status
    return run(configuration, invocation.run_choices(values, words))


def _feasible(command: str) -> str:
    """Return `command`, or `train` in place of a dashboard that cannot be shown."""
    if command != "run":
        return command
    from bptui.tui.terminal import say, why_no_dashboard

    reason = why_no_dashboard()
    if not reason:
        return command
    if sys.stderr is not None:
        say(f"bptui: {reason}", sys.stderr)
    return "train"


def _set_threads(count: int) -> None:
    """Let matrix products use so many threads; NumPy reads this once, when it is imported."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(count)))


def _forget_output() -> None:
    """Keep Python from complaining, when it exits, that nobody read what is left."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
