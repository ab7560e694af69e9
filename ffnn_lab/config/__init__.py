"""Typed configs: the type, unit and range of every field of runs and sweeps. Imports no torch."""

from ffnn_lab.config.fields import ConfigError, home, leaves, with_values
from ffnn_lab.config.initializer import InitializerConfig
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.config.run import (
    GROUPS,
    KINDS,
    DropoutConfig,
    RunConfig,
    TrainerConfig,
    check_paths,
    digest,
    from_leaves,
    identity,
    moves_numbers,
    partition_key,
    run_id,
)
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.config.sources import settle_sources
from ffnn_lab.config.sweep import SweeperConfig
from ffnn_lab.config.task import TaskConfig
from ffnn_lab.errors import UserError

__all__ = [
    "GROUPS",
    "KINDS",
    "ConfigError",
    "DropoutConfig",
    "InitializerConfig",
    "ModelConfig",
    "OptimizerConfig",
    "RunConfig",
    "ScheduleConfig",
    "SweeperConfig",
    "TaskConfig",
    "TrainerConfig",
    "UserError",
    "check_paths",
    "digest",
    "from_leaves",
    "home",
    "identity",
    "leaves",
    "moves_numbers",
    "partition_key",
    "run_id",
    "settle_sources",
    "with_values",
]
