"""Batches of an epoch: each member's own order of examples, its own dropout masks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ffnn_lab.population import Population
from ffnn_lab.seeds import stream

BLOCK_BYTES = 1 << 22
"""Masks drawn at a time: one call per step and member would cost more than the training,
and a whole epoch of them would not stay near the cache."""


@dataclass(frozen=True)
class Examples:
    """One split on the device."""

    inputs: Tensor
    """``(N, stored_in)`` of the first layer."""
    labels: Tensor
    """``(N,)``."""


@dataclass(frozen=True)
class Batch:
    """What all members see in one step."""

    inputs: Tensor
    """``(M, B, stored_in)``."""
    labels: Tensor
    """``(M, B)``."""
    dropout: list[Tensor | None]
    """What to multiply each layer's inputs with, ``(M, B, stored_in)`` of that layer, or None."""


def batch_bounds(n_examples: int, batch_size: int | str) -> list[tuple[int, int]]:
    """Cut an epoch into batches; the last may be smaller."""
    size = n_examples if isinstance(batch_size, str) else min(batch_size, n_examples)
    starts = range(0, n_examples, size)
    return [(start, min(start + size, n_examples)) for start in starts]


def epoch_batches(population: Population, train: Examples) -> Iterator[Batch]:
    """Walk one epoch: a fresh permutation and fresh masks for every member.

    Members of equal seed, at the same epoch, see the same order and the same base draws.
    """
    keys = [(member.config.seed, member.epoch) for member in population.members]
    distinct = sorted(set(keys))
    n_examples = len(train.labels)
    orders = torch.from_numpy(
        np.stack([stream(seed, "order", e).permutation(n_examples) for seed, e in distinct])
    ).to(population.device)
    bounds = batch_bounds(n_examples, population.members[0].config.trainer.batch_size)
    place = torch.tensor([distinct.index(key) for key in keys], device=population.device)
    for (start, stop), dropout in zip(
        bounds, _dropout(population, distinct, place, bounds), strict=True
    ):
        rows = orders[:, start:stop].reshape(-1)
        shape = (len(distinct), stop - start)
        inputs = train.inputs.index_select(0, rows).view(*shape, -1)
        labels = train.labels.index_select(0, rows).view(shape)
        if distinct != keys:  # members share seeds, or stand in another order
            inputs, labels = inputs[place], labels[place]
        yield Batch(inputs, labels, dropout)


def _dropout(
    population: Population,
    distinct: Sequence[tuple[int, int]],
    place: Tensor,
    bounds: Sequence[tuple[int, int]],
) -> Iterator[list[Tensor | None]]:
    """Walk the masks of each step, drawn in blocks of steps."""
    layout = population.layout
    layers = [
        LayerDropout(population, distinct, place, layer)
        if any(_rates(population, layer))
        else None
        for layer in range(layout.n_layers)
    ]
    bytes_per_step = len(population) * (bounds[0][1] - bounds[0][0]) * max(layout.stored) * 4
    n_block = max(1, BLOCK_BYTES // bytes_per_step)
    for first in range(0, len(bounds), n_block):
        block = bounds[first : first + n_block]
        origin, end = block[0][0], block[-1][1]
        masks = [None if layer is None else layer.draw(end - origin) for layer in layers]
        for start, stop in block:
            yield [m if m is None else m[:, start - origin : stop - origin] for m in masks]


def _rates(population: Population, layer: int) -> list[float]:
    dropouts = [member.config.dropout for member in population.members]
    return [dropout.input if layer == 0 else dropout.hidden for dropout in dropouts]


class UniformRows:
    """One layer's base numbers for dropout, row after row through an epoch.

    They are uniform over all 32-bit integers; a unit is dropped where its number falls below
    the rate's share of them. So the draw depends on no rate, no batch size and no padding.
    """

    def __init__(self, seed: int, epoch: int, layer: int, width: int) -> None:
        self._bits = stream(seed, "dropout", layer, epoch).bit_generator
        self._width = width
        self._left: NDArray[np.int32] = np.empty(0, dtype=np.int32)

    def draw(self, n_rows: int) -> NDArray[np.int32]:
        """Draw the next rows, ``(n_rows, width)``."""
        n_numbers = n_rows * self._width
        n_raw = max(0, -(-(n_numbers - len(self._left)) // 2))
        drawn = np.asarray(self._bits.random_raw(n_raw), dtype=np.uint64).view(np.int32)
        numbers = np.concatenate([self._left, drawn]) if len(self._left) else drawn
        self._left = numbers[n_numbers:]
        return numbers[:n_numbers].reshape(n_rows, self._width)


class LayerDropout:
    """The masks on one layer's inputs through one epoch."""

    def __init__(
        self,
        population: Population,
        distinct: Sequence[tuple[int, int]],
        place: Tensor,
        layer: int,
    ) -> None:
        rates = _rates(population, layer)
        thresholds = [min(round(rate * 2**32) - 2**31, 2**31 - 1) for rate in rates]
        device = population.device
        self._threshold = torch.tensor(thresholds, dtype=torch.int32, device=device).view(-1, 1, 1)
        scales = [1 / (1 - rate) for rate in rates]
        self._scale = torch.tensor(scales, dtype=population.dtype, device=device).view(-1, 1, 1)
        self._place = place
        self._is_own = place.tolist() == list(range(len(distinct)))
        width, stored = population.layout.sizes[layer], population.layout.stored[layer]
        self._padding = stored - width
        self._rows = [UniformRows(seed, epoch, layer, width) for seed, epoch in distinct]

    def draw(self, n_rows: int) -> Tensor:
        """Draw the masks of the next ``n_rows`` examples, ``(M, n_rows, stored)``.

        Each entry is 0 with the member's rate and ``1 / (1 - rate)`` otherwise.
        """
        drawn = np.stack([rows.draw(n_rows) for rows in self._rows])
        numbers = torch.from_numpy(drawn).to(self._place.device)
        if not self._is_own:
            numbers = numbers[self._place]
        if self._padding:
            numbers = functional.pad(numbers, (0, self._padding))
        return (numbers >= self._threshold) * self._scale
