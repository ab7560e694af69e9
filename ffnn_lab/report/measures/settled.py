"""The decision if a sweep needs no more replicates, since all declared contrasts are settled.

A contrast is settled if a test at a look (interim analysis) distinguished it from 0, see
`ffnn_lab.report.statistics.sequential`.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from ffnn_lab.records import RecordError
from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.measures.tuned_errors import differences_between, tuned_errors
from ffnn_lab.report.statistics import (
    level_at,
    looks_until,
    sample_std,
    settle,
    t_p,
)


def is_settled(folder: Path, n_replicates: int) -> bool:
    """Return True if every declared contrast is settled after the first ``n_replicates``.

    Args:
        folder: The sweep's folder.
        n_replicates: Number of replicates at the latest look; all of them are recorded.

    Raises:
        RecordError: If the folder has no records of a sweep, or a file is damaged.
    """
    sweep = load(folder)
    if not isinstance(sweep, Sweep):
        msg = f"{folder} holds a single run, not a sweep"
        raise RecordError(msg)
    looks = looks_until(sweep.definition.n_replicates)
    values = contrast_values(sweep, n_replicates)
    return all(settled_contrasts(values, looks[: looks.index(n_replicates) + 1], looks[-1]))


def contrast_values(sweep: Sweep, n_replicates: int) -> list[list[float]]:
    """Compute the difference of test error of each declared contrast in the first replicates.

    Args:
        sweep: The sweep.
        n_replicates: Number of replicates for which to compute it, from replicate 0 on.

    Returns:
        For each contrast one number per replicate: the mean difference over the fresh seeds of the
        replicate's best settings, NaN if the replicate lacks results of either arm.
    """
    errors = tuned_errors(sweep)
    values = []
    for pair in contrasts(sweep.definition):
        differences = differences_between(errors, pair).groupby(level="replicate").mean()
        values.append(differences.reindex(range(n_replicates)).tolist())
    return values


def settled_contrasts(
    values: Sequence[Sequence[float]], looks: Sequence[int], largest: int
) -> list[bool]:
    """Return which contrasts are settled after some looks.

    Args:
        values: For each contrast one difference per replicate, in the order of the replicates.
        looks: The number of replicates at each look so far.
        largest: The number of replicates at the last possible look.

    Returns:
        For each contrast True if a t test over replicates distinguished it from 0 at a look, at
        that look's level (`level_at`) and after Holm's method over the contrasts that no earlier
        look settled.
    """
    settled = [False] * len(values)
    for place, look in enumerate(looks):
        level = level_at(looks[: place + 1], largest=largest)
        settled = settle([_p(each[:look]) for each in values], level=level, settled=settled)
    return settled


def _p(values: Sequence[float]) -> float:
    """Compute the p value of the t test of a mean against 0; NaN for values that are all equal."""
    known = [each for each in values if not math.isnan(each)]
    deviation = sample_std(known)
    if not deviation > 0:
        return math.nan
    error = deviation / math.sqrt(len(known))
    return t_p(math.fsum(known) / len(known), standard_error=error, freedom=len(known) - 1)
