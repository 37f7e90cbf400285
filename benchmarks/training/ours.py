"""bptui itself, as the command trains: the cost of every epoch goes into the history."""

import numpy as np

from benchmarks.training.workloads import Workload
from bptui.core import Network, Trainer
from bptui.core.data.dataset import Dataset
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.sweeping.stacked import StackedBackpropagation

LOOK = 10
"""Epochs between two looks at the costs, as in a sweep of 10,000 epochs."""


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last cost."""
    X, y = workload.data()
    layers = workload.layers
    dataset = Dataset(
        workload.name,
        X,
        y,
        tuple(f"x{place}" for place in range(layers[0])),
        tuple(f"y{place}" for place in range(layers[-1])),
        "classes" if workload.output == "softmax" else "binary",
    )
    network = Network(
        layers,
        activation=workload.activation,
        output=workload.output,
        cost=workload.cost,
        dtype=workload.dtype,
    )
    for theta, start in zip(network.thetas, workload.thetas(), strict=True):
        theta[:] = start
    trainer = Trainer(
        network, dataset, learning_rate=workload.learning_rate, batch_size=workload.batch_size
    )

    def train(epochs: int) -> float:
        trainer.advance(1e6, epochs)
        return float(trainer.history.columns().last[-1])

    return train


def prepare_many(workload: Workload):
    """Return the same for many networks side by side, as a sweep trains them."""
    X, y = workload.data()
    work = StackedBackpropagation(
        X,
        y,
        workload.layers,
        networks=workload.networks,
        activation=workload.activation,
        output=workload.output,
        cost=workload.cost,
        dtype=workload.dtype,
    )
    for number, one in enumerate(workload.alone()):
        work.theta[:, number] = np.concatenate([theta.ravel() for theta in one.thetas()])
    step = OPTIMIZERS["sgd"](work.theta).step

    def train(epochs: int) -> float:
        with np.errstate(all="ignore"):
            for epoch in range(epochs):
                work.forward()
                if epoch % LOOK == 0 or epoch == epochs - 1:
                    costs = work.costs()
                work.backward()
                step(work.gradient, workload.learning_rate)
        return float(costs.mean())

    return train
