"""Giving blocks to a Dask cluster: the extra `bptui[cluster]`."""

import asyncio
import logging
import warnings
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from bptui.core.errors import InputError, printable
from bptui.core.sweeping.block import Block, run_block
from bptui.core.sweeping.fingerprint import difference, fingerprint
from bptui.core.sweeping.plan import Plan
from bptui.core.sweeping.runner import Finished, GoOn

CONNECT_SECONDS = 10.0
_POLL = 0.1
_BLOCKS_A_THREAD = 2
"""Given out at a time, so that no worker waits for more work."""


def run_on_cluster(plan: Plan, blocks: Iterable[Block], address: str, go_on: GoOn) -> Finished:
    """Train blocks on the workers of a Dask scheduler; they come in the order they are done.

    Dask gives a block whose worker dies to another.

    Args:
        plan: the sweep.
        blocks: which of its blocks to train.
        address: of the scheduler, such as `tcp://10.0.0.5:8786`.
        go_on: called often; answers whether to go on.

    Raises:
        InputError: Dask is not installed, there is no scheduler or no worker, a worker would
            not give the same bits, or the scheduler goes away.
    """
    try:
        import distributed
    except ImportError:
        raise InputError(
            "scheduler: Dask is not installed here; pip install 'bptui[cluster]'"
        ) from None
    # What goes wrong there is told in one sentence here.
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    waiting = list(blocks)[::-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = _connected(distributed, address)
        try:
            threads = _checked_workers(client, address)
            doing: dict[Any, Block] = {}
            done: SimpleQueue[Any] = SimpleQueue()
            while waiting or doing:
                while waiting and len(doing) < _BLOCKS_A_THREAD * threads:
                    block = waiting.pop()
                    samples = plan.settings[block.index].samples
                    future = client.submit(run_block, block, samples, pure=False)
                    doing[future] = block
                    future.add_done_callback(done.put)
                for future in _waited_for(done):
                    result = _result(distributed, future, address)
                    yield doing.pop(future), result
                if client.status != "running":
                    raise _gone(address)
                if not go_on(0.0):
                    client.cancel(list(doing))
                    return
        finally:
            client.close(timeout=1.0)


def _connected(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (TimeoutError, OSError, ValueError, TypeError) as error:
        reason = printable(error).split("\n")[0][:200] or type(error).__name__
        raise InputError(f"scheduler: nothing answers at {printable(address)}: {reason}") from None


def _checked_workers(client: Any, address: str) -> int:
    """Return how many threads the workers have, once each is found to give the same bits."""
    where = f"scheduler: {printable(address)}"
    answers = client.run(fingerprint, on_error="return")
    if not answers:
        raise InputError(f"{where} has no workers; start some with dask worker")
    mine = fingerprint()
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, BaseException):
            raise InputError(
                f"{where}: the worker at {worker} cannot run bptui: {printable(answer)[:200]}"
            )
        other = difference(mine, answer)
        if other:
            raise InputError(
                f"{where}: the worker at {worker} would not give the same bits: it has {other}"
            )
    return sum(client.nthreads().values())


def _waited_for(done: "SimpleQueue[Any]") -> list[Any]:
    """Return the futures in the queue, after a moment if there are none yet."""
    futures = []
    with suppress(Empty):
        futures.append(done.get(timeout=_POLL))
        while True:
            futures.append(done.get_nowait())
    return futures


def _result(distributed: Any, future: Any, address: str) -> Any:
    try:
        return future.result()
    except distributed.KilledWorker:
        raise InputError(
            "scheduler: the workers that were given some of the work died, one after the other; "
            "their memory may be short"
        ) from None
    except (OSError, asyncio.CancelledError, distributed.CancelledError) as error:
        raise _gone(address) from error


def _gone(address: str) -> InputError:
    return InputError(f"scheduler: {printable(address)} went away before the sweep was done")
