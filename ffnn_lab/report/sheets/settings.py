"""The sheet ``settings``: each arm's best setting, and the number of its runs by status."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Sheet, Words
from ffnn_lab.report.text.arm_cells import tuned_axes
from ffnn_lab.report.text.cells import count_cell, value_cell

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: values of the best setting, and number of runs by status."""
    statuses = [str(column) for column in table if str(column).startswith("runs.")]
    counts = [
        ", ".join(f"{row[s]} {s.removeprefix('runs.')}" for s in statuses if row[s]) or "none"
        for row in table.to_dict("records")
    ]
    numbered = [name for name in table if name == "replicate"]
    return {
        "arm": table["arm"].tolist(),
        **{name: [str(n) for n in table[name]] for name in numbered},
        "best": [count_cell(n) for n in table["setting"]],
        **{axis: [value_cell(value) for value in table[axis]] for axis in tuned_axes(table)},
        "settings": [str(n) for n in table["n_settings"]],
        "runs": counts,
    }


register(
    Sheet(
        name="settings",
        order=2,
        numbers=lambda numbers: numbers.settings,
        words=words,
        has_csv=False,
        caption="The best setting of each arm: its values, the settings that were tried with all "
        "their seeds, and all runs by how they ended.",
        caption_over="The best setting of each arm in each replicate: its values, the settings "
        "that were tried with all their seeds, and all runs by how they ended.",
    )
)
