"""The page ``docs/results/dropout_rate.md``: error against the rate of dropout.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import pandas as pd

from analysis.lines import figure
from analysis.pages import Page
from analysis.tables import INTERVAL, claim_words, difference_words
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.text.cells import interval_cells, value_cell

SWEEPS = {"digits": "dropout_rate"}
"""The sweeps of the page, by the ends of the names of their tables."""
TITLES = {"digits": "digits"}
WIDTH, RATE = "model.widths", "dropout.hidden"
NAMES = {"n": "units (n) fixed", "pn": "kept units (pn) fixed"}
"""Names of the two series in the figure."""
APART = {"n": -0.006, "pn": 0.006}
"""How far the points of each series are moved, so that intervals do not cover one another."""


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    panels = {}
    for name, sweep in SWEEPS.items():
        numbers = page.numbers(sweep)
        points = rate_points(numbers)
        page.table(f"rates_{name}", rate_words(points))
        page.table(f"differences_{name}", difference_words(declared(numbers.differences)))
        page.table(f"claims_{name}", claim_words(numbers.sweep))
        panels[TITLES[name]] = drawn_points(points)
    rates = "share of hidden units dropped"
    page.figure("rates", figure(panels, x=rates, y="test error (%)"))


def declared(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the differences that were declared before the first run."""
    return differences[differences["is_declared"].astype(bool)]


def rate_points(numbers: Numbers) -> pd.DataFrame:
    """Tabulate the tuned test error of each arm of the two series, by the rate of dropout.

    Args:
        numbers: Numbers of a sweep whose arms differ in width and rate, with an arm ``n_0`` and an
            arm ``pn_0`` without dropout.

    Returns:
        One row per series (``n``: the width of ``n_0``; ``pn``: as many units kept on average as
        ``pn_0`` has) and arm, ordered by rate: ``rate``, ``width``, ``test.error`` with the ends
        of its interval, ``median.lr`` of the winners, and ``edge``.
    """
    arms = numbers.sweep.arms
    errors = numbers.arms.set_index("arm")
    fixed, kept = width_of(numbers.sweep, "n_0"), width_of(numbers.sweep, "pn_0")
    rates = median_rates(numbers.sweep)
    rows = []
    for name, arm in arms.items():
        width, rate = width_of(numbers.sweep, name), float(arm.leaves[RATE])
        # Widths are whole numbers, so that up to half a unit is missing or too many.
        is_in = {"n": width == fixed, "pn": abs(width * (1 - rate) - kept) <= 0.5}  # noqa: PLR2004
        rows += [
            {
                "series": series,
                "arm": name,
                "rate": rate,
                "width": width,
                "median.lr": rates[name],
                **errors.loc[name, ["test.error", "test.error.low", "test.error.high", "edge"]],
            }
            for series, belongs in is_in.items()
            if belongs
        ]
    return pd.DataFrame(rows).sort_values(["series", "rate"], ignore_index=True)


def width_of(sweep: Sweep, arm: str) -> int:
    """Return the number of units of each hidden layer of an arm."""
    return int(sweep.arms[arm].leaves[WIDTH][0])


def median_rates(sweep: Sweep) -> "pd.Series[float]":
    """Return the median learning rate of each arm's winners over replicates, by arm."""
    rows = reported_rows(sweep).drop_duplicates(["replicate", "arm"])
    return rows.groupby("arm")["optimizer.lr"].median()


def rate_words(points: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the table of rates.

    Args:
        points: The table of `rate_points`.
    """
    return pd.DataFrame(
        {
            "dropped": [f"{rate:g}" for rate in points["rate"]],
            "units": points["width"].astype(str),
            "kept on average": [
                f"{width * (1 - rate):.0f}"
                for width, rate in zip(points["width"], points["rate"], strict=True)
            ],
            "arm": points["arm"],
            f"test error (%) {INTERVAL}": interval_cells(points, "test.error"),
            "median learning rate": [value_cell(lr) for lr in points["median.lr"]],
            "on an edge": points["edge"].replace("", "-"),
        }
    )


def drawn_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points of the figure: the two series, moved apart, by the names in its legend.

    Args:
        points: The table of `rate_points`.
    """
    return pd.DataFrame(
        {
            "series": points["series"].map(NAMES),
            "x": points["rate"] + points["series"].map(APART),
            "value": points["test.error"],
            "low": points["test.error.low"],
            "high": points["test.error.high"],
        }
    )
