"""The plan of a sweep: what a command is about to do, as fields and as lines of text."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from ffnn_lab.config.sweep import ObjectiveConfig
from ffnn_lab.definition import Condition, Definition, label_of
from ffnn_lab.protocols.space import Axis, Choice, Space
from ffnn_lab.pruners import PRUNERS
from ffnn_lab.sweeper.estimate import Estimate
from ffnn_lab.terminal import several
from ffnn_lab.wandb_runs import unheeded

MOST_TOLD = 20
"""Most conditions that the lines of a plan list."""


@dataclass(frozen=True)
class PlannedArm:
    """One arm of a plan."""

    name: str
    n_settings: int
    """Number of settings that are tried before a growing grid adds any."""
    space: Space
    base: str = ""
    """The arm's name without its condition."""
    condition: Condition = field(default_factory=dict)
    """The condition under which the arm is compared; empty if the sweep has no conditions."""


@dataclass(frozen=True)
class Plan:
    """The plan of a sweep.

    `dataclasses.asdict` converts it to values that JSON can hold, except for NaN.
    """

    name: str
    folder: str
    """Path of the sweep's folder."""
    protocol: str
    arms: tuple[PlannedArm, ...]
    objective: ObjectiveConfig
    pruner: str
    n_tune_seeds: int
    n_confirm_seeds: int
    n_replicates: int
    n_splits: int | None
    """Number of distinct splits among the replicates; None if each replicate has its own."""
    n_runs: int
    """Number of all runs of the sweep before a grid grows, recorded runs included."""
    may_grow: bool
    """True if a growing grid may add settings, and thereby runs."""
    is_sampled: bool
    """True if proposals depend on the scores of earlier settings."""
    estimate: Estimate
    """The estimated work and time that are left."""
    population_size: int
    """Most members of a population."""
    n_workers: int
    is_compiled: bool
    """True if any arm trains by compiled steps."""
    notes: tuple[str, ...]
    """Lines about the tasks, and about variables of W&B that have no effect."""


def make_plan(
    definition: Definition,
    folder: str,
    estimate: Estimate,
    *,
    n_workers: int,
    tasks: Sequence[str],
) -> Plan:
    """Make the plan of a sweep.

    Args:
        definition: The sweep.
        folder: Path of the sweep's folder.
        estimate: The estimated work and time that are left.
        n_workers: Number of workers that share the sweep.
        tasks: A line about each task, as `check_task` returns it.
    """
    protocol = definition.way
    runs = [arm.config for arm in definition.arms]
    return Plan(
        name=definition.name,
        folder=folder,
        protocol=definition.protocol.name,
        arms=tuple(
            PlannedArm(arm.name, definition.n_settings_of(arm), arm.space, arm.base, arm.condition)
            for arm in definition.arms
        ),
        objective=definition.objective,
        pruner=definition.pruner.name if definition.pruner else "none",
        n_tune_seeds=len(definition.tune_seeds),
        n_confirm_seeds=len(definition.confirm_seeds),
        n_replicates=definition.n_replicates,
        n_splits=definition.n_splits,
        n_runs=definition.n_runs,
        may_grow=protocol.grows,
        is_sampled=protocol.is_sampled,
        estimate=estimate,
        population_size=definition.population_size,
        n_workers=n_workers,
        is_compiled=any(run.trainer.compile for run in runs),
        notes=(*tasks, *unheeded(runs[0].tracking, os.environ)),
    )


def plan_lines(plan: Plan) -> list[str]:
    """Return the lines of text in which a terminal shows a plan."""
    return [
        f"sweep {plan.name}, {plan.protocol}; folder {plan.folder}",
        *plan.notes,
        *dict.fromkeys(_arm_line(arm, plan.n_tune_seeds) for arm in plan.arms),
        *_condition_lines(plan),
        _stages_line(plan),
        *_replicates_lines(plan),
        *_again_lines(plan),
        _work_line(plan),
    ]


