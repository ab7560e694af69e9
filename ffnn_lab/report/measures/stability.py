"""Stability of the ranking of arms when the space that is searched is smaller."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.protocols.space import Axis, Choice, Space
from ffnn_lab.report.data.rows import errors_by_seed
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner, setting_values
from ffnn_lab.report.measures.budgets import drawn_settings
from ffnn_lab.report.measures.replicates import over_replicates
from ffnn_lab.report.statistics import best_of, rank_agreement, ranks_of
from ffnn_lab.report.statistics.budget import N_PER_BEST

SHARES = (0.75, 0.5, 0.25)
"""Shares of the range of each axis, about its middle, to which a space is shrunk."""
N_RESAMPLES = 1000
COLUMNS = [
    *("space", "arm", "n_settings", "score", "rank", "rank.whole", "agreement", "same_first"),
]


def stability_table(
    sweep: Sweep, *, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> pd.DataFrame:
    """Rank the arms by their expected tuning score in spaces shrunk about their middle.

    Every axis with a range keeps a share of its (log) range, lists of choices stay whole; only
    settings inside the shrunk space count. All arms, in shrunk or whole spaces, are ranked at
    equal search effort: by the expected best score of ``n_settings`` settings (`best_of`), a
    quarter of the number of settings of the arm that has the fewest inside its shrunk space.

    Args:
        sweep: A sweep with one replicate, or one replicate of a sweep.
        rng: Random generator that draws resamples of the settings.
        n_resamples: Number of resamples; with none, ``same_first`` is 1 or 0, computed from the
            settings themselves.

    Returns:
        One row per share and arm: the ``space`` (75%, ...), ``n_settings``, the expected tuning
        ``score`` in this space, the arm's ``rank`` by this score (1 is best) and its rank
        ``rank.whole`` by the score in the whole space; and, the same for all arms, the
        ``agreement`` of the two rankings (Kendall's tau) and ``same_first``, the share of
        resamples in which the same arm is best in both spaces. A share that leaves an arm fewer
        than four settings is left out.

    Raises:
        NotIndependentError: If the settings were not drawn independently, see
            `ffnn_lab.report.measures.budgets.drawn_settings`.
    """
    drawn = drawn_settings(sweep)
    values = {arm: setting_values(sweep, arm) for arm in drawn}
    rows = []
    for share in SHARES:
        scores = [settings["score"].to_numpy() for settings in drawn.values()]
        inside = [
            _inside(sweep.arms[arm].space, values[arm], settings, share)
            for arm, settings in drawn.items()
        ]
        n_settings = min((int(each.sum()) for each in inside), default=0) // N_PER_BEST
        if n_settings == 0:
            continue
        small, whole = _both(scores, inside, n_settings)
        orders = [] if n_resamples else [(small, whole)]
        for _ in range(n_resamples):
            chosen = [rng.integers(0, len(each), len(each)) for each in scores]
            resampled = [each[at] for each, at in zip(scores, chosen, strict=True)]
            are_inside = [each[at] for each, at in zip(inside, chosen, strict=True)]
            orders.append(_both(resampled, are_inside, n_settings))
        rows += _rows(f"{share:.0%}", list(drawn), n_settings, small, whole, orders)
    return pd.DataFrame(rows, columns=COLUMNS)


def variant_table(
    sweep: Sweep,
    winners: Mapping[str, Winner],
    *,
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> pd.DataFrame:
    """Rank the optimizers of each variant by the test error of their winners on fresh seeds.

    A variant is a group of comparable arms, which differ in the optimizer alone, see
    `ffnn_lab.report.data.arms.variants`.

    Args:
        sweep: A sweep with one replicate, or one replicate of a sweep.
        winners: The winner of each arm.
        rng: Random generator that draws resamples of the seeds, the same for all arms.
        n_resamples: Number of resamples; with none, ``same_first`` is 1 or 0.

    Returns:
        A table like that of `stability_table`: each variant is a ``space``, the whole space is the
        variant with the most axes (the last of several), and the ``score`` is the mean test error.
        The table has no rows unless two variants have two optimizers in common.
    """
    spaces = {
        name: arms for name, arms in sweep.variants.items() if set(arms.values()) <= set(winners)
    }
    shared = [
        optimizer
        for optimizer in next(iter(spaces.values()), {})
        if all(optimizer in arms for arms in spaces.values())
    ]
    errors = {
        name: pd.DataFrame({o: errors_by_seed(sweep, winners[arms[o]].rows) for o in shared})
        for name, arms in spaces.items()
    }
    seeds = (
        sorted(set.intersection(*(set(each.dropna().index) for each in errors.values())))
        if errors
        else []
    )
    if min(len(spaces), len(shared), len(seeds)) < 2:  # noqa: PLR2004 - nothing to order
        return pd.DataFrame(columns=COLUMNS)
    tables = {name: each.loc[seeds].to_numpy() for name, each in errors.items()}
    sizes = {
        name: max(len(sweep.arms[arm].space) for arm in spaces[name].values()) for name in tables
    }
    largest = max(reversed(list(sizes)), key=lambda name: sizes[name])
    each_once = np.arange(len(seeds))[np.newaxis]
    chosen = rng.integers(0, len(seeds), (n_resamples, len(seeds))) if n_resamples else each_once
    rows = []
    for name, table in tables.items():
        orders = [(table[at].mean(axis=0), tables[largest][at].mean(axis=0)) for at in chosen]
        small, whole = table.mean(axis=0), tables[largest].mean(axis=0)
        arms = [spaces[name][optimizer] for optimizer in shared]
        n_settings = max(sweep.n_asked(arm) for arm in arms)
        rows += _rows(name, arms, n_settings, small, whole, orders)
    return pd.DataFrame(rows, columns=COLUMNS)


def mean_ranks(tables: Sequence[pd.DataFrame | None]) -> pd.DataFrame:
    """Average the ranks of arms over replicates.

    Args:
        tables: One table of `stability_table` or `variant_table` per replicate, without resamples.

    Returns:
        One row per space and arm: means over the replicates that have the row, so that
        ``same_first`` is the share of replicates in which one arm comes first in both spaces.
    """
    return over_replicates(tables, by=["space", "arm"], most=math.inf, of="score")


_Order = NDArray[np.float64]
"""The score of each arm, ``(arms,)``, or of each of an arm's settings, ``(settings,)``."""


def _both(
    scores: list[_Order], inside: list[NDArray[np.bool_]], n_settings: int
) -> tuple[_Order, _Order]:
    """Compute each arm's expected best score in the smaller space and in the whole space.

    Args:
        scores: The scores of each arm's settings, ``(settings,)``.
        inside: For each arm, a mask of the settings inside the smaller space, ``(settings,)``.
        n_settings: Number of settings of which the best one counts.

    Returns:
        The scores in the smaller space and in the whole space, each ``(arms,)``.
    """
    kept = [each[is_in] for each, is_in in zip(scores, inside, strict=True)]
    small, whole = (
        # A resample may have fewer settings inside, and then a smaller budget or no score.
        np.array([_best(each, n_settings) for each in side])
        for side in (kept, scores)
    )
    return small, whole


def _best(scores: _Order, n_settings: int) -> float:
    if len(scores) == 0:
        return math.inf
    return best_of(scores.tolist(), n_settings=min(n_settings, len(scores)))


def _rows(
    space: str,
    arms: list[str],
    n_settings: int,
    small: _Order,
    whole: _Order,
    orders: list[tuple[_Order, _Order]],
) -> list[dict[str, object]]:
    same = [int(one.argmin()) == int(other.argmin()) for one, other in orders]
    both = {
        "agreement": rank_agreement(small.tolist(), whole.tolist()),
        "same_first": np.mean(same),
    }
    columns = zip(arms, small, ranks_of(small.tolist()), ranks_of(whole.tolist()), strict=True)
    return [
        {
            "space": space,
            "arm": arm,
            "n_settings": n_settings,
            "score": float(score),
            "rank": rank,
            "rank.whole": rank_in_whole,
            **both,
        }
        for arm, score, rank, rank_in_whole in columns
    ]


def _inside(
    space: Space,
    values: Mapping[int, Mapping[str, object]],
    settings: pd.DataFrame,
    share: float,
) -> NDArray[np.bool_]:
    return np.array(
        [
            all(_is_inside(axis, values[setting][key], share) for key, axis in space.items())
            for setting in settings["setting"]
        ],
        dtype=bool,
    )


def _is_inside(axis: Axis, value: Any, share: float) -> bool:  # noqa: ANN401 - as a config has it
    if isinstance(axis, Choice):
        return True
    numbers = [float(each) for each in (axis.low, axis.high, value)]
    low, high, place = (math.log(each) for each in numbers) if axis.log else numbers
    return abs(place - (low + high) / 2) <= share * (high - low) / 2
