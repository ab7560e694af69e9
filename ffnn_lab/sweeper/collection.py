"""Garbage collection, suspended where much is made that stays. Imports nothing heavy."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Suspend garbage collection, for imports and whatever else makes many objects that stay.

    An import makes a hundred thousand objects, and each collection would walk them all.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
