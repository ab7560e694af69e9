"""Batches of an epoch: each seed's own order of examples, and its own numbers for dropout."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ffnn_lab.networks import Site
from ffnn_lab.population import Population
from ffnn_lab.seeds import stream
from ffnn_lab.steps import Batch, Dropout

BLOCK_BYTES = 1 << 22
"""Bytes of random numbers that are drawn at a time: a call for each step and seed would take
longer than the training, and the numbers of a whole epoch would not stay near the cache."""


def batch_bounds(n_examples: int, batch_size: int | str) -> list[tuple[int, int]]:
    """Cut an epoch's examples into batches, of which the last may be smaller.

    Args:
        n_examples: Number of examples in the epoch.
        batch_size: Number of examples in a batch, or ``full`` for one batch.

    Returns:
        For each batch the position of its first example, and the position after its last one.
    """
    size = n_examples if isinstance(batch_size, str) else min(batch_size, n_examples)
    starts = range(0, n_examples, size)
    return [(start, min(start + size, n_examples)) for start in starts]


def epoch_batches(population: Population, n_examples: int, n_variants: int = 1) -> Iterator[Batch]:
    """Yield the batches of one epoch: a fresh permutation and fresh numbers for every seed.

    Members of equal seed, at the same epoch, see the same order and the same numbers.

    Args:
        population: The members.
        n_examples: Number of examples in the train split.
        n_variants: Number of augmented variants of an example, all equally likely.
    """
    keys = [(member.config.seed, member.epoch) for member in population.members]
    distinct = sorted(set(keys))
    device, network = population.device, population.network
    orders = np.stack([stream(s, "order", epoch).permutation(n_examples) for s, epoch in distinct])
    variants = None
    if n_variants > 1:
        shown = [
            stream(s, "augment", e).integers(n_variants, size=n_examples) for s, e in distinct
        ]
        variants = np.stack(shown)
    place = torch.tensor([distinct.index(key) for key in keys], device=device)
    rows = torch.arange(n_examples, device=device)
    sites = [
        SiteNumbers(distinct, site) if any(_rates(population, site)) else None
        for site in network.sites
    ]
    bounds = batch_bounds(n_examples, population.members[0].config.trainer.batch_size)
    n_drawn = max((site.n_stored for site in network.sites), default=1)
    bytes_per_step = len(distinct) * (bounds[0][1] - bounds[0][0]) * n_drawn * 4
    n_block = max(1, BLOCK_BYTES // bytes_per_step)
    for first in range(0, len(bounds), n_block):
        block = bounds[first : first + n_block]
        origin, end = block[0][0], block[-1][1]
        order = _columns(orders, origin, end, device)
        shown_as = None if variants is None else _columns(variants, origin, end, device)
        numbers = [
            None if site is None else _to(site.draw(end - origin), device) for site in sites
        ]
        for start, stop in block:
            yield Batch(order, numbers, rows[start - origin : stop - origin], place, shown_as)


def _columns(drawn: NDArray[np.int64], start: int, stop: int, device: torch.device) -> Tensor:
    return _to(torch.from_numpy(np.ascontiguousarray(drawn[:, start:stop])), device)


def _to(drawn: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to the device without waiting for the copy."""
    if device.type == "cuda":
        return drawn.pin_memory().to(device, non_blocking=True)
    return drawn


def dropout_rules(population: Population) -> list[Dropout | None]:
    """Return the members' dropout at each site, or None where no member drops units."""
    return [
        _rule(rates, population) if any(rates) else None
        for rates in (_rates(population, site) for site in population.network.sites)
    ]


def _rule(rates: Sequence[float], population: Population) -> Dropout:
    device = population.device
    thresholds = [min(round(rate * 2**32) - 2**31, 2**31 - 1) for rate in rates]
    scales = [1 / (1 - rate) for rate in rates]
    return Dropout(
        torch.tensor(thresholds, dtype=torch.int32, device=device).view(-1, 1, 1),
        torch.tensor(scales, dtype=population.dtype, device=device).view(-1, 1, 1),
    )


def _rates(population: Population, site: Site) -> list[float]:
    return [float(getattr(member.config.dropout, site.rate)) for member in population.members]


class UniformRows:
    """Base random numbers for dropout at one site, drawn row after row through an epoch.

    The numbers are uniform over all 32-bit integers; a unit is dropped if its number lies below
    the threshold of the rate. So the draw depends on no rate, no batch size and no padding.
    """

    def __init__(self, seed: int, epoch: int, site: int, width: int) -> None:
        self._bits = stream(seed, "dropout", site, epoch).bit_generator
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


class SiteNumbers:
    """Base random numbers for the dropout masks at one site through one epoch, for all seeds."""

    def __init__(self, distinct: Sequence[tuple[int, int]], site: Site) -> None:
        """Open a random stream for each distinct pair of seed and epoch.

        Args:
            distinct: The pairs of the members' seeds and epochs.
            site: The site; units that are padding get the number 0.
        """
        self._width, self._stored = site.width, site.n_stored
        self._rows = [
            UniformRows(seed, epoch, site.stream, self._width) for seed, epoch in distinct
        ]

    def draw(self, n_rows: int) -> Tensor:
        """Draw the int32 numbers of the next ``n_rows`` examples, ``(S, n_rows, n_stored)``.

        ``S`` is the number of distinct pairs of seed and epoch.
        """
        is_padded = self._stored > self._width
        if len(self._rows) == 1 and not is_padded:
            return torch.from_numpy(self._rows[0].draw(n_rows)).unsqueeze(0)
        shape = len(self._rows), n_rows, self._stored
        numbers = (np.zeros if is_padded else np.empty)(shape, dtype=np.int32)
        for own, rows in zip(numbers, self._rows, strict=True):
            own[:, : self._width] = rows.draw(n_rows)
        return torch.from_numpy(numbers)
