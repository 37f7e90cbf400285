"""`bptui sweep`: how often, how fast and how well many initializations learn."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.runs.folder import free_folder
from bptui.core.sweeping import SEEDS, Sweep, SweepFolder, SweepResult, make_plan, open_sweep
from bptui.core.wording import counted
from bptui.tui.command_line.choices import DEFAULT_SWEEP_FOLDER, SweepChoices
from bptui.tui.commands.crash import CRASHED, crash_sentence
from bptui.tui.commands.interruption import Interruption
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.progress import Bar, format_rate, format_seconds
from bptui.tui.commands.summary import go_on_line, repeat_line
from bptui.tui.commands.sweep_csv import check_csv, csv_text, write_csv
from bptui.tui.departure import Departure
from bptui.tui.output_file import STANDARD_OUTPUT
from bptui.tui.terminal import is_dumb, on_a_terminal, say, say_prose


def sweep(base: Configuration, axes: dict[str, tuple[Any, ...]], choices: SweepChoices) -> int:
    """Train every setting from many seeds and say what came of it; return the exit status.

    Raises:
        InputError: a setting is impossible, or a folder, a file or workers fail; what is
            finished by then is kept and told first.
    """
    if choices.screen and (not on_a_terminal() or is_dumb()):
        raise InputError("--screen: there is no terminal to show charts on; leave this option out")
    if choices.json and choices.csv == STANDARD_OUTPUT:
        raise InputError(
            "--csv: it would be mixed with the JSON on standard output; name a file, or leave "
            "--json out"
        )
    if choices.csv not in (None, STANDARD_OUTPUT):
        check_csv(choices.csv)
    with closing(_start(base, axes, choices)) as work:
        return _sweep(work, choices)


def _sweep(work: Sweep, choices: SweepChoices) -> int:
    failure = None
    with Interruption() as interruption:
        total = work.plan.networks
        unfinished = 0.0

        def words(rate: float) -> str:
            return f"{work.networks:,} of {total:,} networks  {format_rate(rate)}/s"

        stream = None if choices.json else sys.stderr
        with closing(Bar(lambda: work.networks + unfinished, total, words, stream)) as bar:

            def go_on(amount: float) -> bool:
                nonlocal unfinished
                unfinished = amount
                bar.update()
                return interruption.signal is None

            try:
                work.run(go_on, workers=choices.workers, scheduler=choices.scheduler)
            except InputError as error:
                failure = error
        found = work.summary()
        if not found.complete:
            failure = _keep(work) or failure
    if failure is not None and not found.networks:
        raise failure
    if choices.csv not in (None, STANDARD_OUTPUT):
        try:
            write_csv(choices.csv, found)
        except InputError as error:
            failure = failure or error
    if choices.json:
        say(to_json(found.to_dict()))
    elif choices.csv == STANDARD_OUTPUT:
        say(csv_text(found).removesuffix("\n"))
    else:
        _say_all(work, choices)
    if _is_for_programs(choices) and not found.complete:
        _tell_people_how_to_go_on(work)
    if choices.screen and found.networks:
        status = _show_screen(found, choices.theme)
        if status is not None:
            return status
    if failure is not None:
        raise failure
    return 0 if found.complete else interruption.status


def _start(base: Configuration, axes: dict[str, tuple[Any, ...]], choices: SweepChoices) -> Sweep:
    if choices.resume is not None:
        if choices.run_folder not in (None, choices.resume):
            raise InputError(
                "--run: a resumed sweep goes on in its own folder; leave this option out"
            )
        return Sweep(*open_sweep(choices.resume, choices.seeds))
    plan = make_plan(base, axes, SEEDS if choices.seeds is None else choices.seeds)
    folder = choices.run_folder
    return Sweep(plan, None if folder is None else SweepFolder.create(folder, plan))


def _keep(work: Sweep) -> InputError | None:
    """Keep what is finished of a sweep that is not; return what went wrong, to be told last."""
    while work.folder is None and (work.results or work.states):
        folder = free_folder(DEFAULT_SWEEP_FOLDER)
        try:
            work.keep_in(folder)
        except InputError as error:
            # Another sweep that was ended at the same moment may have taken it.
            if work.folder is not None or free_folder(DEFAULT_SWEEP_FOLDER) == folder:
                return error
    return None


def _is_for_programs(choices: SweepChoices) -> bool:
    """Return whether standard output is data alone, so that people are told on standard error."""
    return choices.json or choices.csv == STANDARD_OUTPUT


def _tell_people_how_to_go_on(work: Sweep) -> None:
    if work.folder is not None and sys.stderr is not None:
        say(_how_to_go_on(work.folder.path), sys.stderr)


def _how_to_go_on(folder: Path) -> str:
    return go_on_line(("bptui", "sweep", "--resume", str(folder)))


def _trained(work: Sweep) -> str:
    now = work.networks - work.earlier
    in_all = counted(work.networks, "network")
    seconds = f"in {format_seconds(work.seconds)}"
    under_way = sum(block.seeds for block in work.states)
    more = f"; {under_way:,} under way" if under_way else ""
    if now and not work.earlier:
        return f"{in_all} {seconds}{more}"
    if now:
        return f"{now:,} {seconds}, with those of before {in_all}{more}"
    if work.networks:
        return f"{in_all} before{more}"
    return f"no network to its end {seconds}{more}"


def _show_screen(found: SweepResult, theme: str | None) -> int | None:
    """Show charts until somebody leaves; return the exit status of a request to end or a bug."""
    from bptui.tui.drawing.symbols import screen_symbols
    from bptui.tui.sweep_app import SweepApp
    from bptui.tui.theme import set_theme

    app = SweepApp(found, screen_symbols())
    set_theme(app, theme)
    with Departure(app.cut_off) as departure:
        app.run()
    if app.failure is not None:
        say_prose(f"bptui: {crash_sentence(app.failure, None)}", sys.stderr)
        return CRASHED
    return departure.status


def _say_all(work: Sweep, choices: SweepChoices) -> None:
    # What draws is slow to import.
    from bptui.tui.drawing.sweep_plot import plot_of

    found = work.summary()
    say(f"{found}\n")
    for line in plot_of(found):
        say(line)
    say(f"{'trained':<12}{_trained(work)}")
    folder: Path | None = None if work.folder is None else work.folder.path
    if folder is not None:
        say(f"{'kept in':<12}{printable(folder)}")
    if not found.complete and folder is not None:
        say(_how_to_go_on(folder))
    elif choices.resume is None:
        say(repeat_line(choices.command_line))
