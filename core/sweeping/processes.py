"""Running blocks in processes of this machine."""

import signal
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from bptui.core.errors import InputError
from bptui.core.sweeping.block import Block, BlockResult, Samples, run_block
from bptui.core.sweeping.plan import Plan
from bptui.core.sweeping.runner import Finished, GoOn, check_workers

_POLL = 0.1
MOST_DEATHS = 3
"""Times in a row that workers may die with nothing finished in between."""

_Future = Future[BlockResult | None]

_stop: Any = None
"""In a worker: the event that ends its work."""


def run_in_processes(plan: Plan, blocks: Iterable[Block], workers: int, go_on: GoOn) -> Finished:
    """Train blocks in `workers` processes; they come in the order in which they are done.

    A block whose worker dies is trained again by another.

    Raises:
        InputError: there are none, or too many, or they die again and again.
    """
    check_workers(workers)
    waiting = list(blocks)[::-1]
    deaths = 0
    context = get_context("spawn")
    stop = context.Event()
    while waiting:
        doing: dict[_Future, Block] = {}
        count = min(workers, len(waiting))
        pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(stop,))
        try:
            while waiting or doing:
                while waiting and len(doing) < 2 * count:
                    block = waiting[-1]
                    samples = plan.settings[block.index].samples
                    doing[pool.submit(_work, block, samples)] = block
                    waiting.pop()
                for block, result in _finished(doing):
                    deaths = 0
                    yield block, result
                if not go_on(0.0):
                    stop.set()
                    return
        except BrokenProcessPool:
            waiting += doing.values()
            deaths += 1
            if deaths == MOST_DEATHS:
                raise InputError(
                    f"workers: a worker process died {deaths} times in a row with its work "
                    "undone; memory may be short: try fewer workers"
                ) from None
        except BaseException:
            stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _finished(doing: dict[_Future, Block]) -> Finished:
    """Take out of `doing` what is finished by now; a worker's death is told after the rest."""
    done, _ = wait(doing, timeout=_POLL, return_when=FIRST_COMPLETED)
    broken = None
    for future in done:
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            broken = error
            continue
        result = future.result()
        block = doing.pop(future)
        if result is not None:
            yield block, result
    if broken is not None:
        raise broken


def _begin(stop: Any) -> None:
    """Prepare a worker: Ctrl+C is for the process that gives out the work."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(block: Block, samples: Samples) -> BlockResult | None:
    return run_block(block, samples, lambda epoch: not _stop.is_set())
