"""Simulated coverage of intervals over replicates, and error rates of repeated looks.

A look is a test of the replicates so far, after which a sweep ends or adds replicates. The
difference of two arms in a replicate is the effect of its tuning plus the mean effect of its
seeds. The effects of tunings have mean 0 and one of three distributions: normal; skewed, as if one
method's tuning sometimes fails; or the difference of two skewed errors, as of a method that is
tuned twice.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.report.reports.simulated import covers, hits, row_of
from ffnn_lab.report.statistics import (
    Interval,
    cluster_interval,
    corrected_interval,
    improvement_over_replicates,
    interval_at,
    looks_until,
    mean_interval,
    optimum_over_replicates,
    replicate_share_interval,
    vertex_of,
)
from ffnn_lab.seeds import stream

N_SEEDS = 4
"""Number of seeds in each replicate."""
SHARE = 0.6
"""Share of the variance of a run's difference that is due to its replicate."""
OVERLAP = 0.2
"""Correlation of two replicates that draw their splits from one data set, a fifth of which is test
data."""
LARGEST = (10, 20, 40)
"""Numbers of replicates at the last look."""
MANY, FEW = 0.99, 0.005
"""Probability that a seed succeeds: `MANY` in a cluster of the first kind, `FEW` in one of the
second."""
OFTEN = 0.3
"""Share of clusters of the first kind."""
N_IN_CLUSTER = 8
RANGE = (-4.0, 0.0)
"""Lower and upper end of an axis, in decades."""
BEST = -1.0
"""Mean over replicates of the optimum of the axis, in decades."""
OF = "replicates"

Values = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Values]


def _normal(rng: np.random.Generator, n: int) -> Values:
    return rng.normal(0.0, 1.0, n)


def _skewed(rng: np.random.Generator, n: int) -> Values:
    return rng.exponential(1.0, n) - 1.0


def _itself(rng: np.random.Generator, n: int) -> Values:
    return (rng.exponential(1.0, n) - rng.exponential(1.0, n)) / math.sqrt(2)


TUNINGS: dict[str, Draw] = {"normal": _normal, "skewed": _skewed, "against itself": _itself}


def rows_of_replicates(*, n_simulations: int, seed: int) -> list[dict[str, object]]:
    """Simulate every interval over replicates, and every test over replicates.

    Args:
        n_simulations: Number of simulations for each row.
        seed: Seed of the draws.

    Returns:
        Rows of `ffnn_lab.report.reports.coverage.coverage_table`; in a row on looks, ``n`` is the
        number of replicates at the last look.
    """
    rows = []
    for place, (shape, draw) in enumerate(TUNINGS.items()):
        rng = stream(seed, "analysis", 14, place)
        for n in (3, 5, 10, 20):
            rows += of_means(shape, draw, n, n_simulations, rng)
        for largest in LARGEST:
            rows += of_looks(shape, draw, largest, n_simulations, rng)
    rng = stream(seed, "analysis", 15)
    for n in (3, 5, 10, 20):
        rows += of_clusters(n, n_simulations, rng)
    rng = stream(seed, "analysis", 16)
    for n in (5, 10):
        rows += of_shares(n, n_simulations, rng)
        rows += of_optima(n, n_simulations, rng)
    return rows


