"""From Hydra's composed config and command line to a sweep's definition.

Hydra composes once for each distinct choice of groups; everything finer is a typed copy.
"""

import importlib.util
import itertools
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ValidationError

from ffnn_lab.config import (
    ConfigError,
    RunConfig,
    SweeperConfig,
    check_paths,
    digest,
    leaves,
    with_values,
)
from ffnn_lab.config.fields import as_override, leaf_fields
from ffnn_lab.config.run import MOVES_NO_NUMBER
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import CONFIRM_FROM, Arm, Axis, Choice, Definition, Interval, short_hash
from ffnn_lab.sweeper.checks import check_arm_names, check_axis, check_examples, check_name
from ffnn_lab.sweeper.composer import Composer, as_composed, owner, sorted_texts
from ffnn_lab.sweeper.grammar import Assignment, as_written, parse, read_assignment, read_entry
from ffnn_lab.sweeper.storage import as_stored, check_url
from ffnn_lab.tasks import check_task, settle_task
from ffnn_lab.wandb_runs import check_tracking

MOST_TOGETHER = 64
"""Runs that samplers take to be in flight, where no size of a population is given."""
Settle = Callable[[RunConfig], RunConfig]
"""Settles what depends on the machine: the device."""

_ONCE = (
    "hydra.sweeper.dry_run",
    "hydra.sweeper.if_changed",
    "hydra.sweeper.retry_failed",
    "hydra.mode",
)
"""What a command that goes on with the sweep need not say."""
MOST_COMBINATIONS = 10_000
"""Of listed values, that are checked before anything trains; a second's worth."""
N_SEEDS = "hydra.sweeper.tune.n_seeds="
_UNSAID = (*(key for key in MOVES_NO_NUMBER if key != "task.path"), "tracking=")
"""Beginnings of what a command line need not say to get the same runs. Where a table lies is not
among it: the checksum knows the table, and does not find it."""


@dataclass(frozen=True)
class Request:
    """What the user wrote: a sweep's options, and the command line's assignments."""

    options: SweeperConfig
    sweep: str | None
    """Name of the YAML in ``sweeps/``, or None for an ad hoc sweep."""
    assignments: tuple[Assignment, ...]
    """Of the command line, ``sweeps=`` left out."""
    arguments: tuple[str, ...]
    hydra_arguments: tuple[str, ...]
    """The command line's overrides of Hydra's own settings."""


@dataclass(frozen=True)
class Draft:
    """An arm before it is composed."""

    name: str
    groups: Mapping[str, str]
    own: tuple[Assignment, ...]
    """Leaves that the arm itself names: they must exist in it."""


def read_request(loader: ConfigLoader, master: DictConfig, arguments: Sequence[str]) -> Request:
    """Read what the user asked for; a bare ``-m`` asks for the default sweep.

    Raises:
        ConfigError: For a slip in the options or the command line.
    """
    texts = [as_written(text) for text in arguments]
    assignments = [each for text in texts for each in _assignments(text)]
    sweep = next((a.value for a in assignments if a.key == "sweeps"), None)
    swept = any(a.axis is not None for a in assignments)
    options = _options(master)
    if not (options.arms or options.space or swept):
        if sweep is not None:
            msg = f"sweeps={sweep} names no hydra.sweeper.arms and no hydra.sweeper.space"
            raise ConfigError(msg)
        sweep = "default"
        overrides = [*master.hydra.overrides.hydra, *arguments, "sweeps=default"]
        options = _options(
            loader.load_configuration(
                master.hydra.job.config_name, overrides, run_mode=RunMode.MULTIRUN
            )
        )
    others = tuple(a for a in assignments if a.key != "sweeps")
    return Request(options, sweep, others, tuple(texts), tuple(master.hydra.overrides.hydra))


def _assignments(text: str) -> list[Assignment]:
    """Read one override; ``trainer={max_epochs: 3}`` is an assignment for each entry."""
    whole = read_assignment(text)
    if not isinstance(whole.value, Mapping):
        return [whole]
    return [
        each
        for name, value in whole.value.items()
        for each in _assignments(f"{whole.key}.{name}={as_override(value)}")
    ]


def _options(master: DictConfig) -> SweeperConfig:
    written = {k: v for k, v in master.hydra.sweeper.items_ex(resolve=True) if k != "_target_"}
    try:
        typed = OmegaConf.merge(OmegaConf.structured(SweeperConfig), OmegaConf.create(written))
        options = OmegaConf.to_object(typed)
    except ValidationError as error:
        msg = f"hydra.sweeper.{error.full_key}: {str(error).strip().splitlines()[0]}"
        raise ConfigError(msg) from None
    assert isinstance(options, SweeperConfig)  # noqa: S101 - the schema says so
    return options


