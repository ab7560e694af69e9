"""Config classes of ``hydra.sweeper``: how a sweep proposes, scores and confirms settings."""

from dataclasses import dataclass
from typing import Any, Union

from ffnn_lab.config.fields import check, one_of, option_of, ranged


@dataclass(kw_only=True)
class ProtocolConfig:
    """Fields that say how settings are proposed, in the same way for every arm."""

    name: str = option_of("protocol", "auto")
    """Name of the protocol, where ``auto`` means ``grid_until_interior`` if an axis grows,
    ``grid`` if every axis has finitely many values, and else ``tpe``."""
    n_settings: int = ranged("[1, inf)")
    """Number of settings that each arm may try; a grid tries all of its points instead."""
    seed: int = ranged("[0, inf)")
    """Seed of the random numbers in proposals."""
    max_points: int = ranged("[2, inf)")
    """Largest number of points that an axis may have once it has grown."""
    n_parallel: int = ranged("[1, inf)")
    """Number of settings of an arm that are proposed together, as a batch. Protocols that learn
    from scores propose a batch once all settings of earlier batches are scored; pruners compare a
    setting with settings of earlier batches only."""


@dataclass(kw_only=True)
class ObjectiveConfig:
    """Fields that say by which metric a run is judged; the test split never selects."""

    split: str = one_of("dev", "train")
    metric: str = one_of("error", "loss")
    moment: str = one_of("last", "best", "mean_last")
    """Moment at which the metric is read, which is after the last epoch (``last``) or after the
    epoch of the lowest dev error (``best``); ``mean_last`` is the mean over the last measured
    epochs."""
    n_last: int = ranged("[1, inf)")
    """Number of measured epochs over which ``mean_last`` averages."""
    aggregate: str = one_of("mean", "median", "worst")
    """Function that makes one score from the metrics of a setting's seeds."""


@dataclass(kw_only=True)
class PrunerConfig:
    """Fields that say which settings stop early, by their mean over seeds after each epoch."""

    name: str = option_of("pruner")
    n_startup_trials: int = ranged("[0, inf)")
    """For ``median``, the number of settings of an arm that are always trained to their end."""
    min_epochs: int = ranged("[1, inf)")
    """Number of epochs that every setting is trained before it may be stopped."""
    reduction_factor: int = ranged("[2, inf)")
    """For ``successive_halving`` and ``hyperband``, the number of settings of which one goes on at
    each rung."""


@dataclass(kw_only=True)
class StageConfig:
    """Number of seeds of a stage; those of tune count from 0, those of confirm from 1000."""

    n_seeds: int = ranged("[0, 1000]")


@dataclass(kw_only=True)
class SweeperConfig:
    """Config of ``hydra.sweeper``: all of its fields but ``_target_``, which names its class."""

    name: Union[str, None]  # noqa: UP007 - OmegaConf 2.3 does not read `str | None`
    """Name of the sweep, which is also that of its folder under ``paths.outputs``; with null, the
    name of an ad hoc sweep has a hash of its definition."""
    arms: dict[str, Any]
    """Maps the name of each arm to its overrides: options of groups, values of fields, and axes,
    in Hydra's grammar."""
    space: dict[str, Any]
    """Maps fields to axes, or to values, that all arms share; an arm whose config lacks a field
    does without its axis."""
    across: dict[str, Any]
    """Conditions under which the comparison is repeated; results under different conditions are
    never ranked together. Maps a field or a config group to its values, in Hydra's grammar or as a
    list."""
    baseline: Union[str, None]  # noqa: UP007 - as above
    """Name of the arm with which every other is compared. With null, each arm is compared with the
    arm that differs from it in the optimizer alone and has SGD, or else heavy ball; see
    `ffnn_lab.report.data.arms.baseline_of`."""
    contrasts: Union[list[Any], None]  # noqa: UP007 - as above
    """Pairs of arms, ``[ARM, AGAINST]``, whose differences are tested; null for each arm with an
    adaptive optimizer against each arm with a plain one."""
    protocol: ProtocolConfig
    objective: ObjectiveConfig
    tune: StageConfig
    confirm: StageConfig
    pruner: PrunerConfig
    replicates: int = ranged("[1, inf)")
    """Number of times that tune and confirm are done, each time with another split, other seeds
    and other proposals."""
    until: str = one_of("all", "settled")
    """Number of replicates that are run: ``all``, or (``settled``) only as many as it takes until
    the test of every contrast has rejected equality."""
    splits: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of distinct splits of the data, which the replicates use in turn; null if each
    replicate has another split. Several replicates on each of a few splits separate the variance
    of tuning from that of the split."""
    population_size: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Largest number of runs that are trained together; null for one that suits their sizes."""
    n_workers: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of processes that share the work; null for the number that finishes soonest, or, with
    the launcher ``joblib``, for its number of jobs."""
    n_threads: Union[int, None] = ranged("[1, inf)")  # noqa: UP007 - as above
    """Number of threads of each process; null for an equal share of the machine's cores."""
    storage: Union[str, None]  # noqa: UP007 - as above
    """Place of the Optuna studies, through which workers share the work: null for a journal in the
    sweep's folder, or the address of a server, ``postgresql://...``."""
    storage_patience_seconds: float = ranged("[0, inf)")
    """Seconds for which a call is repeated, before it fails, if the PostgreSQL server of
    ``storage`` does not answer."""
    max_failures: int = ranged("[0, inf)")
    """Number of runs that may fail; if more fail, the sweep stops."""
    retry_failed: bool
    """True to train again the runs that failed before."""
    if_changed: str = one_of("refuse", "fork", "discard")
    """Action if the sweep's folder holds another definition: ``refuse`` ends with an error,
    ``fork`` uses a new folder, ``discard`` empties the folder."""
    dry_run: bool
    """True to print the plan and train nothing."""

    def __post_init__(self) -> None:
        """Check the value of each field.

        Raises:
            ConfigError: If a value is not allowed; the message names the field, what was expected
                and what came.
        """
        check(self, "hydra.sweeper.")
        for name in ("protocol", "objective", "pruner", "tune", "confirm"):
            check(getattr(self, name), f"hydra.sweeper.{name}.")


STORED_OPTIONS: dict[str, type] = {
    "protocol": ProtocolConfig,
    "objective": ObjectiveConfig,
    "pruner": PrunerConfig,
}
"""Maps each part of a sweep's definition that stores a config to the class of that config."""
