"""Running the blocks of a sweep, here or in other processes; the results are the same."""

from collections.abc import Callable, Generator, Iterable, Mapping
from time import perf_counter

from bptui.core.errors import InputError
from bptui.core.sweeping.block import Block, BlockResult, BlockState, Samples, run_block
from bptui.core.sweeping.plan import Plan

GoOn = Callable[[float], bool]
"""Called often, with the number of networks' worth of work done in unfinished blocks; answers
whether to go on."""

MOST_WORKERS = 256

SLICE_SECONDS = 10.0
"""A block gives its state so often: what dies with a process is no more than that."""

States = Mapping[Block, BlockState]
"""Where blocks go on from. Who takes what a runner gives puts the states of it in there."""
Trained = Generator[tuple[Block, BlockResult | BlockState], None, None]


def check_workers(workers: int) -> None:
    """Refuse a number of processes that cannot share the work.

    Raises:
        InputError: it is not from 1 to `MOST_WORKERS`.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"workers: {workers} is not a whole number from 1 to {MOST_WORKERS}")


def run_slice(
    block: Block,
    samples: Samples,
    state: BlockState | None,
    seconds: float,
    go_on: Callable[[int], bool] | None = None,
) -> BlockResult | BlockState:
    """Train a block on for about so many seconds at most, but in any case a little.

    The rest is as in `run_block`.
    """
    deadline: float | None = None

    def still(epoch: int) -> bool:
        nonlocal deadline
        now = perf_counter()
        in_time = deadline is None or now < deadline
        deadline = now + seconds if deadline is None else deadline
        return in_time and (go_on is None or go_on(epoch))

    return run_block(block, samples, still, state)


def work_done(block: Block, state: BlockState | None) -> float:
    """Return how many networks' worth of work is in a state."""
    assert block.setting.epochs is not None
    return 0.0 if state is None else block.seeds * state.epoch / block.setting.epochs


def run_here(plan: Plan, blocks: Iterable[Block], states: States, go_on: GoOn) -> Trained:
    """Train blocks in this process, one after the other, until done or told to stop."""
    for block in blocks:
        assert block.setting.epochs is not None
        networks_an_epoch = block.seeds / block.setting.epochs

        def still(epoch: int, each: float = networks_an_epoch) -> bool:
            return go_on(epoch * each)

        result: BlockResult | BlockState | None = None
        while not isinstance(result, BlockResult):
            samples = plan.settings[block.index].samples
            result = run_slice(block, samples, states.get(block), SLICE_SECONDS, still)
            yield block, result
            state = None if isinstance(result, BlockResult) else result
            if not go_on(work_done(block, state)):
                return
