"""Means of tied values, most of which are equal: a t interval is too short, or has no width.

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
        The median, which is the most frequent value if more than half are equal, and the number of
        values that differ from the median by more than rounding.
    """
    middle = float(np.sort(np.asarray(values, dtype=float))[len(values) // 2])
    scale = HAIR * max(1.0, abs(middle))
    return middle, sum(abs(each - middle) > scale for each in values)


def are_tied(values: Sequence[float]) -> bool:
    """Return True if there are at least two values, and more than half of them are equal."""
    if len(values) < 2:  # noqa: PLR2004 - one value is not tied with any
        return False
    return tied_value(values)[1] < HALF * len(values)


def tied_interval(
    values: Sequence[float], *, low: float, high: float, confidence: float = CONFIDENCE
) -> Interval:
    """Compute an interval of the mean that holds for tied values, whatever the other values are.

    Of ``n`` values all but ``k`` are equal to ``v``. A new value differs from ``v`` with a
    probability of at most ``q``, the upper end of `exact_interval` for ``k`` of ``n``, and then
    lies between ``low`` and ``high``, so that the mean lies within ::

        v - q (v - low)  to  v + q (high - v)

    If every value is ``low`` or ``high``, the mean follows from the share of ``high``, whose
    interval is `exact_interval`.

    Args:
        values: Independent values, at least one.
        low: The lowest value that is possible; it may be infinite.
        high: The highest value that is possible; it may be infinite.
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
        values: Independent values, at least one.
        border: The mean under the null hypothesis.
        low: The lowest value that is possible; it may be infinite.
        high: The highest value that is possible; it may be infinite.

    Returns:
        The p value: the level at which `tied_interval` just reaches the border. It is 0 only for a
        border below ``low`` or above ``high``, where no mean can lie.
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
        values: Independent values, at least one.
        border: The median under the null hypothesis; a value equal to it counts for either side.

    Returns:
        The two-sided p value; for ``n`` values on one side of the border it is 2 / 2^n.

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
        border: The mean under the null hypothesis.
        low: The lowest value that is possible; it may be infinite.
        high: The highest value that is possible; it may be infinite.
        level: Level of the two-sided test.

    Returns:
        The number of values; None if `MOST_SEEDS` do not suffice.
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
    """Compute the share of values that would have to lie at an end to move the mean to a border.

    The end is ``low`` or ``high``, whichever is on the side of the border; all other values are
    equal to ``value``. The share is infinite if ``value`` is that end.
    """
    room = high - value if border > value else value - low
    return abs(border - value) / room if room > 0 else math.inf
