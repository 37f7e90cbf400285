"""The gradient of the article that bptui began with, its two mistakes to be switched off.

`bptui check examples/article.py` fails. Set the first constant to False, then the second,
and look at what each check says.
"""

import numpy as np

# An update comes between the two gradients that are compared, so they belong to two Θ.
# (There the differences are taken after it; here, where a checker takes them, backpropagation is.)
UPDATE_BEFORE_CHECK = True
# Σ δ a is taken for the gradient of J, which is a mean of N·K squares: 2/(N·K) Σ δ a.
SUM_FOR_GRADIENT = True

learning_rate = 0.1  # the article's, along Σ δ a
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
y = np.array([[0], [1], [1], [0]], float)

# The Θ that its printed numbers belong to; column 0 is the bias.
parameters = [
    np.array([[0.30415074, 0.07023949, 0.60733568], [0.73401444, 0.70665241, 0.11534186]]),
    np.array([[0.19758304, 0.92769156, 0.57434092], [0.70676142, 0.53970987, 0.73346793]]),
    np.array([[0.63143623, 0.79592873, 0.89372267]]),
]


def with_ones(a):
    return np.column_stack([np.ones(len(a)), a])


def forward(thetas, X):
    activations = [X]
    for theta in thetas:
        activations.append(1 / (1 + np.exp(-with_ones(activations[-1]) @ theta.T)))
    return activations


def cost(thetas):
    return np.mean((predict(thetas, X) - y) ** 2)


def sums(thetas):
    """Σ δ a of each layer, with δ = (ŷ - y) σ′(z) at the output."""
    activations = forward(thetas, X)
    error = activations[-1] - y
    found = []
    for layer in reversed(range(len(thetas))):
        below, above = activations[layer], activations[layer + 1]
        delta = error * above * (1 - above)
        found.insert(0, delta.T @ with_ones(below))
        error = delta @ thetas[layer][:, 1:]
    return found


def gradients(thetas):
    if UPDATE_BEFORE_CHECK:
        for theta, change in zip(thetas, sums(thetas), strict=True):
            theta -= learning_rate * change
    scale = 1 if SUM_FOR_GRADIENT else 2 / y.size
    return [scale * change for change in sums(thetas)]


def predict(thetas, X):
    return forward(thetas, X)[-1]
