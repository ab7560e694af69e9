"""Whether a best value lies on an edge of what was searched, so that a better one may lie beyond.

On a grid (a choice of numbers, a stepped range) the edge is the outermost point; on a continuous
axis it is the outer 5% of the range, the log range of a log axis. Whole numbers without a step
are searched like continuous ones and judged like them. A bound that the config itself sets
(dropout 0, momentum 0) is no edge: nothing lies beyond.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ffnn_lab.config import GROUPS, RunConfig
from ffnn_lab.config.fields import Range, leaf_fields

Axis = Mapping[str, Any]
"""One axis of a space as the definition stores it: a ``kind`` and its ends or values."""

MARGIN = 0.05
"""Share of a continuous axis, at either end, that counts as its edge."""


def setting_edges(
    space: Mapping[str, Axis],
    values: Mapping[str, object],
    *,
    tried: Iterable[Mapping[str, object]] = (),
) -> dict[str, str]:
    """Find the axes on whose edge a setting lies, and whether on the ``low`` or ``high`` one.

    Args:
        space: The arm's axes, by the config's dotted names.
        values: The setting's value on each.
        tried: All settings that were tried; a choice that grew holds more than its declaration.
    """
    settings = list(tried)
    sides = {
        key: edge_side(
            axis,
            values[key],
            natural=natural_range(key),
            tried=[setting[key] for setting in settings],
        )
        for key, axis in space.items()
    }
    return {key: side for key, side in sides.items() if side}


def edge_text(edges: Mapping[str, str]) -> str:
    """Word what `setting_edges` found: ``optimizer.lr low; initializer.gain high``."""
    return "; ".join(f"{key} {side}" for key, side in edges.items())


def natural_range(key: str) -> Range | None:
    """Find the range that the config declares for a dotted name, e.g. [0, 1) for dropout."""
    group = key.partition(".")[0]
    parts = [(RunConfig, "")] + [(part, f"{group}.") for part in GROUPS.get(group, {}).values()]
    for part, prefix in parts:
        for name, _, metadata in leaf_fields(part, prefix):
            if name == key and "range" in metadata:
                declared: Range = metadata["range"]
                return declared
    return None


def edge_side(
    axis: Axis, value: object, *, natural: Range | None, tried: Iterable[object] = ()
) -> str:
    """Say on which edge of an axis a value lies.

    Args:
        axis: What was searched.
        value: The best one.
        natural: The range that the config declares.
        tried: Values that were tried; a choice that grew holds more than its declaration.

    Returns:
        ``low``, ``high`` or, inside or where there is no order, the empty string.
    """
    if not _is_number(value):
        return ""
    number = float(value)  # type: ignore[arg-type]  # _is_number says so, which mypy cannot see
    if axis["kind"] == "choice":
        numbers = [float(each) for each in (*axis["values"], *tried) if _is_number(each)]
        low, high = min(numbers, default=number), max(numbers, default=number)
        at_low, at_high = number <= low, number >= high
    elif axis.get("step") is not None:
        low, step = float(axis["low"]), float(axis["step"])
        # Half a hair, lest rounding takes the last point off the grid.
        high = low + math.floor((axis["high"] - low) / step + 1e-9) * step
        at_low, at_high = number < low + step / 2, number > high - step / 2
    else:
        low, high = float(axis["low"]), float(axis["high"])
        place = _place(number, low, high, is_log=bool(axis.get("log")))
        at_low, at_high = place <= MARGIN, place >= 1 - MARGIN
    if low >= high:
        return ""
    if at_low and not (natural and natural.has_low and low <= natural.low):
        return "low"
    if at_high and not (natural and natural.has_high and high >= natural.high):
        return "high"
    return ""


def _place(value: float, low: float, high: float, *, is_log: bool) -> float:
    """Give the place of a value in a range: 0 at its low end, 1 at its high end."""
    if low >= high:
        return 0.5
    if is_log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
