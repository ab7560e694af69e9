"""The page ``docs/results/default_split.md``: how the default sweep divides its three minutes.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.pages import Page
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.text.cells import percent
from ffnn_lab.scores import counted

N_ARMS = 5
"""Number of arms of the default sweep, all of which count against the budget."""
N_RUNS = 880
"""Number of runs for which three minutes on two cores are enough, together with planning and
report."""
SETTINGS = (1, 2, 3, 4, 6, 8, 12, 16)
SEEDS = (1, 2, 3, 4)
N_RESAMPLES = 2000
"""Number of bootstrap resamples of the replicates for the interval of a ratio of half-widths."""
FEWEST = 8
"""Fewest replicates of a design: with fewer, no test of six contrasts can be significant."""


@dataclass(frozen=True)
class Design:
    """A division of a sweep's runs into settings, seeds and replicates.

    An arm has, in each replicate, ``n_settings`` settings with ``n_tune`` tuning seeds each, and
    ``n_confirm`` fresh seeds for its best setting and for its untuned default.
    """

    n_settings: int
    n_tune: int
    n_confirm: int

    @property
    def n_runs(self) -> int:
        """Return the number of runs of all arms in one replicate."""
        return N_ARMS * (self.n_settings * self.n_tune + 2 * self.n_confirm)

    @property
    def n_replicates(self) -> int:
        """Return the number of replicates that the budget of `N_RUNS` allows."""
        return N_RUNS // self.n_runs


BEFORE = Design(n_settings=8, n_tune=2, n_confirm=3)
"""The default sweep until 2026-11-30."""
CHOSEN = Design(n_settings=4, n_tune=1, n_confirm=2)
"""The default sweep since 2026-11-30: two fresh seeds, so that the variance between seeds can be
estimated."""
Errors = Mapping[str, np.ndarray]
"""Results of one arm, ``(replicates, settings, seeds)``, by ``dev.error``, ``dev.loss`` and
``test.error``."""


def make(page: Page) -> None:
    """Make the table of the page."""
    page.table("designs", design_table(page.numbers("default_split").sweep))


def design_table(sweep: Sweep) -> pd.DataFrame:
    """Tabulate, for each number of settings, the design with the narrowest interval.

    The earlier and the present default are in the table, too.

    Args:
        sweep: A sweep of SGD and Adam that has at least the settings and tuning seeds of any
            design.

    Returns:
        A table of strings, one row per design: its sizes, the half-width of its interval for Adam
        minus SGD, and the test errors of both arms.
    """
    arms = {arm: errors_of(sweep, arm) for arm in ("adam", "sgd")}
    known = {design: differences(arms, design) for design in designs()}
    widths = {design: half_width(each, design) for design, each in known.items()}
    best = [
        min((d for d in widths if d.n_settings == n), key=widths.__getitem__) for n in SETTINGS
    ]
    shown = sorted({*best, BEFORE, CHOSEN}, key=lambda d: (d.n_settings, widths[d]))
    rows = []
    for design in shown:
        low, high = ratio_interval(known, design)
        tuned = [percent(tuned_errors(arms[arm], design).mean()) for arm in ("sgd", "adam")]
        rows.append(
            {
                "settings": str(design.n_settings),
                "tuning seeds": str(design.n_tune),
                "fresh seeds": str(design.n_confirm),
                "replicates": str(design.n_replicates),
                "half-width (points)": percent(widths[design]),
                "of the earlier default's": f"{widths[design] / widths[BEFORE]:.2f} "
                f"[{low:.2f}, {high:.2f}]",
                "sgd, adam (%)": ", ".join(tuned),
            }
        )
    return pd.DataFrame(rows)


def designs() -> Iterator[Design]:
    """Yield the designs that can have at least `FEWEST` replicates."""
    for sizes in itertools.product(SETTINGS, SEEDS, SEEDS):
        design = Design(*sizes)
        if design.n_replicates >= FEWEST:
            yield design


def errors_of(sweep: Sweep, arm: str) -> Errors:
    """Return the results of an arm's tune stage as arrays.

    Args:
        sweep: The sweep.
        arm: Name of the arm.

    Returns:
        Arrays, ``(replicates, settings, seeds)``, with seeds in ascending order.
    """
    rows = sweep.of(arm, stage="tune").sort_values(["replicate", "setting", "seed"])
    shape = (rows["replicate"].nunique(), rows["setting"].nunique(), -1)
    moment = sweep.objective.moment
    columns = {name: f"{moment}.{name}" for name in ("dev.error", "dev.loss", "test.error")}
    return {
        name: counted(rows, column).to_numpy(dtype=float).reshape(shape)
        for name, column in columns.items()
    }


def tuned_errors(errors: Errors, design: Design) -> np.ndarray:
    """Compute the test errors of the settings that tuning by a design finds.

    Args:
        errors: Results of an arm.
        design: The design; it uses the first settings, and divides the seeds into tuning and
            fresh.

    Returns:
        Mean test errors on fresh seeds, ``(rotations, replicates)``. Each rotation of the seeds
        tunes by other seeds, so that all of them are used.
    """
    n_replicates, _, n_seeds = errors["dev.error"].shape
    found = np.empty((n_seeds, n_replicates))
    for start in range(n_seeds):
        tune = [(start + place) % n_seeds for place in range(design.n_tune)]
        fresh = [(start + design.n_tune + place) % n_seeds for place in range(design.n_confirm)]
        for replicate in range(n_replicates):
            score, tie_break = (
                errors[name][replicate, : design.n_settings, tune].mean(axis=0)
                for name in ("dev.error", "dev.loss")
            )
            best = np.lexsort((tie_break, score))[0]
            found[start, replicate] = errors["test.error"][replicate, best, fresh].mean()
    return found


def differences(arms: Mapping[str, Errors], design: Design) -> np.ndarray:
    """Compute the test error of tuned Adam minus that of tuned SGD.

    Args:
        arms: Results of the arms ``adam`` and ``sgd``.
        design: The design by which both are tuned.

    Returns:
        Differences, ``(rotations, replicates)``, as in `tuned_errors`.
    """
    found: np.ndarray = tuned_errors(arms["adam"], design) - tuned_errors(arms["sgd"], design)
    return found


def half_width(known: np.ndarray, design: Design) -> float:
    """Compute the half-width of the 95% t interval that a design's replicates would have.

    Args:
        known: Differences, ``(rotations, replicates)``, from which the variance is estimated.
        design: The design, whose number of replicates is used.
    """
    n = design.n_replicates
    variance = known.var(axis=1, ddof=1).mean()
    return float(stats.t.ppf(0.975, n - 1) * math.sqrt(variance / n))


def ratio_interval(known: Mapping[Design, np.ndarray], design: Design) -> tuple[float, float]:
    """Compute a 95% bootstrap interval of a design's half-width divided by that of `BEFORE`.

    Args:
        known: The array of `differences` for each design.
        design: The design.

    Returns:
        Lower and upper end; replicates are resampled.
    """
    rng = np.random.default_rng(0)
    n_known = known[design].shape[1]
    ratios = []
    for _ in range(N_RESAMPLES):
        drawn = rng.integers(n_known, size=n_known)
        width, before = (half_width(known[d][:, drawn], d) for d in (design, BEFORE))
        ratios.append(width / before)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)
