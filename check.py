"""Every check a change has to pass, in one command: python check.py."""

import subprocess
import sys
from time import perf_counter

CHECKS = (
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("types", ["mypy"]),
    ("imports", ["importlinter.cli", "lint"]),
    ("tests", ["pytest"]),
)


def main() -> int:
    """Run the checks in order and stop at the first that fails."""
    for name, (module, *arguments) in CHECKS:
        print(f"── {name}", flush=True)
        started = perf_counter()
        status = subprocess.run([sys.executable, "-m", module, *arguments]).returncode
        if status:
            print(f"── {name} failed")
            return status
        print(f"── {name} passed in {perf_counter() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
