"""The figure of dropout: errors against the rate of dropout, in tuning and on fresh seeds.

Tuning scores are shown at each rate, and test errors of the arms' best settings at theirs.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ffnn_lab.look import Look
from ffnn_lab.report.data.rows import errors_by_seed
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.along import (
    Tuning,
    best_of_bins,
    bins_of,
    has_place,
    score_words,
    series_of,
    series_points,
)
from ffnn_lab.report.measures.replicates import COUNT, LISTED
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import counts

KEY = "dropout.hidden"
COLUMNS = [
    *("arm", "series", "shown", KEY, "setting", "score", "low", "high", "n"),
    *("split", "metric", "aggregate"),
]
SHOWN = ("setting", "best", "confirmed")
"""Values of the column ``shown``, the kinds of points: a setting whose rate was drawn from a
range, the best setting at a rate, and an arm's best setting on fresh seeds."""
STEP = 0.012
"""Largest horizontal offset between two series at one rate, so that neither hides the other."""


def points(
    sweep: Sweep, winners: Mapping[str, Winner], *, replicates: Sequence[Tuning] = ()
) -> pd.DataFrame:
    """Tabulate scores and test errors by the rate of dropout.

    Args:
        sweep: The sweep.
        winners: The best setting of each arm, if the sweep has one tuning.
        replicates: All replicates with their best settings, if the sweep has several: then the
            score of a point ``best`` is a mean over them, and the best settings of each replicate
            are points without an interval.

    Returns:
        One row per point, of a kind that the column ``shown`` names: a ``setting`` whose rate was
        drawn from a range, with its tuning ``score``; the ``best`` score of the ``n`` settings at
        a rate (in a part of a range, at the middle of the part); and the test error of an arm's
        best setting, ``confirmed`` on ``n`` fresh seeds, with the ends ``low`` and ``high`` of its
        95% t interval. There are no rows if no arm was tried at two rates.
    """
    settings = series_points(sweep, winners, key=KEY, replicates=replicates)
    settings = settings[has_place(settings) & settings["is_complete"].astype(bool)]
    if len(settings) == 0:
        return pd.DataFrame(columns=COLUMNS)
    arms = series_of(sweep, KEY)
    bins = bins_of(sweep, settings[KEY].astype(float).tolist(), key=KEY, arms=arms)
    best = best_of_bins(settings, bins, key=KEY).dropna(subset="score")
    found = [best.assign(shown="best", n=best["n_settings"]).assign(**{KEY: best["place"]})]
    if replicates:
        for number, (each, of_each) in enumerate(replicates):
            confirmed = _confirmed(each, of_each, settings[settings[LISTED] == number])
            found.append(confirmed.assign(low=math.nan, high=math.nan))
    else:
        found.append(_confirmed(sweep, winners, settings))
    if bins.ends:
        found.insert(0, settings.assign(shown="setting", n=1))
    table = pd.concat([each.reindex(columns=COLUMNS).astype(object) for each in found])
    numbers = dict.fromkeys((KEY, "score", "low", "high"), float)
    table = table.astype({**numbers, "n": int, "setting": "Int64"}).reset_index(drop=True)
    table = table.assign(arm=pd.Categorical(table["arm"], categories=list(sweep.arms)))
    return table.assign(**{COUNT: len(replicates)}) if replicates else table


def _confirmed(
    sweep: Sweep, winners: Mapping[str, Winner], settings: pd.DataFrame
) -> pd.DataFrame:
    rows = []
    for chosen in settings[settings["is_winner"].astype(bool)].to_dict("records"):
        winner = winners[chosen["arm"]]
        errors = errors_by_seed(sweep, winner.rows).tolist()
        interval = mean_interval(errors).within(0.0, sweep.most)
        if winner.stage == "confirm" and interval.n:
            ends = {"score": interval.mean, "low": interval.low, "high": interval.high}
            kind = {"shown": "confirmed", "split": "test", "metric": "error", "aggregate": "mean"}
            row: dict[Any, Any] = {**chosen, **ends, **kind, "n": interval.n}
            rows.append(row)
    return pd.DataFrame(rows)


