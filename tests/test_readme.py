import io
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bptui.tui.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_output_shown_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"^    \$ bptui (check .*)\n((?:    .*\n|\n)+)", README, re.MULTILINE)
    assert shown is not None
    command, lines = shown.groups()
    assert main(shlex.split(command)) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.strip().splitlines()]
    expected = [line.removeprefix("    ").rstrip() for line in lines.strip().splitlines()]
    # The last digits of a difference belong to the machine.
    assert [line.split()[:1] for line in printed] == [line.split()[:1] for line in expected]
    assert printed[0] == expected[0] and printed[2] == expected[2]


def test_the_python_example_runs() -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    said = io.StringIO()
    with redirect_stdout(said):
        exec(example.group(1), {})
    assert said.getvalue().startswith("PASS")


def test_the_keys_in_the_readme_are_the_keys_there_are() -> None:
    from bptui.tui.actions import ACTIONS

    table = README[README.index("| key | does |") :].split("\n\n")[0]
    told = set(re.findall(r"`([^`]+)`", table))
    assert {action.shown for action in ACTIONS} - told <= {"?"}
