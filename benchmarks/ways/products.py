"""The way ``products``: the time of a step's matrix products alone, a lower limit for other ways.

The products of each layer are the forward product, the gradient of the weights and, except in the
first layer, the gradient of the inputs, at the layers' real sizes except for the outputs, which
are padded to 16 numbers. Each is a ``torch.bmm(..., out=...)`` into an existing buffer. Members
are processed in stacks: weights and their gradients are each member's own, as they must be, while
all stacks share one set of activations, which so stay in the cache. Several sizes of stacks are
tried, and the fastest counts.

Gathers, biases, activations, masks, softmax and optimizer are left out, and so are the passes over
memory that these take. The time is a lower limit for computing each member's products by this
library in float32, and no way of training can reach it.
"""

import itertools
import math

import torch
from torch import Tensor

from benchmarks.ways.turns import Steps, Turn, turns
from benchmarks.workloads import Work

STACKS = (1, 2, 4, 8, 16, 64)
"""Numbers of members in a stack that are tried, beside the number of all members."""
N_TRIALS, TRIAL_SECONDS = 3, 0.01
OUTPUT_MULTIPLE = 16


class Products:
    """The buffers of a population, and the matrix products of a training step."""

    def __init__(self, work: Work) -> None:
        """Fill the buffers with normal numbers of order 1, which never become denormal or grow."""
        *sizes, n_outputs = work.workload.sizes
        sizes.append(math.ceil(n_outputs / OUTPUT_MULTIPLE) * OUTPUT_MULTIPLE)
        self._n_members, self._batch_size = len(work.configs), work.workload.batch_size
        self._sizes = sizes
        self._rng = torch.Generator().manual_seed(0)
        self._weights = [
            self._normal(self._n_members, fan_out, fan_in).div_(math.sqrt(fan_in))
            for fan_in, fan_out in itertools.pairwise(sizes)
        ]
        self._grads = [torch.empty_like(weights) for weights in self._weights]

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._rng)

    def stacks(self) -> list[int]:
        """List the numbers of members in a stack that divide the number of all members."""
        sizes = {*STACKS, self._n_members}
        return sorted(n for n in sizes if self._n_members % n == 0)

    def steps(self, stack: int) -> Steps:
        """Compute the matrix products of a step of all members, again and again.

        Args:
            stack: Number of members whose products are computed in one call.
        """
        values, errors = (
            [self._normal(stack, self._batch_size, size) for size in self._sizes] for _ in range(2)
        )
        layers = range(len(self._weights))
        while True:
            for first in range(0, self._n_members, stack):
                weights = [w[first : first + stack] for w in self._weights]
                grads = [g[first : first + stack] for g in self._grads]
                for i in layers:
                    torch.bmm(values[i], weights[i].transpose(1, 2), out=values[i + 1])
                for i in reversed(layers):
                    torch.bmm(errors[i + 1].transpose(1, 2), values[i], out=grads[i])
                    if i:
                        torch.bmm(errors[i + 1], weights[i], out=errors[i])
            yield self._n_members, 0.0


def products(work: Work) -> Turn:
    """Return the turns of computing the matrix products, with the fastest size of stacks."""
    done = Products(work)
    best, least = None, math.inf
    for stack in done.stacks():
        turn = turns(done.steps(stack), work.clock)
        turn(0)
        us = min(turn(TRIAL_SECONDS).us for _ in range(N_TRIALS))
        if us < least:
            best, least = turn, us
    assert best is not None  # noqa: S101 - all members are a stack that divides them
    return best
