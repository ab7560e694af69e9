"""False positive rates of decision rules, measured by comparing methods with themselves.

The sweep has many replicates. An arm's errors in one group of replicates are compared with the
same arm's errors in another group, as if the groups were two methods. Replicates are independent,
so that any difference is due to chance, and a rule that finds a difference is wrong. A rule over
several contrasts is applied to each declared contrast in one group minus the same contrast in the
other group, which do not differ either.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.measures.measured_coverage import (
    REPLICATES,
    SEEDS,
    SIZES,
    by_replicate_and_seed,
)
from ffnn_lab.report.measures.tables import interval_columns
from ffnn_lab.report.measures.tuned_errors import differences_between, whole_replicates
from ffnn_lab.report.statistics import (
    Interval,
    exact_interval,
    improvement_over_replicates,
    improvement_verdict,
    level_at,
    looks_until,
    sign_flip_ps,
    subset_interval,
    t_ps,
)
from ffnn_lab.report.statistics.replicates import MEANINGFUL, NOT_SIGNIFICANT
from ffnn_lab.report.statistics.significance import LEVEL
from ffnn_lab.seeds import stream

COLUMNS = [
    *("rule", "of", "n_replicates", "what", "errors", "n", "share", "share.low", "share.high"),
    *("random", "random.low", "random.high"),
]
ALL = "all"
"""Value of the column ``what`` for all arms together, or for the whole family of contrasts."""

Numbers = NDArray[np.float64]
Groups = NDArray[np.intp]
Rule = Callable[[Numbers], NDArray[np.bool_]]
"""Function from differences, shape ``(comparisons, n)``, to a mask, ``(comparisons,)``: True where
the rule finds that the two sides differ."""
FamilyRule = Callable[[Sequence[Numbers]], NDArray[np.bool_]]
"""Function from the differences of each contrast, shape ``(families, n)``, to a mask,
``(families,)``: True where the rule finds that the two sides of any contrast differ."""


def _patterns() -> np.random.Generator:
    return stream(0, "analysis", 21)


def by_t(differences: Numbers) -> NDArray[np.bool_]:
    """Return a mask of the comparisons whose 95% t interval excludes 0, see `Rule`."""
    return t_ps(differences) <= LEVEL


def by_sign_flips(differences: Numbers) -> NDArray[np.bool_]:
    """Return a mask of the comparisons that `sign_flip_ps` finds significant, see `Rule`."""
    return sign_flip_ps(differences, rng=_patterns()) <= LEVEL


def by_improvement(differences: Numbers, *, is_meaningful: bool) -> NDArray[np.bool_]:
    """Return a mask of the comparisons whose probability of improvement differs from one half.

    Args:
        differences: Differences of each comparison, shape ``(comparisons, n)``.
        is_meaningful: True if the improvement must also be meaningful (`improvement_verdict`);
            with up to 20 replicates, every significant improvement is meaningful.
    """
    wins = (differences < 0).sum(axis=1)
    ties = (differences == 0).sum(axis=1)
    outcomes, place = np.unique(np.stack([wins, ties], axis=1), axis=0, return_inverse=True)
    n = differences.shape[1]
    verdicts = [_improvement(*outcome, n=n) for outcome in outcomes.tolist()]
    found = [each == MEANINGFUL if is_meaningful else each != NOT_SIGNIFICANT for each in verdicts]
    return np.array(found)[place.ravel()]


@cache
def _improvement(won: int, tied: int, *, n: int) -> str:
    """Return the verdict for a method that is better in ``won`` and ties in ``tied`` of ``n``."""
    differences = [-1.0] * won + [0.0] * tied + [1.0] * (n - won - tied)
    return improvement_verdict(improvement_over_replicates(differences))


def by_holm(family: Sequence[Numbers], *, of: Callable[[Numbers], Numbers]) -> NDArray[np.bool_]:
    """Return a mask of the families in which Holm's method rejects any contrast.

    Args:
        family: The differences of each contrast, shape ``(families, n)``.
        of: Function from the differences of a contrast to its p value in each family,
            ``(families,)``.
    """
    return _any_settled([of(each) for each in family], LEVEL)


def by_looks(family: Sequence[Numbers]) -> NDArray[np.bool_]:
    """Return a mask of the families in which tests at several looks settle a contrast.

    The rule is `ffnn_lab.report.statistics.settle`. The looks are those of `looks_until`, with p
    values of t tests. Each look is judged as if no earlier look had settled a contrast, since a
    family is counted from its first settled contrast on.

    Args:
        family: The differences of each contrast, shape ``(families, n)``.
    """
    n = family[0].shape[1]
    looks = looks_until(n)
    found = np.zeros(len(family[0]), dtype=bool)
    for place, n_seen in enumerate(looks):
        level = level_at(looks[: place + 1], largest=n)
        found |= _any_settled([t_ps(each[:, :n_seen]) for each in family], level)
    return found


def _any_settled(p_values: Sequence[Numbers], level: float) -> NDArray[np.bool_]:
    """Return a mask of the families whose smallest p, times the number of p, is at most a level.

    Args:
        p_values: The p values of each contrast, ``(families,)``; NaN is not counted.
        level: The level.
    """
    table = np.stack(p_values)
    known = ~np.isnan(table)
    smallest = np.where(known, table, math.inf).min(axis=0)
    found: NDArray[np.bool_] = smallest * np.maximum(1, known.sum(axis=0)) <= level
    return found


RULES: Mapping[str, Rule] = {
    "t interval": by_t,
    "sign flips": by_sign_flips,
    "probability of improvement": lambda each: by_improvement(each, is_meaningful=False),
    "probability of improvement, meaningful": lambda each: by_improvement(
        each, is_meaningful=True
    ),
}
FAMILY_RULES: Mapping[str, FamilyRule] = {
    "Holm, t": lambda family: by_holm(family, of=t_ps),
    "Holm, sign flips": lambda family: by_holm(
        family, of=lambda each: sign_flip_ps(each, rng=_patterns())
    ),
    "Holm at looks, t": by_looks,
}
"""Rules over the family of declared contrasts."""
OVER_REPLICATES = (
    "probability of improvement",
    "probability of improvement, meaningful",
    "Holm at looks, t",
)
"""Rules over replicates, which do not apply to the seeds of a single replicate."""


def verdict_table(
    errors: pd.DataFrame, contrasts: Sequence[Contrast], *, sizes: Sequence[int] = SIZES
) -> pd.DataFrame:
    """Tabulate how often each rule errs on comparisons of a method with itself.

    Args:
        errors: The table of `ffnn_lab.report.measures.tuned_errors.tuned_errors`.
        contrasts: The declared contrasts, which are the family of the `FAMILY_RULES`.
        sizes: Numbers of replicates on each side of a comparison. In addition, single replicates
            are compared over their seeds (``n_replicates`` is 1), as if each were a sweep with one
            replicate.

    Returns:
        One row per ``rule``, number of replicates per side (``n_replicates``), and arm or family
        (``what``). Among ``n`` comparisons of disjoint groups, ``errors`` is the number of those
        in which the rule is wrong, and ``share`` their share with its exact binomial interval. The
        row of all arms has no counts, since arms share splits; it has the share among groups that
        are drawn at random, ``random``, with `subset_interval`, and so have the rows of families.
    """
    whole = whole_replicates(errors)
    of_arms = {str(arm): by_replicate_and_seed(whole[arm]) for arm in whole}
    family = [by_replicate_and_seed(differences_between(whole, each)) for each in contrasts]
    rows: list[dict[str, object]] = []
    for size in (1, *sizes):
        if size > 1:
            arms = {arm: each.mean(axis=1) for arm, each in of_arms.items()}
            rows += _rows(arms, [each.mean(axis=1) for each in family], size)
        else:
            rows += _rows(of_arms, family, size)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"errors": "Int64", "n": "Int64"})


def _rows(
    arms: Mapping[str, Numbers], family: Sequence[Numbers], size: int
) -> list[dict[str, object]]:
    """Return the rows of `verdict_table` for one number of replicates per side.

    Args:
        arms: Errors by arm, of shape ``(replicates,)``, or ``(replicates, seeds)`` if ``size`` is
            1 and replicates are compared over their seeds.
        family: The differences of each declared contrast, in the same shape.
        size: Number of replicates on each side.
    """
    n = len(next(iter(arms.values())))
    disjoint = np.arange(n // (2 * size) * 2 * size).reshape(-1, 2 * size)
    named = {"of": SEEDS if size == 1 else REPLICATES, "n_replicates": size}
    rows: list[dict[str, object]] = []
    for name, rule in RULES.items():
        if size == 1 and name in OVER_REPLICATES:
            continue
        for arm, values in arms.items():
            counted = _counted(rule(against_itself(values, disjoint)))
            rows.append({"rule": name, **named, "what": arm, **counted, **_nothing("random")})

        def of_all(groups: Groups, rule: Rule = rule) -> Numbers:
            found = [rule(against_itself(values, groups)) for values in arms.values()]
            shares: Numbers = np.mean(found, axis=0, dtype=float)
            return shares

        drawn = _drawn(of_all, n, size)
        rows.append({"rule": name, **named, "what": ALL, **_nothing("share"), **drawn})
    for name, of_family in FAMILY_RULES.items():
        if not family or (size == 1 and name in OVER_REPLICATES):
            continue

        def of_contrasts(groups: Groups, rule: FamilyRule = of_family) -> Numbers:
            return rule([against_itself(values, groups) for values in family]).astype(float)

        counted = _counted(of_contrasts(disjoint))
        drawn = _drawn(of_contrasts, n, size)
        rows.append({"rule": name, **named, "what": ALL, **counted, **drawn})
    return rows


def against_itself(values: Numbers, groups: Groups) -> Numbers:
    """Compute the differences between the two halves of each group of replicates.

    Args:
        values: One value per replicate, shape ``(replicates,)``; or one value per run, shape
            ``(replicates, seeds)``, for groups of two replicates.
        groups: Indices of each group's replicates, shape ``(groups, 2 * size)``.

    Returns:
        The differences: each replicate in the first half minus the replicate at the same place in
        the second half, shape ``(groups, size)``; or, for one value per run, each seed of the
        first replicate minus the same seed of the second, shape ``(groups, seeds)``.
    """
    size = groups.shape[1] // 2
    found = values[groups[:, :size]] - values[groups[:, size:]]
    return found if values.ndim == 1 else found[:, 0]


def _drawn(outcome: Callable[[Groups], Numbers], n: int, size: int) -> dict[str, float]:
    """Estimate a rule's error rate on randomly drawn groups, the same groups for every rule.

    Args:
        outcome: Function from indices of replicates, ``(groups, 2 * size)``, to the share of
            wrong verdicts in each group, ``(groups,)``.
        n: Number of replicates.
        size: Number of replicates on each side of a comparison.

    Returns:
        The columns ``random``, ``random.low`` and ``random.high``.
    """
    rng = stream(0, "analysis", 22, size)
    return interval_columns("random", subset_interval(outcome, n=n, size=2 * size, rng=rng))


def _counted(errs: Numbers | NDArray[np.bool_]) -> dict[str, object]:
    k, n = int(errs.sum()), len(errs)
    return {"errors": k, "n": n, **interval_columns("share", exact_interval(k, n))}


def _nothing(name: str) -> dict[str, float]:
    return interval_columns(name, Interval(math.nan, math.nan, math.nan, 0))
