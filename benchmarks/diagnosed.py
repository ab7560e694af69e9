"""Cost of diagnoses: trainings with a diagnosis after every epoch, and the same without any.

``python -m benchmarks.diagnosed`` trains populations by ``trainer.train`` on one core, with
``trainer.diagnose_every=1`` and with ``null`` in turns, A B A B, and prints the ratio of their
processor times. Whole trainings are timed: steps, evaluation on all splits, diagnoses.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.machine import at_least_one, compose_run, one_core, print_machine
from benchmarks.networks import WORDS, make_task
from ffnn_lab.config import RunConfig, with_values
from ffnn_lab.library import find_compiler
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import train

N_PAIRS = 9
N_EPOCHS = 10
DIGITS = ("trainer.batch_size=32", "dropout.hidden=0.2")
CELLS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "digits 64-128-10": (DIGITS, 64),
    "digits 64-128-10, tanh": ((*DIGITS, "model.activation=tanh"), 64),
    "digits 64-64-64-64-10": ((*DIGITS, "model.widths=[64,64,64]"), 64),
    "cnn": (WORDS["cnn"], 4),
    "char_lstm": (WORDS["char_lstm"], 4),
}
"""Overrides of the config, and number of members, by the name of what is trained."""


def made(name: str) -> tuple[list[RunConfig], Task]:
    """Make the configs and the task of a cell.

    Args:
        name: A key of `CELLS`.
    """
    words, n_members = CELLS[name]
    is_digits = name.startswith("digits")
    compiles = is_digits and find_compiler() is not None
    base = compose_run(*words, f"trainer.compile={str(compiles).lower()}", "device=cpu")
    base = with_values(base, {"trainer.max_epochs": N_EPOCHS if is_digits else 2})
    task = load_task(base.task, Path()) if is_digits else make_task(name, base)
    return [with_values(base, {"seed": seed}) for seed in range(n_members)], task


def seconds_of(configs: Sequence[RunConfig], task: Task, every: int | None) -> float:
    """Return the processor time, in seconds, of training a population to its end.

    Args:
        configs: The runs.
        task: Their task.
        every: The value of ``trainer.diagnose_every``.
    """
    asked = [with_values(config, {"trainer.diagnose_every": every}) for config in configs]
    started = time.process_time()
    train(asked, task)
    return time.process_time() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all cells, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosed", description=__doc__)
    parser.add_argument("--pairs", type=at_least_one, default=N_PAIRS)
    parser.add_argument("--cells", choices=CELLS, nargs="+", default=list(CELLS))
    asked = parser.parse_args(arguments)
    print_machine()
    print("| trained | M | ms per epoch and member | ratio with diagnoses [lowest, highest] |")
    print("| --- | ---: | ---: | ---: |")
    with one_core():
        for name in asked.cells:
            configs, task = made(name)
            pairs = []
            for turn in range(asked.pairs + 1):
                without, with_them = (seconds_of(configs, task, every) for every in (None, 1))
                if turn:  # the first fills caches
                    pairs.append((without, with_them))
            ratios = sorted(with_them / without for without, with_them in pairs)
            n_epochs = configs[0].trainer.max_epochs * len(configs)
            each = 1e3 * statistics.median(without for without, _ in pairs) / n_epochs
            ratio = f"{statistics.median(ratios):.3f} [{ratios[0]:.3f}, {ratios[-1]:.3f}]"
            print(f"| {name} | {len(configs)} | {each:.2f} | {ratio} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
