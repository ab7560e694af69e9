"""Loss and error of every member on a split: sums and counts, divided once; cosines."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ffnn_lab.models import Layout
from ffnn_lab.programs import sums_program
from ffnn_lab.steps import Examples, evaluation_sums
from ffnn_lab.tasks import Task

CHUNK_NUMBERS = 1 << 13
"""Activations of one layer and member at a time. The chunk follows from the layer sizes alone:
if it followed from the number of members, a run's sums would depend on its company."""


@dataclass(frozen=True)
class Criterion:
    """What a task's members are trained on, and what they are judged by."""

    loss: str
    """One of ``losses.LOSSES``."""
    error: str
    """One of ``losses.ERRORS``."""
    error_unit: float
    """What the mean of the error is divided by."""

    @classmethod
    def of(cls, task: Task) -> "Criterion":
        """Look up a task's."""
        return cls(task.loss, task.error, task.error_unit)


def evaluate(
    flat: Tensor,
    split: Examples,
    layout: Layout,
    criterion: Criterion,
    *,
    is_compiled: bool = False,
) -> tuple[Tensor, Tensor]:
    """Evaluate the whole network (no dropout) of every member.

    Args:
        flat: Parameters, ``(M, n_stored)``.
        split: The examples, the same for all members.
        layout: The layers.
        criterion: The task's.
        is_compiled: Whether by a compiled program.

    Returns:
        Mean loss per example, and error (see ``losses.ERRORS``), each ``(M,)`` in float64.
    """
    n_examples = len(split.labels)
    loss = torch.zeros(flat.shape[0], dtype=torch.float64, device=flat.device)
    error = torch.zeros_like(loss)
    names = criterion.loss, criterion.error
    compiled = sums_program(layout, *names, flat, split.labels.dtype) if is_compiled else None
    size = min(512, max(64, CHUNK_NUMBERS // max(layout.stored)))
    for start in range(0, n_examples, size):
        inputs, labels = split.inputs[start : start + size], split.labels[start : start + size]
        sums = (
            evaluation_sums(flat, inputs, labels, layout, *names)
            if compiled is None
            else compiled([flat, inputs, labels])
        )
        loss += sums[0]
        error += sums[1]
    return loss / n_examples, error / (n_examples * criterion.error_unit)


def cosines(flat: Tensor, member: int, layout: Layout, task: Task) -> dict[str, float]:
    """Compare a linear member without bias with the solutions that its task knows.

    Only weights that some train example reaches are compared.

    Args:
        flat: Parameters, ``(M, n_stored)``.
        member: Index on the leading axis.
        layout: The layers.
        task: What the member learned.

    Returns:
        The cosine between the member's weights and each solution, by name; none for any other
        member, or where all weights are 0.
    """
    if not task.solutions or layout.has_bias or layout.n_layers > 1:
        return {}
    stored = flat[member, : task.n_features]  # of the first weight its first row, the score's
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
