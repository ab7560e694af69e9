"""Writes a figure with all it takes to check it: its points, and where they are from."""

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
    """A figure that a notebook shows as an image, though pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        """Return the image."""
        file = io.BytesIO()
        with style.context():
            self.savefig(file, format="png", dpi=style.DPI)
        return file.getvalue()


def new_figure(width: float, height: float) -> Figure:
    """Make a figure that no global state knows.

    Args:
        width: In inches.
        height: In inches.
    """
    figure = ShownFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(
    figure: Figure, points: pd.DataFrame, *, stem: Path, source: Mapping[str, object]
) -> list[Path]:
    """Write a figure as PDF and PNG, its points as CSV, its source as JSON, all beside each other.

    Args:
        figure: What to write.
        points: What it shows.
        stem: The path without its suffix.
        source: What `provenance` gives.

    Returns:
        The paths.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    # A name may have a dot of its own, after which with_suffix would cut it off.
    paths = {suffix: stem.with_name(f"{stem.name}.{suffix}") for suffix in SUFFIXES}
    with style.context():
        # Without a date, equal records give equal files.
        figure.savefig(paths["pdf"], metadata={"CreationDate": None})
    write_png(figure, paths["png"])
    points.to_csv(paths["csv"], index=False)
    write_text(paths["json"], json.dumps(source, indent=2))
    return list(paths.values())


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    with style.context():
        figure.savefig(path, dpi=style.DPI)


def provenance(
    runs: pd.DataFrame, *, run_ids: Mapping[str, Sequence[str]], commands: Sequence[str]
) -> dict[str, object]:
    """Say what is behind a figure.

    Args:
        runs: The table ``runs``.
        run_ids: The runs behind the figure, by arm.
        commands: What makes it again, in order.
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
