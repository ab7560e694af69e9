"""The gap between test and train error, during training and at its end."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class TrainTestGap(ReportFigure):
    """Where arms fit alike, and as reported."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the gap on the way down in train loss, at equal train loss, and as reported."""
        from ffnn_lab.report.figures.train_test_gap import points  # noqa: PLC0415 - matplotlib

        return points(numbers.sweep, numbers.winners, arms=numbers.arms, matched=numbers.matched)

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the course on the left, the moments on the right."""
        from ffnn_lab.report.figures.train_test_gap import figure  # noqa: PLC0415 - matplotlib

        return figure(points)


register(TrainTestGap(name="train_test_gap", order=7, earlier=("matched_gap",)))
