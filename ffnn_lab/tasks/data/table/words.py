"""Names of columns, and how messages about a table list them."""

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from ffnn_lab.tasks.table import TableConfig

N_LISTED = 20
"""Largest number of columns that a message lists."""


def column_name(written: str) -> str:
    """Return a column's name in Unicode's composed form, in which an umlaut is one character.

    Files and keyboards write an umlaut as one character or as two, which look the same.
    """
    return unicodedata.normalize("NFC", written)


def listed(names: Sequence[str]) -> str:
    """Return names as a list for a message, shortened to `N_LISTED` names.

    A shortened list has the first names and the last one, which is often the target.
    """
    if len(names) <= N_LISTED:
        return ", ".join(names)
    n_more = len(names) - N_LISTED
    return f"{', '.join(names[: N_LISTED - 1])}, ... ({n_more} more), {names[-1]}"


def likely(written: str, names: Iterable[str]) -> str:
    """Return a hint at the existing name that is closest to a wrong one; empty if none is close.

    Args:
        written: The wrong name, as the user wrote it.
        names: The names that exist.
    """
    close = difflib.get_close_matches(written, list(names), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def as_written(names: Sequence[str]) -> str:
    """Return a list of columns in the syntax of an override, such as ``[age,'first name']``."""
    plain = (name if name.replace("_", "").isalnum() else repr(name) for name in names)
    return f"[{','.join(plain)}]"


def excluding(names: Sequence[str], config: TableConfig) -> str:
    """Return the override that leaves out columns, beside those that the config leaves out."""
    return f"task.exclude={as_written([*config.exclude, *names])}"
