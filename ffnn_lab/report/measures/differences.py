"""The table of paired differences between arms, with intervals, p values and required seeds."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ffnn_lab.report.data.arms import Contrast, baseline_of, contrasts
from ffnn_lab.report.data.rows import errors_by_seed
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.measures.tables import interval_columns
from ffnn_lab.report.statistics import (
    bootstrap_interval,
    differences_by_seed,
    holm,
    improvement_interval,
    mean_interval,
    paired_interval,
    sample_std,
    seeds_to_resolve,
    sign_flip_p,
)

COLUMNS = [
    *("arm", "baseline", "is_declared", "difference", "low", "high", "n_pairs"),
    *("p", "p.holm", "bootstrap.low", "bootstrap.high"),
    *("improvement", "improvement.low", "improvement.high", "seeds_to_resolve"),
    *("gap_difference", "gap_difference.low", "gap_difference.high"),
]


def pairs_of(sweep: Sweep) -> list[Contrast]:
    """List the pairs to compare: each arm with its baseline, then the other declared contrasts."""
    definition = sweep.definition
    pairs = [Contrast(arm, baseline_of(arm, definition)) for arm in sweep.arms]
    return list(dict.fromkeys([*(p for p in pairs if p.arm != p.against), *contrasts(definition)]))


def paired_differences(
    sweep: Sweep, winners: Mapping[str, Winner], *, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate differences of test error at equal seeds, the arm's minus the baseline's.

    Args:
        sweep: A sweep with one replicate, or one replicate of a sweep.
        winners: The winner of each arm.
        rng: Random generator that draws sign patterns and resamples.

    Returns:
        One row per pair of arms. ``is_declared`` is True for a declared contrast. ``difference``
        is the mean difference of error rates, negative where the arm has the lower error; ``low``
        and ``high`` are the ends of its 95% t interval, not adjusted for multiple comparisons,
        ``bootstrap.low`` and ``bootstrap.high`` those of its bootstrap interval (NaN for too few
        seeds); ``n_pairs`` is the number of seeds that both arms have. ``p`` is that of
        `sign_flip_p`, and ``p.holm`` is adjusted over the declared contrasts (NaN for other
        pairs). ``improvement`` is the probability that the arm has the lower error, with the ends
        of its interval; ``seeds_to_resolve`` the number of seeds that would distinguish the
        difference from 0, if difference and spread are as observed; and ``gap_difference`` the
        difference of the train-test gaps, with the ends of its interval.
    """
    declared = set(contrasts(sweep.definition))
    rows = [
        {
            "arm": pair.arm,
            "baseline": pair.against,
            "is_declared": pair in declared,
            **_row(sweep, winners, pair, rng),
        }
        for pair in pairs_of(sweep)
    ]
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p.holm"])
    family = table["p"].where(table["is_declared"].astype(bool))
    table.insert(COLUMNS.index("p.holm"), "p.holm", holm(family.tolist()))
    return table.astype({"seeds_to_resolve": "Int64"})


def _row(
    sweep: Sweep, winners: Mapping[str, Winner], pair: Contrast, rng: np.random.Generator
) -> dict[str, object]:
    test, train = (
        [_errors(sweep, winners, arm, split) for arm in (pair.arm, pair.against)]
        for split in ("test", "train")
    )
    differences = differences_by_seed(*test).tolist()
    interval = mean_interval(differences).within(-sweep.most, sweep.most)
    bootstrap = bootstrap_interval(differences, rng=rng)
    gap = paired_interval(test[0] - train[0], test[1] - train[1])
    return {
        "difference": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "n_pairs": interval.n,
        "p": sign_flip_p(differences, rng=rng),
        "bootstrap.low": bootstrap.low,
        "bootstrap.high": bootstrap.high,
        **interval_columns("improvement", improvement_interval(*test)),
        "seeds_to_resolve": seeds_to_resolve(interval.mean, std=sample_std(differences)),
        **interval_columns("gap_difference", gap),
    }


def _errors(
    sweep: Sweep, winners: Mapping[str, Winner], arm: str, split: str
) -> "pd.Series[float]":
    rows = winners[arm].rows if arm in winners else sweep.rows.iloc[:0]
    return errors_by_seed(sweep, rows, split=split)
