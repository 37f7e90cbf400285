"""What is imported until the first picture of `bptui run`: what is not shown there has to wait."""

import subprocess
import sys

SCRIPT = """
import asyncio, sys
from bptui.tui.command_line import invocation
from bptui.tui.command_line.parser import parse_arguments
values = invocation.gather(parse_arguments([]))
from bptui.core.training import Session
from bptui.core.training.commands import TogglePause
from bptui.tui.commands import run, starting
from bptui.tui.app import Dashboard
from bptui.tui.worker import TrainingWorker

session = Session(starting.make_trainer(invocation.configuration_of(values), None))
session.send(TogglePause())  # at epoch 0, where any run is at its first picture
app = Dashboard(TrainingWorker(session))

async def first_picture():
    async with app.run_test(size=(120, 40)) as pilot:
        while not app.query_one("#check").virtual_size.height:
            await pilot.pause(0.01)
        assert app.worker.latest.report.passed and len(app.worker.latest.boundary.outputs)
        print(*sorted(sys.modules))

asyncio.run(first_picture())
"""
ANOTHER_COMMAND = (
    *("bptui.core.article", "bptui.core.model_file", "bptui.core.sweeping", "bptui.core.watching"),
    *("bptui.tui.demo", "bptui.tui.serving", "bptui.tui.sweep_app"),
    *("bptui.tui.command_line.completion", "bptui.tui.command_line.help"),
    *("shtab", "dask", "distributed", "textual_serve"),
)
NOT_OF_XOR = ("bptui.core.data.csv_file", "bptui.core.data.npz_file", "tomllib")
LATER = (
    *("bptui.tui.screens", "plotext"),
    *("bptui.core.check.diagnosis", "bptui.core.check.network_diagnosis"),
    *("bptui.core.check.code_check", "bptui.core.check.epsilon_sweep"),
)
CHECKING = {
    *("complex_step", "differences", "draw", "judgement", "known_faults", "methods"),
    *("network_check", "replica", "report", "reporting"),
    *("rounding", "table", "tie", "true_cost"),
}
"""Modules that the check of a right gradient takes."""
OTHERS = {"bptui", "numpy", "rich", "textual", "platformdirs", "typing_extensions"}
"""Packages that are not Python's own."""


def test_the_first_picture_waits_for_nothing_that_it_does_not_show():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    modules = done.stdout.split()
    found = [
        module
        for module in modules
        for name in (*ANOTHER_COMMAND, *NOT_OF_XOR, *LATER)
        if module == name or module.startswith(f"{name}.")
    ]
    assert found == []
    check = "bptui.core.check."
    assert {name.removeprefix(check) for name in modules if name.startswith(check)} <= CHECKING
    packages = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    assert {name for name in packages if "cython" not in name and name[0] != "_"} <= OTHERS
