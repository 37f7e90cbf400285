"""The walls between the rooms, proved by importing in a fresh interpreter."""

import json
import pkgutil
import subprocess
import sys

import pytest

import bptui.core

SCREEN = {"textual", "rich", "plotext", "shtab", "bptui.tui"}
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(bptui.core.__path__, "bptui.core.")
)


def imported_by(*modules: str) -> set[str]:
    """Return the names of all modules in memory after importing these in a new process."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {list(modules)!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(json.loads(done.stdout))


def of_the_screen(modules: set[str]) -> set[str]:
    return {
        name
        for name in modules
        if name in SCREEN or name.startswith(tuple(f"{package}." for package in SCREEN))
    }


def test_every_module_of_core_is_looked_at() -> None:
    assert {"bptui.core.network", "bptui.core.check.report", "bptui.core.training.session"} <= set(
        MODULES
    )


def test_core_imports_nothing_of_the_screen() -> None:
    assert of_the_screen(imported_by("bptui.core", *MODULES)) == set()


def test_the_name_core_alone_does_not_wait_for_numpy() -> None:
    assert "numpy" not in imported_by("bptui.core")
    assert "numpy" in imported_by("bptui.core.network")


@pytest.mark.parametrize("name", bptui.core.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(bptui.core, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Netwrok'"):
        bptui.core.Netwrok  # noqa: B018
