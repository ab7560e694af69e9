"""Ranks of arms, and the agreement of two rankings."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd


def ranks_of(scores: Sequence[float]) -> list[float]:
    """Return the rank of each score: 1 for the lowest; equal scores share their mean rank."""
    return [float(rank) for rank in pd.Series(scores, dtype=float).rank()]


def rank_agreement(scores: Sequence[float], others: Sequence[float]) -> float:
    """Compute Kendall's tau-b of two rankings: 1 for the same order, -1 for the reverse order.

    Args:
        scores: The score of each arm in one ranking.
        others: The score of each arm in the other ranking, the arms in the same order.

    Returns:
        Kendall's tau-b; NaN if all arms are tied in one of the rankings.

    Source:
        Kendall (1945), "The treatment of ties in ranking problems".
    """
    a, b = (np.asarray(side, dtype=float) for side in (scores, others))
    # Compared, not subtracted: two infinite scores are equal.
    above = [np.sign((s[:, None] > s).astype(int) - (s[:, None] < s)) for s in (a, b)]
    untied = [int(np.sum(signs**2)) for signs in above]
    if 0 in untied:
        return math.nan
    return int(np.sum(above[0] * above[1])) / math.sqrt(untied[0] * untied[1])
