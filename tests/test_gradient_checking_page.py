"""What docs/gradient-checking.md shows and lists is so."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bptui.core.check import VERDICTS
from bptui.tui.cli import main

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "gradient-checking.md").read_text("utf-8")


def run_documented_test(folder: Path, example: str) -> subprocess.CompletedProcess[str]:
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "def " in block
    )
    (folder / "test_mine.py").write_text(code, "utf-8")
    shutil.copy(ROOT / "examples" / example, folder / "mine.py")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


def test_the_documented_test_passes_for_a_right_model(tmp_path: Path) -> None:
    done = run_documented_test(tmp_path, "circles_course.py")
    assert done.returncode == 0, done.stdout


def test_the_documented_test_fails_for_a_wrong_one_and_shows_why(tmp_path: Path) -> None:
    done = run_documented_test(tmp_path, "mistake.py")
    assert done.returncode == 1
    assert "exactly -0.0125 times the weights" in done.stdout


def test_every_verdict_and_code_is_listed() -> None:
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.M))
    sources = (ROOT / "core" / "check").glob("*.py")
    text = " ".join(source.read_text("utf-8") for source in sources)
    codes = set(re.findall(r'Diagnosis\(\s*"([a-z-]+)"', text))
    assert len(codes) == 15
    assert codes | set(VERDICTS) <= listed


def test_the_sweep_shown_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    shown = PAGE.split("    $ bptui check --sweep-epsilon\n")[1].split("\n\n## ")[0]
    assert main(["check", "--sweep-epsilon"]) == 0
    printed = capsys.readouterr().out.rstrip().splitlines()
    expected = [line[4:] for line in shown.splitlines()]
    # What rounding decides belongs to the machine.
    assert printed[:3] == expected[:3] and printed[-4] == expected[-4]
    assert [line.split()[:4] for line in printed[-3:]] == [
        line.split()[:4] for line in expected[-3:]
    ]
