"""A sweep's definition, typed: all that a worker, a report or a look at the sweep needs of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ffnn_lab.config import RunConfig, from_leaves, leaves
from ffnn_lab.config.sweep import ObjectiveConfig, ProtocolConfig, PrunerConfig
from ffnn_lab.look import Look
from ffnn_lab.protocols import PROTOCOLS, Protocol, Search
from ffnn_lab.protocols.space import Space

CONFIRM_FROM = 1000
"""Tuning takes its seeds from 0, confirm from here: fresh seeds that tuning never saw."""


@dataclass(frozen=True)
class Method:
    """An optimizer's family and look as stored, so that a report reads no option."""

    family: str
    """``adaptive``, ``plain`` or empty."""
    look: Look | None = None


@dataclass(frozen=True)
class Arm:
    """One thing being compared: its own space, its own study, the same budget."""

    name: str
    overrides: tuple[str, ...]
    """What a command line must say to get ``config``."""
    space: Space
    """The axes that are tuned, by the config's dotted names."""
    leaves: Mapping[str, Any]
    """The values of ``config`` by dotted name, as ``definition.json`` holds them."""

    @classmethod
    def of(cls, name: str, config: RunConfig, overrides: Sequence[str], space: Space) -> "Arm":
        """Create an arm from its untuned default."""
        return cls(name, tuple(overrides), space, leaves(config))

    @property
    def optimizer(self) -> str:
        """Return the name of the arm's optimizer; empty if the definition stores no config."""
        return str(self.leaves.get("optimizer.name", ""))

    def with_config(self, config: RunConfig) -> "Arm":
        """Copy the arm with another untuned default."""
        return replace(self, leaves=leaves(config))

    @cached_property
    def config(self) -> RunConfig:
        """The untuned default, into which a setting's values are put.

        Raises:
            ConfigError: If the definition stores no config that fits this version.
        """
        return from_leaves(self.leaves)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Everything that a sweep was asked to do."""

    name: str
    command: str
    """What starts the sweep again."""
    arms: tuple[Arm, ...]
    protocol: ProtocolConfig
    """How settings are proposed; its name is settled, never ``auto``."""
    objective: ObjectiveConfig
    """What a run is judged by; ``n_last`` is 1 unless the moment is ``mean_last``."""
    tune_seeds: tuple[int, ...]
    confirm_seeds: tuple[int, ...]
    pruner: PrunerConfig | None
    """None if no setting stops early."""
    population_size: int
    baseline: str | None = None
    """The arm with which every other is compared, where the sweep declares it."""
    contrasts: tuple[tuple[str, str], ...] | None = None
    """Pairs of arms whose differences are tested, where the sweep declares them."""
    methods: Mapping[str, Method] = field(default_factory=dict, compare=False)
    """What is known of each optimizer of the arms, in the order of the registry; empty if the
    definition was written by a version that did not store it."""
    id: str = field(default="", compare=False)
    """Names the folder where the studies lie on a server, which several folders may share."""
    sessions: tuple[Mapping[str, str], ...] = field(default=(), compare=False)
    """When, and with which code, the sweep was begun, and gone on with by other code."""

    @property
    def way(self) -> Protocol:
        """Return the protocol as an option: the way in which settings are proposed."""
        return PROTOCOLS[self.protocol.name]

    @property
    def is_batched(self) -> bool:
        """Return True if settings are taken in batches of ``protocol.n_parallel``.

        What is proposed, or pruned, then depends on earlier batches alone, whoever trains them.
        """
        return self.way.is_sampled or self.pruner is not None

    def n_settings_of(self, arm: Arm) -> int:
        """Return the number of settings that an arm tries before it grows."""
        return self.way.n_settings(arm.space, self.protocol.n_settings)

    def search_of(self, arm: Arm) -> Search:
        """Return what the proposals of an arm depend on."""
        return Search(
            arm=arm.name,
            space=arm.space,
            n_settings=self.n_settings_of(arm),
            seed=self.protocol.seed,
            max_points=self.protocol.max_points,
            config=arm.config,
        )

    @property
    def n_runs(self) -> int:
        """Count all runs before anything grows, confirm's included."""
        n_settings = sum(self.n_settings_of(arm) for arm in self.arms)
        n_confirmed = sum(self.n_confirmed_of(arm) for arm in self.arms)
        return n_settings * len(self.tune_seeds) + n_confirmed * len(self.confirm_seeds)

    @staticmethod
    def n_confirmed_of(arm: Arm) -> int:
        """Count what confirm trains of an arm: its winner, and the default if that is another."""
        return 2 if arm.space else 1
