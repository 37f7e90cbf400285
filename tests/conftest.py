"""What every test has."""

import signal

import pytest


def pytest_configure():
    """Let programs that tests start hear Ctrl+C and a hang-up.

    The jobs of a shell script ignore the one, those of nohup the other, and with them all that
    they start.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) == signal.SIG_IGN:
        # The tests themselves outlive it still: no handler is inherited by what they start.
        signal.signal(hang_up, lambda *_: None)


@pytest.fixture(autouse=True)
def state_directory(tmp_path_factory, monkeypatch):
    """Keep runs that nobody named a folder for out of the developer's own directory."""
    directory = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(directory))
    return directory
