"""Blocks of a population: parameters updated together, cut as each optimizer's scope asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ffnn_lab.networks.network import ALIGNMENT, Part
from ffnn_lab.optimizers import State
from ffnn_lab.population import Population, Slice, of_parameter

BLOCK_NUMBERS = 1 << 18
"""Parameters, over all members, that are updated at a time: an update makes a dozen passes over
them, their gradients and the optimizer's state, which then stay in a core's cache."""
LEAST_WIDTH = 1 << 15
"""Fewest parameters of one member in a block: shorter rows cost more time than they save."""


@dataclass(frozen=True)
class Block:
    """Parameters of one slice's members that are updated together."""

    part: Slice
    rows: slice
    """The positions of the members in the population."""
    columns: slice
    """The columns within the segment; see ``Network.segments``."""
    params: Tensor
    """The parameters of these members and columns, on the population's memory."""
    state: State
    """The optimizer's state for them, likewise; a tensor ``(n,)``, with one number per member, is
    not cut by columns."""
    segment: int = 0
    """The number of the segment in which the columns lie."""
    is_last: bool = True
    """True unless a later block of these members shares the state with one number per member."""

    def gradients(self, grads: Sequence[Tensor]) -> Tensor:
        """Return the gradients of the block's parameters, shaped like them.

        Args:
            grads: Gradients of the population, ``(M, n)`` for each of ``network.segments``.
        """
        return grads[self.segment][self.rows, self.columns]

    def state_of_step(self) -> State:
        """Return the state for a step of this block.

        State with one number per member must change once in a step, not once in each block: only
        the last block of a member changes it, and the others get a copy.
        """
        if self.is_last:
            return self.state
        return {key: each.clone() if each.ndim == 1 else each for key, each in self.state.items()}


@dataclass(frozen=True)
class ParameterBlock(Block):
    """One weight or bias in its own shape, for an optimizer of scope ``layer``."""

    of: Part | None = None
    """The parameter's part of the network, which says where it lies in a member's row."""

    def gradients(self, grads: Sequence[Tensor]) -> Tensor:
        """Return the gradients of the parameter, without padding."""
        assert self.of is not None  # noqa: S101 - given wherever a block of this class is made
        return self.of.matrices(super().gradients(grads))


@dataclass(frozen=True)
class RowBlock(Block):
    """Whole rows of parameters, for an optimizer of scope ``member``."""

    def gradients(self, grads: Sequence[Tensor]) -> Tensor:
        """Return the whole gradient of each member, the segments side by side."""
        own = [each[self.rows] for each in grads]
        return own[0] if len(own) == 1 else torch.cat(own, dim=1)


def blocks_of(population: Population, *, has_columns: bool) -> Iterator[Block]:
    """Cut each slice of a population into blocks.

    Args:
        population: The members in training.
        has_columns: Whether rows of scope ``number`` are cut into columns that stay in a cache.
    """
    for part in population.slices:
        match part.method.scope:
            case "number":
                yield from _columns(population, part, has_columns=has_columns)
            case "layer":
                yield from _parameters(population, part)
            case "member":
                rows = slice(part.start, part.stop)
                yield RowBlock(part, rows, slice(None), population.flat[rows], part.state)


def _columns(population: Population, part: Slice, *, has_columns: bool) -> Iterator[Block]:
    """Cut rows into blocks of columns, each within one segment."""
    rows, n_members = slice(part.start, part.stop), part.stop - part.start
    for number, segment in enumerate(population.network.segments):
        n_columns = segment.stop - segment.start
        width = _block_width(n_members) if has_columns else n_columns
        for start in range(0, n_columns, width):
            columns = slice(start, min(start + width, n_columns))
            here = slice(segment.start + columns.start, segment.start + columns.stop)
            state = {
                key: tensor if tensor.ndim == 1 else tensor[:, here]
                for key, tensor in part.state.items()
            }
            is_last = here.stop == population.network.n_stored
            yield Block(
                part, rows, columns, population.flat[rows, here], state, number, is_last=is_last
            )


def _parameters(population: Population, part: Slice) -> Iterator[Block]:
    """Make a block of each weight and of each bias."""
    network, rows = population.network, slice(part.start, part.stop)
    for place, own in enumerate(network.parts):
        number, segment = next(
            (i, each) for i, each in enumerate(network.segments) if own.start < each.stop
        )
        columns = slice(own.start - segment.start, own.stop - segment.start)
        params = own.matrices(population.flat[rows, own.columns])
        yield ParameterBlock(
            part, rows, columns, params, of_parameter(part.state, place), number, of=own
        )


def _block_width(n_members: int) -> int:
    """Return the number of columns of a block, a multiple of `ALIGNMENT`."""
    return max(LEAST_WIDTH, BLOCK_NUMBERS // n_members // ALIGNMENT * ALIGNMENT)
