"""The sheet ``arms``: the results of each arm's best setting."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.arm_cells import short_edge, tuned_axes, tuning_score
from ffnn_lab.report.text.cells import ABSENT, INTERVAL, interval_cells, percent, value_cell

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: scores, errors in percent, gaps, seeds and edges."""
    score = tuning_score(table)
    _, split, metric = score.split(".")
    is_error = metric == "error"
    default = [percent(value) for value in table["default.test.error"]]
    spreads = {
        "between replicates (points)": "test.error.std",
        "between seeds (points)": "test.error.std_within",
    }
    return {
        "arm": table["arm"].tolist(),
        f"tune {split} {metric} {'(%)' if is_error else '(nats)'}": [
            percent(value) if is_error else value_cell(value) for value in table[score]
        ],
        "confirm dev error (%)": [percent(value) for value in table["confirm.dev.error"]],
        f"test error (%) {INTERVAL}": interval_cells(table, "test.error"),
        **{
            f"deviation {what}": [percent(value) for value in table[name]]
            for what, name in spreads.items()
            if name in table
        },
        **({"default test error (%)": default} if set(default) != {ABSENT} else {}),
        "test - train (%)": [percent(value) for value in table["gap"]],
        "seeds": [str(n) for n in table["n_seeds"]],
        "diverged": [str(n) for n in table["n_diverged"]],
        **(
            {"runs in trouble": [str(n) for n in table["n_troubled"]]}
            if "n_troubled" in table
            else {}
        ),
        "edge": [short_edge(edge, tuned_axes(table)) for edge in table["edge"]],
    }


register(
    Sheet(
        name="arms",
        order=1,
        numbers=lambda numbers: numbers.arms,
        words=words,
        caption="The best setting of each arm. Test errors are means over {n}, {t}.",
        estimates=(Estimate("test.error", "test error"),),
        lists_rows=True,
    )
)
