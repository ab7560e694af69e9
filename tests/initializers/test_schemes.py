"""Every initializer equals torch's, has its formula's variance, and scales a common base draw."""

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from ffnn_lab.config import InitializerConfig
from ffnn_lab.initializers import INITIALIZERS as OPTIONS
from ffnn_lab.initializers import initialize
from ffnn_lab.seeds import torch_seed
from ffnn_lab.tasks.data.task import Task
from tests.catalog import BIAS_INITIALIZERS, INITIALIZERS
from tests.support.builders import make_population, make_run

SHAPES = [(1, 1), (5, 9), (9, 5), (64, 64), (64, 10), (33, 127)]
"""Pairs (fan_in, fan_out): wide and tall, odd and even, and both fewer and more than 16 numbers,
since torch draws fewer than 16 normal numbers in another way."""

RANDOM = [name for name, row in INITIALIZERS.items() if row.breaks_symmetry]
FAMILIES = {
    "uniform": [name for name in RANDOM if name.endswith("uniform") or name == "torch"],
    "normal": [name for name in RANDOM if name.endswith("normal")],
}


def _draw(
    config: InitializerConfig,
    *,
    fan_in: int,
    fan_out: int,
    seed: int = 0,
    layer: int = 0,
    is_bias: bool = False,
) -> Tensor:
    return initialize(
        config, seed=seed, layer=layer, fan_in=fan_in, fan_out=fan_out, is_bias=is_bias
    )


def test_those_that_serve_a_bias_are_tested_with_one() -> None:
    assert list(OPTIONS) == list(INITIALIZERS)
    assert [name for name, each in OPTIONS.items() if each.serves_bias] == list(BIAS_INITIALIZERS)


