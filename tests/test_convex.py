"""Theorems on logistic regression: with weight decay its loss has one minimum, whatever the start.

A strictly convex function has at most one minimum, and gradient descent with a small step finds
it. With a hidden layer the loss is not convex: at weights of zero it has a point that gradient
descent never leaves, although it is no minimum.
"""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from ffnn_lab.config import RunConfig
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import Training
from tests.support.builders import losses, make_run

N_EPOCHS = 1500
GAINS = (0.0, 0.1, 1.0, 10.0)


def starts(widths: Sequence[int]) -> list[RunConfig]:
    """Return runs that differ in gain and seed alone, with all examples in each step."""
    return [
        make_run(
            {
                "model.widths": list(widths),
                "initializer.gain": gain,
                "dropout.hidden": 0.0,
                "optimizer.lr": 0.3,
                "optimizer.weight_decay": 0.05,
                "trainer.batch_size": "full",
                "trainer.dtype": "float64",
                "trainer.evaluate_every": N_EPOCHS,
                "trainer.max_epochs": N_EPOCHS,
            },
            seed=seed,
        )
        for gain in GAINS
        for seed in (0, 1)
    ]


def trained(configs: Sequence[RunConfig], task: Task) -> tuple[list[float], Tensor, Tensor]:
    """Train runs; return their last train losses, and their parameters before and after."""
    training = Training(task)
    training.join(configs)
    before = Population(configs, network_of(configs[0], task)).flat
    while training.members[0].epoch < N_EPOCHS:
        training.epoch()
    found = [losses(member.curve)[-1] for member in training.members]
    rows = torch.stack([snapshot.params for snapshot in training.snapshots()])
    return found, before, rows


@pytest.mark.slow
def test_every_start_of_logistic_regression_ends_at_one_solution(blobs: Task) -> None:
    found, before, after = trained(starts([]), blobs)
    assert max(found) - min(found) < 1e-6
    assert (after - after[0]).norm(dim=1).max() < 1e-6 * after[0].norm()
    assert (before - before[0]).norm(dim=1).max() > after[0].norm()  # they began far apart


@pytest.mark.slow
def test_starts_of_a_network_end_at_several_losses(blobs: Task) -> None:
    """The two starts at gain 0 stay where they are, but for the bias of the outputs."""
    found, _, after = trained(starts([4]), blobs)
    # The order of the examples differs by seed, and with it the rounding of sums over them.
    assert found[0] == pytest.approx(found[1], rel=1e-12) == max(found)
    assert torch.count_nonzero(after[0]) <= blobs.n_classes
    learned = [loss for loss in found if loss < max(found) / 2]
    assert max(learned) - min(learned) > 1e-3


@pytest.mark.parametrize("gain", GAINS[1:])
def test_the_gradient_of_a_network_is_zero_only_at_the_start_of_zeros(
    gain: float, blobs: Task
) -> None:
    configs = [each for each in starts([4]) if each.initializer.gain in (0.0, gain)]
    training = Training(blobs)
    training.join(configs)
    before = torch.stack([each.params for each in training.snapshots()])
    training.epoch()
    after = torch.stack([each.params for each in training.snapshots()])
    moved = (after != before).sum(dim=1).tolist()
    assert max(moved[:2]) <= blobs.n_classes < min(moved[2:])
