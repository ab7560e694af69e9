"""Lists of columns in messages about a table."""

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from ffnn_lab.tasks.table import TableConfig

N_LISTED = 20
"""Columns that a message lists."""


def column_name(written: str) -> str:
    """Return a column's name with each letter in its one composed form.

    Files and keyboards write an umlaut as one character or as two, which look the same.
    """
    return unicodedata.normalize("NFC", written)


def listed(names: Sequence[str]) -> str:
    """List names; of too many, the first ones and the last, which is often the target."""
    if len(names) <= N_LISTED:
        return ", ".join(names)
    n_more = len(names) - N_LISTED
    return f"{', '.join(names[: N_LISTED - 1])}, ... ({n_more} more), {names[-1]}"


def likely(written: str, names: Iterable[str]) -> str:
    """Return a hint at the name that was likely meant; empty if none is close."""
    close = difflib.get_close_matches(written, list(names), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def as_written(names: Sequence[str]) -> str:
    """Write a list of columns as an override does."""
    plain = (name if name.replace("_", "").isalnum() else repr(name) for name in names)
    return f"[{','.join(plain)}]"


def excluding(names: Sequence[str], config: TableConfig) -> str:
    """Write the override that leaves columns out beside those that are left out already."""
    return f"task.exclude={as_written([*config.exclude, *names])}"
