"""The axes of a search space: the values that a setting may take along one key of the config."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ffnn_lab.config import ConfigError


@dataclass(frozen=True)
class Choice:
    """Finitely many values, in the order written."""

    values: tuple[Any, ...]
    grows: bool = False
    """True if points are added beyond the first or last value while the best lies there."""


@dataclass(frozen=True)
class Interval:
    """All numbers between two ends, both included; on a log scale if so tagged."""

    low: float
    high: float
    log: bool
    is_int: bool = False


Axis = Choice | Interval
Space = Mapping[str, Axis]


def check_interval(key: str, axis: Interval) -> None:
    """Refuse an interval that is empty, or that a log scale cannot hold.

    Raises:
        ConfigError: Naming the key and what was written.
    """
    written = f"interval({axis.low:g}, {axis.high:g})"
    if not axis.low < axis.high:
        msg = f"{key}: the low end of an interval must lie below the high end, got {written}"
        raise ConfigError(msg)
    if axis.log and axis.low <= 0:
        msg = f"{key}: a log scale needs a positive low end, got tag(log, {written})"
        raise ConfigError(msg)


def check_growing(key: str, axis: Choice) -> None:
    """Refuse a growing grid other than two or more positive numbers in ascending order.

    Raises:
        ConfigError: Naming the key and what was written.
    """
    values = axis.values
    is_number = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    if len(values) <= 1 or not is_number or values[0] <= 0 or list(values) != sorted(set(values)):
        written = ", ".join(str(value) for value in values)
        msg = (
            f"{key}: a grid that grows needs at least two positive numbers in ascending order, "
            f"got {written}"
        )
        raise ConfigError(msg)


def log_grid(key: str, written: Mapping[str, Any]) -> Choice:
    """Make the growing grid that ``{center: ..., ratio: ..., n_points: ...}`` describes.

    Raises:
        ConfigError: If the keys are not these three, or if a value is out of range.
    """
    names = ("center", "ratio", "n_points")
    if set(written) != set(names):
        msg = f"{key}: a log grid is written {{center: 0.1, ratio: 2, n_points: 5}}, got {written}"
        raise ConfigError(msg)
    center, ratio, n_points = (written[name] for name in names)
    if not (center > 0 and ratio > 1 and isinstance(n_points, int) and n_points > 1):
        msg = (
            f"{key}: a log grid needs center > 0, ratio > 1 and n_points an integer > 1, "
            f"got {center}, {ratio}, {n_points}"
        )
        raise ConfigError(msg)
    exponents = (i - (n_points - 1) / 2 for i in range(n_points))
    # Twelve digits: 0.1 * 2 is then 0.2 in every table.
    return Choice(tuple(float(f"{center * ratio**e:.12g}") for e in exponents), grows=True)
