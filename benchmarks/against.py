"""Compare the speed of two checkouts of the lab, measured in interleaved pairs.

``python -m benchmarks.against BEFORE`` measures this checkout and the one in the folder BEFORE in
turn, each in a process of its own, nine pairs unless told otherwise, after one pair that is not
counted (it compiles what is missing). In every other pair the older checkout goes first. Measured
are

- a training step of 64-64-10 and of 784-256-10 by Adam, for populations of several sizes, as
  written and compiled (`benchmarks.steps`, one core);
- the time of a run beside its training, with tracking off and offline (`benchmarks.overhead`).

Each line is the ratio of this checkout's time to the older checkout's: the geometric mean over
pairs, with the 95% t interval of the mean of the logarithms. An interval that includes 1 or lies
below 1 shows no loss. Both checkouts run under this Python and its packages.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.machine import at_least_one, print_machine, print_table
from ffnn_lab.report.statistics import Interval, mean_interval

HERE = Path(__file__).resolve().parents[1]
STEPS: Mapping[str, Sequence[int]] = {"64-64-10": (1, 64), "784-256-10": (1, 16)}
"""Numbers of members of the populations, by workload of `benchmarks.steps`."""
WAYS = ("eager", "compiled")
OVERHEAD = (
    "import json; from benchmarks.overhead import TRAINING, measure; "
    "found = {mode: measure({n_runs}, mode) for mode in ('off', 'offline')}; "
    "print(json.dumps({mode: sum(m.values()) - m[TRAINING] for mode, m in found.items()}))"
)
"""A program that prints the milliseconds that a run takes beside its training, by tracking
mode."""


def run(checkout: Path, *arguments: str) -> str:
    """Run Python in a checkout, with the checkout's own modules, and return the standard output.

    Args:
        checkout: A folder with ``ffnn_lab/`` and ``benchmarks/``.
        *arguments: Arguments of Python.

    Raises:
        RuntimeError: If the process fails; the message has the end of its error output.
    """
    done = subprocess.run(  # noqa: S603 - this Python, in a checkout that the user named
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"a benchmark failed in {checkout}:\n{done.stderr[-2000:]}"
        raise RuntimeError(msg)
    return done.stdout


def steps(checkout: Path, seconds: float) -> dict[str, float]:
    """Measure training steps of a checkout.

    Args:
        checkout: Folder of a checkout of the lab.
        seconds: Approximate duration of each measurement.

    Returns:
        Microseconds per step and member, by a description of the measurement.
    """
    found = {}
    for workload, members in STEPS.items():
        with tempfile.TemporaryDirectory() as folder:
            words = ["--workloads", workload, "--members", *map(str, members)]
            words += ["--optimizers", "adam", "--ways", *WAYS, "--cores", "1", "--turns", "1"]
            words += ["--seconds", str(seconds), "--to", folder]
            run(checkout, "-m", "benchmarks.steps", *words)
            table = pd.read_csv(Path(folder) / "steps.csv")
        for row in table.to_dict("records"):
            found[f"step of {workload}, {row['way']}, M = {row['members']}"] = float(row["us"])
    return found


def overhead(checkout: Path, n_runs: int) -> dict[str, float]:
    """Measure the time of a run of a checkout beside its training.

    Args:
        checkout: Folder of a checkout of the lab.
        n_runs: Number of runs of each sweep.

    Returns:
        Milliseconds per run, by a description of the measurement.
    """
    printed = run(checkout, "-c", OVERHEAD.replace("{n_runs}", str(n_runs)))
    by_mode: dict[str, float] = json.loads(printed.splitlines()[-1])
    return {f"beside training, tracking={mode}": ms for mode, ms in by_mode.items()}


def ratio_interval(here: Sequence[float], before: Sequence[float]) -> Interval:
    """Compute the geometric mean of ratios of paired times, with its 95% t interval.

    Args:
        here: Times of this checkout, pair by pair.
        before: Times of the older checkout.
    """
    logs = [math.log(a / b) for a, b in zip(here, before, strict=True)]
    found = mean_interval(logs)
    mean, low, high = (math.exp(each) for each in (found.mean, found.low, found.high))
    return Interval(mean, low, high, found.n)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both checkouts in turn, and print one table of ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before", type=Path, metavar="BEFORE", help="the older checkout")
    said = "pairs (default: 9)"
    parser.add_argument("--pairs", type=at_least_one, default=9, help=said)
    said = "seconds of each measurement of steps (default: 0.5)"
    parser.add_argument("--seconds", type=float, default=0.5, help=said)
    said = "runs of each sweep whose overhead is measured (default: 200)"
    parser.add_argument("--runs", type=at_least_one, default=200, help=said)
    asked = parser.parse_args(arguments)
    checkouts = {"here": HERE, "before": asked.before.resolve()}
    times: dict[str, dict[str, list[float]]] = {}
    for pair in range(asked.pairs + 1):
        for side in ("here", "before") if pair % 2 else ("before", "here"):
            found = steps(checkouts[side], asked.seconds) | overhead(checkouts[side], asked.runs)
            for name, value in found.items():
                if pair:
                    times.setdefault(name, {"here": [], "before": []})[side].append(value)
        print(f"pair {pair} of {asked.pairs}" + ("" if pair else ", not counted"), flush=True)
    rows = []
    for name, each in times.items():
        ratio = ratio_interval(each["here"], each["before"])
        verdict = "no loss shown" if ratio.low <= 1 else "slower"
        cells = [f"{ratio.mean:.3f}", f"[{ratio.low:.3f}, {ratio.high:.3f}]", verdict]
        rows.append([name, *cells])
    commit = run(
        asked.before.resolve(),
        "-c",
        "from ffnn_lab.records import environment as e; print(e()['git.commit'][:12])",
    ).strip()
    title = f"time here over time at {commit}: {asked.pairs} pairs, geometric mean, 95% t interval"
    print_table(title, ("what", "ratio", "interval", ""), rows)
    print_machine()


if __name__ == "__main__":
    main()
