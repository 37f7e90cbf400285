"""Data sets from NumPy's NPZ files."""

import io
import math
import sys
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from bptui.core.data.dataset import Dataset
from bptui.core.data.input_file import display_name, open_input_file, quoted
from bptui.core.data.targets import MOST_CELLS, Targets, class_targets, number_targets
from bptui.core.errors import InputError
from bptui.core.wording import first_of

MOST_BYTES = 2_000_000_000
"""Of both arrays together, unpacked."""
BOMB_BYTES = 100_000_000
"""In memory. An array larger than that must not be packed smaller than `DENSEST`."""
DENSEST = 100
"""Bytes in memory for each byte in the file."""
LONGEST_HEADER = 20_000
"""Bytes before the values of an array; NumPy itself refuses half of that."""


def load_npz(path: Path) -> Dataset:
    """Read a data set from the arrays `X` and `y` of the NPZ file at `path`.

    X is (N, s_0), or (N,) for one feature. y is (N,) or (N, K): texts and small contiguous
    integers in one column are classes, one-hot columns too, all else is regression. The
    names of the arrays may be in either case. Nothing is ever unpickled.

    Raises:
        InputError: the file cannot be used; the message says which array and why.
    """
    file = display_name(path.name)
    with open_input_file(path) as stream:
        try:
            with zipfile.ZipFile(stream) as archive, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                X, y = _read_arrays(archive, file)
        except InputError:
            raise
        except MemoryError:
            raise InputError(f"{file}: does not fit into memory") from None
        except Exception:
            # zipfile, zlib and NumPy raise a dozen kinds of error for a damaged file.
            raise InputError(
                f"{file}: not a sound NPZ file; save one with numpy.savez(file, X=X, y=y)"
            ) from None
    features = _read_features(X, file)
    targets = _read_targets(y, file)
    if len(features) != len(targets.y):
        raise InputError(
            f"{file}: X and y have {len(features):,} and {len(targets.y):,} rows; "
            "each must have one row a sample"
        )
    return Dataset(
        file,
        features,
        targets.y,
        _numbered("x", features.shape[1]),
        targets.names,
        targets.task,
        targets.class_names,
    )


def _read_arrays(archive: zipfile.ZipFile, file: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return X and y as they are stored, after a look at how large they claim to be."""
    members = [_find(archive, name, file) for name in "Xy"]
    size = sum(member.file_size for member in members)
    if size > MOST_BYTES:
        raise InputError(
            f"{file}: X and y take {size:,} bytes unpacked; at most {MOST_BYTES:,} can be read"
        )
    for member, name in zip(members, "Xy", strict=True):
        _check_header(archive, member, f"{file}, array {name}")
    X, y = (_read_array(archive, member) for member in members)
    return X, y


def _find(archive: zipfile.ZipFile, name: str, file: str) -> zipfile.ZipInfo:
    found = [
        member for member in archive.infolist() if member.filename.lower() == f"{name.lower()}.npy"
    ]
    if len(found) > 1:
        raise InputError(f"{file}: more than one array is called {name}; there must be one")
    if not found:
        names = [member.filename.removesuffix(".npy") for member in archive.infolist()]
        there = first_of(names, quoted) or "none at all"
        raise InputError(f"{file}: no array is called {name}; the file has {there}")
    return found[0]


def _check_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> None:
    """Refuse an array that is not numbers or text, or claims more than the file holds."""
    with archive.open(member) as stream:
        start = io.BytesIO(stream.read(LONGEST_HEADER))
    version = npy_format.read_magic(start)
    if version == (1, 0):
        shape, _, dtype = npy_format.read_array_header_1_0(start)
    else:
        shape, _, dtype = npy_format.read_array_header_2_0(start)
    if dtype.kind not in "biufUS":
        what = {"O": "Python objects", "c": "complex numbers"}.get(dtype.kind, "other things")
        raise InputError(f"{where}: it holds {what}; only real numbers, or texts in y, can be used")
    if len(shape) not in (1, 2) or 0 in shape:
        raise InputError(
            f"{where}: its shape is {_shown(shape)}; it must be (samples,) or (samples, columns), "
            "neither of them 0"
        )
    cells = math.prod(shape)
    if cells > MOST_CELLS:
        raise InputError(f"{where}: {cells:,} values; at most {MOST_CELLS:,} can be used")
    if cells * dtype.itemsize > member.file_size:
        raise InputError(f"{where}: it is cut off; its shape is {_shown(shape)}")
    needed = max(member.file_size, cells * np.dtype(np.float64).itemsize)
    if needed > max(BOMB_BYTES, DENSEST * member.compress_size):
        raise InputError(
            f"{where}: {member.compress_size:,} bytes in the file become {needed:,} in memory; if "
            "that is meant, save it uncompressed, with numpy.savez"
        )


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        array: NDArray[Any] = npy_format.read_array(stream, allow_pickle=False)
        return array


def _read_features(X: NDArray[Any], file: str) -> NDArray[np.float64]:
    where = f"{file}, array X"
    if X.dtype.kind in "US":
        raise InputError(f"{where}: it holds texts; features must be numbers")
    return _finite(X, where).reshape(len(X), -1)


def _read_targets(y: NDArray[Any], file: str) -> Targets:
    where = f"{file}, array y"
    columns = y.reshape(len(y), -1)
    if y.dtype.kind not in "US":
        values = _finite(y, where).reshape(columns.shape)
        count = values.shape[1]
        targets = number_targets(where, _numbered("y", count), values)
        if targets.task == "classes" and count > 1:
            return Targets(values, tuple(map(str, range(count))), "classes")
        return targets
    if columns.shape[1] > 1:
        raise InputError(f"{where}: texts in {columns.shape[1]:,} columns; classes need one column")
    _check_texts(columns[:, 0], where)
    texts, classes = np.unique(columns[:, 0], return_inverse=True)
    names = [_decoded(text) for text in texts.tolist()]
    if "" in names:
        sample = int(np.argmax(classes == names.index("")))
        raise InputError(f"{where}: the text at [{sample}] is empty; every sample needs a class")
    return class_targets(where, "y", classes, names)


def _check_texts(texts: NDArray[Any], where: str) -> None:
    """Refuse numbers beyond the last character, on which NumPy comes to grief."""
    if texts.dtype.kind != "U" or not texts.dtype.itemsize:
        return
    native = np.ascontiguousarray(texts, texts.dtype.newbyteorder("="))
    codes = native.view(np.uint32).reshape(len(texts), -1)
    wrong = (codes > sys.maxunicode).any(axis=1)
    if wrong.any():
        raise InputError(f"{where}: the text at [{int(np.argmax(wrong))}] is damaged")


def _decoded(text: str | bytes) -> str:
    return display_name(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


def _finite(array: NDArray[Any], where: str) -> NDArray[np.float64]:
    """Return `array` as float64, in C order.

    Raises:
        InputError: a value is not finite; the message has its index.
    """
    with np.errstate(all="ignore"):
        values = np.ascontiguousarray(array, dtype=np.float64)
    if not (finite := np.isfinite(values)).all():
        index = np.unravel_index(int(np.argmin(finite)), values.shape)
        place = ", ".join(str(int(i)) for i in index)
        raise InputError(f"{where}: the value at [{place}] is {values[index]}; it must be finite")
    return values


def _numbered(letter: str, count: int) -> tuple[str, ...]:
    return tuple(f"{letter}{i}" for i in range(1, count + 1)) if count > 1 else (letter,)


def _shown(shape: Iterable[int]) -> str:
    return display_name(tuple(shape))
