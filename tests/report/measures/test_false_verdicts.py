"""The errors counted for a rule must be those that it makes on each comparison by itself."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.measures.false_verdicts import ALL, against_itself, verdict_table
from ffnn_lab.report.measures.measured_coverage import REPLICATES, SEEDS
from ffnn_lab.report.reports.simulated import bounds
from ffnn_lab.report.statistics import (
    holm,
    improvement_over_replicates,
    improvement_verdict,
    level_at,
    looks_until,
    mean_interval,
    sample_std,
    settle,
    sign_flip_p,
    t_p,
)
from tests.support.report.replicated import table_of

ARMS = ("sgd", "heavy_ball", "adam")
PAIRS = (Contrast("adam", "sgd"), Contrast("adam", "heavy_ball"))
N, N_SEEDS, SIZE = 256, 5, 8


def draw(n: int, seed: int, *, within: float = 1.0) -> np.ndarray:
    """Draw errors, ``(replicates, seeds, arms)``, that vary between replicates and between seeds.

    The deviation between replicates is 1, and between the seeds of a replicate ``within``.
    """
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1, 3)) + within * rng.normal(size=(n, N_SEEDS, 3))


def t_test(values: Sequence[float]) -> float:
    error = sample_std(values) / math.sqrt(len(values))
    return t_p(float(np.mean(values)), standard_error=error, freedom=len(values) - 1)


def flips(values: Sequence[float]) -> float:
    return sign_flip_p(values, rng=np.random.default_rng(0))


def excludes_0(values: Sequence[float]) -> bool:
    interval = mean_interval(values)
    return not interval.low <= 0 <= interval.high


def improves(values: Sequence[float]) -> bool:
    return improvement_verdict(improvement_over_replicates(values)) != "not significant"


def improves_enough(values: Sequence[float]) -> bool:
    verdict = improvement_verdict(improvement_over_replicates(values))
    return verdict == "significant and meaningful"


OF_ONE: dict[str, Callable[[Sequence[float]], bool]] = {
    "t interval": excludes_0,
    "sign flips": lambda values: flips(values) <= 0.05,
    "probability of improvement": improves,
    "probability of improvement, meaningful": improves_enough,
}


def looks_settle(family: Sequence[Sequence[float]]) -> bool:
    n = len(family[0])
    looks, settled = looks_until(n), [False] * len(family)
    for place, seen in enumerate(looks):
        level = level_at(looks[: place + 1], largest=n)
        settled = settle([t_test(each[:seen]) for each in family], level=level, settled=settled)
    return any(settled)


OF_FAMILY: dict[str, Callable[[Sequence[Sequence[float]]], bool]] = {
    "Holm, t": lambda family: min(holm([t_test(each) for each in family])) <= 0.05,
    "Holm, sign flips": lambda family: min(holm([flips(each) for each in family])) <= 0.05,
    "Holm at looks, t": looks_settle,
}


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """Draw errors in which every second pair of groups differs, so that rules find differences."""
    shift = np.array([1.5, 0.0, 0.0, 0.0]).repeat(SIZE)
    shifts = np.tile(shift, N // len(shift))[:, None, None] * np.array([1.0, 0.8, -0.8])
    return np.asarray(draw(N, 0) + shifts)


@pytest.fixture(scope="module")
def table(drawn: np.ndarray) -> pd.DataFrame:
    return verdict_table(table_of(drawn, *ARMS), PAIRS, sizes=(SIZE,))


def row(table: pd.DataFrame, rule: str, n: int, what: str) -> dict[str, Any]:
    is_it = (table["rule"] == rule) & (table["n_replicates"] == n) & (table["what"] == what)
    (place,) = np.flatnonzero(is_it)
    return dict(table.iloc[place])


@pytest.mark.parametrize(("rule", "arm"), list(itertools.product(OF_ONE, ARMS)))
def test_rules_over_replicates_err_as_on_each_comparison(
    drawn: np.ndarray, table: pd.DataFrame, rule: str, arm: str
) -> None:
    means = drawn.mean(axis=1)[:, ARMS.index(arm)].reshape(-1, 2, SIZE)
    errors = sum(OF_ONE[rule]((one - other).tolist()) for one, other in means)
    found = row(table, rule, SIZE, arm)
    assert (found["errors"], found["n"]) == (errors, N // (2 * SIZE))
    assert found["of"] == REPLICATES


@pytest.mark.parametrize("rule", OF_FAMILY)
def test_rules_over_contrasts_err_where_they_find_any(
    drawn: np.ndarray, table: pd.DataFrame, rule: str
) -> None:
    means = drawn.mean(axis=1)
    contrasts = [means[:, 2] - means[:, 0], means[:, 2] - means[:, 1]]
    families = zip(*(each.reshape(-1, 2, SIZE) for each in contrasts), strict=True)
    errors = sum(
        OF_FAMILY[rule]([(one - other).tolist() for one, other in family]) for family in families
    )
    found = row(table, rule, SIZE, ALL)
    assert (found["errors"], found["n"]) == (errors, N // (2 * SIZE))


def test_the_comparisons_tell_the_rules_apart(table: pd.DataFrame) -> None:
    over = table[(table["n_replicates"] == SIZE) & table["n"].notna()]
    errors = over.groupby("rule")["errors"].sum()
    assert errors.between(1, over.groupby("rule")["n"].sum() - 1).all()
    assert errors["t interval"] > errors["probability of improvement"]


@pytest.mark.parametrize("arm", ARMS)
def test_over_seeds_one_replicate_is_compared_with_the_next(
    drawn: np.ndarray, table: pd.DataFrame, arm: str
) -> None:
    values = drawn[:, :, ARMS.index(arm)]
    errors = sum(excludes_0((values[i] - values[i + 1]).tolist()) for i in range(0, N, 2))
    found = row(table, "t interval", 1, arm)
    assert (found["errors"], found["n"], found["of"]) == (errors, N // 2, SEEDS)


def test_rules_that_count_replicates_do_not_judge_seeds(table: pd.DataFrame) -> None:
    of_seeds = set(table.loc[table["of"] == SEEDS, "rule"])
    assert of_seeds == {"t interval", "sign flips", "Holm, t", "Holm, sign flips"}
    assert set(table.loc[table["of"] == REPLICATES, "rule"]) == {*OF_ONE, *OF_FAMILY}


def test_of_normal_values_rules_err_as_theory_says() -> None:
    """Rules over replicates err in 5 of 100 comparisons, the t interval over seeds far more.

    The mean over seeds of a difference between two tunings deviates from 0 with the variance
    ``2 + 2 * within^2 / N_SEEDS``, of which the interval over seeds estimates the second term
    alone. So it errs as often as Student's t exceeds its quantile divided by ``stretch``.
    """
    within, n = 0.5, 400
    found = verdict_table(table_of(draw(n, 1, within=within), *ARMS), PAIRS, sizes=(5,))
    stretch = math.sqrt(1 + N_SEEDS / within**2)
    theory = 2 * t.sf(t.ppf(0.975, N_SEEDS - 1) / stretch, N_SEEDS - 1)
    assert 0.4 < theory < 0.7
    for arm in ARMS:
        old, new = (row(found, "t interval", size, arm) for size in (1, 5))
        low, high = bounds(theory, n=int(old["n"]))
        assert low <= old["share"] <= high
        low, high = bounds(0.05, n=int(new["n"]))
        assert low <= new["share"] <= high
    everyone = row(found, "t interval", 1, ALL)
    assert everyone["random.low"] <= theory <= everyone["random.high"]
    everyone = row(found, "t interval", 5, ALL)
    assert everyone["random.low"] <= 0.05 <= everyone["random.high"]
    for rule in OF_FAMILY:  # at most as often, as the contrasts share an arm
        assert row(found, rule, 5, ALL)["random.low"] <= 0.05


def test_of_up_to_20_replicates_every_improvement_that_differs_may_matter() -> None:
    for n in range(3, 21):
        for won in range(n + 1):
            for tied in range(n - won + 1):
                values = [-1.0] * won + [0.0] * tied + [1.0] * (n - won - tied)
                assert improves(values) == improves_enough(values)


def test_halves_of_a_group_are_paired_in_order() -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    groups = np.array([[0, 1, 2, 3], [5, 4, 1, 0]])
    assert against_itself(values, groups).tolist() == [[-3.0, -6.0], [30.0, 15.0]]
    seeds = np.array([[1.0, 2.0], [10.0, 20.0]])
    assert against_itself(seeds, np.array([[1, 0]])).tolist() == [[9.0, 18.0]]
