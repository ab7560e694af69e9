"""Losses, on which members are trained, and errors, by which they are judged.

A task with classes has an output for each class; under ``squared`` and ``logistic`` there is one
output, the score, and a label is a number: -1 or +1, or any real number under ``squared``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ffnn_lab.networks.network import ALIGNMENT

PerExample = Callable[[Tensor, Tensor], Tensor]
"""(outputs ``(M, B, stored_out)``, labels ``(M, B)``) to one number per example, ``(M, B)``."""


@dataclass(frozen=True)
class Loss:
    """A loss, and its derivative in the outputs."""

    value: PerExample
    slope: Callable[[Tensor, Tensor], Tensor]
    """(outputs ``(M, B, stored_out)``, labels ``(M, B)``) to the derivative of each example's own
    loss in its outputs, ``(M, B, stored_out)``; 0 for padding."""


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``-log softmax(outputs)[label]``, in nats."""
    logs = functional.log_softmax(outputs, dim=2)
    return -logs.gather(2, labels.unsqueeze(2)).squeeze(2)


def cross_entropy_slope(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``softmax(outputs) - 1[label]``."""
    classes = torch.arange(outputs.shape[2], device=outputs.device)
    is_label = labels.unsqueeze(2) == classes
    return functional.log_softmax(outputs, dim=2).exp() - is_label.to(outputs.dtype)


def squared(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``(score - label)^2``, without the factor 1/2 that some papers have."""
    residual = scores(outputs) - labels
    return residual * residual


def squared_slope(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``2 (score - label)``."""
    return _of_score(2 * (scores(outputs) - labels), outputs)


def logistic(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``log(1 + exp(-label * score))``, in nats, for labels -1 and +1."""
    n_examples = labels.shape[1]
    # softplus(x) equals x in float64 beyond 40, but not yet beyond torch's own threshold of 20.
    return functional.softplus(_margins(outputs, labels), threshold=40.0)[:, :n_examples]


def logistic_slope(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``-label / (1 + exp(label * score))``."""
    n_examples = labels.shape[1]
    return _of_score(-labels * _margins(outputs, labels).sigmoid()[:, :n_examples], outputs)


def _margins(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute each example's ``-label * score``, padded to a multiple of `ALIGNMENT`.

    Exp and log1p round differently in the scalar tail of a vectorized loop, and without padding a
    member's numbers would depend on its place. Rows that need none are padded as well: a graph
    for any number of examples must not branch on that number.
    """
    margins = labels * scores(outputs)
    return functional.pad(-margins, (0, ALIGNMENT - margins.shape[1] % ALIGNMENT))


def _of_score(slope: Tensor, outputs: Tensor) -> Tensor:
    return functional.pad(slope.unsqueeze(2), (0, outputs.shape[2] - 1))


def scores(outputs: Tensor) -> Tensor:
    """Return the one output that is not padding, ``(M, B)``."""
    return outputs[..., 0]


def wrong_class(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return a mask of the examples whose highest output is at another class than theirs."""
    return outputs.argmax(dim=2) != labels


def wrong_sign(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return a mask of the scores of another sign than their label; a score of 0 has none."""
    return ~(scores(outputs) * labels > 0)


def squared_residual(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``(score - label)^2`` in float64, whatever the network's dtype."""
    return squared(outputs.double(), labels.double())


def bits(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``-log2 softmax(outputs)[label]`` in float64, whatever the network's dtype."""
    return cross_entropy(outputs.double(), labels) / math.log(2)


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(cross_entropy, cross_entropy_slope),
    "squared": Loss(squared, squared_slope),
    "logistic": Loss(logistic, logistic_slope),
}
"""Losses by ``Task.loss``; a member's loss is the mean over examples."""

ERRORS: dict[str, PerExample] = {
    "class": wrong_class,
    "sign": wrong_sign,
    "variance": squared_residual,
    "bits": bits,
}
"""Errors of each example by ``Task.error``. A member's error is their mean over the task's unit:
the share of wrong answers; for real-valued labels the mean squared residual over the variance of
the train labels; for letters the bits per letter."""
