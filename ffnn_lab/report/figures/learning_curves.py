"""The figure of learning curves: train and test error of each arm against the epoch.

It has the form of figure 1 of Wilson et al. (2017).
"""

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ffnn_lab.records import SPLITS
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of, need_markers
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.replicates import COUNT, listed
from ffnn_lab.report.statistics import sample_std
from ffnn_lab.report.text.cells import counts

PANELS = ("train", "test")
COLUMNS = [
    *("arm", "split", "epoch", "mean", "std"),
    *("n_measured", "n_completed", "n_runs", "edges"),
]


def points(
    curves: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    run_ids: Mapping[str, list[str]],
    edges: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Average the errors of each arm's runs at every measured epoch.

    A run that stopped early is missing from the means of later epochs.

    Args:
        curves: The table ``curves`` of the records.
        runs: The table ``runs`` of the records.
        run_ids: Ids of the runs of each arm, in the order of the arms.
        edges: By arm, the axes on whose edge its setting lies, as a text of
            `ffnn_lab.edges.edge_text`; None if edges are not to be shown.

    Returns:
        One row per arm, split and epoch: ``mean`` and sample standard deviation ``std`` of the
        error in [0, 1]; ``n_measured``, the number of runs in the mean; ``n_completed``, how many
        of the arm's ``n_runs`` runs were trained to the last epoch; and ``edges``.
    """
    arms_of: dict[str, list[str]] = {}
    for arm, ids in run_ids.items():
        for run_id in ids:
            arms_of.setdefault(run_id, []).append(arm)
    n_completed = dict.fromkeys(run_ids, 0)
    for run_id, status in zip(runs["run_id"], runs["status"], strict=True):
        for arm in arms_of.get(run_id, ()):
            n_completed[arm] += status == "completed"
    errors_of: dict[str, dict[tuple[str, int], list[float]]] = {arm: {} for arm in run_ids}
    of_arms = curves[curves["run_id"].isin(list(arms_of))]
    columns = (of_arms[name].tolist() for name in ("run_id", "split", "epoch", "error"))
    for run_id, split, epoch, error in zip(*columns, strict=True):
        for arm in arms_of[run_id]:
            errors_of[arm].setdefault((split, epoch), []).append(error)
    rows = []
    for arm, errors_at in errors_of.items():
        for (split, epoch), errors in sorted(errors_at.items()):
            rows.append(
                {
                    "arm": arm,
                    "split": split,
                    "epoch": epoch,
                    "mean": sum(errors) / len(errors),
                    "std": sample_std(errors),
                    "n_measured": len(errors),
                    "n_completed": n_completed[arm],
                    "n_runs": len(run_ids[arm]),
                    "edges": (edges or {}).get(arm, ""),
                }
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(run_ids)))


def points_over_replicates(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Average learning curves over replicates.

    Args:
        tables: The table that the function `points` returns, for each replicate.

    Returns:
        A table with the same columns and `COUNT`, the number of replicates: ``mean`` is the mean
        of the replicates' means, ``std`` their sample standard deviation, numbers of runs are
        added up, and ``edges`` is empty, since each replicate has a best setting of its own.
    """
    table = listed(tables)
    if table.empty:
        return pd.DataFrame(columns=[*COLUMNS, COUNT])
    groups = table.groupby(["arm", "split", "epoch"], observed=True, sort=False)
    found = groups.agg(
        mean=("mean", "mean"),
        std=("mean", "std"),
        n_measured=("n_measured", "sum"),
        n_completed=("n_completed", "sum"),
        n_runs=("n_runs", "sum"),
        **{COUNT: ("mean", "count")},
    )
    return found.reset_index().assign(edges="")[[*COLUMNS, COUNT]]


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the mean error of each arm against the epoch; a band shows one standard deviation.

    Args:
        points: Rows, one per arm and epoch, of the table that the function `points` returns.
        ax: Axes to draw on.
    """
    looks = looks_of(style.arms_of(points))
    has_markers = need_markers(looks.values())
    for arm, look in looks.items():
        rows = points[points["arm"] == arm].sort_values("epoch")
        if len(rows) == 0:
            continue
        n_completed, n_runs = int(rows["n_completed"].iloc[0]), int(rows["n_runs"].iloc[0])
        label = style.drawable(arm)
        label += "" if n_completed == n_runs else f" ({n_completed} of {n_runs} to the end)"
        label += style.edge_line(str(rows["edges"].iloc[0]))
        x = rows["epoch"].to_numpy()
        mean = rows["mean"].to_numpy()
        std = rows["std"].to_numpy()
        ax.plot(
            *(x, mean),
            color=look.color,
            linestyle=look.line,
            marker=look.marker if has_markers else "",
            markevery=style.SPARSE,
            label=label,
            gid=style.NAMED,
        )
        ax.fill_between(
            x, (mean - std).clip(min=0), mean + std, color=look.color, alpha=0.15, linewidth=0
        )
    splits = points["split"].unique()
    ax.set_ylabel(f"{splits[0]} error (%)" if len(splits) == 1 else "error (%)")
    ax.set_xlabel("epoch (passes over the train split)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlim(0, max(1, *points["epoch"]))
    errors = points["mean"].tolist()
    style.error_axis(ax, errors, is_log=style.spans_decades(errors))
    return ax


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of learning curves: train error on the left, test error on the right.

    Both panels have the same kind of scale, linear or logarithmic. A legend of the arms is below.

    Args:
        points: The table that the function `points` or `points_over_replicates` returns.
    """
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.0)
        is_log = style.spans_decades(points.loc[points["split"].isin(PANELS), "mean"].tolist())
        for split, ax in zip(PANELS, drawn.subplots(1, 2), strict=True):
            shown = points[points["split"] == split]
            draw(shown, ax)
            # The same kind of scale in both panels, so that they can be compared.
            style.error_axis(ax, shown["mean"].tolist(), is_log=is_log)
        handles, labels = style.entries(drawn.axes[0])
        if handles:
            style.legend_below(drawn, handles, labels)
        drawn.suptitle(_title(points))
    return drawn


def _title(points: pd.DataFrame) -> str:
    if COUNT in points:
        n_replicates = counts(points[COUNT], "replicate")
        return f"mean over {n_replicates}, shaded: one sample standard deviation between them"
    n_seeds = counts(points["n_runs"], "seed")
    if n_seeds == "1 seed":
        return "one run"
    return f"mean over {n_seeds}, shaded: one sample standard deviation"


def figure_of_run(points: pd.DataFrame) -> Figure:
    """Draw the learning curves of a single run: the errors on its three splits in one panel.

    Args:
        points: The table that the function `points` returns for the run.
    """
    with style.context():
        drawn = new_figure(style.SINGLE, 2.6)
        splits = points.assign(arm=pd.Categorical(points["split"], categories=SPLITS))
        ax = draw(splits, drawn.subplots())
        ax.legend(*style.entries(ax))
    return drawn
