"""Optimizers: one module per method, each a pure step over the members of a population."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ffnn_lab.config import OptimizerConfig
from ffnn_lab.config.optimizer import (
    AdaGradConfig,
    AdamConfig,
    HeavyBallConfig,
    NesterovConfig,
    RMSPropConfig,
    SGDConfig,
)
from ffnn_lab.optimizers.adagrad import adagrad_start, adagrad_step_
from ffnn_lab.optimizers.adam import adam_start, adam_step_
from ffnn_lab.optimizers.heavy_ball import heavy_ball_step_, velocity_start
from ffnn_lab.optimizers.nesterov import nesterov_step_
from ffnn_lab.optimizers.rmsprop import rmsprop_start, rmsprop_step_
from ffnn_lab.optimizers.sgd import sgd_start, sgd_step_
from ffnn_lab.optimizers.update import decay_

State = dict[str, Tensor]
"""Named tensors, each with the members on its leading axis."""


@dataclass(frozen=True)
class Method:
    """How one method starts and steps."""

    start: Callable[[Tensor], State]
    """From parameters ``(M, n)`` to the state before the first step."""
    step_: Callable[..., None]
    """``(params, grads, state, *, lr, ...)``, in place; keywords are its config's fields."""
    hyperparameters: tuple[str, ...]
    """The config's fields that the step takes, as tensors ``(M,)``."""


METHODS: dict[type[OptimizerConfig], Method] = {
    SGDConfig: Method(sgd_start, sgd_step_, ("lr",)),
    HeavyBallConfig: Method(velocity_start, heavy_ball_step_, ("lr", "momentum")),
    NesterovConfig: Method(velocity_start, nesterov_step_, ("lr", "momentum")),
    AdaGradConfig: Method(adagrad_start, adagrad_step_, ("lr", "eps")),
    RMSPropConfig: Method(rmsprop_start, rmsprop_step_, ("lr", "rho", "eps")),
    AdamConfig: Method(adam_start, adam_step_, ("lr", "beta1", "beta2", "eps")),
}

__all__ = ["METHODS", "Method", "State", "decay_"]
