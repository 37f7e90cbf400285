"""Snapshots for tests of the screen, made of the real objects of the core."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import check_backpropagation, theta_name
from bptui.core.check.report import Diagnosis
from bptui.core.check.reporting import make_array_report, make_report
from bptui.core.history import CostCurve, CostHistory, Mark
from bptui.core.network import Network
from bptui.core.snapshot import Boundary, Description, Snapshot

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def make_curve(
    costs: Any = (0.25, 0.2, 0.1),
    *,
    marks: tuple[Mark, ...] = (),
    validation: Any = (),
) -> CostCurve:
    """Return the curve of a history that recorded `costs`."""
    history = CostHistory()
    history.extend(np.asarray(costs, np.float64))
    validation = np.asarray(validation, np.float64)
    epochs = np.linspace(0, max(0, history.epochs - 1), len(validation))
    return CostCurve(history.columns(), epochs, validation, marks, history.epochs)


def falling_costs(epochs: int = 6000) -> NDArray[np.float64]:
    """Return a plateau at a quarter, then a drop: XOR as it usually goes."""
    steps = np.arange(epochs)
    return 0.002 + 0.248 / (1.0 + np.exp((steps - 0.5 * epochs) / (0.04 * epochs)))


def make_snapshot(
    layers: tuple[int, ...] = (2, 2, 2, 1),
    *,
    X: NDArray[np.float64] = XOR_X,
    y: NDArray[np.float64] = XOR_Y,
    names: dict[str, tuple[str, ...]] | None = None,
    network: dict[str, Any] | None = None,
    boundary: bool = True,
    method: str = "auto",
    **changes: Any,
) -> Snapshot:
    """Return the snapshot of a network at its start, with a real gradient check."""
    net = Network(layers, **{"seed": 7, **(network or {})})
    work = net.loaded(X, y)
    report = check_backpropagation(work, method=method)
    cost, gradients = net.backprop(X, y)
    named = {
        "feature_names": tuple(f"x{i + 1}" for i in range(layers[0])),
        "target_names": ("y",) if layers[-1] == 1 else tuple("abcdefghij"[: layers[-1]]),
        "class_names": ("0", "1") if layers[-1] == 1 else tuple("abcdefghij"[: layers[-1]]),
        **(names or {}),
    }
    description = Description(
        data="xor",
        layers=layers,
        activation=net.activation,
        output=net.output,
        cost=net.cost_name,
        optimizer="sgd",
        parameters=net.theta.size,
        array_names=tuple(theta_name(layer) for layer in range(len(net.thetas))),
        samples=len(X),
        validation_samples=0,
        X=X,
        y=y,
        **named,
    )
    snapshot = Snapshot(
        description=description,
        epoch=6412,
        cost=cost,
        validation_cost=None,
        state="running",
        epochs_per_second=1000.0,
        speed=1000.0,
        seed=7,
        learning_rate=2.0,
        scheduled_learning_rate=2.0,
        thetas=tuple(theta.copy() for theta in net.thetas),
        gradients=tuple(gradients),
        curve=make_curve(falling_costs()),
        checking=True,
        method=report.method,
        epsilon=report.epsilon,
        report=report,
        report_epoch=6412,
        predictions=net.predict(X),
        boundary=make_boundary(net) if boundary and layers[0] == 2 else None,
    )
    return replace(snapshot, **changes)


def make_boundary(net: Network, size: int = 40) -> Boundary:
    """Return the outputs of `net` over a square around the unit square."""
    across, up = np.meshgrid(np.linspace(-0.2, 1.2, size), np.linspace(1.2, -0.2, size))
    outputs = net.predict(np.column_stack([across.ravel(), up.ravel()]))
    return Boundary((-0.2, 1.2), (-0.2, 1.2), outputs.reshape(size, size, -1))


def of_arrays(names: Sequence[str], arrays: Sequence[Any]) -> Snapshot:
    """Return the snapshot of somebody's own model with these arrays of parameters."""
    thetas = tuple(np.asarray(array, np.float64) for array in arrays)
    reports = [
        make_array_report(name, theta, theta, np.full(theta.shape, 1e-12))
        for name, theta in zip(names, thetas, strict=True)
    ]
    snapshot = make_snapshot()
    description = replace(
        snapshot.description,
        data="mine.py",
        layers=(),
        activation="",
        output="",
        cost="",
        parameters=sum(theta.size for theta in thetas),
        array_names=tuple(names),
        bias_column=False,
        takes_faults=False,
    )
    return replace(
        snapshot,
        description=description,
        thetas=thetas,
        gradients=thetas,
        report=make_report("complex", None, 0.1, reports, 0.0),
    )


def wrong_report(snapshot: Snapshot, array: int = 0, index: tuple[int, ...] = (0, 1)) -> Snapshot:
    """Return `snapshot` with one wrong entry in its report, and a diagnosis."""
    assert snapshot.report is not None
    arrays = []
    for number, one in enumerate(snapshot.report.arrays):
        backprop = one.backprop.copy()
        if number == array:
            backprop[index] *= 2.0
        arrays.append(make_array_report(one.name, backprop, one.numerical, one.error_bound))
    report = make_report(snapshot.report.method, snapshot.report.epsilon, 0.1, arrays, 0.0)
    message = "One entry of Θ¹ is twice what it should be; was a factor 2 left in there?"
    diagnosis = Diagnosis("scale", "Θ¹[0,1]", message, 2.0)
    return replace(snapshot, report=replace(report, diagnosis=(diagnosis,)))
