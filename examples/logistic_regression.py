"""Logistic regression with one parameter vector, the intercept in front."""

import numpy as np

learning_rate = 0.5
penalty = 0.1


def make_data(N=80):
    rng = np.random.default_rng(2)
    X = rng.normal(0, 1, (N, 3))
    likely = 1 / (1 + np.exp(-(X @ [1.5, -2.0, 0.5] + 0.3)))
    return X, (rng.random(N) < likely).astype(float)


X, y = make_data()
parameters = np.zeros(4)


def with_ones(X):
    return np.column_stack([np.ones(len(X)), X])


def cost(theta):
    z = with_ones(X) @ theta
    # log(1 + exp(z)) that cannot overflow; logaddexp takes real numbers alone, so bptui
    # checks this model by differences.
    fit = np.mean(np.logaddexp(0, z) - y * z)
    return fit + penalty / (2 * len(X)) * np.sum(theta[1:] ** 2)


def gradients(theta):
    A = with_ones(X)
    gradient = A.T @ (1 / (1 + np.exp(-A @ theta)) - y) / len(X)
    gradient[1:] += penalty / len(X) * theta[1:]
    return gradient


def predict(theta, X):
    return 1 / (1 + np.exp(-with_ones(X) @ theta))
