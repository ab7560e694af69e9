"""Tuned methods over replicates: each arm's results, and the differences between arms."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.measures.differences import paired_differences, pairs_of
from ffnn_lab.report.measures.replicates import COUNT, listed, over_replicates
from ffnn_lab.report.measures.tables import interval_columns
from ffnn_lab.report.measures.tuned_errors import tuned_errors
from ffnn_lab.report.statistics import (
    bootstrap_interval,
    corrected_interval,
    differences_by_seed,
    holm,
    improvement_over_replicates,
    improvement_verdict,
    mean_interval,
    replicate_differences,
    replicates_to_resolve,
    sample_std,
    sign_flip_p,
    variance_components,
)

LEVELS = ("replicate", "seed")
"""Levels of the index of an arm's errors, see `tuned_errors`."""
PARTS = ("replicate", "split", "tuning", "seed")
"""Components of a variance: ``replicate`` is the sum of ``split`` and ``tuning``, which can be
separated if several replicates share a split; the variance is the sum of ``replicate`` and
``seed``."""
SIDES = ("low", "high")
COLUMNS = [
    *("arm", "baseline", "is_declared", "difference", "low", "high", "std", COUNT, "n_pairs"),
    *("p", "bootstrap.low", "bootstrap.high", "improvement", "improvement.low"),
    *("improvement.high", "improvement.verdict", "replicates_to_resolve"),
    *(f"{what}.{of}" for what in ("variance", "share") for of in PARTS),
    *("corrected.low", "corrected.high"),
    *("gap_difference", "gap_difference.low", "gap_difference.high"),
]
"""Columns of `differences_over_replicates`, without ``p.holm`` and ``setting.*``."""


@dataclass(frozen=True, eq=False)
class Replicate:
    """One replicate with its winners and its table of arms."""

    sweep: Sweep
    winners: Mapping[str, Winner]
    arms: pd.DataFrame
    """The table of `ffnn_lab.report.measures.tables.arm_table`."""


def arms_over_replicates(replicates: Sequence[Replicate], *, sweep: Sweep) -> pd.DataFrame:
    """Tabulate the errors of each arm's best settings over replicates.

    Args:
        replicates: All replicates in order.
        sweep: The whole sweep.

    Returns:
        One row per arm, from `over_replicates` of the `ffnn_lab.report.measures.tables.arm_table`
        of each replicate: means over replicates with t intervals over replicates, without the best
        settings, which differ between replicates. ``test.error.std`` is the sample standard
        deviation between the means of replicates, ``test.error.std_within`` that of seeds within a
        replicate (the root of the mean variance). ``n_tuned`` is the number of replicates with a
        best setting, ``<axis>.n_low`` and ``<axis>.n_high`` the number of those whose best setting
        lies on this edge of the axis, and ``edge`` a text with these numbers. ``missing`` is a
        text with the number of unfinished replicates and what the first of them lacks.
    """
    arms = sweep.arms
    axes = list(dict.fromkeys(key for arm in arms.values() for key in arm.space))
    own = ["setting", *axes, "edge", "missing", "command"]
    tables = [each.arms.drop(columns=own).join(_edges(each, axes)) for each in replicates]
    table = over_replicates(
        tables,
        by=["arm"],
        most=sweep.most,
        of="test.error",
        differences=("gap", "gain_of_tuning"),
    )
    errors = tuned_errors(sweep)
    within = [_std_within(errors[arm].dropna()) for arm in arms]
    table.insert(list(table).index("test.error.std") + 1, "test.error.std_within", within)
    return table.assign(
        edge=[_edge_text(row, axes) for row in table.to_dict("records")],
        missing=_missing(replicates),
    )


def _edges(replicate: Replicate, axes: Sequence[str]) -> pd.DataFrame:
    """Return for each arm of a replicate 1 or 0 for having a winner, and for each edge it lies on.

    Args:
        replicate: The replicate.
        axes: Dotted names of the axes of all arms.

    Returns:
        One row per arm: ``n_tuned``, and ``<axis>.n_low`` and ``<axis>.n_high`` for each axis.
    """
    rows = []
    for arm in replicate.sweep.arms:
        winner = replicate.winners.get(arm)
        edges = winner.edges if winner else {}
        counts = {f"{key}.n_{side}": int(edges.get(key) == side) for key in axes for side in SIDES}
        rows.append({"n_tuned": int(winner is not None), **counts})
    return pd.DataFrame(rows)


