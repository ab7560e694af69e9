"""Runs as starts: where runs end that differ in their initial weights alone."""

import math
from collections.abc import Sequence

import pandas as pd

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.scores import counted

GAIN = "initializer.gain"
NEAR_CHANCE = 0.8
"""Share of the chance error from which on a run's train error counts as near chance."""


def starts_table(sweep: Sweep) -> pd.DataFrame:
    """Return the end of each run of the tune stage that completed or diverged.

    Args:
        sweep: A sweep whose settings differ in `GAIN` alone, so that within an arm and a replicate
            two runs differ in nothing but their initial weights.

    Returns:
        One row per run: ``replicate``, ``arm``, ``gain``, ``seed``, ``run_id``, ``status``; the
        train ``loss`` in nats after the last epoch, infinite if the run diverged; and
        ``has_failed``, True if it diverged or its last train error is near chance.
    """
    rows = sweep.rows
    rows = rows[(rows["stage"] == "tune") & rows["status"].isin(["completed", "diverged"])]
    error = counted(rows, "last.train.error")
    diverged = rows["status"] == "diverged"
    return pd.DataFrame(
        {
            **{key: rows[key] for key in ("replicate", "arm")},
            "gain": rows[GAIN].astype(float),
            **{key: rows[key] for key in ("seed", "run_id", "status")},
            "loss": counted(rows, "last.train.loss"),
            "has_failed": diverged | (error >= NEAR_CHANCE * rows["chance_error"]),
        }
    ).reset_index(drop=True)


def relative_spread(losses: Sequence[float]) -> float:
    """Compute the spread of losses: the highest minus the lowest, over the lowest.

    Args:
        losses: Numbers of at least 0, at least one.

    Returns:
        The spread: 0 if all losses are equal, and infinity if only some of them are 0.
    """
    lowest, highest = min(losses), max(losses)
    if lowest == highest:
        return 0.0
    return (highest - lowest) / lowest if lowest else math.inf
