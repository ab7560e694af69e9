"""The classes and functions that a file of options such as `lab_options.py` imports.

Importing this module imports neither torch nor pandas. `docs/extending.md` shows an option of each
kind.
"""

from ffnn_lab.activations import Activation
from ffnn_lab.config import ModelConfig, OptimizerConfig, TaskConfig
from ffnn_lab.config.fields import any_value, one_of, option_of, ranged
from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.config.task import CutTaskConfig
from ffnn_lab.initializers import Initializer, Layer
from ffnn_lab.look import Look
from ffnn_lab.models.of_torch import module_model
from ffnn_lab.optimizers import Optimizer
from ffnn_lab.optimizers.update import per_member
from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.schedules import Progress, Schedule, ScheduleState
from ffnn_lab.tasks import TaskOption

__all__ = [
    "Activation",
    "CutTaskConfig",
    "Initializer",
    "Layer",
    "Look",
    "ModelConfig",
    "Optimizer",
    "OptimizerConfig",
    "Progress",
    "ReportFigure",
    "Schedule",
    "ScheduleConfig",
    "ScheduleState",
    "SchemeConfig",
    "TaskConfig",
    "TaskOption",
    "any_value",
    "module_model",
    "one_of",
    "option_of",
    "per_member",
    "ranged",
    "register",
]
