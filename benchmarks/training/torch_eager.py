"""PyTorch, eager: modules, autograd and `torch.optim.SGD`, as its tutorials have it."""

import os

from benchmarks.training.workloads import Workload


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last cost."""
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    X, y = (torch.from_numpy(array) for array in workload.data())
    modules: list[nn.Module] = []
    activation = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}[workload.activation]
    for theta in workload.thetas():
        linear = nn.Linear(theta.shape[1] - 1, theta.shape[0], dtype=X.dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(theta[:, 1:]))
            linear.bias.copy_(torch.from_numpy(theta[:, 0]))
        modules += [linear, activation()]
    modules[-1] = nn.Sigmoid() if workload.output == "sigmoid" else nn.Identity()
    model = nn.Sequential(*modules)
    loss_of = nn.MSELoss() if workload.cost == "mse" else nn.CrossEntropyLoss()
    if workload.cost != "mse":
        y = y.argmax(dim=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=workload.learning_rate)
    costs: list[float] = []

    def step(X: torch.Tensor, y: torch.Tensor) -> float:
        optimizer.zero_grad()
        loss = loss_of(model(X), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def epoch() -> float:
        if workload.full_batch:
            return step(X, y)
        batches = torch.randperm(len(X)).split(workload.batch_size)
        return sum(step(X[rows], y[rows]) * len(rows) for rows in batches) / len(X)

    def train(epochs: int) -> float:
        for _ in range(epochs):
            costs.append(epoch())
        return costs[-1]

    return train


def prepare_many(workload: Workload) -> None:
    """Take no part: one after the other is what the network alone takes, so many times."""
