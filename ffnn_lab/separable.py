"""The separable problem of Wilson et al. (2017), section 3.3: its data and its closed forms.

An example is its label ``y``, two ones, and a block of features that no other example has: one 1
for ``y = +1``, five for ``y = -1``. The label stands in the first feature; the blocks lead the
adaptive methods astray. Imports no torch: the task and ``analysis`` both read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.seeds import stream

N_SHARED = 3
"""Features that all examples have: the label, 1 and 1."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """The labels of one problem, each -1 or +1; they determine its features."""

    train: Numbers
    dev: Numbers
    test: Numbers

    @property
    def n_plus(self) -> int:
        """Train labels that are +1."""
        return int((self.train > 0).sum())

    @property
    def n_minus(self) -> int:
        """Train labels that are -1."""
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
        """Return why the draw cannot show what the paper says of it; empty where it can."""
        if not self.lemma_applies:
            return "b <= 0"
        return "n_minus = 0" if self.n_minus == 0 else ""


def draw_labels(*, n: int, p: float, n_dev: int, n_test: int, draw_seed: int) -> Draw:
    """Draw independent labels, +1 with probability ``p``.

    A smaller ``n`` takes the first labels of a larger one, and a larger ``p`` turns some -1 to +1,
    so that problems of one seed are paired. Neither moves another split.

    Args:
        n: Train examples.
        p: Probability of +1.
        n_dev: Dev examples.
        n_test: Test examples.
        draw_seed: The task's own seed; a run's seed never enters here.
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
    """Make the features of splits, whose blocks follow one another.

    The paper keeps five columns for every block; those that no example uses are left out.

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
    """Put together the shared weights and those of the blocks, one value for each label."""
    blocks = np.where(labels > 0, plus, minus)
    return np.concatenate([shared, np.repeat(blocks, block_lengths(labels))])


def min_norm_solution(labels: Numbers, *, ridge: float = 0.0) -> Numbers:
    """Return the solution of least norm, where every non-adaptive method ends that starts at zero.

    It is ``X^T a`` with ``a`` one of two numbers, by the example's label::

        a_plus = (4 n_minus + 5 + r) / D,  a_minus = -(4 n_plus + 1 + r) / D,
        D = (3 n_plus + 1 + r) (3 n_minus + 5 + r) - n_plus n_minus

    and ``D = 15 n_plus + 3 n_minus + 8 n_plus n_minus + 5`` without a ridge.

    Args:
        labels: The train labels, ``(n,)``.
        ridge: ``r`` of ``|X w - y|^2 + r |w|^2``; coupled weight decay ``d`` on the mean over
            examples of the squared loss is ``r = n d / 2``, and has this one minimum, where every
            convergent method ends.

    Returns:
        Weights, ``(3 + all blocks of train,)``.

    Source:
        Wilson et al. (2017), section 3.3, with blocks of five, worked out anew: the formula we
        recall from there, ``(4 n_minus + 3) / (9 n_plus + 3 n_minus + 8 n_plus n_minus + 3)``, is
        that of blocks of three, for which the lemma does not hold.
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
    """Return ``sign(X^T y) / 4``, where adaptive methods end that start at zero, by lemma 3.1.

    ``X^T y`` is ``n``, ``b``, ``b`` and ``y_i`` on the block of example ``i``. Where the lemma
    does not apply (see ``Draw.lemma_applies``) this is a direction and solves nothing.

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
"""The solutions, by their names in the columns ``cosine.<name>`` of the records."""


def fresh_scores(weights: Numbers, labels: Numbers) -> Numbers:
    """Score examples whose blocks no train example shares, from the first three weights.

    Args:
        weights: At least the first three; those of fresh blocks are taken to be 0.
        labels: The labels of the fresh examples, ``(N,)``.
    """
    scores: Numbers = weights[0] * labels + weights[1] + weights[2]
    return scores


def fresh_error(weights: Numbers, labels: Numbers) -> float:
    """Return the share of fresh examples whose score has the wrong sign, or none.

    Args:
        weights: As ``fresh_scores`` takes them.
        labels: The labels of the fresh examples, ``(N,)``.
    """
    return float((~(fresh_scores(weights, labels) * labels > 0)).mean())
