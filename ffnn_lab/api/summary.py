"""``ffnn_lab.summarize``: the report of records, as tables and figures in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ffnn_lab.api.loading import load
from ffnn_lab.config import home
from ffnn_lab.report.reports.preflight import import_matplotlib

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.data.sweep import Records


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """The report of a sweep or a run; a notebook shows it as one page."""

    name: str
    """Name of the sweep or the run."""
    tables: "Mapping[str, pd.DataFrame]"
    """Tables of numbers, by name; errors are rates in [0, 1], or bits per letter for texts."""
    words: "Mapping[str, pd.DataFrame]"
    """Tables formatted as text, by name; some of them have no counterpart in ``tables``."""
    figures: "Mapping[str, Figure]"
    points: "Mapping[str, pd.DataFrame]"
    """The numbers that each figure shows, as a table, by the name of the figure."""
    remarks: Sequence[str]
    """Remarks that a reader needs to understand the tables and figures."""
    commands: Sequence[str]
    """For each arm, a text of two lines: the arm's name, and the command that trains its best
    setting again."""
    page: str
    """The whole report without its figures, in Markdown."""
    files: Sequence[Path] = ()
    """The files that were written."""

    def __repr__(self) -> str:
        """List the names of the tables and the figures."""
        return f"Summary of {self.name}: tables {list(self.words)}, figures {list(self.figures)}"

    def _repr_markdown_(self) -> str:
        """Return the report in Markdown, which a notebook shows."""
        return self.page


def summarize(what: "str | Path | Records", *, to: str | Path | None = None) -> Summary:
    """Compute the report of a sweep, finished or not, or of a single run.

    The summary holds what ``ffnn-lab report`` prints and writes. Nothing is printed, and nothing
    is written unless ``to`` names a folder.

    Args:
        what: Records that `load` returned, or a folder or a name that `load` takes.
        to: The folder in which ``tables/`` and ``figures/`` are written; the sweep's own folder
            is allowed.

    Returns:
        Tables in numbers and in words, and figures, each by name: of a sweep ``arms``,
        ``settings``, ``paired_differences`` and more, with the figures ``learning_curves``,
        ``error_against_lr`` and more; of a single run ``run`` and ``learning_curves``.

    Raises:
        UserError: If there are no records, a file of them is damaged, or ``to`` cannot be written.

    Example:
        >>> import ffnn_lab
        >>> summary = ffnn_lab.summarize("outputs/default")
        >>> summary.words["arms"]
        >>> summary.tables["paired_differences"].query("p < 0.05")
        >>> summary.figures["learning_curves"]
    """
    records = load(what) if isinstance(what, str | Path) else what
    import_matplotlib()
    from ffnn_lab.report.reports import report  # noqa: PLC0415 - matplotlib, when it is needed
    from ffnn_lab.report.reports.content import content_of  # noqa: PLC0415 - matplotlib

    folder = None if to is None else home(str(to))
    if folder is not None:
        report.check_target(records, folder)
    content = content_of(records)
    files: list[Path] = []
    if folder is not None:
        content = report.without_stale(content, folder)
        files = report.write(content, folder)
    return Summary(
        name=records.name,
        tables={each.name: each.numbers for each in content.sheets if each.numbers is not None},
        words={each.name: each.words for each in content.sheets},
        figures={each.name: each.figure for each in content.drawings},
        points={each.name: each.points for each in content.drawings},
        remarks=tuple(content.remarks),
        commands=tuple(content.commands),
        page=report.page_of(content),
        files=tuple(files),
    )
