"""bptui itself, as the command trains: the cost of every epoch goes into the history."""

from benchmarks.training.workloads import Workload
from bptui.core import Network, Trainer
from bptui.core.data.dataset import Dataset


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
