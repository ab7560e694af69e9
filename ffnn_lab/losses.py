"""Losses and errors: what members are trained on, and what they are judged by.

A task with classes has an output for each class; under ``squared`` and ``logistic`` there is one
output, the score, and a label is a number: -1 or +1, or any real number under ``squared``.
"""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from ffnn_lab.models.mlp import ALIGNMENT

PerExample = Callable[[Tensor, Tensor], Tensor]
"""(outputs ``(M, B, stored_out)``, labels ``(M, B)``) to one number per example, ``(M, B)``."""


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``-log softmax(outputs)[label]``, in nats."""
    n_members, n_examples, n_stored = outputs.shape
    flat = functional.cross_entropy(
        outputs.reshape(-1, n_stored), labels.reshape(-1), reduction="none"
    )
    return flat.view(n_members, n_examples)


def squared(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``(score - label)^2``, without the factor 1/2 that some papers have."""
    residual = scores(outputs) - labels
    return residual * residual


def logistic(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``log(1 + exp(-label * score))``, in nats, for labels -1 and +1."""
    margins = labels * scores(outputs)
    n_examples = margins.shape[1]
    # In rows of whole vectors: exp and log1p round differently in the scalar tail of a loop, and
    # a member's numbers would depend on its place.
    rows = functional.pad(-margins, (0, -n_examples % ALIGNMENT))
    # Beyond 40 nats float64 does not tell softplus(x) from x; torch's own threshold of 20 would.
    return functional.softplus(rows, threshold=40.0)[:, :n_examples]


def scores(outputs: Tensor) -> Tensor:
    """Give the one output that is not padding, ``(M, B)``."""
    return outputs[..., 0]


def wrong_class(outputs: Tensor, labels: Tensor) -> Tensor:
    """Say which examples have their highest output at another class than theirs."""
    return outputs.argmax(dim=2) != labels


def wrong_sign(outputs: Tensor, labels: Tensor) -> Tensor:
    """Say which scores have another sign than their label; a score of 0 has no sign, and errs."""
    return ~(scores(outputs) * labels > 0)


def squared_residual(outputs: Tensor, labels: Tensor) -> Tensor:
    """Compute ``(score - label)^2`` in float64, whatever the network is in."""
    return squared(outputs.double(), labels.double())


LOSSES: dict[str, PerExample] = {
    "cross_entropy": cross_entropy,
    "squared": squared,
    "logistic": logistic,
}
"""What a member's loss is the mean of, by ``Task.loss``."""

ERRORS: dict[str, PerExample] = {
    "class": wrong_class,
    "sign": wrong_sign,
    "variance": squared_residual,
}
"""What an error is the mean of, by ``Task.error``: the share of wrong answers; for real-valued
labels the mean squared residual, over the variance of the train labels."""
