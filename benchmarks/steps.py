"""The time of a training step per run: a population, and the same networks by its peers.

``python -m benchmarks.steps`` trains the same networks on the same data (dropout 0.2 on the hidden
layers, float32) in these ways, in turn, A B A B:

- the plain loop: ``nn.Module``, ``torch.optim``, one network at a time, and the same with the
  optimizer's ``fused=True``;
- ``torch.func.vmap`` over stacked parameters;
- JAX, ``jit(vmap(...))`` of a ``lax.scan`` (``pip install -e '.[bench]'``);
- ours, ``trainer.train`` itself, eager and compiled, each member with a seed of its own, and, as
  rows of their own, with four seeds that all members share;
- the matrix products of a step alone, which is no way of training: the limit.

Only steps of training are timed: their batches, masks, gradients and updates, and what a way does
once an epoch. Making networks, compiling, evaluation and records are left out in every way. Every
way reads its losses. On one core seconds are processor time, on several cores they are wall time.

The 64 features are those of the digits, the 784 are drawn, of MNIST's shape. If an epoch of all
members would take long, they learn from fewer examples, the same number in every way (``rows`` in
the CSV). So in the largest populations the data stay nearer the cache than 60,000 images would, in
every way; three times as many examples changed our times by less than 5 %. The plain loop trains
only some of the members (``--plain-members``), one after another: the time of a step of one member
does not depend on the number of others.

A cell is a workload (a network and its data), an optimizer and a number of members. Without
``--full`` the largest populations of images are left out, and on more than one core all cells
without a requirement.
"""

import argparse
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import steps_figure, steps_table
from benchmarks.machine import at_least_one, machine, print_machine
from benchmarks.measure import Effort, measure, worker
from benchmarks.ways import HAS_JAX, WAYS
from benchmarks.workloads import OPTIMIZERS, WORKLOADS, Cell

MEMBERS = (1, 4, 16, 64, 256)
JUDGED_OPTIMIZER = "adam"
COMMAND = ("python", "-m", "benchmarks.steps")


def cells(asked: argparse.Namespace, n_cores: int) -> Iterator[Cell]:
    """Yield the cells that are measured on ``n_cores`` cores.

    Args:
        asked: The command line.
        n_cores: Number of cores.
    """
    names_all = asked.full or asked.members is not None
    for name in asked.workloads:
        workload = WORKLOADS[name]
        for optimizer in asked.optimizers:
            for n_members in asked.members or (MEMBERS if asked.full else workload.members):
                is_judged = (optimizer, n_members) == (JUDGED_OPTIMIZER, workload.judged_members)
                if n_cores == 1 or names_all or is_judged:
                    yield Cell(workload, optimizer, n_members)


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    several: tuple[tuple[str, Sequence[str]], ...] = (
        ("workloads", tuple(WORKLOADS)),
        ("optimizers", OPTIMIZERS),
        ("ways", tuple(WAYS)),
    )
    for name, choices in several:
        said = f"any of {', '.join(choices)} (default: all)"
        parser.add_argument(
            f"--{name}", nargs="+", choices=choices, default=choices, metavar="NAME", help=said
        )
    said = "sizes of populations (default: by workload)"
    parser.add_argument("--members", nargs="+", type=at_least_one, metavar="M", help=said)
    said = "cores to be pinned to, one number after the other (default: 1 2)"
    parser.add_argument(
        "--cores", nargs="+", type=at_least_one, default=[1, 2], metavar="N", help=said
    )
    said = "all sizes of populations, for all numbers of cores; an hour or more, and 20 GB"
    parser.add_argument("--full", action="store_true", help=said)
    said = "turns of each way (default: 3)"
    parser.add_argument("--turns", type=at_least_one, default=3, help=said)
    said = "seconds of a turn, at least (default: 0.2)"
    parser.add_argument("--seconds", type=float, default=0.2, help=said)
    said = "networks that the plain loop trains, at most (default: 4)"
    parser.add_argument("--plain-members", type=at_least_one, default=4, help=said)
    said = "folder of the CSV and the figures (default: outputs/benchmarks)"
    parser.add_argument("--to", type=Path, default=Path("outputs/benchmarks"), help=said)
    return parser.parse_args(arguments)


def without_place(words: Sequence[str]) -> list[str]:
    """Return a command line without ``--to``, whose folder is of one machine."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--to")
    return parser.parse_known_args(words)[1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all cells, print the tables, and write the CSV and the figures."""
    asked = read(arguments)
    words = sys.argv[1:] if arguments is None else arguments
    facts = {**machine(), "command": shlex.join([*COMMAND, *without_place(words)])}
    ways = [name for name in WAYS if name in asked.ways and WAYS[name].is_there]
    effort = Effort(asked.turns, asked.seconds, asked.plain_members)
    results = steps_table.Results(facts)
    path = asked.to / "steps.csv"
    for n_cores in asked.cores:
        with worker(n_cores) as pool:
            for cell in cells(asked, n_cores):
                started = time.perf_counter()
                found = pool.submit(measure, cell, ways, n_cores, effort).result()
                results.add(cell, n_cores, found)
                results.write(path)  # so that results stay if the program is interrupted
                seconds = time.perf_counter() - started
                print(f"{steps_table.title(cell, n_cores)}: {seconds:.1f} s", flush=True)
    for n_cores in asked.cores:
        results.print(n_cores)
    paths = [path, *steps_figure.save_all(results.rows(), folder=asked.to, source=facts)]
    results.print_requirements(JUDGED_OPTIMIZER)
    if "jax" in asked.ways and not HAS_JAX:
        print("\nJAX is not installed and was left out: pip install -e '.[bench]'")
    print("", *(f"written: {path}" for path in paths), sep="\n")
    print_machine()


if __name__ == "__main__":
    main()
