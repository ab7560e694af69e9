"""Axes of a search space: what a setting may be along one key of the config."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ffnn_lab.config import ConfigError


@dataclass(frozen=True)
class Choice:
    """Finitely many values, in the order written."""

    values: tuple[Any, ...]

    @property
    def samples(self) -> tuple[Any, ...]:
        """Give values whose being legal makes the whole axis legal."""
        return self.values


@dataclass(frozen=True)
class Interval:
    """All numbers between two ends, both included; on a log scale if so tagged."""

    low: float
    high: float
    log: bool
    is_int: bool = False

    @property
    def samples(self) -> tuple[Any, ...]:
        """Give the ends: if both are legal, so is all between."""
        return self.low, self.high


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


def axis_to_json(axis: Axis) -> dict[str, Any]:
    """Write an axis as the sweep's definition stores it."""
    if isinstance(axis, Choice):
        return {"kind": "choice", "values": list(axis.values)}
    contents = asdict(axis)
    return {"kind": "int" if contents.pop("is_int") else "float", **contents}


def axis_from_json(contents: Mapping[str, Any]) -> Axis:
    """Read an axis back."""
    if contents["kind"] == "choice":
        return Choice(tuple(contents["values"]))
    return Interval(
        contents["low"], contents["high"], contents["log"], is_int=contents["kind"] == "int"
    )
