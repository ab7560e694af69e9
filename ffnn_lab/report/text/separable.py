"""The notes of a report on the separable problem."""

from ffnn_lab.report.data.rows import results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures.separable import COUPLED_DECAY, DRAW, LR, SOLVED, Findings


def remarks(sweep: Sweep, findings: Findings) -> list[str]:
    """Return the notes that a reader needs before trusting the tables.

    Args:
        sweep: A sweep on the separable problem.
        findings: The tables of the sweep.
    """
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
    counts = [sweep.tuned(arm) for arm in sweep.arms]
    n_missing = sum(count.n_settings_asked - count.n_settings for count in counts)
    if n_missing > 0:
        found.append(f"not finished: {n_missing} settings are still to come")
    return found
