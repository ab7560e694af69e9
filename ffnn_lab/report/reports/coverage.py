"""Simulated coverage of intervals, and error rates of tests.

Values are drawn from distributions like those of errors over seeds: normal; counts of 359 test
examples, as of the digits; skewed; and normal except that one seed in twenty diverged and has the
error of chance. The simulated share of intervals that cover the true value is marked if it is so
low that an interval of nominal coverage would hardly have it in so many simulations. Intervals
over replicates are simulated by `ffnn_lab.report.reports.coverage_of_replicates`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from ffnn_lab.report.reports.coverage_of_replicates import rows_of_replicates
from ffnn_lab.report.reports.simulated import bounds, covers, hits, row_of
from ffnn_lab.report.statistics import (
    CONFIDENCE,
    Interval,
    best_of_difference,
    best_of_interval,
    bootstrap_interval,
    improvement_interval,
    interquartile_interval,
    mean_interval,
    sign_flip_p,
)
from ffnn_lab.report.statistics.budget import N_PER_BEST
from ffnn_lab.report.statistics.intervals import N_BOOTSTRAP
from ffnn_lab.report.text import render
from ffnn_lab.report.text.cells import ABSENT
from ffnn_lab.seeds import stream

N_SIMULATIONS = 2000
N_TRUTH = 1_000_000
"""Number of draws from which a true value without a formula is computed."""
N_COMPARED = 4
"""Number of settings of each of two arms whose best settings are compared."""
LOST = 0.05
"""Share of seeds that diverge, in the distribution in which seeds diverge."""
RIM = 0.7
"""Distance from the middle of an axis from -1 to 1 beyond which runs fail to learn."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """A named distribution of values over seeds, or of scores over settings.

    The function ``draw`` draws a given number of independent values.
    """

    name: str
    draw: Callable[[np.random.Generator, int], Values]


def _normal(rng: np.random.Generator, n: int) -> Values:
    return rng.normal(0.003, 0.005, n)


def _counts(rng: np.random.Generator, n: int) -> Values:
    """Draw differences of two error rates, each over 359 test examples of its own."""
    one, other = rng.binomial(359, 0.028, n), rng.binomial(359, 0.025, n)
    return np.asarray((one - other) / 359)


def _skewed(rng: np.random.Generator, n: int) -> Values:
    return rng.exponential(0.01, n)


def _diverging(rng: np.random.Generator, n: int) -> Values:
    return np.where(rng.random(n) < LOST, 0.9, rng.normal(0.03, 0.004, n))


def _one_axis(rng: np.random.Generator, n: int) -> Values:
    """Draw the errors of settings with random learning rates.

    The errors are a parabola in the (log) learning rate with noise; beyond `RIM`, runs fail to
    learn.
    """
    place = rng.uniform(-1, 1, n)
    lost = np.where(np.abs(place) > RIM, rng.uniform(0, 0.8, n), 0.0)
    bowl = 0.02 + 0.2 * (place + 0.2) ** 2 + lost + rng.normal(0, 0.002, n)
    return np.clip(bowl, 0.001, 0.9)


def _two_axes(rng: np.random.Generator, n: int) -> Values:
    place = rng.uniform(-1, 1, (n, 2))
    bowl = 0.015 + 0.06 * np.sum((place - 0.1) ** 2, axis=1) + rng.normal(0, 0.0015, n)
    return np.asarray(np.clip(bowl, 0.001, 0.9))


SEEDS = (
    Shape("normal", _normal),
    Shape("counts of 359", _counts),
    Shape("skewed", _skewed),
    Shape("1 in 20 diverged", _diverging),
)
SETTINGS = (Shape("one axis", _one_axis), Shape("two axes", _two_axes))


def coverage_table(*, n_simulations: int, seed: int) -> pd.DataFrame:
    """Simulate every interval and every test of the reports.

    Args:
        n_simulations: Number of simulations for each row.
        seed: Seed of the draws.

    Returns:
        One row per interval or test, ``shape`` of the distribution and number ``n`` of values: the
        unit ``of`` the values, which is seeds, settings or replicates; the ``share`` of
        simulations in which the interval covers the true value or the test errs; the nominal share
        that is ``promised``; the ends ``low`` and ``high`` between which 99 in 100 simulated
        shares lie if the true share is the nominal one; and ``kept``, which is false if a coverage
        is below ``low`` or a test's error rate above ``high``.
    """
    rows = []
    for place, shape in enumerate(SEEDS):
        rng = stream(seed, "analysis", 10, place)
        for n in (5, 10, 20, 30, 50):
            rows += _of_seeds(shape, n, n_simulations, rng)
        few = stream(seed, "analysis", 13, place)
        for n in (2, 3):
            rows += _of_seeds(shape, n, n_simulations, few)
    for place, shape in enumerate(SETTINGS):
        rng = stream(seed, "analysis", 11, place)
        for n in (12, 24, 48, 96):
            rows += _of_settings(shape, n, n_simulations, rng)
    rows += rows_of_replicates(n_simulations=n_simulations, seed=seed)
    return pd.DataFrame(rows)


@functools.cache
def _many(shape: Shape) -> Values:
    """Draw `N_TRUTH` values, in ascending order, from which true values are computed."""
    place = (*SEEDS, *SETTINGS).index(shape)
    return np.sort(shape.draw(stream(0, "analysis", 12, place), N_TRUTH))


def _of_seeds(
    shape: Shape, n: int, n_simulations: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    many = _many(shape)
    mean = float(many.mean())
    middle = float(many[N_TRUTH // 4 : 3 * N_TRUTH // 4].mean())
    improves = float(np.mean(many < 0) + np.mean(many == 0) / 2)
    drawn = [shape.draw(rng, n) for _ in range(n_simulations)]
    truths: list[tuple[str, float, Callable[[Values], Interval]]] = [
        ("t, mean", mean, lambda values: mean_interval(values.tolist())),
        (
            "Tukey-McLaughlin, interquartile mean",
            middle,
            lambda values: interquartile_interval(values.tolist()),
        ),
    ]
    if 0 < improves < 1:
        truths.append(
            (
                "Wilson, probability of improvement",
                improves,
                lambda values: improvement_interval(pd.Series(values), pd.Series(0.0 * values)),
            )
        )
    if n >= N_BOOTSTRAP:
        truths.append(
            ("BCa, mean", mean, lambda values: bootstrap_interval(values.tolist(), rng=rng))
        )
    covered = {name: hits(map(interval, drawn), truth) for name, truth, interval in truths}
    found = [
        row_of(name, shape.name, n, each, of="seeds") for name, each in covered.items() if each
    ]
    # Differences between arms that do not differ have either sign with equal probability.
    flipped = [(each - mean) * rng.choice([-1.0, 1.0], n) for each in drawn]
    errs = [sign_flip_p(each.tolist(), rng=rng) <= 1 - CONFIDENCE for each in flipped]
    found.append(
        row_of("signs flipped, errs at 0.05", shape.name, n, errs, of="seeds", is_test=True)
    )
    return found


def _of_settings(
    shape: Shape, n: int, n_simulations: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    many = _many(shape)
    # Choices are with replacement here, which makes no difference with so many draws.
    beyond = np.arange(N_TRUTH, -1, -1) / N_TRUTH
    drawn = [shape.draw(rng, n) for _ in range(n_simulations)]
    found = []
    for n_settings in (1, 2, 4, 8, 16):
        if n < N_PER_BEST * n_settings:
            continue
        truth = float(np.sum(many * -np.diff(beyond**n_settings)))
        covered = [
            covers(best_of_interval(each.tolist(), n_settings=n_settings), truth) for each in drawn
        ]
        name = f"jackknife, best of {n_settings} settings"
        found.append(row_of(name, shape.name, n, covered, of="settings"))
    if n >= N_PER_BEST * N_COMPARED:
        differences = [
            best_of_difference(each.tolist(), other.tolist(), n_settings=N_COMPARED)
            for each, other in zip(drawn, drawn[1:] + drawn[:1], strict=True)
        ]
        covered = [covers(each.interval(n=n), 0.0) for each in differences]
        name = f"Welch, difference of bests of {N_COMPARED}"
        found.append(row_of(name, shape.name, n, covered, of="settings"))
    return found


def report_coverage(*, n_simulations: int, seed: int, console: Console | None = None) -> None:
    """Print the simulated coverage of all intervals, a table for each unit of the values.

    Args:
        n_simulations: Number of simulations for each row.
        seed: Seed of the draws.
        console: Console to print on; standard output if None.
    """
    console = console or Console()
    table = coverage_table(n_simulations=n_simulations, seed=seed)
    for of, rows in table.groupby("of", sort=False):
        title = f"coverage in %, by the number of {of}"
        render.show(readable_coverage(rows), title=title, console=console)
    low, high = bounds(CONFIDENCE, n=n_simulations)
    note = (
        f"{n_simulations} simulations for each value, seed {seed}; 99 of 100 correct 95% "
        f"intervals would show {100 * low:.1f} to {100 * high:.1f}, and * marks a value that is "
        "worse"
    )
    render.say(note, console=console)


def readable_coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of coverage as strings in percent, with a column per number of values.

    Args:
        table: Rows of `coverage_table`; a share that is not ``kept`` is marked by a star.
    """
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in table.to_dict("records"):
        cell = f"{100 * row['share']:.1f}" + ("" if row["kept"] else "*")
        cells.setdefault((row["interval"], row["shape"]), {})[f"n = {row['n']}"] = cell
    columns = [f"n = {n}" for n in sorted(table["n"].unique())]
    words = pd.DataFrame(
        [{"interval": name, "values": shape, **row} for (name, shape), row in cells.items()]
    )
    order = {name: place for place, name in enumerate(words["interval"].unique())}
    ordered = words.sort_values("interval", key=lambda names: names.map(order), kind="stable")
    return ordered[["interval", "values", *columns]].fillna(ABSENT)
