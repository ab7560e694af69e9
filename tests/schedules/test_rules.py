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
from ffnn_lab.schedules.warmup_linear import WarmupLinearConfig
from tests.catalog import SCHEDULES


def factors(config: ScheduleConfig, dev_losses: Sequence[float]) -> list[float]:
    """Return the factor of the learning rate in each epoch, and in the epoch that would follow."""
    state = OPTIONS[config.name].start(config, len(dev_losses))
    seen = [state.factor]
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


@pytest.mark.parametrize(
    ("warmup", "final", "expected"),
    [
        # Two of eight epochs are the warm-up: thirds, then sixths.
        (0.25, 0.0, [1 / 3, 2 / 3, 1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0.0]),
        (0.25, 0.4, [1 / 3, 2 / 3, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]),
        (0.0, 0.0, [1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0.0]),
        (0.0, 1.0, [1.0] * 9),
        # Half an epoch too many for a whole number: the peak lies between epochs 2 and 3.
        (3 / 16, 0.0, [1 / 2.5, 2 / 2.5, *[1 - k / 13 for k in range(1, 14, 2)]]),
    ],
)
def test_warmup_linear_by_hand(warmup: float, final: float, expected: list[float]) -> None:
    config = WarmupLinearConfig(name="warmup_linear", warmup_fraction=warmup, final_fraction=final)
    assert factors(config, [1.0] * 8) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("n_warmup", [1, 3, 9])
def test_warmup_linear_joins_two_of_torch_s_schedulers(n_warmup: int) -> None:
    """At whole epochs, the rise and the fall are each a `LinearLR` of torch."""
    config = WarmupLinearConfig(
        name="warmup_linear", warmup_fraction=n_warmup / 10, final_fraction=0.2
    )
    weights = nn.Parameter(torch.zeros(1))
    rates = []
    for low, high, n_epochs in ((1 / (n_warmup + 1), 1, n_warmup), (1, 0.2, 10 - n_warmup)):
        optimizer = torch.optim.SGD([weights], lr=1.0)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, low, high, n_epochs)
        for _ in range(n_epochs):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    assert factors(config, [1.0] * 10)[:-1] == pytest.approx(rates, rel=1e-12)


def test_only_a_warm_up_begins_below_the_full_rate() -> None:
    """Members under any other schedule begin as they did before schedules had a start."""
    starts = {name: OPTIONS[name].start(row.config, 12) for name, row in SCHEDULES.items()}
    assert [name for name, each in starts.items() if each != ScheduleState()] == ["warmup_linear"]
    assert starts["warmup_linear"] == ScheduleState(factor=0.25)


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