def define(
    loader: ConfigLoader, master: DictConfig, arguments: Sequence[str], settle: Settle
) -> tuple[Definition, SweeperConfig]:
    """Define the sweep that a command asks for, and check all of it before anything trains.

    Args:
        loader: Hydra's.
        master: The config that Hydra composed for the command.
        arguments: The command's overrides, Hydra's own left out.
        settle: Settles what depends on the machine.

    Returns:
        The definition, and the options, some of which say how to go about it.

    Raises:
        ConfigError: For a slip anywhere, swept values included.
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
        check_axis(assignment)
    groups = [a for a in (*common, *request.assignments) if composer.is_group(a.key)]
    drafts = _drafts(options, groups, composer)
    typed = [a for a in request.assignments if not composer.is_group(a.key) and a.key != "seed"]
    arms = tuple(_arm(draft, shared, typed, composer, settle) for draft in drafts)
    _refuse_unused(shared, arms)
    check_arm_names([arm.name for arm in arms])
    check_examples(arms)
    tune_seeds = _tune_seeds(seeds, request, composer)
    protocol = _protocol(options, arms)
    n_together = options.population_size or MOST_TOGETHER
    definition = Definition(
        name="",
        command=_command(request, list(master.hydra.overrides.hydra)),
        arms=arms,
        protocol=replace(options.protocol, name=protocol),
        n_parallel=max(1, n_together // (len(arms) * len(tune_seeds))),
        objective=(
            options.objective
            if options.objective.moment == "mean_last"
            else replace(options.objective, n_last=1)
        ),
        tune_seeds=tune_seeds,
        confirm_seeds=tuple(range(CONFIRM_FROM, CONFIRM_FROM + options.confirm.n_seeds)),
        pruner=_pruner(options, arms),
        population_size=n_together,
    )
    return replace(definition, name=_name(request, definition)), options


def _drafts(
    options: SweeperConfig, groups: Iterable[Assignment], composer: Composer
) -> list[Draft]:
    """Name the arms: those of the YAML, times the choices of every group that is swept."""
    drafts = [_draft(name, written, composer) for name, written in options.arms.items()]
    drafts = drafts or [Draft("", {}, ())]
    for assignment in groups:
        key, choices = assignment.key, [str(choice) for choice in assignment.choices]
        if key == "tracking" and len(choices) > 1:
            msg = f"{assignment.text}: tracking moves no number: give it one value"
            raise ConfigError(msg)
        setters = [draft.name for draft in drafts if key in draft.groups]
        if setters and not options.arms:
            msg = f"{key}={','.join(choices)}: {key} is written twice; write it once"
            raise ConfigError(msg)
        if setters:
            msg = f"{key}={','.join(choices)}: the arms {', '.join(setters)} set {key} themselves"
            raise ConfigError(msg)
        drafts = [
            Draft(
                "-".join(filter(None, (draft.name, choice if len(choices) > 1 else ""))),
                {**draft.groups, key: choice},
                draft.own,
            )
            for draft, choice in itertools.product(drafts, choices)
        ]
    return drafts


def _draft(name: str, written: Any, composer: Composer) -> Draft:  # noqa: ANN401 - YAML
    where = f"hydra.sweeper.arms.{name}"
    if not isinstance(written, Mapping):
        msg = f"{where} must map keys to values, got {written}"
        raise ConfigError(msg)
    assignments = [read_entry(key, value) for key, value in written.items()]
    groups: dict[str, str] = {}
    for assignment in assignments:
        if composer.is_group(assignment.key):
            if assignment.axis is not None:
                msg = f"{where}: an arm has one {assignment.key}; make an arm for each"
                raise ConfigError(msg)
            groups[assignment.key] = str(assignment.value)
        is_shared = assignment.key.startswith(MOVES_NO_NUMBER) and assignment.key != "task.path"
        if assignment.key == "tracking" or is_shared:
            msg = f"{where}: {assignment.key} moves no number: set it for the whole sweep"
            raise ConfigError(msg)
        check_axis(assignment)
        if assignment.key == "seed":
            msg = f"{where}.seed: all arms share their seeds; set hydra.sweeper.tune.n_seeds"
            raise ConfigError(msg)
    return Draft(name, groups, tuple(a for a in assignments if a.key not in groups))


def _arm(
    draft: Draft,
    shared: Sequence[Assignment],
    typed: Sequence[Assignment],
    composer: Composer,
    settle: Settle,
) -> Arm:
    composed = composer.with_sweep(draft.groups).config
    has = leaves(composed)
    # Later ones win: what all arms share, then the arm's own, then what the user typed.
    given = (*shared, *draft.own, *typed)
    written = {a.key: a for a in given if a.key in has or a in draft.own}
    fixed = {key: a for key, a in written.items() if a.axis is None}
    axes = {key: a.axis for key, a in written.items() if a.axis is not None}
    filled = composer.filled(draft.groups, fixed, axes)
    check_paths(filled)
    config = settle_task(settle(filled))
    space = {key: _checked_axis(config, key, axis) for key, axis in axes.items()}
    _check_combinations(config, space)
    check_tracking(config.tracking)
    check_task(config.task, Path(config.paths.data))  # data that do not fit are a slip as well
    groups = _groups_of(composed, draft, composer)
    plain = leaves(settle(composer.plain(groups)))
    if composed.seed != plain["seed"]:
        msg = (
            f"seed={composed.seed} of the sweep's YAML: a sweep has several seeds; write how many "
            "as hydra.sweeper.tune.n_seeds, or list them on the command line, as seed=0,1,2"
        )
        raise ConfigError(msg)
    changed = {
        key: value
        for key, value in leaves(config).items()
        if value != plain.get(key) and key not in space and not key.startswith(_UNSAID)
    }
    overrides = (
        *(text for text in sorted_texts(groups) if not text.startswith(_UNSAID)),
        *(f"{key}={as_override(value)}" for key, value in changed.items() if key != "seed"),
    )
    return Arm.of(draft.name or config.optimizer.name, config, overrides, space)


def _check_combinations(config: RunConfig, space: Mapping[str, Axis]) -> None:
    """Refuse listed values that a run refuses together.

    Raises:
        ConfigError: Naming them.
    """
    axes = {key: axis.values for key, axis in space.items() if isinstance(axis, Choice)}
    points = itertools.product(*axes.values())
    for point in itertools.islice(points, MOST_COMBINATIONS):
        values = dict(zip(axes, point, strict=True))
        try:
            with_values(config, values)
        except ConfigError as error:
            together = " ".join(f"{key}={as_override(value)}" for key, value in values.items())
            msg = f"{together} do not fit together: {error}"
            raise ConfigError(msg) from None


def _groups_of(composed: RunConfig, draft: Draft, composer: Composer) -> dict[str, str]:
    """Name the choices that make an arm: its own, and those of the sweep's defaults list."""
    default = composer.plain({})
    groups = dict(draft.groups)
    for group in ("task", "initializer", "bias_initializer", "optimizer", "schedule"):
        name = getattr(composed, group).name
        if group not in groups and name != getattr(default, group).name:
            groups[group] = name
    return groups


