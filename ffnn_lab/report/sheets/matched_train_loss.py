"""The sheet ``matched_train_loss``: arms at the lowest train loss that all their runs reached."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import INTERVAL, interval_cells

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: errors in percent, gaps in points, and losses in nats."""
    return {
        "arm": table["arm"].tolist(),
        "train loss (nats)": [f"{loss:.3g}" for loss in table["train.loss"]],
        f"test error there (%) {INTERVAL}": interval_cells(table, "test.error"),
        f"test - train there (points) {INTERVAL}": interval_cells(table, "gap"),
        "lowest train loss of all seeds": [f"{x:.3g}" for x in table["lowest.train.loss"]],
        "seeds": [str(n) for n in table["n_seeds"]],
    }


register(
    Sheet(
        name="matched_train_loss",
        order=7,
        numbers=lambda numbers: numbers.matched if numbers.has_results else None,
        words=words,
        is_printed=False,
        caption="Arms at the lowest train loss that all their runs came down to: means over the "
        "runs of {n} that completed, {t}.",
        estimates=(
            Estimate("test.error", "test error at equal train loss"),
            Estimate("gap", "test - train at equal train loss"),
        ),
    )
)
