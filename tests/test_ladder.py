"""The population ladder: a run's numbers do not depend on other members, to the last bit."""

import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ffnn_lab import processor
from ffnn_lab.config import RunConfig, run_id
from ffnn_lab.draws import dropout_rules
from ffnn_lab.initializers.fixed import NormalConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.population import Population
from ffnn_lab.steps import Batch, make_masks
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import assert_same_to_the_bit, train_with_weights
from ffnn_lab.trainer import train
from tests.catalog import INITIALIZERS, OPTIMIZERS, SCHEDULES
from tests.reference.plain_loop import train_alone
from tests.support.builders import (
    ONE_OUTPUT,
    epoch_of,
    ids,
    losses,
    make_blobs,
    make_line,
    make_population,
    make_run,
    training_digest,
    with_parts,
)
from tests.support.exhaustive import first

ROOT = Path(__file__).parents[1]

FLOAT32 = {"trainer.dtype": "float32"}


def mixed_runs(n_runs: int, changes: dict[str, Any] | None = None) -> list[RunConfig]:
    """Return runs that differ in all that may differ inside one population."""
    optimizers = [row.config for row in OPTIMIZERS.values()]
    schedules = [row.config for row in SCHEDULES.values()]
    initializers = [row.config for row in INITIALIZERS.values() if row.breaks_symmetry]
    return [
        make_run(
            {
                "dropout.input": (0.0, 0.2)[m % 2],
                "dropout.hidden": (0.0, 0.5, 0.2)[m % 3],
                "trainer.max_norm": (None, 1.0, None)[m % 3],
                "trainer.clip_norm": (None, None, 0.3, 1.0)[m % 4],
                "trainer.diagnose_every": (None, 1, 2, None)[m % 4],
                "initializer.gain": (1.0, 0.5)[m % 2],
                **FLOAT32,
                **(changes or {}),
            },
            seed=m % 5,
            optimizer=optimizers[m % len(optimizers)],
            schedule=schedules[m % len(schedules)],
            initializer=initializers[m % len(initializers)],
        )
        for m in range(n_runs)
    ]


def growing(lr: float) -> SGDConfig:
    """Make an optimizer under which every weight grows by the factor ``1e4`` in each step.

    Decoupled decay with ``lr * weight_decay = 1e4 + 1``: float32 overflows in step 10 or so,
    float64 in step 77 or so, wherever the training leads.
    """
    return SGDConfig(name="sgd", lr=lr, weight_decay=(1e4 + 1) / lr, decay="decoupled")


EXPLODING: dict[str, RunConfig] = {
    "lr 1e30": make_run({**FLOAT32, "optimizer.lr": 1e30}, seed=77),
    "momentum and lr 30": make_run(
        FLOAT32,
        seed=77,
        optimizer=HeavyBallConfig(
            name="heavy_ball", lr=30.0, momentum=0.9, weight_decay=0.1, decay="coupled"
        ),
    ),
    "growth in mid-training": make_run(FLOAT32, seed=77, optimizer=growing(1e-3)),
    "infinite from the start": make_run(
        FLOAT32, seed=77, initializer=NormalConfig(name="normal", std=1e39, gain=1.0)
    ),
}


# --- neighbors -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EXPLODING)
def test_an_exploding_member_leaves_its_neighbors_to_the_bit(kind: str, blobs: Task) -> None:
    healthy = mixed_runs(7)
    exploding = EXPLODING[kind]
    company = [*healthy[:3], exploding, *healthy[3:]]
    together = train_with_weights(company, blobs)
    bad = together.pop(3)
    assert (bad.result.run_id, bad.result.status) == (run_id(exploding), "diverged")
    assert_same_to_the_bit(together, train_with_weights(healthy, blobs))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_exploding_member_of_the_same_method_harms_nobody(name: str, blobs: Task) -> None:
    """The neighbors share a slice, and all tensors of the method's state, with the bad member."""
    healthy = [make_run(FLOAT32, seed=seed, optimizer=OPTIMIZERS[name].config) for seed in (0, 1)]
    huge = NormalConfig(name="normal", std=1e39, gain=1.0)
    exploding = with_parts(healthy[0], initializer=huge)
    together = train_with_weights([healthy[0], exploding, healthy[1]], blobs)
    assert [o.result.status for o in together] == ["completed", "diverged", "completed"]
    assert_same_to_the_bit([together[0], together[2]], train_with_weights(healthy, blobs))


