"""Schedules: worked by hand, and compared with torch's."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

from ffnn_lab.config import ScheduleConfig
from ffnn_lab.schedules import SCHEDULES as OPTIONS
from ffnn_lab.schedules import Progress, ScheduleState
from ffnn_lab.schedules.cosine import CosineConfig
from ffnn_lab.schedules.dev_decay import DevDecayConfig
from ffnn_lab.schedules.fixed_decay import FixedDecayConfig
from tests.catalog import SCHEDULES


def factors(config: ScheduleConfig, dev_losses: Sequence[float]) -> list[float]:
    """Return the factor of the learning rate in each epoch, and in the epoch that would follow."""
    state, seen = ScheduleState(), [1.0]
    for epoch, dev_loss in enumerate(dev_losses, start=1):
        progress = Progress(epoch, len(dev_losses), dev_loss)
        state = OPTIONS[config.name].advance(config, state, progress)
        seen.append(state.factor)
    return seen


def test_one_alone_needs_every_dev_loss() -> None:
    assert [name for name, each in OPTIONS.items() if each.needs_dev_loss] == ["dev_decay"]


def test_constant_by_hand() -> None:
    assert factors(ScheduleConfig(name="constant"), [3.0, 2.0, 9.0]) == [1.0] * 4


def test_fixed_decay_by_hand() -> None:
    """The factor is halved after every second epoch."""
    config = FixedDecayConfig(name="fixed_decay", delta=0.5, every_epochs=2)
    assert factors(config, [1.0] * 6) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        (0.0, [1.0, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0.0]),
        (0.2, [1.0, 0.6 + 0.4 * math.sqrt(0.5), 0.6, 0.6 - 0.4 * math.sqrt(0.5), 0.2]),
        (1.0, [1.0] * 5),
    ],
)
def test_cosine_by_hand(final: float, expected: list[float]) -> None:
    """The factors follow the cosines of 0, 45, 90, 135 and 180 degrees."""
    config = CosineConfig(name="cosine", final_fraction=final)
    assert factors(config, [1.0] * 4) == pytest.approx(expected, abs=1e-15)


def test_dev_decay_by_hand_with_patience_one() -> None:
    """Every epoch without a new best loss multiplies the factor, as in the paper by Wilson et al.

    A loss equal to the best one is no new best.
    """
    config = DevDecayConfig(name="dev_decay", delta=0.5, patience=1)
    losses = [5.0, 4.0, 4.5, 4.0, 3.9, 4.2, 3.8]
    assert factors(config, losses) == [1, 1, 1, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_dev_decay_by_hand_with_patience_two() -> None:
    """Two bad epochs in a row make a decay; a decay or a new best starts the count anew."""
    config = DevDecayConfig(name="dev_decay", delta=0.5, patience=2)
    losses = [5.0, 6.0, 4.0, 4.1, 4.2, 4.3, 4.4, 3.0, 3.5, 2.0, 2.5]
    assert factors(config, losses) == [1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25]


def test_dev_decay_takes_a_loss_that_is_not_a_number_for_a_bad_epoch() -> None:
    config = DevDecayConfig(name="dev_decay", delta=0.5, patience=1)
    assert factors(config, [1.0, math.nan, 0.5]) == [1, 1, 0.5, 0.5]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("seed", range(5))
def test_equals_torch_on_any_course_of_the_dev_loss(name: str, seed: int) -> None:
    """The dev loss is noisy over forty epochs, and rounded so that equal losses occur."""
    row = SCHEDULES[name]
    dev_losses = np.random.default_rng(seed).exponential(size=40).round(1).tolist()
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = row.torch_scheduler(optimizer, row.config, 40)
    theirs = [optimizer.param_groups[0]["lr"]]
    for dev_loss in dev_losses:
        optimizer.step()
        if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            scheduler.step(dev_loss)
        else:
            scheduler.step()
        theirs.append(optimizer.param_groups[0]["lr"])
    ours = [0.3 * factor for factor in factors(row.config, dev_losses)]
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_a_state_is_not_changed_in_place() -> None:
    state = ScheduleState()
    config = FixedDecayConfig(name="fixed_decay", delta=0.5, every_epochs=1)
    after = OPTIONS["fixed_decay"].advance(config, state, Progress(1, 2, 1.0))
    assert (state.factor, after.factor) == (1.0, 0.5)
