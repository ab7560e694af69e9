"""The size of a member, and the number of members of a population."""

from dataclasses import dataclass

from ffnn_lab.config import RunConfig
from ffnn_lab.models import network_of
from ffnn_lab.population import DTYPES
from ffnn_lab.tasks.data.task import Task

CACHE_BYTES = {"cpu": 1 << 24, "cuda": 1 << 33}
"""Largest size of a population in bytes: about a processor's cache, or a part of a GPU's
memory."""
LEAST_MEMBERS = 8
"""Smallest number of members of a population, even if they are large: two for each of a few
threads."""
MOST_MEMBERS = {"cpu": 64, "cuda": 4096}
"""Largest number of members of a population: with so many, the overhead of calls is a small part
of the time of a step."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a run's task and network; unlike the task itself, they take no memory."""

    n_train: int
    """Number of train examples."""
    n_batch: int
    """Number of examples in a batch."""
    n_stored: int
    """Number of a member's parameters, padding included."""
    n_activations: int
    """Number of activations of a batch, over all layers."""

    @classmethod
    def of(cls, config: RunConfig, task: Task) -> "Sizes":
        """Compute the sizes of a run on its task."""
        network = network_of(config, task)
        n_train, size = len(task.train.labels), config.trainer.batch_size
        n_batch = n_train if isinstance(size, str) else min(int(size), n_train)
        return cls(n_train, n_batch, network.n_stored, n_batch * network.n_activations)

    @property
    def n_numbers(self) -> int:
        """Return the number of parameters and activations that a member's step reads or writes."""
        return self.n_stored + self.n_activations


def population_size_for(config: RunConfig, sizes: Sizes) -> int:
    """Return the number of members that fit into the cache together: a power of two.

    For each parameter a member has at most four numbers (parameter, gradient, two of the
    optimizer's state), and for each activation as well (input, output, dropout's random number,
    gradient).
    """
    n_bytes = DTYPES[config.trainer.dtype].itemsize * 4 * sizes.n_numbers
    fits = max(1, CACHE_BYTES[config.device] // n_bytes)
    return max(LEAST_MEMBERS, min(MOST_MEMBERS[config.device], 1 << (fits.bit_length() - 1)))
