"""Configs, tasks and trainings that many tests need, each in one call."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ffnn_lab.config import (
    DropoutConfig,
    InitializerConfig,
    OptimizerConfig,
    RunConfig,
    ScheduleConfig,
    TrainerConfig,
    run_id,
    with_values,
)
from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.config.run import PathsConfig, TrackingConfig
from ffnn_lab.draws import epoch_batches
from ffnn_lab.evaluation import place
from ffnn_lab.library import find_compiler
from ffnn_lab.models import network_of
from ffnn_lab.models.mlp import MLPConfig
from ffnn_lab.networks import MLP
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.population import Population
from ffnn_lab.records import CurvePoint
from ffnn_lab.steps import Batch, Examples
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.tasks.digits import DigitsConfig
from ffnn_lab.testing import train_with_weights
from ffnn_lab.trainer import make_stepper

needs_compiler = pytest.mark.skipif(
    find_compiler() is None, reason="no C++ compiler is there to compile steps with"
)
NO_DATA = Path("no-data")
"""The data folder to name for a task that reads no files."""


def make_run(
    changes: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    initializer: InitializerConfig | None = None,
    bias_initializer: InitializerConfig | None = None,
    optimizer: OptimizerConfig | None = None,
    schedule: ScheduleConfig | None = None,
) -> RunConfig:
    """Build a small run by hand, without Hydra.

    Args:
        changes: New values of fields, by dotted name.
        seed: The seed of the run.
        initializer: The initializer of the weights; He normal by default.
        bias_initializer: The initializer of the biases; zeros by default.
        optimizer: The optimizer; plain gradient descent by default.
        schedule: The schedule; a constant learning rate by default.
    """
    config = RunConfig(
        seed=seed,
        device="cpu",
        task=DigitsConfig(
            name="digits", dev_fraction=0.2, test_fraction=0.2, split_seed=0, scaling="global"
        ),
        model=MLPConfig(
            name="mlp", widths=[9], activation="relu", bias=True, norm="none", residual=False
        ),
        initializer=initializer or SchemeConfig(name="he_normal", gain=1.0),
        bias_initializer=bias_initializer or SchemeConfig(name="zeros", gain=1.0),
        optimizer=optimizer or SGDConfig(name="sgd", lr=0.1, weight_decay=0.0, decay="coupled"),
        schedule=schedule or ScheduleConfig(name="constant"),
        dropout=DropoutConfig(input=0.0, hidden=0.0),
        trainer=TrainerConfig(
            max_epochs=3,
            batch_size=8,
            evaluate_every=1,
            diagnose_every=None,
            dtype="float64",
            compile=False,
            precision="full",
            max_norm=None,
            clip_norm=None,
            walk="one_by_one",
            save_weights=False,
            checkpoint_seconds=None,
        ),
        tracking=TrackingConfig(mode="off", project="tests", entity=None, tags=[], notes=None),
        paths=PathsConfig(outputs="outputs", data="data"),
    )
    return with_values(config, changes or {})


def with_parts(config: RunConfig, **parts: Any) -> RunConfig:  # noqa: ANN401 - parts of a config
    """Copy a config with whole parts replaced, e.g. ``optimizer=SGDConfig(...)``."""
    return dataclasses.replace(config, **parts)


def make_blobs(
    *, n_features: int = 5, n_classes: int = 3, n_train: int = 50, n_dev: int = 23, seed: int = 0
) -> Task:
    """Make a task of overlapping Gaussian blobs, one per class.

    Training improves the error, but does not bring it to zero. 50 train examples in batches of 8
    make 7 steps an epoch; the last step has 2 examples.
    """
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((n_classes, n_features))

    def split(n_examples: int) -> Split:
        labels = rng.integers(0, n_classes, n_examples)
        noise = rng.standard_normal((n_examples, n_features))
        return Split(centers[labels] + noise, labels)

    return Task(
        name="blobs",
        n_classes=n_classes,
        train=split(n_train),
        dev=split(n_dev),
        test=split(n_dev + 1),
    )


def make_line(
    labels: str = "signs",
    loss: str = "squared",
    *,
    n_features: int = 5,
    n_train: int = 50,
    n_dev: int = 23,
    seed: int = 0,
) -> Task:
    """Make a task with one output, whose labels follow a linear rule with noise.

    Training improves the error, but does not bring it to zero. By default the splits are as large
    as those of `make_blobs`.

    Args:
        labels: ``signs`` for the signs of the noisy rule, ``reals`` for its values.
        loss: ``squared`` or ``logistic``.
        n_features: Numbers per example.
        n_train: Number of train examples.
        n_dev: Number of dev examples; test has one more.
        seed: The seed from which the rule and all examples are drawn.
    """
    rng = np.random.default_rng(seed)
    rule = rng.standard_normal(n_features)

    def split(n_examples: int) -> Split:
        inputs = rng.standard_normal((n_examples, n_features))
        reals = inputs @ rule + rng.standard_normal(n_examples) + 0.5
        return Split(inputs, np.where(reals > 0, 1.0, -1.0) if labels == "signs" else reals)

    return Task(
        name="line",
        n_classes=2 if labels == "signs" else 0,
        train=split(n_train),
        dev=split(n_dev),
        test=split(n_dev + 1),
        loss=loss,
    )


def make_pictures(
    *, shape: tuple[int, ...] = (3, 8, 8), n_train: int = 50, n_dev: int = 23, seed: int = 0
) -> Task:
    """Make noisy pictures of three classes; each class is brighter in a corner of its own."""
    rng = np.random.default_rng(seed)

    def split(n_examples: int) -> Split:
        labels = rng.integers(0, 3, n_examples)
        pictures = rng.standard_normal((n_examples, *shape))
        for picture, label in zip(pictures, labels, strict=True):
            picture[:, 4 * (label // 2) :, 4 * (label % 2) :] += 0.5
        return Split(pictures.reshape(n_examples, -1), labels)

    return Task(
        name="pictures",
        n_classes=3,
        train=split(n_train),
        dev=split(n_dev),
        test=split(n_dev + 1),
        shape=shape,
    )


def make_letters(
    *, n_letters: int = 5, length: int = 6, n_train: int = 50, n_dev: int = 23, seed: int = 0
) -> Task:
    """Make texts in which each letter repeats the previous one or is its successor, at random."""
    rng = np.random.default_rng(seed)

    def split(n_examples: int) -> Split:
        steps = rng.integers(0, 2, (n_examples, length + 1))
        letters = steps.cumsum(axis=1) % n_letters
        return Split(letters[:, :-1], letters[:, 1:])

    return Task(
        name="letters",
        n_classes=n_letters,
        train=split(n_train),
        dev=split(n_dev),
        test=split(n_dev + 1),
        n_words=n_letters,
    )


def make_sentences(
    *, n_words: int = 9, length: int = 6, n_train: int = 50, n_dev: int = 23, seed: int = 0
) -> Task:
    """Make short padded texts of two classes: class 1 has the last word of the vocabulary."""
    rng = np.random.default_rng(seed)

    def split(n_examples: int) -> Split:
        words = rng.integers(1, n_words, (n_examples, length))
        lengths = rng.integers(2, length + 1, (n_examples, 1))
        words = np.where(np.arange(length) < lengths, words, 0)
        return Split(words, (words == n_words - 1).any(axis=1).astype(np.int64))

    return Task(
        name="sentences",
        n_classes=2,
        train=split(n_train),
        dev=split(n_dev),
        test=split(n_dev + 1),
        n_words=n_words,
    )


ONE_OUTPUT = (("signs", "squared"), ("signs", "logistic"), ("reals", "squared"))
"""Labels and loss of every kind of task with one output, as `make_line` takes them."""


def training_digest(configs: Sequence[RunConfig], task: Task) -> str:
    """Hash every id, curve and weight of a training to the last bit."""
    told = hashlib.sha256()
    for outcome in train_with_weights(configs, task):
        curve = [dataclasses.astuple(point) for point in outcome.result.curve]
        told.update(json.dumps([outcome.result.run_id, outcome.result.status, curve]).encode())
        for weight in outcome.weights:
            told.update(weight.numpy().tobytes())
    return told.hexdigest()


def losses(curve: Sequence[CurvePoint], split: str = "train") -> list[float]:
    """Return the loss at each point of a curve on one split."""
    return [point.loss for point in curve if point.split == split]


def make_population(configs: Sequence[RunConfig], task: Task) -> Population:
    """Start a population as ``trainer.train`` does."""
    return Population(configs, network_of(configs[0], task))


def mlp_of(population: Population) -> MLP:
    """Return the layers of a population whose model is ``mlp``."""
    assert isinstance(population.network, MLP)
    return population.network


def train_examples(population: Population, task: Task) -> Examples:
    """Copy the train split to the population's device, in the form that training steps read."""
    return place(task.train, population)


def epoch_of(population: Population, task: Task) -> list[Batch]:
    """Draw all batches of an epoch."""
    return list(epoch_batches(population, len(task.train.labels)))


def take_step_(population: Population, batch: Batch, task: Task) -> Tensor:
    """Take one training step, as ``trainer.train`` does, and return its gradients."""
    stepper = make_stepper(population, train_examples(population, task), task.loss)
    _, grads = stepper.gradients(batch)
    stepper.update_(grads)
    return torch.cat(grads, dim=1)


def take_epoch_(population: Population, task: Task) -> None:
    """Take one epoch of steps, for tests that look at the population in between."""
    population.set_learning_rates()
    for batch in epoch_of(population, task):
        take_step_(population, batch, task)
    for member in population.members:
        member.epoch += 1


def ids(configs: Sequence[RunConfig]) -> list[str]:
    """Return the id of each run."""
    return [run_id(config) for config in configs]
