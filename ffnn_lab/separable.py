"""The separable problem of Wilson et al. (2017), section 3.3: its data and its closed forms.

The features of an example are its label ``y``, two ones, and a block of ones in columns that are 0
for all other examples: a single 1 for ``y = +1``, five for ``y = -1``. So the first feature is the
label itself; the blocks mislead the adaptive methods. This module imports no torch, since both the
task and ``analysis`` use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.seeds import stream

N_SHARED = 3
"""Number of features that all examples share: the label, 1 and 1."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """The labels of one problem, each -1 or +1, which determine all features of the problem."""

    train: Numbers
    dev: Numbers
    test: Numbers

    @property
    def n_plus(self) -> int:
        """The number of train labels that are +1."""
        return int((self.train > 0).sum())

    @property
    def n_minus(self) -> int:
        """The number of train labels that are -1."""
        return len(self.train) - self.n_plus

    @property
    def balance(self) -> int:
        """The sum ``b`` of the train labels."""
        return self.n_plus - self.n_minus

    @property
    def lemma_applies(self) -> bool:
        """Return True if ``X sign(X^T y) = 4 y``, as lemma 3.1 needs: just where ``b > 0``.

        With ``b = 0`` two entries of ``X^T y`` vanish; with ``b < 0`` they change their sign, and
        ``X sign(X^T y)`` is 0 for ``y = +1`` and -8 for ``y = -1``.
        """
        return self.balance > 0

    @property
    def remark(self) -> str:
        """Return the reason why the labels cannot show the paper's result; empty if they can."""
        if not self.lemma_applies:
            return "b <= 0"
        return "n_minus = 0" if self.n_minus == 0 else ""


def draw_labels(*, n: int, p: float, n_dev: int, n_test: int, draw_seed: int) -> Draw:
    """Draw independent labels, +1 with probability ``p``.

    With a smaller ``n``, the train labels are the first of those with a larger ``n``; with a
    larger ``p``, some labels turn from -1 to +1. So problems of one seed are paired. The size of a
    split does not affect the labels of the other splits.

    Args:
        n: Number of train examples.
        p: Probability of +1.
        n_dev: Number of dev examples.
        n_test: Number of test examples.
        draw_seed: The task's own seed; a run's seed has no effect on labels.
    """
    train, dev, test = (
        np.where(stream(draw_seed, "draw", place).random(size) < p, 1.0, -1.0)
        for place, size in enumerate((n, n_dev, n_test))
    )
    return Draw(train, dev, test)


def block_lengths(labels: Numbers) -> NDArray[np.int64]:
    """Return the length of each example's own block: 1 for +1, 5 for -1; ``1 + 2 (1 - y)``."""
    return np.where(labels > 0, 1, 5)


def make_inputs(splits: Sequence[Numbers]) -> list[Numbers]:
    """Make the features of several splits; the columns of their blocks follow one another.

    The paper keeps five columns for every block; columns that would be 0 throughout are left out.

    Args:
        splits: The labels of each split, ``(N,)``.

    Returns:
        For each split its features, ``(N, 3 + all blocks of all splits)``.

    Source:
        Wilson et al. (2017), section 3.3.
    """
    lengths = [block_lengths(labels) for labels in splits]
    n_features = N_SHARED + int(sum(length.sum() for length in lengths))
    made, start = [], N_SHARED
    for labels, length in zip(splits, lengths, strict=True):
        inputs = np.zeros((len(labels), n_features))
        inputs[:, 0] = labels
        inputs[:, 1:N_SHARED] = 1
        rows = np.repeat(np.arange(len(labels)), length)
        inputs[rows, start + np.arange(len(rows))] = 1
        made.append(inputs)
        start += len(rows)
    return made


