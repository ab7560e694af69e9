"""The figure of learning rate and dev loss, one below the other: both of each arm by epoch.

It shows when a schedule lowered the learning rate, and what became of the dev loss then.
"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of, need_markers
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.replicates import COUNT, listed
from ffnn_lab.report.text.cells import counts

COLUMNS = ["arm", "epoch", "lr", "loss", "n_runs"]
PANELS = {"loss": "dev loss (nats)", "lr": "learning rate"}
"""Label of the y-axis of each panel, from top to bottom, by the column that it shows."""


def points(curves: pd.DataFrame, *, run_ids: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Average the learning rate and the dev loss of each arm's runs at every measured epoch.

    A run that stopped early is missing from the means of later epochs.

    Args:
        curves: The table ``curves`` of the records.
        run_ids: Ids of the runs of each arm, in the order of the arms.

    Returns:
        One row per arm and epoch: the means ``lr``, in force during that epoch (in epoch 0: during
        the first), and ``loss``, the dev loss in nats after it; and ``n_runs``, the number of
        runs in the means.
    """
    of_dev = curves[curves["split"] == "dev"]
    tables = []
    for arm, ids in run_ids.items():
        by_epoch = of_dev[of_dev["run_id"].isin(list(ids))].groupby("epoch")
        means = by_epoch.agg(lr=("lr", "mean"), loss=("loss", "mean"), n_runs=("loss", "size"))
        if len(means):
            tables.append(means.reset_index().assign(arm=arm))
    table = pd.concat(tables)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)
    return _with_all_arms(table, list(run_ids))


def points_over_replicates(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Average learning rates and dev losses over replicates.

    Args:
        tables: The table that the function `points` returns, for each replicate.

    Returns:
        A table with the same columns and `COUNT`, the number of replicates: ``lr`` and ``loss``
        are the means of the replicates' means, and numbers of runs are added up.
    """
    table = listed(tables)
    if table.empty:
        return pd.DataFrame(columns=[*COLUMNS, COUNT])
    groups = table.groupby(["arm", "epoch"], observed=True, sort=False)
    found = groups.agg(
        lr=("lr", "mean"),
        loss=("loss", "mean"),
        n_runs=("n_runs", "sum"),
        **{COUNT: ("loss", "size")},
    ).reset_index()
    return _with_all_arms(found[[*COLUMNS, COUNT]], style.arms_of(table))


def _with_all_arms(table: pd.DataFrame, arms: list[str]) -> pd.DataFrame:
    """Return a table whose column ``arm`` has all arms as categories, so that looks stay."""
    return table.assign(arm=pd.Categorical(table["arm"], categories=arms)).reset_index(drop=True)


def changes_rate(points: pd.DataFrame) -> bool:
    """Return True if the mean learning rate of any arm changes from epoch to epoch."""
    rates = points.groupby("arm", observed=True)["lr"]
    return bool((rates.min() < rates.max()).any())


def draw(points: pd.DataFrame, ax: Axes, *, of: str) -> Axes:
    """Draw the learning rate, or the dev loss, of each arm against the epoch.

    Args:
        points: The table that the function `points` returns.
        ax: Axes to draw on.
        of: The column that is drawn, a key of `PANELS`. The axis is logarithmic if all of its
            values are positive, and the largest is over ten times the smallest.
    """
    looks = looks_of(style.arms_of(points))
    has_markers = need_markers(looks.values())
    for arm, look in looks.items():
        rows = points[points["arm"] == arm].sort_values("epoch")
        if len(rows) == 0:
            continue
        ax.plot(
            *(rows["epoch"].to_numpy(), rows[of].to_numpy()),
            color=look.color,
            linestyle=look.line,
            marker=look.marker if has_markers else "",
            markevery=style.SPARSE,
            label=style.drawable(arm),
            gid=style.NAMED,
        )
    low, high = points[of].min(), points[of].max()
    if low > 0 and high > 10 * low:
        style.log_axis(ax.yaxis)
    ax.set_ylabel(PANELS[of])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlim(0, max(1, *points["epoch"]))
    return ax


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure: the dev loss above, the learning rate below, and the legend at the bottom.

    Args:
        points: The table that the function `points` or `points_over_replicates` returns.
    """
    with style.context():
        drawn = new_figure(style.DOUBLE, 4.6)
        panels = drawn.subplots(len(PANELS), 1, sharex=True)
        for of, ax in zip(PANELS, panels, strict=True):
            draw(points, ax, of=of)
        panels[-1].set_xlabel("epoch (passes over the train split)")
        style.legend_below(drawn, *style.entries(panels[0]))
        of_what = counts(points[COUNT], "replicate") if COUNT in points else _runs(points)
        drawn.suptitle(f"mean over {of_what}")
    return drawn


def _runs(points: pd.DataFrame) -> str:
    return counts(points.groupby("arm", observed=True)["n_runs"].max(), "run")
