"""The reported runs of all replicates at once, for sweeps with hundreds of replicates."""

import numpy as np
import pandas as pd

from ffnn_lab.records import DEFAULT_SETTING
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import winning_setting


def reported_rows(sweep: Sweep) -> pd.DataFrame:
    """Return the reported runs of each arm's winner in each replicate.

    The runs are those of `ffnn_lab.report.data.winners.find_winners` in each of
    `Sweep.replicates`, found in one pass.

    Args:
        sweep: A sweep of any number of replicates.

    Returns:
        Rows of `Sweep.rows`, ordered by replicate, by arm as in the definition, and by seed.
    """
    rows = sweep.rows[sweep.rows["setting"] != DEFAULT_SETTING]
    names = ("replicate", "arm", "setting", "stage")
    places = list(zip(*(rows[name].tolist() for name in names), strict=True))
    confirmed: dict[tuple[int, str], set[int]] = {}
    for replicate, arm, setting, stage in places:
        if stage == "confirm":
            confirmed.setdefault((replicate, arm), set()).add(setting)
    chosen: dict[tuple[int, str], tuple[int | None, str]] = {}
    for place in {(replicate, arm) for replicate, arm, *_ in places}:
        of_place = confirmed.get(place, set())
        setting = winning_setting(sweep.ranks.get(place, []), of_place)
        waits = bool(sweep.confirm_seeds) or bool(of_place)
        chosen[place] = setting, "confirm" if waits else "tune"
    is_chosen = [
        chosen[replicate, arm] == (setting, stage) and replicate < sweep.definition.n_wanted
        for replicate, arm, setting, stage in places
    ]
    order = {arm: place for place, arm in enumerate(sweep.arms)}
    found = rows[np.array(is_chosen, dtype=bool)]
    found = found.assign(place=found["arm"].map(order))
    return found.sort_values(["replicate", "place", "seed"]).drop(columns="place")
