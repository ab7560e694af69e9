"""The figure ``separable_directions``: directions of the weights during training."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.report.figures.reported.separable import SEPARABLE
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class SeparableDirections(ReportFigure):
    """The cosines of the weights with both closed-form solutions, against the epoch."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the cosines of the runs that are shown, by arm, conditions and epoch."""
        shown = SEPARABLE.drawn(numbers)
        if shown is None:
            return None
        found: pd.DataFrame = self.drawing.points(
            numbers.sweep.directions, shown, numbers.separable.conditions
        )
        return found

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Draw the figure.

        Args:
            points: The table that `points` returns; the columns between ``arm`` and ``epoch`` are
                the conditions.
        """
        columns = [str(column) for column in points]
        conditions = columns[columns.index("arm") + 1 : columns.index("epoch")]
        drawn: Figure = self.drawing.figure(points, conditions)
        return drawn

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of the runs that are shown, by arm."""
        return SEPARABLE.behind(numbers)


register(SeparableDirections(name="separable_directions", order=10, reports=(Kind.SEPARABLE,)))
