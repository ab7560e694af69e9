"""The size of a member, and the number of members of a population."""

from dataclasses import dataclass

from ffnn_lab.config import RunConfig
from ffnn_lab.models import network_of
from ffnn_lab.population import DTYPES
from ffnn_lab.tasks.data.task import Task

CACHE_BYTES = {"cpu": 1 << 24, "cuda": 1 << 33}
"""What a population may hold: near a processor's cache, or a part of a device's memory."""
LEAST_MEMBERS = 8
"""However large they are: a few threads have two of them each."""
MOST_MEMBERS = {"cpu": 64, "cuda": 4096}
"""More gain little: the cost of a step's calls is then a small part of it."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a run's task and network; unlike a task, they take no room."""

    n_train: int
    n_batch: int
    """Examples of a step."""
    n_stored: int
    """Numbers that a member's parameters take up."""
    n_activations: int
    """Numbers of a step's batch at every layer."""

    @classmethod
    def of(cls, config: RunConfig, task: Task) -> "Sizes":
        """Count what a member holds, and what a step of it touches."""
        network = network_of(config, task)
        n_train, size = len(task.train.labels), config.trainer.batch_size
        n_batch = n_train if isinstance(size, str) else min(int(size), n_train)
        return cls(n_train, n_batch, network.n_stored, n_batch * network.n_activations)

    @property
    def n_numbers(self) -> int:
        """Count what a member's step touches beside its products."""
        return self.n_stored + self.n_activations


def population_size_for(config: RunConfig, sizes: Sizes) -> int:
    """Choose how many members share the cache: a power of two.

    A member holds its parameters, their gradient and two tensors of the optimizer's at most, and
    at every layer what goes in, comes out, is drawn and comes back.
    """
    n_bytes = DTYPES[config.trainer.dtype].itemsize * 4 * sizes.n_numbers
    fits = max(1, CACHE_BYTES[config.device] // n_bytes)
    return max(LEAST_MEMBERS, min(MOST_MEMBERS[config.device], 1 << (fits.bit_length() - 1)))
