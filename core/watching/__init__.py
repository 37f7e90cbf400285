"""Watching a training from outside: another process, another program or another machine has it.

Everything is found out by looking at files again and again, for no system tells of changes
on a shared folder. Nothing is written and nothing is locked.
"""

from bptui.core.watching.run import WatchedRun, names
from bptui.core.watching.session import MOST_RUNS, WatchSession

__all__ = ["MOST_RUNS", "WatchSession", "WatchedRun", "names"]
