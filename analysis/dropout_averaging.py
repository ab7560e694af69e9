"""The page ``docs/results/dropout_averaging.md``: averages over masks and over networks.

The averages are measured once, from saved networks: ``python -m analysis.averages``. Edit what you
like, then run ``python -m analysis`` (`make paper`).
"""

import math

import pandas as pd

from analysis.lines import figure, over_replicates
from analysis.pages import Page, PageError
from analysis.tables import INTERVAL, comparison
from ffnn_lab.report.measures.averages import MASKS, NETWORKS, read_averages
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import percent

SWEEP = "dropout_averaging"
SERIES = {
    (MASKS, "dropout"): "k masks of one network with dropout",
    (NETWORKS, "dropout"): "k networks with dropout, whole",
    (NETWORKS, "none"): "k networks without dropout",
}
"""Names of the series, by what is averaged and by arm."""


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    comparison(page, SWEEP)
    averages = read_averages(page.numbers(SWEEP).sweep)
    if averages is None:
        msg = f"{page.path}: the averages are missing; python -m analysis.averages measures them"
        raise PageError(msg)
    page.table("averages", average_words(averages))
    panels = {
        "masks": drawn_points(averages, MASKS),
        "networks": drawn_points(averages, NETWORKS),
    }
    page.figure("averages", figure(panels, x="k", y="test error (%)", is_log=True, shares_y=True))


def of_replicates(averages: pd.DataFrame) -> pd.DataFrame:
    """Average error and loss over the seeds of each replicate.

    Args:
        averages: The table of `ffnn_lab.report.measures.averages`.

    Returns:
        One row per ``over``, ``arm``, ``k`` and ``replicate``.
    """
    keys = ["over", "arm", "k", "replicate"]
    return averages.groupby(keys, sort=False)[["error", "loss"]].mean().reset_index()


def average_words(averages: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the table of averages, one row per series and k.

    Each average is also compared with the whole network of the arm with dropout, paired by
    replicate.

    Args:
        averages: The table of `ffnn_lab.report.measures.averages`.
    """
    found = of_replicates(averages)
    whole = _errors(found, NETWORKS, "dropout", 1)
    rows = []
    for (over, arm), name in SERIES.items():
        own = found[(found["over"] == over) & (found["arm"] == arm)]
        for k in own["k"].unique():
            errors = _errors(found, over, arm, k)
            loss = own.loc[own["k"] == k, "loss"].mean()
            rows.append(
                {
                    "average over": name,
                    "k": str(k),
                    f"test error (%) {INTERVAL}": _cell(errors),
                    f"less that of one whole network with dropout (points) {INTERVAL}": "-"
                    if errors.equals(whole)
                    else _cell(errors - whole),
                    "test loss (nats)": f"{loss:.4f}",
                }
            )
    return pd.DataFrame(rows)


def _errors(found: pd.DataFrame, over: str, arm: str, k: int) -> "pd.Series[float]":
    """Return the error of one kind of average in each replicate."""
    rows = found[(found["over"] == over) & (found["arm"] == arm) & (found["k"] == k)]
    return rows.set_index("replicate")["error"]


def _cell(values: "pd.Series[float]") -> str:
    found = mean_interval(values.tolist()).within(-1.0, 1.0)
    if math.isnan(found.low):
        return percent(found.mean)
    return f"{percent(found.mean)} [{percent(found.low)}, {percent(found.high)}]"


def drawn_points(averages: pd.DataFrame, over: str) -> pd.DataFrame:
    """Return the points of a panel of the figure: test errors by k.

    The panel of masks also has the whole network, as a line at all k.

    Args:
        averages: The table of `ffnn_lab.report.measures.averages`.
        over: What is averaged, `MASKS` or `NETWORKS`.
    """
    found = of_replicates(averages)
    rows: list[dict[str, object]] = []
    for (of_series, arm), name in SERIES.items():
        if of_series != over:
            continue
        own = found[(found["over"] == over) & (found["arm"] == arm)]
        rows += [
            {"series": name, "x": k, **over_replicates(of_k["error"])}
            for k, of_k in own.groupby("k")
        ]
    if over == MASKS:
        whole = over_replicates(_errors(found, NETWORKS, "dropout", 1))
        rows += [
            {"series": "one network with dropout, whole", "x": row["x"], **whole}
            for row in rows[:: max(1, len(rows) - 1)]
        ]
    return pd.DataFrame(rows)
