"""The typed definition of a sweep, as workers, the report and the status command use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ffnn_lab.config import RunConfig, from_leaves, leaves, with_values
from ffnn_lab.config.fields import as_override
from ffnn_lab.config.sweep import ObjectiveConfig, ProtocolConfig, PrunerConfig
from ffnn_lab.definition.condition import Condition, name_under
from ffnn_lab.look import Look
from ffnn_lab.protocols import PROTOCOLS, Protocol, Search
from ffnn_lab.protocols.space import Space

CONFIRM_FROM = 1000
"""The first seed of confirm, whose seeds tuning never uses; the first seed of tuning is 0."""
REPLICATE_SHIFT = 10_000
"""Replicate r adds r times this number to every seed of the sweep: those of the split, of tuning,
of the proposals and of confirm."""


@dataclass(frozen=True)
class Method:
    """An optimizer's family and look in figures, stored so that a report need not import it."""

    family: str
    """``adaptive``, ``plain``, or empty if the optimizer belongs to neither family."""
    look: Look | None = None


@dataclass(frozen=True)
class Examples:
    """The numbers of examples in a task's splits, stored because a report loads no data."""

    train: int
    dev: int
    test: int
    keeps_test: bool
    """True if all replicates share one test set, as they do the official one of a data set."""


@dataclass(frozen=True)
class Arm:
    """An arm: one of the alternatives that a sweep compares, such as an optimizer.

    Each arm has its own search space and its own Optuna study; all arms have the same budget.
    """

    name: str
    overrides: tuple[str, ...]
    """The overrides of a command line from which ``config`` is composed."""
    space: Space
    """The axes that are tuned, by the config's dotted names."""
    leaves: Mapping[str, Any]
    """The values of ``config`` by dotted name, as ``definition.json`` holds them."""
    condition: Condition = field(default_factory=dict)
    """The arm's condition; only arms of the same condition are compared."""
    base_name: str = ""
    """The arm's name without its condition; empty if the arm has no condition."""

    @classmethod
    def of(
        cls,
        name: str,
        config: RunConfig,
        overrides: Sequence[str],
        space: Space,
        condition: Condition | None = None,
    ) -> "Arm":
        """Create an arm from its untuned default, and add its condition, if any, to its name.

        Args:
            name: The arm's name without its condition.
            config: The untuned default.
            overrides: The overrides of a command line from which ``config`` is composed.
            space: The axes that are tuned, by the dotted names of their fields.
            condition: The arm's condition; None if the sweep has no conditions.
        """
        condition = condition or {}
        base_name = name if condition else ""
        full = name_under(name, condition)
        return cls(full, tuple(overrides), space, leaves(config), condition, base_name)

    @property
    def base(self) -> str:
        """Return the arm's name without its condition."""
        return self.base_name or self.name

    @property
    def optimizer(self) -> str:
        """Return the name of the arm's optimizer; empty if the definition stores no config."""
        return str(self.leaves.get("optimizer.name", ""))

    @property
    def has_default(self) -> bool:
        """Return True if there is an untuned default beside the settings that are searched.

        There is none if the arm tunes nothing, or if it tunes an argument of a user's own network
        to which ``config`` gives no value.
        """
        stores_config = bool(self.leaves)
        return bool(self.space) and (not stores_config or self.space.keys() <= self.leaves.keys())

    def with_config(self, config: RunConfig) -> "Arm":
        """Return a copy of the arm with another untuned default, ``config``."""
        return replace(self, leaves=leaves(config))

    def with_split(self, number: int) -> "Arm":
        """Return a copy of the arm whose task splits its data in another way.

        Args:
            number: Number of the split; 0 is the split of the arm's config.
        """
        if number == 0:
            return self
        shift = number * REPLICATE_SHIFT
        redrawn = {f"task.{key}": v for key, v in self.config.task.redrawn(shift).items()}
        kept = [text for text in self.overrides if text.partition("=")[0] not in redrawn]
        written = [f"{key}={as_override(value)}" for key, value in redrawn.items()]
        arm = self.with_config(with_values(self.config, redrawn))
        return replace(arm, overrides=(*kept, *written))

    @cached_property
    def config(self) -> RunConfig:
        """The untuned default: the arm's config, in which a setting replaces the tuned values.

        Raises:
            ConfigError: If the definition stores no config that fits this version.
        """
        return from_leaves(self.leaves)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Everything that a sweep was asked to do."""

    name: str
    command: str
    """The command that starts the sweep again."""
    arms: tuple[Arm, ...]
    protocol: ProtocolConfig
    """The protocol that proposes settings; its name is settled, never ``auto``."""
    objective: ObjectiveConfig
    """The metric by which runs are judged; ``n_last`` is 1 unless the moment is ``mean_last``."""
    tune_seeds: tuple[int, ...]
    confirm_seeds: tuple[int, ...]
    pruner: PrunerConfig | None
    """The pruner, which stops settings early; None if the sweep has no pruner."""
    population_size: int
    n_replicates: int = 1
    """Number of replicates, which repeat tuning and confirm with their own split, seeds and
    proposals; the largest number if the sweep may end before."""
    n_splits: int | None = None
    """Number of distinct splits of the data, which the replicates use in turn; None if each
    replicate has another split."""
    until: str = "all"
    """``settled`` if the sweep may end before ``n_replicates``, once every contrast is settled."""
    settled_after: int | None = field(default=None, compare=False)
    """Number of replicates after which every contrast was settled; None as long as one is not."""
    examples: Examples | None = None
    """Numbers of examples of the arms' task; None if the arms have several tasks, or if the data
    were not read."""
    replicate: int = 0
    """Number of the replicate, from 0, if this is the definition of one replicate (see
    `of_replicate`). A definition of a whole sweep has 0, too."""
    condition: Condition = field(default_factory=dict)
    """The condition that this definition describes, if `under` returned it; empty for a whole
    sweep."""
    n_conditions: int = 1
    """The number of conditions of the whole sweep, if `under` returned this definition."""
    baseline: str | None = None
    """The arm with which every other is compared under each condition, by its name `Arm.base`;
    None if the sweep declares none."""
    contrasts: tuple[tuple[str, str], ...] | None = None
    """Pairs of arms whose differences are tested under each condition, by their names `Arm.base`;
    None if the sweep declares none."""
    methods: Mapping[str, Method] = field(default_factory=dict, compare=False)
    """Family and look of each optimizer of the arms, in the order of the registry; empty if the
    definition was written by a version that did not store them."""
    id: str = field(default="", compare=False)
    """Identifier of the sweep's folder on a server that has the studies of several folders."""
    sessions: tuple[Mapping[str, str], ...] = field(default=(), compare=False)
    """Time and code version of the sweep's beginning, and of each continuation by other code."""

    @property
    def way(self) -> Protocol:
        """Return the option that ``protocol`` names; its functions propose settings."""
        return PROTOCOLS[self.protocol.name]

    @property
    def n_wanted(self) -> int:
        """Return the number of replicates that are wanted, which drops once a sweep is settled."""
        return self.settled_after or self.n_replicates

    def split_of(self, replicate: int) -> int:
        """Return the number of the split that a replicate, given by its number, uses."""
        return replicate if self.n_splits is None else replicate % self.n_splits

    def of_replicate(self, replicate: int, *, is_whole: bool = True) -> "Definition":
        """Return the definition of one replicate, with every seed shifted by `REPLICATE_SHIFT`.

        Replicate 0 has the seeds, the split and the proposals of a sweep without replicates.

        Args:
            replicate: The replicate's number, from 0.
            is_whole: False if the arms may keep the split of replicate 0, as for a report: another
                split is computed by the tasks' config classes, which a report does not import.
        """
        if replicate == 0:
            return self if self.n_replicates == 1 else replace(self, **_ONE)
        shift = replicate * REPLICATE_SHIFT
        split = self.split_of(replicate) if is_whole else 0
        return replace(
            self,
            arms=tuple(arm.with_split(split) for arm in self.arms),
            protocol=replace(self.protocol, seed=self.protocol.seed + shift),
            tune_seeds=tuple(seed + shift for seed in self.tune_seeds),
            confirm_seeds=tuple(seed + shift for seed in self.confirm_seeds),
            replicate=replicate,
            **_ONE,
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the conditions under which the arms are compared; empty if the sweep has none."""
        found: list[Condition] = []
        for arm in self.arms:
            if arm.condition and arm.condition not in found:
                found.append(arm.condition)
        return tuple(found)

    def under(self, condition: Condition) -> "Definition":
        """Return the definition of the comparison under one condition, as if it were the only one.

        Arms have their names without a condition. So whatever depends on an arm's name, such as
        its proposals, is as in a sweep without conditions.

        Args:
            condition: One of `conditions`.
        """
        arms = [arm for arm in self.arms if arm.condition == condition]
        return replace(
            self,
            arms=tuple(replace(arm, name=arm.base, condition={}, base_name="") for arm in arms),
            condition=condition,
            n_conditions=len(self.conditions),
        )

    def study_name(self, arm: Arm) -> str:
        """Return the name of the Optuna study of an arm in this replicate."""
        suffix = f"#{self.replicate}" if self.replicate else ""
        return f"{self.name}/{arm.name}{suffix}"

    @property
    def is_batched(self) -> bool:
        """Return True if the settings of an arm form batches of ``protocol.n_parallel``.

        Then proposals and pruning depend on earlier batches alone, and not on the workers.
        """
        return self.way.is_sampled or self.pruner is not None

    def n_settings_of(self, arm: Arm) -> int:
        """Return the number of settings that an arm tries before one of its axes grows."""
        return self.way.n_settings(arm.space, self.protocol.n_settings)

    def search_of(self, arm: Arm) -> Search:
        """Return all that an arm's proposals depend on, which is the same under each condition."""
        return Search(
            arm=arm.base,
            space=arm.space,
            n_settings=self.n_settings_of(arm),
            seed=self.protocol.seed,
            max_points=self.protocol.max_points,
            config=arm.config,
        )

    @property
    def n_runs(self) -> int:
        """Count the runs of both stages in all replicates, before any axis grows."""
        n_settings = sum(self.n_settings_of(arm) for arm in self.arms)
        n_confirmed = sum(self.n_confirmed_of(arm) for arm in self.arms)
        n_each = n_settings * len(self.tune_seeds) + n_confirmed * len(self.confirm_seeds)
        return self.n_wanted * n_each

    @staticmethod
    def n_confirmed_of(arm: Arm) -> int:
        """Count an arm's settings that confirm trains: the winner and, if any, the default."""
        return 2 if arm.has_default else 1


_ONE: dict[str, Any] = {"n_replicates": 1, "n_splits": None, "until": "all", "settled_after": None}
"""Values that some fields have in the definition of a single replicate."""
