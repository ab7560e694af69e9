"""Estimate a sweep's duration from a few timed batches of each kind of population.

Runs of the same `partition_key` can be trained together: they make a kind of population.
"""

import dataclasses
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ffnn_lab.config import ConfigError, RunConfig, UserError, partition_key, with_values
from ffnn_lab.definition import Arm, Definition
from ffnn_lab.draws import batch_bounds
from ffnn_lab.library import NotAtHandError, without_compiling
from ffnn_lab.models import network_of
from ffnn_lab.processor import n_at_once
from ffnn_lab.protocols.space import Choice, Interval
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Split, Task
from ffnn_lab.trainer import Training

N_BATCHES = 8
"""Most batches that are timed for each kind of population, after as many batches as a warm-up."""
SECONDS_OF_BATCHES = 4.0
"""Seconds that the timed batches of each kind of population may take; of slow batches, fewer are
timed."""
N_POINTS = 64
"""If an arm's space has more points than this, only so many of them, or up to twice as many, are
examined to find the kinds of population."""


@dataclass(frozen=True)
class Estimate:
    """The work that is left of a sweep, before growing grids add settings or pruners stop any."""

    n_recorded: int
    """Number of recorded runs."""
    n_populations: int
    """Number of populations that are left to train."""
    n_threads: int
    """Most threads that a worker trains with."""
    seconds: float
    """Estimated training time in seconds; NaN if a run failed while it was timed, which need not
    stop the sweep."""
    n_again: int = 0
    """Number of recorded runs that are trained again because their weights are missing."""
    is_upper: bool = False
    """True if ``seconds`` is an upper bound, because steps that will be compiled were timed
    uncompiled."""


