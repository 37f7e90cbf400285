"""What every test has."""

import signal

import pytest


def pytest_configure():
    """Hear Ctrl+C, which the jobs of a shell script ignore, and with them all they start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def state_directory(tmp_path_factory, monkeypatch):
    """Keep runs that nobody named a folder for out of the developer's own directory."""
    directory = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(directory))
    return directory
