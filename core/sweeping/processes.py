"""Running blocks in processes of this machine."""

import os
import signal
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

from bptui.core.errors import InputError
from bptui.core.sweeping.block import Block, BlockResult, BlockState, Samples
from bptui.core.sweeping.plan import Plan
from bptui.core.sweeping.runner import (
    SLICE_SECONDS,
    GoOn,
    States,
    Trained,
    check_workers,
    run_slice,
    work_done,
)

_POLL = 0.1
MOST_DEATHS = 3
"""Times in a row that workers die, and tell nothing in between, before it is given up."""

_Future = Future[BlockResult | BlockState]

_stop: Any = None
"""In a worker: the event that ends its work."""


def run_in_processes(
    plan: Plan, blocks: Iterable[Block], workers: int, states: States, go_on: GoOn
) -> Trained:
    """Train blocks in `workers` processes; they come in the order in which they are done.

    A block whose worker dies goes on from its last state in another.

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
                    state = states.get(block)
                    doing[pool.submit(_work, block, samples, state, SLICE_SECONDS)] = block
                    waiting.pop()
                for block, result in _done(doing):
                    deaths = 0
                    yield block, result
                    if not isinstance(result, BlockResult):
                        waiting.append(block)
                if not go_on(sum(work_done(block, states.get(block)) for block in doing.values())):
                    stop.set()
                    yield from _last(pool, doing)
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


def _done(doing: dict[_Future, Block]) -> Trained:
    """Take out of `doing` what is done by now; a worker's death is told after the rest."""
    done, _ = wait(doing, timeout=_POLL, return_when=FIRST_COMPLETED)
    broken = None
    for future in done:
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            broken = error
            continue
        result = future.result()
        yield doing.pop(future), result
    if broken is not None:
        raise broken


def _last(pool: ProcessPoolExecutor, doing: dict[_Future, Block]) -> Trained:
    """Give what workers that were told to stop had reached."""
    pool.shutdown(cancel_futures=True)
    for future, block in doing.items():
        if not future.cancelled() and future.exception() is None:
            yield block, future.result()


def _begin(stop: Any) -> None:
    """Prepare a worker: Ctrl+C is for the process that gives out the work."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that gives out the work is killed."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _work(
    block: Block, samples: Samples, state: BlockState | None, seconds: float
) -> BlockResult | BlockState:
    return run_slice(block, samples, state, seconds, lambda epoch: not _stop.is_set())
