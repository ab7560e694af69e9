"""How fast a population trains, against the same networks by a plain loop, one after another.

``python -m benchmarks.population_speed`` trains 64 networks 64-64-10 on the digits (batches of
32, Adam, dropout 0.2 on the hidden layer, float32) on one core in three ways, in turn:

- the plain loop: ``nn.Module``, ``nn.Dropout``, ``torch.optim.Adam``, one network at a time;
- the same with ``torch.optim.Adam(fused=True)``;
- one population, by ``trainer.train`` itself.

Timed are epochs of training alone: making networks, evaluation and records are left out of all
three. Each keeps an eye on its losses, so as to stop what diverges. The population is timed
between two of the trainer's reports: from before its first epoch to after the last but one,
between which it evaluates nothing. Seconds are of the processor, not of the clock on the wall:
all work is done by one thread, and what else the machine does should not count.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.machine import at_least_one, compose_run, one_core, print_machine, print_table
from benchmarks.plain_loop import time_plain_loop
from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.draws import batch_bounds
from ffnn_lab.population import Member
from ffnn_lab.tasks import Task, load_task
from ffnn_lab.trainer import train

BATCH_SIZE = 32
LOW_LR, HIGH_LR = 1e-4, 1e-2
PLAIN, FUSED, POPULATION = "plain loop, Adam", "plain loop, fused Adam", "population"


@dataclass(frozen=True)
class Work:
    """What one way of training has to do."""

    configs: Sequence[RunConfig]
    task: Task
    n_epochs: int

    @property
    def n_steps(self) -> int:
        """Count the steps of all networks together."""
        n_batches = len(batch_bounds(len(self.task.train.labels), BATCH_SIZE))
        return len(self.configs) * self.n_epochs * n_batches


def make_work(n_members: int, n_epochs: int) -> Work:
    """Give each member a seed and a learning rate of its own."""
    base = compose_run(
        "tracking=off",
        "model.widths=[64]",
        "optimizer=adam",
        "dropout.hidden=0.2",
        f"trainer.batch_size={BATCH_SIZE}",
    )
    rates = [LOW_LR * (HIGH_LR / LOW_LR) ** (m / n_members) for m in range(n_members)]
    configs = [with_values(base, {"seed": m, "optimizer.lr": lr}) for m, lr in enumerate(rates)]
    return Work(configs, load_task(base.task, Path(base.paths.data)), n_epochs)


def time_population(work: Work) -> float:
    """Train all members as one population; give the processor's seconds of its epochs."""
    # Beside epoch 0 the trainer evaluates only in the last epoch, which is one more than is timed.
    beyond = work.n_epochs + 1
    changes = {"trainer.max_epochs": beyond, "trainer.evaluate_every": beyond}
    reported: list[float] = []

    def on_epoch(_members: Sequence[Member]) -> None:
        reported.append(time.process_time())

    configs = [with_values(config, changes) for config in work.configs]
    train(configs, work.task, on_epoch=on_epoch)
    return reported[work.n_epochs] - reported[0]


def _plain(*, fused: bool) -> Callable[[Work], float]:
    return lambda w: time_plain_loop(w.configs, w.task, n_epochs=w.n_epochs, fused=fused)


WAYS: Mapping[str, Callable[[Work], float]] = {
    PLAIN: _plain(fused=False),
    FUSED: _plain(fused=True),
    POPULATION: time_population,
}


def measure(work: Mapping[str, Work], n_repeats: int) -> dict[str, list[float]]:
    """Time each way in turn, again and again; give microseconds per step and network."""
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    with one_core():
        for name, way in WAYS.items():  # what is only slow the first time
            way(replace(work[name], configs=work[name].configs[:2], n_epochs=1))
        for _ in range(n_repeats):
            for name, way in WAYS.items():
                found[name].append(way(work[name]) / work[name].n_steps * 1e6)
    return found


def rows(found: Mapping[str, list[float]], n_steps: int) -> list[list[str]]:
    """Write a row for each way: its medians, and its ratio to the population."""
    population = statistics.median(found[POPULATION])
    written = []
    for name, each in found.items():
        middle = statistics.median(each)
        ratios = [a / b for a, b in zip(each, found[POPULATION], strict=True)]
        times = [f"{middle * n_steps / 1e6:.2f}", f"{middle:.1f}"]
        spread = "" if name == POPULATION else f"{min(ratios):.2f} to {max(ratios):.2f}"
        written.append([name, *times, f"{middle / population:.2f}", spread])
    return written


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, default, what in (
        ("members", 64, "networks"),
        ("epochs", 3, "epochs that are timed"),
        ("repeats", 7, "turns of each way"),
    ):
        said = f"{what} (default: {default})"
        parser.add_argument(f"--{name}", type=at_least_one, default=default, help=said)
    said = "networks that the plain loop trains, its seconds scaled up (default: all)"
    parser.add_argument("--plain-members", type=at_least_one, help=said)
    asked = parser.parse_args(arguments)

    work = make_work(asked.members, asked.epochs)
    some = replace(work, configs=work.configs[: asked.plain_members])
    found = measure({PLAIN: some, FUSED: some, POPULATION: work}, asked.repeats)
    title = (
        f"{asked.members} networks 64-64-10 on digits, batch {BATCH_SIZE}, Adam, dropout 0.2, "
        f"float32, one core;\nepochs: {asked.epochs}; medians of {asked.repeats} turns"
    )
    if len(some.configs) < asked.members:
        title += f"; the plain loop trained {len(some.configs)} of them, its seconds are scaled up"
    columns = ("way", "seconds", "us per step, network", "times the population's", "turn by turn")
    print_table(title, columns, rows(found, work.n_steps))
    print_machine()


if __name__ == "__main__":
    main()
