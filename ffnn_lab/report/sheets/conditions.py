"""The formatted cells of the sheets on the separable problem."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.report.sheets.sheet import Words
from ffnn_lab.report.text.cells import ABSENT

if TYPE_CHECKING:
    import pandas as pd


def readable(table: "pd.DataFrame") -> Words:
    """Return the formatted cells of a table of results on the separable problem.

    Args:
        table: A table of `ffnn_lab.report.measures.separable.condition_table`.
    """
    columns = [str(column) for column in table]
    keys = columns[: columns.index("n_runs")]
    diverged = [str(n) for n in table["n_diverged"]]
    return {
        **{key: [_cell(value) for value in table[key]] for key in keys},
        "runs": [str(n) for n in table["n_runs"]],
        **({"diverged": diverged} if set(diverged) != {"0"} else {}),
        "test error (%) [lowest, highest]": [
            f"{100 * mean:.2f} [{100 * low:g}, {100 * high:g}]"
            for mean, low, high in table[
                ["test.error", "test.error.lowest", "test.error.highest"]
            ].to_numpy()
        ],
        "negative (%)": [f"{100 * share:.2f}" for share in table["is_negative"]],
        "as least norm": [str(n) for n in table["n_as_min_norm"]],
        "as signs": [str(n) for n in table["n_as_sign"]],
        "cosine to least norm": _ranges(table, "cosine.min_norm"),
        "cosine to signs": _ranges(table, "cosine.sign"),
        "highest train loss": [
            ABSENT if math.isnan(loss) else f"{loss:.2g}"
            for loss in table["last.train.loss.highest"]
        ],
    }


def _cell(value: object) -> str:
    return ABSENT if isinstance(value, float) and math.isnan(value) else str(value)


def _ranges(table: "pd.DataFrame", name: str) -> list[str]:
    ends = table[[f"{name}.lowest", f"{name}.highest"]].to_numpy()
    return [ABSENT if math.isnan(low) else f"{low:.4f} to {high:.4f}" for low, high in ends]
