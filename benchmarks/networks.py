"""Time of a training step of a CNN and of an LSTM: by the lab, by a plain loop, and by JAX.

``python -m benchmarks.networks`` trains the same networks on the same made-up data in these ways,
in turn, A B A B, on one core (``--cores 2``: on two):

- the plain loop: the module that the lab exports, ``torch.optim``, one network at a time;
- ours, ``trainer.train`` itself, the members of a population one after another
  (``trainer.walk=one_by_one``);
- ours by ``torch.func.vmap`` (``trainer.walk=vmap``), for the CNN and several members;
- JAX: ``jit(vmap(...))`` of a ``lax.scan`` over steps, if JAX is installed.

There are two workloads: a CNN of 16, 32 and 64 channels with batch normalization, then 32 units
(57,000 weights), on images of 3 x 32 x 32, with batches of 128; and the character LSTM, two layers
of 128 units, with batches of 50 stretches of 50 letters.

Only steps are timed: batches, masks, gradients and updates. Making networks and evaluation are
left out in every way.
"""

import argparse
import contextlib
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.machine import at_least_one, compose_run, print_machine
from benchmarks.measure import worker
from benchmarks.ways.ours import EnoughError, Epochs
from benchmarks.ways.plain import make_optimizer
from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.models import network_of
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.trainer import train

MEMBERS = (1, 4, 16)
N_TURNS = 7
"""Number of timed turns of each way."""
N_STEPS = {"cnn": 6, "char_lstm": 4}
"""Number of steps of an epoch, which is a turn, by workload."""
WORDS = {
    "cnn": ("model=cnn", "model.widths=[32]", "trainer.batch_size=128"),
    "char_lstm": ("model=char_lstm", "trainer.batch_size=50", "optimizer=adam"),
}
"""Overrides of the config, by workload."""


@dataclass
class Taken:
    """The times of one way, turn by turn."""

    milliseconds: list[float]
    """Milliseconds per step and member."""

    @property
    def median(self) -> float:
        """Return the median over the turns."""
        return statistics.median(self.milliseconds)


def make_task(model: str, config: RunConfig) -> Task:
    """Make data of the shape of CIFAR-10 or of War and Peace, drawn at random.

    Args:
        model: ``cnn`` or ``char_lstm``.
        config: A config with the batch size.
    """
    rng = np.random.default_rng(0)
    n_train, n_other = N_STEPS[model] * int(config.trainer.batch_size), 4

    def split(n: int) -> Split:
        if model == "cnn":
            pictures = rng.standard_normal((n, 3 * 32 * 32)).astype(np.float32)
            return Split(pictures, rng.integers(0, 10, n))
        letters = rng.integers(0, 85, (n, 51))
        return Split(letters[:, :-1], letters[:, 1:])

    return Task(
        name=model,
        n_classes=10 if model == "cnn" else 85,
        train=split(n_train),
        dev=split(n_other),
        test=split(n_other),
        shape=(3, 32, 32) if model == "cnn" else (),
        n_words=0 if model == "cnn" else 85,
    )


def _clock() -> Callable[[], float]:
    """Return the processor clock on one core, and the wall clock on several."""
    return time.process_time if torch.get_num_threads() == 1 else time.perf_counter


def plain(config: RunConfig, task: Task) -> Callable[[], float]:
    """Return a function that trains one network for an epoch by a plain loop.

    Args:
        config: Config of the network.
        task: The task with the train split.

    Returns:
        A function without arguments that returns the seconds of the epoch.
    """
    module = Population([config], network_of(config, task)).export(0).train()
    for part in module.modules():
        if isinstance(part, nn.Dropout):  # the lab's own rate takes the place of the module's
            part.p = config.dropout.hidden
    optimizer = make_optimizer(module, config, fused=False)
    inputs = torch.from_numpy(task.train.inputs).view(-1, *task.interface.inputs)
    labels, clock = torch.from_numpy(task.train.labels), _clock()

    def epoch() -> float:
        started = clock()
        for rows in torch.split(torch.randperm(len(labels)), int(config.trainer.batch_size)):
            outputs = module(inputs[rows]).reshape(-1, task.n_outputs)
            loss = functional.cross_entropy(outputs, labels[rows].reshape(-1))
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            loss.item()
        return clock() - started

    return epoch


