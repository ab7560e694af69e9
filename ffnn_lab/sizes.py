"""How large a member is, and how many of them make a population."""

from ffnn_lab.config import RunConfig
from ffnn_lab.models import Layout
from ffnn_lab.population import DTYPES
from ffnn_lab.tasks import Task

CACHE_BYTES = {"cpu": 1 << 24, "cuda": 1 << 33}
"""What a population may hold: near a processor's cache, or a part of a device's memory."""
LEAST_MEMBERS = 8
"""Two threads need as many (see ``trainer``), however large the members are."""
MOST_MEMBERS = {"cpu": 64, "cuda": 4096}
"""More gain little: the cost of a step's calls is then a small part of it."""


def numbers_of(config: RunConfig, task: Task) -> int:
    """Count what a member's step touches: its parameters, and its batch at every layer."""
    layout = _layout(config, task)
    size = config.trainer.batch_size
    n_batch = len(task.train.labels) if isinstance(size, str) else int(size)
    return layout.n_stored + n_batch * sum(layout.stored)


def population_size_for(config: RunConfig, task: Task) -> int:
    """Choose how many members share the cache: a power of two.

    A member holds its parameters, their gradient and two tensors of the optimizer's at most, and
    at every layer what goes in, comes out, is drawn and comes back.
    """
    parameters = _layout(config, task).n_stored
    activations = numbers_of(config, task) - parameters
    n_bytes = DTYPES[config.trainer.dtype].itemsize * 4 * (parameters + activations)
    fits = max(1, CACHE_BYTES[config.device] // n_bytes)
    return max(LEAST_MEMBERS, min(MOST_MEMBERS[config.device], 1 << (fits.bit_length() - 1)))


def _layout(config: RunConfig, task: Task) -> Layout:
    return Layout.of(config.model, n_features=task.n_features, n_outputs=task.n_outputs)