def looks(points: pd.DataFrame) -> dict[str, Look]:
    """Return the look of each series of points, by its name.

    A series is an arm, or all arms of one optimizer that have different fixed rates; it has the
    look of the arm or of the optimizer.
    """
    names = dict.fromkeys(points["series"])
    of_all = looks_of(dict.fromkeys([*style.arms_of(points), *names]))
    return {name: of_all[name] for name in names}


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the best tuning score of each series against the rate of dropout.

    Settings whose rate was drawn from a range are pale points behind the lines.

    Args:
        points: Rows of the table that the function `points` returns, without the kind
            ``confirmed``.
        ax: Axes to draw on.
    """
    series = looks(points)
    beside = _beside(points[points["shown"] == "best"], len(series))
    for name, look, shift in zip(series, series.values(), beside, strict=True):
        rows = points[points["series"] == name]
        drawn, best = (rows[rows["shown"] == kind] for kind in ("setting", "best"))
        ax.plot(
            *(drawn[KEY], drawn["score"], look.marker),
            color=look.color,
            alpha=0.3,
            markersize=3,
            markeredgewidth=0,
        )
        ax.plot(
            best[KEY] + shift,
            best["score"],
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            label=style.drawable(name),
            gid=style.NAMED,
        )
    _scale(ax, points)
    ax.set_ylabel(score_words(points))
    return ax


def draw_confirmed(points: pd.DataFrame, ax: Axes, *, series: Mapping[str, Look]) -> Axes:
    """Draw the test errors of best settings against their rates of dropout, with 95% intervals.

    Args:
        points: The rows of the kind ``confirmed`` of the table that the function `points` returns.
        ax: Axes to draw on.
        series: The look of each series of the figure.
    """
    beside = _beside(points, len(series))
    for name, look, shift in zip(series, series.values(), beside, strict=True):
        rows = points[points["series"] == name]
        spread = [rows["score"] - rows["low"], rows["high"] - rows["score"]]
        ax.errorbar(
            rows[KEY] + shift,
            rows["score"],
            yerr=[each.fillna(0).to_numpy() for each in spread],
            color=look.color,
            linestyle="",
            marker=look.marker,
            elinewidth=1,
        )
    _scale(ax, points)
    ax.set_ylabel("test error (%) of the arms' best")
    return ax


def _beside(points: pd.DataFrame, n_series: int) -> list[float]:
    """Return the horizontal offset of each series; all are 0 if no two points share a rate."""
    rates = np.unique(points[KEY].to_numpy())
    step = min([STEP, *(0.3 * np.diff(rates) / n_series)])
    if len(rates) == len(points):
        step = 0.0
    return [step * (place - (n_series - 1) / 2) for place in range(n_series)]


def _scale(ax: Axes, points: pd.DataFrame) -> None:
    ax.set_xlabel(f"{KEY} (share of units dropped)")
    if points["metric"].iloc[0] == "error":
        ends = points[["score", "low", "high"]].to_numpy()
        errors = ends[np.isfinite(ends)].clip(0, 1).tolist()
        style.error_axis(ax, errors, is_log=style.spans_decades(errors))
    else:
        style.log_axis(ax.yaxis)


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of dropout: tuning on the left, best settings on fresh seeds on the right.

    A legend of the series is below. Without results on fresh seeds there is one panel.

    Args:
        points: The table that the function `points` returns, with at least one row.
    """
    is_confirmed = points["shown"] == "confirmed"
    with style.context():
        n_panels = 1 + int(is_confirmed.any())
        drawn = new_figure(style.DOUBLE, 3.0)
        panels = drawn.subplots(1, n_panels, squeeze=False, sharex=True)[0]
        tuned = draw(points[~is_confirmed], panels[0])
        are_drawn = (points["shown"] == "setting").any()
        best = "settings, and the best in each fifth" if are_drawn else "the best at each rate"
        mean = "mean of " if COUNT in points else ""
        tuned.set_title(f"tuning: {mean}{best}")
        if is_confirmed.any():
            confirmed = points[is_confirmed]
            draw_confirmed(confirmed, panels[1], series=looks(points))
            n_seeds = counts(confirmed["n"], "fresh seed")
            each = f"best of {counts(points[COUNT], 'replicate')}" if COUNT in points else ""
            panels[1].set_title(
                f"{each}: means over {n_seeds}" if each else f"{n_seeds}: mean, 95% t interval"
            )
        style.legend_below(drawn, *style.entries(tuned))
    return drawn
