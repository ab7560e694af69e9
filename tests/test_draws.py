"""Batches and masks of each member do not depend on the size of blocks or on other members."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ffnn_lab import draws
from ffnn_lab.draws import UniformRows, batch_bounds, dropout_rules
from ffnn_lab.population import Population
from ffnn_lab.seeds import stream
from ffnn_lab.steps import make_masks
from ffnn_lab.tasks.data.task import Task
from tests.support.builders import epoch_of, make_population, make_run, train_examples

# --- batches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_examples", "batch_size", "bounds"),
    [
        (10, 4, [(0, 4), (4, 8), (8, 10)]),
        (8, 4, [(0, 4), (4, 8)]),
        (3, 4, [(0, 3)]),
        (3, 1, [(0, 1), (1, 2), (2, 3)]),
        (5, "full", [(0, 5)]),
        (1, "full", [(0, 1)]),
    ],
)
def test_batch_bounds(
    n_examples: int, batch_size: int | str, bounds: list[tuple[int, int]]
) -> None:
    assert batch_bounds(n_examples, batch_size) == bounds


def test_an_epoch_shows_every_example_once_in_the_order_of_its_stream(blobs: Task) -> None:
    population = make_population([make_run(seed=seed) for seed in (5, 3)], blobs)
    train = train_examples(population, blobs)
    batches = epoch_of(population, blobs)
    seen = [batch.examples(train) for batch in batches]
    inputs, labels = (torch.cat(each, dim=1) for each in zip(*seen, strict=True))
    for m, seed in enumerate((5, 3)):
        order = stream(seed, "order", 0).permutation(50)
        assert sorted(order) == list(range(50)) != list(order)
        assert np.array_equal(inputs[m, :, :5].numpy(), blobs.train.inputs[order])
        assert np.array_equal(labels[m].numpy(), blobs.train.labels[order])
    assert not inputs[:, :, 5:].any()  # padding


def test_each_epoch_has_an_order_of_its_own(blobs: Task) -> None:
    population = make_population([make_run()], blobs)
    first = epoch_of(population, blobs)[0].order
    assert torch.equal(first, epoch_of(population, blobs)[0].order)
    population.members[0].epoch += 1
    assert not torch.equal(first, epoch_of(population, blobs)[0].order)


def test_without_dropout_nothing_is_drawn_for_it(blobs: Task) -> None:
    population = make_population([make_run()], blobs)
    assert {tuple(batch.numbers) for batch in epoch_of(population, blobs)} == {(None, None)}


# --- base numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 3, 8, 33])
def test_uniform_rows_do_not_depend_on_the_size_of_the_blocks(width: int) -> None:
    """Odd widths leave half of a 64-bit draw behind, for the next block to begin with."""
    whole = UniformRows(seed=1, epoch=2, site=0, width=width).draw(40)
    assert whole.shape == (40, width)
    for sizes in ([1] * 40, [7, 1, 0, 30, 2], [39, 1], [3] * 13 + [1]):
        rows = UniformRows(seed=1, epoch=2, site=0, width=width)
        pieces = np.concatenate([rows.draw(size) for size in sizes])
        assert np.array_equal(pieces, whole)


def test_uniform_rows_differ_by_seed_epoch_and_layer() -> None:
    names = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    rows = {
        UniformRows(seed=seed, epoch=epoch, site=layer, width=4).draw(2).tobytes()
        for seed, epoch, layer in names
    }
    assert len(rows) == len(names)


def test_uniform_rows_are_uniform_over_32_bit_integers() -> None:
    """80,000 numbers in 16 bins of 5000: each count has deviation sqrt(5000 * 15/16) = 68."""
    numbers = UniformRows(seed=0, epoch=0, site=0, width=80).draw(1000)
    counts, _ = np.histogram(numbers, bins=16, range=(-(2**31), 2**31))
    assert np.abs(counts - 5000).max() < 5 * 68


# --- masks -----------------------------------------------------------------------------------


def _epoch_masks(population: Population, task: Task, layer: int) -> Tensor:
    """Return all masks of an epoch on one layer's inputs, of shape (M, n_train, stored)."""
    masks = []
    rules = dropout_rules(population)
    for batch in epoch_of(population, task):
        mask = make_masks(batch, rules)[layer]
        assert mask is not None
        assert mask.shape[:2] == (len(population), len(batch))
        masks.append(mask)
    return torch.cat(masks, dim=1)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 0.9])
def test_masks_drop_at_the_rate_and_scale_what_they_keep(rate: float, digits: Task) -> None:
    """1077 examples x 64 inputs: the kept share has deviation sqrt(p (1 - p) / 68928)."""
    config = make_run({"dropout.input": rate, "trainer.batch_size": 32})
    mask = _epoch_masks(make_population([config], digits), digits, layer=0)[0]
    n_numbers = len(digits.train.labels) * 64
    assert mask.numel() == n_numbers
    assert set(mask.flatten().tolist()) == {0.0, 1 / (1 - rate)}
    kept = (mask > 0).double().mean().item()
    assert abs(kept - (1 - rate)) < 5 * math.sqrt(rate * (1 - rate) / n_numbers)


def test_each_layer_has_its_own_rate_and_its_own_numbers(blobs: Task) -> None:
    """Widths 5, 9 and 9: the two hidden layers have one shape but not one mask."""
    config = make_run({"dropout.input": 0.25, "dropout.hidden": 0.5, "model.widths": [9, 9]})
    population = make_population([config], blobs)
    masks = [_epoch_masks(population, blobs, layer)[0] for layer in range(3)]
    assert masks[0].max().item() == 1 / 0.75
    assert masks[1].max().item() == masks[2].max().item() == 2.0
    assert not torch.equal(masks[1], masks[2])


def test_a_member_without_dropout_is_multiplied_by_one(blobs: Task) -> None:
    configs = [make_run({"dropout.hidden": rate}) for rate in (0.0, 0.5)]
    masks = _epoch_masks(make_population(configs, blobs), blobs, layer=1)
    assert torch.equal(masks[0], torch.ones_like(masks[0]))
    assert (masks[1] == 0).any()


def test_masks_do_not_depend_on_the_size_of_the_blocks(
    blobs: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"dropout.input": 0.3, "dropout.hidden": 0.3, "model.widths": [9, 7]}
    population = make_population([make_run(changes, seed=seed) for seed in (0, 1, 0)], blobs)
    whole = [_epoch_masks(population, blobs, layer) for layer in range(3)]
    for n_bytes in (1, 3 * 8 * 32 * 4 * 2):  # one step at a time, then two
        monkeypatch.setattr(draws, "BLOCK_BYTES", n_bytes)
        for layer, expected in enumerate(whole):
            assert torch.equal(_epoch_masks(population, blobs, layer), expected)


def test_masks_do_not_depend_on_the_size_of_the_batches(blobs: Task) -> None:
    whole, halves = (
        _epoch_masks(
            make_population([make_run({"dropout.input": 0.3, "trainer.batch_size": size})], blobs),
            blobs,
            layer=0,
        )
        for size in ("full", 7)
    )
    assert torch.equal(whole, halves)


def test_masks_do_not_depend_on_the_company(blobs: Task) -> None:
    changes = {"dropout.hidden": 0.3}
    own, others = make_run(changes, seed=4), [make_run({"dropout.hidden": 0.6}, seed=3)] * 2
    alone = _epoch_masks(make_population([own], blobs), blobs, layer=1)[0]
    together = _epoch_masks(make_population([others[0], own, others[1]], blobs), blobs, layer=1)
    assert torch.equal(together[1], alone)