def ours(configs: Sequence[RunConfig], task: Task) -> Callable[[], float]:
    """Return a function that trains members for an epoch by the lab.

    Args:
        configs: Config of each member.
        task: The task with the train split.

    Returns:
        A function without arguments that returns the seconds of the epoch of all members.
    """
    beyond = {"trainer.max_epochs": 3, "trainer.evaluate_every": 3}
    asked = [with_values(config, beyond) for config in configs]
    clock = _clock()

    def epoch() -> float:
        epochs = Epochs(n_members=len(asked), n_epochs=1, clock=clock)
        with contextlib.suppress(EnoughError):
            train(asked, task, on_epoch=epochs)
        return epochs.seconds

    return epoch


def by_jax(configs: Sequence[RunConfig], task: Task) -> Callable[[], float]:
    """Return a function that trains members for an epoch by JAX.

    Args:
        configs: Config of each member.
        task: The task with the train split.

    Returns:
        A function without arguments that returns the seconds of the epoch of all members.
    """
    from benchmarks.ways.jax_networks import jax_networks  # noqa: PLC0415 - it may not be there

    network = network_of(configs[0], task)
    population = Population(list(configs), network)
    modules = [population.export(m) for m in range(len(configs))]
    train_epoch, clock = jax_networks(modules, configs[0], task), _clock()

    def epoch() -> float:
        started = clock()
        train_epoch()
        return clock() - started

    return epoch


def measured(model: str, n_members: int, *, with_jax: bool) -> dict[str, Taken]:
    """Time every way of training a workload, in turn; to be called in a process of its own.

    Args:
        model: The workload: ``cnn`` or ``char_lstm``.
        n_members: Number of members of the population.
        with_jax: True to time JAX, too.

    Returns:
        The times of each way, by its name.
    """
    torch.manual_seed(0)  # for the plain loop's permutations
    base = compose_run(*WORDS[model], "dropout.hidden=0", "trainer.compile=false", "device=cpu")
    task = make_task(model, base)
    configs = [with_values(base, {"seed": seed}) for seed in range(n_members)]
    ways = {"plain loop": (plain(base, task), 1), "ours": (ours(configs, task), n_members)}
    if model == "cnn" and n_members > 1:
        at_once = [with_values(config, {"trainer.walk": "vmap"}) for config in configs]
        ways["ours, vmap"] = ours(at_once, task), n_members
    if with_jax:
        ways["JAX"] = by_jax(configs, task), n_members
    found = {name: Taken([]) for name in ways}
    for turn in range(N_TURNS + 1):
        for name, (epoch, n_trained) in ways.items():
            seconds = epoch()
            if turn:  # the first fills caches
                found[name].milliseconds.append(1e3 * seconds / N_STEPS[model] / n_trained)
    return found


def rows(model: str, n_members: int, found: dict[str, Taken]) -> Iterator[str]:
    """Yield a row of Markdown for each way: its time, and the ratio to the time of the plain loop.

    Args:
        model: The workload: ``cnn`` or ``char_lstm``.
        n_members: Number of members of the population.
        found: The times of each way; the ratio is computed turn by turn.
    """
    by_hand = found["plain loop"].milliseconds
    for name, taken in found.items():
        ratios = sorted(a / b for a, b in zip(taken.milliseconds, by_hand, strict=True))
        ratio = f"{statistics.median(ratios):.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}]"
        yield f"| {model} | {n_members} | {name} | {taken.median:.1f} | {ratio} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all workloads and numbers of members, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.networks", description=__doc__)
    parser.add_argument("--cores", type=at_least_one, default=1)
    parser.add_argument("--members", type=at_least_one, nargs="+", default=MEMBERS)
    parser.add_argument("--models", choices=WORDS, nargs="+", default=list(WORDS))
    parser.add_argument("--no-jax", action="store_true", help="leave JAX out")
    asked = parser.parse_args(arguments)
    with_jax = not asked.no_jax and find_spec("jax") is not None
    print_machine()
    print("| network | M | way | ms per step and member | of the plain loop [lowest, highest] |")
    print("| --- | ---: | --- | ---: | ---: |")
    with worker(asked.cores) as pool:
        for model, n_members in itertools.product(asked.models, asked.members):
            found = pool.submit(measured, model, n_members, with_jax=with_jax).result()
            for row in rows(model, n_members, found):
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
