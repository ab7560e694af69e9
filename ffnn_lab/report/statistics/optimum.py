"""Location of the optimum of an axis that is tuned on a log scale, with its interval.

The optimum is estimated in each replicate, and its mean and interval over replicates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ffnn_lab.report.statistics.intervals import CONFIDENCE, Interval, mean_interval
from ffnn_lab.report.statistics.replicates import FEWEST_REPLICATES

NEAR = 0.5
"""Share of a replicate's settings to which the parabola is fitted: those with the lowest
errors."""
FEWEST_SETTINGS = 6
"""Fewest settings to fit: a parabola has three coefficients, and noise needs as many again."""
MOST_OUTSIDE = 0.25
"""Greatest share of replicates without an optimum inside the range at which there is still an
interval."""
INSIDE, AT_EDGE, UNCLEAR = "inside", "at the edge", "unclear"


@dataclass(frozen=True)
class Vertex:
    """The estimated optimum of an axis in one replicate."""

    value: float
    """The optimum, in the unit of the axis; NaN unless it lies inside the range."""
    status: str
    """``inside`` the range; ``at the edge`` if the parabola's vertex lies beyond the range; or
    ``unclear`` if the parabola has no lowest point or there are too few settings."""


@dataclass(frozen=True)
class Optimum:
    """The estimated optimum of an axis over replicates.

    ``n_at_edge`` and ``n_unclear`` are the numbers of replicates with these two values of
    `Vertex.status`.
    """

    interval: Interval
    """Interval of the geometric mean of the replicates' optima, in the unit of the axis; ``n``
    counts the optima inside the range. Its ends are NaN if these are fewer than
    `FEWEST_REPLICATES`, or if a share of more than `MOST_OUTSIDE` of all replicates has no optimum
    inside the range."""
    n_at_edge: int
    n_unclear: int


def vertex_of(
    values: Sequence[float], errors: Sequence[float], *, low: float, high: float
) -> Vertex:
    """Estimate the optimum of a log axis in one replicate, by a parabola.

    The logarithm of the error is fitted by least squares as a parabola in ``log10(value)``, over
    the half of the settings with the lowest errors and no fewer than `FEWEST_SETTINGS`. The
    logarithm limits the influence of diverged settings. The better half leaves out most diverged
    settings, and settings that are bad because of another axis; fitted over all settings, the
    vertex would move away from the side where more settings fail. Selecting settings by their
    distance from the best one was no better (simulated).

    Args:
        values: The value of each setting on the axis, positive.
        errors: Errors of the same settings, none negative; settings whose error is not finite are
            left out, and an error of 0 is replaced by half of the lowest positive error.
        low: Least value of the range from which settings were drawn.
        high: Greatest value of the range.

    Returns:
        The vertex of the parabola, if it opens upward and its vertex lies inside the range; the
        status tells the cases apart. The true curve is not a parabola: where it rises faster on
        one side, the estimate is biased to the other side, as the best setting itself is.

    Raises:
        ValueError: If there are not as many errors as values, or a value is not positive.
    """
    places, scores = (np.asarray(each, dtype=float) for each in (values, errors))
    if len(places) != len(scores) or not (places > 0).all():
        msg = (
            f"each positive value needs its error, got {len(places)} values, {len(scores)} errors"
        )
        raise ValueError(msg)
    is_known = np.isfinite(scores)
    places, scores = np.log10(places[is_known]), scores[is_known]
    if len(scores) < FEWEST_SETTINGS or not (scores > 0).any():
        return Vertex(math.nan, UNCLEAR)
    logs = np.log(np.where(scores > 0, scores, scores[scores > 0].min() / 2))
    n_fitted = max(FEWEST_SETTINGS, math.ceil(NEAR * len(logs)))
    fitted = np.argsort(logs, kind="stable")[:n_fitted]
    x, y = places[fitted], logs[fitted]
    middle = float(x.mean())
    powers = np.vander(x - middle, 3)
    (curvature, slope, _), _, rank, _ = np.linalg.lstsq(powers, y, rcond=None)
    if rank < powers.shape[1] or not curvature > 0:
        return Vertex(math.nan, UNCLEAR)
    vertex = middle - slope / (2 * curvature)
    if not math.log10(low) < vertex < math.log10(high):
        return Vertex(math.nan, AT_EDGE)
    return Vertex(float(10**vertex), INSIDE)


def optimum_over_replicates(
    vertices: Sequence[Vertex], *, confidence: float = CONFIDENCE
) -> Optimum:
    """Compute the geometric mean of an axis's optima over replicates, and its interval.

    The interval is that of the mean of ``log10``, converted back. Replicates whose optimum does
    not lie inside the range are left out, which moves the mean away from an edge. If up to half of
    the replicates could be left out, the coverage near an edge would be 0.1 to 0.8. If none could
    be left out, half of all sweeps of 20 replicates would have no interval although nothing is
    wrong. With up to a quarter (`MOST_OUTSIDE`), the coverage is 0.9 or more wherever most sweeps
    have an interval (simulated with 12 and 24 settings per replicate).

    Args:
        vertices: The optimum in each replicate, from `vertex_of`.
        confidence: The share of such intervals that cover the true mean.

    Returns:
        The interval, and how many replicates were left out. The mean is a number if at least one
        replicate has an optimum inside the range.
    """
    logs = [math.log10(each.value) for each in vertices if each.status == INSIDE]
    statuses = [each.status for each in vertices]
    n_at_edge, n_unclear = statuses.count(AT_EDGE), statuses.count(UNCLEAR)
    found = mean_interval(logs, confidence=confidence)
    mean, low, high = (10**each for each in (found.mean, found.low, found.high))
    n_outside = n_at_edge + n_unclear
    if found.n < FEWEST_REPLICATES or n_outside > MOST_OUTSIDE * len(vertices):
        low = high = math.nan
    return Optimum(Interval(mean, low, high, found.n), n_at_edge, n_unclear)
