"""Compiled steps do not depend on other members, and equal eager steps within rounding.

Nothing is compiled twice.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from ffnn_lab import library, processor
from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.config import RunConfig
from ffnn_lab.initializers.fixed import NormalConfig
from ffnn_lab.stepper import SHARED_FROM
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import Outcome, assert_same_to_the_bit, train_with_weights
from ffnn_lab.trainer import Training, train
from tests.catalog import OPTIMIZERS, SCHEDULES
from tests.reference.plain_loop import train_alone
from tests.support.builders import ONE_OUTPUT, ids, make_line, make_run, needs_compiler
from tests.support.exhaustive import rest

COMPILED = {
    "trainer.compile": True,
    "trainer.dtype": "float32",
    "dropout.input": 0.2,
    "dropout.hidden": 0.5,
}
"""With dropout everywhere, so that one program of gradients serves all tests of one network."""


def runs(n_runs: int, changes: dict[str, Any] | None = None) -> list[RunConfig]:
    """Return runs of two methods that differ in all that may differ inside one population."""
    schedules = [row.config for row in SCHEDULES.values()]
    return [
        make_run(
            {
                **COMPILED,
                "dropout.hidden": (0.5, 0.2, 0.1)[m % 3],
                "trainer.max_norm": (None, 1.0)[m % 2],
                "trainer.clip_norm": (None, None, 0.3)[m % 3],
                "optimizer.weight_decay": (0.0, 0.01, 0.0)[m % 3],
                **(changes or {}),
            },
            seed=m % 5,
            optimizer=OPTIMIZERS[("adam", "sgd")[m % 2]].config,
            schedule=schedules[m % len(schedules)],
        )
        for m in range(n_runs)
    ]


def _furthest(some: Sequence[Outcome], others: Sequence[Outcome]) -> float:
    """Return the largest difference between the weights of two trainings."""
    return max(
        float(np.abs(one.numpy() - other.numpy()).max())
        for mine, theirs in zip(some, others, strict=True)
        for one, other in zip(mine.weights, theirs.weights, strict=True)
    )


# --- the ladder -------------------------------------------------------------------------------


@needs_compiler
@pytest.mark.slow  # compiles
def test_a_compiled_run_alone_equals_the_run_in_company(
    blobs: Task, set_threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The population is trained on one thread and on two, in part, permuted, and alone.

    It is also trained beside a run that explodes.
    """
    monkeypatch.setattr(processor, "LEAST_COMPILED", 1)  # several threads, though nets are small
    configs = runs(8)
    set_threads(1)
    company = train_with_weights(configs, blobs)
    huge = NormalConfig(name="normal", std=1e39, gain=1.0)
    exploding = make_run(COMPILED, seed=77, initializer=huge)
    for n_threads in (1, 2):
        set_threads(n_threads)
        assert_same_to_the_bit(train_with_weights(configs[::-1], blobs), company)
        assert_same_to_the_bit(train_with_weights(configs[:5], blobs), company[:5])
        beside = train_with_weights([*configs[:3], exploding, *configs[3:]], blobs)
        assert beside.pop(3).result.status == "diverged"
        assert_same_to_the_bit(beside, company)
        for m in (0, 1, 4):
            assert_same_to_the_bit(train_with_weights([configs[m]], blobs), [company[m]])


@needs_compiler
@pytest.mark.slow  # compiles
def test_large_members_are_walked_one_by_one_and_compute_alike(
    blobs: Task, set_threads: Callable[[int], None]
) -> None:
    """A weight of 416 x 416 numbers, as stored, has a gradient and updates of its own."""
    changes = {"model.widths": [400, 400], "trainer.max_epochs": 2}
    configs = runs(4, changes)
    set_threads(2)
    company = train_with_weights(configs, blobs)
    for m in (1, 2):
        assert_same_to_the_bit(train_with_weights([configs[m]], blobs), [company[m]])
    written = train_with_weights(runs(4, {**changes, "trainer.compile": False}), blobs)
    assert 0 < _furthest(company, written) < 1e-5


@needs_compiler
@pytest.mark.slow  # compiles
def test_a_compiled_run_goes_on_from_a_snapshot_to_the_bit(blobs: Task) -> None:
    configs = runs(4, {"trainer.max_epochs": 4})
    whole = {result.run_id: result for result in train(configs, blobs)}
    training = Training(blobs)
    training.join(configs)
    training.epoch()
    training.epoch()
    snapshots = {snapshot.member.run_id: snapshot for snapshot in training.snapshots()}
    for config in configs:  # each goes on alone
        again = Training(blobs)
        again.join([config], snapshots)
        while again.members[0].status is None:
            again.epoch()
        (result,) = again.leave()
        assert result.curve == whole[result.run_id].curve


