"""The sheet ``optimum``: where the best value of each tuned axis lies, over replicates."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Sheet, Words
from ffnn_lab.report.text.cells import ABSENT, INTERVAL, value_cell

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: best values on each axis, and the optimum of a fit to scores."""
    rows = table.to_dict("records")
    best = [[value_cell(row[f"best.{name}"]) for row in rows] for name in ("lowest", "highest")]
    return {
        "arm": table["arm"].tolist(),
        "axis": table["axis"].tolist(),
        "best: median": [value_cell(value) for value in table["best.median"]],
        "lowest to highest": [f"{low} to {high}" for low, high in zip(*best, strict=True)],
        f"optimum of a fit {INTERVAL}": [_optimum(row) for row in rows],
        "inside, at the edge, unclear": [_places(row) for row in rows],
    }


def _optimum(row: "Mapping[Hashable, float]") -> str:
    """Return the cell of an optimum; it has no interval if the optimum mostly lies at an edge."""
    mean, low, high = (row[f"optimum{end}"] for end in ("", ".low", ".high"))
    if math.isnan(row["n_inside"]):
        return ABSENT
    if not math.isnan(low):
        return f"{mean:.3g} [{low:.3g}, {high:.3g}]"
    if row["n_at_edge"] > row["n_unclear"]:
        return "at the edge: no interior estimate"
    return ABSENT if math.isnan(mean) else f"{mean:.3g}"


def _places(row: "Mapping[Hashable, float]") -> str:
    counts = [row["n_inside"], row["n_at_edge"], row["n_unclear"]]
    return ABSENT if math.isnan(counts[0]) else ", ".join(f"{n:.0f}" for n in counts)


register(
    Sheet(
        name="optimum",
        order=11,
        numbers=lambda numbers: numbers.optimum,
        words=words,
        is_printed=False,
        caption="Where the best value of each tuned axis lies, over {n}: of the best settings, "
        "and, of axes searched on a log scale, of a parabola fitted to the better half of each "
        "replicate's tuning scores, in brackets the {percent} t interval of the geometric mean "
        "over replicates.",
    )
)
