"""Budget curves: the best tuning score that would have been expected with fewer settings.

The settings must have been drawn independently: then any subset of them is a smaller sweep.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ffnn_lab.config import UserError
from ffnn_lab.protocols import PROTOCOLS
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.replicates import over_replicates
from ffnn_lab.report.statistics import best_of_interval

EVERY = 100
"""Largest number of settings up to which a curve has a point for every number; for larger numbers,
the points are sparser."""
COLUMNS = ["arm", "n_settings", "expected", "low", "high", "n_drawn", "split", "metric"]


class NotIndependentError(UserError):
    """Raised if a sweep has no budget curves, since its settings were not drawn independently."""


def drawn_settings(sweep: Sweep) -> dict[str, pd.DataFrame]:
    """Return each arm's scored settings, if they were drawn independently.

    A setting with a failed run was lost by accident and is left out; a setting with a diverged run
    counts as it does in tuning.

    Returns:
        By arm, its rows of `Sweep.scores` that are complete; arms without such rows are absent.

    Raises:
        NotIndependentError: If the protocol does not draw settings independently (it uses earlier
            scores, or a grid), or if settings were pruned.
    """
    protocol = sweep.definition.way
    if not protocol.is_independent:
        able = ", ".join(name for name, each in PROTOCOLS.items() if each.is_independent)
        msg = (
            f"the settings of {sweep.name} are not drawn independently of one another (its "
            f"protocol is {protocol.name}), so a few of them are no smaller sweep; sweep with "
            f"hydra.sweeper.protocol.name={able}"
        )
        raise NotIndependentError(msg)
    if sweep.scores["n_pruned"].any():
        msg = (
            f"settings of {sweep.name} were pruned and have no score; sweep with "
            "hydra.sweeper.pruner.name=none"
        )
        raise NotIndependentError(msg)
    of_arms = {arm: sweep.scores_of(arm) for arm in sweep.arms}
    of_arms = {
        arm: scores[scores["is_complete"].to_numpy() & (scores["n_failed"].to_numpy() == 0)]
        for arm, scores in of_arms.items()
    }
    return {arm: scores for arm, scores in of_arms.items() if len(scores)}


def budgets(n_settings: int) -> list[int]:
    """List the numbers of settings at which a curve has points, up to ``n_settings``.

    Above `EVERY` there are 16 points per doubling, powers of two among them.
    """
    doublings = np.arange(16 * n_settings.bit_length()) / 16
    beyond = [n for n in (2**doublings).round().astype(int).tolist() if EVERY < n < n_settings]
    return sorted({*range(1, min(n_settings, EVERY) + 1), *beyond, n_settings})


def budget_points(sweep: Sweep) -> pd.DataFrame:
    """Estimate the expected best score in tuning of 1, 2, 3, ... settings of each arm.

    The numbers of settings are those of `budgets`.

    Returns:
        One row per arm and ``n_settings``: ``expected``, the expected score of the best of as many
        settings, with the ends ``low`` and ``high`` of its 95% interval; ``n_drawn``, the number
        of settings that were drawn; and the objective's ``split`` and ``metric``. The ends are NaN
        if ``n_settings`` is more than a quarter of ``n_drawn``, where the interval would cover too
        rarely.

    Raises:
        NotIndependentError: If the settings were not drawn independently, see `drawn_settings`.
    """
    rows = []
    for arm, settings in drawn_settings(sweep).items():
        scores = settings["score"].tolist()
        for n_settings in budgets(len(scores)):
            interval = best_of_interval(scores, n_settings=n_settings)
            rows.append(
                {
                    "arm": arm,
                    "n_settings": n_settings,
                    "expected": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                    "n_drawn": interval.n,
                    "split": sweep.objective.split,
                    "metric": sweep.objective.metric,
                }
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(sweep.arms)))


def mean_budgets(replicates: Sequence[Sweep]) -> pd.DataFrame:
    """Average `budget_points` over replicates.

    The settings of different replicates are independent, so there is a 95% interval over
    replicates for every budget; ``n_drawn`` counts the settings of all replicates.

    Raises:
        NotIndependentError: If the settings were not drawn independently, see `drawn_settings`.
    """
    objective = replicates[0].objective
    table = over_replicates(
        [budget_points(each) for each in replicates],
        by=["arm", "n_settings"],
        most=replicates[0].most if objective.metric == "error" else math.inf,
        plain="expected",
    )
    return table.sort_values(["arm", "n_settings"], ignore_index=True) if len(table) else table
