"""The dashboard, played by a script."""

from collections.abc import Awaitable, Callable
from operator import is_not
from pathlib import Path

from textual.app import ComposeResult
from textual.events import Event, InputEvent, Key

from bptui.core.errors import InputError
from bptui.core.snapshot import Snapshot
from bptui.tui.actions import ACTIONS
from bptui.tui.app import Dashboard
from bptui.tui.cadence import LOCAL, Cadence
from bptui.tui.demo.caption import Caption, Speech
from bptui.tui.demo.clock import FRAMES_PER_SECOND, FixedClock
from bptui.tui.demo.keys import KEYS
from bptui.tui.demo.script import Script, Step
from bptui.tui.demo.settling import settle
from bptui.tui.demo.worker import SteppedWorker
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.panes.cost import SPACE
from bptui.tui.screens.faults import FaultScreen

LONGEST = 3600
"""Seconds that a demo may take."""
_KEY_FRAMES, _TYPED_FRAMES = 5, 2
"""Frames that each key is shown for, and each letter that is typed."""
_LEAVING = ("q", "ctrl+c", "ctrl+q")
_REFUSED = {"quit": "leaves", "checkpoint": "saves", "export": "writes files"}
"""What a script cannot do, by the action."""
_YOURS = "The demo is over and the dashboard is yours: every key works now, and q leaves."

OnFrame = Callable[["DemoDashboard", bool], Awaitable[None]]


class DemoDashboard(Dashboard):
    """Shows what a script does; every frame depends on the script alone."""

    # Textual looks for a relative path beside the file of the subclass.
    CSS_PATH = Path(__file__).parent.with_name("styles.tcss")

    def __init__(
        self,
        script: Script,
        worker: SteppedWorker,
        clock: FixedClock,
        on_frame: OnFrame,
        *,
        cadence: Cadence = LOCAL,
        symbols: Symbols = UNICODE,
        stays: bool = False,
    ) -> None:
        """Prepare to play.

        Args:
            script: what to do.
            worker: runs the session, which goes by `clock`.
            clock: at 0.
            on_frame: awaited with every frame, and whether it may differ from the one before.
            cadence: how often to draw.
            symbols: the characters that the terminal can show.
            stays: whether the dashboard is the viewer's when the script has ended.
        """
        super().__init__(worker, cadence=cadence, symbols=symbols, clock=clock)
        self.animation_level = "none"
        self.refusal: InputError | None = None
        """What in the script could not be done."""
        self.ended = False
        """Whether the script was played to its end."""
        self._script, self._stepped, self._time = script, worker, clock
        self._on_frame, self._stays = on_frame, stays
        self._pressed: Event | None = None
        self._speech = Speech()
        self._playing = self._changed = True
        self._step = script.steps[0]

    def compose(self) -> ComposeResult:
        """Lay out the panes, and the captions in place of the key bar."""
        yield from super().compose()
        self._cost.goes_on = "the demo goes on by itself"
        yield Caption(self._speech)

    def _start(self) -> None:
        self._key_bar.display = False
        self.run_worker(self._play(), name="demo", group="demo", exclusive=True)

    async def _play(self) -> None:
        self._stepped.begin(self._answered)
        try:
            for step in self._script.steps:
                self._step = step
                await self._perform(step)
            await self._pass_frame()
            self.ended = True
        except InputError as error:
            self.refusal = error
        self._playing = False
        if self.refusal is not None or not self._stays:
            self.exit()
            return
        self._key_bar.display = True
        self._cost.goes_on = SPACE
        await self._say(text=_YOURS)
        while True:
            await self._pass_frame()

    async def _perform(self, step: Step) -> None:
        if step.caption is not None:
            await self._say(text=step.caption)
        for keys, frames in ((step.keys, _KEY_FRAMES), (step.typed, _TYPED_FRAMES)):
            for key in keys:
                await self._say(key=key)
                await self._press(key)
                await self._pass_frames(frames)
        await self._say(key="")
        if step.epochs:
            await self._wait_for(self._shown.epoch + step.epochs)
        await self._pass_frames(round(step.seconds * FRAMES_PER_SECOND))

    async def _say(self, *, text: str | None = None, key: str | None = None) -> None:
        self._speech.text = self._speech.text if text is None else text
        self._speech.key = self._speech.key if key is None else key
        if not self.screen.query(Caption):
            await self.screen.mount(Caption(self._speech))
        for screen in self.screen_stack:
            screen.query(Caption).refresh()
        self._changed = True

    async def _press(self, key: str) -> None:
        if key == "enter" and isinstance(self.screen, FaultScreen) and self.screen.is_empty:
            raise InputError(
                f"{self._step.where}: no fault is found by what is typed, so enter plants none"
            )
        self._pressed = Key(*KEYS[key])
        self.post_message(self._pressed)
        await settle(self)
        await self._say()
        if self.refusal is not None:
            raise self.refusal

    async def _wait_for(self, epoch: int) -> None:
        while self._shown.epoch < epoch:
            shown = self._shown
            if shown.state != "running":
                raise InputError(
                    f"{self._step.where}: training is {shown.state} at epoch {shown.epoch:,}, "
                    f"so epoch {epoch:,} never comes"
                )
            await self._pass_frame()

    async def _pass_frames(self, frames: int) -> None:
        for _ in range(frames):
            await self._pass_frame()

    async def _pass_frame(self) -> None:
        if self._playing and self._time() >= LONGEST:
            raise InputError(f"{self._step.where}: a demo takes {LONGEST:,} seconds at most")
        self._stepped.pass_frame()
        before = self._turns.drawn
        self._draw(everything=False)
        changed = self._changed or any(map(is_not, before, self._turns.drawn))
        self._changed = False
        if changed:
            await settle(self)
        await self._on_frame(self, changed)

    @property
    def _shown(self) -> Snapshot:
        assert self._stepped.latest is not None
        return self._stepped.latest

    def action_act(self, name: str) -> None:
        """Carry out an action, unless it is none for a script."""
        if self._playing and name in _REFUSED:
            key = next(action.shown for action in ACTIONS if action.id == name)
            self.refusal = InputError(
                f"{self._step.where}: the key {key} {_REFUSED[name]}; a demo ends with its script "
                "and leaves nothing behind"
            )
        else:
            super().action_act(name)

    def _leave(self, return_code: int) -> None:
        # There is nothing to lose: the script makes the same run again.
        self.workers.cancel_group(self, "demo")
        self.exit(return_code=return_code)

    async def on_event(self, event: Event) -> None:
        """Keep the viewer's keys and mouse, but for those that leave, from what is played."""
        viewer = isinstance(event, InputEvent) and event is not self._pressed
        if viewer and self._playing and not event.is_forwarded:
            if isinstance(event, Key) and event.key in _LEAVING:
                self._leave(0)
            return
        await super().on_event(event)
