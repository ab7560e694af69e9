"""The sheet ``run``: the losses and errors of single runs."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.sheets.sheet import Sheet, Words
from ffnn_lab.report.text.cells import percent, value_cell

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: losses in nats and errors in percent, by moment and split."""
    return {
        "run": table["run_id"].tolist(),
        "status": table["status"].tolist(),
        "epochs": [str(n) for n in table["n_epochs"]],
        "moment": table["moment"].tolist(),
        "split": table["split"].tolist(),
        "loss (nats)": [value_cell(loss) for loss in table["loss"]],
        "error (%)": [percent(error) for error in table["error"]],
    }


register(
    Sheet(
        name="run",
        order=11,
        numbers=lambda numbers: numbers.runs,
        words=words,
        reports=(Kind.RUN,),
    )
)
