"""Which setting of each arm is reported, on which runs, and how to run it again."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.sweep import Sweep
from ffnn_lab.config.fields import as_override
from ffnn_lab.edges import setting_edges
from ffnn_lab.scores import best_settings, is_completed


@dataclass(frozen=True, eq=False)
class Winner:
    """An arm's best setting."""

    arm: str
    setting: int
    point: Mapping[str, object]
    """Its value on every axis of the arm's space."""
    edges: Mapping[str, str]
    """The axes on whose edge it lies, and whether that is the ``low`` or the ``high`` one."""
    stage: str
    """Whose runs are reported: ``confirm``; ``tune`` in a sweep without fresh seeds; empty while
    the fresh seeds are still to come, for test data wait for them."""
    rows: pd.DataFrame
    """The reported runs, by seed, whatever their status."""


def find_winners(sweep: Sweep) -> dict[str, Winner]:
    """Find each arm's winner: the confirmed setting, or else the best of those with all seeds.

    The arm's untuned default, which confirm trains too, is not among them. An arm without either
    is absent.
    """
    complete = sweep.scores[sweep.scores["is_complete"]]
    best = best_settings(complete)
    found = {}
    for name, arm in sweep.arms.items():
        confirm = sweep.of(name, stage="confirm")
        confirmed = sorted(set(confirm["setting"]))
        if confirmed:
            is_confirmed = (complete["arm"] == name) & complete["setting"].isin(confirmed)
            setting = best_settings(complete[is_confirmed]).get(name, confirmed[0])
        elif name in best:
            setting = best[name]
        else:
            continue
        if sweep.confirm_seeds or confirmed:
            stage, rows = ("confirm" if confirmed else ""), confirm
        else:
            stage, rows = "tune", sweep.of(name, stage="tune")
        rows = rows[rows["setting"] == setting].sort_values("seed")
        values = setting_values(sweep, name)
        failed = [values[number] for number in failed_settings(sweep, name) if number in values]
        edges = setting_edges(arm.space, values[setting], tried=values.values(), failed=failed)
        found[name] = Winner(name, setting, values[setting], edges, stage, rows)
    return found


def failed_settings(sweep: Sweep, arm: str) -> list[int]:
    """List the settings of an arm of which no run completed, as far as they are recorded."""
    scores = sweep.scores[sweep.scores["arm"] == arm]
    return [int(number) for number in scores.loc[~is_completed(scores), "setting"]]


def setting_values(sweep: Sweep, arm: str) -> dict[int, dict[str, object]]:
    """Give what each setting of an arm was on each axis, to the last digit."""
    rows = sweep.of(arm).drop_duplicates("setting")
    values = {}
    for setting, text in zip(rows["setting"], rows["config_json"], strict=True):
        config = json.loads(text)
        values[int(setting)] = {key: config.get(key) for key in sweep.arms[arm].space}
    return values


def replay_command(sweep: Sweep, winner: Winner) -> str:
    """Write the command that trains a winner again, on the first of the fresh seeds."""
    seed = (*sweep.confirm_seeds, *sweep.tune_seeds)[0]
    values = [f"{key}={as_override(value)}" for key, value in winner.point.items()]
    words = [*sweep.arms[winner.arm].overrides, *values, f"seed={seed}"]
    return f"python -m ffnn_lab.run {shlex.join(words)}"
