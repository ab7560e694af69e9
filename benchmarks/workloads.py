"""The workloads that the lab and its peers train: networks, data and learning rates."""

import functools
import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.machine import compose_run
from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Split, Task

LOW_LR, HIGH_LR = 1e-4, 1e-2
DROPOUT = 0.2
OPTIMIZERS = ("adam", "heavy_ball")
N_CLASSES = 10
N_IMAGES, N_PIXELS = 60_000, 784
EPOCH_FLOPS = 2e10
"""Approximate limit of the floating-point operations in one epoch's matrix products of all
members; above it, an epoch has fewer examples. An epoch is the least that ``trainer.train`` can be
asked for, and it evaluates all examples first."""
LEAST_STEPS = 4
"""Smallest number of steps of an epoch."""


@dataclass(frozen=True)
class Workload:
    """A network with ReLU and the data on which it is trained."""

    widths: tuple[int, ...]
    """Widths of the hidden layers."""
    n_features: int
    batch_size: int
    members: tuple[int, ...]
    """Numbers of members of the populations that are measured by default."""
    judged_members: int
    """Number of members of the population to which requirements apply."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of units of each layer, from the features to the classes."""
        return (self.n_features, *self.widths, N_CLASSES)

    @property
    def name(self) -> str:
        """Return the name, which consists of the sizes of the layers: ``64-64-10``."""
        return "-".join(map(str, self.sizes))

    @property
    def flops_per_example(self) -> int:
        """Return the operations of a step's matrix products, per example and member."""
        products = [fan_in * fan_out for fan_in, fan_out in itertools.pairwise(self.sizes)]
        return 2 * (3 * sum(products) - products[0])


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload((64,), 64, 32, (1, 4, 16, 64, 256), 64),
        Workload((128, 128), 64, 64, (1, 4, 16, 64, 256), 64),
        Workload((256,), N_PIXELS, 128, (1, 4, 16, 64), 16),
        Workload((1000, 500, 100), N_PIXELS, 128, (1, 4, 16), 16),
    )
}


@dataclass(frozen=True)
class Cell:
    """A workload, with an optimizer and a number of members, that all ways train side by side."""

    workload: Workload
    optimizer: str
    n_members: int


@dataclass(frozen=True)
class Work:
    """The configs and the data of a cell, ready to be trained."""

    workload: Workload
    configs: Sequence[RunConfig]
    """The configs of the members, which differ in seed and learning rate."""
    task: Task
    """The data. The train split has whole batches only; dev and test, which are not timed, have
    one batch each."""
    n_cores: int
    n_plain: int
    """Largest number of members that the plain loop trains."""

    @property
    def config(self) -> RunConfig:
        """Return the config of the first member, for what all members have in common."""
        return self.configs[0]

    @property
    def inputs(self) -> Tensor:
        """Return the inputs of the train split in float32, ``(N, n_features)``."""
        return torch.from_numpy(self.task.train.inputs).float()

    @property
    def labels(self) -> Tensor:
        """Return the labels of the train split, ``(N,)``."""
        return torch.from_numpy(self.task.train.labels)

    @property
    def lrs(self) -> list[float]:
        """Return the learning rate of each member."""
        return [config.optimizer.lr for config in self.configs]

    @property
    def n_steps(self) -> int:
        """Return the number of steps of an epoch."""
        return len(self.task.train.labels) // self.workload.batch_size

    @property
    def clock(self) -> Callable[[], float]:
        """Return the processor clock on one core, and the wall clock on several.

        On one core the other load of the machine should not count. On several cores the time for
        which a core waits should count, since the work may be divided badly.
        """
        return time.process_time if self.n_cores == 1 else time.perf_counter


def start_weights(work: Work, member: int) -> list[NDArray[np.float32]]:
    """Draw the initial weights of a member, from which all ways but ours start.

    Args:
        work: The members and their data.
        member: Number of the member.

    Returns:
        The weights of each layer, ``(fan_out, fan_in)``.
    """
    rng = np.random.default_rng(work.configs[member].seed)
    return [
        rng.standard_normal((fan_out, fan_in), dtype=np.float32)
        * np.float32(math.sqrt(2 / fan_in))
        for fan_in, fan_out in itertools.pairwise(work.workload.sizes)
    ]


def make_work(
    cell: Cell, *, n_cores: int, n_plain: int, dropout: float = DROPOUT, n_rows: int | None = None
) -> Work:
    """Compose the configs of a cell's members, and load their data.

    Args:
        cell: The workload, the optimizer and the number of members.
        n_cores: Number of cores on which they are trained.
        n_plain: Largest number of members that the plain loop trains.
        dropout: Dropout rate of the hidden layers.
        n_rows: Number of train examples; None for as many as fit ``EPOCH_FLOPS``.
    """
    workload = cell.workload
    base = compose_run(
        "tracking=off",
        f"task={'mnist' if workload.n_features == N_PIXELS else 'digits'}",
        f"model.widths={list(workload.widths)}",
        f"optimizer={cell.optimizer}",
        f"dropout.hidden={dropout}",
        f"trainer.batch_size={workload.batch_size}",
    )
    rates = np.geomspace(LOW_LR, HIGH_LR, cell.n_members, endpoint=False).tolist()
    configs = [with_values(base, {"seed": m, "optimizer.lr": lr}) for m, lr in enumerate(rates)]
    is_images = workload.n_features == N_PIXELS
    pool = make_images() if is_images else load_task(base.task, Path(base.paths.data)).train
    if n_rows is None:
        fitting = EPOCH_FLOPS / (cell.n_members * workload.flops_per_example)
        n_rows = max(int(fitting), LEAST_STEPS * workload.batch_size)
    return Work(workload, configs, make_task(workload, pool, n_rows), n_cores, n_plain)


def make_task(workload: Workload, pool: Split, n_rows: int) -> Task:
    """Make a task of the first examples of a pool, in whole batches.

    Args:
        workload: The workload, which has the batch size.
        pool: The examples.
        n_rows: Largest number of train examples.
    """
    size = workload.batch_size
    n_kept = min(n_rows, len(pool.labels)) // size * size
    train, batch = (Split(pool.inputs[:n], pool.labels[:n]) for n in (n_kept, size))
    return Task(name=workload.name, n_classes=N_CLASSES, train=train, dev=batch, test=batch)


@functools.cache
def make_images() -> Split:
    """Draw examples of MNIST's shape, a picture per class plus noise; no files are needed."""
    rng = np.random.default_rng(0)
    labels = rng.integers(N_CLASSES, size=N_IMAGES)
    pictures = rng.standard_normal((N_CLASSES, N_PIXELS), dtype=np.float32)
    inputs = rng.standard_normal((N_IMAGES, N_PIXELS), dtype=np.float32)
    inputs += pictures[labels]
    return Split(inputs, labels)
