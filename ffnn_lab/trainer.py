"""The only training loop: epochs of mini-batch steps, for a whole population of runs at once.

A single run is a population with one member. Each member has its own copy of everything on which
its numbers depend: parameters, gradients, optimizer state, learning rate, order of examples,
dropout masks. The gradient of the sum of all members' mean losses with respect to the parameters
of one member is the gradient of this member's loss.
"""

import functools
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from ffnn_lab.config import ConfigError, RunConfig, partition_key, run_id, with_values
from ffnn_lab.evaluation import Evaluator
from ffnn_lab.models import network_of
from ffnn_lab.networks import save_network
from ffnn_lab.population import Member, Population, Snapshot, method_order
from ffnn_lab.processor import at_once, keep_memory, lanes_of, no_denormals, ready
from ffnn_lab.records import RunResult
from ffnn_lab.schedules import SCHEDULES, Progress
from ffnn_lab.sizes import Sizes, population_size_for
from ffnn_lab.stepper import CompiledStepper, GraphStepper, Stepper
from ffnn_lab.steps import Examples
from ffnn_lab.tasks.data.task import Task

OnEpoch = Callable[[Sequence[Member]], None]
"""Function that is called before the first epoch, and after each epoch, with the members in
training."""


class Training:
    """A population in training, which members join and leave between epochs.

    All members are of one partition: their configs agree in ``config.partition_key``. A member's
    numbers do not depend on when it joined, or on the other members.
    """

    def __init__(self, task: Task, *, weights_folder: Path | None = None) -> None:
        """Prepare a training without members.

        Args:
            task: The task of all members.
            weights_folder: Folder in which members with ``trainer.save_weights`` save their
                network, as ``<run_id>.pt``.
        """
        keep_memory()
        self._task = task
        self._weights_folder = weights_folder
        self._population: Population | None = None
        self._steppers: list[Stepper] = []
        """A stepper for each part of the population; empty after members joined or left."""
        n_threads = torch.get_num_threads()
        self._pool = ThreadPoolExecutor(n_threads, initializer=ready) if n_threads > 1 else None
        self._is_over = threading.Event()
        self._partition: str | None = None
        self._evaluator: Evaluator | None = None
        """The evaluator, which has the splits on the members' device; None until the first members
        join."""

    @property
    def members(self) -> Sequence[Member]:
        """Return the members in training."""
        return [] if self._population is None else self._population.members

    @no_denormals()
    def join(
        self,
        configs: Sequence[RunConfig],
        snapshots: Mapping[str, Snapshot] | None = None,
        *,
        correct_at: Mapping[str, str] | None = None,
    ) -> None:
        """Add runs, each at its beginning or in the state of its snapshot.

        Args:
            configs: Different runs on a settled device that agree in ``config.partition_key``
                with each other and with the members that joined before.
            snapshots: Snapshots of the runs that are resumed, by run id.
            correct_at: The moment (``last`` or ``best``), by run id, at which the test examples
                that a run classifies correctly are recorded; this changes no other number.

        Raises:
            ValueError: If the runs do not share a partition.
        """
        partitions = {partition_key(config) for config in configs}
        if len(partitions) != 1 or self._partition not in (None, *partitions):
            msg = "the runs of a population must agree in task, model, batch size, dtype, device"
            raise ValueError(msg)
        newcomers = Population(configs, network_of(configs[0], self._task), snapshots=snapshots)
        for member in newcomers.members:
            member.correct_at = (correct_at or {}).get(member.run_id)
        self._evaluator = self._evaluator or Evaluator(self._task, newcomers, self._pool)
        self._evaluator.measure(newcomers)
        if self._population is None:
            self._population, (self._partition,) = newcomers, partitions
        else:
            self._population.merge(newcomers)
        self._steppers = []

    @no_denormals()
    def epoch(self) -> None:
        """Train every member for one epoch, and measure the members that are due."""
        population, evaluator = self._population, self._evaluator
        assert population is not None  # noqa: S101 - nobody trains before somebody joined
        assert evaluator is not None  # noqa: S101 - as above
        are_diagnosed = [m.config.trainer.diagnose_every is not None for m in population.members]
        if not self._steppers:  # making them may compile
            population.previous = torch.empty_like(population.flat) if any(are_diagnosed) else None
            self._steppers = [
                make_stepper(lane, evaluator.train, self._task.loss)
                for lane in lanes_of(population)
            ]
        started = time.perf_counter()
        population.set_learning_rates()
        is_kept = any(member.is_diagnosed_at(member.epoch + 1) for member in population.members)
        deeds = [
            functools.partial(_walk, stepper, self._is_over, is_kept=is_kept)
            for stepper in self._steppers
        ]
        try:
            losses = torch.cat(at_once(deeds, self._pool), dim=1)
        except BaseException:
            self._is_over.set()  # other threads stop when this one was interrupted
            raise
        for member in population.members:
            member.epoch += 1
            member.n_steps += len(losses)
        _find_diverged(population.members, losses)
        evaluator.measure(population)
        for member in population.members:
            config = member.config.schedule
            progress = Progress(
                epoch=member.epoch,
                max_epochs=member.config.trainer.max_epochs,
                dev_loss=member.last("dev", "loss"),
            )
            member.schedule = SCHEDULES[config.name].advance(config, member.schedule, progress)
            member.seconds += (time.perf_counter() - started) / len(population)

    def leave(self, pruned: Collection[str] = ()) -> list[RunResult]:
        """Remove members that finished, diverged or are in ``pruned``; return their results."""
        population = self._population
        if population is None:
            return []
        results, kept = [], []
        for m, member in enumerate(population.members):
            status = member.status or ("pruned" if member.run_id in pruned else None)
            if status is None:
                kept.append(m)
                continue
            if self._weights_folder is not None and member.config.trainer.save_weights:
                module = population.export(m)
                path = self._weights_folder / f"{member.run_id}.pt"
                sources = {"sources": member.config.sources} if member.config.sources else {}
                save_network(module, path, {**population.network.description, **sources})
            results.append(result_of(member, status, self._task.chance_error))
        if results:
            population.keep(kept)
            self._steppers = []
        return results

    def snapshots(self) -> list[Snapshot]:
        """Return a snapshot of every member, between two epochs."""
        population = self._population
        if population is None:
            return []
        return [population.snapshot(m) for m in range(len(population))]


