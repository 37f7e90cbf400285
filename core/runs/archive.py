"""Archives of plain arrays, NPZ files, in which a run or a sweep is kept.

Nothing is ever unpickled, and nothing larger than it can rightly be is read, so that a stranger's
archive can be opened.
"""

import io
import struct
import sys
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_TEXT = 2**24
"""Bytes of a JSON text in an archive."""
HEADER = 2**12
"""Bytes beside the numbers of an array, at most."""
_MOST_ARRAYS = 100
_LONGEST_NAME = 20
"""Characters of an array's name that are shown."""

FOREIGN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    EOFError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading bytes that are no run may raise in NumPy, `zipfile`, `json` and here."""


def archived(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an archive of arrays by their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():  # numpy.savez takes some names for its own options
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)
    return buffer.getvalue()


def array_names(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of all arrays.

    Raises:
        ValueError: there are more than bptui ever writes.
    """
    names = archive.namelist()
    if len(names) > _MOST_ARRAYS:
        raise ValueError("it holds too many arrays")
    return [name.removesuffix(".npy") for name in names]


def read_arrays(
    archive: zipfile.ZipFile, names: Iterable[str], most: int
) -> dict[str, NDArray[Any]]:
    """Read the arrays of these names, each of which takes at most so many bytes.

    Raises:
        ValueError, or another of `FOREIGN`: one of them is none, or is not there.
    """
    return {name: read_array(archive, name, most) for name in names}


def read_array(archive: zipfile.ZipFile, name: str, most: int) -> NDArray[Any]:
    """Read an array that takes at most so many bytes.

    Raises:
        ValueError, or another of `FOREIGN`: it is none, or is not there.
    """
    entry = archive.getinfo(f"{name}.npy")
    if entry.file_size > most:
        raise ValueError(f"its part {name[:_LONGEST_NAME]!r} is too large")
    if entry.compress_type != zipfile.ZIP_STORED:
        # So that nothing takes more memory than the file has bytes.
        raise ValueError("it is compressed, as bptui never does")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 might have written
        array: NDArray[Any] = np.load(io.BytesIO(archive.read(entry)), allow_pickle=False)
    if array.dtype.kind not in "bfiU":
        raise ValueError(f"its part {name[:_LONGEST_NAME]!r} is neither real numbers nor text")
    return array


def read_text(archive: zipfile.ZipFile, name: str) -> str:
    """Read a JSON text.

    Raises:
        ValueError, or another of `FOREIGN`: it is none.
    """
    text = read_array(archive, name, LARGEST_TEXT)
    if text.dtype.kind != "U" or text.ndim:
        raise ValueError(f"its part {name!r} is no text")
    # NumPy makes a string of numbers beyond the last character, on which Python comes to grief.
    codes = np.frombuffer(text.tobytes(), f"{text.dtype.str[0]}u4")
    if (codes > sys.maxunicode).any():
        raise ValueError(f"its part {name!r} is damaged")
    return str(text[()])
