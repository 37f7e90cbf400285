"""Sweeps from Python: how often, how fast and how well a network learns."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

from bptui.core.errors import InputError, printable
from bptui.core.runs.files import SWEEP
from bptui.core.sweeping.block import Block, BlockResult, BlockState
from bptui.core.sweeping.choices import checked_choices, checked_way
from bptui.core.sweeping.folder import SweepFolder, open_sweep
from bptui.core.sweeping.plan import SEEDS, Plan, make_plan
from bptui.core.sweeping.result import SweepResult, summarize
from bptui.core.sweeping.runner import SLICE_SECONDS, GoOn, Trained, run_here


class Sweep:
    """A sweep under way: what is finished of it, and how to go on."""

    def __init__(self, plan: Plan, folder: SweepFolder | None = None) -> None:
        """Take up what `folder` has; train nothing yet."""
        self.plan = plan
        self.folder = folder
        """Where blocks are kept, finished and under way, if they are."""
        self.results: dict[Block, BlockResult] = {} if folder is None else folder.finished()
        """What became of the finished blocks."""
        self.states: dict[Block, BlockState] = {}
        """What others have reached."""
        if folder is not None:
            self.states = folder.begun(self.results)
        self.earlier = self.networks
        """How many networks were trained before."""
        self._unsaved: set[Block] = set()
        self._due: dict[Block, float] = {}
        """When the next state of a block is to be saved; at once where there is none yet."""
        self.seconds = 0.0
        """Spent training."""

    @property
    def networks(self) -> int:
        """How many networks are trained to the end."""
        return sum(block.seeds for block in self.results)

    def run(self, go_on: GoOn, *, workers: int | None = None, scheduler: str | None = None) -> None:
        """Train what is not finished, until done or told to stop.

        Args:
            go_on: called often with the networks' worth of work in unfinished blocks; answers
                whether to go on.
            workers: processes of this machine to share the work; `None` trains in this one.
            scheduler: address of a Dask scheduler to give the work to instead.

        Raises:
            InputError: workers die again and again, or nothing can be done at that scheduler.
                What is finished stays in `results`, what is not in `states`, and both in the
                folder.
        """
        started = perf_counter()
        try:
            with closing(self._trained(go_on, workers, scheduler)) as trained:
                for block, result in trained:
                    self._take(block, result)
        finally:
            self.seconds += perf_counter() - started
            self._save_states()

    def _take(self, block: Block, result: BlockResult | BlockState) -> None:
        if isinstance(result, BlockState):
            before = self.states.get(block)
            if result.epoch == (0 if before is None else before.epoch):
                return
            self.states[block] = result
            self._unsaved.add(block)
            if perf_counter() >= self._due.get(block, 0.0):
                self._save_state(block)
            return
        self.results[block] = result
        self.states.pop(block, None)
        self._unsaved.discard(block)
        if self.folder is not None:
            self.folder.save(block, result)

    def _save_states(self) -> None:
        for block in tuple(self._unsaved):
            self._save_state(block)

    def _save_state(self, block: Block) -> None:
        if self.folder is not None:
            self.folder.save_state(block, self.states[block])
            self._unsaved.discard(block)
        # So that of each block every long slice is kept, and of shorter ones not every one.
        self._due[block] = perf_counter() + SLICE_SECONDS / 2

    def _trained(self, go_on: GoOn, workers: int | None, scheduler: str | None) -> Trained:
        missing = [block for block in self.plan.blocks if block not in self.results]
        if scheduler is not None:
            from bptui.core.sweeping.cluster import run_on_cluster

            return run_on_cluster(self.plan, missing, scheduler, self.states, go_on)
        if workers is not None:
            from bptui.core.sweeping.processes import run_in_processes

            return run_in_processes(self.plan, missing, workers, self.states, go_on)
        return run_here(self.plan, missing, self.states, go_on)

    def keep_in(self, folder: Path) -> None:
        """Keep what is finished, and all that will be, in a new folder.

        Raises:
            InputError: it holds a sweep already, or cannot be written.
        """
        self.folder = SweepFolder.create(folder, self.plan)
        for block, result in self.results.items():
            self.folder.save(block, result)
        self._unsaved |= self.states.keys()
        self._save_states()

    def close(self) -> None:
        """Let other processes have the folder."""
        if self.folder is not None:
            self.folder.close()

    def summary(self) -> SweepResult:
        """Return what the finished blocks say."""
        return summarize(self.plan, self.results, self.seconds)


def sweep(
    *,
    seeds: int = SEEDS,
    folder: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[float], bool] | None = None,
    **choices: Any,
) -> SweepResult:
    """Train many initializations at once and say how many are solved.

    Args:
        seeds: how many networks are trained for each setting, with seeds from `seed` on.
        folder: keep finished work there, and take up what is there of the same sweep.
        workers: processes of this machine to share the work.
        scheduler: address of a Dask scheduler to give the work to.
        progress: called often with the share that is done; answers whether to go on.
        **choices: fields of `Configuration`; those in `SWEPT` may be lists of values to try,
            NumPy's too, every combination of them is one setting. `epochs` is 10,000 if not given,
            and 100 with minibatches.

    Raises:
        InputError: a choice is unknown, impossible or of a wrong kind, or the folder holds
            another sweep or is in use by another process.

    Examples:
        >>> found = sweep(seeds=50, epochs=100, learning_rate=[0.5, 2.0])
        >>> [setting.networks for setting in found.settings]
        [50, 50]
    """
    seeds, path, workers = checked_way(seeds, folder, workers, scheduler, progress)
    plan = make_plan(*checked_choices(choices), seeds)
    total = plan.networks
    work = Sweep(plan, None if path is None else _folder(path, plan))

    def go_on(unfinished: float) -> bool:
        return progress is None or progress((work.networks + unfinished) / total)

    with closing(work):
        work.run(go_on, workers=workers, scheduler=scheduler)
    return work.summary()


def _folder(path: Path, plan: Plan) -> SweepFolder:
    if not (path / SWEEP).exists():
        return SweepFolder.create(path, plan)
    there, kept = open_sweep(path)
    kept.close()
    if (there.base, there.axes) != (plan.base, plan.axes):
        raise InputError(f"folder: {printable(path)} holds another sweep; name another folder")
    return open_sweep(path, plan.seeds)[1]
