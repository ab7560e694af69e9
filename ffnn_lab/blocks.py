"""Blocks of a population: parameters that an optimizer updates in one call.

The optimizer's scope says how parameters are cut into blocks: ``number`` (columns of any width),
``layer`` (each weight and each bias) or ``member`` (all parameters of a member). In shapes, ``M``
is the number of members of the population, ``n`` that of the members of a block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ffnn_lab.networks.network import ALIGNMENT, Part
from ffnn_lab.optimizers import State
from ffnn_lab.population import Population, Slice, of_parameter

BLOCK_NUMBERS = 1 << 18
"""Number of parameters in a block, over all of its members. An update makes a dozen passes over
the parameters, their gradients and the optimizer's state; with so many, these stay in a core's
cache."""
LEAST_WIDTH = 1 << 15
"""Smallest number of parameters of one member in a block: shorter rows cost more time than they
save."""


@dataclass(frozen=True)
class Block:
    """Parameters that an optimizer updates in one call: those of the members of one slice."""

    part: Slice
    rows: slice
    """The positions of the members in the population."""
    columns: slice
    """The columns of the block within the segment; a segment is a range of a member's row, see
    ``Network.segments``."""
    params: Tensor
    """The parameters of these members and columns, ``(n, n_columns)``, as a view of the
    population's memory."""
    state: State
    """The optimizer's state of these parameters, also as views; a tensor with one number per
    member, ``(n,)``, is not cut into columns."""
    segment: int = 0
    """The number of the segment in which the columns lie."""
    is_last: bool = True
    """True unless a later block of these members shares the state with one number per member."""

    def gradients(self, grads: Sequence[Tensor]) -> Tensor:
        """Return the gradients of the block's parameters, shaped like ``params``.

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
    """A block of one weight or one bias, for an optimizer of scope ``layer``.

    For ``n`` members, ``params`` is ``(n, n_units, n_inputs)`` for a weight and ``(n, n_units)``
    for a bias, without padding.
    """

    of: Part | None = None
    """The parameter's part of the network, which says where it lies in a member's row."""

    def gradients(self, grads: Sequence[Tensor]) -> Tensor:
        """Return the gradients of the weight or bias, shaped like ``params``."""
        assert self.of is not None  # noqa: S101 - given wherever a block of this class is made
        return self.of.matrices(super().gradients(grads))


@dataclass(frozen=True)
class RowBlock(Block):
    """A block of all parameters of each member, ``(n, n_stored)``, for scope ``member``."""

    def gradients(self, grads: Sequence[Tensor]) -> Tensor:
        """Return the gradient of all parameters of each member, ``(n, n_stored)``."""
        own = [each[self.rows] for each in grads]
        return own[0] if len(own) == 1 else torch.cat(own, dim=1)


def blocks_of(population: Population, *, has_columns: bool) -> Iterator[Block]:
    """Cut each slice of a population into blocks.

    Args:
        population: The members in training.
        has_columns: True to cut parameters of scope ``number`` into columns that stay in a cache;
            False to make one block of each segment.
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
    """Cut the parameters of a slice's members into blocks of columns, each within one segment."""
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
    """Yield a block for each weight and each bias of a slice's members."""
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
