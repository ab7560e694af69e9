"""Config classes of ``hydra.sweeper``: how a sweep proposes, scores and confirms settings."""

from dataclasses import dataclass
from typing import Any, Union

from ffnn_lab.config.fields import check, one_of, option_of, ranged


@dataclass(kw_only=True)
class ProtocolConfig:
    """Fields that say how settings are proposed, for every arm alike."""

    name: str = option_of("protocol", "auto")
    """``auto``: ``grid_until_interior`` where an axis grows, ``grid`` where every axis has
    finitely many values, else ``tpe``."""
    n_settings: int = ranged("[1, inf)")
    """Settings that each arm may try; a grid tries all of its own."""
    seed: int = ranged("[0, inf)")
    """Draws the proposals."""
    max_points: int = ranged("[2, inf)")
    """Most points that a growing axis may have."""
    n_parallel: int = ranged("[1, inf)")
    """Settings of an arm in a batch, which are proposed together. Protocols that learn from scores
    propose a batch once all earlier ones are scored; pruners see earlier batches alone."""


@dataclass(kw_only=True)
class ObjectiveConfig:
    """Fields that say by which metric a run is judged; test never selects."""

    split: str = one_of("dev", "train")
    metric: str = one_of("error", "loss")
    moment: str = one_of("last", "best", "mean_last")
    """The last epoch, the one of the lowest dev error, or the mean of the last few measured."""
    n_last: int = ranged("[1, inf)")
    """Measured epochs that ``mean_last`` averages over."""
    aggregate: str = one_of("mean", "median", "worst")
    """How a setting's seeds make one score."""


@dataclass(kw_only=True)
class PrunerConfig:
    """Fields that say which settings stop early, by their mean over seeds after each epoch."""

    name: str = option_of("pruner")
    n_startup_trials: int = ranged("[0, inf)")
    """``median``: settings of an arm that are trained to their end before any is judged."""
    min_epochs: int = ranged("[1, inf)")
    """Epochs that every setting gets."""
    reduction_factor: int = ranged("[2, inf)")
    """``successive_halving``, ``hyperband``: of so many settings, one goes on at each rung."""


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
    across: dict[str, Any]
    """Conditions under which the comparison is repeated, and which are never ranked together: a
    leaf or a config group to its values, in Hydra's grammar or as a list."""
    baseline: Union[str, None]  # noqa: UP007 - as above
    """Arm with which every other is compared; null for the comparable plain optimizer's."""
    contrasts: Union[list[Any], None]  # noqa: UP007 - as above
    """Pairs of arms, ``[ARM, AGAINST]``, whose differences are tested; null for each adaptive
    optimizer against each plain one."""
    protocol: ProtocolConfig
    objective: ObjectiveConfig
    tune: StageConfig
    confirm: StageConfig
    pruner: PrunerConfig
    replicates: int = ranged("[1, inf)")
    """Times that tuning and confirm are repeated, each with its own split, seeds and proposals."""
    until: str = one_of("all", "settled")
    """``all`` replicates are run, or only so many as settle every contrast."""
    splits: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Distinct splits among the replicates, which take them in turn; null for one each. Several
    tunings on each of a few splits separate the variance of tuning from that of the split."""
    population_size: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Most runs trained together; null for what their shapes suggest."""
    n_workers: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Processes that share the work; null for as many as pay off, or as another launcher sets."""
    n_threads: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Threads of each process; null for an equal share of the machine's cores."""
    storage: Union[str, None]  # noqa: UP007 - as above
    """Where the workers meet: null for a journal in the sweep's folder, or postgresql://..."""
    storage_patience_seconds: float = ranged("[0, inf)")
    """Seconds for which to try again if a server does not answer."""
    max_failures: int = ranged("[0, inf)")
    """Runs that may fail before the sweep stops."""
    retry_failed: bool
    """Whether to train again the runs that failed before."""
    if_changed: str = one_of("refuse", "fork", "discard")
    """What to do where the folder holds another definition of that name."""
    dry_run: bool
    """Print the plan and train nothing."""

    def __post_init__(self) -> None:
        """Check every range.

        Raises:
            ConfigError: Naming the field, what was expected and what came.
        """
        check(self, "hydra.sweeper.")
        for name in ("protocol", "objective", "pruner", "tune", "confirm"):
            check(getattr(self, name), f"hydra.sweeper.{name}.")


STORED_OPTIONS: dict[str, type] = {
    "protocol": ProtocolConfig,
    "objective": ObjectiveConfig,
    "pruner": PrunerConfig,
}
"""Parts of a sweep's definition that hold fields of these classes."""
