"""The reported runs of all replicates at once, for sweeps that have hundreds of them."""

import numpy as np
import pandas as pd

from ffnn_lab.records import DEFAULT_SETTING
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.scores import best_settings

_PLACE = ["replicate", "arm", "setting"]


def reported_rows(sweep: Sweep) -> pd.DataFrame:
    """Return the runs that are reported of each arm's winner in each replicate.

    They are those of `ffnn_lab.report.data.winners.find_winners` in each of `Sweep.replicates`,
    found in one pass.

    Args:
        sweep: Of any number of replicates.

    Returns:
        Rows of `Sweep.rows`, ordered by replicate, by arm as in the definition, and by seed.
    """
    is_confirm = sweep.rows["stage"] == "confirm"
    is_setting = sweep.rows["setting"] != DEFAULT_SETTING
    has_fresh_seeds = bool(sweep.confirm_seeds) or bool((is_confirm & is_setting).any())
    rows = sweep.rows[is_setting & (is_confirm == has_fresh_seeds)]
    there = rows[_PLACE].drop_duplicates().sort_values(_PLACE)
    first = {_key(*place[:2]): place[2] for place in there.iloc[::-1].itertuples(index=False)}
    complete = sweep.scores[sweep.scores["is_complete"]].merge(there, on=_PLACE)
    keys = [_key(*place) for place in zip(complete["replicate"], complete["arm"], strict=True)]
    chosen = best_settings(complete.assign(arm=keys))
    if has_fresh_seeds:
        chosen = first | chosen
    is_chosen = [
        chosen.get(_key(replicate, arm)) == setting
        for replicate, arm, setting in rows[_PLACE].itertuples(index=False)
    ]
    order = {arm: place for place, arm in enumerate(sweep.arms)}
    found = rows[np.array(is_chosen, dtype=bool)]
    found = found.assign(place=found["arm"].map(order))
    return found.sort_values(["replicate", "place", "seed"]).drop(columns="place")


def _key(replicate: int, arm: str) -> str:
    """Name an arm of a replicate, as `best_settings` tells arms apart by their names."""
    return f"{replicate}/{arm}"
