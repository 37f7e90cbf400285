"""Imports that no garbage collection looks at."""

import gc

from bptui.tui.quick_start import uncollected


def test_nothing_is_collected_while_modules_are_imported_nor_ever_looked_at_again():
    assert gc.isenabled()
    before = gc.get_freeze_count()
    with uncollected():
        assert not gc.isenabled()
        kept = [{} for _ in range(100)]
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


def test_whoever_does_without_collections_goes_on_so():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
