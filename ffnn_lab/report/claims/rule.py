"""From an effect to a verdict: one rule for every claim, declared before the runs.

A claim says in which region an effect lies: above a margin, below one, or within it. The verdict
is supported where the interval of the effect lies wholly inside the region, contradicted where it
lies wholly outside, inconclusive where it holds a border. The margin is the size below which a
difference is taken for none; so a difference that is real but negligible contradicts a claim that
there is one worth speaking of.

Of the several effects of one claim on one sweep each gets its verdict at Holm's level, so that the
chance of any wrong one among them is at most 5%. The interval that is shown is the plain 95% one,
which may exclude a border that Holm's does not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from ffnn_lab.report.claims.region import Region
from ffnn_lab.report.statistics import (
    CONFIDENCE,
    Interval,
    holm,
    sample_std,
    seeds_to_resolve,
    t_p,
)

SUPPORTED, CONTRADICTED, INCONCLUSIVE = "supported", "contradicted", "inconclusive"
NOT_RUN = "not run"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_RUN)
FEWEST = 5
"""Values with which a verdict may begin: equal ones, of which there is little choice where errors
are counts, would else settle anything."""


@dataclass(frozen=True)
class Effect:
    """A number that a claim is about, as one sweep shows it."""

    what: str
    """Between whom, e.g. ``adam - sgd``."""
    estimate: float
    standard_error: float
    freedom: float
    """Degrees of freedom of the standard error."""
    n: int
    """Values behind it."""
    run_ids: tuple[str, ...]
    of: str = "seeds"
    """What there are ``n`` of."""

    @classmethod
    def of_values(
        cls, what: str, values: Sequence[float], *, run_ids: Sequence[str], of: str = "seeds"
    ) -> "Effect":
        """Take the mean of one value per seed, or whatever there are ``n`` of."""
        n = len(values)
        return cls(
            what=what,
            estimate=float(np.mean(values)) if n else math.nan,
            standard_error=sample_std(values) / math.sqrt(max(n, 1)),
            freedom=max(n - 1, 1),
            n=n,
            run_ids=tuple(run_ids),
            of=of,
        )

    @property
    def interval(self) -> Interval:
        """The t interval, at 95% and not adjusted."""
        half = float(stdtrit(self.freedom, (1 + CONFIDENCE) / 2)) * self.standard_error
        return Interval(self.estimate, self.estimate - half, self.estimate + half, self.n)


@dataclass(frozen=True)
class Finding:
    """An effect with its verdict."""

    effect: Effect
    p: float
    """Of the t test against the nearest end of the region."""
    p_holm: float
    verdict: str
    n_to_settle: int | None
    """Values at which an inconclusive verdict would be another with probability 0.8, if estimate
    and spread stay as they are; None if that takes more than anyone has, or none is needed."""


def judge(region: Region, effects: Sequence[Effect]) -> list[Finding]:
    """Give each of a claim's effects on one sweep its verdict.

    Args:
        region: What the claim asserts.
        effects: One family, over which p values are adjusted.
    """
    p_values = [
        t_p(region.distance(e.estimate), standard_error=e.standard_error, freedom=e.freedom)
        for e in effects
    ]
    adjusted = holm(p_values)
    level = (1 - CONFIDENCE) / max(1, len(effects))
    findings = []
    for effect, p, p_holm in zip(effects, p_values, adjusted, strict=True):
        is_settled = effect.n >= FEWEST and p_holm <= 1 - CONFIDENCE
        side = SUPPORTED if region.has(effect.estimate) else CONTRADICTED
        needed = seeds_to_resolve(
            region.distance(effect.estimate),
            std=effect.standard_error * math.sqrt(effect.n),
            level=level,
        )
        findings.append(
            Finding(
                effect=effect,
                p=p,
                p_holm=p_holm,
                verdict=side if is_settled else INCONCLUSIVE,
                n_to_settle=None if is_settled or needed is None else max(needed, FEWEST),
            )
        )
    return findings
