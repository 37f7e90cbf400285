"""The real command in a process of its own, with its output in hand."""

import subprocess
import sys

BPTUI = [sys.executable, "-m", "bptui.tui"]


def run(*words, **options):
    return subprocess.run(
        [*BPTUI, *words],
        capture_output=True,
        timeout=60,
        check=False,
        **({"text": True, "encoding": "utf-8"} | options),
    )
