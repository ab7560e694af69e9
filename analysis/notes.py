"""What a reader must know before trusting a table: what is missing, what counts as what."""

from collections.abc import Mapping

import pandas as pd

from analysis.statistics import CONFIDENCE
from analysis.sweep import Sweep
from analysis.tables import baseline
from analysis.winners import Winner
from ffnn_lab.scores import best_settings


def notes(sweep: Sweep, winners: Mapping[str, Winner], table: pd.DataFrame) -> list[str]:
    """Word everything about the arm table that is not plain from its numbers.

    Args:
        sweep: What was run.
        winners: Each arm's.
        table: What `analysis.tables.arm_table` gave for them.
    """
    found = [_about_seeds(sweep)]
    for missing, rows in table[table["missing"] != ""].groupby("missing", sort=False):
        found.append(f"not finished ({missing}): {', '.join(rows['arm'])}")
    for name in sweep.arms:
        if name in winners:
            found += _about_winner(sweep, winners[name])
        else:
            found.append(f"{name}: none is best yet, for no setting has all its seeds")
    if len(sweep.arms) > 1:
        found.append(
            f"differences are of test error against {baseline(sweep)} at equal seeds; each "
            "interval stands for itself, not adjusted for their number"
        )
    return found


def _about_seeds(sweep: Sweep) -> str:
    percent = f"{100 * CONFIDENCE:g}%"
    if not sweep.confirm_seeds:
        return (
            f"{percent} t intervals are over the tuning seeds: the sweep has no confirm stage, so "
            "the same seeds chose the settings, and the errors flatter them"
        )
    return f"{percent} t intervals are over fresh seeds, which tuning never saw, on one test split"


def _about_winner(sweep: Sweep, winner: Winner) -> list[str]:
    found = [
        f"{winner.arm}: the best {key}, {winner.point[key]}, lies on the {side} edge of what was "
        "searched; a better one may lie beyond"
        for key, side in winner.edges.items()
    ]
    counts = winner.rows["status"].value_counts()
    bad = {str(status): n for status, n in counts.items() if status != "completed"}
    if bad:
        what = ", ".join(f"{n} {status}" for status, n in bad.items())
        found.append(
            f"{winner.arm}: {sum(bad.values())} of {len(winner.rows)} seeds count as chance "
            f"({what})"
        )
    better = _better(sweep, winner)
    if better is not None:
        found.append(
            f"{winner.arm}: setting {winner.setting} was confirmed, but setting {better} has the "
            "better tuning score now"
        )
    return found


def _better(sweep: Sweep, winner: Winner) -> int | None:
    """Find a setting that has come to score better than a confirmed one."""
    scores = sweep.scores[(sweep.scores["arm"] == winner.arm) & sweep.scores["is_complete"]]
    best = best_settings(scores).get(winner.arm)
    return None if winner.stage != "confirm" or best == winner.setting else best
