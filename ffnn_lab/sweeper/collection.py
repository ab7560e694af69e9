"""Suspend garbage collection while many lasting objects are made. Imports nothing heavy."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Suspend garbage collection, for imports and other code that makes many lasting objects.

    An import makes a hundred thousand objects, and each collection would walk them all.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
