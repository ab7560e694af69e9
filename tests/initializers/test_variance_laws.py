"""Two laws of the lecture: how fast activations shrink from layer to layer, at initialization.

Source:
    Glorot and Bengio (2010), section 4.2.1; He et al. (2015), section 2.2.
"""

import math

import pytest
import torch

from ffnn_lab.networks import MLP, forward_pass
from tests.catalog import INITIALIZERS
from tests.support.builders import make_run

WIDTH = 1024
N_LAYERS = 8
"""Number of factors that are averaged: hidden layers after the first."""
N_DEVIATIONS = 4
"""Standard deviations that a mean may be off: a draw exceeds four in one of 16,000 cases."""


def mean_log_factor(initializer: str, activation: str, scale: float, seed: int) -> float:
    """Return the mean logarithm of the factor by which a layer changes the activations' norm.

    Args:
        initializer: Name of the scheme; biases are zero.
        activation: Name of the activation.
        scale: Standard deviation of the inputs, which are normal.
        seed: The seed of weights and inputs.
    """
    sizes = (WIDTH,) * (N_LAYERS + 2)
    network = MLP((*sizes, 1), activation)
    row = torch.zeros(network.n_stored, dtype=torch.float64)
    network.start_(row, make_run(seed=seed, initializer=INITIALIZERS[initializer].config))
    rng = torch.Generator().manual_seed(seed)
    inputs = scale * torch.randn(1, 1, WIDTH, generator=rng, dtype=torch.float64)
    masks = [None] * network.n_layers
    active = forward_pass(network.views(row[None]), inputs, network, masks).active
    assert len(active) == N_LAYERS + 1
    first, last = active[0].square().sum().item(), active[-1].square().sum().item()
    return math.log(last / first) / 2 / N_LAYERS


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("initializer", "factor"), [("glorot_normal", 1 / math.sqrt(2)), ("he_normal", 1.0)]
)
def test_relu_halves_the_variance_under_glorot_and_keeps_it_under_he(
    initializer: str, factor: float, seed: int
) -> None:
    """A layer of ReLUs changes the norm of the activations by 1/sqrt(2) under Glorot, 1 under He.

    Tolerance: given the activations h of a layer, the weighted sums of the next are independent
    N(0, s^2 |h|^2), with s^2 = c / n, c = 1 for Glorot and 2 for He, n = 1024. So the new
    |h'|^2 / |h|^2 is s^2 times a sum of n numbers max(g, 0)^2 of standard normal g, each with mean
    1/2 and variance 3/2 - 1/4 = 5/4. That is c/2 (1 + e), with e of mean 0 and variance 5/n,
    independent from layer to layer. The logarithm of the norm's factor is log(c/2) / 2 +
    log(1 + e) / 2, where log(1 + e) / 2 has the mean -5/(4 n) and the deviation sqrt(5/n) / 2 to
    leading order. The mean over L layers is off by N_DEVIATIONS sqrt(5 / (4 n L)) at most.
    """
    found = mean_log_factor(initializer, "relu", 1.0, seed)
    expected = math.log(factor) - 5 / (4 * WIDTH)
    assert abs(found - expected) < N_DEVIATIONS * math.sqrt(5 / (4 * WIDTH * N_LAYERS))


@pytest.mark.parametrize("seed", range(2))
def test_tanh_shrinks_by_root_three_under_the_standard_initialization(seed: int) -> None:
    """A layer of tanh near 0 changes the activations' norm by 1/sqrt(3) under U(+-1/sqrt(n)).

    Tolerance: these weights have the variance 1/(3 n). Given the activations h of a layer, the
    weighted sums of the next are independent with the variance |h|^2 / (3 n), and the variance of
    their squares, in units of that variance squared, is at most 2: it would be 2 for normal
    numbers, and sums of uniform numbers have shorter tails. So |h'|^2 / |h|^2 is (1 + e) / 3 with
    e of mean 0 and variance at most 2/n. The logarithm of the norm's factor is log(1/3) / 2 +
    log(1 + e) / 2, where log(1 + e) / 2 has a mean between -1/(2 n) and 0, and a deviation of at
    most sqrt(2/n) / 2. The mean over L layers is off by N_DEVIATIONS sqrt(1 / (2 n L)) at most.
    Inputs of the size 1e-3 have sums z below 0.01, and tanh(z) / z lies between 1 - z^2 / 3 and 1,
    which adds less than 1e-4.
    """
    found = mean_log_factor("torch", "tanh", 1e-3, seed)
    tolerance = N_DEVIATIONS * math.sqrt(1 / (2 * WIDTH * N_LAYERS)) + 1 / (2 * WIDTH) + 1e-4
    assert abs(found - math.log(1 / math.sqrt(3))) < tolerance
