"""The tables of a sweep's report, each in numbers and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.measures.budgets import NotIndependentError, budget_points
from ffnn_lab.report.measures.differences import paired_differences
from ffnn_lab.report.measures.matched import matched_table
from ffnn_lab.report.measures.progress import progress_table
from ffnn_lab.report.measures.stability import stability_table, variant_table
from ffnn_lab.report.measures.tables import arm_table, spread_table
from ffnn_lab.report.text import ends, render, words
from ffnn_lab.report.text.captions import caption
from ffnn_lab.seeds import stream

SHEETS = (
    *("arms", "settings", "gain_of_tuning", "paired_differences", "spreads", "progress"),
    *("matched_train_loss", "budgets", "ranks_in_smaller_spaces", "ranks_by_variant", "run"),
    *("separable", "separable_labeled"),
)
"""All that a report may write."""
SEED = 0
"""Of every draw of a report, so that equal records give equal tables."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table that is ready to be printed and written."""

    name: str
    words: pd.DataFrame
    """As people read it."""
    numbers: pd.DataFrame | None
    """As programs read it; None where another sheet has them."""
    is_printed: bool = True
    """Or only written."""
    caption: str = ""
    """Above the table in LaTeX."""


@dataclass(frozen=True, eq=False)
class Sheets:
    """All tables of a sweep that have something to say, and why some have nothing."""

    sheets: list[Sheet]
    remarks: list[str]
    arms: pd.DataFrame
    """The numbers of the first one."""
    differences: pd.DataFrame
    matched: pd.DataFrame
    budgets: pd.DataFrame | None


def sheets_of(sweep: Sweep, winners: Mapping[str, Winner]) -> Sheets:
    """Tabulate a sweep."""
    arms = arm_table(sweep, winners)
    found = [
        Sheet("arms", render.readable_arms(arms), arms),
        Sheet("settings", render.readable_settings(arms), None),
    ]
    if arms["default.n_seeds"].any():
        found.append(Sheet("gain_of_tuning", render.readable_gains(arms), None))
    differences = paired_differences(sweep, winners, rng=stream(SEED, "analysis", 0))
    if len(differences) > 0:
        readable = render.readable_differences(differences)
        found.append(Sheet("paired_differences", readable, differences))
    matched = matched_table(sweep, winners)
    if any(len(winner.rows) for winner in winners.values()):
        found += _of_seeds(sweep, winners, matched)
    remarks, budgets = [], None
    try:
        budgets = budget_points(sweep)
    except NotIndependentError as error:
        remarks.append(f"there are no budget curves: {error}")
    if budgets is not None and len(budgets) > 0:
        found.append(Sheet("budgets", words.readable_budgets(budgets), budgets, is_printed=False))
        ranks = stability_table(sweep, rng=stream(SEED, "analysis", 1))
        if len(ranks) > 0:
            readable = words.readable_ranks(ranks)
            found.append(Sheet("ranks_in_smaller_spaces", readable, ranks, is_printed=False))
    by_variant = variant_table(sweep, winners, rng=stream(SEED, "analysis", 2))
    if len(by_variant) > 0:
        readable = words.readable_ranks(by_variant)
        found.append(Sheet("ranks_by_variant", readable, by_variant, is_printed=False))
    numbered = [(each, arms if each.numbers is None else each.numbers) for each in found]
    found = [
        replace(
            each, caption=caption(sweep, winners, each.name) + ends.in_caption(each.name, numbers)
        )
        for each, numbers in numbered
    ]
    remarks += ends.remarks({each.name: numbers for each, numbers in numbered})
    return Sheets(found, remarks, arms, differences, matched, budgets)


def _of_seeds(sweep: Sweep, winners: Mapping[str, Winner], matched: pd.DataFrame) -> list[Sheet]:
    """Tabulate what the reported runs say beyond their means."""
    spreads, progress = spread_table(sweep, winners), progress_table(sweep, winners)
    found = [
        Sheet("spreads", words.readable_spreads(spreads), spreads, is_printed=False),
        Sheet("progress", words.readable_progress(progress), progress, is_printed=False),
    ]
    if len(matched) > 0:
        readable = words.readable_matched(matched)
        found.append(Sheet("matched_train_loss", readable, matched, is_printed=False))
    return found
