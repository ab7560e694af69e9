"""Tests of a mean difference, Holm's correction for several tests, and required sample sizes."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import nctdtr, stdtr, stdtrit

from ffnn_lab.report.statistics.intervals import CONFIDENCE

N_FLIPS = 2**14
"""Greatest number of sign patterns that `sign_flip_p` tries: all patterns of up to 14 pairs, or a
random sample of this size for more pairs."""
LEVEL = 0.05
"""Level at which a p value is called significant, ``1 - CONFIDENCE``."""
POWER = 0.8
"""Default power at which `seeds_to_resolve` counts the seeds."""
MOST_SEEDS = 10_000
"""Largest number of seeds that `seeds_to_resolve` considers."""


def sign_flip_p(differences: Sequence[float], *, rng: np.random.Generator) -> float:
    """Test whether paired differences are symmetric about 0, by their mean.

    If two arms do not differ, each difference was as likely to come with the other sign. The p
    value is the share of sign patterns with which the mean of the differences is at least as far
    from 0 as the observed mean. For up to 14 pairs all patterns are tried, which is exact; for
    more pairs, a random sample that includes the observed pattern. Equal values are no special
    case: ``n`` equal differences have p = 2 / 2^n, and all zeros p = 1.

    Args:
        differences: The difference of each pair.
        rng: Random generator that draws the sign patterns if there are too many to try all.

    Returns:
        The two-sided p value; NaN for no pairs.

    Source:
        Fisher (1935), "The design of experiments"; the sampled form: Phipson and Smyth (2010).
    """
    n = len(differences)
    if n == 0:
        return math.nan
    values = np.asarray(differences, dtype=float)
    if 2**n <= N_FLIPS:
        signs = np.array(np.meshgrid(*[[1.0, -1.0]] * n)).reshape(n, -1).T
        n_known = 0
    else:
        signs = 2.0 * rng.integers(0, 2, (N_FLIPS - 1, n)) - 1
        n_known = 1  # the observed pattern, which is as likely as any
    sums = np.abs(signs @ values)
    # Sums of the same numbers differ by rounding, according to their order.
    at_least = sums >= abs(float(values.sum())) - 1e-12 * float(np.abs(values).sum())
    return float((at_least.sum() + n_known) / (len(sums) + n_known))


def lowest_p(n: int, *, n_tests: int = 1) -> float:
    """Return the lowest p value that `sign_flip_p` of ``n`` pairs can have, adjusted by `holm`.

    This is ``n_tests * 2 / 2^n``, at most 1, which a test has if all differences have one sign.

    Args:
        n: Number of pairs of each test.
        n_tests: Number of tests in the family.
    """
    return min(1.0, n_tests * 2.0 ** (1 - n))


def fewest_pairs(*, n_tests: int = 1, level: float = LEVEL) -> int:
    """Return the fewest pairs of each test for which `lowest_p` is at most a level.

    Args:
        n_tests: Number of tests in the family over which p values are adjusted.
        level: The level, such as 0.05.
    """
    return math.ceil(math.log2(2 * n_tests / level))


def too_few_pairs(n: int, *, n_tests: int, of: str = "seed") -> str:
    """Return a remark if ``n`` pairs are too few for any p value to reach `LEVEL`, or else ``""``.

    Args:
        n: Number of pairs of each test.
        n_tests: Number of tests in the family over which p values are adjusted.
        of: Noun that the remark uses for the unit of a pair: ``seed`` or ``replicate``.
    """
    lowest = lowest_p(n, n_tests=n_tests)
    if lowest <= LEVEL:
        return ""
    family = f", adjusted over {n_tests} contrasts," if n_tests > 1 else ""
    fewest = fewest_pairs(n_tests=n_tests)
    return (
        f"with {n} {of}{'' if n == 1 else 's'}, p{family} cannot be less than {lowest:.3g}, "
        f"however clear the difference; {LEVEL:g} takes {fewest} {of}s or more"
    )


def t_p(distance: float, *, standard_error: float, freedom: float) -> float:
    """Return the two-sided p value of Student's test of an estimate against a border.

    The p value is the level at which the interval of the estimate just reaches the border, which
    is the value under the null hypothesis.

    Args:
        distance: Distance between estimate and border, of either sign.
        standard_error: Standard error of the estimate; 0 where all values were equal.
        freedom: Degrees of freedom of the standard error.

    Returns:
        The p value; NaN if the distance or the standard error is NaN.
    """
    if math.isnan(distance) or math.isnan(standard_error):
        return math.nan
    if standard_error == 0:
        return 1.0 if distance == 0 else 0.0
    return 2 * float(stdtr(freedom, -abs(distance) / standard_error))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for multiple tests by Holm's method.

    The k-th smallest of m p values is multiplied by ``m - k + 1``, made no less than the adjusted
    p value before it, and capped at 1. Rejecting at an adjusted p of at most 0.05 makes an error
    in at most one of 20 families, however the p values depend on one another.

    Args:
        p_values: p values of one family, declared beforehand; NaN stays NaN and is not counted.

    Returns:
        The adjusted p values, in the order of ``p_values``.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6.
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for k, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - k) * p))
        adjusted[place] = highest
    return adjusted


def seeds_to_resolve(
    distance: float, *, std: float, level: float = 1 - CONFIDENCE, power: float = POWER
) -> int | None:
    """Count the seeds at which a paired t test would distinguish a mean from a border.

    Args:
        distance: Assumed distance between the true mean and the border, which is the mean under
            the null hypothesis; for example, the observed distance.
        std: Assumed standard deviation of the values, such as the observed one.
        level: Level of the two-sided test.
        power: Probability with which the test is to reject.

    Returns:
        The smallest such number, at least 2; None if `MOST_SEEDS` do not suffice, if the distance
        is 0, or if the distance or the standard deviation is NaN.
    """
    if math.isnan(distance) or math.isnan(std) or distance == 0:
        return None
    if std == 0:
        return 2
    effect = abs(distance) / std
    if _power(MOST_SEEDS, effect, level) < power:
        return None
    too_few, enough = 1, MOST_SEEDS
    while enough - too_few > 1:  # power grows with the number of seeds
        between = (too_few + enough) // 2
        if _power(between, effect, level) < power:
            too_few = between
        else:
            enough = between
    return enough


def _power(n: int, effect: float, level: float) -> float:
    """Return the power of a two-sided t test of n values, neglecting the far tail.

    Args:
        n: Number of values, at least 2.
        effect: Distance between the true mean and the mean under the null hypothesis, in standard
            deviations of the values.
        level: Level of the test.
    """
    quantile = float(stdtrit(n - 1, 1 - level / 2))
    # Beyond 30 standard errors the power is 1, and scipy's noncentral t may be inaccurate.
    away = min(effect * math.sqrt(n), 30.0)
    return 1 - float(nctdtr(n - 1, away, quantile))
