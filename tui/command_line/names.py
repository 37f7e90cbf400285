"""The names that options choose from, and defaults that core keeps beside its NumPy code.

Help and completion scripts must not wait for NumPy, so they are written out here once
more; a test holds them equal to core's own tables.
"""

DATA = ("xor", "and", "or", "circles", "moons", "gaussians", "spirals", "checkerboard", "sine")
HIDDEN_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky-relu", "softplus", "linear")
OUTPUT_ACTIVATIONS = ("sigmoid", "tanh", "linear", "softmax")
COSTS = ("mse", "cross-entropy")
INITIALIZERS = ("uniform", "article", "xavier", "he", "constant")
DTYPES = ("float64", "float32")
METHODS = ("auto", "complex", "central", "forward", "richardson")
LEARNING_RATES = {"sgd": 2.0, "momentum": 0.5, "nesterov": 0.5, "rmsprop": 0.01, "adam": 0.01}
"""By optimizer, for XOR as `bptui` alone trains it."""
OPTIMIZERS = tuple(LEARNING_RATES)
