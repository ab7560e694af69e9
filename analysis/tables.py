"""Formatted tables of sweeps with several replicates, which several pages of results share."""

from collections.abc import Sequence

import pandas as pd

from analysis.pages import Page
from ffnn_lab.report.claims.rule import VERDICTS
from ffnn_lab.report.claims.verdicts import verdict_table
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.reports.verdict_report import WITHOUT_EFFECT, readable_verdicts
from ffnn_lab.report.text.cells import count_cell, interval_cells, p_value, percent
from ffnn_lab.report.text.units import units_of

INTERVAL = "[95% interval]"
"""Mark of intervals in headings; each page explains it once for all of the page's tables."""


def comparison(page: Page, sweep: str, *figures: str) -> None:
    """Write the tables and figures of a sweep with replicates into a page.

    The tables are those of the arms, of the differences between arms, and of verdicts on claims.

    Args:
        page: A page with places for the tables ``arms``, ``differences`` and ``claims``.
        sweep: Name of the sweep's published records.
        *figures: Names of the figures of the sweep's report that the page shows.
    """
    numbers = page.numbers(sweep)
    units = units_of(numbers.sweep.runs)
    page.table("arms", units.reworded_table(arm_words(numbers.arms)))
    page.table("differences", difference_words(numbers.differences))
    page.table("claims", claim_words(numbers.sweep))
    page.reported_figures(numbers, *figures)


def arm_words(arms: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of a page's table of arms: errors in percent, with intervals.

    Args:
        arms: The numbers of `ffnn_lab.report.measures.tuned.arms_over_replicates`.
    """
    return pd.DataFrame(
        {
            "arm": arms["arm"],
            "dev error, tuning (%)": [percent(error) for error in arms["tune.dev.error"]],
            f"test error (%) {INTERVAL}": interval_cells(arms, "test.error"),
            f"untuned default (%) {INTERVAL}": interval_cells(arms, "default.test.error"),
            "on an edge": arms["edge"].replace("", "-"),
            "replicates": arms["n_replicates"].astype(str),
        }
    )


def difference_words(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of a page's table of differences between arms, in percentage points.

    Args:
        differences: The numbers of `ffnn_lab.report.measures.tuned.differences_over_replicates`.
    """
    return pd.DataFrame(
        {
            "difference": differences["arm"] + " - " + differences["baseline"],
            f"points {INTERVAL}": interval_cells(differences, "difference"),
            "p (Holm)": [p_value(p) for p in differences["p.holm"]],
            f"improves in a replicate (%) {INTERVAL}": interval_cells(differences, "improvement"),
            "replicates": differences["n_replicates"].astype(str),
            "would settle it": [count_cell(n) for n in differences["replicates_to_resolve"]],
        }
    )


def claim_words(sweep: Sweep) -> pd.DataFrame:
    """Judge every claim that a sweep was made for, and return the cells of a page's table."""
    words = readable_verdicts(judged([sweep]))
    return words.drop(columns=["sweep", "remark"]).rename(columns={"of": "effect of"})


def claim_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Count the verdicts on each claim by each sweep that was made for the claim.

    Args:
        table: The table of `judged`.

    Returns:
        A table of strings: one row per claim and sweep, a column per verdict.
    """
    shown = [each for each in VERDICTS if each not in WITHOUT_EFFECT]
    rows = [
        {
            "claim": claim,
            "sweep": sweep,
            **{each: str((group["verdict"] == each).sum()) for each in shown},
        }
        for (claim, sweep), group in table.groupby(["claim", "sweep"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["claim", "sweep", *shown])


def judged(sweeps: Sequence[Sweep]) -> pd.DataFrame:
    """Judge the claims that sweeps were made for.

    Returns:
        The table of `ffnn_lab.report.claims.verdicts.verdict_table`, without claims that have no
        effect on a sweep.
    """
    table = verdict_table(sweeps)
    return table[~table["verdict"].isin(WITHOUT_EFFECT)]
