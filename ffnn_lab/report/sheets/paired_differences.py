"""The differences between arms at equal seeds."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import ABSENT, INTERVAL, count_cell, interval_cells, p_value

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the differences in percentage points, and what says how far to trust them."""
    return {
        "arm": [f"{arm} - {base}" for arm, base in table[["arm", "baseline"]].to_numpy()],
        f"difference of test error (percentage points) {INTERVAL}": interval_cells(
            table, "difference"
        ),
        "p (Holm)": [p_value(p) for p in table["p.holm"]],
        f"improves at a seed (%) {INTERVAL}": interval_cells(table, "improvement"),
        "seeds to resolve": [
            _seeds(n, n_pairs)
            for n, n_pairs in zip(table["seeds_to_resolve"], table["n_pairs"], strict=True)
        ],
        "pairs": [str(n) for n in table["n_pairs"]],
    }


def _seeds(n: object, n_pairs: int) -> str:
    """Return the cell of the seeds that would resolve a difference."""
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
        estimates=(Estimate("difference", "difference", "n_pairs"),),
        lists_rows=True,
    )
)