def test_several_members_may_explode_at_different_times(blobs: Task) -> None:
    healthy = mixed_runs(6)
    company = [healthy[0], *EXPLODING.values(), *healthy[1:]]
    together = {o.result.run_id: o for o in train_with_weights(company, blobs)}
    assert_same_to_the_bit(
        [together[run] for run in ids(healthy)], train_with_weights(healthy, blobs)
    )
    alone = [train_with_weights([config], blobs)[0] for config in EXPLODING.values()]
    assert_same_to_the_bit([together[run] for run in ids(list(EXPLODING.values()))], alone)


def test_huge_weights_are_left_alone_by_the_neighbors_max_norm(blobs: Task) -> None:
    """The squared norm overflows float32, which must matter only to a member with a limit.

    Behind a tanh the loss stays finite, so the run completes.
    """
    changes = {**FLOAT32, "model.activation": "tanh", "optimizer.lr": 0.1}
    huge = NormalConfig(name="normal", std=1e20, gain=1.0)
    unlimited = make_run(changes, seed=3, initializer=huge)
    limited = make_run({**changes, "trainer.max_norm": 1.0}, seed=4)
    alone = train_with_weights([unlimited], blobs)
    assert alone[0].result.status == "completed"
    beside = train_with_weights([unlimited, limited], blobs)[:1]
    assert_same_to_the_bit(beside, alone)


def test_permuting_the_members_permutes_the_results(blobs: Task) -> None:
    configs = mixed_runs(9)
    order = np.random.default_rng(0).permutation(9)
    assert sorted(order) != list(order)
    permuted = [configs[place] for place in order]
    results = train_with_weights(permuted, blobs)
    assert [outcome.result.run_id for outcome in results] == ids(permuted)
    assert_same_to_the_bit(results, train_with_weights(configs, blobs))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_population_of_eight_equals_two_of_four(dtype: str, blobs: Task) -> None:
    configs = mixed_runs(8, {"trainer.dtype": dtype})
    halves = [*train_with_weights(configs[:4], blobs), *train_with_weights(configs[4:], blobs)]
    assert_same_to_the_bit(train_with_weights(configs, blobs), halves)


def test_members_that_leave_early_change_nobody(blobs: Task) -> None:
    lengths = [1, 4, 2, 4, 3, 1, 4]
    configs = [
        with_parts(config, trainer=make_run({**FLOAT32, "trainer.max_epochs": length}).trainer)
        for config, length in zip(mixed_runs(7), lengths, strict=True)
    ]
    together = train_with_weights(configs, blobs)
    assert [outcome.result.n_epochs for outcome in together] == lengths
    alone = [train_with_weights([config], blobs)[0] for config in configs]
    assert_same_to_the_bit(together, alone)


def test_a_neighbors_last_epoch_does_not_date_a_divergence(blobs: Task) -> None:
    """The bad member is evaluated after epoch 4, its neighbor at its own end: after 1, 2 or 3."""
    exploding = make_run(
        {
            **FLOAT32,
            "trainer.max_epochs": 4,
            "trainer.evaluate_every": 4,
            "trainer.batch_size": 50,
        },
        optimizer=SGDConfig(name="sgd", lr=1e38, weight_decay=0.0, decay="coupled"),
    )
    alone = train_with_weights([exploding], blobs)
    assert alone[0].result.status == "diverged"
    for n_epochs in (1, 2, 3):
        neighbor = make_run(
            {
                **FLOAT32,
                "trainer.max_epochs": n_epochs,
                "trainer.evaluate_every": 4,
                "trainer.batch_size": 50,
            }
        )
        assert_same_to_the_bit(train_with_weights([exploding, neighbor], blobs)[:1], alone)


