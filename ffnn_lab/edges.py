"""Edges: the ends of the searched axes. If the best value lies there, a better one may lie beyond.

On a grid (a choice of numbers) the edge is the outermost point; on a continuous axis it is the
outer 5% of the range, for a log axis of the log range. An interval of whole numbers is searched
and judged like a continuous axis. A bound that the config itself sets (dropout 0, momentum 0) is
no edge: nothing lies beyond.

A setting of which no run completed shows only that the usable range ends before it. So on a grid
the edge is the outermost point at which a setting completed. On a continuous axis a value is also
on the edge if it lies within 5% of the range of the outermost value that completed, and the next
value that was tried beyond that outermost value is more than 5% of the range away from it.
"""

import math
from collections.abc import Iterable, Mapping
from functools import cache

from ffnn_lab.config import GROUPS, RunConfig
from ffnn_lab.config.fields import Range, leaf_fields
from ffnn_lab.protocols.space import Axis, Choice, Interval, Space

MARGIN = 0.05
"""Share of the range of a continuous axis, at either end, that counts as its edge."""


def setting_edges(
    space: Space,
    values: Mapping[str, object],
    *,
    tried: Iterable[Mapping[str, object]] = (),
    failed: Iterable[Mapping[str, object]] = (),
) -> dict[str, str]:
    """Return the axes on whose edge a setting lies, each with its side, ``low`` or ``high``.

    Args:
        space: The arm's axes, by the config's dotted names.
        values: The setting's value on each axis.
        tried: All settings that were tried; on an axis that grew, they have further values.
        failed: The tried settings of which no run completed (`ffnn_lab.scores.is_completed`). If
            the setting ``values`` is among them, it lies on no edge.
    """
    settings, without = list(tried), list(failed)
    if values in without:
        return {}
    completed = [setting for setting in settings if setting not in without]
    sides = {
        key: edge_side(
            axis,
            values[key],
            natural=natural_range(key),
            tried=[setting[key] for setting in completed],
            failed=[setting[key] for setting in without],
        )
        for key, axis in space.items()
    }
    return {key: side for key, side in sides.items() if side}


def edge_text(edges: Mapping[str, str]) -> str:
    """Return the edges of a setting as text: ``optimizer.lr low; initializer.gain high``."""
    return "; ".join(f"{key} {side}" for key, side in edges.items())


@cache
def natural_range(key: str) -> Range | None:
    """Return the range that the config declares for a field, such as [0, 1) for a dropout rate.

    Args:
        key: The dotted name of the field.

    Returns:
        The range; None if the field declares none.
    """
    group = key.partition(".")[0]
    parts = [(RunConfig, "")] + [(part, f"{group}.") for part in GROUPS.get(group, {}).values()]
    for part, prefix in parts:
        for name, _, metadata in leaf_fields(part, prefix):
            if name == key and "range" in metadata:
                declared: Range = metadata["range"]
                return declared
    return None


def edge_side(
    axis: Axis,
    value: object,
    *,
    natural: Range | None,
    tried: Iterable[object] = (),
    failed: Iterable[object] = (),
) -> str:
    """Return the edge of an axis on which a value lies.

    Args:
        axis: The axis that was searched.
        value: The best value.
        natural: The range that the config declares; None if there is none.
        tried: Values at which a setting completed; on an axis that grew, they may lie beyond the
            declared values.
        failed: Values at which a setting did not complete; values that are also in ``tried`` are
            ignored.

    Returns:
        ``low`` or ``high``; the empty string if the value lies inside, or if values have no order.
    """
    if not _is_number(value):
        return ""
    number = float(value)  # type: ignore[arg-type]  # _is_number says so, which mypy cannot see
    completed = {number, *_numbers(tried)}
    without = set(_numbers(failed)) - completed
    if isinstance(axis, Choice):
        declared = _numbers(axis.values)
        if len({*declared, *completed, *without}) == 1:
            return ""
        reached = ({*declared} - without) | completed
        low, high = min(reached), max(reached)
        at_low, at_high = number <= low, number >= high
    else:
        low, high = axis.low, axis.high
        if low >= high:
            return ""
        place = _place(number, axis)
        at_low, at_high = place <= MARGIN, place >= 1 - MARGIN
        at_low = at_low or _ends_open(axis, number, completed, without, is_low=True)
        at_high = at_high or _ends_open(axis, number, completed, without, is_low=False)
    if at_low and not (natural and natural.has_low and low <= natural.low):
        return "low"
    if at_high and not (natural and natural.has_high and high >= natural.high):
        return "high"
    return ""


def _ends_open(
    axis: Interval, number: float, completed: set[float], without: set[float], *, is_low: bool
) -> bool:
    """Return True if a value is near the outermost completed value, and the gap beyond is wide.

    The gap lies between the outermost value that completed and the next value that was tried,
    which did not complete. If the gap is narrow, the end of the usable range is known.

    Args:
        axis: The axis that was searched.
        number: The value.
        completed: Values at which a setting completed.
        without: Values at which no setting completed.
        is_low: True for the low side of the axis, False for the high side.
    """
    last = min(completed) if is_low else max(completed)
    outside = [each for each in without if (each < last if is_low else each > last)]
    beyond = (max if is_low else min)(outside, default=None)
    if beyond is None or (axis.is_int and abs(beyond - last) <= 1):
        return False
    at, end, next_ = (_place(each, axis) for each in (number, last, beyond))
    return abs(at - end) <= MARGIN and abs(next_ - end) > MARGIN


def _place(value: float, axis: Interval) -> float:
    """Return the position of a value on an axis: 0 at the low end, 1 at the high end."""
    low, high = axis.low, axis.high
    if axis.log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _numbers(values: Iterable[object]) -> list[float]:
    return [float(each) for each in values if _is_number(each)]  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
