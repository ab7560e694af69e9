"""The interface of a protocol, which proposes the settings of one arm."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ffnn_lab.config import ConfigError, RunConfig
from ffnn_lab.protocols.space import Choice, Interval, Space
from ffnn_lab.registry import Option, View

Values = dict[str, Any]
"""A setting: the value of each axis by the dotted name of its field."""


@dataclass(frozen=True)
class Search:
    """Everything on which the proposals of an arm depend, except for the settings tried before."""

    arm: str
    """Name of the arm; arms with equal spaces draw different settings."""
    space: Space
    n_settings: int
    """Number of settings that are tried before a grid grows."""
    seed: int
    """Seed of the proposals."""
    max_points: int
    """Largest number of points of a growing axis."""
    config: RunConfig
    """Config of the arm's untuned default. A value of a field that it refuses is out of bounds."""


@dataclass(frozen=True)
class Standing:
    """The ranking of the settings of one arm, all of which have a score."""

    best: int
    """Number of the best setting."""
    completed: Collection[int]
    """Numbers of the settings that came to a result, see `ffnn_lab.scores.is_completed`."""
    is_flat: bool = False
    """True if all completed settings have the same score, so that ``best`` is merely the first of
    them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Protocol(Option):
    """A way to propose settings; each protocol is a subclass in a file of its own.

    Proposals must be a function of the search, the settings tried before and their scores, so that
    an interrupted sweep proposes what it would have proposed.
    """

    kind: ClassVar[str] = "protocol"
    description: str
    """One line for the user that says which settings are proposed."""
    limits: tuple[str, ...] = ("n_settings", "max_points")
    """Names of the fields of `ProtocolConfig` that may be raised when a sweep is continued."""
    grows: bool = False
    """True if the protocol adds settings beyond the edge of its grid."""
    is_independent: bool = False
    """True if settings are drawn independently, so that any subset of them is a smaller sweep."""
    sampler: str | None = None
    """Name of the class of `optuna.samplers` that draws the settings; None for a protocol that
    needs no sampler."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the sampler, without its seed."""

    @property
    def is_sampled(self) -> bool:
        """Return True if proposals depend on the scores of earlier settings."""
        return self.sampler is not None

    def check(self, spaces: Mapping[str, Space]) -> None:
        """Check that the protocol can search the axes of all arms.

        Args:
            spaces: The axes of each arm, by the arm's name.

        Raises:
            ConfigError: If it cannot; the message names an axis or an arm, and what would fit.
        """
        growing = [key for space in spaces.values() for key in growing_axes(space)]
        if growing and not self.grows:
            able = ", ".join(name for name, each in PROTOCOLS.items() if each.grows)
            msg = f"{growing[0]} grows, which only the protocol {able} can do; got {self.written}"
            raise ConfigError(msg)

    @property
    def written(self) -> str:
        """Return the override that chooses the protocol."""
        return f"hydra.sweeper.protocol.name={self.name}"

    def n_settings(self, space: Space, limit: int) -> int:
        """Return the number of settings that an arm tries before its grid grows.

        Args:
            space: The arm's axes.
            limit: The number that the user set; the result may be smaller if there are fewer
                combinations of listed values.
        """
        return limit if has_intervals(space) else min(n_points(space), limit)

    def propose(
        self, search: Search, known: Sequence[Values], standing: Standing | None
    ) -> Values | None:
        """Return the next setting of an arm, or None if there is none for now.

        The method is not called if a sampler of Optuna draws the settings.

        Args:
            search: The arm's search.
            known: The settings proposed before, in order.
            standing: The ranking of these settings; None while some are not scored, and for
                protocols that do not grow.
        """
        raise NotImplementedError


PROTOCOLS = View(Protocol)
"""All protocols, by name."""


def growing_axes(space: Space) -> list[str]:
    """Return the names of the axes that grow."""
    return [key for key, axis in space.items() if isinstance(axis, Choice) and axis.grows]


def has_intervals(space: Space) -> bool:
    """Return True if any axis has infinitely many values."""
    return any(isinstance(axis, Interval) for axis in space.values())


def n_points(space: Space) -> int:
    """Return the number of combinations of the listed values; intervals are left out."""
    return math.prod(len(axis.values) for axis in space.values() if isinstance(axis, Choice))
