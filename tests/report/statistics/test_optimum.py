"""The optimum of an axis must be exact for a parabola, and covered if it is inside the range.

Simulated replicates have 24 settings drawn over four decades. The optimum varies between
replicates by 0.15 decades. Seeds move the logarithm of the error in either direction, other axes
only upward.
"""

import math

import numpy as np
import pytest

from ffnn_lab.report.statistics import optimum_over_replicates, vertex_of
from ffnn_lab.report.statistics.optimum import AT_EDGE, INSIDE, UNCLEAR, Vertex

LOW, HIGH = 1e-4, 1.0
N = 300


def bowl(values: list[float], *, best: float) -> list[float]:
    return [0.02 * math.exp(0.8 * math.log10(value / best) ** 2) for value in values]


def replicate(rng: np.random.Generator, *, best: float, noise: float) -> Vertex:
    """Draw a replicate's settings and fit its optimum; optima vary about ``best``, in log10."""
    places = rng.uniform(-4, 0, 24)
    distance = places - best - rng.normal(0, 0.15)
    logs = 0.8 * distance**2 + rng.normal(0, noise, 24) + rng.exponential(3 * noise, 24)
    errors = np.minimum(0.02 * np.exp(logs), 0.9)
    return vertex_of((10**places).tolist(), errors.tolist(), low=LOW, high=HIGH)


@pytest.mark.parametrize("best", [3e-3, 0.02, 0.5])
def test_the_vertex_of_a_parabola_is_found(best: float) -> None:
    values = np.geomspace(LOW, HIGH, 13).tolist()
    vertex = vertex_of(values, bowl(values, best=best), low=LOW, high=HIGH)
    assert vertex.status == INSIDE
    assert vertex.value == pytest.approx(best)


@pytest.mark.parametrize("best", [1e-5, 3.0])
def test_a_vertex_beyond_the_range_is_at_the_edge(best: float) -> None:
    values = np.geomspace(LOW, HIGH, 13).tolist()
    vertex = vertex_of(values, bowl(values, best=best), low=LOW, high=HIGH)
    assert vertex.status == AT_EDGE
    assert math.isnan(vertex.value)


def test_settings_that_diverged_do_not_move_the_vertex() -> None:
    """Five of twelve settings are at chance or have no number; only the best half is fitted."""
    values = np.geomspace(LOW, HIGH, 12).tolist()
    errors = bowl(values, best=1e-3)
    errors[7:] = [0.9, 0.9, math.inf, math.nan, 0.9]
    vertex = vertex_of(values, errors, low=LOW, high=HIGH)
    assert vertex.value == pytest.approx(1e-3)


def test_an_order_of_settings_moves_nothing() -> None:
    values = np.geomspace(LOW, HIGH, 13).tolist()
    errors = (np.array(bowl(values, best=0.01)) * np.linspace(1, 1.2, 13)).tolist()
    vertex = vertex_of(values, errors, low=LOW, high=HIGH)
    turned = vertex_of(values[::-1], errors[::-1], low=LOW, high=HIGH)
    assert turned.value == pytest.approx(vertex.value)


def test_an_error_of_0_counts_as_half_of_the_lowest_other() -> None:
    values = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
    errors = [0.4, 0.2, 0.0, 0.1, 0.2, 0.4]
    halved = [0.4, 0.2, 0.05, 0.1, 0.2, 0.4]
    found, expected = (vertex_of(values, each, low=LOW, high=HIGH) for each in (errors, halved))
    assert found == expected


@pytest.mark.parametrize(
    "errors",
    [
        [0.5, 0.4, 0.3, 0.4, 0.5],
        [0.1, 0.2, 0.3, 0.3, 0.2, 0.1],
        [0.2] * 6,
        [0.0] * 6,
        [math.inf, 0.5, 0.4, 0.3, 0.4, 0.5],
    ],
    ids=["too few", "opens downward", "equal", "all 0", "too few that are finite"],
)
def test_where_there_is_no_vertex_it_is_unclear(errors: list[float]) -> None:
    values = np.geomspace(LOW, HIGH, len(errors)).tolist()
    vertex = vertex_of(values, errors, low=LOW, high=HIGH)
    assert vertex.status == UNCLEAR
    assert math.isnan(vertex.value)


def test_settings_at_two_places_have_no_vertex() -> None:
    errors = [0.3, 0.2, 0.3, 0.2, 0.3, 0.2]
    assert vertex_of([0.1, 0.2] * 3, errors, low=LOW, high=HIGH).status == UNCLEAR