def estimate(
    definition: Definition,
    *,
    n_recorded: int,
    n_workers: int,
    n_threads: int,
    n_again: int = 0,
    may_compile: bool = True,
) -> Estimate:
    """Estimate a sweep's training time from a few timed batches of each kind of population.

    Recorded runs are assumed to be spread evenly over all kinds, and workers to share the machine
    without loss. The time for writing records is not included.

    Args:
        definition: The sweep.
        n_recorded: Number of recorded runs.
        n_workers: Number of workers that share the sweep.
        n_threads: Number of threads of each worker.
        n_again: Number of recorded runs that are trained again because their weights are missing.
        may_compile: False to time steps uncompiled if their programs are not on disk, which gives
            an upper bound.
    """
    left = max(0.0, 1 - (n_recorded - n_again) / definition.n_runs)
    if left == 0:
        return Estimate(n_recorded, 0, n_threads=1, seconds=0.0)
    kinds: dict[str, list[tuple[RunConfig, float]]] = {}
    for config, share in shares(definition):
        kinds.setdefault(partition_key(config), []).append((config, share))
    n_populations, seconds, n_busy, is_upper = 0, 0.0, 1, False
    for members in kinds.values():
        n_runs_ = left * sum(share for _, share in members)
        # Workers share a replicate only where there are fewer replicates than workers.
        n_sharing = -(-n_workers // definition.n_wanted)
        size = max(1, min(definition.population_size, round(n_runs_ / n_sharing)))
        n_of_kind = definition.n_wanted * -(-round(n_runs_) // size)
        n_epochs = sum(c.trainer.max_epochs * share for c, share in members) * left / n_runs_
        configs = [config for config, _ in members]
        try:
            if may_compile:
                per_epoch = seconds_per_epoch(configs, size, n_threads)
            else:
                per_epoch, is_of_kind = _seconds_at_hand(configs, size, n_threads)
                is_upper = is_upper or is_of_kind
            seconds += n_of_kind * n_epochs * per_epoch
        except (UserError, OSError):
            raise
        except Exception:  # noqa: BLE001 - what a run raises is recorded where it is trained
            seconds = math.nan
        n_populations += n_of_kind
        n_busy = max(n_busy, _n_busy(members[0][0], size, n_threads))
    seconds /= min(n_workers, n_populations or 1)
    return Estimate(n_recorded, n_populations, n_busy, seconds, n_again=n_again, is_upper=is_upper)


def _seconds_at_hand(
    configs: list[RunConfig], n_members: int, n_threads: int
) -> tuple[float, bool]:
    """Time an epoch of a population without compiling anything.

    If a program of its steps is not on disk, the steps run uncompiled.

    Returns:
        The seconds of the epoch, and True if its steps ran uncompiled.
    """
    try:
        with without_compiling():
            return seconds_per_epoch(configs, n_members, n_threads), False
    except NotAtHandError:
        written = [with_values(config, {"trainer.compile": False}) for config in configs]
        return seconds_per_epoch(written, n_members, n_threads), True


def _n_busy(config: RunConfig, n_members: int, n_threads: int) -> int:
    """Return the number of threads that are used to train a population of a run's kind."""
    if config.device != "cpu":
        return 1
    network = network_of(config, load_task(config.task, Path(config.paths.data)))
    is_compiled, walk = config.trainer.compile is True, network.walk
    return n_at_once(n_members, network.n_stored, n_threads, is_compiled=is_compiled, walk=walk)


def shares(definition: Definition) -> Iterator[tuple[RunConfig, float]]:
    """Yield configs that represent the runs of one replicate, each with the number of its runs."""
    for arm in definition.arms:
        n_runs = definition.n_settings_of(arm) * len(definition.tune_seeds)
        n_runs += definition.n_confirmed_of(arm) * len(definition.confirm_seeds)
        points = list(_points(arm))
        for config in points:
            yield config, n_runs / len(points)


def seconds_per_epoch(configs: list[RunConfig], n_members: int, n_threads: int) -> float:
    """Estimate the seconds of an epoch of a population, from a timed sample of its batches.

    Args:
        configs: Configs of runs that can be trained together; the members repeat them in turn.
        n_members: Number of members of the population.
        n_threads: Number of threads to train with.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        return _seconds_per_epoch(configs, n_members)
    finally:
        torch.set_num_threads(before)


def _seconds_per_epoch(configs: list[RunConfig], n_members: int) -> float:
    whole = load_task(configs[0].task, Path(configs[0].paths.data))
    n_timed, n_turns = n_members, 1
    if network_of(configs[0], whole).walk == "one_by_one":
        # Members train one after another on each thread, so timing one per thread is enough.
        n_timed = min(n_members, torch.get_num_threads())
        n_turns = -(-n_members // n_timed)
    chosen = configs[:: max(1, len(configs) // n_timed)]
    # Seeds that no stage uses tell the members apart.
    members = [
        with_values(config, {"seed": 10**6 + seed, "trainer.max_epochs": 2})
        for seed, config in zip(range(n_timed), itertools.cycle(chosen), strict=False)
    ]
    n_batches = len(batch_bounds(len(whole.train.labels), configs[0].trainer.batch_size))
    seconds = _seconds_of_batches(members, whole, 1 / n_batches)
    n_sampled = max(1, min(n_batches, N_BATCHES, round(SECONDS_OF_BATCHES / seconds)))
    if n_sampled > 1:
        seconds = _seconds_of_batches(members, whole, n_sampled / n_batches)
    return seconds * n_batches / n_sampled * n_turns


def _seconds_of_batches(members: list[RunConfig], whole: Task, fraction: float) -> float:
    """Return the seconds of an epoch on a part of a task's examples, after one epoch as a warm-up.

    Args:
        members: The configs of the population's runs.
        whole: The task.
        fraction: Share of the examples of each split that is used, from 0 to 1.
    """
    training = Training(_sample(whole, fraction))
    training.join(members)
    training.epoch()
    started = time.perf_counter()
    training.epoch()
    return time.perf_counter() - started


def _points(arm: Arm) -> Iterator[RunConfig]:
    """Yield configs that represent an arm's space: all listed values, intervals at their low end.

    If there are many more than `N_POINTS` combinations, only some of them are yielded, evenly
    spaced.
    """
    axes = [
        axis.values if isinstance(axis, Choice) else (_low(axis),) for axis in arm.space.values()
    ]
    points = list(itertools.product(*axes))
    step = max(1, len(points) // N_POINTS)
    for point in points[::step]:
        try:
            yield with_values(arm.config, dict(zip(arm.space, point, strict=True)))
        except ConfigError:  # two axes that do not fit together are refused where they are tried
            continue


def _low(axis: Interval) -> float | int:
    return int(axis.low) if axis.is_int else axis.low


def _sample(task: Task, fraction: float) -> Task:
    def cut(split: Split) -> Split:
        n_kept = max(1, round(fraction * len(split.labels)))
        return Split(split.inputs[:n_kept], split.labels[:n_kept])

    return dataclasses.replace(task, train=cut(task.train), dev=cut(task.dev), test=cut(task.test))
