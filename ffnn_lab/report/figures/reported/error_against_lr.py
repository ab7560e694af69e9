"""The figure ``error_against_lr``: the tuning score of each setting against its learning rate."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class ErrorAgainstLr(ReportFigure):
    """Tuning scores against the learning rate; the best setting of each arm is marked."""

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any score is finite."""
        return bool(self.drawing.has_place(points).any())

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of the tuning runs of the arms whose learning rate was tuned."""
        return {arm: numbers.tried[arm] for arm in self.drawing.arms_with_lr(numbers.sweep)}

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return remarks on arms whose learning rate was not tuned, and settings with no score."""
        tuned = self.behind(numbers)
        found = [
            f"{arm} is not in {self.name}: its optimizer.lr was not tuned"
            for arm in numbers.sweep.arms
            if arm not in tuned
        ]
        points = self.points_once(numbers)
        lost = points[~self.drawing.has_place(points)] if points is not None else None
        for arm, rows in lost.groupby("arm", observed=True) if lost is not None else ():
            n_lost = len(rows)
            found.append(
                f"{self.name} leaves out {n_lost} of {arm}'s settings: they have no finite score"
            )
        return found


register(ErrorAgainstLr(name="error_against_lr", order=3))
