"""The figure ``across``: test errors and declared differences against a sweep's conditions."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class Across(ReportFigure):
    """Test errors of all arms in the upper panels, declared differences in the lower ones."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the table of `across_table`; None for a sweep without conditions."""
        return numbers.across

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any arm has a test error."""
        return bool(points["value"].notna().any())

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of each arm's reported runs, by arm and condition as in ``adam@n=25``."""
        from ffnn_lab.definition import name_under  # noqa: PLC0415 - as figures are drawn

        return {
            name_under(arm, each.condition): ids
            for each in numbers.conditions
            for arm, ids in each.reported.items()
        }

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return a remark if combinations of conditions have no panel, for lack of room."""
        points = self.drawn(numbers)
        if points is None:
            return []
        n_panels = len(self.drawing.panels_of(points))
        n_shown = len(self.drawing.evenly(n_panels))
        if n_shown == n_panels:
            return []
        return [f"{self.name} shows {n_shown} of {n_panels} panels; the table has all of them"]


register(Across(name="across", order=11, is_of_all_conditions=True))
