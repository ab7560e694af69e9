"""Components of variance of a nested design: splits, tunings in a split, seeds in a tuning."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtri

from ffnn_lab.report.statistics.intervals import CONFIDENCE, Interval, sample_std

FEWEST = 2
"""Fewest groups between which a variance can be estimated."""


@dataclass(frozen=True)
class Component:
    """The variance that one level of a nested design adds to a value."""

    name: str
    """Name of the level; confounded levels are merged into one, as in ``split + tuning``."""
    variance: float
    """The estimated variance. It is unbiased, and so below 0 in some samples where the true
    variance is small; NaN where there is a single group of the level."""
    freedom: int
    """Degrees of freedom of the level's mean square."""
    share: float
    """`truncated` divided by `Components.total`; NaN where the variance of any level is unknown or
    the total is 0."""

    @property
    def truncated(self) -> float:
        """The variance, or 0 where the estimate is negative."""
        return max(0.0, self.variance) if not math.isnan(self.variance) else math.nan


@dataclass(frozen=True)
class Components:
    """The components of a nested design, the outermost first."""

    parts: tuple[Component, ...]
    n: int
    """Number of values from which the components are estimated."""

    @property
    def total(self) -> float:
        """The estimated variance of a single value: the sum of all truncated components."""
        return sum(part.truncated for part in self.parts)

    def variance_of_mean(self, counts: Sequence[int]) -> float:
        """Compute the variance that the mean of a balanced design would have.

        The variance is ``v1 / c1 + v2 / (c1 c2) + ...`` for the truncated components ``v1``,
        ``v2``, ... and the counts ``c1``, ``c2``, .... It shows whether more replicates or more
        seeds per replicate would shorten an interval.

        Args:
            counts: Number of groups of each level within one group of the level above, the
                outermost level first: replicates, then seeds per replicate.

        Raises:
            ValueError: If there are not as many counts as components.
        """
        if len(counts) != len(self.parts):
            names = ", ".join(part.name for part in self.parts)
            msg = f"a mean needs one count for each of {names}; got {len(counts)}"
            raise ValueError(msg)
        products = np.cumprod(counts)
        return float(sum(p.truncated / c for p, c in zip(self.parts, products, strict=True)))


def variance_components(values: "pd.Series[float]") -> Components:
    """Estimate the components of variance of a nested design by the method of moments.

    Of ``N`` values, ``n_g`` are in group ``g`` and have the mean ``mean_g``. With ``T_l`` the sum
    of ``n_g * mean_g^2`` over the groups of level ``l``, the sum of squares between the groups of
    a level, within those of the level above, is ``T_l - T_(l-1)``, and ::

        E[T_l] = N mean^2 + sum over levels m of k(l, m) * variance_m
        k(l, m) = N for m <= l, else the sum over groups h of level m of n_h^2 / n_(its group of l)

    The equations are solved from the innermost level out. For a balanced design, this is the
    analysis of variance; it is unbiased for any numbers and any distribution.

    Estimates below 0 are kept: truncated at 0, they would be too large on average, over contrasts
    or sweeps. Shares are computed from truncated estimates, and so are biased.

    Args:
        values: One value per run, such as an arm's error or a paired difference. The levels of the
            index are the levels of the design, the outermost first; the innermost distinguishes
            the values of a group: ``(replicate, seed)``, or ``(split, tuning, seed)``. A label is
            unique within its group only: seed 0 of replicate 0 and seed 0 of replicate 1 are two
            seeds.

    Returns:
        The components, named after the levels. A level with a single group in every group of the
        level above is confounded with it, and the two are merged (each replicate of a sweep is
        one split and one tuning: ``split + tuning``). If the outermost level has a single group,
        the component of this level is NaN.

    Raises:
        ValueError: If there are no values, or two have the same index.

    Source:
        Henderson (1953), "Estimation of variance and covariance components", method 1; the
        coefficients for nested designs: Searle, Casella and McCulloch (1992), "Variance
        components", section 5.
    """
    if not len(values) or not values.index.is_unique:
        msg = "components need values, and each its own place in the design"
        raise ValueError(msg)
    names, groups = _levels(values.index)
    numbers = values.to_numpy(dtype=float)
    sizes = [np.bincount(each).astype(float) for each in groups]
    n_groups = [1, *(len(each) for each in sizes)]
    # Centered first: sums of large squares would cancel the digits of small variances.
    deviations = numbers - numbers.mean()
    sums = [
        float(np.sum(np.bincount(each, deviations) ** 2 / size))
        for each, size in zip(groups, sizes, strict=True)
    ]
    squares = np.diff([0.0, *sums])
    coefficients = _coefficients(groups, sizes)
    freedoms = np.diff(n_groups)
    variances: list[float] = [math.nan] * len(names)
    for level in reversed(range(len(names))):
        if freedoms[level] > 0:
            inner = sum(
                coefficients[level, m] * variances[m] for m in range(level + 1, len(names))
            )
            variances[level] = float(squares[level] - inner) / float(coefficients[level, level])
    total = sum(max(0.0, each) if not math.isnan(each) else math.nan for each in variances)
    shares = [max(0.0, each) / total if total > 0 else math.nan for each in variances]
    parts = (
        Component(name, variance, int(freedom), share)
        for name, variance, freedom, share in zip(names, variances, freedoms, shares, strict=True)
    )
    return Components(tuple(parts), len(values))


