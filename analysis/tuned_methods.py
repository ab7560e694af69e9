"""The page ``docs/results/tuned_methods.md``: how often intervals of tuned methods are right.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import pandas as pd

from analysis.pages import Page
from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.report.figures import measured_coverage as figures
from ffnn_lab.report.measures.differences import pairs_of
from ffnn_lab.report.measures.false_verdicts import ALL, verdict_table
from ffnn_lab.report.measures.measured_coverage import coverage_table
from ffnn_lab.report.measures.tuned_errors import component_table, tuned_errors
from ffnn_lab.report.text.cells import interval_cells, percent


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    sweep = page.numbers("tuned_methods").sweep
    errors = tuned_errors(sweep)
    coverage = coverage_table(errors, pairs_of(sweep))
    page.table("coverage", coverage_words(coverage))
    page.table("verdicts", verdict_words(verdict_table(errors, contrasts(sweep.definition))))
    page.table("components", component_words(component_table(page.numbers(NESTED).sweep)))
    page.figure("coverage", figures.figure(figures.points(coverage)))


NESTED = "tuned_methods_nested"
"""The sweep whose replicates share splits, so that the variances of splits and of tunings can be
separated."""


def coverage_words(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the table of coverage: how often intervals cover the true difference.

    Args:
        coverage: The table of `coverage_table`.
    """
    return pd.DataFrame(
        {
            "difference": coverage["arm"] + " - " + coverage["against"],
            "truth (points)": [percent(truth) for truth in coverage["truth"]],
            "interval over": _over(coverage),
            "covers": [
                f"{k} of {n}" for k, n in zip(coverage["covered"], coverage["n"], strict=True)
            ],
            "share (%) [95% interval]": interval_cells(coverage, "share"),
            "random groups (%) [95% interval]": interval_cells(coverage, "random"),
            "of normal values (%)": [percent(share) for share in coverage["expected"]],
        }
    )


def verdict_words(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the table of false verdicts, one row per rule and number of replicates.

    Args:
        verdicts: The table of `verdict_table`: how often each rule finds a difference between a
            method and itself.
    """
    rows = []
    for _, group in verdicts.groupby(["rule", "n_replicates"], sort=False):
        counted = group[group["n"].notna()]
        words = [
            f"{each['errors']} of {each['n']}"
            + ("" if each["what"] == ALL else f" ({each['what']})")
            for each in counted.to_dict("records")
        ]
        whole = group[group["what"] == ALL]
        rows.append(
            {
                "rule": group["rule"].iloc[0],
                "over": _over(whole)[0],
                "errs, disjoint groups": ", ".join(words),
                "errs, random groups (%) [95% interval]": interval_cells(whole, "random")[0],
            }
        )
    return pd.DataFrame(rows)


def component_words(components: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the table of variance components of each difference.

    Args:
        components: The table of `component_table`.
    """
    return pd.DataFrame(
        {
            "difference": components["arm"] + " - " + components["against"],
            "part": components["part"],
            "variance (points squared)": [f"{10_000 * v:.3f}" for v in components["variance"]],
            "degrees of freedom": components["freedom"].astype(str),
            "share (%)": [percent(share) for share in components["share"]],
        }
    )


def _over(table: pd.DataFrame) -> list[str]:
    """Return the unit of each row's interval or rule: seeds of one tuning, or ``n`` replicates."""
    return [
        of if n == 1 else f"{n} {of}"
        for of, n in zip(table["of"], table["n_replicates"], strict=True)
    ]
