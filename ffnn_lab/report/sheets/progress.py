"""The sheet ``progress``: errors of each arm after the first epoch and late in training."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import INTERVAL, interval_cells

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: errors in percent, and their late change in points."""
    return {
        "arm": table["arm"].tolist(),
        f"train error, first epoch (%) {INTERVAL}": interval_cells(table, "first.train"),
        f"test error, first epoch (%) {INTERVAL}": interval_cells(table, "first.test"),
        f"test error, last epoch (%) {INTERVAL}": interval_cells(table, "last.test"),
        f"test error lost in second half (points) {INTERVAL}": interval_cells(table, "late"),
        "seeds": [str(n) for n in table["n_seeds"]],
    }


register(
    Sheet(
        name="progress",
        order=6,
        numbers=lambda numbers: numbers.progress if numbers.has_results else None,
        words=words,
        is_printed=False,
        caption="Errors early and late in training: means over {n}, {t}.",
        estimates=(
            Estimate("first.train", "train error of the first epoch"),
            Estimate("first.test", "test error of the first epoch"),
            Estimate("last.test", "test error of the last epoch"),
            Estimate("late", "test error lost in the second half"),
        ),
    )
)
