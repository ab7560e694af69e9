"""Winners: the setting reported for each arm, its runs, and the command that repeats it."""

import json
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ffnn_lab.config.fields import as_override
from ffnn_lab.config.run import moves_numbers
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
    """The setting's value on every axis of the arm's space, by the axis's dotted name."""
    edges: Mapping[str, str]
    """The axes on whose edge the setting lies, each with the side, ``low`` or ``high``."""
    stage: str
    """The stage whose runs are reported: ``confirm``, or ``tune`` in a sweep without fresh seeds.
    Empty until runs on the fresh seeds are recorded: no test error is reported before."""
    rows: pd.DataFrame
    """Rows of the reported runs, ordered by seed, whatever their status."""
    n_alike: int = 0
    """Number of other settings with the same score and the same median dev loss."""
    is_plateau: Mapping[str, bool] = field(default_factory=dict)
    """For each axis of ``edges``, True if a setting that is not on that edge has the same
    score."""


def find_winners(sweep: Sweep) -> dict[str, Winner]:
    """Find each arm's winner, by arm: the confirmed setting, or else the best that is complete.

    A setting is complete if all of its tune seeds are recorded. The arm's untuned default, which
    the confirm stage trains too, is not a candidate. An arm that has neither a confirmed nor a
    complete setting is absent.

    Args:
        sweep: A sweep with one replicate, or one replicate of a sweep.
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
    """Return the number of the setting that is reported for an arm in one replicate.

    Args:
        complete: The arm's settings whose tune seeds are all recorded, best first.
        confirmed: Numbers of the arm's settings that have a run on fresh seeds. If there are any,
            the best of them is reported.

    Returns:
        The number of the setting; None if there is none to report.
    """
    if not confirmed:
        return complete[0].setting if complete else None
    known = (each.setting for each in complete if each.setting in confirmed)
    return next(known, min(confirmed))


def failed_settings(sweep: Sweep, arm: str) -> list[int]:
    """List the numbers of an arm's settings all of whose recorded runs diverged or failed."""
    scores = sweep.scores_of(arm)
    is_failed = ~is_completed(scores).to_numpy()
    return [int(number) for number in scores["setting"].to_numpy()[is_failed]]


def _ties(complete: Sequence[Ranked], setting: int) -> dict[int, bool]:
    """Return the settings that have the same score as a given setting.

    Args:
        complete: The settings of an arm whose tune seeds are all recorded.
        setting: The number of the given setting, which is left out.

    Returns:
        By number of the setting, True if its median dev loss is the same, too.
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
    """Return the edges of the space on which a setting lies, and if each edge is on a plateau.

    If a setting that is not on an edge has the same score and the same dev loss, it might as well
    have been chosen: then the edge is not returned.

    Args:
        space: The arm's axes, by dotted name.
        values: Each setting's value on every axis, by setting.
        setting: The number of the setting.
        ties: The settings with the same score, from `_ties`.
        failed: The values of the settings of which no run completed.

    Returns:
        By axis, the side of the edge, ``low`` or ``high``; and by axis, True if a setting that is
        not on this edge has the same score.
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
    """Return the values of some config fields in each setting of an arm, tuned or fixed.

    Args:
        sweep: The sweep.
        arm: Name of the arm.
        keys: Dotted names of the fields; None for the axes of the arm.

    Returns:
        By setting, the value of every field in full precision; None where the setting's config has
        no such field.
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
    """Return the shell command that trains a winner again, on the first of the fresh seeds.

    In a sweep without fresh seeds, the command has the first of the tune seeds.
    """
    seed = (*sweep.confirm_seeds, *sweep.tune_seeds)[0]
    split = _split_of(sweep, winner)
    kept = [
        text for text in sweep.arms[winner.arm].overrides if text.partition("=")[0] not in split
    ]
    values = [f"{key}={as_override(value)}" for key, value in (split | dict(winner.point)).items()]
    return f"python -m ffnn_lab.run {shlex.join([*kept, *values, f'seed={seed}'])}"


def _split_of(sweep: Sweep, winner: Winner) -> dict[str, object]:
    """Return the task's fields, such as the split's seed, that this replicate draws anew.

    Args:
        sweep: One replicate of a sweep.
        winner: The winner whose runs have the values.

    Returns:
        The values by dotted name; empty for replicate 0, whose values are those of the arm.
    """
    if sweep.definition.replicate == 0:
        return {}
    arm = sweep.arms[winner.arm]
    recorded = json.loads(sweep.of(winner.arm)["config_json"].iloc[0])
    return {
        key: value
        for key, value in recorded.items()
        if key.startswith("task.")
        and moves_numbers(key)
        and key not in arm.space
        and arm.leaves.get(key, value) != value
    }
