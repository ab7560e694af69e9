"""Compose the arms of a sweep and its definition from what the user wrote.

Hydra composes a config once for each distinct choice of config groups. Values of single fields are
set on copies of that config.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from ffnn_lab.config import (
    ConfigError,
    RunConfig,
    SweeperConfig,
    check_paths,
    leaves,
    settle_sources,
    with_values,
)
from ffnn_lab.config.fields import as_override, has_leaf, leaf_fields
from ffnn_lab.definition import CONFIRM_FROM, Arm, Definition, Method
from ffnn_lab.models import network_of, settle_model
from ffnn_lab.optimizers import OPTIMIZERS
from ffnn_lab.option_checks import check_options
from ffnn_lab.protocols import PROTOCOLS
from ffnn_lab.protocols.space import Axis, Choice, Interval
from ffnn_lab.pruners import PRUNERS
from ffnn_lab.sweeper import checks
from ffnn_lab.sweeper.across import ConditionAsWritten, check_only_there, read_across
from ffnn_lab.sweeper.composer import Composer, as_composed, owner, sorted_texts
from ffnn_lab.sweeper.grammar import Assignment, read_entry
from ffnn_lab.sweeper.naming import UNSAID, command_of, name_of
from ffnn_lab.sweeper.question import check_examples
from ffnn_lab.sweeper.request import Request, read_request
from ffnn_lab.sweeper.studies.urls import check_url
from ffnn_lab.tasks import check_task, load_task, settle_task
from ffnn_lab.wandb_runs import check_tracking

MOST_TOGETHER = 64
"""Number of members of a population in a definition until `settle_sweep` chooses the number, if
the user sets none."""
Settle = Callable[[RunConfig], RunConfig]
"""Type of a function that returns a run's config with what depends on the machine filled in: the
kind of device in place of ``auto``."""


@dataclass(frozen=True)
class Draft:
    """An arm as it was written, before its config is composed."""

    name: str
    groups: Mapping[str, str]
    """The option that the arm chooses from each config group, by the name of the group."""
    own: tuple[Assignment, ...]
    """Assignments to fields that the arm itself sets; its config must have these fields."""
    condition: ConditionAsWritten = ()
    """Assignments to fields and config groups by the condition under which the arm is compared."""


def define(
    loader: ConfigLoader, master: DictConfig, arguments: Sequence[str], settle: Settle
) -> tuple[Definition, SweeperConfig]:
    """Define the sweep that a command asks for, and check all of it before anything trains.

    Args:
        loader: Hydra's config loader.
        master: The config that Hydra composed for the command.
        arguments: The command's overrides, without those of Hydra's own settings.
        settle: Fills in what depends on the machine.

    Returns:
        The definition, and the options of the sweeper.

    Raises:
        ConfigError: If there is a mistake anywhere in the command or the YAML, swept values
            included.
    """
    request = read_request(loader, master, arguments)
    options = request.options
    if options.storage is not None:
        check_url(options.storage)
    composer = Composer(loader, master, request.sweep)
    common = [*(read_entry(k, v) for k, v in options.space.items())]
    leaves_of_all = [a for a in (*common, *request.assignments) if not composer.is_group(a.key)]
    seeds = next((a for a in leaves_of_all if a.key == "seed"), None)
    shared = [a for a in leaves_of_all if a.key != "seed"]
    for assignment in shared:
        checks.check_axis(assignment)
    groups = [a for a in (*common, *request.assignments) if composer.is_group(a.key)]
    drafts = _drafts(options, groups, composer)
    check_only_there(options.across, _places(options, request, drafts))
    drafts = _under_conditions(drafts, options, composer)
    typed = [a for a in request.assignments if not composer.is_group(a.key) and a.key != "seed"]
    arms = tuple(_arm(draft, shared, typed, composer, settle) for draft in drafts)
    checks.check_used(shared, arms)
    checks.check_arm_names([arm.name for arm in arms])
    check_examples(arms)
    tune_seeds = _tune_seeds(seeds, request, composer)
    protocol = _protocol(options.protocol.name, arms)
    checks.check_pruner(options.pruner, arms)
    contrasts = checks.checked_contrasts(options, list(dict.fromkeys(arm.base for arm in arms)))
    n_together = options.population_size or MOST_TOGETHER
    definition = Definition(
        name="",
        command=command_of(request),
        arms=arms,
        protocol=replace(options.protocol, name=protocol),
        objective=(
            options.objective
            if options.objective.moment == "mean_last"
            else replace(options.objective, n_last=1)
        ),
        tune_seeds=tune_seeds,
        confirm_seeds=tuple(range(CONFIRM_FROM, CONFIRM_FROM + options.confirm.n_seeds)),
        pruner=options.pruner if PRUNERS[options.pruner.name].stops_early else None,
        population_size=n_together,
        n_replicates=options.replicates,
        n_splits=options.splits,
        until=options.until,
        baseline=options.baseline,
        contrasts=contrasts,
        methods={
            name: Method(each.family, each.look)
            for name, each in OPTIMIZERS.items()
            if name in {arm.optimizer for arm in arms}
        },
    )
    checks.check_until(definition)
    return replace(definition, name=name_of(request, definition)), options


def _drafts(
    options: SweeperConfig, groups: Iterable[Assignment], composer: Composer
) -> list[Draft]:
    """Return a draft for each arm of the YAML and each combination of options of swept groups.

    If the YAML declares no arms, one arm without a name stands for all of them.

    Args:
        options: The options of the sweep.
        groups: Assignments that choose options of config groups for all arms.
        composer: Distinguishes config groups from fields.
    """
    drafts = [_draft(name, written, composer) for name, written in options.arms.items()]
    drafts = drafts or [Draft("", {}, ())]
    for assignment in groups:
        key, choices = assignment.key, [str(choice) for choice in assignment.choices]
        setters = [draft.name for draft in drafts if key in draft.groups]
        checks.check_group(assignment, setters, has_arms=bool(options.arms))
        drafts = [
            Draft(
                "-".join(filter(None, (draft.name, choice if len(choices) > 1 else ""))),
                {**draft.groups, key: choice},
                draft.own,
            )
            for draft, choice in itertools.product(drafts, choices)
        ]
    return drafts


def _places(
    options: SweeperConfig, request: Request, drafts: Iterable[Draft]
) -> list[tuple[str, str]]:
    """List each value of a run that the user wrote outside the conditions, as (place, key).

    The place is the text by which a message names where the value is written.
    """
    return [
        *(("hydra.sweeper.space", key) for key in options.space),
        *((a.text, a.key) for a in request.assignments),
        *(
            (f"hydra.sweeper.arms.{draft.name}", key)
            for draft in drafts
            for key in (*draft.groups, *(a.key for a in draft.own))
        ),
    ]


def _under_conditions(
    drafts: Sequence[Draft], options: SweeperConfig, composer: Composer
) -> list[Draft]:
    """Return a copy of each draft for each condition, all arms of one condition together."""
    conditions = read_across(options.across, is_group=composer.is_group)
    return [
        replace(
            draft,
            groups={
                **draft.groups,
                **{a.key: str(a.value) for a in condition if composer.is_group(a.key)},
            },
            condition=condition,
        )
        for condition in conditions
        for draft in drafts
    ]


def _draft(name: str, written: Any, composer: Composer) -> Draft:  # noqa: ANN401 - YAML
    """Read an arm of a sweep's YAML.

    Args:
        name: The name of the arm.
        written: The arm's overrides, which must be a mapping from keys to values.
        composer: Distinguishes config groups from fields.

    Raises:
        ConfigError: If ``written`` is not a mapping, or sets what an arm cannot set for itself.
    """
    where = f"hydra.sweeper.arms.{name}"
    if not isinstance(written, Mapping):
        msg = f"{where} must map keys to values, got {written}"
        raise ConfigError(msg)
    assignments = [read_entry(key, value) for key, value in written.items()]
    for assignment in assignments:
        is_group = composer.is_group(assignment.key)
        checks.check_arm_value(where, assignment, is_group=is_group)
    groups = {a.key: str(a.value) for a in assignments if composer.is_group(a.key)}
    return Draft(name, groups, tuple(a for a in assignments if a.key not in groups))


def _arm(
    draft: Draft,
    shared: Sequence[Assignment],
    typed: Sequence[Assignment],
    composer: Composer,
    settle: Settle,
) -> Arm:
    """Compose an arm, and check its values and its axes.

    Args:
        draft: The arm as written.
        shared: Assignments for all arms that have the field.
        typed: Assignments of the command line, which win over all others.
        composer: Composes the configs of runs.
        settle: Fills in what depends on the machine.
    """
    composed = composer.with_sweep(draft.groups).config
    under = [a for a in draft.condition if not composer.is_group(a.key)]
    for assignment in under:
        checks.check_condition(assignment.key, draft.name or composed.optimizer.name, composed)
    # Later ones win: what all arms share, then the arm's own, then what the user typed.
    given = (*shared, *draft.own, *under, *typed)
    written = {a.key: a for a in given if has_leaf(composed, a.key) or a in draft.own}
    fixed = {key: a for key, a in written.items() if a.axis is None}
    axes = {key: a.axis for key, a in written.items() if a.axis is not None}
    filled = composer.filled(draft.groups, fixed, axes)
    check_paths(filled)
    config = settle_model(settle_task(settle(filled)))
    space = {key: _typed_axis(config, key, axis) for key, axis in axes.items()}
    listed = {key: axis.values for key, axis in space.items() if isinstance(axis, Choice)}
    config = settle_sources(config, listed)
    check_options(config, listed)
    checks.check_combinations(config, space)
    check_tracking(config.tracking)
    data = Path(config.paths.data)
    check_task(config.task, data)  # refuses data that do not fit
    if config.model.program is None:  # refuses a model that does not fit, at its first values
        tried = {
            key: axis.values[0] if isinstance(axis, Choice) else axis.low
            for key, axis in space.items()
            if key.startswith("model.")
        }
        network_of(with_values(config, tried), load_task(config.task, data))
    groups = _groups_of(composed, draft, composer)
    plain = leaves(settle(composer.plain(groups)))
    checks.check_single_seed(composed.seed, plain["seed"])
    changed = {
        key: value
        for key, value in leaves(config).items()
        if value != plain.get(key) and key not in space and not f"{key}=".startswith(UNSAID)
    }
    overrides = (
        *(text for text in sorted_texts(groups) if not text.startswith(UNSAID)),
        *(f"{key}={as_override(value)}" for key, value in changed.items() if key != "seed"),
    )
    condition = {a.key: a.value for a in draft.condition}
    condition |= {a.key: as_composed(composed, a.key, a.value) for a in under}
    return Arm.of(draft.name or config.optimizer.name, config, overrides, space, condition)


def _groups_of(composed: RunConfig, draft: Draft, composer: Composer) -> dict[str, str]:
    """Return the option that an arm chooses from each config group, by the name of the group.

    These are the options of the draft, and those that the defaults list of the sweep's YAML
    chooses.

    Args:
        composed: The arm's config, composed with the sweep's YAML.
        draft: The arm as written.
        composer: Composes the configs of runs.
    """
    default = composer.plain({})
    groups = dict(draft.groups)
    for group in ("task", "model", "initializer", "bias_initializer", "optimizer", "schedule"):
        name = getattr(composed, group).name
        if group not in groups and name != getattr(default, group).name:
            groups[group] = name
    return groups


def _typed_axis(config: RunConfig, key: str, axis: Axis) -> Axis:
    """Convert the values of an axis to the type of its field.

    Raises:
        ConfigError: If a run would refuse a value.
    """
    if isinstance(axis, Choice):
        typed = replace(axis, values=tuple(_typed(config, key, v) for v in axis.values))
        checks.check_listed(key, typed)
        if key.startswith("task."):
            for value in typed.values:
                check_task(with_values(config, {key: value}).task, Path(config.paths.data))
        return typed
    part = owner(config, key)
    if isinstance(part, dict):  # an argument of the user's network: an integer if both ends are
        is_whole = isinstance(axis.low, int) and isinstance(axis.high, int)
        return Interval(axis.low, axis.high, axis.log, is_int=is_whole)
    hint = next(
        hint
        for name, hint, _ in leaf_fields(type(part))
        if key.rsplit(".", maxsplit=1)[-1] == name
    )
    ends = [_typed(config, key, end) for end in (axis.low, axis.high)]
    return Interval(ends[0], ends[1], axis.log, is_int=hint is int)


def _typed(config: RunConfig, key: str, value: Any) -> Any:  # noqa: ANN401 - a value of an axis
    """Convert one value of an axis to the type of its field.

    Raises:
        ConfigError: If a run would refuse the value.
    """
    if not isinstance(value, float):  # a whole number may be written as a float in an axis
        value = as_composed(config, key, value)
    return leaves(with_values(config, {key: value}))[key]


def _tune_seeds(seeds: Assignment | None, request: Request, composer: Composer) -> tuple[int, ...]:
    """Return the tuning seeds: those that the user lists, or else the integers from 0 on."""
    n_seeds = request.options.tune.n_seeds
    if seeds is None:
        checks.check_n_seeds(n_seeds)
        return tuple(range(n_seeds))
    checks.check_seeds(seeds, n_seeds, request.hydra_arguments)
    values: tuple[Any, ...] = seeds.choices
    if seeds.axis is None:
        values = (composer.filled({}, {"seed": seeds}, ()).seed,)
    for value in values:
        checks.check_seed(value)
    return values


def _protocol(name: str, arms: Sequence[Arm]) -> str:
    """Return the name of a sweep's protocol, with ``auto`` replaced by the one that fits the axes.

    Raises:
        ConfigError: If the protocol cannot search the axes of the arms.
    """
    axes = [axis for arm in arms for axis in arm.space.values()]
    if name == "auto":
        may_grow = any(isinstance(axis, Choice) and axis.grows for axis in axes)
        has_intervals = any(isinstance(axis, Interval) for axis in axes)
        name = "grid_until_interior" if may_grow else "tpe" if has_intervals else "grid"
    PROTOCOLS[name].check({arm.name: arm.space for arm in arms})
    return name