def _edge_text(row: Mapping[Hashable, object], axes: Sequence[str]) -> str:
    """Return a text on how often best settings lie on edges: ``optimizer.lr high in 3 of 8``."""
    return "; ".join(
        f"{key} {side} in {row[f'{key}.n_{side}']} of {row['n_tuned']}"
        for key in axes
        for side in SIDES
        if row[f"{key}.n_{side}"]
    )


def _missing(replicates: Sequence[Replicate]) -> list[str]:
    """Return for each arm a text on its unfinished replicates: how many, what the first lacks."""
    texts = pd.DataFrame([each.arms["missing"].tolist() for each in replicates])
    found = []
    for arm in texts:
        lacking = texts[arm]
        lacking = lacking[lacking != ""]
        if lacking.empty:
            found.append("")
            continue
        first, text = lacking.index[0], lacking.iloc[0]
        of_all = f"{len(lacking)} of {len(replicates)} replicates"
        found.append(f"{of_all}, of replicate {first} {text}")
    return found


def _std_within(errors: "pd.Series[float]") -> float:
    deviations = [sample_std(each.tolist()) for _, each in errors.groupby(level=0)]
    known = [each**2 for each in deviations if not math.isnan(each)]
    return math.sqrt(sum(known) / len(known)) if known else math.nan


