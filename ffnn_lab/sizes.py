"""The size of a member, and the number of members of a population."""

from dataclasses import dataclass

from ffnn_lab.config import RunConfig
from ffnn_lab.models import network_of
from ffnn_lab.population import DTYPES
from ffnn_lab.tasks.data.task import Task

CACHE_BYTES = {"cpu": 1 << 24, "cuda": 1 << 33}
"""Bytes that a population may take: about a processor's cache, or a part of a GPU's memory."""
LEAST_MEMBERS = 8
"""Fewest members of a population, however large they are: two for each of a few threads."""
MOST_MEMBERS = {"cpu": 64, "cuda": 4096}
"""Most members of a population: with so many, the calls are a small part of a step's time."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a run's task and network; unlike the task itself, they take no memory."""

    n_train: int
    n_batch: int
    """Examples of a step."""
    n_stored: int
    """Numbers that a member's parameters take up."""
    n_activations: int
    """Activations of a step's batch, over all layers."""

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
