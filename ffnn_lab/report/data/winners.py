"""Winners: the setting reported for each arm, its runs, and the command that repeats it."""

import json
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ffnn_lab.config.fields import as_override
from ffnn_lab.config.run import MOVES_NO_NUMBER
from ffnn_lab.edges import setting_edges
from ffnn_lab.protocols.space import Axis
from ffnn_lab.report.data.sweep import Ranked, Sweep
from ffnn_lab.scores import is_completed


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
    """The stage whose runs are reported: ``confirm``; ``tune`` in a sweep without fresh seeds;
    empty until the fresh seeds are recorded, for no test error is reported before."""
    rows: pd.DataFrame
    """The reported runs, by seed, whatever their status."""
    n_alike: int = 0
    """Number of other settings with the same score and the same dev loss."""
    is_plateau: Mapping[str, bool] = field(default_factory=dict)
    """For each of the ``edges``, whether a setting off that edge has the same score."""


def find_winners(sweep: Sweep) -> dict[str, Winner]:
    """Find each arm's winner: the confirmed setting, or else the best of those with all seeds.

    The arm's untuned default, which confirm trains too, is not a candidate. An arm that has
    neither a confirmed nor a complete setting is absent.
    """
    ranked = sweep.ranked
    found = {}
    for name, arm in sweep.arms.items():
        of_arm = ranked[name]
        confirm = sweep.of(name, stage="confirm")
        confirmed = set(confirm["setting"].tolist())
        setting = winning_setting(of_arm, confirmed)
        if setting is None:
            continue
        if sweep.confirm_seeds or confirmed:
            stage, rows = ("confirm" if confirmed else ""), confirm
        else:
            stage, rows = "tune", sweep.of(name, stage="tune")
        if confirmed != {setting}:
            rows = rows[rows["setting"] == setting]
        values = setting_values(sweep, name)
        failed = [values[number] for number in failed_settings(sweep, name) if number in values]
        ties = _ties(of_arm, setting)
        edges, is_plateau = _edges(arm.space, values, setting, ties, failed)
        found[name] = Winner(
            name,
            setting,
            values[setting],
            edges,
            stage,
            rows.sort_values("seed"),
            n_alike=sum(ties.values()),
            is_plateau=is_plateau,
        )
    return found


def winning_setting(complete: Sequence[Ranked], confirmed: Collection[int]) -> int | None:
    """Return the setting of an arm that is reported for one tuning; None if there is none.

    Args:
        complete: The settings that have all their seeds, best first.
        confirmed: The settings that have a run on fresh seeds; the best of these is reported.
    """
    if not confirmed:
        return complete[0].setting if complete else None
    known = (each.setting for each in complete if each.setting in confirmed)
    return next(known, min(confirmed))


def failed_settings(sweep: Sweep, arm: str) -> list[int]:
    """List the settings of an arm of which no run completed, as far as they are recorded."""
    scores = sweep.scores_of(arm)
    is_failed = ~is_completed(scores).to_numpy()
    return [int(number) for number in scores["setting"].to_numpy()[is_failed]]


def _ties(complete: Sequence[Ranked], setting: int) -> dict[int, bool]:
    """Return the other settings with the same score, and whether they tie in dev loss, too.

    Args:
        complete: The settings of an arm that have all their seeds.
        setting: The setting with which the others are compared.
    """
    own = next((each for each in complete if each.setting == setting), None)
    return {
        each.setting: each.tie_break == own.tie_break
        for each in complete
        if own is not None and each.setting != setting and each.score == own.score
    }


def _edges(
    space: Mapping[str, Axis],
    values: Mapping[int, Mapping[str, object]],
    setting: int,
    ties: Mapping[int, bool],
    failed: Sequence[Mapping[str, object]],
) -> tuple[dict[str, str], dict[str, bool]]:
    """Return the edges on which a setting lies, and whether a setting off each edge ties with it.

    A setting off the edge that ties in dev loss, too, might as well have been chosen: then the
    edge is not reported.
    """
    of = {
        each: setting_edges(space, values[each], tried=values.values(), failed=failed)
        for each in (setting, *ties)
    }
    inside = {
        key: [each for each in ties if of[each].get(key) != side]
        for key, side in of[setting].items()
    }
    edges = {
        key: side
        for key, side in of[setting].items()
        if not any(ties[each] for each in inside[key])
    }
    return edges, {key: bool(inside[key]) for key in edges}


def setting_values(
    sweep: Sweep, arm: str, keys: Iterable[str] | None = None
) -> dict[int, dict[str, object]]:
    """Return the values of each setting of an arm, tuned or fixed, in full precision.

    Args:
        sweep: The sweep.
        arm: Name of the arm.
        keys: Dotted names of the config; None for the axes of the arm.

    Returns:
        By setting, the value of every key; None where its config has no such field.
    """
    keys = list(sweep.arms[arm].space if keys is None else keys)
    values = sweep.tuned_values.get(arm, {})
    if all(key in known for known in values.values() for key in keys):
        return {setting: {key: known[key] for key in keys} for setting, known in values.items()}
    rows = sweep.of(arm)[["setting", "config_json"]].drop_duplicates("setting")
    configs = [json.loads(text) for text in rows["config_json"]]
    return {
        int(setting): {key: config.get(key) for key in keys}
        for setting, config in zip(rows["setting"], configs, strict=True)
    }


def replay_command(sweep: Sweep, winner: Winner) -> str:
    """Write the command that trains a winner again, on the first of the fresh seeds."""
    seed = (*sweep.confirm_seeds, *sweep.tune_seeds)[0]
    split = _split_of(sweep, winner)
    kept = [
        text for text in sweep.arms[winner.arm].overrides if text.partition("=")[0] not in split
    ]
    values = [f"{key}={as_override(value)}" for key, value in (split | dict(winner.point)).items()]
    return f"python -m ffnn_lab.run {shlex.join([*kept, *values, f'seed={seed}'])}"


def _split_of(sweep: Sweep, winner: Winner) -> dict[str, object]:
    """Return the task's fields that a replicate after the first drew anew, from its runs."""
    if sweep.definition.replicate == 0:
        return {}
    arm = sweep.arms[winner.arm]
    recorded = json.loads(sweep.of(winner.arm)["config_json"].iloc[0])
    return {
        key: value
        for key, value in recorded.items()
        if key.startswith("task.")
        and not key.startswith(MOVES_NO_NUMBER)
        and key not in arm.space
        and arm.leaves.get(key, value) != value
    }
