"""The laws that the pages on initialization draw must be those of the lab's networks."""

import math

import numpy as np
import pytest

from ffnn_lab.config.initializer import InitializerConfig, SchemeConfig
from ffnn_lab.diagnosis import diagnose
from ffnn_lab.evaluation import Evaluator
from ffnn_lab.initializers.fixed import ConstantConfig
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.records import RunResult
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.trainer import train
from tests.support.builders import make_run

WIDTH = 512
LAYERS = 5
ROUNDING = 1e-12
"""Bound on the differences that rounding makes between equal units in three epochs of float64."""


def gaussian(scale: float) -> Task:
    """Return a task of normal inputs, as many as the hidden layers have units."""
    rng = np.random.default_rng(0)

    def split(n_examples: int) -> Split:
        inputs = scale * rng.standard_normal((n_examples, WIDTH))
        return Split(inputs, rng.integers(0, 10, n_examples))

    return Task(name="gaussian", n_classes=10, train=split(128), dev=split(4), test=split(4))


def stds(scheme: str, activation: str, statistic: str, *, scale: float = 1.0) -> list[float]:
    """Return a statistic of the hidden layers of a wide network at its start."""
    changes = {
        "model.widths": [WIDTH] * LAYERS,
        "model.activation": activation,
        "trainer.dtype": "float64",
    }
    initializer = SchemeConfig(name=scheme, gain=1.0)
    config = make_run(changes, initializer=initializer)
    task = gaussian(scale)
    population = Population([config], network_of(config, task))
    splits = Evaluator(task, population)
    (layers,) = diagnose(population, [0], splits.train, task.loss, with_updates=False)
    return [layer.statistics[statistic] for layer in layers[:LAYERS]]


@pytest.mark.parametrize(
    ("scheme", "factor"), [("torch", 1 / math.sqrt(3)), ("glorot_uniform", 1.0), ("orthogonal", 1)]
)
def test_nearly_linear_layers_change_signals_by_the_root_of_n_times_the_variance(
    scheme: str, factor: float
) -> None:
    """Inputs of a thousandth leave tanh linear; 10 % are two deviations of 512 random units."""
    forward = stds(scheme, "tanh", "active.std", scale=1e-3)
    backward = stds(scheme, "tanh", "backprop.std", scale=1e-3)
    assert forward[-1] / forward[0] == pytest.approx(factor ** (LAYERS - 1), rel=0.1)
    assert backward[0] / backward[-1] == pytest.approx(factor ** (LAYERS - 1), rel=0.1)


@pytest.mark.parametrize(("scheme", "factor"), [("glorot_normal", 0.5), ("he_normal", 1.0)])
def test_relu_halves_the_mean_square(scheme: str, factor: float) -> None:
    """The square of 512 units varies by some 10 %, so that four layers vary by 20 %."""
    found = stds(scheme, "relu", "active.std")
    expected = factor ** (LAYERS - 1)
    assert (found[-1] / found[0]) ** 2 == pytest.approx(expected, rel=0.5)


def trained(
    blobs: Task, initializer: InitializerConfig, *, activation: str, dropout: float = 0.0
) -> RunResult:
    changes = {
        "trainer.dtype": "float64",
        "trainer.max_epochs": 3,
        "trainer.diagnose_every": 1,
        "model.activation": activation,
        "dropout.hidden": dropout,
        "optimizer.lr": 0.5,
    }
    (result,) = train([make_run(changes, initializer=initializer)], blobs)
    return result


def differences(result: RunResult) -> list[float]:
    return [
        point.statistics["difference"]
        for point in result.layers
        if "difference" in point.statistics and point.epoch > 0
    ]


ZEROS = SchemeConfig(name="zeros", gain=1.0)
CONSTANT = ConstantConfig(name="constant", value=0.1, gain=1.0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("initializer", [ZEROS, CONSTANT])
def test_equal_units_stay_equal_without_dropout(
    blobs: Task, initializer: InitializerConfig, activation: str
) -> None:
    assert max(differences(trained(blobs, initializer, activation=activation))) < ROUNDING


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_dropout_makes_equal_units_differ(blobs: Task, activation: str) -> None:
    result = trained(blobs, CONSTANT, activation=activation, dropout=0.5)
    assert min(differences(result)) > 1e-3


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_no_gradient_leaves_zeros_where_the_activation_of_0_is_0(
    blobs: Task, activation: str, dropout: float
) -> None:
    """The hidden layer never changes, and the output weights neither; the output bias does."""
    result = trained(blobs, ZEROS, activation=activation, dropout=dropout)
    assert max(differences(result)) == 0.0
    for point in result.layers:
        assert point.statistics["gradient.std"] == 0.0
    losses = [point.loss for point in result.curve if point.split == "train"]
    assert losses[-1] != losses[0]


def test_zeros_are_a_constant_like_any_other_for_sigmoid_units(blobs: Task) -> None:
    result = trained(blobs, ZEROS, activation="sigmoid", dropout=0.5)
    assert min(differences(result)) > 1e-4
