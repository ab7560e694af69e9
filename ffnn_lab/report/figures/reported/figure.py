"""A figure of a report, with all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ffnn_lab.registry import Option
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportFigure(Option):
    """A figure of a report: its points, how it is laid out, and which runs are behind it.

    The modules that draw import matplotlib, so methods import them when they are called.
    """

    kind: ClassVar[str] = "figure"
    reports: Sequence[Kind] = (Kind.SWEEP,)
    """The kinds of reports that have it."""
    stem: str = ""
    """The name of its files, if it is another than its own."""
    earlier: Sequence[str] = ()
    """Stems of files that earlier versions wrote in its place, and that are removed."""

    @property
    def file_stem(self) -> str:
        """The name of its files, without their suffixes."""
        return self.stem or self.name

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the table that the figure shows; None where it has nothing to show."""
        raise NotImplementedError

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any of the points can be drawn."""
        return len(points) > 0

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the figure.

        Args:
            points: What `points` returned, at least one of which has a place.
        """
        raise NotImplementedError

    def behind(self, numbers: "Numbers") -> Mapping[str, Sequence[str]]:
        """Return the ids of the runs behind the figure, by arm."""
        return numbers.reported

    def left_out(self, numbers: "Numbers") -> list[str]:  # noqa: ARG002 - most leave out nothing
        """Return remarks on what the figure does not show."""
        return []

    def drawn(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the points if any can be drawn, computed once for each report."""
        points = self.points_once(numbers)
        return points if points is not None and self.has_place(points) else None

    def points_once(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return `points`, computed once for each report."""
        return numbers.once(f"points of {self.name}", lambda: self.points(numbers))
