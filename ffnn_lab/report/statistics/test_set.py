"""The part of a difference's variance that is due to the finite test set."""

import math

import numpy as np
from numpy.typing import NDArray

FEWEST = 2
"""Fewest examples, and fewest columns, from which a variance can be estimated."""


def variance_of_test_set(differences: NDArray[np.integer] | NDArray[np.floating]) -> float:
    """Estimate the variance of a mean difference that is due to the choice of test examples.

    Of two methods, the difference of errors on example ``i`` in column ``j`` is ::

        d_ij = mean + example_i + column_j + rest_ij

    with the last three terms random. The columns are seeds, or replicates that share the test set.
    With ``s^2`` the sample variance over examples of their means over ``C`` columns, and
    ``MS_rest`` the mean square of what is left of ``d_ij`` without the means of rows and columns,
    the estimate for ``n`` examples is ::

        (s^2 - MS_rest / C) / n

    As a method of moments it is unbiased for any distribution, and for columns whose residuals
    have different variances. Without the second term, the estimate would include the variation of
    an example's answers from seed to seed, which more seeds average out and another test set does
    not add.

    Args:
        differences: Differences of errors, shape ``(n, C)``; each is -1, 0 or 1 if a wrong answer
            counts 1 and a correct one 0.

    Returns:
        The variance of the mean over ``n`` examples, in squared error rates, in the limit of many
        columns. It is negative in some samples and not truncated, so that it stays unbiased. NaN
        for fewer than two examples or columns.

    Source:
        The two-way crossed classification with random effects: Searle, Casella and McCulloch
        (1992), "Variance components", chapter 4. The choice of the test set as a separate source
        of variation: Dietterich (1998), "Approximate statistical tests for comparing supervised
        classification learning algorithms", Neural Computation 10.
    """
    n_examples, n_columns = differences.shape
    if n_examples < FEWEST or n_columns < FEWEST:
        return math.nan
    values = differences.astype(float)
    of_examples, of_columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - of_examples[:, None] - of_columns + values.mean()
    between = float(of_examples.var(ddof=1))
    within = float(np.sum(rest**2)) / ((n_examples - 1) * (n_columns - 1))
    return float((between - within / n_columns) / n_examples)
