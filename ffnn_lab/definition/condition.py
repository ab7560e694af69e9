"""Conditions under which a comparison is repeated, and the names that are made from them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ffnn_lab.config.fields import as_override

Condition = Mapping[str, Any]
"""Maps each key of ``hydra.sweeper.across`` (a field by its dotted name, or a config group) to its
value; empty if the sweep has no conditions."""


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """Map each dotted name to its shortest ending, cut at a dot, that no other name has."""
    names = list(keys)

    def is_unique(tail: str) -> bool:
        return sum(f".{name}".endswith(f".{tail}") for name in names) == 1

    return {name: next(filter(is_unique, _tails(name)), name) for name in names}


def _tails(name: str) -> Iterator[str]:
    """Yield the last part of a dotted name, the last two, and so on."""
    parts = name.split(".")
    return (".".join(parts[-n_parts:]) for n_parts in range(1, len(parts) + 1))


def value_text(value: Any) -> str:  # noqa: ANN401 - a value of the config
    """Return a condition's value as text: a string unchanged, other values as in an override."""
    return value if isinstance(value, str) else as_override(value)


def label_of(condition: Condition) -> str:
    """Return the name of a condition, such as ``n=25,p=0.6``; "" for an empty condition."""
    short = short_names(condition)
    return ",".join(f"{short[key]}={value_text(value)}" for key, value in condition.items())


def name_under(base: str, condition: Condition) -> str:
    """Return the name that the arm ``base`` has under a condition, such as ``adam@n=25,p=0.6``."""
    return f"{base}@{label_of(condition)}" if condition else base
