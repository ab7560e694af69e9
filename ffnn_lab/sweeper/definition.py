"""A sweep's definition: all that a worker needs, without Hydra, and what a resume must find."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ffnn_lab.config import RunConfig, digest, from_leaves, identity, leaves
from ffnn_lab.config.fields import without_neutral
from ffnn_lab.config.sweep import STORED_OPTIONS
from ffnn_lab.protocols import PROTOCOLS, Search
from ffnn_lab.protocols.space import Space, axis_from_json, axis_to_json

CONFIRM_FROM = 1000
"""Tuning takes its seeds from 0, confirm from here: fresh seeds that tuning never saw."""


@dataclass(frozen=True)
class Arm:
    """One thing being compared: its own space, its own study, the same budget."""

    name: str
    config: RunConfig
    """The untuned default: what a setting's values are put into."""
    overrides: tuple[str, ...]
    """What a command line must say to get ``config``."""
    space: Space


@dataclass(frozen=True)
class Definition:
    """Everything a sweep was asked to do."""

    name: str
    command: str
    """What starts the sweep again."""
    arms: tuple[Arm, ...]
    protocol: str
    """``grid``, ``grid_until_interior``, ``random``, ``qmc``, ``tpe`` or ``cmaes``."""
    n_settings: int
    """Settings that each arm may try; a grid tries all of its own, and may grow."""
    n_parallel: int
    """Settings of each arm that are asked for together; TPE's proposals depend on it."""
    seed: int
    """Draws the proposals."""
    max_points: int
    """Most points of a growing axis."""
    objective: Mapping[str, Any]
    tune_seeds: tuple[int, ...]
    confirm_seeds: tuple[int, ...]
    pruner: Mapping[str, Any]
    population_size: int

    def n_settings_of(self, arm: Arm) -> int:
        """Count the settings that an arm tries before it grows."""
        return PROTOCOLS[self.protocol].n_settings(arm.space, self.n_settings)

    def search_of(self, arm: Arm) -> Search:
        """Return what the proposals of an arm depend on."""
        return Search(
            arm=arm.name,
            space=arm.space,
            n_settings=self.n_settings_of(arm),
            seed=self.seed,
            max_points=self.max_points,
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

    def to_json(self) -> dict[str, Any]:
        """Write it as ``definition.json`` holds it."""
        return {
            "name": self.name,
            "command": self.command,
            "arms": {
                arm.name: {
                    "overrides": list(arm.overrides),
                    "space": {key: axis_to_json(axis) for key, axis in arm.space.items()},
                    "config": leaves(arm.config),
                }
                for arm in self.arms
            },
            "protocol": {
                "name": self.protocol,
                "n_settings": self.n_settings,
                "n_parallel": self.n_parallel,
                "seed": self.seed,
                "max_points": self.max_points,
            },
            "objective": dict(self.objective),
            "tune": {"seeds": list(self.tune_seeds)},
            "confirm": {"seeds": list(self.confirm_seeds)},
            "pruner": dict(self.pruner),
            "population_size": self.population_size,
        }

    @classmethod
    def from_json(cls, contents: Mapping[str, Any]) -> "Definition":
        """Read it back."""
        protocol = contents["protocol"]
        return cls(
            name=contents["name"],
            command=contents["command"],
            arms=tuple(
                Arm(
                    name=name,
                    config=from_leaves(arm["config"]),
                    overrides=tuple(arm["overrides"]),
                    space={key: axis_from_json(axis) for key, axis in arm["space"].items()},
                )
                for name, arm in contents["arms"].items()
            ),
            protocol=protocol["name"],
            n_settings=protocol["n_settings"],
            n_parallel=protocol["n_parallel"],
            seed=protocol["seed"],
            max_points=protocol["max_points"],
            objective=contents["objective"],
            tune_seeds=tuple(contents["tune"]["seeds"]),
            confirm_seeds=tuple(contents["confirm"]["seeds"]),
            pruner=contents["pruner"],
            population_size=contents["population_size"],
        )


def essence(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Reduce a definition to what moves its results: what a resumed sweep must agree in.

    An option that was added later counts where it is not neutral, as a leaf of a run's id does.
    """
    moving = {
        key: without_neutral(value, STORED_OPTIONS[key]) if key in STORED_OPTIONS else value
        for key, value in contents.items()
        if key in (*STORED_OPTIONS, "tune", "confirm")
    }
    if not PROTOCOLS[moving["protocol"]["name"]].is_sampled:
        moving["protocol"] = {k: v for k, v in moving["protocol"].items() if k != "n_parallel"}
    moving["arms"] = {
        name: {"space": arm["space"], "config": identity(from_leaves(arm["config"]))}
        for name, arm in contents["arms"].items()
    }
    return moving


def short_hash(definition: Definition) -> str:
    """Hash the definition's essence to six digits, for the name of an ad hoc sweep."""
    return digest(essence(definition.to_json()))[:6]


def differences(stored: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """List the lines in which two definitions differ, stored ones with ``-``, asked with ``+``."""
    before, after = (_lines(essence(contents)) for contents in (stored, asked))
    changed = difflib.ndiff(before, after)
    return [line for line in changed if line[0] in "-+"]


def _lines(contents: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(contents, dict) and contents and "kind" not in contents:
        separator = "." if prefix else ""
        return [
            line
            for key, value in contents.items()
            for line in _lines(value, f"{prefix}{separator}{key}")
        ]
    return [f"{prefix}: {json.dumps(contents)}"]