# --- weights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_weight_equals_torch(name: str, fan_in: int, fan_out: int) -> None:
    row = INITIALIZERS[name]
    for seed in (0, 3):
        for layer in (0, 2):
            config = dataclasses.replace(row.config, gain=0.7)
            ours = _draw(config, seed=seed, layer=layer, fan_in=fan_in, fan_out=fan_out)
            rng = torch.Generator().manual_seed(torch_seed(seed, "init", layer, 0))
            theirs = torch.empty(fan_out, fan_in, dtype=torch.float64)
            row.fill_(theirs, row.config, fan_in, rng)
            torch.testing.assert_close(ours, 0.7 * theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_population_holds_torch_s_draw_of_each_member_and_layer(name: str, blobs: Task) -> None:
    """Fans are those of a layer, not of the stacked tensor, which torch takes for a kernel."""
    row = INITIALIZERS[name]
    changes = {"model.widths": [40, 7]}
    configs = [make_run(changes, seed=seed, initializer=row.config) for seed in range(8)]
    population = make_population(configs, blobs)
    for m, config in enumerate(configs):
        for layer, (fan_in, fan_out) in enumerate([(5, 40), (40, 7), (7, 3)]):
            rng = torch.Generator().manual_seed(torch_seed(config.seed, "init", layer, 0))
            expected = torch.empty(fan_out, fan_in, dtype=torch.float64)
            row.fill_(expected, row.config, fan_in, rng)
            weight = population.params[2 * layer][m, :fan_out, :fan_in]
            torch.testing.assert_close(weight.detach(), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize(("fan_in", "fan_out"), [(64, 200), (200, 64), (128, 128)])
def test_variance_is_that_of_the_formula(name: str, fan_in: int, fan_out: int) -> None:
    """Mean and mean square over n = 10 x fan_in x fan_out entries, which are at least 128,000.

    The mean square of n normal numbers has a relative standard deviation of sqrt(2 / n), at most
    0.4 %. For uniform numbers it is sqrt(0.8 / n), and for orthonormal vectors 0. The mean has a
    standard deviation of sigma / sqrt(n). Five standard deviations are allowed.
    """
    row = INITIALIZERS[name]
    weights = torch.stack(
        [_draw(row.config, seed=seed, fan_in=fan_in, fan_out=fan_out) for seed in range(10)]
    )
    variance, n = row.variance(fan_in, fan_out), weights.numel()
    assert weights.square().mean().item() == pytest.approx(variance, rel=5 * math.sqrt(2 / n))
    assert abs(weights.mean().item()) < 5 * math.sqrt(variance / n)


@pytest.mark.parametrize("name", FAMILIES["uniform"])
def test_uniform_weights_fill_their_interval_and_no_more(name: str) -> None:
    """The limit of the interval is sqrt(3 x variance).

    The largest of 10,000 numbers comes within 1 % of the limit, except with a probability of
    (1 - 0.005)^10,000.
    """
    row = INITIALIZERS[name]
    weights = _draw(row.config, fan_in=100, fan_out=100)
    limit = math.sqrt(3 * row.variance(100, 100))
    assert 0.99 * limit < weights.max().item() <= limit * (1 + 1e-15)
    assert -limit * (1 + 1e-15) <= weights.min().item() < -0.99 * limit


@pytest.mark.parametrize("name", FAMILIES["normal"])
def test_normal_weights_have_the_tails_of_a_normal(name: str) -> None:
    """A share of 0.0455 of normal numbers lies beyond two sigma.

    Over 40,000 numbers the share has a standard deviation of 0.00104; five are allowed.
    """
    row = INITIALIZERS[name]
    weights = _draw(row.config, fan_in=200, fan_out=200)
    sigma = math.sqrt(row.variance(200, 200))
    share = (weights.abs() > 2 * sigma).double().mean().item()
    assert share == pytest.approx(0.0455, abs=5 * 0.00104)


# --- biases ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BIAS_INITIALIZERS)
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_bias_equals_torch(name: str, fan_in: int, fan_out: int) -> None:
    row = BIAS_INITIALIZERS[name]
    config = dataclasses.replace(row.config, gain=0.7)
    ours = _draw(config, seed=4, layer=1, fan_in=fan_in, fan_out=fan_out, is_bias=True)
    theirs = torch.empty(fan_out, dtype=torch.float64)
    rng = torch.Generator().manual_seed(torch_seed(4, "init", 1, 1))
    row.fill_(theirs, row.config, fan_in, rng)
    torch.testing.assert_close(ours, 0.7 * theirs, rtol=1e-12, atol=1e-14)


# --- base draws ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RANDOM)
def test_draws_differ_by_seed_layer_and_part(name: str) -> None:
    config = INITIALIZERS[name].config
    draws = [
        _draw(config, seed=seed, layer=layer, fan_in=6, fan_out=4)
        for seed, layer in ((0, 0), (1, 0), (0, 1))
    ]
    assert len({tuple(draw.flatten().tolist()) for draw in draws}) == 3


def test_weights_and_biases_have_base_draws_of_their_own() -> None:
    config = INITIALIZERS["normal"].config
    weight = _draw(config, fan_in=1, fan_out=20)
    bias = _draw(config, fan_in=1, fan_out=20, is_bias=True)
    assert not torch.equal(weight.flatten(), bias)


@pytest.mark.parametrize("family", FAMILIES)
def test_schemes_of_one_family_scale_one_base_draw(family: str) -> None:
    """Schemes are compared on the same base draw, so that their differences are paired."""
    draws = []
    for name in FAMILIES[family]:
        row = INITIALIZERS[name]
        weights = _draw(row.config, fan_in=12, fan_out=7)
        draws.append(weights / math.sqrt(row.variance(12, 7)))
    assert len(draws) >= 4
    for draw in draws[1:]:
        torch.testing.assert_close(draw, draws[0], rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_gain_of_zero_gives_zeros(name: str) -> None:
    config = dataclasses.replace(INITIALIZERS[name].config, gain=0.0)
    assert not _draw(config, fan_in=6, fan_out=4).any()


def test_draws_leave_torch_s_global_generator_alone() -> None:
    before = torch.get_rng_state()
    for row in INITIALIZERS.values():
        _draw(row.config, fan_in=6, fan_out=4)
    assert torch.equal(torch.get_rng_state(), before)
