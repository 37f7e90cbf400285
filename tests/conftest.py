"""What every test has."""

import pytest


@pytest.fixture(autouse=True)
def state_directory(tmp_path_factory, monkeypatch):
    """Keep runs that nobody named a folder for out of the developer's own directory."""
    directory = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(directory))
    return directory
