"""The growth of a sweep's cost with its runs: time and memory for 100, 1,000 and 10,000.

``python -m benchmarks.growth`` starts the sweeps of ``benchmarks.thousand_runs`` (one arm, random
learning rates, one epoch of a net 64-16-10 on a tenth of the digits, tracking off), each in a
process of its own, and the same sweeps by TPE, whose proposals take longer the more settings it
has seen.

The cost of a further run is the mean over the runs beyond those of the next smaller sweep, so that
start-up and end are left out. If it is the same from line to line, the cost of a sweep grows
linearly. The time of training is the recorded one; the rest is proposals, records, scores, table
and figures. Memory is the peak of all processes together.
"""

import argparse
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pandas as pd

from benchmarks.machine import at_least_one, print_machine, print_table
from benchmarks.thousand_runs import sweep
from ffnn_lab.records import read_runs

RUNS = (100, 1_000, 10_000)
TPE_RUNS = (100, 300, 1_000)


def measure(protocol: str, counts: Sequence[int]) -> pd.DataFrame:
    """Run a sweep for each number of runs, and tabulate what it costs.

    Args:
        protocol: Protocol that proposes learning rates: ``random`` or ``tpe``.
        counts: Numbers of runs, in ascending order.

    Returns:
        One row per sweep: ``protocol``, ``n_runs``, ``seconds``, ``training_seconds``,
        ``cpu_seconds``, ``peak_mb`` and ``ms_per_run``; and for each run beyond those of the row
        before, ``ms_per_run_more``, the part of it beside training, ``ms_beside_training``, and
        the processor time ``cpu_ms_per_run_more``.
    """
    rows = []
    for n_runs in counts:
        with tempfile.TemporaryDirectory() as held:
            seen, _, folder = sweep(n_runs, Path(held), protocol=protocol)
            rows.append(
                {
                    "protocol": protocol,
                    "n_runs": n_runs,
                    "seconds": seen.seconds,
                    "training_seconds": float(read_runs(folder)["seconds"].sum()),
                    "cpu_seconds": seen.cpu_seconds,
                    "peak_mb": seen.peak_mb,
                }
            )
    table = pd.DataFrame(rows)
    more = table.drop(columns="protocol").diff()
    beside = more["seconds"] - more["training_seconds"]
    return table.assign(
        ms_per_run=1000 * table["seconds"] / table["n_runs"],
        ms_per_run_more=1000 * more["seconds"] / more["n_runs"],
        ms_beside_training=1000 * beside / more["n_runs"],
        cpu_ms_per_run_more=1000 * more["cpu_seconds"] / more["n_runs"],
    )


def worded(table: pd.DataFrame) -> list[list[str]]:
    """Return the rows of the table of `measure` as text for the terminal."""
    return [
        [
            str(row["protocol"]),
            f"{row['n_runs']:,}",
            *(f"{row[name]:.1f}" for name in ("seconds", "training_seconds", "cpu_seconds")),
            f"{row['peak_mb']:.0f}",
            *(
                "" if pd.isna(row[name]) else f"{row[name]:.2f}"
                for name in (
                    *("ms_per_run", "ms_per_run_more", "ms_beside_training"),
                    "cpu_ms_per_run_more",
                )
            ),
        ]
        for row in table.to_dict("records")
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure sweeps of growing size, print a table, and write it as CSV if ``--csv`` is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for flag, counts in (("--runs", RUNS), ("--tpe-runs", TPE_RUNS)):
        said = f"counts of runs, growing (default: {' '.join(map(str, counts))})"
        parser.add_argument(flag, type=at_least_one, nargs="*", default=counts, help=said)
    parser.add_argument("--csv", type=Path, help="write the table there, too")
    asked = parser.parse_args(arguments)
    protocols = {"random": asked.runs, "tpe": asked.tpe_runs}
    if any(low >= high for counts in protocols.values() for low, high in pairwise(counts)):
        parser.error("each count of runs must be higher than the one before")
    if not any(protocols.values()):
        parser.error("no count of runs was given")
    tables = [measure(name, counts) for name, counts in protocols.items() if counts]
    table = pd.concat(tables, ignore_index=True)
    columns = (
        *("protocol", "runs", "s", "s training", "s of CPU", "MB"),
        *("ms a run", "ms a run more", "beside training", "ms of CPU"),
    )
    title = (
        "sweeps of runs of one epoch, net 64-16-10 on a tenth of the digits, one arm, tracking "
        "off;\nthe last three columns are of each run beyond the line before"
    )
    print_table(title, columns, worded(table))
    print_machine()
    if asked.csv is not None:
        asked.csv.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(asked.csv, index=False)
        print(f"\nwritten: {asked.csv}")


if __name__ == "__main__":
    main()
