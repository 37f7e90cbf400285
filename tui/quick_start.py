"""A quick start: what is imported stays, so nobody looks for garbage in it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Make many objects that stay, such as modules, and let no collection ever look at them.

    While a dashboard is imported, collections take about a tenth of the time and find next to
    nothing; later ones would go through all of it again, in the midst of a picture.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
