"""Losses, on which members are trained, and errors, by which they are judged.

A network has an output for each class of its task; under ``squared`` and ``logistic`` it has one
output, the score, and a label is a number: -1 or +1, or any real number under ``squared``. In
shapes, ``M`` is the number of members, ``B`` that of examples of each member, and ``stored_out``
that of outputs, padding included.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ffnn_lab.networks.network import ALIGNMENT

PerExample = Callable[[Tensor, Tensor], Tensor]
"""Function of outputs, ``(M, B, stored_out)``, and labels, ``(M, B)``, that returns a number for
each example, ``(M, B)``."""


@dataclass(frozen=True)
class Loss:
    """A loss, and its derivative with respect to the outputs of a network."""

    value: PerExample
    slope: Callable[[Tensor, Tensor], Tensor]
    """Function of outputs, ``(M, B, stored_out)``, and labels, ``(M, B)``, that returns the
    derivative of each example's loss with respect to its outputs, ``(M, B, stored_out)``; 0 for
    padding."""


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the cross-entropy of each example, ``-log softmax(outputs)[label]``, in nats."""
    logs = functional.log_softmax(outputs, dim=2)
    return -logs.gather(2, labels.unsqueeze(2)).squeeze(2)


def cross_entropy_slope(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the derivative of `cross_entropy`, ``softmax(outputs) - 1[label]``."""
    classes = torch.arange(outputs.shape[2], device=outputs.device)
    is_label = labels.unsqueeze(2) == classes
    return functional.log_softmax(outputs, dim=2).exp() - is_label.to(outputs.dtype)


def squared(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the squared loss of each example, ``(score - label)^2``, without a factor 1/2."""
    residual = scores(outputs) - labels
    return residual * residual


def squared_slope(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the derivative of `squared`, ``2 (score - label)``."""
    return _of_score(2 * (scores(outputs) - labels), outputs)


def logistic(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the logistic loss of each example, ``log(1 + exp(-label * score))``, in nats.

    Args:
        outputs: The score of each example, followed by padding, ``(M, B, stored_out)``.
        labels: -1 or +1, ``(M, B)``.

    Returns:
        The losses, ``(M, B)``.
    """
    n_examples = labels.shape[1]
    # softplus(x) equals x in float64 beyond 40, but not yet beyond torch's own threshold of 20.
    return functional.softplus(_margins(outputs, labels), threshold=40.0)[:, :n_examples]


def logistic_slope(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the derivative of `logistic`, ``-label / (1 + exp(label * score))``."""
    n_examples = labels.shape[1]
    return _of_score(-labels * _margins(outputs, labels).sigmoid()[:, :n_examples], outputs)


def _margins(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute each example's ``-label * score``, padded to a multiple of `ALIGNMENT`.

    Exp and log1p round differently in the scalar tail of a vectorized loop, so that without
    padding a member's numbers would depend on its position in the population. Rows whose length is
    such a multiple are padded as well: a graph for any number of examples must not branch on it.
    """
    margins = labels * scores(outputs)
    return functional.pad(-margins, (0, ALIGNMENT - margins.shape[1] % ALIGNMENT))


def _of_score(slope: Tensor, outputs: Tensor) -> Tensor:
    return functional.pad(slope.unsqueeze(2), (0, outputs.shape[2] - 1))


def scores(outputs: Tensor) -> Tensor:
    """Return the score of each example: its only output that is not padding, ``(M, B)``."""
    return outputs[..., 0]


def wrong_class(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return a mask of the examples whose highest output is not that of their label."""
    return outputs.argmax(dim=2) != labels


def wrong_sign(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return a mask of the examples whose score has another sign than the label, or is 0."""
    return ~(scores(outputs) * labels > 0)


def squared_residual(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``(score - label)^2`` of each example in float64, whatever the network's dtype."""
    return squared(outputs.double(), labels.double())


def bits(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``-log2 softmax(outputs)[label]`` of each example in float64, for any dtype."""
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
"""Errors of each example by ``Task.error``. A member's error is their mean, divided by the task's
unit: the share of wrong answers; for real-valued labels the mean squared residual over the
variance of the train labels; for letters the bits per letter."""
