"""The figure ``train_test_gap``: test error minus train error, during training and at its end."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class TrainTestGap(ReportFigure):
    """The gap against the falling train loss on the left, at two moments on the right."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the gap along the falling train loss, at equal train loss, and as reported."""
        found: pd.DataFrame = self.drawing.points(
            numbers.fitted, arms=numbers.arms, matched=numbers.matched
        )
        return found.assign(n_replicates=len(numbers.replicates)) if numbers.replicates else found


register(TrainTestGap(name="train_test_gap", order=7, earlier=("matched_gap",)))
