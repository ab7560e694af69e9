"""The statistics' tables as people read them; `text.render` has those of the arms."""

import math

import pandas as pd

from ffnn_lab.report.text.render import ABSENT, INTERVAL, interval_cells, percent

BUDGETS = 2
"""Ratio of the budgets that a table shows: 1, 2, 4, ..., and what was drawn in all."""


def readable_spreads(table: pd.DataFrame) -> pd.DataFrame:
    """Word how test errors spread over seeds, in percent."""
    return pd.DataFrame(
        {
            "arm": table["arm"],
            f"test error (%) {INTERVAL}": interval_cells(table, "test.error"),
            f"interquartile mean (%) {INTERVAL}": interval_cells(table, "interquartile"),
            **{
                heading: [percent(value) for value in table[name]]
                for name, heading in (
                    ("std", "deviation (points)"),
                    ("lowest", "lowest (%)"),
                    ("median", "median (%)"),
                    ("highest", "highest (%)"),
                )
            },
            "seeds": [str(n) for n in table["n_seeds"]],
            "diverged": [str(n) for n in table["n_diverged"]],
        }
    )


def readable_progress(table: pd.DataFrame) -> pd.DataFrame:
    """Word how fast arms learned at first and how much they gained later, in percent."""
    return pd.DataFrame(
        {
            "arm": table["arm"],
            f"train error, first epoch (%) {INTERVAL}": interval_cells(table, "first.train"),
            f"test error, first epoch (%) {INTERVAL}": interval_cells(table, "first.test"),
            f"test error, last epoch (%) {INTERVAL}": interval_cells(table, "last.test"),
            f"test error lost in second half (points) {INTERVAL}": interval_cells(table, "late"),
            "seeds": [str(n) for n in table["n_seeds"]],
        }
    )


def readable_matched(table: pd.DataFrame) -> pd.DataFrame:
    """Word arms at equal train loss, in percent and nats."""
    return pd.DataFrame(
        {
            "arm": table["arm"],
            "train loss (nats)": [f"{loss:.3g}" for loss in table["train.loss"]],
            f"test error there (%) {INTERVAL}": interval_cells(table, "test.error"),
            f"test - train there (points) {INTERVAL}": interval_cells(table, "gap"),
            "lowest train loss of all seeds": [f"{x:.3g}" for x in table["lowest.train.loss"]],
            "seeds": [str(n) for n in table["n_seeds"]],
        }
    )


def readable_budgets(table: pd.DataFrame) -> pd.DataFrame:
    """Word the expected best score of 1, 2, 4, ... settings, one row per arm."""
    split, metric = table[["split", "metric"]].iloc[0]
    is_error = metric == "error"
    unit = "%" if is_error else "nats"
    most = int(table["n_settings"].max())
    budgets = [*(BUDGETS**k for k in range(most.bit_length())), most]
    words: dict[str, list[str]] = {"arm": []}
    for arm, rows in table.groupby("arm", observed=True):
        words["arm"].append(str(arm))
        for n_settings in dict.fromkeys(n for n in budgets if n <= most):
            at = rows[rows["n_settings"] == n_settings]
            if at.empty or not math.isfinite(at["expected"].iloc[0]):
                cell = ABSENT
            elif is_error:
                cell = interval_cells(at, "expected")[0]
            else:
                cell = f"{at['expected'].iloc[0]:.3g}"
            words.setdefault(f"best of {n_settings}, {split} {metric} ({unit})", []).append(cell)
    return pd.DataFrame(words)


def readable_ranks(table: pd.DataFrame) -> pd.DataFrame:
    """Word the order of arms in smaller spaces."""
    return pd.DataFrame(
        {
            "space": table["space"],
            "arm": table["arm"],
            "settings": [str(n) for n in table["n_settings"]],
            "rank": [f"{rank:g}" for rank in table["rank"]],
            "rank in the whole space": [f"{rank:g}" for rank in table["rank.whole"]],
            "agreement (Kendall's tau)": [
                ABSENT if math.isnan(tau) else f"{tau:.2f}" for tau in table["agreement"]
            ],
            "same first in resamples (%)": [f"{100 * share:.0f}" for share in table["same_first"]],
        }
    )
