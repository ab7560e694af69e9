"""The directions of weights during training on the separable problem."""

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
    """The cosines of weights with both solutions, by epoch."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the cosines of the runs that are shown."""
        shown = SEPARABLE.drawn(numbers)
        if shown is None:
            return None
        found: pd.DataFrame = self.drawing.points(
            numbers.sweep.directions, shown, numbers.separable.conditions
        )
        return found

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the figure; its conditions are the columns before the epoch."""
        columns = [str(column) for column in points]
        conditions = columns[columns.index("arm") + 1 : columns.index("epoch")]
        drawn: Figure = self.drawing.figure(points, conditions)
        return drawn

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the runs that are shown."""
        return SEPARABLE.behind(numbers)


register(SeparableDirections(name="separable_directions", order=10, reports=(Kind.SEPARABLE,)))
