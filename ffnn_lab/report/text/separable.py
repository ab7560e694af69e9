"""The words of a report on the separable problem: its tables as people read them, its notes."""

import math
from collections.abc import Sequence

import pandas as pd

from ffnn_lab.report.data.sweep import Sweep, results
from ffnn_lab.report.measures.separable import COUPLED_DECAY, DRAW, LR, SOLVED, Findings
from ffnn_lab.report.text import render


def readable(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Word a `condition_table` that was made by these keys."""
    diverged = [str(n) for n in table["n_diverged"]]
    return pd.DataFrame(
        {
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
                render.ABSENT if math.isnan(loss) else f"{loss:.2g}"
                for loss in table["last.train.loss.highest"]
            ],
        }
    )


def _cell(value: object) -> str:
    return render.ABSENT if isinstance(value, float) and math.isnan(value) else str(value)


def _ranges(table: pd.DataFrame, name: str) -> list[str]:
    ends = table[[f"{name}.lowest", f"{name}.highest"]].to_numpy()
    return [render.ABSENT if math.isnan(low) else f"{low:.4f} to {high:.4f}" for low, high in ends]


def remarks(sweep: Sweep, findings: Findings) -> list[str]:
    """Word what a reader must know before trusting the tables."""
    runs = findings.runs
    shown = runs[runs["remark"] == ""]
    found = [
        f"over {shown[DRAW].nunique()} draws of the problem and their range; an error is a "
        "share of fresh test examples, whose blocks no train example has",
        "'as least norm' and 'as signs' count runs whose test error is that of the closed form "
        "exactly; the latter is the share of negative test labels",
    ]
    if any(LR in arm.space for arm in sweep.arms.values()):
        split, metric = sweep.objective.split, sweep.objective.metric
        found.append(
            f"of each draw the learning rate of the lowest {split} {metric} is shown; below "
            f"{SOLVED:g} all count as equal, and the smallest learning rate is shown"
        )
    if COUPLED_DECAY in findings.conditions:
        found.append(
            "cosines are with the least norm of no decay; 'as least norm' counts the test error "
            "of the ridge solution, which is what weight decay looks for"
        )
    for remark, rows in runs[runs["remark"] != ""].groupby("remark"):
        found.append(
            f"{len(rows)} runs are on problems that cannot show the gap ({remark}), of draw_seed "
            f"{', '.join(str(seed) for seed in sorted(set(rows[DRAW])))}; they have a table of "
            "their own, and no place in the figures"
        )
    n_lost = len(sweep.rows) - len(results(sweep.rows))
    if n_lost:
        found.append(f"{n_lost} of {len(sweep.rows)} runs have no result and are left out")
    n_missing = sum(sweep.n_asked(arm) for arm in sweep.arms) - int(
        sweep.scores["is_complete"].sum()
    )
    if n_missing > 0:
        found.append(f"not finished: {n_missing} settings are still to come")
    return found
