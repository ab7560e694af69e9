"""The page ``docs/results/nonconvexity.md``: where many starts end, and what lies between them.

``python -m analysis.nonconvexity`` measures the saved networks of the sweep, and writes the tables
``lines`` and ``points`` beside its records. ``python -m analysis.publish`` copies them, and the
page is made from them. Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import math
import sys
from collections.abc import Sequence

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.pages import Page
from analysis.tables import INTERVAL, claim_words
from ffnn_lab.commands import Parser, exit_code_of
from ffnn_lab.records import find_folder
from ffnn_lab.report.data.measured import read_measured, write_measured
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import OTHERS
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.starts import relative_spread, starts_table
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import ABSENT, percent, value_cell

SWEEP = "nonconvexity"
LINES, POINTS = "lines", "points"
"""Names of the measured tables: a row per line between two networks, and a row per position."""
GAIN = 1.0
"""Gain of the initializer whose starts are paired."""
PLACE = ["arm", "replicate", "pair", "is_matched"]
"""The columns by which the measured tables name a line."""
ORDERS = {False: "as trained", True: "matched"}
"""Names of the two orders of the hidden units of a line's second network."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the saved networks of a sweep.

    Args:
        arguments: The words after the program's name; None for those of this process.

    Returns:
        The exit code: 0, or 2 if they cannot be measured, with the reason on standard error.
    """
    return exit_code_of(lambda: _measure(arguments))


def _measure(arguments: Sequence[str] | None) -> None:
    from analysis.landscape import measure  # noqa: PLC0415 - torch, which no page needs
    from ffnn_lab.api.loading import load_sweep  # noqa: PLC0415 - as above

    parser = Parser(prog="python -m analysis.nonconvexity", description=__doc__)
    parser.add_argument(
        "sweep",
        metavar="SWEEP",
        nargs="?",
        default=SWEEP,
        help="a name under the outputs, or a folder (default: %(default)s)",
    )
    parser.add_outputs()
    asked = parser.parse_args(arguments)
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind="neither a folder nor a sweep")
    points, lines = measure(load_sweep(folder), gain=GAIN)
    for name, table in ((POINTS, points), (LINES, lines)):
        path = write_measured(folder, name, table)
        sys.stdout.write(f"{path}: {len(table)} rows\n")


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    sweep = page.numbers(SWEEP).sweep
    starts = starts_table(sweep)
    points, lines = (read_measured(page.records / SWEEP, name) for name in (POINTS, LINES))
    page.table("ends", end_words(starts))
    page.table("lines", line_words(with_barriers(points, lines)))
    page.table("claims", claim_words(sweep))
    page.figure("ends", ends_figure(starts))
    page.figure("lines", lines_figure(points))


def end_words(starts: pd.DataFrame) -> pd.DataFrame:
    """Tabulate where the starts of each arm end, by gain, as formatted cells.

    Args:
        starts: The table of `ffnn_lab.report.measures.starts.starts_table`.

    Returns:
        A table of strings, one row per arm and gain, and one per arm over all gains. Losses are
        those of starts that did not fail. The spread is the largest of all replicates, since
        replicates differ in their training examples.
    """
    rows = []
    for arm, of_arm in starts.groupby("arm", sort=False):
        groups = [(value_cell(gain), group) for gain, group in of_arm.groupby("gain")]
        for gain, group in [*groups, ("all", of_arm)]:
            kept = group[~group["has_failed"]]
            spreads = kept.groupby("replicate")["loss"].agg(relative_spread)
            rows.append(
                {
                    "arm": str(arm),
                    "gain": gain,
                    "starts": str(len(group)),
                    "end near chance (%)": percent(float(group["has_failed"].mean())),
                    "mean train loss (nats)": _number(kept["loss"].mean(), ".4f"),
                    "spread, relative": _number(spreads.max(), ".1e"),
                }
            )
    return pd.DataFrame(rows)


def with_barriers(points: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``lines`` with the ``barrier`` of each line, in nats.

    Args:
        points: The measured table `POINTS`.
        lines: The measured table `LINES`.
    """
    return lines.merge(barriers(points), on=PLACE, validate="one_to_one")


def line_words(lines: pd.DataFrame) -> pd.DataFrame:
    """Tabulate what lies between two networks, before and after matching, as formatted cells.

    Args:
        lines: The table of `with_barriers`.

    Returns:
        A table of strings, one row per arm and order of the hidden units. Intervals are over
        replicates, whose value is the mean over their pairs.
    """
    rows = []
    for (arm, is_matched), own in lines.groupby(["arm", "is_matched"], sort=False):
        means = own.groupby("replicate")[["distance", "barrier"]].mean()
        gradient = own[["gradient.0", "gradient.1"]].to_numpy().max()
        rows.append(
            {
                "arm": str(arm),
                "hidden units": ORDERS[bool(is_matched)],
                "pairs": str(len(own)),
                f"distance, relative {INTERVAL}": _interval(means["distance"]),
                f"barrier (nats) {INTERVAL}": _interval(means["barrier"]),
                "largest gradient at an end": _number(float(gradient), ".1e"),
            }
        )
    table = pd.DataFrame(rows)
    has_units = table["arm"].map(table["arm"].value_counts()) > 1
    return table.assign(**{"hidden units": table["hidden units"].where(has_units, ABSENT)})


def _number(value: float, form: str) -> str:
    return ABSENT if math.isnan(value) else format(value, form)


