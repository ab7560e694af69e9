"""The separable problem of Wilson et al. (2017), section 3.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ffnn_lab.config.fields import one_of, ranged
from ffnn_lab.config.task import TaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class SeparableConfig(TaskConfig):
    """Config of the binary least-squares problem of Wilson et al. (2017), section 3.3."""

    loss: str = one_of("squared", "logistic")
    """Training loss: ``(score - y)^2`` (squared) or ``log(1 + exp(-y score))`` (logistic), where
    ``y`` is the label, -1 or +1."""
    n: int = ranged("[1, inf)")
    """Number of train examples."""
    p: float = ranged("(0, 1)")
    """Probability of the label +1."""
    n_dev: int = ranged("[1, inf)")
    """Number of examples for tuning, drawn independently of the train examples."""
    n_test: int = ranged("[1, inf)")
    """Number of examples for the final report, drawn independently of the others."""
    draw_seed: int = ranged("[0, 9e18]")
    """Seed that draws the labels, which do not depend on a run's seed."""

    def redrawn(self, shift: int) -> Mapping[str, Any]:
        """Return ``draw_seed`` plus ``shift``, which draws other labels.

        See `TaskConfig.redrawn`.
        """
        return {"draw_seed": self.draw_seed + shift}


def load(config: SeparableConfig, data: Path) -> Task:
    """Return the task of the separable problem, with labels drawn and features made of them."""
    from ffnn_lab.tasks.data.separable import load_separable  # noqa: PLC0415 - numpy, when it is needed

    return load_separable(config, data)


register(TaskOption(name="separable", order=5, config=SeparableConfig, load=load))
