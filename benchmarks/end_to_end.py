"""A whole sweep by one command, against the same runs as people start them today.

``python -m benchmarks.end_to_end`` trains 200 nets 64-128-10 on the digits, 20 epochs each: five
optimizers, a grid of 8 learning rates, 5 seeds. Each way of training them is a command line in a
process of its own, watched from outside: wall time, processor time and peak memory, with all child
processes and the service of W&B.

- ``python -m ffnn_lab.run -m``, with its defaults: W&B offline, a study per arm, tables and
  figures at the end. It takes turns with the same command with ``tracking=off``, which shows what
  tracking costs. There is no confirm stage.
- One Hydra job per run: Hydra's basic sweeper and launcher, a plain loop (``nn.Module``,
  ``torch.optim``, dev and test each epoch), ``wandb.init(mode="offline")``, a result file.
- One Optuna trial per run, in two processes of joblib that share a journal; the same loop.

The last two ways, the peers, train the same optimizers, learning rates and seeds. They split the
data and initialize networks in their own way, and take the train loss from the training batches,
where the lab evaluates the train split.

With ``--peer-runs 40`` the peers train only the first seeds of every setting, and their times are
extrapolated. A second, shorter command trains one run per optimizer; the difference between the
two commands' times, divided by the difference of their numbers of runs, is the time that each
remaining run counts. The peers' memory is not extrapolated.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.machine import at_least_one, print_machine, print_table
from benchmarks.watched import Watched, watch
from benchmarks.whole_sweep import ARMS, NAME, Work

LEAST_TIMES_HYDRA = 10.0
"""Smallest speed-up over one Hydra job per run that is required of the lab."""
MOST_TIMES_OFF = 1.3
"""Largest ratio of the lab's time with tracking offline to that with tracking off that is
allowed."""
NO_HOSTS = {"WANDB_ERROR_REPORTING": "false"}
"""Environment variables of the peers: without them, W&B's telemetry would look up hosts, and wait
if there is no network."""


def sweep(work: Work, outputs: Path, *options: str) -> Watched:
    """Train all runs by one command of the lab.

    Args:
        work: The runs.
        outputs: A new folder for everything that the command writes.
        *options: Further overrides of the command.

    Returns:
        The time and memory of the command.

    Raises:
        RuntimeError: If the command trained other runs than those of ``work``.
    """
    words = [*work.words(outputs), *options]
    seen = watch(["-m", "ffnn_lab.run", "-m", *words], outputs / "log")
    columns = ["optimizer.name", "optimizer.lr", "seed"]
    rows = pq.read_table(outputs / NAME / "runs", columns=columns).to_pylist()
    _check({tuple(row[name] for name in columns) for row in rows}, work)
    return seen


def hydra_jobs(work: Work, outputs: Path) -> Watched:
    """Train all runs by Hydra's basic sweeper, a job for each run.

    Args:
        work: The runs.
        outputs: A new folder for everything that the command writes.

    Returns:
        The time and memory of the command.

    Raises:
        RuntimeError: If the command trained other runs than those of ``work``.
    """
    arguments = [
        f"method={','.join(ARMS)}",
        f"lr={work.written_rates}",
        f"seed={','.join(map(str, range(work.n_seeds)))}",
        f"max_epochs={work.n_epochs}",
    ]
    command = ["-m", "benchmarks.peers.hydra_jobs", "-m", *arguments]
    seen = watch(command, outputs / "log", environment=NO_HOSTS)
    _check(_trained(outputs), work)
    return seen


def optuna_processes(work: Work, outputs: Path) -> Watched:
    """Train all runs by Optuna, a trial for each run, in two processes.

    Args:
        work: The runs.
        outputs: A new folder for everything that the command writes.

    Returns:
        The time and memory of the command.

    Raises:
        RuntimeError: If the command trained other runs than those of ``work``.
    """
    outputs.mkdir(parents=True)
    names = ("optimizer", "lr", "seed")
    runs = [
        {**dict(zip(names, run, strict=True)), "max_epochs": work.n_epochs} for run in work.runs
    ]
    (outputs / "runs.json").write_text(json.dumps(runs))
    command = ["-m", "benchmarks.peers.optuna_processes", str(outputs), str(outputs / "runs.json")]
    seen = watch(command, outputs / "log", environment=NO_HOSTS)
    _check(_trained(outputs), work)
    return seen


def _trained(outputs: Path) -> set[tuple[object, ...]]:
    """Return the runs, as optimizer, learning rate and seed, whose results a peer has written."""
    configs = [json.loads(path.read_text())["config"] for path in outputs.rglob("result.json")]
    return {(config["optimizer"], config["lr"], config["seed"]) for config in configs}


def _check(trained: set[tuple[object, ...]], work: Work) -> None:
    if trained != work.runs:
        msg = f"{len(trained)} runs were trained, which are not the {work.n_runs} asked for"
        raise RuntimeError(msg)


def scaled(part: Watched, few: Watched, *, n_part: int, n_few: int, n_runs: int) -> Watched:
    """Extrapolate the cost of all runs from the costs of a part of them and of a few.

    Each run that is not in the part is assumed to cost the difference between the two costs,
    divided by the difference of their numbers of runs. Memory is not extrapolated.

    Args:
        part: Cost of the command that trains a part of the runs.
        few: Cost of the command that trains only a few runs.
        n_part: Number of runs in the part.
        n_few: Number of the few runs.
        n_runs: Number of all runs.
    """
    more = (n_runs - n_part) / (n_part - n_few)
    return Watched(
        part.seconds + more * (part.seconds - few.seconds),
        part.cpu_seconds + more * (part.cpu_seconds - few.cpu_seconds),
        part.peak_mb,
    )


def measure(
    work: Work, *, peer_seeds: int, n_turns: int, options: Sequence[str]
) -> tuple[list[list[str]], list[list[str]]]:
    """Measure the time and memory of all ways of training the runs.

    Args:
        work: The runs.
        peer_seeds: Number of seeds of each setting that the peers train.
        n_turns: Number of turns of the lab's command with tracking offline and off.
        options: Further overrides of the lab's command.

    Returns:
        The rows of two tables of strings: the costs of each way, and the requirements.
    """
    part = replace(work, n_seeds=peer_seeds)
    with tempfile.TemporaryDirectory() as held:
        outputs = Path(held)
        turns: dict[str, list[Watched]] = {"offline": [], "off": []}
        peers: dict[str, Watched] = {}
        for turn in range(n_turns):
            if turn == n_turns // 2:  # between our turns: the machine's other load may change
                peers = {
                    "one Hydra job per run": _peer(hydra_jobs, part, work, outputs),
                    "one Optuna trial per run": _peer(optuna_processes, part, work, outputs),
                }
            for mode, found in turns.items():
                folder = outputs / f"{mode}_{turn}"
                found.append(sweep(work, folder, f"tracking={mode}", *options))
    offline, off = (_median(found) for found in turns.values())
    by_turn = [a.seconds / b.seconds for a, b in zip(*turns.values(), strict=True)]
    times = [seen.seconds / offline.seconds for seen in peers.values()]
    ways = {"python -m ffnn_lab.run -m": offline, "  the same, tracking=off": off, **peers}
    rows = [
        [
            name,
            f"{seen.seconds:.1f}",
            f"{seen.cpu_seconds:.1f}",
            f"{seen.peak_mb:.0f}",
            f"{1000 * seen.seconds / work.n_runs:.0f}",
            f"{seen.seconds / offline.seconds:.2f}",
            f"{seen.cpu_seconds / offline.cpu_seconds:.2f}",
        ]
        for name, seen in ways.items()
    ]
    slower = statistics.median(by_turn)
    required = [
        [
            "times faster than one Hydra job per run",
            f"at least {LEAST_TIMES_HYDRA:g}",
            f"{times[0]:.1f}",
            "yes" if times[0] >= LEAST_TIMES_HYDRA else "no",
        ],
        [
            "times as long with tracking offline as off",
            f"at most {MOST_TIMES_OFF:g}",
            f"{slower:.2f} ({min(by_turn):.2f} to {max(by_turn):.2f})",
            "yes" if slower <= MOST_TIMES_OFF else "no",
        ],
    ]
    return rows, required


def _peer(
    train: Callable[[Work, Path], Watched], part: Work, work: Work, outputs: Path
) -> Watched:
    """Train a part of the runs by a peer, and extrapolate the cost of all runs.

    Args:
        train: Function that trains runs by the peer: `hydra_jobs` or `optuna_processes`.
        part: The runs to train.
        work: All runs.
        outputs: The folder in which each command gets a folder.
    """
    found = train(part, outputs / train.__name__)
    if part == work:
        return found
    few = train(part.shortest, outputs / f"{train.__name__}_few")
    n = {"n_part": part.n_runs, "n_few": part.shortest.n_runs, "n_runs": work.n_runs}
    return scaled(found, few, **n)


def _median(found: Sequence[Watched]) -> Watched:
    """Return the medians, over several turns of one command, of its time and memory."""
    return Watched(
        statistics.median(seen.seconds for seen in found),
        statistics.median(seen.cpu_seconds for seen in found),
        statistics.median(seen.peak_mb for seen in found),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all ways, and print a table of costs and a table of requirements."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for flag, default, said in (
        ("--settings", 8, "learning rates of each of the five optimizers"),
        ("--seeds", 5, "seeds of each setting"),
        ("--epochs", 20, "epochs of each run"),
        ("--turns", 2, "turns of the sweep with tracking offline and off"),
    ):
        text = f"{said} (default: {default})"
        parser.add_argument(flag, type=at_least_one, default=default, help=text)
    said = "runs that the peers train, whole seeds of all settings (default: one seed of each)"
    parser.add_argument("--peer-runs", type=at_least_one, help=said)
    said = "trainer.compile of the sweep (default: the command's own)"
    parser.add_argument("--compile", choices=("auto", "true", "false"), help=said)
    asked = parser.parse_args(arguments)
    work = Work.of(n_settings=asked.settings, n_seeds=asked.seeds, n_epochs=asked.epochs)
    peer_runs = min(asked.peer_runs or work.n_settings, work.n_runs)
    if peer_runs % work.n_settings:
        parser.error(f"--peer-runs must be a multiple of the {work.n_settings} settings")
    if peer_runs < work.n_runs and peer_runs == work.shortest.n_runs:
        parser.error("a peer that trains a part needs two --settings or more")
    rows, required = measure(
        work,
        peer_seeds=peer_runs // work.n_settings,
        n_turns=asked.turns,
        options=[] if asked.compile is None else [f"trainer.compile={asked.compile}"],
    )
    title = (
        f"{work.n_runs} runs on digits, net 64-128-10, {work.n_epochs} epochs: {len(ARMS)} "
        f"optimizers, {len(work.rates)} learning rates,\n{work.n_seeds} seeds; W&B offline; each "
        "way a command line of its own, all its processes counted"
    )
    if peer_runs < work.n_runs:
        title += f";\nthe peers trained {peer_runs} of the runs, scaled up to all"
    columns = ("way", "s", "s of CPU", "MB", "ms a run", "times ours", "CPU times ours")
    print_table(title, columns, rows)
    print_table("what is required", ("measured", "required", "found", "met"), required)
    print_machine()


if __name__ == "__main__":
    main()