@needs_compiler
@pytest.mark.slow  # compiles
@pytest.mark.parametrize("dtype", ["float32", rest("float64")])
def test_compiled_steps_differ_from_written_ones_by_rounding(dtype: str, blobs: Task) -> None:
    """Three epochs of seven steps; weights are of the order of 1."""
    changes = {"trainer.dtype": dtype}
    compiled = train_with_weights(runs(6, changes), blobs)
    written = train_with_weights(runs(6, {**changes, "trainer.compile": False}), blobs)
    assert ids([c.result.config for c in compiled]) != ids([w.result.config for w in written])
    # Twenty steps add up a few units in the last place, of 6e-8 and 1e-16.
    assert 0 < _furthest(compiled, written) < {"float32": 1e-5, "float64": 1e-13}[dtype]


@needs_compiler
@pytest.mark.slow  # compiles
def test_nothing_is_compiled_again_for_other_company(
    blobs: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs also serve other hyperparameters, batch sizes, seeds and numbers of examples."""
    train(runs(4), blobs)

    def refuse(*_: object) -> None:
        msg = "a program was compiled again"
        raise AssertionError(msg)

    monkeypatch.setattr(library, "_build", refuse)
    for changes in (
        {},
        {"optimizer.lr": 0.003, "optimizer.weight_decay": 0.2, "optimizer.decay": "decoupled"},
        {"dropout.hidden": 0.7, "trainer.batch_size": 11, "initializer.gain": 0.3},
        {"trainer.batch_size": "full", "trainer.max_norm": 0.4},
        {"trainer.batch_size": 1},
    ):
        for n_runs in (1, 2, 5, 9):
            results = train(runs(n_runs, changes), blobs)
            assert {result.status for result in results} == {"completed"}


@needs_compiler
@pytest.mark.slow  # compiles
def test_members_of_one_seed_compute_as_each_alone(blobs: Task) -> None:
    """Enough members of one seed have a program of their own, which reads their batch once."""
    rates = [0.01 * (1 + m) for m in range(SHARED_FROM)]
    configs = [make_run({**COMPILED, "optimizer.lr": lr}) for lr in rates]
    together = train_with_weights(configs, blobs)
    for m in (0, SHARED_FROM - 1):
        assert_same_to_the_bit(train_with_weights([configs[m]], blobs), [together[m]])


@needs_compiler
@pytest.mark.slow  # compiles
@pytest.mark.exhaustive  # test_graphs takes gradients of every loss at every length
def test_a_compiled_run_of_logistic_loss_alone_equals_the_run_in_company() -> None:
    """Batches are whole vectors or parts of a vector, and the last batch may be shorter."""
    task = make_line("signs", "logistic")
    for batch_size in (8, 11, 32, "full"):
        configs = runs(5, {"trainer.batch_size": batch_size})
        company = train_with_weights(configs, task)
        assert {outcome.result.status for outcome in company} == {"completed"}
        assert_same_to_the_bit(train_with_weights(configs[::-1], task), company)
        for m in (0, 4):
            assert_same_to_the_bit(train_with_weights([configs[m]], task), [company[m]])


# --- every method, loss and activation ----------------------------------------------------------


@needs_compiler
@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_method_equals_the_plain_loop(name: str, blobs: Task) -> None:
    row = OPTIMIZERS[name]
    changes = {**COMPILED, "trainer.dtype": "float64", "optimizer.lr": row.stable_lr}
    configs = [make_run(changes, seed=seed, optimizer=row.config) for seed in range(3)]
    for config, outcome in zip(configs, train_with_weights(configs, blobs), strict=True):
        expected = train_alone(config, blobs)
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-9, atol=1e-11)


@needs_compiler
@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", [None, *ONE_OUTPUT], ids=str)
def test_every_loss_and_activation_equals_the_plain_loop(
    kind: tuple[str, str] | None, activation: str, *, bias: bool, blobs: Task
) -> None:
    task = blobs if kind is None else make_line(*kind)
    changes = {
        **COMPILED,
        "trainer.dtype": "float64",
        "model.activation": activation,
        "model.bias": bias,
        "optimizer.lr": 0.01,
    }
    configs = [make_run(changes, seed=seed) for seed in range(2)]
    for config, outcome in zip(configs, train_with_weights(configs, task), strict=True):
        expected = train_alone(config, task)
        assert outcome.result.status == "completed"
        for w, reference in zip(outcome.weights, expected.weights, strict=True):
            torch.testing.assert_close(w, reference, rtol=1e-9, atol=1e-11)
