"""The files of a block: what they are called, and what is read in them if it can be of it."""

import zipfile
from pathlib import Path

import numpy as np

from bptui.core.runs.archive import FOREIGN, HEADER, array_names, read_array, read_arrays
from bptui.core.sweeping.block import (
    Block,
    BlockResult,
    BlockState,
    Samples,
    curve_epochs,
    is_state_of,
    largest_array,
)

BEGUN = "setting-*-begun.npz"
"""What the names of files of blocks under way match."""


def result_name(block: Block) -> str:
    """Return what the file of a finished block is called."""
    return f"setting-{block.index + 1}-seeds-{block.first_seed}-{block.seeds}.npz"


def begun_name(block: Block) -> str:
    """Return what the file of a block under way is called."""
    return f"{result_name(block).removesuffix('.npz')}-begun.npz"


def read_result(path: Path, block: Block) -> BlockResult | None:
    """Return the result in a file; `None` if it is none of this block."""
    if not path.is_file():
        return None
    assert block.setting.epochs is not None
    points = len(curve_epochs(block.setting.epochs))
    expected: dict[str, tuple[tuple[int, ...], type]] = {
        "solved_at": ((block.seeds,), np.int64),
        "final_cost": ((block.seeds,), np.float64),
        "diverged": ((block.seeds,), np.bool_),
        "curves": ((block.curves, points), np.float64),
        "best_curve": ((points,), np.float64),
    }
    if block.setting.validation:
        for name in ("validation_cost", "validation_score"):
            expected[name] = ((block.seeds,), np.float64)
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {
                name: read_array(archive, name, 8 * int(np.prod(shape)) + HEADER)
                for name, (shape, _) in expected.items()
            }
    except (*FOREIGN, OSError):
        return None
    for name, (shape, dtype) in expected.items():
        if arrays[name].shape != shape or arrays[name].dtype != dtype:
            return None
    return BlockResult(**arrays)


def read_state(path: Path, block: Block, samples: Samples) -> BlockState | None:
    """Return the state in a file; `None` if it is none of this block."""
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = read_arrays(archive, array_names(archive), largest_array(block) + HEADER)
        state = BlockState(int(arrays.pop("epoch")), arrays)
    except (*FOREIGN, OSError):
        return None
    return state if is_state_of(state, block, samples) else None
