"""How fast arms learned at first, and how much they gained later."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import INTERVAL, interval_cells

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class Progress(Sheet):
    """Errors early and late in training."""

    def numbers(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return one row per arm, if any run is reported."""
        return numbers.progress if numbers.has_results else None

    def words(self, table: "pd.DataFrame") -> Words:
        """Return the errors in percent."""
        return {
            "arm": table["arm"].tolist(),
            f"train error, first epoch (%) {INTERVAL}": interval_cells(table, "first.train"),
            f"test error, first epoch (%) {INTERVAL}": interval_cells(table, "first.test"),
            f"test error, last epoch (%) {INTERVAL}": interval_cells(table, "last.test"),
            f"test error lost in second half (points) {INTERVAL}": interval_cells(table, "late"),
            "seeds": [str(n) for n in table["n_seeds"]],
        }


register(
    Progress(
        name="progress",
        order=6,
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
