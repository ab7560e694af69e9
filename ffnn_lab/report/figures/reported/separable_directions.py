"""Where weights point during training on the separable problem."""

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
        from ffnn_lab.report.figures.separable_directions import points  # noqa: PLC0415 - matplotlib

        shown = SEPARABLE.drawn(numbers)
        if shown is None:
            return None
        return points(numbers.sweep.directions, shown, numbers.separable.conditions)

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the cosines, in panels by the last condition's values."""
        from ffnn_lab.report.figures.separable_directions import figure  # noqa: PLC0415 - matplotlib

        columns = [str(column) for column in points]
        return figure(points, columns[columns.index("arm") + 1 : columns.index("epoch")])

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the runs that are shown."""
        return SEPARABLE.behind(numbers)


register(SeparableDirections(name="separable_directions", order=10, reports=(Kind.SEPARABLE,)))
