"""Dropout of the inputs of linear regression must be ridge regression, in expectation exactly.

Over all masks, the mean of the squared loss with dropout at rate q is the squared loss without
dropout plus ``q / (1 - q) * sum_j w_j^2 * mean_i x_ij^2``: a ridge penalty in which each weight is
scaled by its input's size (Srivastava et al. 2014, section 9.1, with the Gamma given there; their
p is the share that is kept, and their weights are ours times ``1 / p``, because the lab rescales
what is kept).

The lab draws a 32-bit number for each input and drops those below the threshold of the rate. Of
the four numbers in the middle of each quarter of their range, a rate of 0.25, 0.5 or 0.75 drops
exactly one, two or three. So a batch in which each example occurs with every combination of these
numbers has every mask exactly as often as its probability says.
"""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from ffnn_lab.population import Population
from ffnn_lab.stepper import Stepper
from ffnn_lab.steps import Batch
from ffnn_lab.tasks.data.task import Task
from tests.support.builders import (
    epoch_of,
    make_line,
    make_population,
    make_run,
    mlp_of,
    train_examples,
)

N_FEATURES = 3
N_LEVELS = 4
"""Number of random numbers per input that are enumerated, one in each quarter of the range."""
N_MASKS = N_LEVELS**N_FEATURES
RATES = [0.25, 0.5, 0.75]
EPS = float(np.finfo(np.float64).eps)
WEIGHTS = np.array([0.7, -1.3, 0.4])

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def line() -> Task:
    """Return linear regression with three inputs of different sizes and 20 examples."""
    task = make_line("reals", n_features=N_FEATURES, n_train=20)
    task.train.inputs[:] *= np.array([0.5, 1.0, 1.5])
    return task


def linear(rate: float, task: Task) -> tuple[Population, Stepper]:
    """Start linear regression without bias, with the weights `WEIGHTS` and all examples a step."""
    config = make_run(
        {
            "model.widths": [],
            "model.bias": False,
            "dropout.input": rate,
            "trainer.batch_size": "full",
            "optimizer.lr": 0.05,
        }
    )
    population = make_population([config], task)
    weights_of(population)[:] = torch.from_numpy(WEIGHTS)
    population.set_learning_rates()
    return population, Stepper(population, train_examples(population, task), task.loss)


def weights_of(population: Population) -> Tensor:
    """Return the weights, ``(N_FEATURES,)``, of the only member, as a view of its parameters."""
    return mlp_of(population).views(population.flat)[0][0, 0, :N_FEATURES]


def every_mask(population: Population, task: Task) -> Batch:
    """Return a batch of ``20 * N_MASKS`` rows: each example with every combination of levels."""
    levels = [-(2**31) + 2**30 * level + 2**29 for level in range(N_LEVELS)]
    combinations = list(itertools.product(levels, repeat=N_FEATURES))
    n_examples = len(task.train.labels)
    numbers = torch.zeros(1, n_examples * N_MASKS, mlp_of(population).stored[0], dtype=torch.int32)
    numbers[0, :, :N_FEATURES] = torch.tensor(combinations, dtype=torch.int32).repeat(
        n_examples, 1
    )
    order = torch.arange(n_examples).repeat_interleave(N_MASKS).unsqueeze(0)
    return Batch(
        order=order,
        numbers=[numbers],
        rows=torch.arange(n_examples * N_MASKS),
        place=torch.zeros(1, dtype=torch.int64),
    )


def losses_by_hand(rate: float, task: Task) -> Floats:
    """Compute the squared loss of each example under each mask, ``(20, N_MASKS)``, in numpy."""
    levels = range(N_LEVELS)
    kept = np.array(list(itertools.product(levels, repeat=N_FEATURES))) >= rate * N_LEVELS
    outputs = task.train.inputs @ (kept * WEIGHTS / (1 - rate)).T
    found: Floats = (outputs - task.train.labels[:, None]) ** 2
    return found


def penalties(rate: float, task: Task) -> Floats:
    """Return the factor of each squared weight in the penalty, ``(N_FEATURES,)``."""
    found: Floats = rate / (1 - rate) * (task.train.inputs**2).mean(axis=0)
    return found


