"""Initializers that ignore a layer's size, and the lecture's warnings about two of them."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ffnn_lab.config import InitializerConfig
from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.initializers import INITIALIZERS as OPTIONS
from ffnn_lab.initializers import initialize
from ffnn_lab.initializers.fixed import ConstantConfig
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import train_with_weights
from tests.catalog import INITIALIZERS, OPTIMIZERS
from tests.support.builders import (
    epoch_of,
    losses,
    make_population,
    make_run,
    mlp_of,
    take_epoch_,
    take_step_,
)

ZEROS = SchemeConfig(name="zeros", gain=1.0)
CONSTANT = ConstantConfig(name="constant", value=0.05, gain=1.0)


@pytest.mark.parametrize(
    ("name", "value"), [("zeros", 0.0), ("constant", 2 * 0.3)], ids=["zeros", "constant"]
)
def test_every_entry_is_the_value_times_the_gain(name: str, value: float) -> None:
    config = INITIALIZERS[name].config
    config = type(config)(**{**vars(config), "gain": 2.0})
    draw = initialize(config, seed=0, layer=0, fan_in=3, fan_out=2, is_bias=False)
    assert torch.equal(draw, torch.full((2, 3), value, dtype=torch.float64))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_those_called_zero_draw_zeros_and_no_others(name: str) -> None:
    config = INITIALIZERS[name].config
    draw = initialize(config, seed=0, layer=0, fan_in=3, fan_out=2, is_bias=False)
    assert OPTIONS[name].is_zero == (not draw.any())


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_the_size_of_the_layer_does_not_scale_the_draw(name: str) -> None:
    config = INITIALIZERS[name].config
    wide = initialize(config, seed=0, layer=0, fan_in=400, fan_out=100, is_bias=False)
    narrow = initialize(config, seed=0, layer=0, fan_in=100, fan_out=400, is_bias=False)
    assert torch.equal(wide.flatten(), narrow.flatten())


# --- the lecture: what zeros do ---------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_zeros_kill_the_hidden_layers(activation: str, digits: Task) -> None:
    """Hidden units output 0, and pass no gradient back through weights of 0.

    Only the output's bias learns, under every optimizer, with dropout and decay.
    """
    changes = {
        "model.widths": [16, 8],
        "model.activation": activation,
        "dropout.hidden": 0.2,
        "trainer.batch_size": 64,
        "trainer.dtype": "float32",
        "trainer.max_epochs": 2,
    }
    configs = [
        make_run(changes, initializer=ZEROS, optimizer=row.config) for row in OPTIMIZERS.values()
    ]
    for outcome in train_with_weights(configs, digits):
        *hidden_and_output_weights, output_bias = outcome.weights
        assert not any(weight.any() for weight in hidden_and_output_weights)
        assert output_bias.abs().min() > 0


def test_with_zeros_the_loss_comes_down_to_the_entropy_of_the_labels(digits: Task) -> None:
    """A bias alone can learn the shares of the classes, and full-batch descent on it is convex.

    The loss starts at log 10, never rises, and ends at the entropy -sum p log p; 300 steps of
    length 1 shrink the error by (1 - 0.1)^600, since the curvature is about p = 0.1.
    """
    config = make_run(
        {
            "optimizer.lr": 1.0,
            "trainer.batch_size": "full",
            "trainer.max_epochs": 300,
            "trainer.evaluate_every": 20,
        },
        initializer=ZEROS,
    )
    outcome = train_with_weights([config], digits)[0]
    shares = np.bincount(digits.train.labels) / len(digits.train.labels)
    entropy = float(-(shares * np.log(shares)).sum())
    curve = losses(outcome.result.curve)
    assert curve[0] == pytest.approx(math.log(10), rel=1e-12)
    assert all(later < earlier + 1e-14 for earlier, later in itertools.pairwise(curve))
    assert curve[-1] == pytest.approx(entropy, rel=1e-12)
    assert entropy < math.log(10) - 1e-5  # the two are not the same number
    last = [point for point in outcome.result.curve if point.split == "train"][-1]
    assert last.error == pytest.approx(digits.chance_error, rel=1e-12)


def test_zeros_leave_nothing_for_training_to_break(digits: Task) -> None:
    """The same network with He's initializer learns at once, so the zeros are to blame."""
    changes = {"trainer.batch_size": 32, "trainer.max_epochs": 3, "trainer.dtype": "float32"}
    from_zeros, from_he = train_with_weights(
        [make_run(changes, initializer=ZEROS), make_run(changes)], digits
    )
    # Without a hidden layer the loss cannot fall below the entropy, 2.30.
    assert losses(from_zeros.result.curve)[-1] > 2.3
    assert losses(from_he.result.curve)[-1] < 1.0