def test_each_value_needs_an_error() -> None:
    with pytest.raises(ValueError, match="got 2 values, 1 errors"):
        vertex_of([0.1, 0.2], [0.3], low=LOW, high=HIGH)


def test_values_are_positive() -> None:
    with pytest.raises(ValueError, match="each positive value needs its error"):
        vertex_of([0.1, 0.0], [0.3, 0.2], low=LOW, high=HIGH)


def inside(*values: float) -> list[Vertex]:
    return [Vertex(value, INSIDE) for value in values]


def test_the_interval_over_replicates_by_hand() -> None:
    """Optima at -1, -2 and -3 decades have mean -2 and deviation 1; t = 4.3027."""
    found = optimum_over_replicates(inside(0.1, 0.01, 0.001))
    half = 4.302652729911275 / math.sqrt(3)
    ends = 10 ** (-2 - half), 10 ** (-2 + half)
    assert found.interval.mean == pytest.approx(0.01)
    assert (found.interval.low, found.interval.high) == pytest.approx(ends)
    assert (found.interval.n, found.n_at_edge, found.n_unclear) == (3, 0, 0)


@pytest.mark.parametrize(("n_inside", "has_ends"), [(6, True), (5, False)])
def test_there_is_no_interval_where_more_than_a_quarter_are_outside(
    n_inside: int, *, has_ends: bool
) -> None:
    vertices = inside(*np.geomspace(0.01, 0.02, n_inside))
    outside = [Vertex(math.nan, AT_EDGE), Vertex(math.nan, UNCLEAR)]
    found = optimum_over_replicates([*vertices, *outside])
    assert (found.n_at_edge, found.n_unclear, found.interval.n) == (1, 1, n_inside)
    assert found.interval.mean == pytest.approx(math.sqrt(0.0002))
    assert math.isnan(found.interval.low) != has_ends
    assert math.isnan(found.interval.high) != has_ends


@pytest.mark.parametrize("vertices", [[], inside(0.1, 0.2)])
def test_too_few_replicates_have_no_interval(vertices: list[Vertex]) -> None:
    assert math.isnan(optimum_over_replicates(vertices).interval.low)


@pytest.mark.parametrize("best", [-2.0, -1.0])
@pytest.mark.parametrize("noise", [0.03, 0.1])
def test_an_optimum_inside_is_found_without_bias_and_covered(best: float, noise: float) -> None:
    """In 300 sweeps of 6 replicates, the interval covers and the mean optimum is unbiased.

    Four standard errors of a coverage of 0.95 make 0.0503; the bias may be 4 of its own standard
    errors. The interval is exact for normal vertices. Noise now and then puts a vertex far off,
    and then the interval is too wide.
    """
    rng = np.random.default_rng(0)
    vertices = [[replicate(rng, best=best, noise=noise) for _ in range(6)] for _ in range(N)]
    intervals = [optimum_over_replicates(each).interval for each in vertices]
    shown = [each for each in intervals if not math.isnan(each.low)]
    assert len(shown) > 0.9 * N
    covers = [each.low <= 10**best <= each.high for each in shown]
    assert float(np.mean(covers)) >= 0.95 - 0.0503
    means = np.log10([each.mean for each in shown])
    error = float(means.std(ddof=1)) / math.sqrt(len(means))
    assert float(means.mean()) == pytest.approx(best, abs=4 * error)


def test_an_optimum_near_the_edge_is_seldom_shown_and_missed() -> None:
    """If the optimum is 0.1 decades from the end, half of the 10 replicates see it beyond the end.

    If only the replicates with an optimum inside counted, the interval would miss in many sweeps.
    An interval that is shown and misses occurs in no more than 5 of 100 sweeps; 4 standard errors
    make 0.0503.
    """
    rng = np.random.default_rng(0)
    misses, would_miss = [], []
    for _ in range(N):
        vertices = [replicate(rng, best=-0.1, noise=0.1) for _ in range(10)]
        interval = optimum_over_replicates(vertices).interval
        misses.append(interval.high < 10**-0.1)
        kept = [each for each in vertices if each.status == INSIDE]
        would_miss.append(optimum_over_replicates(kept).interval.high < 10**-0.1)
    assert float(np.mean(misses)) <= 0.05 + 0.0503
    assert float(np.mean(would_miss)) > 0.2
