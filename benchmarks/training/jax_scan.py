"""JAX: all the epochs that are timed, compiled into one `lax.scan`; compiling is not timed.

Several networks are one array with an axis more, by `vmap`.
"""

from functools import partial

import numpy as np

from benchmarks.training.workloads import Workload


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last cost."""
    import jax

    jax.config.update("jax_enable_x64", True)
    from jax import lax
    from jax import numpy as jnp

    X, y = (jnp.asarray(array) for array in workload.data())
    value = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}[workload.activation]
    size, whole = workload.batch_size, workload.samples // workload.batch_size

    def cost_of(thetas, X, y):
        a = X
        for W, b in thetas[:-1]:
            a = value(a @ W + b)
        W, b = thetas[-1]
        z = a @ W + b
        if workload.cost == "mse":
            return jnp.mean((jax.nn.sigmoid(z) - y) ** 2)
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(z), axis=1))

    def step(thetas, X, y):
        cost, gradients = jax.value_and_grad(cost_of)(thetas, X, y)
        rate = workload.learning_rate
        return jax.tree.map(
            lambda theta, gradient: theta - rate * gradient, thetas, gradients
        ), cost

    def epoch(carried, _, X, y):
        thetas, key = carried
        if workload.full_batch:
            thetas, cost = step(thetas, X, y)
            return (thetas, key), cost
        key, drawn = jax.random.split(key)
        order = jax.random.permutation(drawn, workload.samples)
        batches = order[: whole * size].reshape(whole, size)
        thetas, costs = lax.scan(lambda now, rows: step(now, X[rows], y[rows]), thetas, batches)
        total = jnp.sum(costs) * size
        if whole * size < workload.samples:
            rest = order[whole * size :]
            thetas, cost = step(thetas, X[rest], y[rest])
            total += cost * len(rest)
        return (thetas, key), total / workload.samples

    def epochs_of_one(carried, epochs, X, y):
        return lax.scan(partial(epoch, X=X, y=y), carried, None, length=epochs)

    def start(workload):
        return [(theta[:, 1:].T, theta[:, 0]) for theta in workload.thetas()]

    thetas, key, many = start(workload), jax.random.key(0), epochs_of_one
    if workload.networks > 1:
        thetas = jax.tree.map(lambda *parts: np.stack(parts), *map(start, workload.alone()))
        key = jax.random.split(key, workload.networks)
        many = jax.vmap(epochs_of_one, in_axes=(0, None, None, None))
    carried = jax.tree.map(jnp.asarray, thetas), key
    compiled = jax.jit(many, static_argnums=1)

    def train(epochs: int) -> float:
        nonlocal carried
        carried, costs = compiled(carried, epochs, X, y)
        return float(np.asarray(costs)[..., -1].mean())

    return train


prepare_many = prepare
