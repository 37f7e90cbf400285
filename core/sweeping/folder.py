"""The folder of a sweep: what it is, and one file for each block, finished or under way."""

import json
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import digest
from bptui.core.data.input_file import open_input_file
from bptui.core.errors import InputError, printable
from bptui.core.runs.archive import FOREIGN, archived
from bptui.core.runs.checkpoint import decoded_configuration
from bptui.core.runs.files import BLOCKS, SWEEP
from bptui.core.runs.folder import held_run
from bptui.core.runs.lock import LockedError, RunLock
from bptui.core.runs.replacing import remove_unfinished, replace_file
from bptui.core.sweeping.block import Block, BlockResult, BlockState
from bptui.core.sweeping.block_files import (
    BEGUN,
    begun_name,
    read_result,
    read_state,
    result_name,
)
from bptui.core.sweeping.choices import checked_choice
from bptui.core.sweeping.fingerprint import difference, fingerprint
from bptui.core.sweeping.plan import Plan, check_settings, make_plan

FORMAT = 1
_LARGEST_SWEEP = 2**24


class SweepFolder:
    """A folder in which blocks are kept as far as they are, each written whole or not at all.

    Until it is closed no other process trains there.
    """

    def __init__(self, folder: Path, plan: Plan, lock: RunLock | None) -> None:
        """Take a folder that `create` or `open_sweep` has looked at and locked."""
        self.path, self._plan, self._lock = folder, plan, lock

    @classmethod
    def create(cls, folder: Path, plan: Plan) -> "SweepFolder":
        """Make the folder of a new sweep.

        Raises:
            InputError: a sweep or a run is there already, another process is about to keep one
                there, or it cannot be written.
        """
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = RunLock(folder)
        with _released_on_error(lock):
            shown = printable(folder)
            if (folder / SWEEP).exists():
                raise InputError(
                    f"{shown}: holds a sweep; --resume {shown} continues it, or name another folder"
                )
            if run := held_run(folder):
                raise InputError(
                    f"{shown}: holds {run}; bptui --resume {shown} continues it, or name another "
                    "folder"
                )
            if any(folder.glob(BLOCKS)):
                raise InputError(
                    f"{shown}: holds blocks of a sweep without its {SWEEP}; name another folder"
                )
            with _writing(folder):
                _describe(folder, plan)
        return cls(folder, plan, lock)

    def close(self) -> None:
        """Let other processes have the folder."""
        if self._lock is not None:
            self._lock.release()

    def save(self, block: Block, result: BlockResult) -> None:
        """Keep what became of a block.

        Raises:
            InputError: it cannot be written.
        """
        arrays = {field.name: getattr(result, field.name) for field in fields(result)}
        self._write(result_name(block), {name: x for name, x in arrays.items() if x is not None})
        with suppress(OSError):
            (self.path / begun_name(block)).unlink(missing_ok=True)

    def save_state(self, block: Block, state: BlockState) -> None:
        """Keep how far a block has come.

        Raises:
            InputError: it cannot be written.
        """
        self._write(begun_name(block), {"epoch": np.array(state.epoch), **state.arrays})

    def _write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        with _writing(self.path):
            replace_file(self.path / name, archived(arrays))

    def finished(self) -> dict[Block, BlockResult]:
        """Return the blocks that are kept here; what cannot be read is to be trained again."""
        there = {path.name for path in self.path.glob(BLOCKS)}
        found = {}
        for block in self._plan.blocks:
            name = result_name(block)
            result = read_result(self.path / name, block) if name in there else None
            if result is not None:
                found[block] = result
        return found

    def begun(self, finished: Container[Block]) -> dict[Block, BlockState]:
        """Return how far blocks have come that are not `finished`; remove what others left."""
        left = {path.name: path for path in self.path.glob(BEGUN)}
        found = {}
        for block in self._plan.blocks if left else ():
            path = None if block in finished else left.pop(begun_name(block), None)
            if path is not None:
                state = read_state(path, block, self._plan.settings[block.index].samples)
                if state is not None:
                    found[block] = state
        if self._lock is not None:
            for path in left.values():
                with suppress(OSError):
                    path.unlink()
        return found