# --- alone and in company, any shape, any number of threads -----------------------------------

Shape = tuple[int, int, int, list[int], str, int | str, int, str]
"""n_features, n_classes, n_train, widths, activation, batch_size, n_members, dtype."""

SHAPES: list[Shape] = [
    (64, 10, 60, [64], "relu", 32, 8, "float32"),
    (64, 10, 60, [64], "relu", 32, 8, "float64"),
    (5, 3, 50, [], "relu", 8, 7, "float32"),
    (1, 2, 40, [1], "tanh", 7, 5, "float32"),
    (33, 11, 77, [17, 31], "sigmoid", 13, 12, "float32"),
    (65, 7, 90, [129], "gelu", 33, 9, "float32"),
    (127, 12, 64, [63, 65, 3], "relu", 1, 4, "float32"),
    (13, 5, 101, [150, 2], "tanh", "full", 16, "float32"),
    (31, 2, 55, [7, 97], "gelu", 16, 11, "float64"),
    (100, 10, 70, [37], "sigmoid", 10, 24, "float32"),
    (8, 4, 120, [16, 16, 16], "relu", 64, 6, "float32"),
    (77, 9, 83, [101, 43], "tanh", 32, 13, "float64"),
    (5, 12, 94, [50], "sigmoid", 13, 16, "float32"),
]


ONE_OUTPUT_SHAPES: list[tuple[Shape, str, str, bool]] = [
    ((40, 1, 60, [64], "relu", 32, 8, "float32"), "signs", "logistic", True),
    ((40, 1, 60, [64], "relu", 32, 8, "float64"), "signs", "logistic", False),
    ((5, 1, 51, [], "relu", 7, 7, "float32"), "signs", "logistic", False),
    ((1, 1, 41, [1], "tanh", 13, 5, "float32"), "signs", "logistic", True),
    ((33, 1, 77, [17, 31], "sigmoid", 1, 6, "float32"), "signs", "logistic", False),
    ((13, 1, 101, [150, 2], "tanh", "full", 16, "float32"), "signs", "logistic", True),
    ((100, 1, 63, [], "relu", "full", 24, "float64"), "signs", "logistic", False),
    ((65, 1, 90, [129], "gelu", 33, 9, "float32"), "signs", "squared", False),
    ((5, 1, 51, [], "relu", 7, 7, "float32"), "signs", "squared", True),
    ((653, 1, 100, [], "relu", "full", 10, "float64"), "signs", "squared", False),
    ((31, 1, 55, [7, 97], "gelu", 16, 11, "float64"), "reals", "squared", True),
    ((77, 1, 83, [101, 43], "relu", 32, 13, "float32"), "reals", "squared", False),
    ((8, 1, 121, [], "relu", 1, 12, "float32"), "reals", "squared", False),
]
"""Shapes of tasks with one output: labels, loss, and whether layers have biases."""


def _random_shape(seed: int, *, n_classes: int | None = None) -> Shape:
    rng = random.Random(seed)  # noqa: S311 - draws test cases
    batch_sizes: list[int | str] = [1, 7, 13, 32, 33, "full"]
    return (
        rng.randint(1, 130),
        n_classes or rng.randint(2, 12),
        rng.randint(20, 200),
        [rng.randint(1, 150) for _ in range(rng.randint(0, 3))],
        rng.choice(["relu", "tanh", "sigmoid", "gelu"]),
        rng.choice(batch_sizes),
        rng.randint(2, 24),
        rng.choice(["float32", "float32", "float64"]),
    )


