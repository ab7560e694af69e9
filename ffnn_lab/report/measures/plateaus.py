"""Plateaus: the range of gains of the initial weights at which an arm learns nearly as well."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from ffnn_lab.report.data.sweep import Sweep

GAIN = "initializer.gain"
MARGIN = 0.03
"""Most by which an error on the plateau exceeds the arm's lowest, three percentage points: about
eleven of the 359 dev examples of the digits."""
FEWEST = 2
"""Fewest positive gains that have a range."""


@dataclass(frozen=True)
class Plateau:
    """The gains around the best one at which the error is within a margin of the lowest."""

    best: float
    """The gain of the lowest error; of several, the one nearest to 1."""
    lowest: float
    """The error at the best gain."""
    low: float
    """The lower end; the lowest gain of all if the plateau reaches it."""
    high: float
    """The upper end; the highest gain of all if the plateau reaches it."""
    decades: float
    """The width, ``log10(high / low)``."""
    share: float
    """The width as a share of the range of all gains on a logarithmic scale."""
    is_open: bool
    """True if the plateau reaches the lowest or the highest gain, so that it may be wider."""


def errors_by_gain(sweep: Sweep) -> pd.DataFrame:
    """Return the lowest tuning error at each gain, over the arm's other axes.

    Args:
        sweep: A sweep without conditions, or under one of them, whose arms have the axis `GAIN`.

    Returns:
        One row per replicate, arm and gain: ``replicate``, ``arm``, ``gain`` and ``error``.
        Settings of which a run is missing or failed are left out.
    """
    scores = sweep.scores[sweep.scores["is_complete"]]
    gains = [
        sweep.tuned_values[arm].get(setting, {}).get(GAIN)
        for arm, setting in zip(scores["arm"], scores["setting"], strict=True)
    ]
    table = scores.assign(gain=pd.to_numeric(pd.Series(gains, index=scores.index)))
    table = table[table["score"] < math.inf].dropna(subset="gain")
    best = table.groupby(["replicate", "arm", "gain"], sort=False)["score"].min()
    return best.rename("error").reset_index().sort_values(["replicate", "gain"], kind="stable")


def plateau_of(errors: Mapping[float, float], *, margin: float = MARGIN) -> Plateau:
    """Find the plateau of one arm in one replicate.

    From the best gain the plateau goes on in both directions until the error exceeds the lowest by
    more than the margin. Its end lies between two neighboring gains, where the straight line
    between their errors, over the logarithm of the gain, crosses that limit.

    Args:
        errors: The error at each gain, of which two or more are positive; a gain of 0 has no place
            on a logarithmic scale and is left out.
        margin: Most by which an error on the plateau exceeds the lowest.

    Raises:
        ValueError: If fewer than two gains are positive.
    """
    points = sorted((math.log10(gain), error) for gain, error in errors.items() if gain > 0)
    if len(points) < FEWEST:
        msg = f"a plateau needs {FEWEST} positive gains or more, got {sorted(errors)}"
        raise ValueError(msg)
    best, lowest = min(points, key=lambda point: (point[1], abs(point[0])))
    limit = lowest + margin
    below = [point for point in reversed(points) if point[0] <= best]
    above = [point for point in points if point[0] >= best]
    (low, is_low_open), (high, is_high_open) = (_end(side, limit) for side in (below, above))
    return Plateau(
        best=10**best,
        lowest=lowest,
        low=10**low,
        high=10**high,
        decades=high - low,
        share=(high - low) / (points[-1][0] - points[0][0]),
        is_open=is_low_open or is_high_open,
    )


def _end(points: list[tuple[float, float]], limit: float) -> tuple[float, bool]:
    """Return where the error first exceeds a limit, and whether it never does.

    Args:
        points: The logarithm of each gain and its error, from the best gain on.
        limit: The highest error of the plateau.
    """
    for (inner, error), (outer, beyond) in pairwise(points):
        if beyond > limit:
            return inner + (outer - inner) * (limit - error) / (beyond - error), False
    return points[-1][0], True


def plateaus(errors: pd.DataFrame, *, margin: float = MARGIN) -> pd.DataFrame:
    """Find the plateau of each arm in each replicate.

    Args:
        errors: The table of `errors_by_gain`.
        margin: Most by which an error on the plateau exceeds the arm's lowest.

    Returns:
        One row per replicate and arm with two positive gains or more: ``replicate``, ``arm`` and
        the fields of `Plateau`.
    """
    return pd.DataFrame(list(_rows(errors, margin)))


def _rows(errors: pd.DataFrame, margin: float) -> Iterator[dict[str, object]]:
    for (replicate, arm), own in errors.groupby(["replicate", "arm"], sort=False):
        of_gain = dict(zip(own["gain"], own["error"], strict=True))
        if sum(gain > 0 for gain in of_gain) >= FEWEST:
            found = plateau_of(of_gain, margin=margin)
            yield {"replicate": replicate, "arm": arm, **vars(found)}
