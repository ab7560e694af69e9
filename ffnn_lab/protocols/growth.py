"""The growth of a grid: points beyond its edge, as long as the best setting lies on the edge."""

import json
import math
from collections.abc import Sequence

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.protocols.option import Search, Standing, Values, growing_axes
from ffnn_lab.protocols.space import Choice

_WIDE = 1.5
"""Largest distance, in steps of the grid, at which no point is put between the best point and the
next one outward, where no setting completed. It is above 1, since a grid need not be exactly
geometric."""


def growth_range(axis: Choice) -> tuple[float, float]:
    """Return the lowest and the highest value that a growing axis may get.

    An Optuna study needs to know this range before the first point is added.
    """
    return axis.values[0] * 1e-12, axis.values[-1] * 1e12


def extension(search: Search, known: Sequence[Values], standing: Standing | None) -> Values | None:
    """Return the next setting beyond the grid, if the best lies on an edge of the growing axis.

    A new point of that axis is combined with all values of the other axes before any other point
    is added.

    Args:
        search: The arm's search, in which one axis grows.
        known: The settings that were proposed, by number.
        standing: The ranking of these settings; None while some are not scored.

    Returns:
        The setting; None while some settings are not scored, or if the grid does not grow.
    """
    (key,) = growing_axes(search.space)
    axis = search.space[key]
    assert isinstance(axis, Choice)  # noqa: S101 - as growing_axes says
    grid, (low, high) = axis.values, growth_range(axis)
    others = list({json.dumps({**v, key: None}): v for v in known}.values())
    newest = known[-1][key]
    begun = ({**values, key: newest} for values in others)
    lacking = next((values for values in begun if values not in known), None)
    if newest not in grid and lacking is not None:
        return lacking
    tried = sorted({values[key] for values in known})
    if standing is None or len(tried) >= search.max_points:
        return None
    completed = sorted({known[number][key] for number in standing.completed})
    at, is_up = _edge(tried, completed, known[standing.best][key], is_flat=standing.is_flat)
    beyond = None if at is None else _next_point(tried, at, is_up=is_up)
    if beyond is None or not low <= beyond <= high:
        return None
    try:
        with_values(search.config, {key: beyond})
    except ConfigError:
        return None  # a natural bound: nothing lies beyond
    return {**others[0], key: beyond}


def _edge(
    tried: Sequence[float], completed: Sequence[float], best: float, *, is_flat: bool
) -> tuple[float | None, bool]:
    """Return the point from which an axis grows, or None, and True if it grows upward.

    An axis grows if its best point is at an end of the axis, or of the points that completed. If
    no point completed, the values are taken to be too large, since learning rates, gains and
    decays diverge at their upper end. If all score the same, the values are taken to be too small
    to have an effect.

    Args:
        tried: All points of the growing axis, in ascending order.
        completed: The points at which a setting completed, in ascending order.
        best: The point of the best setting.
        is_flat: True if all settings that completed have the same score.
    """
    if not completed:
        return tried[0], False
    if is_flat:
        return completed[-1], True
    ends = (tried[0], False), (tried[-1], True), (completed[0], False), (completed[-1], True)
    return next(((best, is_up) for end, is_up in ends if best == end), (None, False))


def _next_point(tried: Sequence[float], at: float, *, is_up: bool) -> float | None:
    """Return the next point of a growing axis, by the ratio of the two points before it.

    Args:
        tried: All points of the axis, in ascending order.
        at: The point from which the axis grows, one of ``tried``.
        is_up: True if the axis grows upward.

    Returns:
        The new point. None if ``at`` has no neighbor inward, or if its neighbor outward, where no
        setting completed, is too near for a point between them.
    """
    place = tried.index(at)
    neighbor = place - 1 if is_up else place + 1
    if not 0 <= neighbor < len(tried):
        return None
    inward = tried[neighbor]
    outward = tried[place + 1] if is_up and at < tried[-1] else None
    if not is_up and at > tried[0]:
        outward = tried[place - 1]
    if outward is not None:  # the setting there did not complete
        n_steps = math.log(outward / at) / math.log(at / inward)
        if n_steps <= _WIDE:
            return None
    beyond = at * at / inward
    return float(f"{beyond:.12g}")  # 0.1 * 0.1 / 0.2 is 0.05, not 0.05000000000000001
