"""The page ``docs/results/dropout_data_size.md``: the gain of dropout by number of examples.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from typing import Any

import pandas as pd

from analysis.lines import figure
from analysis.pages import Page
from analysis.tables import INTERVAL, claim_words
from ffnn_lab.report.measures.across import DIFFERENCE, ERROR
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.text.cells import interval_cells, p_value

SWEEPS = {"digits": "dropout_data_size"}
"""The sweeps of the page, by the ends of the names of their tables."""
TITLES = {"digits": "digits"}
N_TRAIN: dict[str, dict[Any, int]] = {
    "task.dev_fraction": {0.745: 98, 0.7: 180, 0.6: 360, 0.4: 719, 0.2: 1079},
    "task.subset": {200: 100, 1000: 499, 2000: 1001, 10000: 4999},
}
"""Number of training examples by the value of a condition; records do not have it."""


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    panels = {}
    for name, sweep in SWEEPS.items():
        numbers = page.numbers(sweep)
        points = size_points(numbers)
        page.table(f"sizes_{name}", size_words(points))
        page.table(f"claims_{name}", claim_words(numbers.sweep))
        panels[TITLES[name]] = drawn_points(points)
    page.figure(
        "gain",
        figure(panels, x="training examples", y="gain of dropout (points)", is_log=True),
    )


def size_points(numbers: Numbers) -> pd.DataFrame:
    """Tabulate errors with and without dropout, and the gain, by number of training examples.

    Args:
        numbers: Numbers of a sweep of the arms ``none`` and ``dropout`` across a condition of
            `N_TRAIN`.

    Returns:
        One row per condition, in the order of the sizes: ``n_train``; ``none`` and ``dropout``,
        test errors; ``gain``, the error without dropout minus that with dropout; the ends ``low``
        and ``high`` of each interval after the name and a dot; and ``p.holm`` of the gain.

    Raises:
        TypeError: If the sweep has no conditions.
    """
    across = numbers.across
    if across is None:
        msg = f"{numbers.sweep.name} has no conditions"
        raise TypeError(msg)
    key = str(across.columns[list(across.columns).index("of") - 1])
    rows = []
    for value, found in across.groupby(key, sort=False):
        errors = found[found["of"] == ERROR].set_index("arm")
        (difference,) = found[found["of"] == DIFFERENCE].to_dict("records")
        row: dict[str, Any] = {"n_train": N_TRAIN[key][value]}
        for arm in ("none", "dropout"):
            row |= {arm: errors.loc[arm, "value"]}
            row |= {f"{arm}.{end}": errors.loc[arm, end] for end in ("low", "high")}
        row |= {
            "gain": -difference["value"],
            "gain.low": -difference["high"],
            "gain.high": -difference["low"],
            "p.holm": difference["p.holm"],
        }
        rows.append(row)
    return pd.DataFrame(rows).sort_values("n_train", ignore_index=True)


def size_words(points: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the table of sizes.

    Args:
        points: The table of `size_points`.
    """
    return pd.DataFrame(
        {
            "training examples": [f"{n:,}" for n in points["n_train"]],
            f"error without dropout (%) {INTERVAL}": interval_cells(points, "none"),
            f"with dropout 0.5 (%) {INTERVAL}": interval_cells(points, "dropout"),
            f"gain (points) {INTERVAL}": interval_cells(points, "gain"),
            "p (Holm)": [p_value(p) for p in points["p.holm"]],
        }
    )


def drawn_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points of the figure: the gain by number of training examples.

    Args:
        points: The table of `size_points`.
    """
    return pd.DataFrame(
        {
            "series": "error without dropout - error with dropout",
            "x": points["n_train"],
            "value": points["gain"],
            "low": points["gain.low"],
            "high": points["gain.high"],
        }
    )