def _interval(values: "pd.Series[float]") -> str:
    found = mean_interval(values.tolist())
    ends = "" if math.isnan(found.low) else f" [{found.low:.3g}, {found.high:.3g}]"
    return f"{found.mean:.3g}{ends}"


def barriers(points: pd.DataFrame) -> pd.DataFrame:
    """Compute the height of the barrier on each line.

    Args:
        points: The measured table `POINTS`.

    Returns:
        One row per line, with the columns `PLACE` and the ``barrier`` in nats: the most by which
        the loss on the line exceeds the straight line between the losses of its ends; 0 where the
        loss is convex along the line.
    """
    rows = []
    for place, own in points.groupby(PLACE, sort=False):
        line = own.sort_values("position")
        first, last = line["loss"].iloc[0], line["loss"].iloc[-1]
        chord = (1 - line["position"]) * first + line["position"] * last
        rows.append((*place, float((line["loss"] - chord).max())))
    return pd.DataFrame(rows, columns=[*PLACE, "barrier"])


def relative_losses(starts: pd.DataFrame) -> "pd.Series[float]":
    """Divide the last train loss of each start by the lowest of its arm and replicate.

    Replicates differ in their training examples, and so in the lowest loss that can be reached.

    Args:
        starts: The table of `ffnn_lab.report.measures.starts.starts_table`.
    """
    return starts["loss"] / starts.groupby(["arm", "replicate"])["loss"].transform("min")


def ends_figure(starts: pd.DataFrame) -> Figure:
    """Draw the last train loss of each start, on a panel for each arm, against the gain.

    Args:
        starts: The table of `ffnn_lab.report.measures.starts.starts_table`.
    """
    shown = starts.assign(ratio=relative_losses(starts))
    shown = shown[shown["status"] == "completed"]  # a diverged start has no loss
    gains = sorted(starts["gain"].unique())
    arms = [str(arm) for arm in starts["arm"].unique()]
    with style.context():
        drawn = new_figure(style.DOUBLE, 2.8)
        panels = drawn.subplots(1, len(arms), sharey=True, squeeze=False)[0]
        for arm, look, ax in zip(arms, OTHERS, panels, strict=False):
            draw_ends(shown[shown["arm"] == arm], ax, gains=gains, color=look.color)
            ax.set_title(style.drawable(arm))
        panels[0].set_ylabel("train loss at the end\n(1: the best start's)")
        style.log_axis(panels[0].yaxis)
        drawn.suptitle("a marker is a start; open: it ended near chance")
    return drawn


def draw_ends(ends: pd.DataFrame, ax: Axes, *, gains: Sequence[float], color: str) -> Axes:
    """Draw the last train loss of each start of an arm against the gain of its initializer.

    Args:
        ends: Rows of `ffnn_lab.report.measures.starts.starts_table` of one arm, with the column
            ``ratio`` of `relative_losses`.
        ax: Axes to draw on.
        gains: All gains, each of which has a place on the x-axis.
        color: Color of the markers, which are open for starts that failed.
    """
    for gain, group in ends.groupby("gain"):
        # Side by side, so that equal losses are seen to be several.
        shifts = np.linspace(-0.3, 0.3, len(group)) if len(group) > 1 else np.zeros(1)
        faces = ["none" if failed else color for failed in group["has_failed"]]
        places = gains.index(gain) + shifts
        ax.scatter(places, group["ratio"], s=9, marker="o", edgecolors=color, facecolors=faces)
    ax.set_xticks(range(len(gains)), [value_cell(float(gain)) for gain in gains])
    ax.set_xlim(-0.6, len(gains) - 0.4)
    ax.set_xlabel("gain of the initial weights")
    return ax


def lines_figure(points: pd.DataFrame) -> Figure:
    """Draw the loss along the lines between two networks, on a panel for each arm.

    Args:
        points: The measured table `POINTS`.
    """
    arms = [str(arm) for arm in points["arm"].unique()]
    with style.context():
        drawn = new_figure(style.DOUBLE, 2.8)
        panels = drawn.subplots(1, len(arms), sharey=True, squeeze=False)[0]
        for arm, ax in zip(arms, panels, strict=True):
            draw_lines(points[points["arm"] == arm], ax)
            ax.set_title(style.drawable(arm))
        panels[0].set_ylabel("train loss (nats)")
        style.log_axis(panels[0].yaxis)
        handles, labels = style.entries(panels[-1])
        style.legend_below(drawn, handles, labels)
    return drawn


def draw_lines(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the loss along each line of an arm, thin, and its mean over the lines, thick.

    Args:
        points: Rows of the measured table `POINTS` of one arm.
        ax: Axes to draw on.
    """
    for is_matched, look in zip(ORDERS, OTHERS, strict=False):
        own = points[points["is_matched"] == is_matched]
        if own.empty:
            continue
        for _, line in own.groupby(["replicate", "pair"]):
            ax.plot(line["position"], line["loss"], color=look.color, alpha=0.25, linewidth=0.6)
        mean = own.groupby("position")["loss"].mean()
        ax.plot(
            *(mean.index.to_numpy(), mean.to_numpy()),
            color=look.color,
            linestyle=look.line,
            linewidth=2,
            label=f"hidden units {ORDERS[is_matched]}, mean",
            gid=style.NAMED,
        )
    ax.set_xlim(0, 1)
    ax.set_xlabel("position between two networks")
    return ax


if __name__ == "__main__":
    sys.exit(main())