# --- the lecture: what a constant does --------------------------------------------------------


def _hidden_units(population: Population, m: int) -> Tensor:
    """Return weights in, bias and weights out of each hidden unit, of shape (n_units, numbers)."""
    n_units, (n_in, n_out) = mlp_of(population).sizes[1], mlp_of(population).sizes[::2]
    weight_in, bias, weight_out, _ = (parameter.detach()[m] for parameter in population.params)
    return torch.cat(
        [
            weight_in[:n_units, :n_in],
            bias[:n_units, None],
            weight_out[:n_out, :n_units].T,
        ],
        dim=1,
    )


def _spread(units: Tensor) -> float:
    return (units.amax(dim=0) - units.amin(dim=0)).max().item()


def test_a_constant_keeps_the_hidden_units_alike(digits: Task) -> None:
    """An epoch of 17 steps moves all units by the same amounts, up to rounding.

    Units whose weights were drawn at random stay apart.
    """
    changes = {"model.widths": [16], "model.activation": "tanh", "trainer.batch_size": 64}
    configs = [make_run(changes, initializer=CONSTANT), make_run(changes)]
    population = make_population(configs, digits)
    before = _hidden_units(population, 0).clone()
    assert _spread(before) == 0.0
    take_epoch_(population, digits)
    constant, drawn = _hidden_units(population, 0), _hidden_units(population, 1)
    assert (constant - before).abs().max().item() > 0.01  # they moved,
    assert _spread(constant) < 1e-13  # together
    assert _spread(drawn) > 0.1


N_FIRST = 3
"""Number of first steps after which units are compared to the bit. Later, sums over a batch that
are rounded in another order could tell units apart."""


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("tanh", CONSTANT), ("relu", CONSTANT), ("sigmoid", CONSTANT), ("sigmoid", ZEROS)],
    ids=["tanh, constant", "relu, constant", "sigmoid, constant", "sigmoid, zeros"],
)
def test_units_that_begin_alike_stay_alike_to_the_bit_for_the_first_steps(
    activation: str, initializer: InitializerConfig, digits: Task
) -> None:
    """The largest difference between two units is exactly 0, while the units move.

    A sigmoid's units have the value 1/2 at zeros, so that their output weights learn at once, and
    their input weights from the second step on; all by the same amounts.
    """
    changes = {"model.widths": [16], "model.activation": activation, "trainer.batch_size": 64}
    population = make_population([make_run(changes, initializer=initializer)], digits)
    population.set_learning_rates()
    for batch in epoch_of(population, digits)[:N_FIRST]:
        before = _hidden_units(population, 0).clone()
        take_step_(population, batch, digits)
        units = _hidden_units(population, 0)
        assert _spread(units) == 0.0
        assert (units - before).abs().max().item() > 1e-4


def test_dropout_tells_units_apart_that_begin_alike(digits: Task) -> None:
    """In the first step, units differ only by the examples for which they are dropped."""
    changes = {
        "model.widths": [16],
        "model.activation": "tanh",
        "trainer.batch_size": 64,
        "dropout.hidden": 0.5,
    }
    population = make_population([make_run(changes, initializer=CONSTANT)], digits)
    population.set_learning_rates()
    take_step_(population, epoch_of(population, digits)[0], digits)
    units = _hidden_units(population, 0)
    apart = [(one - other).abs().max().item() for one, other in itertools.combinations(units, 2)]
    assert min(apart) > 1e-4