def _checked_axis(config: RunConfig, key: str, axis: Axis) -> Axis:
    """Bring an axis to its field's type, and refuse values that a run would refuse."""
    if isinstance(axis, Choice):
        values = tuple(_checked(config, key, v) for v in axis.values)
        if axis.grows and not all(isinstance(value, float) for value in values):
            msg = f"{key}: only an axis of real numbers can grow, got {axis.values}"
            raise ConfigError(msg)
        if len({repr(value) for value in values}) < len(values):
            msg = f"{key}: a value is named twice in {', '.join(str(v) for v in axis.values)}"
            raise ConfigError(msg)
        if key.startswith("task."):
            for value in values:
                check_task(with_values(config, {key: value}).task, Path(config.paths.data))
        return replace(axis, values=values)
    hint = next(
        hint
        for name, hint, _ in leaf_fields(type(owner(config, key)))
        if key.rsplit(".", maxsplit=1)[-1] == name
    )
    ends = [_checked(config, key, end) for end in (axis.low, axis.high)]
    return Interval(ends[0], ends[1], axis.log, is_int=hint is int)


def _checked(config: RunConfig, key: str, value: Any) -> Any:  # noqa: ANN401 - a value of an axis
    """Return one value of an axis as its field has it.

    Raises:
        ConfigError: If a run would refuse it.
    """
    if not isinstance(value, float):  # a whole number may be written as a float in an axis
        value = as_composed(config, key, value)
    return leaves(with_values(config, {key: value}))[key]


def _refuse_unused(shared: Iterable[Assignment], arms: Sequence[Arm]) -> None:
    for assignment in shared:
        if not any(assignment.key in leaves(arm.config) for arm in arms):
            names = ", ".join(arm.name for arm in arms)
            # with_values knows best what is wrong with the name.
            try:
                with_values(arms[0].config, {assignment.key: None})
            except ConfigError as error:
                msg = f"{error}; no arm has it ({names})"
                raise ConfigError(msg) from None


