"""A page of results, into which a script writes tables and figures from published records."""

import importlib
import re
import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.config import UserError
from ffnn_lab.report.data.sweep import load
from ffnn_lab.report.figures.looks import arms_of
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.figures.save import write_png
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.text.render import to_markdown
from ffnn_lab.report.text.units import units_of

RESULTS = Path(__file__).parents[1] / "docs" / "results"
"""Folder of the pages, their figures and the published records."""


class PageError(UserError):
    """Raised if a table or figure cannot be written into a page; the message says why."""


class Page:
    """A page of results, with functions that write its tables and figures."""

    def __init__(self, name: str, results: Path = RESULTS) -> None:
        """Set up a page, a Markdown file that exists.

        Args:
            name: Name of the page, such as ``default`` for ``default.md``.
            results: The folder of the pages, their figures and the published records.
        """
        self.name = name
        self.path = results / f"{name}.md"
        self.records = results / "records"
        self.figures = results / "figures"

    def numbers(self, sweep: str) -> Numbers:
        """Load the published records of a sweep.

        Args:
            sweep: Name of the sweep's folder under ``records/``.
        """
        return Numbers(load(self.records / sweep))

    def table(self, name: str, words: pd.DataFrame) -> None:
        """Write a table into the page, in place of the text between two comments.

        Args:
            name: Name of the table; the page has the comment ``<!-- table NAME -->`` above the
                table and ``<!-- end -->`` below it.
            words: Table of strings.

        Raises:
            PageError: If the page does not have these comments, or has them twice.
        """
        text = self.path.read_text(encoding="utf-8")
        place = re.compile(rf"(<!-- table {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        if len(place.findall(text)) != 1:
            msg = f"{self.path} must have one place <!-- table {name} --> ... <!-- end -->"
            raise PageError(msg)
        table = f"\n{to_markdown(words)}\n\n"
        filled = place.sub(lambda found: found[1] + table + found[2], text)
        self.path.write_text(filled, encoding="utf-8")

    def figure(self, name: str, figure: Figure) -> None:
        """Write a figure as PNG, into the file ``figures/PAGE_NAME.png``."""
        self.figures.mkdir(exist_ok=True)
        write_png(figure, self.figures / f"{self.name}_{name}.png")

    def reported_figures(self, numbers: Numbers, *names: str, of: str = "") -> None:
        """Write figures of a sweep's report into the folder of the page's figures, unchanged.

        Args:
            numbers: Numbers of the sweep.
            *names: Names of the figures, as in `FIGURES`.
            of: Prefix of the figures' names, on a page of several sweeps.

        Raises:
            PageError: If the records have nothing to show in one of the figures.
        """
        for name in names:
            points = FIGURES[name].drawn(numbers)
            if points is None:
                msg = f"{self.path}: the records have nothing to show in {name}"
                raise PageError(msg)
            with arms_of(numbers.sweep.definition):
                figure = FIGURES[name].figure(points)
                units_of(numbers.sweep.runs).reword_figure_(figure)
                self.figure(f"{of}_{name}" if of else name, figure)


def make_all(results: Path = RESULTS) -> list[str]:
    """Run the scripts of all pages that have one.

    Args:
        results: The folder of the pages.

    Returns:
        The names of the pages.
    """
    scripts = {path.stem for path in Path(__file__).parent.glob("*.py")}
    made = sorted(path.stem for path in results.glob("*.md") if path.stem in scripts)
    for name in made:
        importlib.import_module(f"analysis.{name}").make(Page(name, results))
        sys.stdout.write(f"{results / name}.md\n")
    return made
