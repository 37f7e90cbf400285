"""The gradient check of a live session: when it is done, by which method, and what came of it."""

from collections.abc import Callable
from time import perf_counter

from bptui.core.check import METHODS, Report
from bptui.core.check.methods import choose_method
from bptui.core.errors import InputError
from bptui.core.snapshot import Swept
from bptui.core.training import commands
from bptui.core.training.live import LiveTrainer

LONGEST_CHECK = 0.25
"""Seconds that a live check or sweep may take, for so long no key is answered."""
_NO_HURRY = 1e9
"""Seconds for what may take as long as it takes."""
_STEPPED_CHECK = 0.01
"""Seconds that a check is taken to last by a clock that stands still meanwhile."""
_FEW_EPOCHS = 2.0
"""Within so many, a check that is of the present Θ is not yet of an earlier one."""
_SMALLEST_EPSILON, _LARGEST_EPSILON = 1e-12, 1e-1


class LiveCheck:
    """Checks a trainer's gradient as often as its share of the time allows."""

    def __init__(
        self,
        trainer: LiveTrainer,
        *,
        checking: bool,
        share: float,
        clock: Callable[[], float] = perf_counter,
        stepped: bool = False,
    ) -> None:
        """Check nothing yet.

        Args:
            trainer: whose gradient is checked.
            checking: whether it is from the start.
            share: of the time that checks may take, above 0 and at most 1.
            clock: what the share is of, in seconds.
            stepped: whether the clock stands still during a check.
        """
        self.trainer = trainer
        self.checking = checking
        self.method, self.epsilon = trainer.methods[0], trainer.epsilon
        if (trainer.method, trainer.epsilon) != ("auto", None):
            self.method, self.epsilon = choose_method(trainer.method, trainer.epsilon)
        self.swept: Swept | None = None
        """The last sweep of ε."""
        self.complaint = ""
        """One sentence on why there is no report."""
        self._share, self._clock, self._stepped = share, clock, stepped
        self._longest = _NO_HURRY if stepped else LONGEST_CHECK
        self._report: Report | None = None
        self._report_point: tuple[int, int] | None = None
        self._next = self._checked = 0.0
        self._gap = 0.0
        """Seconds from the last check to the next."""

    @property
    def report(self) -> Report | None:
        """The last report, or `None` before the first and while off."""
        return self._report if self.checking else None

    @property
    def report_epoch(self) -> int:
        """The epoch that it belongs to."""
        return self._report_point[0] if self._report_point else 0

    def obey(self, command: commands.Command) -> str | None:
        """Carry out a command about the check, and return what to say.

        Returns `None` for a command about something else.
        """
        match command:
            case commands.ToggleChecking():
                self.checking = not self.checking
                self.forget()
            case commands.NextMethod():
                self._next_method()
            case commands.ChangeEpsilon(decades):
                return self._change_epsilon(decades)
            case commands.SweepEpsilon():
                return self._sweep_epsilon()
            case _:
                return None
        return ""

    def forget(self) -> None:
        """Have nothing to show until the next check, which is due at once."""
        self._report = self._report_point = None
        self.complaint = ""
        self._next = 0.0

    def look(self, now: float, *, resting: bool) -> None:
        """Check the gradient if that is switched on, worth it and not too soon.

        Args:
            now: on the clock.
            resting: whether nothing is trained meanwhile, so that there is time for it.
        """
        point = (self.trainer.epoch, self.trainer.steps)
        if not self.checking or point == self._report_point or (now < self._next and not resting):
            return
        try:
            self._report = self.trainer.live_check(self.method, self.epsilon, self._longest)
        except InputError as error:
            self.complaint = str(error)
            self._next = now + (self._clock() - now) / self._share
            return
        self._report_point, self.complaint = point, ""
        seconds = _STEPPED_CHECK if self._stepped else self._report.seconds
        self._checked, self._gap = now, seconds / self._share
        self._next = now + self._gap

    def lag(self, now: float, epochs_per_second: float) -> float:
        """Return seconds from the last check to the next, or until now if that is longer.

        It is 0 where the report is of the present Θ, and hardly another comes before the next:
        of a Θ that is gone in an instant it is not said to be the present one.

        Args:
            now: on the clock.
            epochs_per_second: as they are measured.
        """
        lag = max(self._gap, now - self._checked)
        present = (self.trainer.epoch, self.trainer.steps) == self._report_point
        return 0.0 if present and epochs_per_second * lag < _FEW_EPOCHS else lag

    def _next_method(self) -> None:
        methods = self.trainer.methods
        self.method = methods[(methods.index(self.method) + 1) % len(methods)]
        self.epsilon = METHODS[self.method].epsilon if self.method in METHODS else None
        self.forget()

    def _change_epsilon(self, decades: int) -> str:
        if self.epsilon is None:
            name = "the complex step" if self.method in METHODS else "this method"
            return f"{name} has no ε to choose; m takes another method"
        changed = float(f"{self.epsilon * 10.0**decades:.3g}")
        self.epsilon = min(_LARGEST_EPSILON, max(_SMALLEST_EPSILON, changed))
        self.forget()
        return ""

    def _sweep_epsilon(self) -> str:
        epoch = self.trainer.epoch
        try:
            self.swept = Swept(epoch, self.trainer.sweep_epsilon(self._longest))
        except InputError as error:
            self.swept = Swept(epoch, None, str(error))
        return self.swept.why_not