def _tune_seeds(seeds: Assignment | None, request: Request, composer: Composer) -> tuple[int, ...]:
    n_seeds = request.options.tune.n_seeds
    if seeds is None:
        if n_seeds < 1:
            msg = "hydra.sweeper.tune.n_seeds must be at least 1, got 0"
            raise ConfigError(msg)
        return tuple(range(n_seeds))
    if any(text.startswith(N_SEEDS) for text in request.hydra_arguments):
        msg = f"{seeds.text} {N_SEEDS}{n_seeds}: seed lists the tuning seeds; write one of the two"
        raise ConfigError(msg)
    if isinstance(seeds.axis, Interval):
        msg = "seed: list the tuning seeds, as seed=0,1,2; got an interval"
        raise ConfigError(msg)
    values: tuple[Any, ...] = seeds.choices
    if seeds.axis is None:
        values = (composer.filled({}, {"seed": seeds}, ()).seed,)
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < CONFIRM_FROM:
            msg = f"seed: tuning takes integers from 0 to {CONFIRM_FROM - 1}, got {value}"
            raise ConfigError(msg)
    return values


def _protocol(options: SweeperConfig, arms: Sequence[Arm]) -> str:
    """Settle the protocol, and refuse one that the arms' axes do not fit.

    Raises:
        ConfigError: Naming an axis, and what would fit.
    """
    axes = [(arm.name, key, axis) for arm in arms for key, axis in arm.space.items()]
    intervals = [key for _, key, axis in axes if isinstance(axis, Interval)]
    growing = [(arm, key) for arm, key, axis in axes if isinstance(axis, Choice) and axis.grows]
    name = options.protocol.name
    if name == "auto":
        name = "grid_until_interior" if growing else "tpe" if intervals else "grid"
    written = f"hydra.sweeper.protocol.name={name}"
    if name == "grid" and intervals:
        msg = (
            f"{written} needs finitely many values on every axis; {intervals[0]} is an interval: "
            "list its values, or use random, qmc or tpe"
        )
        raise ConfigError(msg)
    if name == "grid_until_interior":
        for arm in arms:
            n_growing = sum(each == arm.name for each, _ in growing)
            if n_growing != 1:
                msg = (
                    f"{written} needs one axis that grows in every arm, as optimizer.lr: "
                    f"{{center: 0.1, ratio: 2, n_points: 5}}; arm {arm.name} has {n_growing}"
                )
                raise ConfigError(msg)
    elif growing:
        msg = f"{growing[0][1]} grows, which only grid_until_interior does; got {written}"
        raise ConfigError(msg)
    if name == "cmaes":
        _check_cmaes(arms)
    return name


def _pruner(options: SweeperConfig, arms: Sequence[Arm]) -> PrunerConfig | None:
    """Check the pruner that was asked for, if any.

    Raises:
        ConfigError: If an arm measures more rarely than the pruner looks.
    """
    pruner = options.pruner
    if pruner.name == "none":
        return None
    for arm in arms:
        if "trainer.evaluate_every" in arm.space:
            msg = "trainer.evaluate_every cannot be an axis with a pruner, which needs it to be 1"
            raise ConfigError(msg)
        if arm.config.trainer.evaluate_every != 1:
            msg = (
                "trainer.evaluate_every must be 1 with a pruner, which looks at every epoch; arm "
                f"{arm.name} has {arm.config.trainer.evaluate_every}"
            )
            raise ConfigError(msg)
    return pruner


def _check_cmaes(arms: Sequence[Arm]) -> None:
    if importlib.util.find_spec("cmaes") is None:
        msg = "hydra.sweeper.protocol.name=cmaes needs the package cmaes: pip install cmaes"
        raise ConfigError(msg)
    for arm in arms:
        n_intervals = sum(isinstance(axis, Interval) for axis in arm.space.values())
        if n_intervals <= 1 or n_intervals < len(arm.space):
            msg = (
                "hydra.sweeper.protocol.name=cmaes needs at least two axes in every arm, all of "
                f"them intervals; arm {arm.name} has {n_intervals} among {len(arm.space)}"
            )
            raise ConfigError(msg)


def _name(request: Request, definition: Definition) -> str:
    name = request.options.name
    if name is not None:
        check_name(name, "hydra.sweeper.name")
    if request.sweep is not None:
        check_name(request.sweep, "sweeps")
    if name is not None and not request.arguments:
        return name
    moving = sorted(
        _as_hashed(text)
        for text in request.arguments
        if not text.startswith(("sweeps=", *_UNSAID))
    )
    if request.sweep is None:
        return name or f"adhoc-{short_hash(definition)}"
    name = name or request.sweep
    return f"{name}-{digest(moving)[:6]}" if moving else name


def _as_hashed(text: str) -> str:
    """Return an override as the names of sweeps were always made of it, so that none moves."""
    key, _, value = text.partition("=")
    is_plain = "." in key and "${" not in value and not parse(text).is_sweep_override()
    return f"{key}=choice({value})" if is_plain else text


def _command(request: Request, hydra_overrides: Sequence[str]) -> str:
    lasting = (text for text in hydra_overrides if not text.lstrip("+").startswith(_ONCE))
    words = [*request.arguments, *(as_stored(text) for text in lasting)]
    return " ".join(("python -m ffnn_lab.run -m", *(shlex.quote(word) for word in words)))
