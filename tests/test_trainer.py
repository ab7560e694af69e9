"""Promises of the training loop beyond its numbers, which the reference and the ladder check."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from ffnn_lab import processor
from ffnn_lab.config import ConfigError
from ffnn_lab.population import Member
from ffnn_lab.stepper import Stepper
from ffnn_lab.steps import Batch
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import settle_device, train
from tests.catalog import OPTIMIZERS, SCHEDULES
from tests.support.builders import ids, losses, make_run


def test_results_come_in_the_order_asked_for(blobs: Task) -> None:
    """The order is neither that of the slices nor that of leaving."""
    configs = [
        make_run({"trainer.max_epochs": 1 + place % 3}, seed=place, optimizer=row.config)
        for place, row in enumerate(reversed(OPTIMIZERS.values()))
    ]
    results = train(configs, blobs)
    assert [result.run_id for result in results] == ids(configs)
    assert [result.config for result in results] == configs


@pytest.mark.parametrize(
    ("name", "value"),
    [("model.widths", [8]), ("trainer.batch_size", 9), ("trainer.dtype", "float32")],
)
def test_runs_that_cannot_share_a_population_are_refused(
    name: str, value: object, blobs: Task
) -> None:
    configs = [make_run(), make_run({name: value})]
    with pytest.raises(ValueError, match="the runs of a population must agree in task, model"):
        train(configs, blobs)


def test_no_runs_are_refused(blobs: Task) -> None:
    with pytest.raises(ValueError, match="the runs of a population must agree"):
        train([], blobs)


def test_a_completed_run_says_what_it_did(blobs: Task) -> None:
    result = train([make_run({"trainer.max_epochs": 4})], blobs)[0]
    assert (result.status, result.n_epochs, result.n_steps) == ("completed", 4, 28)
    assert result.diverged_step is None
    assert result.chance_error == blobs.chance_error
    assert result.seconds > 0
    points = [(point.epoch, point.step, point.split) for point in result.curve]
    assert points == [
        (epoch, 7 * epoch, split) for epoch in range(5) for split in ("train", "dev", "test")
    ]


def test_training_learns(blobs: Task) -> None:
    """The blobs overlap: the error stays well above 0, and falls well below chance."""
    result = train([make_run({"trainer.max_epochs": 15})], blobs)[0]
    curve = losses(result.curve)
    assert curve[-1] < 0.5 * curve[0]
    assert result.curve[-1].split == "test"
    assert result.curve[-1].error < 0.7 * blobs.chance_error


@pytest.mark.parametrize(
    ("every", "max_epochs", "epochs"),
    [(1, 3, [0, 1, 2, 3]), (2, 5, [0, 2, 4, 5]), (3, 3, [0, 3]), (10, 4, [0, 4])],
)
def test_evaluation_is_due_now_and_then_and_at_the_end(
    every: int, max_epochs: int, epochs: list[int], blobs: Task
) -> None:
    changes = {"trainer.evaluate_every": every, "trainer.max_epochs": max_epochs}
    longer = {"trainer.evaluate_every": every, "trainer.max_epochs": max_epochs + 1}
    result = train([make_run(changes), make_run(longer)], blobs)[0]
    assert [point.epoch for point in result.curve if point.split == "train"] == epochs


def test_evaluating_more_often_moves_no_number(blobs: Task) -> None:
    often, seldom = (
        train([make_run({"trainer.evaluate_every": every, "dropout.hidden": 0.5})], blobs)[0]
        for every in (1, 3)
    )
    assert [point for point in often.curve if point.epoch in (0, 3)] == seldom.curve


def test_the_curve_tells_the_learning_rate_in_force(blobs: Task) -> None:
    """A point has the rate of the epoch just done; decay by 0.6 follows every third epoch."""
    config = make_run({"trainer.max_epochs": 7}, schedule=SCHEDULES["fixed_decay"].config)
    curve = train([config], blobs)[0].curve
    rates = [point.lr for point in curve if point.split == "dev"]
    expected = [0.1, 0.1, 0.1, 0.1, 0.06, 0.06, 0.06, 0.036]
    assert rates == pytest.approx(expected, rel=1e-14)


def test_who_trained_is_told_after_each_epoch(blobs: Task) -> None:
    told: list[list[tuple[int, int]]] = []

    def note(members: Sequence[Member]) -> None:
        told.append([(member.config.seed, member.epoch) for member in members])

    configs = [make_run({"trainer.max_epochs": n}, seed=n) for n in (1, 3, 2)]
    train(configs, blobs, on_epoch=note)
    assert told == [
        [(1, 0), (3, 0), (2, 0)],
        [(1, 1), (3, 1), (2, 1)],
        [(3, 2), (2, 2)],
        [(3, 3)],
    ]


def test_weights_are_not_saved_without_a_folder(blobs: Task) -> None:
    assert train([make_run({"trainer.save_weights": True})], blobs)[0].status == "completed"


def test_a_start_that_is_not_finite_has_no_first_epoch(blobs: Task) -> None:
    huge = make_run({"initializer.gain": 1e200}, seed=1)
    diverged, completed = train([huge, make_run()], blobs)
    assert (diverged.status, diverged.diverged_step) == ("diverged", 0)
    assert (diverged.n_epochs, diverged.n_steps, diverged.curve) == (0, 0, [])
    assert completed.status == "completed"


# --- threads and rounding --------------------------------------------------------------------


def _seen_in_steps(
    n_members: int, task: Task, monkeypatch: pytest.MonkeyPatch, *, least: int = 0
) -> tuple[set[Stepper], set[tuple[int, bool]]]:
    """Return the steppers, one for each part, and all pairs (number of threads, is flushing)."""
    who: set[Stepper] = set()
    seen = set()
    compute = Stepper.gradients

    def look(self: Stepper, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        tiny = torch.tensor(torch.finfo(torch.float32).tiny)
        who.add(self)
        seen.add((torch.get_num_threads(), (tiny / 2).item() == 0.0))
        return compute(self, batch)

    monkeypatch.setattr(Stepper, "gradients", look)
    monkeypatch.setattr(processor, "LARGE_MEMBER", least)
    train([make_run(seed=seed) for seed in range(n_members)], task)
    return who, seen


@pytest.mark.parametrize(
    ("n_members", "n_available", "n_threads"),
    [(1, 2, 1), (3, 2, 1), (4, 2, 2), (8, 1, 1), (9, 2, 2), (7, 4, 3), (24, 4, 4)],
)
def test_each_thread_has_members_of_its_own(
    n_members: int,
    n_available: int,
    n_threads: int,
    blobs: Task,
    set_threads: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No operation is cut between threads, which would change its rounding."""
    set_threads(n_available)
    who, seen = _seen_in_steps(n_members, blobs, monkeypatch)
    assert len(who) == n_threads
    assert seen == {(1, True)}
    assert torch.get_num_threads() == n_available


