"""The best score at each initializer gain."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.along_axis import AlongAxis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class GainByOptimizer(AlongAxis):
    """A heat map of the best tuning score, one row per arm."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the best setting in each cell."""
        from ffnn_lab.report.figures.gain_by_optimizer import points  # noqa: PLC0415 - matplotlib

        return points(numbers.sweep, numbers.winners)

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the cells with the scale of their colors."""
        from ffnn_lab.report.figures.gain_by_optimizer import figure  # noqa: PLC0415 - matplotlib

        return figure(points)


register(GainByOptimizer(name="gain_by_optimizer", order=5, axis="initializer.gain"))
