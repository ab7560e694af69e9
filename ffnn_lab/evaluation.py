"""Loss and error of every member on a split: sums and counts, divided once; cosines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ffnn_lab.losses import ERRORS, LOSSES, PerExample
from ffnn_lab.models import Layout, forward
from ffnn_lab.steps import Examples
from ffnn_lab.tasks import Task

CHUNK_NUMBERS = 1 << 14
"""Activations of one layer and member at a time. The chunk follows from the layer sizes alone:
if it followed from the number of members, a run's sums would depend on its company."""


@dataclass(frozen=True)
class Criterion:
    """What a task's members are trained on, and what they are judged by."""

    loss: PerExample
    error: PerExample
    error_unit: float
    """What the mean of ``error`` is divided by."""

    @classmethod
    def of(cls, task: Task) -> "Criterion":
        """Look up a task's."""
        return cls(LOSSES[task.loss].value, ERRORS[task.error], task.error_unit)


def evaluate(
    params: Sequence[Tensor], split: Examples, layout: Layout, criterion: Criterion
) -> tuple[Tensor, Tensor]:
    """Evaluate the whole network (no dropout) of every member.

    Args:
        params: As ``models.forward`` takes them.
        split: The examples, the same for all members.
        layout: The layers.
        criterion: The task's.

    Returns:
        Mean loss per example, and error (see ``losses.ERRORS``), each ``(M,)`` in float64.
    """
    n_members, n_examples = params[0].shape[0], len(split.labels)
    loss = torch.zeros(n_members, dtype=torch.float64, device=split.inputs.device)
    error = torch.zeros_like(loss)
    size = min(512, max(32, CHUNK_NUMBERS // max(layout.stored)))
    for start in range(0, n_examples, size):
        inputs = split.inputs[start : start + size].expand(n_members, -1, -1)
        labels = split.labels[start : start + size].expand(n_members, -1)
        outputs = forward(params, inputs, layout)
        loss += criterion.loss(outputs, labels).double().sum(dim=1)
        error += criterion.error(outputs, labels).sum(dim=1)
    return loss / n_examples, error / (n_examples * criterion.error_unit)


def cosines(params: Sequence[Tensor], member: int, layout: Layout, task: Task) -> dict[str, float]:
    """Compare a linear member without bias with the solutions that its task knows.

    Only weights that some train example reaches are compared.

    Args:
        params: As ``models.forward`` takes them.
        member: Index on the leading axis.
        layout: The layers.
        task: What the member learned.

    Returns:
        The cosine between the member's weights and each solution, by name; none for any other
        member, or where all weights are 0.
    """
    if not task.solutions or layout.has_bias or layout.n_layers > 1:
        return {}
    stored = params[0].detach()[member, 0, : task.n_features]
    weights = np.asarray(stored.double().cpu())
    is_reached = task.train.inputs.any(axis=0)
    if not weights[is_reached].any():
        return {}
    return {
        name: _cosine(weights[is_reached], solution[is_reached])
        for name, solution in task.solutions.items()
    }


def _cosine(some: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Sum exactly, so that no order of summing moves a digit."""
    scaled = some / np.abs(some).max()
    product = math.fsum(scaled * others)
    return product / math.sqrt(math.fsum(scaled * scaled) * math.fsum(others * others))
