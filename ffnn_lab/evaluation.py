"""Loss and error of every member on a split: sums and counts, divided once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ffnn_lab.draws import Examples
from ffnn_lab.losses import ERRORS, LOSSES, PerExample
from ffnn_lab.models import Layout, forward
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
        return cls(LOSSES[task.loss], ERRORS[task.error], task.error_unit)


@torch.no_grad()
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
