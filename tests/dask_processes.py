"""A Dask scheduler and its workers, each a process of its own, on this machine alone.

Every process ends when its standard input does: none outlives the tests, however they end.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

_SERVE = """
import asyncio, sys
from distributed import Scheduler, Worker

async def serve():
    async with {server} as server:
        print(server.address, flush=True)
        await asyncio.to_thread(sys.stdin.read)

address = sys.stdin.readline().strip()
asyncio.run(serve())
"""
_LOCAL = "host='127.0.0.1', port=0, dashboard=False"
_SCHEDULER = f"Scheduler({_LOCAL}, dashboard_address='127.0.0.1:0')"
_WORKER = f"Worker(address, nthreads=1, {_LOCAL})"
_PATIENCE = 30.0


class Process:
    """One of them."""

    def __init__(self, server: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _SERVE.format(server=server)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"DASK_TEMPORARY_DIRECTORY": str(folder)},
        )
        self.address = ""

    def serve(self, scheduler: str = "") -> None:
        """Let it begin, and wait until it serves."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{scheduler}\n")
        self._process.stdin.flush()
        self.address = self._process.stdout.readline().strip()
        assert self.address, "a process of Dask ended before it served"

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=_PATIENCE)


class Cluster:
    """A scheduler and workers of one thread each."""

    def __init__(self, workers: int, folder: Path) -> None:
        # All import Dask at the same time, and serve one after the other.
        self.scheduler = Process(_SCHEDULER, folder)
        self.workers = [Process(_WORKER, folder) for _ in range(workers)]

    @property
    def address(self) -> str:
        return self.scheduler.address

    def __enter__(self) -> Self:
        try:
            self.scheduler.serve()
            for worker in self.workers:
                worker.serve(self.address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.end()
