"""Giving blocks to a Dask cluster: the extra `bptui[cluster]`."""

import asyncio
import logging
import warnings
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from bptui.core.errors import InputError, printable
from bptui.core.sweeping.block import Block, BlockResult, BlockState, Samples
from bptui.core.sweeping.fingerprint import difference, fingerprint
from bptui.core.sweeping.plan import Plan
from bptui.core.sweeping.runner import GoOn, States, Trained, run_slice, work_done

CONNECT_SECONDS = 10.0
_CLOSE_SECONDS = 5.0
_POLL = 0.1
_SLICE_SECONDS = 2.0
_BLOCKS_A_THREAD = 2
"""Given out at a time, so that no worker waits for more work."""

_Run = Callable[[Coroutine[Any, Any, Any]], Any]


def run_on_cluster(
    plan: Plan, blocks: Iterable[Block], address: str, states: States, go_on: GoOn
) -> Trained:
    """Train blocks on the workers of a Dask scheduler; they come in the order they are done.

    They are given out in slices of seconds, for Dask cannot stop what is under way: at the end,
    or where a worker dies, a slice is lost. Dask gives those of a dead worker to another.

    Args:
        plan: the sweep.
        blocks: which of its blocks to train.
        address: of the scheduler, such as `tcp://10.0.0.5:8786`.
        states: where blocks go on from.
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
    with warnings.catch_warnings(), _event_loop() as run:
        warnings.simplefilter("ignore")
        client = run(_connected(distributed, address))
        doing: dict[asyncio.Task[Any], Block] = {}
        held: dict[int, Any] = {}
        try:
            threads = run(_checked_workers(client, address))
            while waiting or doing:
                while waiting and len(doing) < _BLOCKS_A_THREAD * threads:
                    block = waiting.pop()
                    samples = plan.settings[block.index].samples
                    if id(samples) not in held:
                        held[id(samples)] = run(_held(client, samples))
                    there = held[id(samples)]
                    doing[run(_submitted(client, block, there, states.get(block)))] = block
                for task in run(_done(doing)):
                    result = _result(distributed, task, address)
                    block = doing.pop(task)
                    yield block, result
                    if not isinstance(result, BlockResult):
                        waiting.append(block)
                if client.status != "running":
                    raise _gone(address)
                if not go_on(sum(work_done(block, states.get(block)) for block in doing.values())):
                    return
        finally:
            run(_close(client, doing))


@contextmanager
def _event_loop() -> Iterator[_Run]:
    """Run an event loop on a thread of its own, and give what runs coroutines there.

    Dask can do so itself, but leaves a client that has not come to be to the garbage collector,
    which may then wait for ever for a lock that its own thread holds.
    """
    begun: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()

    async def serve() -> None:
        over = asyncio.Event()
        begun.put((asyncio.get_running_loop(), over))
        await over.wait()

    thread = Thread(target=lambda: asyncio.run(serve()), name="bptui-cluster", daemon=True)
    thread.start()
    loop, over = begun.get()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


async def _connected(distributed: Any, address: str) -> Any:
    client = None
    try:
        client = distributed.Client(
            address, timeout=CONNECT_SECONDS, set_as_default=False, asynchronous=True
        )
        return await client
    except (TimeoutError, OSError, ValueError, TypeError) as error:
        if client is not None:
            await _close(client)
        reason = printable(error).split("\n")[0][:200] or type(error).__name__
        raise InputError(f"scheduler: nothing answers at {printable(address)}: {reason}") from None


async def _close(client: Any, doing: Iterable[asyncio.Task[Any]] = ()) -> None:
    for task in doing:
        task.cancel()
    await asyncio.gather(*doing, return_exceptions=True)
    with suppress(TimeoutError, OSError):
        await client.close(timeout=_CLOSE_SECONDS)


async def _checked_workers(client: Any, address: str) -> int:
    """Return how many threads the workers have, once each is found to give the same bits."""
    where = f"scheduler: {printable(address)}"
    answers = await client.run(fingerprint, on_error="return")
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
    return sum((await client.nthreads()).values())


async def _held(client: Any, samples: Samples) -> Any:
    """Return samples that the workers pass on to each other, so that they are sent but once."""
    return client.submit(_same, samples, pure=False)


def _same(samples: Samples) -> Samples:
    return samples


async def _submitted(
    client: Any, block: Block, samples: Any, state: BlockState | None
) -> asyncio.Task[Any]:
    future = client.submit(run_slice, block, samples, state, _SLICE_SECONDS, pure=False)

    async def result() -> Any:
        return await future

    return asyncio.create_task(result())


async def _done(doing: Iterable[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Return what is done, after a moment if nothing is yet."""
    done, _ = await asyncio.wait(doing, timeout=_POLL, return_when=asyncio.FIRST_COMPLETED)
    return done


def _result(distributed: Any, task: asyncio.Task[Any], address: str) -> Any:
    try:
        return task.result()
    except distributed.KilledWorker:
        raise InputError(
            "scheduler: the workers that were given some of the work died, one after the other; "
            "their memory may be short"
        ) from None
    except (OSError, asyncio.CancelledError, distributed.CancelledError) as error:
        raise _gone(address) from error


def _gone(address: str) -> InputError:
    return InputError(f"scheduler: {printable(address)} went away before the sweep was done")
