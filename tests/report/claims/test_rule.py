"""Verdicts must follow from effect, region and number of values alone, as worked out by hand."""

import dataclasses
import math

import numpy as np
import pytest

from ffnn_lab.report.claims.region import Region
from ffnn_lab.report.claims.rule import (
    CONTRADICTED,
    FEWEST,
    INCONCLUSIVE,
    ONE_TUNING,
    SUPPORTED,
    Effect,
    judge,
)
from ffnn_lab.report.statistics import mean_interval

ABOVE, BELOW, WITHIN = Region.above(0.1), Region.below(-0.1), Region.within(0.1)


def effect(mean: float, half: float, *, n: int = 10) -> Effect:
    """Build an effect whose 95% interval is ``mean`` -+ ``half``, or 2.2622 standard errors."""
    return Effect("it", mean, half / 2.262157, freedom=9, n=n, plus=("a",))


@pytest.mark.parametrize(
    ("region", "mean", "half", "verdict"),
    [
        (ABOVE, 0.5, 0.3, SUPPORTED),
        (ABOVE, 0.5, 0.5, INCONCLUSIVE),  # above 0, but perhaps not above the margin
        (ABOVE, 0.0, 0.05, CONTRADICTED),
        (ABOVE, 0.05, 0.02, CONTRADICTED),  # an effect, but smaller than the margin
        (ABOVE, -0.5, 0.3, CONTRADICTED),
        (BELOW, -0.5, 0.3, SUPPORTED),
        (BELOW, -0.2, 0.3, INCONCLUSIVE),
        (BELOW, 0.0, 0.05, CONTRADICTED),
        (WITHIN, 0.02, 0.05, SUPPORTED),
        (WITHIN, 0.02, 0.1, INCONCLUSIVE),
        (WITHIN, 0.5, 0.1, CONTRADICTED),
        (WITHIN, -0.5, 0.1, CONTRADICTED),
    ],
)
def test_one_effect_is_judged_by_its_interval(
    region: Region, mean: float, half: float, verdict: str
) -> None:
    (finding,) = judge(region, [effect(mean, half)])
    assert finding.verdict == verdict
    interval = finding.effect.interval
    assert (interval.low, interval.high) == pytest.approx((mean - half, mean + half), abs=1e-6)


def test_the_interval_of_values_is_the_t_interval() -> None:
    values = [0.1, 0.4, 0.2, 0.3, 0.25]
    interval, expected = Effect.of_values("it", values, plus=[]).interval, mean_interval(values)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert (interval.mean, interval.n) == (expected.mean, expected.n)


def test_several_effects_must_pass_holm() -> None:
    """0.5 -+ 0.38 alone is above 0.1 (p = 0.041), but not as the better of two effects (0.082)."""
    alone = judge(ABOVE, [effect(0.5, 0.38)])
    beside = judge(ABOVE, [effect(0.5, 0.38), effect(0.2, 0.5)])
    assert alone[0].verdict == SUPPORTED
    assert beside[0].verdict == INCONCLUSIVE
    assert beside[0].p_holm == pytest.approx(2 * beside[0].p)


@pytest.mark.parametrize(
    ("region", "value", "verdict"),
    [
        (ABOVE, 0.9, SUPPORTED),  # at least 0.9 - 0.168 * 1.9 = 0.58
        (ABOVE, 0.0, INCONCLUSIVE),  # at most 0.17
        (Region.above(0.2), 0.0, CONTRADICTED),
        (BELOW, 0.0, INCONCLUSIVE),
        (WITHIN, 0.0, INCONCLUSIVE),
        (Region.within(0.2), 0.0, SUPPORTED),
        (ABOVE, 0.1, INCONCLUSIVE),  # on the border of the region
    ],
)
def test_twenty_equal_values_say_what_is_exact(region: Region, value: float, verdict: str) -> None:
    """All values are equal, and possible values range from -1 to 1.

    A new value differs with a probability of at most 1 - 0.025^(1/20) = 0.168.
    """
    (finding,) = judge(region, [Effect.of_values("it", [value] * 20, plus=[])])
    assert finding.verdict == verdict
    low, high = (value - 0.168 * (value + 1), value + 0.168 * (1 - value))
    interval = finding.effect.interval
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-3)


