"""The figure of layers: signals and troubles of each arm's layers, at the start and at the end.

Its upper panels have the form of figures 6 and 7 of Glorot and Bengio (2010): the scale of the
activations, and of the back-propagated gradients, layer by layer.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of, need_markers
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.text.cells import counts

SHARE = "share"
STATISTICS: Mapping[str, str] = {
    "active.std": "deviation of activations",
    "backprop.std": "deviation of gradients",
    SHARE: "dead or saturated (%)",
}
"""The statistics that have panels, with the label of their axis; `SHARE` is the larger of the
shares of dead units and of saturated activations."""
COLUMNS = ["arm", "moment", "statistic", "layer", "median", "lowest", "highest", "n_runs"]
MOMENTS = ("start", "end")
"""The moments that have panels: before the first step, and the last diagnosed epoch."""


def points(layers: pd.DataFrame, *, run_ids: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Tabulate the statistics of each arm's layers over its runs, at the start and at the end.

    Args:
        layers: The table ``layers`` of the records.
        run_ids: Ids of the runs of each arm, in the order of the arms.

    Returns:
        One row per arm, moment, statistic and layer: the ``median``, the ``lowest`` and the
        ``highest`` value over the ``n_runs`` runs that have one.
    """
    with_share = layers.assign(**{SHARE: layers[["dead", "saturated"]].max(axis=1)})
    last = layers.groupby("run_id")["epoch"].transform("max")
    rows = []
    for arm, ids in run_ids.items():
        own = with_share[with_share["run_id"].isin(list(ids))]
        for moment, chosen in (
            ("start", own[own["epoch"] == 0]),
            ("end", own[(own["epoch"] == last[own.index]) & (own["epoch"] > 0)]),
        ):
            for statistic in STATISTICS:
                known = chosen.dropna(subset=statistic)
                for layer, values in known.groupby("layer")[statistic]:
                    rows.append(
                        {
                            "arm": arm,
                            "moment": moment,
                            "statistic": statistic,
                            "layer": layer,
                            "median": values.median(),
                            "lowest": values.min(),
                            "highest": values.max(),
                            "n_runs": len(values),
                        }
                    )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(run_ids)))


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw one statistic of each arm against the layer; a band spans the lowest to the highest.

    Args:
        points: Rows of one statistic and one moment, of the table that `points` returns.
        ax: Axes to draw on.
    """
    looks = looks_of(style.arms_of(points))
    has_markers = need_markers(looks.values())
    (statistic,) = points["statistic"].unique()
    scale = 100 if statistic == SHARE else 1
    for arm, look in looks.items():
        rows = points[points["arm"] == arm].sort_values("layer")
        if rows.empty:
            continue
        layer = rows["layer"].to_numpy()
        median, low, high = (
            scale * rows[name].to_numpy() for name in ("median", "lowest", "highest")
        )
        ax.plot(
            *(layer, median),
            color=look.color,
            linestyle=look.line,
            marker=look.marker if has_markers or len(layer) == 1 else "",
            markersize=3.5,
            label=style.drawable(arm),
            gid=style.NAMED,
        )
        ax.fill_between(layer, low, high, color=look.color, alpha=0.15, linewidth=0)
    if statistic == SHARE:
        ax.set_ylim(-3, 103)
    elif (points["median"] > 0).any():
        style.log_axis(ax.yaxis)
    ax.set_xlabel("layer")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel(STATISTICS[statistic])
    return ax


def figure(points: pd.DataFrame) -> Figure:
    """Draw a row of panels for each statistic, with the start on the left and the end beside it.

    A value of 0 has no place on the logarithmic scale of deviations, and is not drawn.

    Args:
        points: The table that the function `points` returns.
    """
    statistics = [name for name in STATISTICS if name in set(points["statistic"])]
    moments = [name for name in MOMENTS if name in set(points["moment"])]
    with style.context():
        drawn = new_figure(style.DOUBLE, 0.6 + 1.75 * len(statistics))
        grid = drawn.subplots(
            len(statistics), len(moments), sharex="row", sharey="row", squeeze=False
        )
        for row, statistic in enumerate(statistics):
            for column, moment in enumerate(moments):
                is_shown = (points["statistic"] == statistic) & (points["moment"] == moment)
                ax = grid[row][column]
                if is_shown.any():
                    draw(points[is_shown], ax)
                if column:
                    ax.set_ylabel("")
                if row == 0:
                    ax.set_title(f"at the {moment}")
        handles, labels = style.entries(grid[0][0])
        if handles:
            style.legend_below(drawn, handles, labels)
        n_runs = counts(points["n_runs"], "run")
        drawn.suptitle(f"median of {n_runs}, shaded: from the lowest to the highest")
    return drawn
