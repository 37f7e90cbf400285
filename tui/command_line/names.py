"""The names that options choose from, and bounds and defaults that core keeps beside NumPy code.

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
SCHEDULES = ("constant", "step", "cosine")
MOST_SAMPLES = 1_000_000
"""That are generated."""
LARGEST_SEED = 2**32 - 1
MOST_SEEDS, MOST_WORKERS = 10_000_000, 256
"""Of a sweep."""
CHECK_SHARE = 0.05
"""Of the time of a live session."""
CHECKPOINT_SECONDS = 10.0
"""Between two checkpoints of a run."""
HOST, PORT, VISITORS = "127.0.0.1", 8000, 30
"""Where `bptui serve` serves, and to how many at once."""
OPTIMIZERS = tuple(LEARNING_RATES)
THEMES = (
    *("textual-dark", "textual-light", "nord", "gruvbox", "catppuccin-mocha", "dracula"),
    *("tokyo-night", "monokai", "flexoki", "catppuccin-latte", "catppuccin-frappe"),
    *("catppuccin-macchiato", "solarized-light", "solarized-dark", "rose-pine"),
    *("rose-pine-moon", "rose-pine-dawn", "atom-one-dark", "atom-one-light"),
    *("ansi-dark", "ansi-light"),
)
"""Textual's; the last two are in the terminal's own colours."""
FAULTS = (
    "missing-hidden-derivative",
    "missing-output-derivative",
    "extra-output-derivative",
    "derivative-of-activation",
    "wrong-derivative",
    "bias-column-shifted",
    "theta-transposed",
    "update-while-propagating",
    "gradient-transposed",
    "wrong-layer",
    "first-layer-forgotten",
    "sign-of-one-layer",
    "missing-bias-gradient",
    "bias-of-one-sample",
    "sum-not-mean",
    "half-sum-of-squares",
    "missing-factor-2",
    "sum-over-outputs",
    "divided-by-n-plus-1",
    "dropped-sample",
    "l2-forgotten",
    "l2-doubled",
    "l2-on-bias",
    "stale-activations",
    "update-before-check",
    "not-zeroed",
    "one-weight-off",
    "one-weight-zero",
    "clipped",
    "float32-inside",
)