def _assert_same_in_company(
    shape: Shape,
    set_threads: Callable[[int], None],
    threads: Sequence[int],
    monkeypatch: pytest.MonkeyPatch,
    *,
    one_output: tuple[str, str] | None = None,
    bias: bool = True,
) -> None:
    """Assert that a population, its larger half and two members alone have the same numbers.

    Args:
        shape: Sizes of task, networks and population.
        set_threads: Sets torch's number of threads.
        threads: Numbers of threads that must equal one thread.
        monkeypatch: Lets small networks use several threads.
        one_output: Labels and loss of a task with one output; None for a task of classes.
        bias: True if layers have biases.
    """
    n_features, n_classes, n_train, widths, activation, batch_size, n_members, dtype = shape
    if one_output is None:
        task = make_blobs(n_features=n_features, n_classes=n_classes, n_train=n_train)
    else:
        task = make_line(*one_output, n_features=n_features, n_train=n_train)
    configs = mixed_runs(
        n_members,
        {
            "model.widths": widths,
            "model.activation": activation,
            "model.bias": bias,
            "trainer.batch_size": batch_size,
            "trainer.max_epochs": 2,
            "trainer.dtype": dtype,
        },
    )
    set_threads(1)
    company = train_with_weights(configs, task)
    monkeypatch.setattr(processor, "LARGE_MEMBER", 0)  # several threads, though the nets are small
    n_half = n_members // 2 + 1
    for n_threads in threads:
        set_threads(n_threads)
        assert_same_to_the_bit(train_with_weights(configs, task), company)
        assert_same_to_the_bit(train_with_weights(configs[:n_half], task), company[:n_half])
        for m in (0, n_members // 2):
            assert_same_to_the_bit(train_with_weights([configs[m]], task), [company[m]])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_run_alone_equals_the_run_in_company(
    shape: Shape, set_threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _assert_same_in_company(shape, set_threads, threads=(1, 4), monkeypatch=monkeypatch)


@pytest.mark.parametrize(("shape", "labels", "loss", "bias"), ONE_OUTPUT_SHAPES, ids=str)
def test_a_run_of_one_output_alone_equals_the_run_in_company(
    shape: Shape,
    labels: str,
    loss: str,
    *,
    bias: bool,
    set_threads: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _assert_same_in_company(
        shape,
        set_threads,
        threads=(1, 4),
        monkeypatch=monkeypatch,
        one_output=(labels, loss),
        bias=bias,
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", first(2, range(100)))
def test_a_run_alone_equals_the_run_in_company_at_random_shapes(
    seed: int, set_threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _assert_same_in_company(
        _random_shape(seed),
        set_threads,
        threads=(1, 3),
        monkeypatch=monkeypatch,
        bias=seed % 3 > 0,
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", first(1, range(60)))
def test_a_run_of_one_output_alone_equals_the_run_in_company_at_random_shapes(
    seed: int, set_threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _assert_same_in_company(
        _random_shape(seed, n_classes=1),
        set_threads,
        threads=(1, 3),
        monkeypatch=monkeypatch,
        one_output=ONE_OUTPUT[seed % 3],
        bias=seed % 2 == 0,
    )


def test_a_run_alone_equals_the_run_in_company_on_digits(
    digits: Task, set_threads: Callable[[int], None]
) -> None:
    changes = {"model.widths": [64], "trainer.batch_size": 32, "trainer.max_epochs": 1}
    configs = mixed_runs(16, changes)
    set_threads(2)
    together = train_with_weights(configs, digits)
    alone = [train_with_weights([config], digits)[0] for config in configs[:3]]
    assert_same_to_the_bit(alone, together[:3])


# --- seeds -----------------------------------------------------------------------------------


def test_equal_seeds_repeat_and_different_seeds_differ(blobs: Task) -> None:
    configs = [make_run({"dropout.hidden": 0.2}, seed=seed) for seed in (0, 1, 2)]
    first = train_with_weights(configs, blobs)
    assert_same_to_the_bit(first, train_with_weights(configs, blobs))
    final_losses = {losses(outcome.result.curve)[-1] for outcome in first}
    assert len(final_losses) == 3


def test_the_seed_moves_the_start_the_order_and_the_masks(blobs: Task) -> None:
    changes = {"dropout.input": 0.5}
    population = make_population([make_run(changes, seed=seed) for seed in (0, 1)], blobs)
    batch = epoch_of(population, blobs)[0]
    for stacked in (population.flat, *_seen(population, batch)):
        assert not torch.equal(stacked[0], stacked[1])


def _masks(population: Population, batch: Batch) -> list[Tensor]:
    return [m for m in make_masks(batch, dropout_rules(population)) if m is not None]


def _seen(population: Population, batch: Batch) -> list[Tensor]:
    """Return the examples and masks that members see in one step, each of shape ``(M, ...)``."""
    return [batch.of_members(batch.order), *_masks(population, batch)]


def _one_of_each_optimizer(seed: int, changes: dict[str, Any]) -> list[RunConfig]:
    return [make_run(changes, seed=seed, optimizer=row.config) for row in OPTIMIZERS.values()]


def test_equal_seeds_give_every_optimizer_the_same_start_batches_and_masks(blobs: Task) -> None:
    """Differences between arms are therefore paired."""
    rates = {"dropout.input": 0.3, "dropout.hidden": 0.5, "model.widths": [9, 7]}
    configs = _one_of_each_optimizer(3, rates)
    population = make_population([*configs, make_run(rates, seed=4)], blobs)
    is_three = [member.config.seed == 3 for member in population.members]
    assert sum(is_three) == len(OPTIMIZERS)

    seen = [
        population.params,
        *(_seen(population, batch) for batch in epoch_of(population, blobs)),
    ]
    assert len(seen) == 1 + 7
    for tensors in seen:
        for stacked in tensors:
            same = stacked[is_three]
            assert torch.equal(same, same[:1].expand_as(same))


def test_the_learning_rate_and_the_schedule_move_no_draw(blobs: Task) -> None:
    rates = {"dropout.input": 0.3}
    configs = [
        make_run({**rates, "optimizer.lr": lr}, schedule=row.config)
        for lr in (0.1, 0.01)
        for row in SCHEDULES.values()
    ]
    population = make_population(configs, blobs)
    for batch in epoch_of(population, blobs):
        for stacked in (population.flat, *_seen(population, batch)):
            assert torch.equal(stacked, stacked[:1].expand_as(stacked))


@pytest.mark.parametrize(
    "name", [name for name, row in INITIALIZERS.items() if row.breaks_symmetry]
)
def test_the_gain_scales_the_base_draw_and_nothing_else(name: str, blobs: Task) -> None:
    """The gains are powers of two and 0, so that the products are exact."""
    row = INITIALIZERS[name].config
    gains = (1.0, 0.25, 4.0, 0.0)
    configs = [make_run({"initializer.gain": gain}, initializer=row) for gain in gains]
    population = make_population(configs, blobs)
    for weight in population.params[::2]:
        assert weight[0].abs().max() > 0
        for m, gain in enumerate(gains):
            assert torch.equal(weight[m], gain * weight[0])


def test_a_higher_dropout_rate_drops_what_a_lower_one_drops_and_more(blobs: Task) -> None:
    """Arms with different rates share base numbers, so their masks are nested."""
    configs = [make_run({"dropout.hidden": rate}) for rate in (0.0, 0.2, 0.5, 0.8)]
    population = make_population(configs, blobs)
    for batch in epoch_of(population, blobs):
        (mask,) = _masks(population, batch)
        is_kept = mask[..., :9] > 0
        assert is_kept[0].all()
        for lower, higher in itertools.pairwise(is_kept):
            assert not (higher & ~lower).any()
            assert higher.sum() < lower.sum()


def test_a_stop_and_a_start_do_not_move_later_epochs(blobs: Task) -> None:
    """Streams are named by epoch: a shorter training is the beginning of a longer one."""
    short, long = (
        train([make_run({"trainer.max_epochs": n, "dropout.hidden": 0.3})], blobs)[0].curve
        for n in (2, 5)
    )
    assert long[: len(short)] == short


# --- divergence is data ----------------------------------------------------------------------


def test_a_diverged_member_is_recorded_at_the_step_of_the_plain_loop(blobs: Task) -> None:
    """In float64 the growing weights overflow at a step that no rounding can move."""
    long = {"trainer.max_epochs": 20}
    configs = [
        make_run(long, seed=0),
        make_run(long, seed=1, optimizer=growing(1e-3)),
        make_run(long, seed=2, optimizer=OPTIMIZERS["adam"].config),
        make_run(long, seed=3, optimizer=growing(1e-6)),
        make_run(
            long, seed=4, initializer=NormalConfig(name="normal", std=1e200, gain=1.0)
        ),  # finite weights, infinite products
    ]
    outcomes = train_with_weights(configs, blobs)
    statuses = [outcome.result.status for outcome in outcomes]
    assert statuses == ["completed", "diverged", "completed", "diverged", "diverged"]
    for config, outcome in zip(configs, outcomes, strict=True):
        alone = train_alone(config, blobs)
        assert outcome.result.diverged_step == alone.diverged_step
        assert len(outcome.result.curve) == len(alone.curve)
    steps = [outcome.result.diverged_step for outcome in outcomes]
    assert steps[1] is not None
    assert steps[1] > 7  # in mid-training, not in the first epoch
    assert steps[4] == 0  # infinite as drawn


def test_the_curve_of_a_diverged_member_stops_and_the_others_go_on(blobs: Task) -> None:
    long = {"trainer.max_epochs": 20}
    bad, good = train([make_run(long, optimizer=growing(1e-3)), make_run(long, seed=1)], blobs)
    assert bad.status == "diverged"
    assert bad.diverged_step is not None
    assert all(np.isfinite(point.loss) for point in bad.curve)
    last = bad.curve[-1]
    assert last.step < bad.diverged_step <= bad.n_steps < 140
    assert bad.n_epochs == last.epoch + 1  # it left at the end of the epoch it diverged in
    assert set(bad.metrics().values()) == {None}
    assert (good.status, good.n_epochs, good.n_steps) == ("completed", 20, 140)
    assert len(good.curve) == 21 * 3


def test_divergence_in_the_last_update_is_seen_by_the_evaluation(blobs: Task) -> None:
    """One full batch an epoch: the loss of step 1 is finite, its update is not."""
    config = make_run(
        {**FLOAT32, "trainer.batch_size": "full", "trainer.max_epochs": 1, "optimizer.lr": 1e38}
    )
    result = train([config], blobs)[0]
    assert (result.status, result.diverged_step, result.n_steps) == ("diverged", 1, 1)
    assert {point.epoch for point in result.curve} == {0}


# --- fresh processes -------------------------------------------------------------------------


def digest_of_a_training() -> str:
    """Hash a training of mixed members, one of them diverging."""
    configs: list[RunConfig] = [*mixed_runs(9), EXPLODING["growth in mid-training"]]
    return training_digest(configs, make_blobs())


@pytest.mark.slow
def test_fresh_processes_with_other_hash_seeds_agree_to_the_bit() -> None:
    code = (
        "import sys; from tests.test_ladder import digest_of_a_training as digest; "
        "sys.stdout.write(digest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1", "2026")
    }
    assert told == {digest_of_a_training()}


def test_the_digest_notices_a_changed_run() -> None:
    """Otherwise the test above could not fail."""
    configs = mixed_runs(2)
    one = training_digest(configs, make_blobs())
    assert one == training_digest(configs, make_blobs())
    assert one != training_digest(configs, make_blobs(seed=1))
