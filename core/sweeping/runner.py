"""Running the blocks of a sweep, here or in other processes; the results are the same."""

from collections.abc import Callable, Generator, Iterable

from bptui.core.errors import InputError
from bptui.core.sweeping.block import Block, BlockResult, run_block
from bptui.core.sweeping.plan import Plan

GoOn = Callable[[float], bool]
"""Called often, with the number of networks' worth of work done in unfinished blocks; answers
whether to go on."""

MOST_WORKERS = 256

Finished = Generator[tuple[Block, BlockResult], None, None]


def check_workers(workers: int) -> None:
    """Refuse a number of processes that cannot share the work.

    Raises:
        InputError: it is not from 1 to `MOST_WORKERS`.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"workers: {workers} is not a whole number from 1 to {MOST_WORKERS}")


def run_here(plan: Plan, blocks: Iterable[Block], go_on: GoOn) -> Finished:
    """Train blocks in this process, one after the other, until done or told to stop."""
    for block in blocks:
        assert block.setting.epochs is not None
        networks_an_epoch = block.seeds / block.setting.epochs

        def still(epoch: int, each: float = networks_an_epoch) -> bool:
            return go_on(epoch * each)

        result = run_block(block, plan.settings[block.index].samples, still)
        if result is None:
            return
        yield block, result
