"""Every member of a population must do what the plain loop does alone, in float64."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import torch

from ffnn_lab.config import OptimizerConfig, RunConfig
from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.networks import mlp
from ffnn_lab.networks.mlp import LARGE_WEIGHT
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from ffnn_lab.records import CurvePoint
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.testing import Outcome, train_with_weights
from tests.catalog import BIAS_INITIALIZERS, INITIALIZERS, OPTIMIZERS, SCHEDULES
from tests.reference.plain_loop import PlainRun, train_alone
from tests.support.builders import ONE_OUTPUT, make_blobs, make_line, make_run, with_parts

TOLERANCE = 1e-10
"""Absolute tolerance, on numbers of order 1: float64 rounds at 1e-16, and the two trainers sum in
different orders."""

MIN_STEPS = 20

COMPANY: list[dict[str, Any]] = [
    {},
    {"initializer.gain": 0.5, "dropout.hidden": 0.5},
    {"initializer.gain": 1.5, "dropout.input": 0.2},
    {"dropout.input": 0.1, "dropout.hidden": 0.3, "trainer.max_norm": 0.8},
]
"""Changes that make members differ: a population of equal members cannot show a mix-up."""


def _members(
    config: RunConfig, per_member: Sequence[Mapping[str, Any]] = COMPANY
) -> list[RunConfig]:
    changed = [
        with_parts(make_run(changes), optimizer=config.optimizer, schedule=config.schedule)
        for changes in per_member
    ]
    return [
        dataclasses.replace(
            member,
            seed=seed,
            model=config.model,
            bias_initializer=config.bias_initializer,
            initializer=dataclasses.replace(
                config.initializer, gain=config.initializer.gain * member.initializer.gain
            ),
            optimizer=dataclasses.replace(
                config.optimizer, lr=config.optimizer.lr * (1 - 0.2 * seed)
            ),
            trainer=dataclasses.replace(config.trainer, max_norm=member.trainer.max_norm),
        )
        for seed, member in enumerate(changed)
    ]


def _assert_agrees(outcome: Outcome, alone: PlainRun) -> None:
    config, result = outcome.result.config, outcome.result
    assert result.status == "completed"
    assert result.n_steps == alone.n_steps >= MIN_STEPS
    for weight, expected in zip(outcome.weights, alone.weights, strict=True):
        assert weight.shape == expected.shape
        assert (weight - expected).abs().max().item() < TOLERANCE, config
    for point, twin in zip(result.curve, alone.curve, strict=True):
        assert _place(point) == _place(twin)
        assert point.loss == pytest.approx(twin.loss, abs=TOLERANCE), config
        assert point.error == pytest.approx(twin.error, abs=TOLERANCE), config
        assert point.lr == pytest.approx(twin.lr, rel=1e-12), config


def _place(point: CurvePoint) -> tuple[int, int, str]:
    return point.epoch, point.step, point.split


def _assert_all_agree(configs: Sequence[RunConfig], task: Task) -> None:
    for config, outcome in zip(configs, train_with_weights(configs, task), strict=True):
        _assert_agrees(outcome, train_alone(config, task))


def _decayed(config: OptimizerConfig, decay: str) -> OptimizerConfig:
    return dataclasses.replace(config, weight_decay=0.1, decay=decay)


@pytest.mark.parametrize("decay", ["none", "coupled", "decoupled"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_agrees_with_torch(name: str, decay: str, blobs: Task) -> None:
    config = OPTIMIZERS[name].config
    if decay == "none":
        config = dataclasses.replace(config, weight_decay=0.0)
    else:
        config = _decayed(config, decay)
    _assert_all_agree(_members(make_run(optimizer=config)), blobs)


def test_members_differ_enough_to_tell_them_apart(blobs: Task) -> None:
    """Otherwise the agreement above could not notice members that are mixed up."""
    outcomes = train_with_weights(_members(make_run()), blobs)
    for one in outcomes:
        for other in outcomes:
            gap = max(
                (a - b).abs().max().item() for a, b in zip(one.weights, other.weights, strict=True)
            )
            assert (gap > 0.01) == (one is not other)


def test_optimizers_and_decays_agree_in_one_population(blobs: Task) -> None:
    optimizers = [row.config for row in OPTIMIZERS.values()]
    optimizers += [_decayed(config, "coupled") for config in optimizers]
    optimizers += [_decayed(config, "decoupled") for config in optimizers[:7]]
    configs = [
        make_run(COMPANY[seed % 4], seed=seed, optimizer=config)
        for seed, config in enumerate(reversed(optimizers))  # not in the order of the slices
    ]
    _assert_all_agree(configs, blobs)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.99])
def test_heavy_ball_agrees_at_any_momentum(momentum: float, blobs: Task) -> None:
    config = HeavyBallConfig(
        name="heavy_ball", lr=0.05, momentum=momentum, weight_decay=0.0, decay="coupled"
    )
    _assert_all_agree(_members(make_run(optimizer=config)), blobs)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.0, 0.0), (0.9, 0.0), (0.0, 0.999)])
def test_adam_agrees_at_the_ends_of_its_decays(beta1: float, beta2: float, blobs: Task) -> None:
    """The eps is large: at beta2 = 0, small gradients would otherwise make steps of any length."""
    config = AdamConfig(
        name="adam",
        lr=0.01,
        beta1=beta1,
        beta2=beta2,
        eps=0.1,
        weight_decay=0.0,
        decay="coupled",
    )
    _assert_all_agree(_members(make_run(optimizer=config)), blobs)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializer_agrees_with_torch(name: str, blobs: Task) -> None:
    """The activation is tanh because of the constant initializer.

    With constant weights, the first gradients in the hidden layers cancel (p - y sums to 0). Only
    rounding is left, whose sign a ReLU would amplify.
    """
    config = make_run(
        {"model.widths": [9, 4], "model.activation": "tanh"},
        initializer=INITIALIZERS[name].config,
    )
    _assert_all_agree(_members(config), blobs)


@pytest.mark.parametrize("name", BIAS_INITIALIZERS)
def test_bias_initializer_agrees_with_torch(name: str, blobs: Task) -> None:
    row = BIAS_INITIALIZERS[name].config
    config = make_run(
        {"model.widths": [9, 4]}, bias_initializer=dataclasses.replace(row, gain=0.7)
    )
    _assert_all_agree(_members(config), blobs)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_agrees_with_torch(name: str, blobs: Task) -> None:
    """The learning rate makes the dev loss rise now and then, so that dev_decay has an effect."""
    config = make_run(
        {"trainer.max_epochs": 12, "optimizer.lr": 0.4}, schedule=SCHEDULES[name].config
    )
    members = _members(config)
    _assert_all_agree(members, blobs)
    rates = {point.lr for point in train_alone(members[0], blobs).curve}
    assert len(rates) == 1 if name == "constant" else len(rates) > 2


def test_schedules_agree_in_one_population(blobs: Task) -> None:
    configs = [
        make_run(
            {"trainer.max_epochs": max_epochs, "optimizer.lr": 0.3}, seed=seed, schedule=row.config
        )
        for seed, row in enumerate(SCHEDULES.values())
        for max_epochs in (5, 8)
    ]
    _assert_all_agree(configs, blobs)


@pytest.mark.parametrize(
    "rates",
    [(0.0, 0.5), (0.2, 0.0), (0.2, 0.5), (0.05, 0.9)],
    ids=lambda rates: f"input {rates[0]}, hidden {rates[1]}",
)
@pytest.mark.parametrize("widths", [[], [9], [7, 11, 5]], ids=str)
def test_dropout_agrees(rates: tuple[float, float], widths: list[int], blobs: Task) -> None:
    changes = {"model.widths": widths, "dropout.input": rates[0], "dropout.hidden": rates[1]}
    _assert_all_agree([make_run(changes, seed=seed) for seed in range(3)], blobs)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("widths", [[], [1], [9], [7, 33, 5]], ids=str)
def test_layers_agree(widths: list[int], activation: str, blobs: Task) -> None:
    config = make_run(
        {"model.widths": widths, "model.activation": activation},
        bias_initializer=BIAS_INITIALIZERS["normal"].config,
    )
    _assert_all_agree(_members(config), blobs)


@pytest.mark.parametrize("max_norm", [0.3, 1.0])
def test_max_norm_agrees_beside_members_without(max_norm: float, blobs: Task) -> None:
    changes = {"model.widths": [9, 7], "trainer.max_norm": max_norm}
    configs = [make_run(changes, seed=seed) for seed in range(3)]
    configs += [make_run({"model.widths": [9, 7]}, seed=seed) for seed in range(2)]
    _assert_all_agree(configs, blobs)
    for outcome in train_with_weights(configs[:3], blobs):
        hidden, output = (outcome.weights[place].norm(dim=1) for place in (2, 4))
        assert hidden.max().item() == pytest.approx(max_norm, rel=1e-12)  # it binds
        assert output.max().item() > max_norm  # and does not touch the output layer


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("decay", ["coupled", "decoupled"])
@pytest.mark.parametrize("large", [LARGE_WEIGHT, 50], ids=["one row", "segments"])
def test_clip_norm_agrees_beside_members_without(
    large: int, decay: str, name: str, blobs: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradients are clipped before decay is added; otherwise coupled decay would not agree."""
    monkeypatch.setattr(mlp, "LARGE_WEIGHT", large)
    row = OPTIMIZERS[name]
    shared = {
        "model.widths": [9, 7],
        "optimizer.lr": row.stable_lr,
        "optimizer.weight_decay": 0.05,
        "optimizer.decay": decay,
    }
    limits = (None, 0.2, 0.5, 1e9)
    configs = [
        make_run({**shared, "trainer.clip_norm": limit}, seed=0, optimizer=row.config)
        for limit in limits
    ]
    _assert_all_agree(configs, blobs)
    free, short, longer, loose = (
        outcome.weights[0] for outcome in train_with_weights(configs, blobs)
    )
    assert torch.equal(loose, free)  # a limit that never binds moves no bit
    assert not torch.equal(short, free)
    assert not torch.equal(longer, short)