def last_sweep(folder: Path) -> Path:
    """Return the last sweep that is not finished, of those in `FOLDER`, `FOLDER-2`, `FOLDER-3`, ….

    Where all are finished, or cannot go on, it is the last of them; where there is none, `folder`.
    """
    numbered = re.compile(re.escape(folder.name) + r"(-\d+)?")
    there = [
        path.parent
        for path in folder.parent.glob(f"*/{SWEEP}")
        if numbered.fullmatch(path.parent.name)
    ]
    there.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in there:
        with suppress(InputError):
            plan, kept = open_sweep(path)
            kept.close()
            if len(kept.finished()) < len(plan.blocks):
                return path
    return there[0] if there else folder


def open_sweep(folder: Path, seeds: int | None = None) -> tuple[Plan, SweepFolder]:
    """Return the sweep of a folder, to go on with it.

    Args:
        folder: where it is kept.
        seeds: how many seeds it is to have from now on, no fewer than before; `None` leaves
            that as it is.

    Raises:
        InputError: no sweep is there, another process is training it, it cannot be understood,
            it has more seeds, its data is gone or has changed, or it was begun where arithmetic
            gives other bits.
    """
    lock = _locked(folder) if (folder / SWEEP).is_file() else None
    with _released_on_error(lock):
        plan = _read_plan(folder, seeds)
    if lock is not None:
        remove_unfinished(folder, (SWEEP, BLOCKS))
    return plan, SweepFolder(folder, plan, lock)


def _locked(folder: Path) -> RunLock | None:
    try:
        return RunLock(folder)
    except LockedError as error:
        raise InputError(
            f"{printable(folder)}: {error.who} is training there right now; it can be resumed once "
            "that has ended"
        ) from None
    except OSError:  # what is finished there can be read all the same
        return None


@contextmanager
def _released_on_error(lock: RunLock | None) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _read_plan(folder: Path, seeds: int | None) -> Plan:
    shown = printable(folder / SWEEP)
    try:
        with open_input_file(folder / SWEEP) as stream:
            content = stream.read(_LARGEST_SWEEP)
    except InputError as error:
        why, run = str(error), held_run(folder)
        if run:
            where = printable(folder)
            why = f"{where}: holds {run}; bptui --resume {where} continues it"
        raise InputError(f"no sweep can be resumed: {why}") from None
    try:
        facts = json.loads(content)
        if facts["format"] != FORMAT:
            raise ValueError(f"it has format {facts['format']}, this bptui reads {FORMAT}")
        base = decoded_configuration(facts["configuration"])
        axes = dict(facts["axes"])
        check_settings(axes)
        for name, values in axes.items():
            axes[name] = [checked_choice(name, one) for one in values]
        begun_with = int(facts["seeds"])
        data_digest, made_by = facts["data_digest"], dict(facts["made_by"])
    except FOREIGN as error:
        raise InputError(f"{shown}: this is no sweep's: {printable(error)[:200]}") from None
    if seeds is not None and seeds < begun_with:
        raise InputError(
            f"seeds: the sweep in {printable(folder)} has {begun_with:,} for each setting, and may "
            "be given more but no fewer"
        )
    plan = make_plan(base, axes, begun_with if seeds is None else seeds)
    if digest(plan.dataset.X, plan.dataset.y) != data_digest:
        raise InputError(
            f"{printable(folder)}: this sweep cannot go on: its data, "
            f"{printable(base.data)}, has changed since it began"
        )
    other = difference(fingerprint(), made_by)
    if other:
        raise InputError(
            f"{printable(folder)}: this sweep cannot go on: it was begun elsewhere, with {other}, "
            "and its results would not be the same to the last bit"
        )
    if plan.seeds != begun_with:
        with _writing(folder):
            _describe(folder, plan)
    return plan


def _describe(folder: Path, plan: Plan) -> None:
    facts = {
        "format": FORMAT,
        "configuration": asdict(plan.base),
        "axes": plan.axes,
        "seeds": plan.seeds,
        "data_digest": digest(plan.dataset.X, plan.dataset.y),
        "made_by": fingerprint(),
    }
    replace_file(folder / SWEEP, (json.dumps(facts, indent=2) + "\n").encode())


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except ValueError:
        raise InputError(f"{printable(folder)}: no folder can have this name") from None
    except OSError as error:
        raise InputError(
            f"{printable(folder)}: cannot keep the sweep there: {error.strerror or error}"
        ) from None