def train(
    configs: Sequence[RunConfig],
    task: Task,
    *,
    on_epoch: OnEpoch = lambda _members: None,
    weights_folder: Path | None = None,
    correct_at: str | None = None,
) -> list[RunResult]:
    """Train every run of one partition to its end, each as if it were alone.

    The runs are trained in populations of a suitable size, one after another.

    Args:
        configs: Different runs that agree in ``config.partition_key``, on a settled device.
        task: The task of all runs.
        on_epoch: A callback for progress; see `OnEpoch`.
        weights_folder: Folder in which runs with ``trainer.save_weights`` save their network.
        correct_at: The moment, ``last`` or ``best``, at which the test examples that each run
            classifies correctly are recorded; None to record none.

    Returns:
        One result per run, in the order of ``configs``.

    Raises:
        ValueError: If the runs do not share a partition.
    """
    results: list[RunResult] = []
    for together in _populations(configs, task):
        training = Training(task, weights_folder=weights_folder)
        moments = {run_id(config): correct_at for config in together} if correct_at else {}
        training.join(together, correct_at=moments)
        on_epoch(training.members)
        # A run whose initial weights give no finite loss has diverged before its first epoch.
        results += training.leave()
        while training.members:
            training.epoch()
            on_epoch(training.members)
            results += training.leave()
    by_id = {result.run_id: result for result in results}
    return [by_id[run_id(config)] for config in configs]


def _populations(configs: Sequence[RunConfig], task: Task) -> list[Sequence[RunConfig]]:
    """Cut runs into populations, so that runs with the same optimizer stay together."""
    if len({partition_key(config) for config in configs}) != 1:
        return [configs]  # which `Training` refuses
    size = population_size_for(configs[0], Sizes.of(configs[0], task))
    ordered = sorted(configs, key=method_order)
    return [ordered[first : first + size] for first in range(0, len(ordered), size)]


def result_of(
    member: Member, status: str, chance_error: float, *, traceback: str | None = None
) -> RunResult:
    """Return the result of a member that has ended.

    Args:
        member: The member.
        status: How the run ended, one of ``records.STATUSES``.
        chance_error: The error that a diverged run counts as, see `RunResult`.
        traceback: The traceback of a failed run.
    """
    return RunResult(
        config=member.config,
        run_id=member.run_id,
        status=status,
        n_epochs=member.epoch,
        n_steps=member.n_steps,
        diverged_step=member.diverged_step,
        seconds=member.seconds,
        chance_error=chance_error,
        curve=member.curve,
        directions=member.directions,
        layers=member.layers,
        correct=member.correct if status == "completed" else None,
        traceback=traceback,
    )


def settle_device(config: RunConfig) -> RunConfig:
    """Replace ``device=auto`` by ``cuda`` if torch finds a CUDA device, and else by ``cpu``.

    This must be done before a run has an id, which depends on the device.

    Raises:
        ConfigError: If the device is ``cuda``, and torch finds no CUDA device.
    """
    has_cuda = torch.cuda.is_available()
    if config.device == "cuda" and not has_cuda:
        msg = "device must be cpu or auto on this machine: torch sees no CUDA device, got cuda"
        raise ConfigError(msg)
    if config.device == "auto":
        return with_values(config, {"device": "cuda" if has_cuda else "cpu"})
    return config


def _walk(stepper: Stepper, is_over: threading.Event, *, is_kept: bool) -> Tensor:
    """Take an epoch's steps; return each member's loss before each step, ``(n_steps, M)``.

    Args:
        stepper: The stepper of the members.
        is_over: Ends the epoch early once it is set.
        is_kept: True to keep the parameters before the last step, for a diagnosis.
    """
    losses: list[Tensor] = []
    for batch in stepper.epoch():
        if is_kept and len(losses) + 1 == stepper.n_steps:
            stepper.keep_parameters()
        losses.append(stepper.step_(batch))
        if is_over.is_set():
            break
    return torch.stack(losses)


def make_stepper(population: Population, train: Examples, loss: str) -> Stepper:
    """Return the stepper for a population: eager, compiled (``trainer.compile``) or CUDA graph."""
    kind = CompiledStepper if population.is_compiled else Stepper
    if population.device.type == "cuda" and population.network.walk == "stacked":
        kind = GraphStepper
    return kind(population, train, loss)


def _find_diverged(members: Sequence[Member], losses: Tensor) -> None:
    """Set ``diverged_step`` of each member to the step of its first loss that is not finite.

    Args:
        members: The members that trained.
        losses: The epoch's train losses, ``(n_steps, M)``.
    """
    is_bad = ~losses.isfinite()
    first_bad = is_bad.int().argmax(dim=0).tolist()
    for member, has_bad, step in zip(members, is_bad.any(dim=0).tolist(), first_bad, strict=True):
        if has_bad:
            member.diverged_step = member.n_steps - len(losses) + step + 1
