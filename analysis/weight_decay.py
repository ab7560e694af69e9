"""The page ``docs/results/weight_decay.md``: coupled and decoupled decay, where either helps.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import pandas as pd

from analysis.pages import Page
from analysis.tables import comparison
from ffnn_lab.definition import Condition
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.tuned_errors import tuned_errors
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import percent

CONFIDENCE = 0.99
"""Confidence level of the pilot sweep's intervals: 95% by Bonferroni over five values of the
decay."""
NO_DECAY = "none"


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    page.table("use", use_table(page.numbers("weight_decay_use").sweep))
    comparison(page, "weight_decay", "paired_differences")


def use_table(pilot: Sweep) -> pd.DataFrame:
    """Tabulate the effect of each weight decay on the dev error on fresh seeds, by condition.

    Args:
        pilot: The pilot sweep, whose arms differ in the weight decay.

    Returns:
        A table of strings, one row per condition and arm.
    """
    rows = []
    for condition, sweep in zip(pilot.definition.conditions, pilot.conditions, strict=True):
        errors = tuned_errors(sweep, split="dev")
        rows += [
            {
                **words_of(condition),
                "decay": str(arm.leaves["optimizer.weight_decay"]),
                "dev error (%)": percent(errors[name].groupby(level="replicate").mean().mean()),
                "less that of none (points) [99% interval]": _difference(errors, name),
            }
            for name, arm in sweep.arms.items()
        ]
    return pd.DataFrame(rows)


def words_of(condition: Condition) -> dict[str, str]:
    """Return the columns of a condition: each value as a string, by the name of its field."""
    return {key: str(value) for key, value in condition.items()}


def _difference(errors: pd.DataFrame, arm: str) -> str:
    if arm == NO_DECAY:
        return "-"
    found = (errors[arm] - errors[NO_DECAY]).groupby(level="replicate").mean()
    interval = mean_interval(found.tolist(), confidence=CONFIDENCE)
    ends = f"{percent(interval.low)}, {percent(interval.high)}"
    return f"{percent(float(found.mean()))} [{ends}]"