def ridge_loss(rate: float, task: Task) -> float:
    """Compute the loss of ridge regression at `WEIGHTS`: mean squared residual plus penalty."""
    residuals = task.train.inputs @ WEIGHTS - task.train.labels
    return float((residuals**2).mean() + (penalties(rate, task) * WEIGHTS**2).sum())


def rounding(rate: float, task: Task) -> float:
    """Return a bound on the rounding of a mean over all rows, of losses or of gradients.

    A sum of n numbers, in any order, is off by at most n times eps times the sum of their sizes;
    three operations before the sum add three eps to each number.
    """
    kept = 1 / (1 - rate)
    inputs = np.abs(task.train.inputs) * kept
    residuals = inputs @ np.abs(WEIGHTS) + np.abs(task.train.labels)
    largest = max(float((residuals**2).max()), float((2 * residuals[:, None] * inputs).max()))
    n_rows: int = len(task.train.labels) * N_MASKS
    return (n_rows + 3) * EPS * largest


@pytest.mark.parametrize("rate", RATES)
def test_the_mean_loss_over_all_masks_is_that_of_ridge_regression(rate: float, line: Task) -> None:
    population, stepper = linear(rate, line)
    losses, _ = stepper.gradients(every_mask(population, line))
    assert abs(losses.item() - ridge_loss(rate, line)) <= rounding(rate, line)
    assert losses.item() == pytest.approx(losses_by_hand(rate, line).mean(), rel=1e-12)


@pytest.mark.parametrize("rate", RATES)
def test_the_mean_gradient_over_all_masks_is_that_of_ridge_regression(
    rate: float, line: Task
) -> None:
    population, stepper = linear(rate, line)
    _, grads = stepper.gradients(every_mask(population, line))
    found = torch.cat(grads, dim=1)[0, :N_FEATURES].numpy()
    inputs, labels = line.train.inputs, line.train.labels
    expected = 2 * inputs.T @ (inputs @ WEIGHTS - labels) / len(labels)
    expected += 2 * penalties(rate, line) * WEIGHTS
    assert np.abs(found - expected).max() <= rounding(rate, line)


@pytest.mark.parametrize("rate", RATES)
def test_training_on_all_masks_ends_at_the_solution_of_ridge_regression(
    rate: float, line: Task
) -> None:
    """Gradient descent on a quadratic shrinks the distance by a factor that is known."""
    inputs, labels = line.train.inputs, line.train.labels
    gram = inputs.T @ inputs / len(labels) + np.diag(penalties(rate, line))
    solution = np.linalg.solve(gram, inputs.T @ labels / len(labels))
    population, stepper = linear(rate, line)
    batch, n_steps, lr = every_mask(population, line), 200, 0.05
    for _ in range(n_steps):
        stepper.step_(batch)
    factor = np.abs(1 - lr * 2 * np.linalg.eigvalsh(gram)).max()
    assert factor < 1
    left = factor**n_steps * np.linalg.norm(WEIGHTS - solution)
    # Each step adds its own rounding, and shrinks that of the steps before.
    added = lr * np.sqrt(N_FEATURES) * rounding(rate, line) / (1 - factor)
    distance = np.linalg.norm(weights_of(population).numpy() - solution)
    assert distance <= left + added
    plain = np.linalg.lstsq(inputs, labels)[0]
    assert np.linalg.norm(plain - solution) > 10 * (left + added)


@pytest.mark.parametrize("rate", RATES)
def test_the_masks_that_are_drawn_have_the_penalty_on_average(rate: float, line: Task) -> None:
    """The mean loss of 400 epochs lies within five standard errors, which are known exactly.

    The penalty is more than ten standard errors, so that masks without it would be noticed.
    """
    n_epochs = 400
    population, stepper = linear(rate, line)
    losses = []
    for _ in range(n_epochs):
        (batch,) = epoch_of(population, line)
        losses.append(stepper.gradients(batch)[0].item())
        population.members[0].epoch += 1
    variances = losses_by_hand(rate, line).var(axis=1)
    error = float(np.sqrt(variances.sum()) / len(variances) / np.sqrt(n_epochs))
    assert abs(np.mean(losses) - ridge_loss(rate, line)) < 5 * error
    assert (penalties(rate, line) * WEIGHTS**2).sum() > 10 * error
