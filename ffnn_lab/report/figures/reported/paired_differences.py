"""The figure ``paired_differences``: differences of test error between arms at equal seeds."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class PairedDifferences(ReportFigure):
    """A row for each pair of arms: the difference of their test errors, with its 95% interval."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the differences that have an interval."""
        found: pd.DataFrame = self.drawing.points(numbers.differences, arms=numbers.sweep.arms)
        return found

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return a remark on each difference without an interval."""
        return [
            f"{row['arm']} - {row['baseline']} is not in {self.name}: it has no interval"
            for row in numbers.differences.to_dict("records")
            if row["n_pairs"] > 0 and math.isnan(row["low"])
        ]


register(PairedDifferences(name="paired_differences", order=6))
