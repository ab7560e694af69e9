"""How much tuning gained over each arm's untuned default."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import INTERVAL, interval_cells

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class GainOfTuning(Sheet):
    """The untuned defaults beside the best settings."""

    def numbers(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return one row per arm, if any default was run."""
        return numbers.arms if numbers.arms["default.n_seeds"].any() else None

    def words(self, table: "pd.DataFrame") -> Words:
        """Return the errors in percent and the gain in percentage points."""
        return {
            "arm": table["arm"].tolist(),
            f"default test error (%) {INTERVAL}": interval_cells(table, "default.test.error"),
            f"tuned test error (%) {INTERVAL}": interval_cells(table, "test.error"),
            f"gain of tuning (percentage points) {INTERVAL}": interval_cells(
                table, "gain_of_tuning"
            ),
            "pairs": [str(n) for n in table["gain_of_tuning.n_pairs"]],
        }


register(
    GainOfTuning(
        name="gain_of_tuning",
        order=3,
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
