"""Checks of a report before a sweep's first run, so that the report does not fail after the last.

Matplotlib is imported here, before training, since the import takes half a second.
"""

import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ffnn_lab.config import UserError
from ffnn_lab.definition import Definition, label_of
from ffnn_lab.report.claims.affordable import about_margins
from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.places import SUFFIXES, TEXTS, check_place
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.text.few_seeds import about_replicates, about_seeds


class DrawingError(UserError):
    """Raised if the figures of a report cannot be drawn; the message says why."""


def prepare_report(
    folder: Path,
    definition: Definition,
    *,
    is_tried: bool,
    notice: Callable[[str], None],
) -> None:
    """Print what a sweep's report will not be able to show, and check that the report can be made.

    For example, a line is printed if the seeds are too few for any contrast to be significant.

    Args:
        folder: The sweep's folder, which need not exist yet.
        definition: Definition of the sweep.
        is_tried: True to call `check_report`; a dry run does not.
        notice: Function that prints a line.

    Raises:
        PlaceError: If a table or a figure could not be written.
        DrawingError: If no figure could be drawn.
    """
    n_contrasts = len(contrasts(definition))
    if definition.n_replicates > 1:
        texts = about_replicates(n_contrasts, definition.n_replicates)
    else:
        texts = about_seeds(n_contrasts, len(definition.confirm_seeds))
    for text in texts:
        notice(text)
    for text in about_margins(definition, folder):
        notice(text)
    if is_tried:
        labels = [label_of(condition) for condition in definition.conditions]
        names = dict.fromkeys([*(arm.base for arm in definition.arms), *labels])
        check_report(folder, list(names))


def check_report(folder: Path, arms: Sequence[str]) -> None:
    """Check that the report of a sweep can be drawn with its arms' names, and be written.

    Args:
        folder: The sweep's folder, which need not exist yet; it is not changed.
        arms: The names that figures write: those of the arms, and labels of conditions.

    Raises:
        PlaceError: If a table or a figure could not be written.
        DrawingError: If no figure could be drawn, for example because matplotlib is missing.
    """
    import_matplotlib()
    check_place(
        folder,
        report_files(),
        advice="free space there, or choose another folder of sweeps with paths.outputs=FOLDER",
    )
    try:
        _draw(arms)
    except Exception as error:
        msg = (
            f"the figures of this sweep could not be drawn ({type(error).__name__}: {error}); "
            f"its arms are {', '.join(map(repr, arms))}"
        )
        raise DrawingError(msg) from error


def import_matplotlib() -> None:
    """Import matplotlib without the environment variables that configure it.

    Raises:
        DrawingError: If matplotlib cannot be imported.
    """
    try:
        with _without(("MPLBACKEND", "MATPLOTLIBRC")):
            import matplotlib.figure  # noqa: F401, PLC0415 - half a second, when it is needed
    except (ImportError, OSError, ValueError) as error:
        msg = (
            f"matplotlib, which draws the figures, cannot be imported ({error}); is there a file "
            "matplotlibrc in this folder, or a module that has the name of one of its own?"
        )
        raise DrawingError(msg) from error


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Remove the variables with these names from the environment inside a ``with`` block."""
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)


def report_files() -> Mapping[str, list[str]]:
    """Return the names of all files that a report may write, by the folder in which they are."""
    tables = [f"{name}.{suffix}" for name in SHEETS for suffix in TEXTS]
    figures = [f"{stem}.{suffix}" for stem in sorted(figure_stems()) for suffix in SUFFIXES]
    return {"tables": [*tables, "report.md"], "figures": figures}


def figure_stems() -> set[str]:
    """Return the names, without suffix, of the figures that this or an earlier version writes."""
    return {stem for each in FIGURES.values() for stem in (each.stem, *each.earlier)}


def _draw(arms: Sequence[str]) -> None:
    """Draw the arms' names as figures do, in a legend and at an axis, as an image in memory."""
    import ffnn_lab.report.reports.report  # noqa: F401, PLC0415 - what the report imports is there, too
    from ffnn_lab.report.figures import style  # noqa: PLC0415
    from ffnn_lab.report.figures.forest import name_rows  # noqa: PLC0415
    from ffnn_lab.report.figures.looks import looks_of  # noqa: PLC0415
    from ffnn_lab.report.figures.save import new_figure  # noqa: PLC0415

    with style.context():
        drawn = new_figure(style.DOUBLE, 3.0)
        ax = drawn.subplots()
        for place, (arm, look) in enumerate(looks_of(arms).items()):
            ax.plot(
                *([0, 1], [place, place]),
                color=look.color,
                linestyle=look.line,
                marker=look.marker,
                label=style.drawable(arm),
                gid=style.NAMED,
            )
        name_rows(ax, list(arms))
        style.legend_below(drawn, *style.entries(ax))
        drawn.savefig(io.BytesIO(), format="png")