def of_means(
    shape: str, draw: Draw, n: int, n_simulations: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Simulate intervals of the mean over replicates and of the probability of improvement.

    Args:
        shape: Name of the distribution of the effects of tunings.
        draw: Function that draws effects of tunings, with mean 0 and variance 1.
        n: Number of replicates.
        n_simulations: Number of simulations for each row.
        rng: Generator of the draws.

    Returns:
        Rows of a table of coverage, as `row_of` makes them.
    """
    tunings = [draw(rng, n) for _ in range(n_simulations)]
    seeds = rng.normal(0.0, math.sqrt((1 - SHARE) / N_SEEDS), (n_simulations, n))
    drawn = [math.sqrt(SHARE) * one + other for one, other in zip(tunings, seeds, strict=True)]
    covered = hits((mean_interval(each.tolist()) for each in drawn), 0.0)
    found = [row_of("t over replicates, mean", shape, n, covered, of=OF)]
    if shape == "normal":
        # Over data sets that are drawn anew, all replicates of one set share an effect.
        common = rng.normal(0.0, math.sqrt(OVERLAP), n_simulations)
        overlapping = [
            a + math.sqrt(1 - OVERLAP) * b for a, b in zip(common, tunings, strict=True)
        ]
        sizes = {"n_test": round(100 * OVERLAP), "n_train": round(100 * (1 - OVERLAP))}
        covered = hits((corrected_interval(each.tolist(), **sizes) for each in overlapping), 0.0)
        found.append(row_of("Nadeau-Bengio, mean over data sets", shape, n, covered, of=OF))
    if shape != "skewed":  # symmetric about 0, so that a half is below
        covered = hits((improvement_over_replicates(each.tolist()) for each in drawn), 0.5)
        name = "Clopper-Pearson, probability of improvement"
        found.append(row_of(name, shape, n, covered, of=OF))
    return found


def of_looks(
    shape: str, draw: Draw, largest: int, n_simulations: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Simulate sweeps that add replicates until the interval at a look excludes the true mean 0.

    Args:
        shape: Name of the distribution of the effects of tunings.
        draw: Function that draws effects of tunings, with mean 0 and variance 1.
        largest: Number of replicates at the last look.
        n_simulations: Number of simulations.
        rng: Generator of the draws.

    Returns:
        The row of a table of coverage: how often any interval of a sweep excludes 0.
    """
    looks = looks_until(largest)
    errs = []
    for _ in range(n_simulations):
        values = draw(rng, largest).tolist()
        intervals = (
            interval_at(values[:n], earlier=looks[:place], largest=largest)
            for place, n in enumerate(looks)
        )
        errs.append(not all(covers(each, 0.0) for each in intervals))
    return [row_of("t at looks, errs at 0.05", shape, largest, errs, of=OF, is_test=True)]


def of_clusters(n: int, n_simulations: int, rng: np.random.Generator) -> list[dict[str, object]]:
    """Simulate the interval of a success rate over clusters, in each of which most runs agree.

    Args:
        n: Number of clusters.
        n_simulations: Number of simulations.
        rng: Generator of the draws.

    Returns:
        The row of a table of coverage.
    """
    chances = np.where(rng.random((n_simulations, n)) < OFTEN, MANY, FEW)
    shares = rng.binomial(N_IN_CLUSTER, chances) / N_IN_CLUSTER
    truth = OFTEN * MANY + (1 - OFTEN) * FEW
    covered = hits((cluster_interval(each.tolist()) for each in shares), truth)
    return [row_of("Clopper-Pearson, share of clusters", "all or none", n, covered, of=OF)]


def of_shares(n: int, n_simulations: int, rng: np.random.Generator) -> list[dict[str, object]]:
    """Simulate the interval of the share of variance that lies between replicates.

    Args:
        n: Number of replicates.
        n_simulations: Number of simulations.
        rng: Generator of the draws.

    Returns:
        The row of a table of coverage.
    """
    index = pd.MultiIndex.from_product([range(n), range(N_SEEDS)])
    intervals = []
    for _ in range(n_simulations):
        between = rng.normal(0.0, math.sqrt(SHARE), (n, 1))
        runs = between + rng.normal(0.0, math.sqrt(1 - SHARE), (n, N_SEEDS))
        intervals.append(replicate_share_interval(pd.Series(runs.ravel(), index=index)))
    covered = hits(intervals, SHARE)
    return [row_of("Thomas-Hultquist, share of variance", "normal", n, covered, of=OF)]


def of_optima(n: int, n_simulations: int, rng: np.random.Generator) -> list[dict[str, object]]:
    """Simulate the interval of the optimum of one axis, while other axes vary, too.

    Args:
        n: Number of replicates.
        n_simulations: Number of simulations for each row.
        rng: Generator of the draws.

    Returns:
        Rows of a table of coverage, for 12 and for 24 settings in each replicate.
    """
    return [
        row_of("parabolas, optimum of an axis", f"{n_settings} settings", n, covered, of=OF)
        for n_settings in (12, 24)
        if (covered := hits(_optima(n, n_settings, n_simulations, rng), 10**BEST))
    ]


def _optima(
    n: int, n_settings: int, n_simulations: int, rng: np.random.Generator
) -> Iterator[Interval]:
    low, high = (10**each for each in RANGE)
    for _ in range(n_simulations):
        vertices = []
        for best in rng.normal(BEST, 0.15, n):
            places = rng.uniform(*RANGE, n_settings)
            logs = 0.8 * (places - best) ** 2 + rng.normal(0.0, 0.1, n_settings)
            logs += rng.exponential(0.3, n_settings)  # what other axes add
            errors = np.minimum(0.02 * np.exp(logs), 0.9)
            vertices.append(vertex_of((10**places).tolist(), errors.tolist(), low=low, high=high))
        yield optimum_over_replicates(vertices).interval
