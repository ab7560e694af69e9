"""The rule that turns an effect into a verdict: the same for all claims, declared before the runs.

A claim asserts that an effect lies in a region: above a margin, below a margin, or nearer to 0
than a margin. The verdict is supported if the interval of the effect lies wholly inside the
region, contradicted if it lies wholly outside, and inconclusive if it contains an end of the
region. Differences smaller than the margin count as no difference; so a difference that is real
but negligible contradicts a claim that there is a relevant difference.

If a claim has several effects in one sweep, their p values are adjusted by Holm's method, so that
the chance of any wrong verdict among them is at most 5%. The interval that is shown is the 95%
interval without this adjustment, which may exclude an end of the region although the adjusted
verdict is inconclusive.

An effect of tuned methods that comes from one tuning has the verdict ``one tuning``: its interval
is over seeds of the one setting that was chosen, and does not cover the settings that another
tuning would have chosen.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from ffnn_lab.report.claims.region import Region
from ffnn_lab.report.statistics import (
    CONFIDENCE,
    Interval,
    are_tied,
    holm,
    median_p,
    sample_std,
    seeds_to_resolve,
    t_p,
    tied_interval,
    tied_p,
    tied_value,
    tied_values_to_resolve,
)

SUPPORTED, CONTRADICTED, INCONCLUSIVE = "supported", "contradicted", "inconclusive"
ONE_TUNING, NOT_APPLICABLE, NOT_RUN = "one tuning", "not applicable", "not run"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, ONE_TUNING, NOT_APPLICABLE, NOT_RUN)
FEWEST = 5
"""Fewest values with which an effect can be supported or contradicted."""


@dataclass(frozen=True)
class Effect:
    """The quantity of a claim, estimated from one sweep."""

    what: str
    """Name of the comparison, e.g. ``adam - sgd``."""
    estimate: float
    standard_error: float
    freedom: float
    """Degrees of freedom of the standard error."""
    n: int
    """Number of values from which the effect is estimated."""
    plus: tuple[str, ...]
    """The ids of the runs that enter with a plus sign."""
    minus: tuple[str, ...] = ()
    """The ids of the runs that enter with a minus sign."""
    of: str = "seeds"
    """The unit that ``n`` counts: ``seeds``, ``replicates``, ``draws`` or ``settings``."""
    values: tuple[float, ...] = ()
    """The values, if the estimate is their mean; otherwise empty."""
    span: tuple[float, float] = (-1.0, 1.0)
    """The lowest and the highest value that is possible; they may be infinite."""
    is_one_tuning: bool = False
    """True if a single tuning chose the settings that the effect compares."""
    remark: str = ""
    """A remark that a reader needs beside the effect."""

    @classmethod
    def of_values(
        cls,
        what: str,
        values: Sequence[float],
        *,
        plus: Sequence[str],
        minus: Sequence[str] = (),
        of: str = "seeds",
        span: tuple[float, float] = (-1.0, 1.0),
    ) -> "Effect":
        """Return the effect whose estimate is the mean of its values.

        Args:
            what: Name of the comparison.
            values: The values, one per unit ``of``.
            plus: The ids of the runs that enter with a plus sign.
            minus: The ids of the runs that enter with a minus sign.
            of: The unit of a value: ``seeds``, ``replicates``, ``draws`` or ``settings``.
            span: The lowest and the highest value that is possible; they may be infinite.
        """
        n = len(values)
        return cls(
            what=what,
            estimate=float(np.mean(values)) if n else math.nan,
            standard_error=sample_std(values) / math.sqrt(max(n, 1)),
            freedom=max(n - 1, 1),
            n=n,
            plus=tuple(plus),
            minus=tuple(minus),
            of=of,
            values=tuple(values),
            span=span,
        )

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The ids of the runs from which the effect is computed, each once."""
        return tuple(dict.fromkeys((*self.plus, *self.minus)))

    @property
    def net_runs(self) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of ``plus`` and of ``minus``, without the runs that are in both and cancel."""
        plus, minus = Counter(self.plus), Counter(self.minus)
        return frozenset((plus - minus).elements()), frozenset((minus - plus).elements())

    @property
    def is_of_itself(self) -> bool:
        """Return True if all runs cancel, so that the effect compares runs with themselves."""
        return not any(self.net_runs)

    @property
    def is_tied(self) -> bool:
        """Return True if more than half of the values are equal, so that no t interval holds."""
        return are_tied(self.values)

    @property
    def is_bounded(self) -> bool:
        """Return True if both ends of ``span`` are finite."""
        return all(math.isfinite(end) for end in self.span)

    @property
    def interval(self) -> Interval:
        """The 95% interval, not adjusted for several effects.

        It is Student's, or the exact interval of `tied_interval` for tied values. Tied values
        whose span is infinite have no interval: its ends are NaN.
        """
        if self.is_tied and self.is_bounded:
            return tied_interval(self.values, low=self.span[0], high=self.span[1])
        quantile = float(stdtrit(self.freedom, (1 + CONFIDENCE) / 2))
        half = math.nan if self.is_tied else quantile * self.standard_error
        return Interval(self.estimate, self.estimate - half, self.estimate + half, self.n)

    def p(self, region: Region) -> float:
        """Test the effect against the end of a region that its interval reaches first.

        Returns:
            The two-sided p value of Student's test; for tied values of the exact test `tied_p`, or
            of the sign test if the span of the values is infinite.
        """
        if not self.is_tied:
            distance = region.distance(self.estimate)
            return t_p(distance, standard_error=self.standard_error, freedom=self.freedom)
        if not self.is_bounded:
            return max(median_p(self.values, border=end) for end in region.ends)
        low, high = self.span
        return max(tied_p(self.values, border=end, low=low, high=high) for end in region.ends)

    def n_to_settle(self, region: Region, *, level: float) -> int | None:
        """Count the values at which the test of `p` would reach a level.

        Args:
            region: The region that is claimed.
            level: Level of the test.

        Returns:
            The number, if estimate and spread do not change; None if it is too large to be of use,
            or unknown.
        """
        if not self.is_tied:
            std = self.standard_error * math.sqrt(self.n)
            return seeds_to_resolve(region.distance(self.estimate), std=std, level=level)
        if not self.is_bounded:
            differ = tied_value(self.values)[1] > 0
            return None if differ else math.ceil(math.log2(2 / level))
        low, high = self.span
        needed = [
            tied_values_to_resolve(self.values, border=end, low=low, high=high, level=level)
            for end in region.ends
        ]
        known = [each for each in needed if each is not None]
        return max(known) if len(known) == len(needed) else None


@dataclass(frozen=True)
class Finding:
    """An effect with its verdict."""

    effect: Effect
    p: float
    """p value of the test against the nearest end of the region; NaN if there is no verdict."""
    p_holm: float
    verdict: str
    n_to_settle: int | None
    """Number of values at which an inconclusive verdict would change with probability 0.8, if
    estimate and spread do not change; None if the number is too large to be of use, or the verdict
    is not inconclusive."""


def judge(region: Region, effects: Sequence[Effect]) -> list[Finding]:
    """Return the verdict on each of a claim's effects in one sweep.

    Args:
        region: The region in which the effects lie if the claim is true.
        effects: The family of effects over which p values are adjusted. Effects of one tuning have
            no p value.

    Returns:
        A finding for each effect, in the same order.
    """
    p_values = [math.nan if each.is_one_tuning else each.p(region) for each in effects]
    adjusted = holm(p_values)
    level = (1 - CONFIDENCE) / max(1, sum(not each.is_one_tuning for each in effects))
    return [
        _finding(region, effect, p, p_holm, level)
        for effect, p, p_holm in zip(effects, p_values, adjusted, strict=True)
    ]


def _finding(region: Region, effect: Effect, p: float, p_holm: float, level: float) -> Finding:
    if effect.is_one_tuning:
        return Finding(effect, p, p_holm, ONE_TUNING, None)
    if effect.n >= FEWEST and p_holm <= 1 - CONFIDENCE:
        side = SUPPORTED if region.has(effect.estimate) else CONTRADICTED
        return Finding(effect, p, p_holm, side, None)
    needed = effect.n_to_settle(region, level=level)
    needed = None if needed is None else max(needed, FEWEST)
    return Finding(effect, p, p_holm, INCONCLUSIVE, needed)
