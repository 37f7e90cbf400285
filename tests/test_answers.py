"""What is said of a key is gone with the next one, or after some seconds; what stays true stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watching import train

from bptui.core.configuration import Configuration
from bptui.core.runs.folder import RunFolder
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session, build_trainer
from bptui.core.training import commands as ask
from bptui.core.training.answer import LASTS, Answer
from bptui.core.training.keeper import RunKeeper
from bptui.core.watching import WatchedRun, WatchSession
from bptui.core.watching import session as watching
from bptui.core.watching.curve import WatchedCurve

UNSAVED = "this run is not saved anywhere"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stepped:
    """A session whose time passes when a test says so."""

    def __init__(self, keeper: RunKeeper | None = None, **choices: Any) -> None:
        self.clock = Clock()
        trainer = build_trainer(Configuration(**choices))
        self.session = Session(
            trainer, speed=10.0, clock=self.clock, stepped=True, interval=0.0, keeper=keeper
        )
        self.shown: list[Snapshot] = []
        self.after(0.0)

    def after(self, seconds: float, *commands: ask.Command) -> list[Snapshot]:
        """Let time pass, and return what is published then."""
        self.clock.now += seconds
        for command in commands:
            self.session.send(command)
        before = len(self.shown)
        self.session.turn(lambda snapshot, _: self.shown.append(snapshot))
        return self.shown[before:]


def test_an_answer_is_forgotten_after_some_seconds() -> None:
    clock = Clock()
    answer = Answer(clock)
    assert answer.text == ""
    answer.give("done")
    clock.now += 0.9 * LASTS
    assert answer.text == "done"
    answer.give("done again")
    clock.now += 0.9 * LASTS
    assert answer.text == "done again"
    clock.now += 0.2 * LASTS
    assert answer.text == ""
    answer.give("more")
    answer.forget()
    assert answer.text == ""


@pytest.mark.parametrize("paused", [False, True])
def test_it_leaves_the_screen_by_itself_and_then_nothing_is_drawn(paused: bool) -> None:
    live = Stepped()
    if paused:
        live.after(0.1, ask.TogglePause())
    (shown,) = live.after(0.1, ask.Checkpoint())
    assert shown.message == UNSAVED
    later = live.after(0.9 * LASTS)
    assert [snapshot.message for snapshot in later] == ([] if paused else [UNSAVED])
    (gone,) = live.after(0.2 * LASTS)
    assert gone.message == ""
    assert len(live.after(LASTS)) == (0 if paused else 1)


def test_why_it_ended_follows_and_stays() -> None:
    live = Stepped(epochs=3)
    live.after(1.0)
    (shown,) = live.after(0.1, ask.TogglePause())
    assert shown.message == "reached 3 epochs; r or R starts again"
    (shown,) = live.after(2 * LASTS)
    assert shown.message == "reached 3 epochs"
    assert live.after(2 * LASTS) == []


def test_that_it_could_not_be_saved_stays_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    trainer = build_trainer(Configuration())
    live = Stepped(RunKeeper(trainer, RunFolder(tmp_path / "file" / "run"), every=1e9))
    live.after(0.1, ask.TogglePause())
    (shown,) = live.after(0.1, ask.Checkpoint())
    assert "cannot save" in shown.message
    live.after(2 * LASTS)
    assert live.shown[-1].message == shown.message
    (tmp_path / "file").unlink()
    (saved,) = live.after(0.1, ask.Checkpoint())
    assert saved.message.startswith("saved epoch ")


class Watched:
    """A session that watches one run, and what it published, until a test has seen enough."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.writing = Clock(), True
        monkeypatch.setattr(watching, "POLL", 0.001)
        monkeypatch.setattr(WatchedCurve, "is_running", lambda _, now: self.writing)
        self._session = WatchSession([WatchedRun(folder)], interval=0.0, clock=self.clock)

    def play(self, *acts: Callable[[], ask.Command | None], looks: int = 20) -> list[Snapshot]:
        """Return the last snapshot after each act, some looks at the files later."""
        seen: list[Snapshot] = []
        latest: list[Snapshot] = []
        waiting, since = list(acts), 0
        session, (run,) = self._session, self._session.runs
        look = run.look

        def counted(seconds: float) -> bool:
            nonlocal since
            since += 1
            if since == looks:
                since = 0
                seen.extend(latest[-1:])
                command = waiting.pop(0)() if waiting else ask.Stop()
                if command is not None:
                    session.send(command)
            return look(seconds)

        run.look = counted  # type: ignore[method-assign]
        session.run(lambda snapshot, _: latest.append(snapshot))
        return seen[1:]


def test_a_watched_run_that_dies_is_seen_to_whatever_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path / "run", seconds=0.01, epochs=10**9)
    live = Watched(tmp_path / "run", monkeypatch)

    def die() -> None:
        live.writing = False

    def pass_time() -> None:
        live.clock.now += 2 * LASTS

    refused, dead, later = live.play(lambda: ask.ChangeSpeed(1), die, pass_time)
    assert refused.state == "running" and "only watched" in refused.message
    assert dead.state == "paused" and dead.message == refused.message
    assert later.state == "paused" and later.message.startswith("no news for ")