def _arm_line(arm: PlannedArm, n_seeds: int) -> str:
    axes = ", ".join(f"{key} {_axis_text(axis)}" for key, axis in arm.space.items())
    return (
        f"  {arm.base or arm.name}: {several(arm.n_settings, 'setting')} x "
        f"{several(n_seeds, 'seed')}; "
        f"{axes or 'no axis'}"
    )


def _condition_lines(plan: Plan) -> list[str]:
    """Return the line that lists the conditions; no line if the sweep has none."""
    labels = dict.fromkeys(label_of(arm.condition) for arm in plan.arms if arm.condition)
    if not labels:
        return []
    told = list(labels)[:MOST_TOLD]
    more = f"; and {len(labels) - MOST_TOLD} more" if len(labels) > MOST_TOLD else ""
    return [
        f"all arms under each of {several(len(labels), 'condition')}, which are never ranked "
        "together: "
        f"{'; '.join(told)}{more}"
    ]


def _axis_text(axis: Axis) -> str:
    if isinstance(axis, Choice):
        growing = ", growing" if axis.grows else ""
        return f"in {', '.join(str(value) for value in axis.values)}{growing}"
    return f"in [{axis.low:g}, {axis.high:g}]{' log' if axis.log else ''}"


def _stages_line(plan: Plan) -> str:
    """Return the line that states how settings are selected and confirmed."""
    objective = plan.objective
    moment = {
        "last": "last epoch",
        "best": "best epoch",
        "mean_last": f"mean of the last {objective.n_last} epochs",
    }[objective.moment]
    tuning = f"tune by {objective.split} {objective.metric} ({moment})"
    if PRUNERS[plan.pruner].stops_early:
        tuning += f", pruned by {plan.pruner}"
    if not plan.n_confirm_seeds:
        return tuning
    return (
        f"{tuning}, then confirm each winner and each untuned default on "
        f"{several(plan.n_confirm_seeds, 'fresh seed')}"
    )


def _replicates_lines(plan: Plan) -> list[str]:
    """Return the line that states the number of replicates, and of their splits, as a list."""
    if plan.n_replicates == 1:
        return [
            "one replicate: a verdict on tuned methods needs several "
            "(hydra.sweeper.replicates), since a single tuning is one random draw"
        ]
    n_splits = plan.n_splits
    own = "split, seeds" if n_splits is None else "seeds"
    of_splits = "" if n_splits is None else f" on {several(n_splits, 'split')}"
    return [
        f"repeated in {plan.n_replicates} replicates{of_splits}, each with its own {own} and "
        "proposals; arms are compared over replicates"
    ]


def _again_lines(plan: Plan) -> list[str]:
    n_again = plan.estimate.n_again
    if not n_again:
        return []
    return [
        f"{n_again} of the recorded runs are trained again, since trainer.save_weights=true asks "
        f"for their networks and {plan.folder}/weights lacks them; their records stay the same"
    ]


def _work_line(plan: Plan) -> str:
    """Return the line that states the number of runs, how they are trained, and their time."""
    estimate = plan.estimate
    more = " and more where a grid grows" if plan.may_grow else ""
    recorded = f" ({estimate.n_recorded} recorded)" if estimate.n_recorded else ""
    runs = f"{several(plan.n_runs, 'run')}{more}{recorded}"
    if not estimate.n_populations:
        return f"{runs}; all of them are recorded"
    n_threads = estimate.n_threads
    threads = ("at most " if n_threads > 1 else "") + several(n_threads, "thread")
    workers = [several(plan.n_workers, "worker")] if plan.n_workers > 1 else []
    by = [*workers, threads + (" each" if workers else "")]
    by += ["compiled"] if plan.is_compiled else []
    later = ", less once its steps are compiled" if estimate.is_upper else ""
    populations = f"{several(estimate.n_populations, 'population')} of at most"
    return (
        f"{runs}; {populations} {plan.population_size}, {', '.join(by)}; "
        f"about {duration(estimate.seconds)} here{later}"
    )


def duration(seconds: float) -> str:
    """Return a number of seconds as text in at most two units, such as ``2 h 5 min``."""
    if math.isnan(seconds):
        return "an unknown time"
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004
