"""The base class of figures of scores along one axis of the search space."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class AlongAxis(ReportFigure):
    """A figure of the arms that were tried at several values of one axis.

    The module that draws the figure has the dotted name of the axis as its ``KEY``.
    """

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the scores of settings by value on the axis, or their means over replicates."""
        found: pd.DataFrame = self.drawing.points(
            numbers.sweep,
            {} if numbers.replicates else numbers.winners,
            replicates=[(each.sweep, each.winners) for each in numbers.replicates],
        )
        return found

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any row has a score."""
        return bool(points["score"].notna().any())

    def behind(self, numbers: "Numbers") -> Mapping[str, Sequence[str]]:
        """Return the ids of the tuning runs of the arms that were tried at several values."""
        series = self.drawing.series_of(numbers.sweep, self.drawing.KEY)
        return {arm: numbers.tried[arm] for arm in series}

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return a remark on each arm that the figure lacks, because it was tried at one value."""
        if self.drawn(numbers) is None:
            return []
        shown = self.behind(numbers)
        return [
            f"{arm} is not in {self.name}: it was tried at one value alone"
            for arm in numbers.sweep.arms
            if arm not in shown
        ]
