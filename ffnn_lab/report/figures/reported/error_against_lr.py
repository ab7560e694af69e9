"""The tuning score of each setting against its learning rate."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class ErrorAgainstLr(ReportFigure):
    """Where each arm's best learning rate lies, and whether on an edge."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return each tuned setting's learning rate and score."""
        from ffnn_lab.report.figures.error_against_lr import points  # noqa: PLC0415 - matplotlib

        return points(numbers.sweep, numbers.winners)

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any score is finite."""
        from ffnn_lab.report.measures.along import has_place  # noqa: PLC0415 - pandas

        return bool(has_place(points).any())

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the points in one panel."""
        from ffnn_lab.report.figures.error_against_lr import figure  # noqa: PLC0415 - matplotlib

        return figure(points)

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the tuning runs of the arms whose learning rate was tuned."""
        from ffnn_lab.report.figures.error_against_lr import arms_with_lr  # noqa: PLC0415 - matplotlib

        return {arm: numbers.tried[arm] for arm in arms_with_lr(numbers.sweep)}

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return remarks on arms without a tuned rate, and on settings without a score."""
        from ffnn_lab.report.measures.along import has_place  # noqa: PLC0415 - pandas

        tuned = self.behind(numbers)
        points = self.points_once(numbers)
        found = [
            f"{arm} is not in {self.name}: its optimizer.lr was not tuned"
            for arm in numbers.sweep.arms
            if arm not in tuned
        ]
        if points is not None:
            lost = points[~has_place(points)].groupby("arm", observed=True)
            found += [
                f"{self.name} leaves out {len(rows)} of {arm}'s settings: they have no finite "
                "score"
                for arm, rows in lost
            ]
        return found


register(ErrorAgainstLr(name="error_against_lr", order=3))
