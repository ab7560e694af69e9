"""Points of a search space: on a grid, or mapped from the unit cube."""

import math
import zlib
from collections.abc import Sequence
from typing import Any

from ffnn_lab.protocols.option import Search, Values
from ffnn_lab.protocols.space import Axis, Choice, Space
from ffnn_lab.seeds import stream


def grid_point(search: Search, number: int, *, n_draws: int) -> Values:
    """Return a point of the grid before it grows; the last axis changes fastest.

    Every combination of listed values is combined with the same draws on the intervals.

    Args:
        search: The arm's search.
        number: The point's number, from 0.
        n_draws: Number of draws on the intervals for each combination of listed values.
    """
    free = {key: axis for key, axis in search.space.items() if not isinstance(axis, Choice)}
    axes = {key: axis.values for key, axis in search.space.items() if isinstance(axis, Choice)}
    place, draw = divmod(number, n_draws)
    values = from_unit(free, uniform_place(search, draw, len(free)))
    for key, options in reversed(axes.items()):
        place, at = divmod(place, len(options))
        values[key] = options[at]
    return {key: values[key] for key in search.space}


def uniform_place(search: Search, number: int, n_axes: int) -> list[float]:
    """Draw a uniform point of the unit cube, a number in [0, 1) for each axis.

    Args:
        search: The arm's search.
        number: The point's number, which names the random stream.
        n_axes: Number of axes of the cube.
    """
    rng = stream(search.seed, "proposal", zlib.crc32(search.arm.encode()), number)
    return [float(place) for place in rng.random(n_axes)]


def from_unit(space: Space, place: Sequence[float]) -> Values:
    """Map a point of the unit cube to a setting.

    Args:
        space: The axes.
        place: The point: a number in [0, 1) for each axis, in order.
    """
    return {key: _on_axis(axis, p) for (key, axis), p in zip(space.items(), place, strict=True)}


def _on_axis(axis: Axis, place: float) -> Any:  # noqa: ANN401 - any value of a config
    if isinstance(axis, Choice):
        return axis.values[min(int(place * len(axis.values)), len(axis.values) - 1)]
    # Each integer stands for the interval of half a unit on either side of it.
    low, high = (axis.low - 0.5, axis.high + 0.5) if axis.is_int else (axis.low, axis.high)
    if axis.log:
        low = max(low, 0.5) if axis.is_int else low  # 1 stands for (0.5, 1.5)
        value = math.exp(math.log(low) + place * (math.log(high) - math.log(low)))
    else:
        value = low + place * (high - low)
    inside = min(max(value, axis.low), axis.high)
    return round(inside) if axis.is_int else inside
