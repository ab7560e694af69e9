"""Errors against the rate of dropout."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.along_axis import AlongAxis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class ErrorAgainstDropout(AlongAxis):
    """What tuning found at each rate of dropout, and what the winners came to."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return settings, the best at each rate, and confirmed winners."""
        from ffnn_lab.report.figures.error_against_dropout import points  # noqa: PLC0415 - matplotlib

        return points(numbers.sweep, numbers.winners)

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return tuning on the left, the winners on fresh seeds on the right."""
        from ffnn_lab.report.figures.error_against_dropout import figure  # noqa: PLC0415 - matplotlib

        return figure(points)

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the tuning runs, and those of the winners that are shown."""
        behind = {arm: list(run_ids) for arm, run_ids in super().behind(numbers).items()}
        points = self.drawn(numbers)
        if points is not None:
            for arm in points.loc[points["shown"] == "confirmed", "arm"]:
                behind[arm] += numbers.reported[arm]
        return behind


register(ErrorAgainstDropout(name="error_against_dropout", order=4, axis="dropout.hidden"))
