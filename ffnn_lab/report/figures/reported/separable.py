"""The figure ``separable``: runs on the separable problem, beside its closed-form solutions."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class Separable(ReportFigure):
    """Test errors and final directions of the runs, by draw or by condition."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the runs whose draw of the problem can show what the paper says of methods."""
        runs = numbers.separable.runs
        return runs[runs["remark"] == ""]

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Draw the figure.

        Args:
            points: The table that `points` returns; the columns between ``seed`` and
                ``optimizer.lr`` are the conditions.
        """
        columns = [str(column) for column in points]
        conditions = columns[columns.index("seed") + 1 : columns.index("optimizer.lr")]
        drawn: Figure = self.drawing.figure(points, conditions)
        return drawn

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of the runs that are shown, by arm."""
        points = self.points(numbers)
        return {
            arm: points.loc[points["arm"] == arm, "run_id"].tolist() for arm in numbers.sweep.arms
        }


SEPARABLE = register(Separable(name="separable", order=9, reports=(Kind.SEPARABLE,)))
