"""The sheet ``paired_differences``: differences of test error between arms at equal seeds."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import (
    ABSENT,
    INTERVAL,
    count_cell,
    interval_cells,
    p_value,
    percent,
)

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: differences in percentage points, p values, required seeds."""
    if "n_replicates" in table:
        return _words_over_replicates(table)
    return {
        "arm": _pairs(table),
        f"difference of test error (percentage points) {INTERVAL}": interval_cells(
            table, "difference"
        ),
        "p (Holm)": [p_value(p) for p in table["p.holm"]],
        f"improves at a seed (%) {INTERVAL}": interval_cells(table, "improvement"),
        "seeds to resolve": [
            _needed(n, n_pairs)
            for n, n_pairs in zip(table["seeds_to_resolve"], table["n_pairs"], strict=True)
        ],
        **_other_test_set(table),
        "pairs": [str(n) for n in table["n_pairs"]],
    }


def _pairs(table: "pd.DataFrame") -> list[str]:
    return [f"{arm} - {base}" for arm, base in table[["arm", "baseline"]].to_numpy()]


def _words_over_replicates(table: "pd.DataFrame") -> Words:
    """Return the cells over replicates.

    The last column compares one setting of each arm in replicate 0, over its seeds.
    """
    counts = table["n_replicates"].tolist()
    return {
        "arm": _pairs(table),
        f"difference of test error (percentage points) {INTERVAL}": interval_cells(
            table, "difference"
        ),
        "p (Holm)": [p_value(p) for p in table["p.holm"]],
        "improves in a replicate (%) [95% interval]": interval_cells(table, "improvement"),
        "improvement, threshold 75%": table["improvement.verdict"].tolist(),
        **_variances(table),
        **_other_test_set(table),
        "beyond the data set (points)": [
            _ends(low, high) for low, high in table[["corrected.low", "corrected.high"]].to_numpy()
        ],
        "replicates to resolve": [
            _needed(n, count)
            for n, count in zip(table["replicates_to_resolve"], counts, strict=True)
        ],
        "replicates": [str(n) for n in counts],
        "at one setting of replicate 0 (points) [95% interval over seeds]": interval_cells(
            table, "setting.difference", ends=("setting.low", "setting.high")
        ),
    }


def _variances(table: "pd.DataFrame") -> Words:
    """Return the cells with shares, in percent, of the variance of a difference.

    These are the share between replicates, or, if replicates share splits, the shares of splits
    and of tunings; and the share of the test set, if the table has it.
    """
    parts = {"variance of splits (%)": "share.split", "variance of tunings (%)": "share.tuning"}
    if table["share.split"].isna().all():
        parts = {"variance between replicates (%)": "share.replicate"}
    if "share.test_set" in table:
        parts["of it, of the test set (%)"] = "share.test_set"
    return {heading: [_share(x) for x in table[name]] for heading, name in parts.items()}


def _other_test_set(table: "pd.DataFrame") -> Words:
    """Return the column, if known, of the standard deviation that another test set would add."""
    if "other_test_set" not in table:
        return {}
    return {"another test set (points, 1 SD)": [percent(x) for x in table["other_test_set"]]}


def _share(share: float) -> str:
    return ABSENT if math.isnan(share) else f"{100 * share:.0f}"


def _ends(low: float, high: float) -> str:
    return ABSENT if math.isnan(low) else f"[{percent(low)}, {percent(high)}]"


def _needed(n: object, n_pairs: int) -> str:
    """Return the cell with the number of seeds or replicates that would resolve a difference.

    Args:
        n: The number; missing if it is too large or not known.
        n_pairs: Number of seeds or replicates behind the difference.
    """
    from ffnn_lab.report.statistics.significance import MOST_SEEDS  # noqa: PLC0415 - imports scipy

    cell = count_cell(n)
    return f"over {MOST_SEEDS}" if cell == ABSENT and n_pairs > 1 else cell


register(
    Sheet(
        name="paired_differences",
        order=4,
        numbers=lambda numbers: numbers.differences,
        words=words,
        caption="Differences of test error between arms at equal seeds: means over {n}, {t}, not "
        "adjusted for their number; p after Holm over the contrasts that were declared; the "
        "share of seeds improved has Wilson's {percent} interval; more than {most} seeds "
        "are not counted.",
        caption_over="Differences of test error between tuned methods, paired in each replicate: "
        "means over {n}, {t}, not adjusted for their number; p of flipped signs of replicates, "
        "after Holm over the contrasts that were declared; the share of replicates improved has "
        "its exact {percent} interval, held against chance and the threshold of 75% that "
        "Bouthillier et al. (2021) recommend; the share of variance is that of a single pair of "
        "runs; beyond the data set, Nadeau and Bengio's corrected {percent} t interval (2003); "
        "more than {most} replicates are not counted. Last, what replicate 0 alone tells at one "
        "setting of each arm, over its seeds.",
        estimates=(Estimate("difference", "difference", "n_pairs"),),
        caption_where={
            "share.test_set": "The test set's part is that of the choice of test examples, each "
            "replicate having its own (examples by seeds, method of moments).",
            "other_test_set": "Intervals are conditional on this test set: another of the same "
            "size would add the deviation given (1 SD; examples by seeds or replicates, method "
            "of moments).",
        },
        lists_rows=True,
    )
)
