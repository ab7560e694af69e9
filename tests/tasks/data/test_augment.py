"""Train images that are shown mirrored and moved, drawn from a random stream of their own."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.draws import epoch_batches
from ffnn_lab.evaluation import Evaluator
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.stepper import Stepper
from ffnn_lab.steps import Batch
from ffnn_lab.tasks.data.augment import LARGEST_SHIFT, variants
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.trainer import train
from tests import catalog
from tests.support.builders import make_run, with_parts

SHAPE = (2, 6, 5)
MODELS = ("mlp", "cnn")


def _task(augment: str) -> Task:
    """Make a task of random images with two channels, in which each pixel can be recognized."""
    rng = np.random.default_rng(0)

    def split(n_examples: int) -> Split:
        inputs = rng.standard_normal((n_examples, int(np.prod(SHAPE)))).astype(np.float32)
        return Split(inputs, np.arange(n_examples) % 3)

    return Task("mnist", 3, split(20), split(8), split(8), shape=SHAPE, augment=augment)


def _run(model: str, seed: int = 0, **trainer: Any) -> RunConfig:  # noqa: ANN401 - its fields
    run = with_parts(make_run(seed=seed), model=catalog.MODELS[model])
    values = {"dtype": "float32"} | trainer
    return with_values(run, {f"trainer.{name}": value for name, value in values.items()})


def _shown(task: Task, *configs: RunConfig) -> NDArray[np.float32]:
    """Return the images of an epoch as each member sees them, in the order of the split."""
    population = Population(list(configs), network_of(configs[0], task))
    stepper = Stepper(population, Evaluator(task, population).train, task.loss)
    seen = []
    for batch in stepper.epoch():
        order = batch.of_members(batch.order)
        found = torch.empty(len(configs), 20, int(np.prod(SHAPE))).fill_(torch.nan)
        inputs, _ = batch.examples(stepper._train)
        rows = inputs.flatten(2)[:, :, : int(np.prod(SHAPE))]
        found.scatter_(1, order.unsqueeze(2).expand_as(rows), rows)
        seen.append(found)
    return torch.stack(seen).nansum(0).numpy().reshape(len(configs), 20, *SHAPE)


def _moved(image: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """Move an image pixel by pixel; pixels from outside the image are 0."""
    moved = np.zeros_like(image)
    n_rows, n_columns = image.shape[1:]
    for row in range(n_rows):
        for column in range(n_columns):
            if 0 <= row - down < n_rows and 0 <= column - right < n_columns:
                moved[:, row, column] = image[:, row - down, column - right]
    return moved


def _ways(image: NDArray[np.float32], augment: str) -> list[NDArray[np.float32]]:
    reach = range(-LARGEST_SHIFT, LARGEST_SHIFT + 1) if augment == "flip_crop" else [0]
    return [
        each
        for down in reach
        for right in reach
        for each in (_moved(image, down, right), _moved(image, down, right)[:, :, ::-1])
    ]


@pytest.mark.parametrize(("augment", "n_ways"), [("flip", 2), ("flip_crop", 162)])
def test_the_ways_are_those_of_moving_pixel_by_pixel(augment: str, n_ways: int) -> None:
    image = np.arange(1, 61, dtype=np.float32).reshape(SHAPE)
    places = variants(augment, SHAPE, n_stored=64)
    assert places.shape == (n_ways, 64)
    assert np.array_equal(places[0], np.arange(64))
    assert (places[:, 60:] == np.arange(60, 64)).all()
    stored = np.append(image.ravel(), np.zeros(5))
    found = {stored[row][:60].tobytes() for row in places}
    assert found == {each.astype(np.float64).tobytes() for each in _ways(image, augment)}


@pytest.mark.parametrize("augment", ["flip", "flip_crop"])
@pytest.mark.parametrize("model", MODELS)
def test_each_image_is_shown_in_one_of_the_ways(model: str, augment: str) -> None:
    task = _task(augment)
    images = task.train.inputs.reshape(20, *SHAPE)
    (shown,) = _shown(task, _run(model))
    as_they_are = int((shown == images).all(axis=(1, 2, 3)).sum())
    assert 0 < as_they_are < 20 if augment == "flip" else as_they_are < 5
    for number in range(20):
        ways = _ways(images[number], augment)
        assert any(np.array_equal(shown[number], way) for way in ways)


def _batches(task: Task, epoch: int) -> list[Batch]:
    config = with_values(_run("mlp"), {"dropout.hidden": 0.5})
    population = Population([config], network_of(config, task))
    population.members[0].epoch = epoch
    return list(Stepper(population, Evaluator(task, population).train, task.loss).epoch())


def test_every_epoch_is_drawn_anew_and_moves_no_other_draw() -> None:
    plain = _batches(_task("none"), 0)
    first, second = (_batches(_task("flip_crop"), epoch) for epoch in (0, 1))
    for one, other in zip(first, plain, strict=True):
        assert torch.equal(one.order, other.order)
        for mine, theirs in zip(one.numbers, other.numbers, strict=True):
            assert (mine is None) == (theirs is None)
            assert mine is None or theirs is None or torch.equal(mine, theirs)
        assert other.variants is None
    shown = [
        torch.cat([b.variants for b in each if b.variants is not None]) for each in (first, second)
    ]
    assert not torch.equal(*shown)


def test_about_half_of_the_images_are_mirrored() -> None:
    config = _run("mlp", batch_size="full")
    population = Population([config], network_of(config, _task("flip")))
    (batch,) = epoch_batches(population, 10_000, 2)
    assert batch.variants is not None
    assert 0.48 < batch.variants.double().mean().item() < 0.52


def test_the_draw_is_the_seeds_whatever_the_batch_and_the_company() -> None:
    task = _task("flip_crop")
    alone = _shown(task, _run("mlp", 3, batch_size=20))
    together = _shown(task, *(_run("mlp", seed, batch_size=7) for seed in (5, 3, 3)))
    assert np.array_equal(together[1], alone[0])
    assert np.array_equal(together[2], alone[0])
    assert not np.array_equal(together[0], alone[0])


@pytest.mark.parametrize(
    "compile_",
    [
        False,
        # Examples are gathered before a program is called; see `tests.test_programs`.
        pytest.param(True, marks=[pytest.mark.slow, pytest.mark.exhaustive]),
    ],
)
def test_training_sees_them_and_evaluation_does_not(*, compile_: bool) -> None:
    """At a rate that moves no weight, curves are the same with augmentation and without.

    Curves are made by evaluation, which therefore does not see augmented images.
    """
    curves = {}
    for lr in (1e-30, 0.1):
        config = with_values(
            _run("mlp", max_epochs=2, compile=compile_),
            {"optimizer.lr": lr, "dropout.hidden": 0.0},
        )
        for augment in ("none", "flip"):
            (result,) = train([config], _task(augment))
            curves[lr, augment] = [(point.split, point.loss) for point in result.curve]
    assert curves[1e-30, "none"] == curves[1e-30, "flip"]
    assert curves[0.1, "none"] != curves[0.1, "flip"]


def test_members_in_company_equal_themselves_alone() -> None:
    task = _task("flip_crop")
    configs = [_run("cnn", seed, max_epochs=2, batch_size=7) for seed in (0, 1)]
    configs.append(with_values(configs[-1], {"optimizer.lr": 0.01}))
    together = train(configs, task)
    for config, found in zip(configs, together, strict=True):
        (alone,) = train([config], task)
        assert dataclasses.replace(alone, seconds=0) == dataclasses.replace(found, seconds=0)
