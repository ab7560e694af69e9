"""A pruner judges a setting by earlier batches only, so order and restarts change no verdict."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ffnn_lab.config import with_values
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import Definition
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.study import Study
from tests.support.sweeps import make_definition

N_EPOCHS, N_PARALLEL, N_SETTINGS = 9, 4, 12
MEDIAN = PrunerConfig(name="median", n_startup_trials=2, min_epochs=2, reduction_factor=2)
PRUNERS = {
    "median": MEDIAN,
    "halving": dataclasses.replace(MEDIAN, name="successive_halving"),
    "hyperband": dataclasses.replace(MEDIAN, name="hyperband"),
}


def score(number: int, epoch: int) -> float:
    """Return a score that falls with epochs; better settings come anywhere in their batch."""
    return (number * 5 % 12 + 1) / epoch


def define(pruner: str) -> Definition:
    definition = make_definition(
        "random",
        n_settings=N_SETTINGS,
        n_parallel=N_PARALLEL,
        pruner=PRUNERS[pruner],
        name="judged",
    )
    arm = definition.arms[0]
    config = with_values(arm.config, {"trainer.max_epochs": N_EPOCHS})
    return dataclasses.replace(definition, arms=(arm.with_config(config),))


def one_by_one(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """List numbers of settings with epochs as if one setting were trained after another."""
    return itertools.product(numbers, range(1, N_EPOCHS))


def side_by_side(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """List numbers of settings with epochs as if all were trained at once."""
    return ((number, epoch) for epoch, number in itertools.product(range(1, N_EPOCHS), numbers))


def backward(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """List numbers of settings with epochs as in `one_by_one`, with the last setting first."""
    return one_by_one(numbers[::-1])


ORDERS = {"one by one": one_by_one, "side by side": side_by_side, "backward": backward}


def judged(
    folder: Path, pruner: str, order: str, *, restarts: bool = False
) -> tuple[dict[int, int], list[dict[str, object]]]:
    """Judge all settings; return the epoch after which each stopped, and the notes of pruners."""
    definition = define(pruner)
    (arm,) = definition.arms
    study = Study(Storage(folder, None), definition, arm)
    stopped: dict[int, int] = {}
    for first in range(0, N_SETTINGS, N_PARALLEL):
        numbers = range(first, first + N_PARALLEL)
        for number in numbers:
            study.ask([{}] * number, None)
        for number, epoch in ORDERS[order](numbers):
            if number in stopped:
                continue
            if restarts:  # as in another process, or in this one after a lost connection
                study = Study(Storage(folder, None), definition, arm)
            scores = [score(number, each) for each in range(1, epoch + 1)]
            is_pruned = study.should_prune(number, scores)
            assert study.should_prune(number, scores) is is_pruned
            if is_pruned:
                stopped[number] = epoch
        for number in numbers:
            value = float("inf") if number in stopped else score(number, N_EPOCHS)
            study.tell(number, value, spread=0.0, seeds={}, n_diverged=0, has_failed=False)
    return stopped, [trial.system_attrs for trial in study.optuna.get_trials()]


@pytest.mark.parametrize("pruner", PRUNERS)
def test_the_order_of_a_batch_moves_no_verdict(pruner: str, tmp_path: Path) -> None:
    found = [judged(tmp_path / order, pruner, order) for order in ORDERS]
    stopped, notes = found[0]
    assert found[1:] == found[:1] * 2
    assert {number for number in stopped if number < N_PARALLEL} == set()
    assert 0 < len(stopped) < N_SETTINGS
    assert any(notes) == (pruner != "median")


@pytest.mark.parametrize("pruner", PRUNERS)
def test_a_process_that_goes_on_judges_alike(pruner: str, tmp_path: Path) -> None:
    """The study is opened anew at each epoch, when notes of the current batch may exist or not."""
    calm = judged(tmp_path / "calm", pruner, "side by side")
    assert judged(tmp_path / "rough", pruner, "side by side", restarts=True) == calm