def _weights(shared: Sequence[float], plus: float, minus: float, labels: Numbers) -> Numbers:
    """Return a vector of weights, of which all weights of a block are equal.

    Args:
        shared: The weights of the shared features, ``(N_SHARED,)``.
        plus: The weight in blocks of examples with the label +1.
        minus: The weight in blocks of examples with the label -1.
        labels: The labels of the examples, ``(n,)``.
    """
    blocks = np.where(labels > 0, plus, minus)
    return np.concatenate([shared, np.repeat(blocks, block_lengths(labels))])


def min_norm_solution(labels: Numbers, *, ridge: float = 0.0) -> Numbers:
    """Return the solution of least norm, to which non-adaptive methods that start at 0 converge.

    It is ``X^T a`` with ``a`` one of two numbers, by the example's label::

        a_plus = (4 n_minus + 5 + r) / D,  a_minus = -(4 n_plus + 1 + r) / D,
        D = (3 n_plus + 1 + r) (3 n_minus + 5 + r) - n_plus n_minus

    and ``D = 15 n_plus + 3 n_minus + 8 n_plus n_minus + 5`` without a ridge.

    Args:
        labels: The train labels, ``(n,)``.
        ridge: ``r`` of ``|X w - y|^2 + r |w|^2``. Coupled weight decay ``d``, with the mean over
            examples of the squared loss, corresponds to ``r = n d / 2``; then the solution is the
            only minimum, in which every convergent method ends.

    Returns:
        Weights, ``(3 + all blocks of train,)``.

    Source:
        Wilson et al. (2017), section 3.3, derived anew for blocks of five: the paper's formula, as
        we recall it, ``(4 n_minus + 3) / (9 n_plus + 3 n_minus + 8 n_plus n_minus + 3)``, is that
        of blocks of three, for which the lemma does not hold.
    """
    n_plus = float((labels > 0).sum())
    n_minus = len(labels) - n_plus
    determinant = (3 * n_plus + 1 + ridge) * (3 * n_minus + 5 + ridge) - n_plus * n_minus
    plus = (4 * n_minus + 5 + ridge) / determinant
    minus = -(4 * n_plus + 1 + ridge) / determinant
    by_label = n_plus * plus - n_minus * minus
    by_one = n_plus * plus + n_minus * minus
    return _weights((by_label, by_one, by_one), plus, minus, labels)


def sign_solution(labels: Numbers) -> Numbers:
    """Return ``sign(X^T y) / 4``, to which adaptive methods that start at 0 converge by lemma 3.1.

    The entries of ``X^T y`` are ``n``, ``b``, ``b``, and ``y_i`` on the block of example ``i``. If
    the lemma does not apply (see ``Draw.lemma_applies``), the vector does not solve the problem,
    and only its direction is of use.

    Args:
        labels: The train labels, ``(n,)``.

    Returns:
        Weights, ``(3 + all blocks of train,)``.

    Source:
        Wilson et al. (2017), lemma 3.1 and section 3.3.
    """
    sign = float(np.sign(labels.sum()))
    return _weights((1.0, sign, sign), 1.0, -1.0, labels) / 4


SOLUTIONS = {"min_norm": min_norm_solution, "sign": sign_solution}
"""Functions that return the solutions, by the names in the columns ``cosine.<name>`` of the
records."""


def fresh_scores(weights: Numbers, labels: Numbers) -> Numbers:
    """Score examples whose blocks no train example shares, from the first three weights.

    Args:
        weights: At least the first three weights; those of fresh blocks count as 0.
        labels: The labels of the fresh examples, ``(N,)``.
    """
    scores: Numbers = weights[0] * labels + weights[1] + weights[2]
    return scores


def fresh_error(weights: Numbers, labels: Numbers) -> float:
    """Return the share of fresh examples whose score has the wrong sign, or is 0.

    Args:
        weights: At least the first three weights; those of fresh blocks count as 0.
        labels: The labels of the fresh examples, ``(N,)``.
    """
    return float((~(fresh_scores(weights, labels) * labels > 0)).mean())
