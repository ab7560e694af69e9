"""The axes of a search space: the values that a setting may take along one key of the config."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ffnn_lab.config import ConfigError


@dataclass(frozen=True)
class Choice:
    """An axis with finitely many values, in the order in which the user wrote them."""

    values: tuple[Any, ...]
    grows: bool = False
    """True if points are added beyond the first or last value while the best lies there."""


@dataclass(frozen=True)
class Interval:
    """An axis with all numbers between two ends, both included.

    ``log`` is True for a log scale, ``is_int`` if the values are whole numbers.
    """

    low: float
    high: float
    log: bool
    is_int: bool = False


Axis = Choice | Interval
Space = Mapping[str, Axis]


def check_interval(key: str, axis: Interval) -> None:
    """Check that an interval is not empty, and that on a log scale its ends are positive.

    Args:
        key: Dotted name of the field that the interval is for, for the message.
        axis: The interval.

    Raises:
        ConfigError: If the interval is refused; the message has the key and the ends.
    """
    written = f"interval({axis.low:g}, {axis.high:g})"
    if not axis.low < axis.high:
        msg = f"{key}: the low end of an interval must lie below the high end, got {written}"
        raise ConfigError(msg)
    if axis.log and axis.low <= 0:
        msg = f"{key}: a log scale needs a positive low end, got tag(log, {written})"
        raise ConfigError(msg)


def check_growing(key: str, axis: Choice) -> None:
    """Check that a growing axis has two or more positive numbers in ascending order.

    Args:
        key: Dotted name of the field that the axis is for, for the message.
        axis: The axis.

    Raises:
        ConfigError: If the axis is refused; the message has the key and the values.
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
    """Return the growing axis that ``{center: ..., ratio: ..., n_points: ...}`` describes.

    Its values are a geometric sequence of ``n_points`` numbers around the center.

    Args:
        key: Dotted name of the field that the axis is for, for the message.
        written: The mapping, as the user wrote it.

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
