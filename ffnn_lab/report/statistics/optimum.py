"""Location of the optimum of a tuned log axis, with an interval over replicates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ffnn_lab.report.statistics.intervals import CONFIDENCE, Interval, mean_interval
from ffnn_lab.report.statistics.replicates import FEWEST_REPLICATES

NEAR = 0.5
"""Share of a replicate's settings that are fitted: those with the lowest errors."""
FEWEST_SETTINGS = 6
"""Fewest settings to fit: a parabola has three coefficients, and noise needs as many again."""
MOST_OUTSIDE = 0.25
"""Share of replicates without an optimum inside the range, beyond which there is no interval."""
INSIDE, AT_EDGE, UNCLEAR = "inside", "at the edge", "unclear"


@dataclass(frozen=True)
class Vertex:
    """The optimum of an axis in one replicate."""

    value: float
    """Value on the axis; NaN unless the optimum lies inside the range."""
    status: str
    """``inside``; ``at the edge`` if the parabola's vertex lies beyond the range; ``unclear`` if
    there is no vertex or there are too few settings."""


@dataclass(frozen=True)
class Optimum:
    """The optimum of an axis over replicates."""

    interval: Interval
    """Interval of the geometric mean of the replicates' optima, in the unit of the axis; ``n``
    counts the optima inside the range. Its ends are NaN where these are fewer than
    `FEWEST_REPLICATES`, or where more than `MOST_OUTSIDE` of all replicates are not inside."""
    n_at_edge: int
    n_unclear: int


def vertex_of(
    values: Sequence[float], errors: Sequence[float], *, low: float, high: float
) -> Vertex:
    """Estimate the optimum of a log axis in one replicate, by a parabola.

    The logarithm of the error is fitted by least squares as a parabola in ``log10(value)``, over
    the half of the settings with the lowest errors and no fewer than `FEWEST_SETTINGS`. The
    logarithm limits the influence of diverged settings. The better half leaves most of these out,
    as well as settings that are bad because of another axis; fitted over all settings, the vertex
    would move away from the side where more of them fail. Selecting settings by their distance
    from the best one was no better (simulated).

    Args:
        values: One per setting, positive.
        errors: Errors of the same settings, none negative; settings whose error is not finite are
            left out, and an error of 0 is replaced by half of the lowest positive one.
        low: Least value of the range from which settings were drawn.
        high: Greatest value of the range.

    Returns:
        The vertex, if the parabola opens upward. The true curve is no parabola: where it rises
        faster on one side, the estimate is biased to the other, as the best setting itself is.

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

    The interval is that of the mean of ``log10``, converted back. Replicates whose optimum is not
    inside are left out, which moves the mean away from an edge. If up to half of the replicates
    could be left out, the coverage near an edge would be 0.1 to 0.8. If none could, half of all
    sweeps of 20 replicates would have no interval although nothing is wrong. With up to a quarter
    (`MOST_OUTSIDE`), the coverage is 0.9 or more wherever most sweeps have an interval (simulated
    with 12 and 24 settings per replicate).

    Args:
        vertices: One per replicate, of `vertex_of`.
        confidence: The share of such intervals that cover the true mean.

    Returns:
        The interval and the numbers of the replicates that were left out. The mean is given
        whenever one replicate has an optimum inside.
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
