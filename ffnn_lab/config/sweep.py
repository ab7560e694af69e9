"""What ``hydra.sweeper`` may say: how a sweep proposes, scores and confirms settings."""

from dataclasses import dataclass
from typing import Any, Union

from ffnn_lab.config.fields import check, one_of, ranged


@dataclass(kw_only=True)
class ProtocolConfig:
    """How settings are proposed, for every arm alike."""

    name: str = one_of("auto", "grid", "grid_until_interior", "random", "qmc", "tpe", "cmaes")
    """``auto``: ``grid_until_interior`` where an axis grows, ``grid`` where every axis has
    finitely many values, else ``tpe``."""
    n_settings: int = ranged("[1, inf)")
    """Settings that each arm may try; a grid tries all of its own."""
    seed: int = ranged("[0, inf)")
    """Draws the proposals."""
    max_points: int = ranged("[2, inf)")
    """Most points that a growing axis may have."""


@dataclass(kw_only=True)
class ObjectiveConfig:
    """What a run is judged by; test never selects."""

    split: str = one_of("dev", "train")
    metric: str = one_of("error", "loss")
    moment: str = one_of("last", "best")
    """The last epoch, or the one of the lowest dev error."""
    aggregate: str = one_of("mean", "median", "worst")
    """How a setting's seeds make one score."""


@dataclass(kw_only=True)
class StageConfig:
    """Seeds of a stage; tuning counts them from 0, confirm from 1000."""

    n_seeds: int = ranged("[0, 1000]")


@dataclass(kw_only=True)
class SweeperConfig:
    """The whole of ``hydra.sweeper`` but the class that Hydra finds it by."""

    name: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 does not read `str | None`
    """Folder under ``paths.outputs``; null names an ad hoc sweep by a hash of its definition."""
    arms: dict[str, Any]
    """Name of each arm to its overrides: groups, values and axes, in Hydra's grammar."""
    space: dict[str, Any]
    """Axes (or values) of all arms; one applies where its key exists."""
    protocol: ProtocolConfig
    objective: ObjectiveConfig
    tune: StageConfig
    confirm: StageConfig
    population_size: int = ranged("[1, inf)")
    """Most runs trained together."""
    dry_run: bool
    """Print the plan and train nothing."""

    def __post_init__(self) -> None:
        """Check every range.

        Raises:
            ConfigError: Naming the field, what was expected and what came.
        """
        check(self, "hydra.sweeper.")
        for name in ("protocol", "objective", "tune", "confirm"):
            check(getattr(self, name), f"hydra.sweeper.{name}.")