def replicate_share_interval(
    values: "pd.Series[float]", *, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the share of the variance that lies between replicates, with its interval.

    The share is the intraclass correlation of the seeds of a replicate. With ``F = h * s^2 / w``,
    ``s^2`` the sample variance of the replicate means, ``w`` the variance within replicates and
    ``h`` the harmonic mean of the numbers of seeds, the ends are ::

        r / (1 + r) with r = (F / f - 1) / h

    and ``f`` the quantiles of the F distribution. The interval is exact for normal values and
    equal numbers of seeds, and approximate for unequal numbers.

    Args:
        values: One value per run, indexed by ``(replicate, seed)``.
        confidence: The share of such intervals that cover the true share.

    Returns:
        The share of `variance_components` with its interval, whose ends are clipped at 0; ``n``
        counts replicates. The ends are NaN for fewer than two replicates, where no replicate has
        two seeds, and where the variance between seeds is not positive.

    Source:
        Thomas and Hultquist (1978), "Interval estimation for the unbalanced case of the one-way
        random effects model", Annals of Statistics 6.
    """
    found = variance_components(values)
    places, _ = pd.factorize(values.index.get_level_values(0))
    sizes = np.bincount(places)
    n = len(sizes)
    share, within = found.parts[0].share, found.parts[-1]
    if n < FEWEST or len(found.parts) < FEWEST or not within.variance > 0:
        return Interval(share, math.nan, math.nan, n)
    h = n / float(np.sum(1 / sizes))
    means = np.bincount(places, values.to_numpy(dtype=float)) / sizes
    ratio = h * sample_std(means.tolist()) ** 2 / within.variance
    tail = (1 - confidence) / 2
    quantiles = (float(fdtri(n - 1, within.freedom, each)) for each in (1 - tail, tail))
    ratios = (max(0.0, (ratio / each - 1) / h) for each in quantiles)
    low, high = (each / (1 + each) for each in ratios)
    return Interval(share, low, high, n)


def _levels(index: pd.Index) -> tuple[list[str], list[NDArray[np.intp]]]:
    """Return the levels of a design, where levels with the same groups are merged.

    Args:
        index: Index of the ``n`` values, a level of the design in each of its levels.

    Returns:
        The name of each level, and for each level the number of every value's group, ``(n,)``.
    """
    names: list[str] = []
    groups: list[NDArray[np.intp]] = []
    inside = np.zeros(len(index), dtype=np.intp)
    for depth in range(index.nlevels):
        labels, found = pd.factorize(index.get_level_values(depth))
        _, inside = np.unique(inside * (len(found) + 1) + labels, return_inverse=True)
        label = index.names[depth]
        name = str(label) if label is not None else f"level {depth + 1}"
        if groups and inside.max() == groups[-1].max():
            names[-1], groups[-1] = f"{names[-1]} + {name}", inside
        else:
            names.append(name)
            groups.append(inside)
    return names, groups


def _coefficients(
    groups: Sequence[NDArray[np.intp]], sizes: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Compute the coefficient of each level's variance in each expected sum of squares.

    Args:
        groups: For each level, the number of every value's group, ``(n,)``.
        sizes: For each level, the number of values in every group, ``(groups,)``.

    Returns:
        The coefficients, ``(levels, levels)``: one row per sum of squares, between the groups of a
        level within those of the level above, and one column per variance.
    """
    n_levels, n = len(groups), len(groups[0])
    k = np.full((n_levels + 1, n_levels), float(n))
    whole = [np.zeros(n, dtype=np.intp), *groups]
    counts = [np.array([float(n)]), *sizes]
    for level in range(n_levels):
        for inner in range(level, n_levels):
            # n_h^2 / n_g summed over groups h is n_h / n_g summed over values.
            share = sizes[inner][groups[inner]] / counts[level][whole[level]]
            k[level, inner] = float(np.sum(share))
    return np.diff(k, axis=0)
