"""The figure ``lr_and_dev_loss``: learning rate and dev loss of each arm's best setting."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class LrAndDevLoss(ReportFigure):
    """Dev loss against the epoch above, the learning rate below."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the mean learning rate and dev loss by arm and epoch."""
        tables = [
            self.drawing.points(each.sweep.curves, run_ids=each.reported)
            for each in numbers.tunings
        ]
        found: pd.DataFrame = (
            self.drawing.points_over_replicates(tables) if numbers.replicates else tables[0]
        )
        return found

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any learning rate changes: otherwise the figure shows no schedule."""
        return len(points) > 0 and bool(self.drawing.changes_rate(points))


register(LrAndDevLoss(name="lr_and_dev_loss", order=13))
