"""The sheet ``gain_of_tuning``: test error of each arm's untuned default and best setting."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import INTERVAL, interval_cells

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: both errors in percent, and their difference in points."""
    return {
        "arm": table["arm"].tolist(),
        f"default test error (%) {INTERVAL}": interval_cells(table, "default.test.error"),
        f"tuned test error (%) {INTERVAL}": interval_cells(table, "test.error"),
        f"gain of tuning (percentage points) {INTERVAL}": interval_cells(table, "gain_of_tuning"),
        "pairs": [str(n) for n in table["gain_of_tuning.n_pairs"]],
    }


register(
    Sheet(
        name="gain_of_tuning",
        order=3,
        numbers=lambda numbers: numbers.arms if numbers.arms["default.n_seeds"].any() else None,
        words=words,
        has_csv=False,
        caption="Test error of each arm's untuned default and of its best setting, and the "
        "difference at equal seeds: means over {n}, {t}.",
        estimates=(
            Estimate("default.test.error", "test error of the default", "default.n_seeds"),
            Estimate("gain_of_tuning", "gain of tuning", "gain_of_tuning.n_pairs"),
        ),
        lists_rows=True,
    )
)