def differences_over_replicates(
    first: Replicate, *, sweep: Sweep, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate the differences between tuned methods, paired within each replicate.

    A replicate's difference is the mean over its fresh seeds of the arm's test error minus the
    baseline's, at the best settings that this replicate found. All statistics are computed from
    these means, one value per replicate.

    Args:
        first: Replicate 0.
        sweep: The whole sweep.
        rng: Random generator that draws sign patterns and resamples.

    Returns:
        One row per pair of arms, with ``is_declared`` True for a declared contrast:

        - ``difference``, the mean difference of error rates, with the ends ``low`` and ``high`` of
          its 95% t interval over replicates, not adjusted for multiple comparisons, and the
          standard deviation ``std`` of the values;
        - the number of replicates, in the column `COUNT`, and ``n_pairs``, the number of paired
          seeds in all replicates;
        - ``p`` of `sign_flip_p` over replicates, and ``p.holm``, adjusted over the declared
          contrasts (NaN for other pairs);
        - the ends ``bootstrap.low`` and ``bootstrap.high`` of the bootstrap interval (NaN for few
          replicates);
        - ``improvement``, the probability that the arm has the lower error in a replicate, with
          the ends of its exact interval, and ``improvement.verdict`` of `improvement_verdict`;
        - ``replicates_to_resolve``, the number of replicates that would distinguish the difference
          from 0, if difference and spread are as observed;
        - ``variance.<part>`` for each of `PARTS`, the components of the variance of the difference
          of a single pair of runs, in squared rates, and ``share.<part>`` (NaN where a component
          cannot be estimated);
        - the ends ``corrected.low`` and ``corrected.high`` of Nadeau and Bengio's interval over
          distinct splits, for statements beyond the data set (NaN where numbers of examples are
          not known);
        - ``gap_difference``, the difference of the train-test gaps, with the ends of its interval;
        - the comparison within replicate 0 alone, at its best setting of each arm:
          ``setting.difference``, ``setting.low``, ``setting.high``, ``setting.n_pairs``.
    """
    declared = set(sweep.contrasts)
    at_setting = paired_differences(first.sweep, first.winners, rng=rng)
    names = {"difference": "setting.difference", "n_pairs": "setting.n_pairs"}
    names |= {end: f"setting.{end}" for end in SIDES}
    at_setting = at_setting[[*names]].rename(columns=names)
    errors = {split: tuned_errors(sweep, split=split) for split in ("test", "train")}
    rows = [
        {
            "arm": pair.arm,
            "baseline": pair.against,
            "is_declared": pair in declared,
            **_row(errors, pair, sweep, rng),
        }
        for pair in pairs_of(sweep)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    family = table["p"].where(table["is_declared"].astype(bool))
    table.insert(COLUMNS.index("p") + 1, "p.holm", holm(family.tolist()))
    return table.astype({"replicates_to_resolve": "Int64"}).join(at_setting)


def _row(
    errors: Mapping[str, pd.DataFrame], pair: Contrast, sweep: Sweep, rng: np.random.Generator
) -> dict[str, object]:
    test, train = (
        [errors[split][arm].dropna() for arm in (pair.arm, pair.against)]
        for split in ("test", "train")
    )
    differences = replicate_differences(*test)
    values = differences.tolist()
    interval = mean_interval(values).within(-sweep.most, sweep.most)
    bootstrap = bootstrap_interval(values, rng=rng)
    improvement = improvement_over_replicates(values)
    pairs = differences_by_seed(*test)
    gaps = replicate_differences(test[0] - train[0], test[1] - train[1])
    std = sample_std(values)
    return {
        "difference": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "std": std,
        COUNT: interval.n,
        "n_pairs": len(pairs),
        "p": sign_flip_p(values, rng=rng),
        "bootstrap.low": bootstrap.low,
        "bootstrap.high": bootstrap.high,
        **interval_columns("improvement", improvement),
        "improvement.verdict": improvement_verdict(improvement) if values else "",
        "replicates_to_resolve": replicates_to_resolve(interval.mean, std=std),
        **_components(pairs, sweep),
        **_beyond(differences, sweep),
        **interval_columns("gap_difference", mean_interval(gaps.tolist())),
    }


def _components(pairs: "pd.Series[float]", sweep: Sweep) -> dict[str, float]:
    """Return the components of the variance of the difference between two runs of one seed.

    Args:
        pairs: The differences, indexed by replicate and seed.
        sweep: The whole sweep.

    Returns:
        ``variance.<part>`` and ``share.<part>`` for each of `PARTS`; NaN where a component is
        unknown.
    """
    found = {f"{what}.{part}": math.nan for what in ("variance", "share") for part in PARTS}
    if pairs.empty:
        return found
    replicates, seeds = (pairs.index.get_level_values(level) for level in LEVELS)
    splits = [sweep.definition.split_of(each) for each in replicates]
    design = pd.MultiIndex.from_arrays([splits, replicates, seeds], names=PARTS[1:])
    components = variance_components(pd.Series(pairs.to_numpy(), index=design)).parts
    parts = {part.name.replace("split + tuning", "replicate"): part for part in components}
    for what in ("variance", "share"):
        values = {name: float(getattr(part, what)) for name, part in parts.items()}
        if {"split", "tuning"} <= set(values):
            values["replicate"] = values["split"] + values["tuning"]
        found |= {f"{what}.{name}": value for name, value in values.items() if name in PARTS}
    return found


def _beyond(differences: "pd.Series[float]", sweep: Sweep) -> dict[str, float]:
    """Return the ends of `corrected_interval`, for statements beyond the data set.

    Args:
        differences: The difference in each replicate, indexed by replicate; replicates that share
            a split are averaged.
        sweep: The whole sweep.

    Returns:
        ``corrected.low`` and ``corrected.high``; NaN if the numbers of examples are not known.
    """
    examples = sweep.definition.examples
    low = high = math.nan
    if examples is not None:
        of_splits = differences.groupby(sweep.definition.split_of).mean()
        found = corrected_interval(
            of_splits.tolist(), n_train=examples.train + examples.dev, n_test=examples.test
        ).within(-sweep.most, sweep.most)
        low, high = found.low, found.high
    return {"corrected.low": low, "corrected.high": high}


def spreads_over_replicates(tables: Sequence[pd.DataFrame], *, most: float) -> pd.DataFrame:
    """Tabulate the spread of test errors between replicates and within them.

    Args:
        tables: The table of `ffnn_lab.report.measures.tables.spread_table` of each replicate.
        most: The highest possible error, at which intervals are clipped.

    Returns:
        One row per arm, from `over_replicates`. ``test.error`` and ``interquartile`` are means
        over replicates, and ``test.error.std`` and ``interquartile.std`` the standard deviations
        between replicates. ``std_within`` is the standard deviation of seeds within a replicate
        (the root of the mean variance). ``lowest``, ``median`` and ``highest`` are those of the
        replicates' mean test errors.
    """
    means = listed(tables).groupby("arm", sort=False)
    of_arm = means["test.error"].agg(lowest="min", median="median", highest="max")
    within = means["std"].agg(lambda std: math.sqrt((std**2).mean()))
    kept = [table.drop(columns=["std", *of_arm]) for table in tables]
    table = over_replicates(kept, by=["arm"], most=most)
    return table.join(within.rename("std_within"), on="arm").join(of_arm, on="arm")
