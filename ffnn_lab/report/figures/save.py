"""Writing of figures, each with the numbers that it shows and with its provenance.

So a reader can check a figure, and make it again.
"""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ffnn_lab.report.figures import style
from ffnn_lab.report.places import SUFFIXES, write_text


class ShownFigure(Figure):
    """A figure that a notebook shows as an image, although it is not registered with pyplot."""

    def _repr_png_(self) -> bytes:
        """Return the figure as a PNG image, which a notebook shows."""
        file = io.BytesIO()
        with style.context():
            self.savefig(file, format="png", dpi=style.DPI)
        return file.getvalue()


def new_figure(width: float, height: float) -> Figure:
    """Return a new figure outside the global state of pyplot.

    Args:
        width: Width in inches.
        height: Height in inches.
    """
    figure = ShownFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(
    figure: Figure, points: pd.DataFrame, *, stem: Path, source: Mapping[str, object]
) -> list[Path]:
    """Write a figure as PDF and PNG, its points as CSV, and its provenance as JSON, in one folder.

    Args:
        figure: The figure to write.
        points: The table of the points that the figure shows.
        stem: Path of the files without their suffixes.
        source: The provenance of the figure, from `provenance`.

    Returns:
        The paths of the files.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    # Not with_suffix, which would cut off a name after a dot of its own.
    paths = {suffix: stem.with_name(f"{stem.name}.{suffix}") for suffix in SUFFIXES}
    with style.context():
        # Without a date, equal records give equal files.
        figure.savefig(paths["pdf"], metadata={"CreationDate": None})
    write_png(figure, paths["png"])
    points.to_csv(paths["csv"], index=False)
    write_text(paths["json"], json.dumps(source, indent=2))
    return list(paths.values())


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, with `style.DPI` dots per inch."""
    with style.context():
        figure.savefig(path, dpi=style.DPI)


def provenance(
    runs: pd.DataFrame, *, run_ids: Mapping[str, Sequence[str]], commands: Sequence[str]
) -> dict[str, object]:
    """Return the provenance of a figure: commands, commits and runs.

    Args:
        runs: The table ``runs`` of the records, whose rows have the commit of each run.
        run_ids: The ids of the runs from which the figure is made, by arm.
        commands: The commands that make the figure again, in order.

    Returns:
        A mapping with the keys ``commands``, ``commits`` and ``run_ids``. A commit ends in ``(with
        changes)`` if a run was trained with changes that were not committed.
    """
    behind = runs[runs["run_id"].isin([each for ids in run_ids.values() for each in ids])]
    commits = {
        f"{commit} (with changes)" if is_dirty == "true" else commit
        for commit, is_dirty in zip(behind["git.commit"], behind["git.is_dirty"], strict=True)
    }
    return {
        "commands": list(commands),
        "commits": sorted(commits),
        "run_ids": {arm: list(ids) for arm, ids in run_ids.items()},
    }
