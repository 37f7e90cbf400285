"""The physical floor: the same training as a plain loop in C, compiled on the spot with `cc`."""

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.training.workloads import Array, Workload

_SOURCE = Path(__file__).with_name("c_loop.c")
FLAGS = ("-O3", "-march=native", "-ffast-math")


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last cost."""
    real = ctypes.c_double if workload.dtype == "float64" else ctypes.c_float
    function = _compiled(workload.dtype).train
    X, y = workload.data()
    theta = np.concatenate([theta.ravel() for theta in workload.thetas()])
    gradient = np.zeros_like(theta)
    activations, deltas = (np.zeros(sum(workload.layers[1:]), workload.dtype) for _ in range(2))
    order = np.arange(len(X), dtype=np.int64)
    sizes = np.array(workload.layers, np.int32)
    state = np.array([88172645463325252], np.uint64)

    def train(epochs: int) -> float:
        costs = np.empty(epochs)
        function(
            *(_pointer(array) for array in (theta, gradient, activations, deltas, X, y, order)),
            len(X),
            workload.batch_size,
            _pointer(sizes),
            len(sizes) - 1,
            ("sigmoid", "tanh", "relu").index(workload.activation),
            int(workload.cost == "cross-entropy"),
            real(workload.learning_rate),
            ctypes.c_long(epochs),
            _pointer(costs),
            _pointer(state),
        )
        return float(costs[-1])

    return train


def _pointer(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@cache
def _compiled(dtype: str) -> Any:
    """Return the library for numbers of this dtype."""
    suffix = "" if dtype == "float64" else "f"
    names = {"EXP": f"exp{suffix}", "LOG": f"log{suffix}", "TANH": f"tanh{suffix}"}
    names["REAL"] = "double" if dtype == "float64" else "float"
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "c_loop.so"
        macros = [f"-D{name}={value}" for name, value in names.items()]
        subprocess.run(
            ["cc", *FLAGS, *macros, "-shared", "-fPIC", str(_SOURCE), "-o", str(library), "-lm"],
            check=True,
        )
        return ctypes.CDLL(str(library))