def test_six_zeros_are_no_proof() -> None:
    """A mean error of 0.5% would show as six draws of 0, as here, 97 times in 100."""
    effect = Effect.of_values("it", [0.0] * 6, plus=[], span=(0.0, 1.0))
    (finding,) = judge(Region.below(0.005), [effect])
    assert finding.verdict == INCONCLUSIVE
    assert finding.p == 1.0  # twice 0.97, but at most 1
    # 0.995^n is at most 0.025 from n = 736 on: log(0.025) / log(0.995) = 735.9.
    assert finding.n_to_settle == 736
    assert effect.interval.high == pytest.approx(1 - 0.025 ** (1 / 6))


def test_equal_values_without_ends_are_judged_by_the_sign_test() -> None:
    """Ten values of ten inside the region have p = 2 / 2^10 against either border.

    Five of five are too few (p = 0.0625).
    """
    ends = (-math.inf, math.inf)
    ten, five = (Effect.of_values("it", [0.0] * n, plus=[], span=ends) for n in (10, 5))
    (finding,) = judge(WITHIN, [ten])
    assert finding.verdict == SUPPORTED
    assert finding.p == pytest.approx(2**-9)
    assert math.isnan(ten.interval.low)
    (finding,) = judge(WITHIN, [five])
    assert (finding.verdict, finding.n_to_settle) == (INCONCLUSIVE, 6)


def test_fewer_values_than_five_settle_nothing() -> None:
    (finding,) = judge(ABOVE, [effect(0.5, 0.01, n=FEWEST - 1)])
    assert (finding.verdict, finding.n_to_settle) == (INCONCLUSIVE, FEWEST)


def test_one_tuning_is_no_verdict_whatever_its_interval() -> None:
    """An effect of one tuning counts in no family: the other effect is judged as if alone."""
    one = dataclasses.replace(effect(0.5, 0.01), is_one_tuning=True)
    findings = judge(ABOVE, [one, effect(0.5, 0.38)])
    assert [each.verdict for each in findings] == [ONE_TUNING, SUPPORTED]
    assert math.isnan(findings[0].p)
    assert findings[0].n_to_settle is None
    assert findings[0].effect.interval.low == pytest.approx(0.49)


def test_one_value_or_none_settles_nothing() -> None:
    for values in ([0.4], []):
        (finding,) = judge(ABOVE, [Effect.of_values("it", values, plus=[])])
        assert finding.verdict == INCONCLUSIVE
        assert math.isnan(finding.p)
        assert finding.n_to_settle is None


def test_so_many_values_do_settle_it() -> None:
    """A mean of 0.3 with deviation 0.5 is 0.4 deviations above the margin: 52 values settle it."""
    unit = [1.0, -1.0] * 5
    deviation = float(np.std(unit, ddof=1))
    values = [0.3 + 0.5 * each / deviation for each in unit]
    (finding,) = judge(ABOVE, [Effect.of_values("it", values, plus=[])])
    assert finding.verdict == INCONCLUSIVE
    assert finding.n_to_settle == 52  # G*Power: d = 0.4, two-sided 0.05, power 0.8


def test_a_wrong_verdict_is_given_once_in_twenty_families() -> None:
    """On the border of a region neither verdict is right, and at most 5% of families may get one.

    There are 2000 families of six effects. Four standard errors of 0.05 are 0.0195.
    """
    draws = np.random.default_rng(0).normal(0.1, 0.3, (2000, 6, 10))
    n_settled = 0
    for family in draws.tolist():
        effects = [Effect.of_values("it", values, plus=[]) for values in family]
        settled = [each.p_holm <= 0.05 for each in judge(ABOVE, effects)]
        n_settled += any(settled)
    assert n_settled / 2000 <= 0.05 + 0.0195