@pytest.mark.parametrize(
    ("batch_size", "max_epochs"),
    [(1, 1), (7, 3), (10, 4), (49, 10), (50, 20), (64, 20), ("full", 20)],
)
def test_batch_size_agrees(batch_size: int | str, max_epochs: int, blobs: Task) -> None:
    """Of 50 examples, sizes 7 and 49 leave a last batch of 1, 10 and 50 none; 64 is capped."""
    changes = {"trainer.batch_size": batch_size, "trainer.max_epochs": max_epochs}
    config = make_run(changes)
    per_member = [part for part in COMPANY if batch_size != 1 or "dropout.input" not in part]
    _assert_all_agree(_members(config, per_member), blobs)


def test_evaluation_now_and_then_agrees(blobs: Task) -> None:
    """Epochs 0, 2, 4 and the last one, 5, are evaluated."""
    changes = {"trainer.max_epochs": 5, "trainer.evaluate_every": 2}
    configs = [make_run(changes, seed=seed) for seed in range(2)]
    _assert_all_agree(configs, blobs)
    outcome = train_with_weights(configs, blobs)[0]
    assert [p.epoch for p in outcome.result.curve if p.split == "dev"] == [0, 2, 4, 5]


@pytest.mark.parametrize("kind", ONE_OUTPUT, ids=", ".join)
@pytest.mark.parametrize("widths", [[], [9]], ids=["linear", "mlp"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_agrees_with_torch_on_one_output(
    name: str, widths: list[int], kind: tuple[str, str]
) -> None:
    """Learning rates are half of the stable ones: real labels have gradients of any size."""
    row = OPTIMIZERS[name]
    decay = {"adamw": "decoupled", "sgd": "coupled", "adam": "coupled"}.get(name)
    optimizer = dataclasses.replace(row.config, lr=row.stable_lr / 2)
    if decay is not None:
        optimizer = _decayed(optimizer, decay)
    config = make_run({"model.widths": widths}, optimizer=optimizer)
    _assert_all_agree(_members(config), make_line(*kind))


@pytest.mark.parametrize("kind", [None, *ONE_OUTPUT], ids=str)
@pytest.mark.parametrize("widths", [[], [9], [7, 33, 5]], ids=str)
def test_layers_without_biases_agree(
    widths: list[int], kind: tuple[str, str] | None, blobs: Task
) -> None:
    config = make_run({"model.widths": widths, "model.bias": False, "optimizer.lr": 0.02})
    task = blobs if kind is None else make_line(*kind)
    _assert_all_agree(_members(config), task)
    for outcome in train_with_weights(_members(config), task):
        assert [weight.ndim for weight in outcome.weights] == [2] * (len(widths) + 1)


@pytest.mark.parametrize("kind", ONE_OUTPUT, ids=", ".join)
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
def test_batch_size_agrees_on_one_output(batch_size: int | str, kind: tuple[str, str]) -> None:
    changes = {
        "model.widths": [],
        "model.bias": False,
        "optimizer.lr": 0.02,
        "trainer.batch_size": batch_size,
        "trainer.max_epochs": {1: 1, 7: 3, "full": 20}[batch_size],
    }
    _assert_all_agree([make_run(changes, seed=seed) for seed in range(3)], make_line(*kind))


@pytest.mark.parametrize("kind", ONE_OUTPUT, ids=", ".join)
def test_schedules_agree_on_one_output(kind: tuple[str, str]) -> None:
    """One of the schedules is dev_decay, which looks at the dev loss."""
    changes = {"optimizer.lr": 0.05, "trainer.max_epochs": 8}
    configs = [
        make_run(changes, seed=seed, schedule=row.config)
        for seed, row in enumerate(SCHEDULES.values())
    ]
    _assert_all_agree(configs, make_line(*kind))


def test_other_sizes_of_task_agree() -> None:
    task = make_blobs(n_features=37, n_classes=11, n_train=61, seed=5)
    _assert_all_agree(_members(make_run({"model.widths": [33]})), task)


def test_the_default_run_agrees_on_digits(digits: Task) -> None:
    """The run has the values of conf/config.yaml, but two epochs, 68 steps, in float64."""
    changes = {
        "model.widths": [64],
        "dropout.hidden": 0.2,
        "optimizer.lr": 0.02,
        "optimizer.momentum": 0.9,
        "trainer.batch_size": 32,
        "trainer.max_epochs": 2,
    }
    heavy_ball = OPTIMIZERS["heavy_ball"].config
    _assert_all_agree(
        [make_run(changes, seed=seed, optimizer=heavy_ball) for seed in (0, 1)], digits
    )


# --- whole trainings -------------------------------------------------------------------------
# Learning rates are the catalog's stable ones, which do not amplify rounding. Two kinds of run are
# left out. With zeros and constant weights the first gradients of hidden layers are only rounding,
# which drives equal units apart. And steps near instability amplify rounding by definition.

LONG = {"trainer.max_epochs": 12, "dropout.hidden": 0.2}


def _long_by_optimizer() -> list[RunConfig]:
    return [
        with_parts(
            make_run(LONG, seed=seed),
            optimizer=dataclasses.replace(row.config, lr=row.stable_lr),
        )
        for row in OPTIMIZERS.values()
        for seed in range(2)
    ]


def _long_by_initializer() -> list[RunConfig]:
    return [
        make_run(LONG, seed=seed, initializer=row.config)
        for seed, row in enumerate(INITIALIZERS.values())
        if row.breaks_symmetry
    ]


def _long_by_schedule() -> list[RunConfig]:
    return [
        make_run(LONG, seed=seed, schedule=row.config)
        for row in SCHEDULES.values()
        for seed in range(3)
    ]


def _long_by_bias() -> list[RunConfig]:
    return [
        make_run(
            LONG,
            seed=seed,
            bias_initializer=row.config,
            initializer=SchemeConfig(name="glorot_normal", gain=1.5),
        )
        for seed, row in enumerate(BIAS_INITIALIZERS.values())
    ]


@pytest.mark.parametrize(
    "make_configs",
    [_long_by_optimizer, _long_by_initializer, _long_by_schedule, _long_by_bias],
    ids=["optimizers", "initializers", "schedules", "biases"],
)
def test_whole_trainings_agree(make_configs: Callable[[], list[RunConfig]], blobs: Task) -> None:
    """Trainings of 84 steps agree, in which the loss falls."""
    configs = make_configs()
    for config, outcome in zip(configs, train_with_weights(configs, blobs), strict=True):
        alone = train_alone(config, blobs)
        _assert_agrees(outcome, alone)
        first, last = alone.curve[0], alone.curve[-3]
        assert (first.split, last.split) == ("train", "train")
        assert last.loss < first.loss