def test_small_members_are_left_to_one_thread(
    blobs: Task, set_threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_threads(2)
    assert len(_seen_in_steps(9, blobs, monkeypatch, least=processor.LARGE_MEMBER)[0]) == 1


def test_an_error_in_one_thread_is_raised_when_all_have_ended(
    blobs: Task, set_threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_threads(2)
    monkeypatch.setattr(processor, "LARGE_MEMBER", 0)
    compute = Stepper.gradients
    n_steps: Counter[int] = Counter()

    def broken(self: Stepper, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        first = self._population.members[0].config.seed
        n_steps[first] += 1
        if first == 0:
            msg = "broken"
            raise ArithmeticError(msg)
        return compute(self, batch)

    monkeypatch.setattr(Stepper, "gradients", broken)
    with pytest.raises(ArithmeticError, match="broken"):
        train([make_run(seed=seed) for seed in range(8)], blobs)
    assert n_steps == {0: 1, 4: 7}
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("is_flushing", [True, False])
def test_denormals_are_flushed_while_training_only(is_flushing: bool, blobs: Task) -> None:  # noqa: FBT001 - a parameter of the test
    tiny = torch.tensor(torch.finfo(torch.float32).tiny)
    torch.set_flush_denormal(is_flushing)
    try:
        train([make_run()], blobs)
        assert ((tiny / 2).item() == 0.0) == is_flushing
    finally:
        torch.set_flush_denormal(False)


# --- devices ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("has_cuda", "device"), [(True, "cuda"), (False, "cpu")])
def test_auto_settles_on_what_is_there(
    has_cuda: bool,  # noqa: FBT001 - a parameter of the test
    device: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    assert settle_device(make_run({"device": "auto"})).device == device
    assert settle_device(make_run({"device": "cpu"})).device == "cpu"


def test_cuda_is_refused_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = make_run({"device": "cuda"})
    with pytest.raises(ConfigError, match="device must be cpu or auto on this machine"):
        settle_device(config)


# --- a member --------------------------------------------------------------------------------


def test_the_last_value_of_a_curve_that_is_empty_is_not_a_number() -> None:
    assert math.isnan(Member(make_run(), "an id").last("dev", "loss"))
