"""Running the blocks of a sweep, here or in other processes; the results are the same."""

from collections.abc import Callable, Generator, Iterable

from bptui.core.sweeping.block import Block, BlockResult, run_block
from bptui.core.sweeping.plan import Plan

GoOn = Callable[[float], bool]
"""Called often, with the number of networks' worth of work done in unfinished blocks; answers
whether to go on."""

Finished = Generator[tuple[Block, BlockResult], None, None]


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
