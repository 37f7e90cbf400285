"""Who trains, in the order of the tables."""

CONTESTANTS = {
    "bptui": "ours",
    "the article's loop": "article_loop",
    "clean NumPy": "clean_numpy",
    "scikit-learn": "scikit",
    "PyTorch eager": "torch_eager",
    "JAX scan": "jax_scan",
    "C loop": "c_loop",
}
"""Name in the tables, and module of this package.

Every module has `prepare(workload)`, which returns `train(epochs)`, or `None` where it does not
train such a network. `train` goes on from where it was, but for scikit-learn's `fit`. Several
networks are trained one after the other, unless the module has a `prepare_many` as well.
"""

NOT_SUITED = "does not train such a network"
"""Why a contestant that is installed takes no part."""
