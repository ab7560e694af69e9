"""Means of values most of which are equal: their t interval is too short, or has no width.

Six draws that all end at a test error of 0 do not exclude that one draw in three ends elsewhere.
For values within a known range, an exact bound on the share of differing values bounds the mean.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from ffnn_lab.report.statistics.exact import exact_bounds, exact_interval, exact_p
from ffnn_lab.report.statistics.intervals import CONFIDENCE, HAIR, Interval
from ffnn_lab.report.statistics.significance import MOST_SEEDS

HALF: Final = 1 / 2
"""Share of equal values above which a mean is bounded by the number of differing values."""


def tied_value(values: Sequence[float]) -> tuple[float, int]:
    """Find the value that most often occurs, if more than half of the values are equal.

    Args:
        values: At least one number.

    Returns:
        The median, which is that value if there is one, and the number of values that differ from
        it by more than rounding.
    """
    middle = float(np.sort(np.asarray(values, dtype=float))[len(values) // 2])
    scale = HAIR * max(1.0, abs(middle))
    return middle, sum(abs(each - middle) > scale for each in values)


def are_tied(values: Sequence[float]) -> bool:
    """Return whether more than half of two values or more are equal."""
    if len(values) < 2:  # noqa: PLR2004 - one value is not tied with any
        return False
    return tied_value(values)[1] < HALF * len(values)


def tied_interval(
    values: Sequence[float], *, low: float, high: float, confidence: float = CONFIDENCE
) -> Interval:
    """Compute an interval of the mean that holds for tied values, whatever the others are.

    Of ``n`` values all but ``k`` are equal to ``v``. A new one differs from it with a probability
    of at most ``q``, the upper end of `exact_interval` for ``k`` of ``n``, and then lies between
    the two ends, so that the mean lies within ::

        v - q (v - low)  to  v + q (high - v)

    Where every value is one of the ends, the mean is a share, whose interval is `exact_interval`.

    Args:
        values: Independent, at least one.
        low: The end below which no value can lie; it may be infinite.
        high: The end above which none can lie, likewise.
        confidence: The share of such intervals that cover the true mean, at least.

    Source:
        The bound of the share: Clopper and Pearson (1934), Biometrika 26.
    """
    n = len(values)
    if _are_outcomes(values, low, high):
        share = exact_interval(sum(each == high for each in values), n, confidence=confidence)
        ends = [low + each * (high - low) for each in (share.low, share.high)]
    else:
        value, k = tied_value(values)
        _, most = exact_bounds(k, n, confidence=(1 + confidence) / 2)
        ends = [value - most * (value - low), value + most * (high - value)]
    return Interval(float(np.mean(values)), ends[0], ends[1], n)


def tied_p(values: Sequence[float], *, border: float, low: float, high: float) -> float:
    """Test the mean of tied values against a border, exactly.

    Args:
        values: Independent, at least one.
        border: The mean under the null hypothesis.
        low: As in `tied_interval`.
        high: As in `tied_interval`.

    Returns:
        The level at which `tied_interval` just reaches the border; 0 only for a border beyond the
        ends, where no mean can lie.
    """
    n = len(values)
    if not low < border < high:
        return 1.0 if border in (low, high) else 0.0
    if _are_outcomes(values, low, high):
        k = sum(each == high for each in values)
        return exact_p(k, n, border=(border - low) / (high - low))
    value, k = tied_value(values)
    share = _share_to(border, value, low, high)
    if not 0 < share < 1:
        return 1.0
    return min(1.0, 2 * exact_p(k, n, border=share, side="below"))


def median_p(values: Sequence[float], *, border: float) -> float:
    """Test the median against a border by the sign test.

    Args:
        values: Independent, at least one.
        border: The median under the null hypothesis; a value on it counts for either side.

    Returns:
        The two-sided p value; of ``n`` values on one side it is 2 / 2^n.

    Source:
        Arbuthnot (1710); as an exact test of a share against one half.
    """
    fewer = min(
        sum(each <= border for each in values),
        sum(each >= border for each in values),
    )
    return min(1.0, 2 * exact_p(fewer, len(values), border=HALF, side="below"))


def tied_values_to_resolve(
    values: Sequence[float], *, border: float, low: float, high: float, level: float
) -> int | None:
    """Count the values at which `tied_p` would reach a level, at the observed share of ties.

    Args:
        values: The observed values.
        border: As in `tied_p`.
        low: As in `tied_interval`.
        high: As in `tied_interval`.
        level: Level of the two-sided test.

    Returns:
        The number; None if `MOST_SEEDS` do not suffice.
    """
    value, k = tied_value(values)
    share = _share_to(border, value, low, high)
    part = k / len(values)
    if not part < share < 1:
        return None
    too_few, enough = 1, MOST_SEEDS

    def suffices(n: int) -> bool:
        return 2 * exact_p(math.ceil(part * n), n, border=share, side="below") <= level

    if not suffices(MOST_SEEDS):
        return None
    while enough - too_few > 1:
        between = (too_few + enough) // 2
        too_few, enough = (too_few, between) if suffices(between) else (between, enough)
    return enough


def _are_outcomes(values: Sequence[float], low: float, high: float) -> bool:
    return all(each in (low, high) for each in values)


def _share_to(border: float, value: float, low: float, high: float) -> float:
    """Compute the share of values at one end that would move the mean from a value to a border."""
    room = high - value if border > value else value - low
    return abs(border - value) / room if room > 0 else math.inf
