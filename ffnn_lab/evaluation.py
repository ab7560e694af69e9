"""Loss and error of every member on a split: sums and counts, divided once."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ffnn_lab.draws import Examples
from ffnn_lab.models import Layout, forward

CHUNK_NUMBERS = 1 << 14
"""Activations of one layer and member at a time. The chunk follows from the layer sizes alone:
if it followed from the number of members, a run's sums would depend on its company."""


def member_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Compute the cross-entropy of each example, ``(M, B)`` from logits ``(M, B, classes)``."""
    n_members, n_examples, n_classes = logits.shape
    flat = functional.cross_entropy(
        logits.reshape(-1, n_classes), labels.reshape(-1), reduction="none"
    )
    return flat.view(n_members, n_examples)


@torch.no_grad()
def evaluate(params: Sequence[Tensor], split: Examples, layout: Layout) -> tuple[Tensor, Tensor]:
    """Evaluate the whole network (no dropout) of every member.

    Args:
        params: As ``models.forward`` takes them.
        split: The examples, the same for all members.
        layout: The layers.

    Returns:
        Mean loss in nats and error rate in [0, 1] per example, each ``(M,)`` in float64.
    """
    n_members, n_examples = params[0].shape[0], len(split.labels)
    loss = torch.zeros(n_members, dtype=torch.float64, device=split.inputs.device)
    n_errors = torch.zeros_like(loss)
    size = min(512, max(32, CHUNK_NUMBERS // max(layout.stored)))
    for start in range(0, n_examples, size):
        inputs = split.inputs[start : start + size].expand(n_members, -1, -1)
        labels = split.labels[start : start + size].expand(n_members, -1)
        logits = forward(params, inputs, layout)
        loss += member_losses(logits, labels).double().sum(dim=1)
        n_errors += (logits.argmax(dim=2) != labels).sum(dim=1)
    return loss / n_examples, n_errors / n_examples
